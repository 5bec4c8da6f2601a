"""Somebody's file becomes records, and every row of it is accounted for.

`propose_mapping` says which column is which field, `check_file` reads without writing,
`import_file` writes a stored breach, `forget` deletes all that was derived.
"""

from analysis.intake.account import count_rows, describe_account, list_reasons, list_remarks
from analysis.intake.load import NOTICE, check_file, forget, import_file, protect
from analysis.intake.mapping import read_mapping, write_mapping
from analysis.intake.propose import describe_proposal, propose_mapping

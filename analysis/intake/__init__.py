"""Somebody's file becomes records, and every row of it is accounted for.

`propose_mapping` says which column is which field, `check_file` reads without writing,
`import_file` writes a stored breach, `forget` deletes all that was derived.

Glossary
--------
layout : Layout
    How a file is written: its kind; of text, encoding, delimiter, quote and line of the header; of
    a workbook or database, the table.
mapping : Mapping
    How to read one file: its layout, which column is which field, how dates are written.
chunk : Chunk
    Some rows of a file as text, each with its line, and those that cannot be used.
account : Account
    What became of all rows of a file: used or set aside, and what was remarked on.
latest : datetime.date
    Last day that a date can be.
"""

from analysis.intake.account import count_rows, describe_account, list_reasons, list_remarks
from analysis.intake.load import NOTICE, check_file, forget, import_file, protect
from analysis.intake.mapping import describe_layout, read_mapping, write_mapping
from analysis.intake.propose import describe_proposal, propose_mapping

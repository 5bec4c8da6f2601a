"""What others have published: statements of size, and public registers of breaches.

Statements are judged from their numbers alone; registers are read row by row, ranked, united and
projected.
"""

from analysis.published.claims import (
    CONDITIONAL,
    compare_claims,
    count_by_basis,
    judge_readings,
    read_claims,
    read_counted,
    read_prescriber_shares,
    read_share,
)
from analysis.published.incidents import count_incidents, find_placeholders, rank_breach
from analysis.published.register import count_lines, read_table, release_register
from analysis.published.revisions import count_by_delay, count_overlap, project, unite

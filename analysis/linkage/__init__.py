"""Which records are one person's, and how many persons there are.

Pairs are scored with stored weights (Fellegi and Sunter 1969), vetoed where a household explains
them, and joined to persons. A labelled sample turns the linked count into an estimate.
"""

from analysis.linkage.link import (
    explain_pair,
    link_breach,
    linked_stage,
    open_linked,
    read_pairs,
    store_weights,
)
from analysis.linkage.review import (
    draw_sheet,
    estimate_from_sheet,
    estimate_persons,
    estimate_stage,
    label_sheet,
    list_lines,
    read_truth,
)

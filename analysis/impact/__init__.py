"""What follows from counts: rates, doubt, severity, measures, channels, uniqueness.

Every function takes counts, and returns counts ready for the gate.
"""

from analysis.impact.channels import count_care, count_channels, count_groups, count_reach
from analysis.impact.choices import read_choices
from analysis.impact.counterfactual import (
    apply_measures,
    compare_sets,
    count_avoided,
    find_cheapest,
    order_measures,
    share_fairly,
    vary_parameters,
)
from analysis.impact.measures import read_measures
from analysis.impact.rates import rate_by_departement, share_by_category
from analysis.impact.severity import LEVELS, count_levels, list_scores, vary_choices
from analysis.impact.uncertainty import (
    Estimate,
    Part,
    bound_places,
    list_doubts,
    rank_places,
    tabulate_estimates,
)
from analysis.impact.uniqueness import count_crowds, measure_classes, unique_share

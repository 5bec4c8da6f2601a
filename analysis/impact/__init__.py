"""What follows from counts: rates, doubt, severity, measures, channels, uniqueness.

Every function takes counts, and returns counts ready for the gate.

Glossary
--------
profiles : Profiles
    Persons by the categories they are exposed with, as made by `analysis.exposure.count_profiles`.
choices : Choices
    What the severity method leaves open, as read by `read_choices`.
contacts : Contacts
    Persons by what can be used to tell them, as found by `find_contacts`.
"""

from analysis.impact.channels import count_care, count_channels, find_contacts
from analysis.impact.choices import read_choices, tabulate_data, tabulate_rules
from analysis.impact.counterfactual import (
    apply_measures,
    compare_sets,
    count_avoided,
    find_cheapest,
    order_measures,
    share_outcomes,
    vary_parameters,
)
from analysis.impact.measures import read_measures, tabulate_measures
from analysis.impact.messages import plan_messages, read_message_costs
from analysis.impact.places import PERIOD, POPULATION_YEAR, count_places
from analysis.impact.rates import rate_by_departement, share_by_category
from analysis.impact.severity import LEVELS, count_levels, list_scores, vary_choices
from analysis.impact.uncertainty import (
    bound_places,
    correct_counts,
    count_persons,
    count_strata,
    doubt_place,
    doubt_topic,
    rank_places,
    tabulate_estimates,
    tabulate_persons,
)
from analysis.impact.uniqueness import count_crowds, expect_unique, measure_classes

"""What is true of every breach: the data dictionary and the places.

The tables lie beside the code, each with its source and licence in README.md. No other room reads
these files; they ask here.
"""

from analysis.reference.dictionary import (
    PLACES,
    REFERENCE,
    SEXES,
    check_fields,
    check_known,
    counts_schema,
    list_patient_categories,
    list_topics,
    read_categories,
    read_claims,
    read_crosswalk,
    read_dictionary,
    read_events,
    read_facts,
    read_profiles,
    record_schema,
    select_fields,
)
from analysis.reference.geography import (
    ABROAD,
    UNKNOWN,
    check_dep_code,
    list_dep_codes,
    place_postal_codes,
    read_departements,
    read_populations,
    read_postal_codes,
    read_regions,
)
from analysis.reference.settings import (
    SETTINGS,
    Estimate,
    Number,
    Reason,
    Text,
    check_settings,
    name_entries,
    read_yaml,
    suggest,
)
from analysis.reference.text import drop_accents

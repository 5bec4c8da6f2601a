"""Who is exposed, with what, where and when: records become counts of persons.

Records are coded as small numbers once; one pass over them counts records and distinct persons by
place, category and window.
"""

from analysis.exposure.coding import (
    LINKED,
    CodedRecords,
    code_breach,
    coded_stage,
    mark_lines,
    open_coded,
    prepare,
)
from analysis.exposure.counts import ANY, account_for_records, count_exposures, parse_selection
from analysis.exposure.inventory import (
    count_by_postal_code,
    count_filled,
    count_third_persons,
    query_records,
)
from analysis.exposure.profiles import Profiles, count_profiles, finish_counts
from analysis.exposure.windows import (
    age_windows,
    calendar_windows,
    cumulative_windows,
    one_window,
    rolling_windows,
)

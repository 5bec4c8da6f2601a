"""Who is exposed, with what, where and when: records become counts of persons.

Records are coded as small numbers once; one pass over them counts records and distinct persons by
place, category and window. `Counts` is the only thing that the gate takes: a table that knows what
it was counted from, and what each of its columns is.

Glossary
--------
breach : Breach
    A stored breach, as opened by `analysis.store.open_breach`.
coded : CodedRecords
    The records of a breach as numbers, as opened by `open_coded`.
window, windows : pandas.DataFrame
    Half-open periods of the sampling date, one row each, as made by `one_window` and the like;
    ``window`` is one row.
by : sequence of str
    What makes a cell: dimensions that records can be counted by (`list_dimensions`); none counts
    the whole file.
place : {'home', 'prescriber', 'laboratory'}
    The place basis: which département a record counts for.
"""

from analysis.exposure.coding import (
    LINKED,
    CodedRecords,
    code_breach,
    mark_lines,
    open_coded,
    prepare,
)
from analysis.exposure.counting import account_for_records, complete_cells, count
from analysis.exposure.counts import COUNTED_FROM, Counts, Source, join_counts
from analysis.exposure.dimensions import (
    ALL,
    ANY,
    DIMENSIONS,
    OVERLAPPING,
    PARTITION,
    PLACES,
    WINDOWS,
    is_selection,
    list_dimensions,
    parse_selection,
)
from analysis.exposure.inventory import (
    count_by_postal_code,
    count_filled,
    count_third_persons,
    open_records,
)
from analysis.exposure.measures import (
    Attribute,
    Change,
    Cumulative,
    LargestShare,
    Measure,
    OfWhole,
    Own,
    Public,
    Rank,
    Residents,
    Share,
    ShareOfSum,
    Sum,
    Total,
)
from analysis.exposure.profiles import Profiles, count_profiles
from analysis.exposure.windows import (
    age_windows,
    calendar_windows,
    cumulative_windows,
    one_window,
    rolling_windows,
)

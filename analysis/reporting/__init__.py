"""What is shown: tables, sentences, pictures and pages made from releases.

Nothing here takes a count that has not passed the gate. Before files leave, a scan looks through
them for identifiers and small counts.

Glossary
--------
release : Release
    Counts that have passed the gate, or facts that are public; anything else is refused by a
    TypeError.
language : {'en', 'fr'}
    Set once by `set_language`, changed for a while by `speaking`; everything that is written,
    drawn or described follows it. `save` writes both.
by : str
    Dimension that makes the bars of a picture; for a table, what orders its rows.
top : int
    How many rows or bars are kept, highest first.
value : str
    Column that a picture draws.
drawing : Drawing
    A picture that is drawn when it is asked for; a notebook shows it with its alternative text.
"""

from analysis.reporting.charts import bars, heat_map, levels, ranking, tornado
from analysis.reporting.columns import sentences, table
from analysis.reporting.maps import count_map, rate_map
from analysis.reporting.notification import compare_fines, compare_plans, count_hours, state_facts
from analysis.reporting.pages import check_notebooks, clear_foreign_outputs, list_pages, write_pages
from analysis.reporting.periods import timeline
from analysis.reporting.picture import save
from analysis.reporting.scan import list_unread, scan_files
from analysis.reporting.wording import set_language, speaking

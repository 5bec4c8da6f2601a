"""What is shown: tables, sentences, pictures and pages made from releases.

Nothing here takes a count that has not passed the gate. Before files leave, a scan looks through
them for identifiers and small counts.
"""

from analysis.reporting.charts import draw_bars, draw_heat_map, draw_ranking
from analysis.reporting.guard import check_notebooks, clear_foreign_outputs
from analysis.reporting.levels import draw_levels
from analysis.reporting.maps import draw_count_map, draw_rate_map
from analysis.reporting.notification import (
    compare_fines,
    count_hours,
    state_facts,
    write_plan,
)
from analysis.reporting.pages import list_pages, write_pages
from analysis.reporting.picture import save_drawings
from analysis.reporting.scan import list_files, list_unread, scan_files
from analysis.reporting.tables import translate_table, write_sentences, write_table
from analysis.reporting.timeline import draw_timeline
from analysis.reporting.tornado import draw_tornado

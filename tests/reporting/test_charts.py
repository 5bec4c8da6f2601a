"""Charts: ranking, heat map, bars."""

from __future__ import annotations

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from analysis.reference import geography
from analysis.reporting import charts, wording
from analysis.reporting.picture import STATUS_STYLES
from tests.releases import bar_release, find_faults, grid_release, rate_release, render

CODES = [*geography.list_dep_codes(), "unknown", "abroad"]


def words_of(figure: Figure) -> list[str]:
    """Return all text of a figure."""
    return [artist.get_text() for artist in figure.findobj(Text)]


def names_beside(axes: Axes) -> list[str]:
    """Return the names on the vertical axis, top first."""
    return [label.get_text() for label in axes.get_yticklabels()]


def cells_of(figure: Figure, gid: str) -> list[Rectangle]:
    """Return the cells of one status."""
    return [patch for patch in figure.axes[0].patches if patch.get_gid() == gid]  # type: ignore[misc]


@pytest.fixture(scope="module")
def ranking() -> Figure:
    """Draw the six highest rates and the next."""
    return charts.ranking(rate_release(CODES), top=7).render()


@pytest.fixture(scope="module")
def heat_map() -> Figure:
    """Draw persons by département and category, in French."""
    return render(charts.heat_map(grid_release(), top=9), "fr")


@pytest.fixture(scope="module")
def bars() -> Figure:
    """Draw four categories, one of each status."""
    return charts.bars(bar_release()).render()


def test_the_highest_rate_stands_first_with_name_and_code(ranking: Figure) -> None:
    names = names_beside(ranking.axes[0])
    assert names[:3] == ["Morbihan (56)", "Loiret (45)", "Eure (27)"]
    assert len(names) == 7


def test_each_rate_is_written_with_its_interval(ranking: Figure) -> None:
    assert "172 (155 to 189)" in words_of(ranking)


def test_bars_start_at_zero_and_intervals_are_drawn(ranking: Figure) -> None:
    axes = ranking.axes[0]
    assert axes.get_xlim()[0] == 0
    intervals = next(c for c in axes.collections if c.get_gid() == "intervals")
    assert intervals.get_paths()[0].vertices[:, 0] == pytest.approx([154.93, 189.36], abs=0.01)


def test_who_cannot_be_ranked_is_counted(ranking: Figure) -> None:
    words = "\n".join(words_of(ranking))
    assert "not ranked: hidden to protect persons 2, without any person 2." in words


def test_a_hidden_count_of_unknown_place_is_no_departement() -> None:
    release = rate_release(["56", "48", "unknown"])
    release.table.loc[release.table["dep_code"].eq("unknown"), "status"] = "suppressed"
    words = "\n".join(words_of(charts.ranking(release).render()))
    assert "hidden to protect persons 1," in words


def test_unknown_place_is_not_ranked() -> None:
    figure = charts.ranking(rate_release(CODES), top=101).render()
    assert "Département unknown" not in names_beside(figure.axes[0])


def test_the_heat_map_writes_its_numbers_in_french(heat_map: Figure) -> None:
    assert "120\u202f500" in words_of(heat_map)
    assert names_beside(heat_map.axes[0])[0] == "Morbihan (56)"
    assert names_beside(heat_map.axes[0])[-2:] == ["Département inconnu", "Étranger"]


@pytest.mark.parametrize("status", ["none", "suppressed", "absent"])
def test_each_status_has_its_pattern_in_the_heat_map(status: str) -> None:
    figure = charts.heat_map(grid_release()).render()
    hatches = {cell.get_hatch() for cell in cells_of(figure, status)}
    assert hatches == {STATUS_STYLES[status]["hatch"]}


def test_numbers_have_no_pattern_in_the_heat_map(heat_map: Figure) -> None:
    assert {cell.get_hatch() for cell in cells_of(heat_map, "shown")} == {None}


def test_the_heat_map_draws_a_cell_that_has_no_row() -> None:
    release = grid_release().select("not (dep_code == '56' and category == 'nir')")
    assert len(cells_of(charts.heat_map(release).render(), "missing")) == 1


def test_the_heat_map_names_hidden_cells_only_where_there_are_any() -> None:
    release = grid_release().select("status != 'suppressed'")
    legend = charts.heat_map(release).render().axes[0].get_legend()
    assert legend is not None
    entries = [entry.get_text() for entry in legend.get_texts()]
    assert wording.text("status.suppressed") not in entries
    assert wording.text("status.absent") in entries


def test_more_persons_are_darker(heat_map: Figure) -> None:
    first, *_, last = cells_of(heat_map, "shown")
    assert sum(first.get_facecolor()[:3]) < sum(last.get_facecolor()[:3])


def test_bars_say_hidden_zero_and_absent_in_words(bars: Figure) -> None:
    words = words_of(bars)
    assert "478,882" in words
    assert "0" in words
    assert wording.text("status.suppressed") in words
    assert wording.text("status.absent") in words


def test_hidden_and_absent_bars_have_their_patterns_and_zero_has_no_length(bars: Figure) -> None:
    for status in ("suppressed", "absent"):
        assert [b.get_hatch() for b in cells_of(bars, status)] == [STATUS_STYLES[status]["hatch"]]
    assert [bar.get_width() for bar in cells_of(bars, "bars")] == [478_882, 0]


def test_bars_of_another_dimension() -> None:
    release = rate_release(["56", "45"])
    figure = charts.bars(release, by="dep_code").render()
    assert names_beside(figure.axes[0]) == ["Morbihan (56)", "Loiret (45)"]


def test_unknown_options_are_refused() -> None:
    with pytest.raises(ValueError, match=r"title\.heat_map\.n_records"):
        charts.heat_map(grid_release(), value="n_records")
    with pytest.raises(ValueError, match=r"title\.bars\.city"):
        charts.bars(bar_release(), by="city")


def test_a_bare_table_is_refused() -> None:
    for draw in (charts.ranking, charts.heat_map, charts.bars):
        with pytest.raises(TypeError, match=r"analysis\.disclosure\.release first"):
            draw(rate_release(CODES).table)  # type: ignore[operator]


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_no_words_overlap_or_leave_the_picture(language: str) -> None:
    drawings = [
        charts.ranking(rate_release(CODES)),
        charts.heat_map(grid_release()),
        charts.bars(bar_release()),
    ]
    assert [find_faults(render(drawing, language)) for drawing in drawings] == [[], [], []]

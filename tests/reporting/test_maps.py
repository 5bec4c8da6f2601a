"""Maps of rates and counts."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis.reference import geography
from analysis.reporting import maps, wording
from analysis.reporting.columns import name_place
from analysis.reporting.picture import STATUS_STYLES
from tests.releases import PERSONS, find_faults, make_release, rate_release, render

# Département 90 is left out: no figure.
CODES = [*(code for code in geography.list_dep_codes() if code != "90"), "unknown", "abroad"]


@pytest.fixture(scope="module")
def rate_map() -> Figure:
    """Draw the rates of a skewed breach."""
    return maps.rate_map(rate_release(CODES)).render()


@pytest.fixture(scope="module")
def count_map() -> Figure:
    """Draw the counts of a skewed breach, in French."""
    return render(maps.count_map(rate_release(CODES)), "fr")


def legend_of(figure: Figure) -> list[str]:
    """Return the entries of the legend."""
    return [entry.get_text() for entry in figure.legends[0].get_texts()]


def words_of(figure: Figure) -> str:
    """Return all text of a figure."""
    return "\n".join(artist.get_text() for artist in figure.findobj(Text))


def painted(figure: Figure, label: str) -> list[str]:
    """Return the hatches of what was painted under a label."""
    found = [c for axes in figure.axes for c in axes.collections if c.get_gid() == label]
    return [collection.get_hatch() or "" for collection in found]


def test_rates_of_like_magnitude_share_a_class() -> None:
    rates = pd.Series({"56": 172.0, "45": 82.9, "12": 0.3, "13": 0.02, "14": 0.021, "15": 0.31})
    classes = maps.break_rates(rates)
    assert classes["12"] < classes["45"] <= classes["56"]
    assert classes.between(0, 5).all()


def test_classes_grow_with_the_rates_and_none_is_empty() -> None:
    table = rate_release(CODES).table
    rates = table.loc[table["status"].eq("shown"), "rate_per_1000"].astype(float).sort_values()
    classes = maps.break_rates(rates)
    assert classes.is_monotonic_increasing
    assert sorted(set(classes)) == list(range(6))


def test_the_six_that_stand_out_are_never_with_the_others() -> None:
    table = rate_release(CODES).table.set_index("dep_code")
    shown = table[table["status"].eq("shown")]
    classes = maps.break_rates(shown["rate_per_1000"])
    six = ["56", "45", "27", "35", "22", "41"]
    assert classes[six].min() > classes.drop(six).max()


def test_the_many_small_rates_are_told_apart() -> None:
    table = rate_release(CODES).table
    small = table.query("status == 'shown' and rate_per_1000 < 1")
    classes = maps.break_rates(table.loc[table["status"].eq("shown"), "rate_per_1000"])
    assert len(set(classes[small.index])) >= 3


def test_the_legend_spans_every_rate_shown(rate_map: Figure) -> None:
    shown = rate_release(CODES).table.query("status == 'shown'")["rate_per_1000"]
    entries = [entry for entry in legend_of(rate_map) if entry.endswith(")") and entry[0].isdigit()]
    edges = [float(e) for entry in entries for e in entry.split("  ")[0].split(" to ")]
    counts = [int(entry.split("(")[1].rstrip(")")) for entry in entries]
    assert min(edges) == pytest.approx(shown.min(), rel=0.01)
    assert max(edges) == pytest.approx(shown.max(), rel=0.01)
    assert sum(counts) == len(shown)


@pytest.mark.parametrize("status", ["none", "suppressed", "missing"])
def test_each_status_has_an_entry_and_its_own_pattern(rate_map: Figure, status: str) -> None:
    assert wording.text(f"status.{status}") in legend_of(rate_map)
    assert set(painted(rate_map, status)) == {STATUS_STYLES[status]["hatch"]}


def test_classes_have_no_pattern(rate_map: Figure) -> None:
    assert set(painted(rate_map, "class 0") + painted(rate_map, "class 5")) == {""}


def test_patterns_of_statuses_differ() -> None:
    hatches = [style["hatch"] for style in STATUS_STYLES.values()]
    assert len(set(hatches)) == len(hatches)


def test_without_hidden_cells_the_legend_does_not_name_them() -> None:
    release = rate_release(CODES).select("status != 'suppressed'")
    figure = maps.rate_map(release).render()
    assert wording.text("status.suppressed") not in legend_of(figure)


def test_nothing_shown_draws_all_the_same() -> None:
    release = rate_release(CODES).select("status == 'suppressed'")
    for draw in (maps.rate_map, maps.count_map):
        figure = draw(release).render()
        assert wording.text("status.suppressed") in legend_of(figure)


def test_five_overseas_insets_have_something_drawn(rate_map: Figure) -> None:
    insets = {axes.get_title(): axes for axes in rate_map.axes}
    drawn = [
        len(insets[name_place(code)].collections) for code in ("971", "972", "973", "974", "976")
    ]
    assert drawn == [1] * 5


def test_insets_keep_the_shape_of_islands_that_were_moved(rate_map: Figure) -> None:
    insets = {axes.get_title(): axes for axes in rate_map.axes}
    # Degrees at 16 degrees north are 1.04 times as high as wide, not 1.34 as where it is drawn.
    assert insets["Guadeloupe (971)"].get_aspect() == pytest.approx(1.04, abs=0.005)


def test_mainland_is_in_lambert_93_and_has_no_axis_labels(rate_map: Figure) -> None:
    mainland = rate_map.axes[0]
    left, right = mainland.get_xlim()
    assert 0 < left < 150_000
    assert 1_200_000 < right < 1_300_000
    assert [axes.get_xlabel() + axes.get_ylabel() for axes in rate_map.axes] == [""] * 7


def test_the_picture_says_where_when_and_of_what(rate_map: Figure) -> None:
    words = words_of(rate_map)
    assert "Persons exposed per 1,000 residents: Social security number (NIR)" in words
    assert "by home département, samples taken from 1 January 2015 to 31 October 2020" in words
    assert "municipal populations 2019" in words
    assert "Outlines are generalised." in words


def test_who_is_not_on_the_map_is_written_beside(rate_map: Figure, count_map: Figure) -> None:
    assert "Département unknown:\n2,200 persons\nAbroad:\n640 persons" in words_of(rate_map)
    assert "2\u202f200\u00a0personnes" in words_of(count_map)


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_synthetic_stands_inside_the_map(language: str) -> None:
    with wording.speaking(language):
        figure = maps.rate_map(rate_release(CODES)).render()
        assert wording.text("synthetic") in words_of(figure)


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_no_words_overlap_or_leave_the_map(language: str) -> None:
    for draw in (maps.rate_map, maps.count_map):
        assert find_faults(render(draw(rate_release(CODES)), language)) == []


def test_the_area_of_a_circle_is_in_proportion_to_persons(count_map: Figure) -> None:
    circles = [c for c in count_map.axes[0].collections if c.get_gid() == "circles"]
    assert isinstance(circles[0], PathCollection)
    largest, second, *_ = circles[0].get_sizes()
    assert second / largest == pytest.approx(PERSONS["45"] / PERSONS["56"])  # type: ignore[operator]


def test_counts_too_small_for_a_circle_have_a_cross_and_an_entry(count_map: Figure) -> None:
    crosses = [c for c in count_map.axes[0].collections if c.get_gid() == "crosses"]
    assert len(crosses[0].get_offsets()) > 50
    assert any("trop peu pour un cercle" in entry for entry in legend_of(count_map))


def test_paris_has_its_circle_in_the_inset_only(count_map: Figure) -> None:
    mainland, ring = (
        sum(len(c.get_offsets()) for c in axes.collections if c.get_gid() in ("circles", "crosses"))
        for axes in count_map.axes[:2]
    )
    assert ring == 4
    assert mainland == 96 - len(["90", "48", "15"]) - ring


def test_the_alternative_text_gives_numbers_of_the_table() -> None:
    words = maps.count_map(rate_release(CODES)).alt_text()
    assert "Highest: Morbihan (56): 120,500; Loiret (45): 58,000; Eure (27): 52,000." in words


def test_a_bare_table_is_refused() -> None:
    for draw in (maps.rate_map, maps.count_map):
        with pytest.raises(TypeError, match=r"analysis\.disclosure\.release first"):
            draw(rate_release(CODES).table)  # type: ignore[arg-type]


def test_a_code_without_an_outline_is_refused() -> None:
    table = rate_release(["56"]).table.assign(dep_code="20")
    with pytest.raises(ValueError, match=r"no outline for dep_code \['20'\]"):
        maps.rate_map(make_release(table))

"""Charts of severity levels: what stands where, in both languages."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from analysis.disclosure.gate import Release
from analysis.impact.severity import LEVELS
from analysis.reporting import wording
from analysis.reporting.charts import SHADES, levels
from tests.releases import find_faults, make_release, render, status_of

# Persons by level: low, medium, high, very high; None is hidden.
PERSONS: dict[str, list[int | None]] = {
    "45": [0, 80_000, 4_000, 16_000],
    "56": [300, 150_000, 700, 20_000],
    "48": [0, 30, 0, None],
    "unknown": [0, 900, 0, 100],
}


def level_release(by: str = "dep_code", persons: dict[str, list[int | None]] = PERSONS) -> Release:
    """Return persons by level of a few bars."""
    rows = [
        {by: bar, "level": level, "n_persons": n, "status": status_of(n, bar)}
        for bar, counts in persons.items()
        for level, n in zip(LEVELS, counts, strict=True)
    ]
    table = pd.DataFrame(rows).assign(place="home")
    if by != "category":
        table["category"] = "any"
    return make_release(table)


def parts_of(figure: Figure, gid: str) -> list[Rectangle]:
    """Return the parts of one level or status, top first."""
    return [p for p in figure.axes[0].patches if p.get_gid() == gid]  # type: ignore[misc]


def test_bars_are_as_long_as_the_shares_of_persons() -> None:
    figure = levels(level_release()).render()
    assert [n.get_text() for n in figure.axes[0].get_yticklabels()] == [
        "Morbihan (56)",
        "Loiret (45)",
        "Lozère (48)",
    ]
    assert [round(p.get_width(), 3) for p in parts_of(figure, "very high")] == [0.117, 0.16, 0]
    assert [round(p.get_width(), 3) for p in parts_of(figure, "medium")] == [0.877, 0.8, 1]


def test_the_order_from_low_to_very_high_is_that_of_the_bar() -> None:
    figure = levels(level_release()).render()
    starts = [parts_of(figure, level)[0].get_x() for level in LEVELS]
    assert all(before < after for before, after in pairwise(starts))
    assert list(SHADES) == list(LEVELS)


def test_a_hidden_count_has_a_stub_of_its_own() -> None:
    figure = levels(level_release()).render()
    (stub,) = parts_of(figure, "suppressed")
    assert stub.get_y() < 2 < stub.get_y() + stub.get_height()
    assert stub.get_x() == 1


def test_measures_are_as_long_as_their_persons() -> None:
    counts: dict[str, list[int | None]] = {
        "none": [0, 400_000, 0, 40_000],
        "short_retention+credentials_hashed": [0, 60_000, 0, 2_000],
    }
    drawing = levels(level_release("measure", counts), by="measure", value="n_persons")
    figure = render(drawing, "fr")
    assert [n.get_text() for n in figure.axes[0].get_yticklabels()] == [
        "Telle quelle",
        "Conservation courte + Mots de passe hachés",
    ]
    assert [p.get_width() for p in parts_of(figure, "medium")] == [400_000, 60_000]
    words = [text.get_text() for text in figure.findobj(Text)]
    assert "400\u202f000" in words


@pytest.mark.parametrize("language", wording.LANGUAGES)
@pytest.mark.parametrize("by", ["dep_code", "category", "measure"])
def test_no_words_overlap_or_leave_the_picture(by: str, language: str) -> None:
    names = {"dep_code": ["56", "45", "48"], "category": ["nir", "hiv_test", "credentials"]}
    bars = names.get(by, ["none", "two_laboratories", "early_migration"])
    release = level_release(by, dict(zip(bars, PERSONS.values(), strict=False)))
    assert find_faults(render(levels(release, by=by), language)) == []


def test_the_alternative_text_names_the_largest_parts() -> None:
    words = levels(level_release()).alt_text()
    assert "Highest: Morbihan (56), medium: 150,000; Loiret (45), medium: 80,000" in words
    assert "Cells hidden to protect persons: 1." in words


def test_what_cannot_be_drawn_is_named() -> None:
    with pytest.raises(ValueError, match=r"title\.levels\.town"):
        levels(level_release(), by="town")
    with pytest.raises(ValueError, match="value must be share or n_persons"):
        levels(level_release(), value="rate")

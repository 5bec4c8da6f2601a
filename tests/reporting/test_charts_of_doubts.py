"""The chart of doubts: bars at their ends, words in both languages, nothing overlapping."""

from __future__ import annotations

import pytest

from analysis.disclosure.gate import Release, release
from analysis.exposure import Source
from analysis.impact.uncertainty import Estimate, Part, tabulate_estimates
from analysis.reporting import wording
from analysis.reporting.charts import tornado
from tests.releases import SOURCE, find_faults, render

PARTS = (Part("linkage", 170_100, 171_900), Part("place", 171_000, 173_100))


def doubts(*estimates: Estimate) -> Release:
    """Return a release of estimates."""
    source = Source(SOURCE, is_synthetic=True)
    counts = tabulate_estimates(estimates or [Estimate("main_place", 171_000, PARTS)], source)
    return release(counts)


def test_bars_reach_from_end_to_end() -> None:
    figure = tornado(doubts()).render()
    bars = [patch for patch in figure.axes[0].patches if patch.get_gid() == "bars"]
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars]
    assert ends[1:] == [(171_000, 173_100), (170_100, 171_900)]
    assert ends[0] == (170_100, pytest.approx(171_000 + (900**2 + 2_100**2) ** 0.5, abs=1))


def test_the_axis_shows_the_interval_and_not_the_way_from_zero() -> None:
    figure = tornado(doubts()).render()
    start, end = figure.axes[0].get_xlim()
    assert (173_300 - 170_100) / (end - start) > 0.5


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_no_words_overlap(language: str) -> None:
    assert find_faults(render(tornado(doubts()), language)) == []


def test_the_alternative_text_names_the_largest_doubt_first() -> None:
    words = tornado(doubts()).alt_text()
    assert "Persons whose home is in Morbihan: 171,000" in words
    assert words.index("postal codes missing") < words.index("who is the same person")
    assert words.endswith("Synthetic data.")


def test_two_headlines_make_no_chart() -> None:
    two = doubts(Estimate("main_place", 1, ()), Estimate("old", 2, ()))
    with pytest.raises(ValueError, match="several values"):
        tornado(two)

"""What goes with a release."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from analysis.disclosure import release_together
from analysis.exposure import Counts, Source
from analysis.reporting.picture import render_record, render_report
from analysis.reporting.wording import speaking


@pytest.fixture
def shown():  # type: ignore[no-untyped-def]
    """Return a release of four cells: one small, one hidden with it."""
    tables = {"sex": {"sex": ["F", "M", "unknown"], "n_persons": [30, 5, 20]}}
    tables["all"] = {"category": ["any"], "n_persons": [55]}
    counts = {name: count(cells) for name, cells in tables.items()}
    return release_together(counts)["sex"]


def count(cells: dict[str, list]) -> Counts:
    """Return cells as counts, one record a person."""
    table = pd.DataFrame({"category": "any", **cells, "status": "shown"})
    table["n_records"] = table["n_persons"] = table["n_persons"].astype("Int64")
    return Counts(table, Source("0" * 64, is_synthetic=True))


def test_the_report_names_rule_hidden_cells_and_tightest_interval(shown) -> None:  # type: ignore[no-untyped-def]
    audit = json.loads(render_record(shown))
    assert (audit["profile"], audit["threshold"]) == ("health", 11)
    assert (audit["n_cells"], audit["n_hidden"], audit["n_none"]) == (4, 2, 0)
    assert audit["narrowest_interval"] >= 9
    assert len(audit["hash"]) == 64


def test_information_kept_is_worked_out_from_what_is_shown(shown) -> None:  # type: ignore[no-untyped-def]
    kept, lost = np.log(31) + np.log(56), 2 * np.log(11)
    assert shown.audit["information_kept"] == round(kept / (kept + lost), 3)


@pytest.mark.parametrize(
    ("language", "words"), [("en", "not necessarily so few"), ("fr", "pas forcément si peu")]
)
def test_the_page_says_that_a_hidden_cell_need_not_be_small(shown, language, words) -> None:  # type: ignore[no-untyped-def]
    with speaking(language):
        assert words in render_report(shown)


@pytest.mark.parametrize(("language", "words"), [("en", "Cells hidden"), ("fr", "Cases masquées")])
def test_the_page_tells_nothing_that_the_release_does_not(
    shown,  # type: ignore[no-untyped-def]
    language: str,
    words: str,
) -> None:
    with speaking(language):
        text = render_report(shown)
    assert words in text
    assert shown.audit["hash"] in text
    assert "small" not in text
    assert "complement" not in text

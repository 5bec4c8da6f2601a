"""Texts and numbers of both languages."""

from __future__ import annotations

import csv
import re
from datetime import date
from string import Formatter

import pandas as pd
import pytest

from analysis.reporting import columns, wording
from analysis.reporting.wording import speaking

NARROW, WIDE = "\u202f", "\u00a0"
SIMPLE_SPACE = re.compile(r" [:;!?%»]|« |\d \d{3}")


def rows() -> list[dict[str, str]]:
    """Return the rows of both tables of texts as they are written."""
    texts: list[dict[str, str]] = []
    for path in (wording.WORDING, columns.COLUMNS):
        with path.open(encoding="utf-8", newline="") as file:
            texts += [{"key": next(iter(r.values())), **r} for r in csv.DictReader(file)]
    return texts


def names_in(text: str) -> set[str]:
    """Return the names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_the_lines_of_the_file_in_both_languages() -> None:
    assert wording.format_count(491840) == "491,840"
    with speaking("fr"):
        assert wording.format_count(491840) == f"491{NARROW}840"


def test_a_share_in_both_languages() -> None:
    assert wording.format_number(0.362, "share") == "36.2%"
    with speaking("fr"):
        assert wording.format_number(0.362, "share") == f"36,2{NARROW}%"


def test_a_tiny_share_is_not_written_as_zero() -> None:
    assert wording.format_number(0.0, "share") == "0.0%"
    with speaking("fr"):
        assert wording.format_number(0.0002, "share") == f"<{NARROW}0,1{NARROW}%"


def test_rates_keep_three_digits_from_the_smallest_to_the_largest() -> None:
    rates = [4.2e-19, 0.0000149, 0.01234, 0.5, 5.306, 176.4, 1234.5]
    assert [wording.format_number(rate, "rate") for rate in rates] == [
        "0.0",
        "0.0000149",
        "0.0123",
        "0.500",
        "5.31",
        "176",
        "1,234",
    ]


def test_the_first_of_a_month_is_an_ordinal_in_french_only() -> None:
    assert wording.format_date(date(2021, 2, 1)) == "1 February 2021"
    with speaking("fr"):
        assert wording.format_date(date(2021, 2, 1)) == "1er février 2021"
        assert wording.format_date(date(2021, 2, 11)) == "11 février 2021"


def test_an_interval_whose_ends_are_written_alike_is_one_number() -> None:
    assert wording.format_interval(158.1, 158.4, "rate") == "158"
    with speaking("fr"):
        written = wording.format_interval(0.2, 0.3, "share")
    assert written == f"20,0{NARROW}% à 30,0{NARROW}%"


@pytest.mark.parametrize("missing", [pd.NA, None, float("nan")])
def test_a_missing_number_is_never_written(missing: float) -> None:
    for kind in ("count", "rate", "share"):
        with pytest.raises(ValueError, match="missing number"):
            wording.format_number(missing, kind)


def test_another_language_is_refused_and_changes_nothing() -> None:
    with pytest.raises(ValueError, match="language must be one of"):
        wording.set_language("de")
    with pytest.raises(ValueError, match="language must be one of"), speaking("de"):
        pass
    assert wording.current_language() == "en"


def test_the_language_set_once_holds_until_it_is_set_again() -> None:
    try:
        wording.set_language("fr")
        with speaking("en"):
            assert wording.text("persons") == "persons"
        assert wording.text("persons") == "personnes"
    finally:
        wording.set_language("en")


def test_an_error_leaves_the_language_as_it_was() -> None:
    with pytest.raises(KeyError), speaking("fr"):
        wording.text("nowhere")
    assert wording.current_language() == "en"


def test_an_unknown_text_names_its_neighbours() -> None:
    with pytest.raises(KeyError, match=r"no row 'place\.hom'.*place\.home"):
        wording.text("place.hom")


def test_a_text_without_its_value_is_refused() -> None:
    with pytest.raises(KeyError, match="needs a value for 'low'"):
        wording.text("interval", high="2")


def test_keys_are_unique_and_both_languages_written() -> None:
    keys = [(row["key"], "kind" in row) for row in rows()]
    assert len(keys) == len(set(keys))
    assert all(row["en"].strip() and row["fr"].strip() for row in rows())


def test_both_languages_ask_for_the_same_values() -> None:
    differing = [row["key"] for row in rows() if names_in(row["en"]) != names_in(row["fr"])]
    assert differing == []


def test_french_punctuation_never_stands_after_a_simple_space() -> None:
    assert [row["key"] for row in rows() if SIMPLE_SPACE.search(row["fr"])] == []


def test_french_colons_follow_a_no_break_space() -> None:
    wrong = [row["key"] for row in rows() if re.search(rf"[^{WIDE}]:", row["fr"])]
    assert wrong == []

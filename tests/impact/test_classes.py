"""k, l and t: by hand, as another package measures them, and what must always hold."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.impact.uniqueness import measure_rows
from tests.breaches import ROOT

ORACLE = json.loads((ROOT / "tests/oracles/anonymity.json").read_text(encoding="utf-8"))
ROWS = pd.DataFrame(
    {
        "sex": ["F", "F", "F", "M", "M"],
        "dep_code": ["56", "56", "27", "27", "27"],
        "illness": ["a", "b", "a", "c", "c"],
    }
)


def test_by_hand() -> None:
    """
    Classes by sex and département: F 56 (a, b), F 27 (a), M 27 (c, c).

    Overall a 0.4, b 0.2, c 0.4; distances 0.4, 0.6 and 0.6.
    """
    measured = measure_rows(ROWS, ["sex", "dep_code"], "illness")
    assert measured == pytest.approx({"k_anonymity": 1, "l_diversity": 1, "t_closeness": 0.6})


@pytest.mark.parametrize("name", ORACLE["tables"])
def test_equal_to_pycanon(name: str) -> None:
    expected: dict[str, Any] = ORACLE["tables"][name]
    rows, clues = pd.DataFrame(expected["rows"]), expected["clues"]
    measured = measure_rows(rows, clues, expected["sensitive"])
    assert measured["k_anonymity"] == expected["k"]
    assert measured["l_diversity"] == expected["l"]
    assert measured["t_closeness"] == pytest.approx(expected["t"], abs=1e-12)


@pytest.mark.parametrize(("n_missing", "k"), [(1, 1), (2, 2)])
def test_a_missing_value_is_a_value(n_missing: int, k: int) -> None:
    rows = pd.DataFrame({"sex": ["F", "F"] + [None] * n_missing})
    rows["illness"] = ["a", "a"] + [None] * n_missing
    measured = measure_rows(rows, ["sex"], "illness")
    assert measured["k_anonymity"] == k
    assert measured["l_diversity"] == 1
    assert measured["t_closeness"] == pytest.approx(2 / (2 + n_missing))


@given(st.lists(st.tuples(*[st.sampled_from("abc")] * 4), min_size=1, max_size=40))
def test_another_clue_never_hides_anybody(values: list[tuple[str, ...]]) -> None:
    rows = pd.DataFrame(values, columns=["x", "y", "z", "s"])
    for clues in combinations(["x", "y", "z"], 2):
        few, more = (measure_rows(rows, known, "s") for known in (clues[:1], clues))
        assert more["k_anonymity"] <= few["k_anonymity"]
        assert more["l_diversity"] <= few["l_diversity"]
        assert 0 <= few["t_closeness"] <= 1


@given(st.lists(st.sampled_from("ab"), min_size=1, max_size=20), st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(values: list[str], seed: int) -> None:
    rows = pd.DataFrame({"x": values, "s": values[::-1]})
    shuffled = rows.sample(frac=1, random_state=seed)
    expected = pytest.approx(measure_rows(rows, ["x"], "s"))
    assert measure_rows(shuffled, ["x"], "s") == expected


def test_what_cannot_be_measured_is_refused() -> None:
    with pytest.raises(KeyError, match="not in the table"):
        measure_rows(ROWS, ["town"], "illness")
    with pytest.raises(ValueError, match="at least one row"):
        measure_rows(ROWS.head(0), ["sex"], "illness")

"""k, l and t: by hand, as another package measures them, and what must always hold."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.impact import uniqueness
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
    clues = ["sex", "dep_code"]
    assert uniqueness.size_classes(ROWS, clues).tolist() == [2, 2, 1, 2, 2]
    assert uniqueness.k_anonymity(ROWS, clues) == 1
    assert uniqueness.l_diversity(ROWS, clues, "illness") == 1
    assert uniqueness.t_closeness(ROWS, clues, "illness") == pytest.approx(0.6)


@pytest.mark.parametrize("name", ORACLE["tables"])
def test_equal_to_pycanon(name: str) -> None:
    expected: dict[str, Any] = ORACLE["tables"][name]
    rows, clues = pd.DataFrame(expected["rows"]), expected["clues"]
    assert uniqueness.k_anonymity(rows, clues) == expected["k"]
    assert uniqueness.l_diversity(rows, clues, expected["sensitive"]) == expected["l"]
    t = uniqueness.t_closeness(rows, clues, expected["sensitive"])
    assert t == pytest.approx(expected["t"], abs=1e-12)


def test_a_missing_value_is_a_value() -> None:
    rows = pd.DataFrame({"sex": ["F", None, None], "illness": ["a", None, None]})
    assert uniqueness.size_classes(rows, ["sex"]).tolist() == [1, 2, 2]
    assert uniqueness.l_diversity(rows, ["sex"], "illness") == 1
    assert uniqueness.t_closeness(rows, ["sex"], "illness") == pytest.approx(2 / 3)


@given(st.lists(st.tuples(*[st.sampled_from("abc")] * 4), min_size=1, max_size=40))
def test_another_clue_never_hides_anybody(values: list[tuple[str, ...]]) -> None:
    rows = pd.DataFrame(values, columns=["x", "y", "z", "s"])
    for clues in combinations(["x", "y", "z"], 2):
        few, more = list(clues[:1]), list(clues)
        few_sizes, sizes = uniqueness.size_classes(rows, few), uniqueness.size_classes(rows, more)
        assert (sizes <= few_sizes).all()
        assert uniqueness.l_diversity(rows, more, "s") <= uniqueness.l_diversity(rows, few, "s")
        assert 0 <= uniqueness.t_closeness(rows, few, "s") <= 1


@given(st.lists(st.sampled_from("ab"), min_size=1, max_size=20), st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(values: list[str], seed: int) -> None:
    rows = pd.DataFrame({"x": values, "s": values[::-1]})
    shuffled = rows.sample(frac=1, random_state=seed)
    t = uniqueness.t_closeness(rows, ["x"], "s")
    assert uniqueness.t_closeness(shuffled, ["x"], "s") == pytest.approx(t)
    assert uniqueness.k_anonymity(shuffled, ["x"]) == uniqueness.k_anonymity(rows, ["x"])


def test_what_cannot_be_measured_is_refused() -> None:
    with pytest.raises(KeyError, match="not in the table"):
        uniqueness.k_anonymity(ROWS, ["town"])
    with pytest.raises(ValueError, match="at least one row"):
        uniqueness.k_anonymity(ROWS.head(0), ["sex"])

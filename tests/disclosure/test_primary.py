"""One rule for small cells in one place."""

from __future__ import annotations

import pytest

from analysis.disclosure.primary import read_rule
from analysis.reference import dictionary


@pytest.mark.parametrize(
    ("name", "threshold", "dominance"),
    [("health", 11, 1), ("businesses", 3, 0.85), ("tax", 11, 1), ("five", 5, 1)],
)
def test_the_rules(name: str, threshold: int, dominance: float) -> None:
    rule = read_rule(name)
    assert (rule.threshold, rule.dominance) == (threshold, dominance)


def test_every_rule_says_who_sets_it() -> None:
    table = dictionary.read_profiles()
    assert set(table["status"]) <= {"law", "regulator's practice", "house rule"}
    assert table["source"].str.len().min() > 20


def test_another_threshold_is_the_houses_own() -> None:
    assert read_rule("health", threshold=20).status == "house rule"


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown rule 'secret'; known are"):
        read_rule("secret")

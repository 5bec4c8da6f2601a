"""Verdicts in words: the condition is named with its numbers, in both languages."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.published import (
    compare_claims,
    judge_readings,
    read_claims,
    read_prescriber_shares,
    read_share,
)
from analysis.reporting.columns import say_verdict
from analysis.reporting.wording import speaking

NARROW = "\u202f"


def say(judged: pd.DataFrame) -> list[str]:
    """Return the verdict of each row."""
    return [say_verdict(row) for _, row in judged.iterrows()]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "compatible only if 480,000 counts persons"),
        ("fr", f"compatible seulement si 480{NARROW}000 compte des personnes"),
    ],
)
def test_480000_beside_the_lines_must_count_persons(language: str, words: str) -> None:
    pair = compare_claims(read_claims().loc[["lines", "rounded_480k"]])
    with speaking(language):
        assert say(pair) == [words]


def test_what_needs_nothing_has_no_condition() -> None:
    pairs = compare_claims(read_claims().loc[["surnames", "titles", "patients_500k"]])
    assert say(pairs) == ["contradictory", "compatible", "compatible"]


def test_a_reading_names_the_share_or_the_ratio_it_needs() -> None:
    shares = read_prescriber_shares(["22", "29", "35", "56"])
    judged = judge_readings(read_claims().loc[["bretons_300k", "bretons_350k"]], shares)
    assert say(judged) == [
        "compatible only if at least 50.8% of the whole lies there by prescriber, from the "
        "published shares of lines",
        "compatible only if the shares count doctors, and each one there stands for 1.05 times "
        "as many persons as one elsewhere",
        "contradictory",
        "compatible only if the shares count doctors, and each one there stands for 2.40 times "
        "as many persons as one elsewhere",
    ]


def test_a_share_says_what_it_would_be_of() -> None:
    judged = read_share("1", "169000", pd.Series({"persons": "15000000"}))
    with speaking("fr"):
        first, second = say(judged)
    assert first == (
        f"compatible seulement si la part porte sur les 169{NARROW}000 personnes, non sur le tout"
    )
    assert second == "compatible"

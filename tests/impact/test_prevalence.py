"""Persons of a topic, corrected for the errors of the reader."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.comments.correction import Confusion
from analysis.disclosure.gate import release
from analysis.impact.uncertainty import correct_counts
from tests.counted import make_counts

SAMPLE = Confusion(50, 45, 200, 190)
CORRECTED = ["corrected", "corrected_low", "corrected_high"]


def test_counts_of_topics_are_corrected_by_hand() -> None:
    """Of 1,000 persons with comments 250 are found: (0.25 - 0.05) / 0.85 × 1,000 = 235."""
    table = pd.DataFrame({"category": ["comments", "cancer"], "n_persons": [1000, 250]})
    confusion = pd.DataFrame([SAMPLE], index=["cancer"])
    rows = correct_counts(make_counts(table), confusion).table.set_index("category")
    assert rows.loc["comments", CORRECTED].isna().all()
    assert rows.loc["cancer", "corrected"] == 235
    assert rows.loc["cancer", "corrected_low"] < 235 < rows.loc["cancer", "corrected_high"]


def test_a_hidden_count_hides_its_correction() -> None:
    table = pd.DataFrame(
        {
            "category": ["comments", "cancer", "genetics"],
            "n_records": [1000, 250, 60],
            "n_persons": [1000, 250, 9],
        }
    )
    confusion = pd.DataFrame([SAMPLE, SAMPLE], index=["cancer", "genetics"])
    shown = release(correct_counts(make_counts(table), confusion)).table
    rows = shown[shown["category"].ne("comments")]
    assert rows[["n_persons", *CORRECTED]].isna().all(axis=1).tolist() == [False, True]


def test_a_topic_without_labels_is_named() -> None:
    table = pd.DataFrame({"category": ["comments", "cancer"], "n_persons": [1000, 250]})
    with pytest.raises(KeyError, match="cancer"):
        correct_counts(make_counts(table), pd.DataFrame([SAMPLE], index=["genetics"]))

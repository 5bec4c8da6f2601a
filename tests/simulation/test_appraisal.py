"""Judging the reader: by hand, and that what is stored judges the code as it is."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from analysis.reference import dictionary
from analysis.store import stages
from data_synthetic.simulation import appraisal
from data_synthetic.simulation.appraisal import score_labels
from data_synthetic.simulation.evaluations import read_evaluation
from data_synthetic.simulation.grammar import read_grammar
from tests.breaches import ROOT, VOCABULARY

WRITTEN = ROOT / "data_synthetic" / "evaluation" / "comments.csv"
TOPICS = dictionary.list_topics()


@pytest.fixture(scope="module")
def written() -> pd.DataFrame:
    """Return the comments that were written to judge the reader."""
    return appraisal.read_written(WRITTEN)


@pytest.fixture(scope="module")
def results() -> dict:
    """Return the stored results; they are refused if older than what they judge."""
    return read_evaluation("comments")


class TestWritten:
    """The comments written one by one."""

    def test_at_least_400_distinct_comments(self, written: pd.DataFrame) -> None:
        assert len(written) >= 400
        assert written["text"].is_unique
        assert written["comment_id"].is_unique

    def test_the_half_follows_from_the_number_alone(self, written: pd.DataFrame) -> None:
        digests = written["comment_id"].map(lambda c: hashlib.sha256(c.encode()).hexdigest())
        is_even = digests.map(lambda d: int(d, 16) % 2 == 0)
        assert written["half"].eq(is_even.map({True: "tuned", False: "held_out"})).all()

    def test_labels_are_those_of_the_grammar(self, written: pd.DataFrame) -> None:
        grammar = read_grammar(VOCABULARY / "comments.yaml")
        labels = written["labels"].str.split(";").explode()
        parts = labels[labels.ne("")].str.extract(r"^(\w+?)(?:\.[A-Z]\d\d)?:(\w+)$")
        assert set(parts[0]) == set(grammar.topics)
        assert set(parts[1]) == set(grammar.qualifiers)

    def test_every_topic_is_in_both_halves(self, written: pd.DataFrame) -> None:
        for topic in TOPICS:
            assert written.loc[written["labels"].str.contains(topic), "half"].nunique() == 2

    def test_no_comment_comes_from_the_grammar(self, written: pd.DataFrame) -> None:
        phrases = {
            template.text for template in read_grammar(VOCABULARY / "comments.yaml").templates
        }
        assert len(set(written["text"]) & phrases) <= 0.02 * len(written)


def test_scores_equal_the_hand_count() -> None:
    """One right, one of the wrong qualifier, one invented, one drug of the wrong class."""
    written = pd.Series(["cancer:affirmed", "cancer:family", "", "treatment.H03:affirmed"])
    found = pd.Series(
        ["cancer:affirmed", "cancer:affirmed", "thyroid:affirmed", "treatment.B01:affirmed"]
    )
    table = score_labels(written, found, by="topic")
    assert table.loc["cancer", ["n_written", "n_found", "n_right"]].tolist() == [2, 2, 1]
    assert table.loc["cancer", ["precision", "recall", "f1"]].tolist() == [0.5, 0.5, 0.5]
    assert table.loc["thyroid", ["n_written", "precision", "f1"]].tolist() == [0, 0, 0]
    assert table.loc["treatment", "n_right"] == 0
    assert table["recall"].isna().tolist() == [False, True, False]


def test_confusing_a_test_with_a_status_is_counted() -> None:
    test, status = "hiv_test:affirmed", "hiv_status:affirmed"
    written = pd.Series([test, status, test, f"{status};{test}"])
    found = pd.Series([status, test, test, status])
    assert appraisal.count_hiv_confused(written, found) == 2


def test_corrected_counts_of_a_known_reader() -> None:
    """A reader that finds 8 of 10 and invents 1 in 90, on a sample with just these errors."""
    is_true = np.repeat([1, 0], [10, 90])
    is_found = np.array([1] * 8 + [0] * 2 + [1] + [0] * 89)
    confusion = appraisal.confuse_topics(is_true, is_found)
    first = appraisal.compare_counts(is_true, is_found, confusion.fillna(1).clip(lower=1)).iloc[0]
    assert (first["n_true"], first["n_found"], first["corrected"]) == (10, 9, 10)


class TestResults:
    """What the stored results must show."""

    def test_they_judge_the_code_as_it_is(self, results: dict) -> None:
        assert results["n_worlds"] >= 200

    def test_scores_of_the_held_out_half(self, results: dict) -> None:
        assert results["macro_f1"]["held_out"] >= 0.92
        assert results["hiv_confused"] == 0

    def test_intervals_hold_the_truth(self, results: dict) -> None:
        coverage = pd.DataFrame(results["coverage"])
        assert coverage["coverage"].ge(0.93).all()
        assert coverage.loc[coverage["n_true"].ge(500), "within_reach"].ge(0.85).all()

    def test_corrected_counts_lie_within_a_tenth_of_large_true_ones(self, results: dict) -> None:
        table = pd.DataFrame(results["corrected"])
        large = table[table["n_true"].ge(500)]
        assert len(large) == 12
        assert ((large["corrected"] - large["n_true"]).abs() <= 0.1 * large["n_true"]).all()

    def test_older_results_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stages, "hash_sources", lambda module: "other code")
        with pytest.raises(FileNotFoundError, match="make evaluate"):
            read_evaluation("comments")

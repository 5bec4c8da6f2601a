"""Stored judgements: as old as the code they judge, and within the targets."""

from __future__ import annotations

import pandas as pd
import pytest

from data_synthetic.simulation import trials
from data_synthetic.simulation.evaluations import read_evaluation


def test_linkage_meets_its_targets_in_every_scenario() -> None:
    found = read_evaluation("linkage")["scenarios"]
    standard, repeats, lost = (found[name] for name in ("standard", "many repeats", "numbers lost"))
    assert standard["pair_precision"] >= 0.998
    assert standard["pair_recall"] >= 0.99
    assert abs(standard["person_count_error"]) <= 0.001
    assert abs(repeats["person_count_error"]) <= 0.005
    assert lost["pair_recall"] >= 0.97


def test_the_interval_of_the_person_count_holds_the_truth_often_enough() -> None:
    """At least 93 % of 200 worlds; more, as no error seen in a sample is not no error."""
    found = read_evaluation("person_count")
    worlds = pd.DataFrame(found["worlds"])
    assert len(worlds) >= 200
    assert worlds["n_sampled"].ge(190).all()
    assert found["covered_share"] == trials.cover(worlds) >= 0.93


def test_coverage_counts_worlds_that_hold_the_truth() -> None:
    limits = {"n_persons_low": [9, 11, 8], "n_persons_high": [11, 12, 9]}
    assert trials.cover(pd.DataFrame({"true_persons": 10, **limits})) == pytest.approx(1 / 3)

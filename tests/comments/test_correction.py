"""Correcting shares: published examples, by hand, and by what must hold for any reader."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.comments.correction import Confusion, corrected_prevalence, count_confusion

SAMPLE = Confusion(50, 45, 200, 190)


def test_brucellosis_as_published() -> None:
    """R package epiR, help of epi.prev: 23 of 150 cows positive, 96 %, 89 % -> 5.1 per 100."""
    corrected = corrected_prevalence(23 / 150, Confusion(100, 96, 100, 89), n_read=150)
    assert round(100 * corrected.estimate, 1) == 5.1


def test_helicobacter_as_published() -> None:
    """The same help: 6 of 151 children positive, 96.4 %, 92.7 % -> 0 cases per 100."""
    corrected = corrected_prevalence(6 / 151, Confusion(1000, 964, 1000, 927), n_read=151)
    assert corrected.estimate == corrected.low == 0


def test_interval_by_hand() -> None:
    """
    Follow Lang and Reiczigel step by step for 25 of 100, 45 of 50, 190 of 200.

    With z² = 3.84146: share (25 + 1.92073) / 103.84146 = 0.259248; sensitivity 46/52 = 0.884615;
    specificity 191/202 = 0.945545; Youden 0.830160; centre (0.259248 - 0.054455) / 0.830160 =
    0.246690. Variances: 0.884615 × 0.115385 / 52 = 0.00196290 and 0.945545 × 0.054455 / 202 =
    0.00025490; shift 7.68292 × (0.246690 × 0.00196290 - 0.753310 × 0.00025490) = 0.00224498;
    variance (0.259248 × 0.740752 / 103.84146 + 0.0608560 × 0.00196290 + 0.567476 × 0.00025490)
    / 0.689166 = 0.00306672; root 0.0553780; reach 1.959964 × 0.0553780 = 0.108539.
    """
    corrected = corrected_prevalence(0.25, SAMPLE, n_read=100)
    assert corrected.estimate == pytest.approx(0.2 / 0.85)
    assert corrected.low == pytest.approx(0.246690 + 0.002245 - 0.108539, abs=5e-6)
    assert corrected.high == pytest.approx(0.246690 + 0.002245 + 0.108539, abs=5e-6)


def test_a_perfect_reader_is_not_corrected() -> None:
    corrected = corrected_prevalence(0.3, Confusion(10**6, 10**6, 10**6, 10**6))
    assert corrected.estimate == pytest.approx(0.3)
    assert corrected.high - corrected.low < 1e-4


@given(st.floats(0.06, 0.9), st.floats(10, 1e6))
def test_a_share_that_is_wholly_counted_is_surer_than_a_sample(share: float, n: float) -> None:
    whole, sampled = (
        corrected_prevalence(share, SAMPLE),
        corrected_prevalence(share, SAMPLE, n_read=n),
    )
    assert whole.estimate == sampled.estimate
    if sampled.low > 0 and sampled.high < 1:
        assert whole.high - whole.low < sampled.high - sampled.low


@given(st.floats(0.1, 0.85), st.integers(2, 50))
def test_more_labels_narrow_the_interval(share: float, times: int) -> None:
    more = Confusion(*(times * n for n in SAMPLE))
    few, many = corrected_prevalence(share, SAMPLE), corrected_prevalence(share, more)
    assert many.high - many.low < few.high - few.low
    assert math.isclose(many.estimate, few.estimate)


@pytest.mark.parametrize(
    ("confusion", "message"),
    [
        (Confusion(0, 0, 10, 9), "label some that are true"),
        (Confusion(10, 11, 10, 9), "found 11 of 10"),
        (Confusion(10, 9, 0, 0), "not true"),
        (Confusion(10, 4, 10, 5), "no better than chance"),
    ],
)
def test_what_cannot_be_corrected_says_why(confusion: Confusion, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        corrected_prevalence(0.5, confusion)


def test_confusion_adds_up_to_the_sample() -> None:
    rng = np.random.default_rng(5)
    is_true, is_found = rng.random((2, 300)) < 0.3
    confusion = count_confusion(is_true, is_found)
    assert confusion.n_true + confusion.n_false == 300
    assert confusion.n_true == is_true.sum()

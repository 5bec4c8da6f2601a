"""Rounded tables that still add up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.attack import round_additively
from analysis.cells import Floats, System
from tests.systems import tables, with_margins


def test_the_vignette_of_small_count_rounding() -> None:
    table, system = with_margins([[6, 0, 1, 3, 4], [1, 2, 3, 1, 2], [0, 1, 1, 0, 2]])
    rounded = round_additively(system, base=5).reshape(table.shape)
    assert not np.isin(rounded, [1, 2, 3, 4]).any()
    assert (rounded[:-1].sum(axis=0) == rounded[-1]).all()
    assert (rounded[:, :-1].sum(axis=1) == rounded[:, -1]).all()
    assert (np.abs(rounded - table) < 5).all()


def test_multiples_stay_as_they_are() -> None:
    _, system = with_margins([[10, 20], [30, 0]])
    assert round_additively(system, base=10).tolist() == system.numbers.tolist()


def test_a_base_that_rounds_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="base must be 2 or more"):
        round_additively(with_margins([[1, 2]])[1], base=1)


@settings(max_examples=25, deadline=None)
@given(tables(), st.sampled_from([5, 10]))
def test_rounded_tables_add_up_near_the_true_one(drawn: tuple[Floats, System], base: int) -> None:
    _, system = drawn
    rounded = round_additively(system, base=base)
    assert (rounded % base == 0).all()
    assert (np.abs(rounded - system.numbers) < base).all()
    assert np.allclose(system.relations @ rounded, 0)

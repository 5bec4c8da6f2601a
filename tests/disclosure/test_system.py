"""What adds up in a table."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.disclosure.system import add_up, cross
from tests.systems import with_margins


def test_a_table_of_two_axes_gets_totals_of_both() -> None:
    table, system = with_margins([[6, 14, 1, 7], [3, 2, 3, 13]])
    assert table[:, -1].tolist() == [28, 21, 49]
    assert table[-1].tolist() == [9, 16, 4, 20, 49]
    assert system.relations.shape == (3 + 5, 15)


def test_a_hierarchy_sums_parts_and_then_their_wholes() -> None:
    table, system = cross([1, 2, 3], [[[0, 1], [2, 3]]])
    assert table.tolist() == [1, 2, 3, 3, 6]
    assert (system.relations @ system.numbers).tolist() == [0, 0]


def test_zeros_are_public() -> None:
    _, system = with_margins([[0, 2], [3, 4]])
    assert np.flatnonzero(~system.can_hide).tolist() == [0]


def test_a_whole_that_is_not_its_sum_is_refused() -> None:
    with pytest.raises(ValueError, match="the sum of its parts"):
        add_up(np.array([2.0, 3.0, 6.0]), [(2, [0, 1])])

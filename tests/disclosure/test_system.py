"""What adds up in a table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.disclosure.system import add_up, cross, leave_hidden
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


def test_a_relation_of_one_hidden_number_is_a_bound_of_it() -> None:
    _, system = with_margins([[6, 14, 1, 7], [3, 2, 3, 13]])
    left = leave_hidden(system, np.isin(np.arange(15), [1, 6, 7]))
    at = left.which.tolist().index(1)
    assert left.which.tolist() == [1, 6, 7]
    assert (left.lower[at], left.upper[at]) == (14, 14)
    assert left.relations.shape == (2, 3)


def test_components_are_split_and_told_from_one_another() -> None:
    _, system = with_margins(np.full((4, 4), 5.0))
    hidden = np.isin(np.arange(25), [0, 1, 5, 6, 12, 13, 17, 18])
    assert [part.which.tolist() for part in leave_hidden(system, hidden).split()] == [
        [0, 1, 5, 6],
        [12, 13, 17, 18],
    ]


def test_a_broken_relation_is_named_by_position_never_by_value() -> None:
    _, system = with_margins([[6, 14], [3, 2]])
    wrong = replace(system, numbers=np.where(np.arange(9) == 4, 777.0, system.numbers))
    with pytest.raises(ValueError, match=r"2 relations do not hold, .* relation 1") as refused:
        leave_hidden(wrong, ~wrong.can_hide)
    assert "777" not in str(refused.value)

"""The engine keeps order and adds nothing of its own."""

from __future__ import annotations

from math import factorial

import pytest

from analysis.store.breach import map_partitions


def test_results_come_in_the_order_of_the_partitions() -> None:
    assert map_partitions(factorial, [5, 1, 3]) == [120, 1, 6]


def test_a_pool_gives_what_one_process_gives() -> None:
    parts = list(range(9))
    assert map_partitions(factorial, parts, processes=2) == map_partitions(factorial, parts)


def test_an_error_in_a_partition_is_not_swallowed() -> None:
    with pytest.raises(ValueError, match="negative"):
        map_partitions(factorial, [1, -1, 2], processes=2)


def test_no_partitions_give_no_results() -> None:
    assert map_partitions(factorial, []) == []


def test_fewer_than_one_process_is_refused() -> None:
    with pytest.raises(ValueError, match="processes must be 1 or more"):
        map_partitions(factorial, [1], processes=0)

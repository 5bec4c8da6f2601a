"""What is hidden besides: the published examples first, then what must hold for any table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.disclosure import attack, suppression
from analysis.disclosure.system import Bools, Floats, System
from tests.systems import price, small, tables, with_margins

METHODS = [suppression.hide_greedily, suppression.hide_cheapest, suppression.hide]


@pytest.mark.parametrize("method", METHODS)
def test_the_vignette_of_statistics_norway(method) -> None:  # type: ignore[no-untyped-def]
    table, system = with_margins([[3, 4, 6], [2, 0, 5]])  # old, young: Iceland, Portugal, Spain
    system = replace(system, can_hide=np.ones(12, dtype=bool))  # zeros are protected here
    primary = np.arange(12) == 5
    needs = attack.Needs(np.full(12, np.inf), np.where(primary, 1, -np.inf), np.ones(12))
    hidden = method(system, primary, needs, price(system)).reshape(table.shape)
    assert np.argwhere(hidden).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]


@pytest.mark.parametrize("method", METHODS)
def test_the_seven_that_acro_gives_back_stays_hidden(method) -> None:  # type: ignore[no-untyped-def]
    _, system = with_margins([[60, 40, 35], [50, 7, 30], [44, 25, 28]])
    primary = system.numbers == 7
    needs = suppression.list_needs(system, primary, threshold=11)
    hidden = method(system, primary, needs, price(system))
    low, high = attack.feasibility_intervals(system, hidden)[primary][0]
    assert low <= 1
    assert high >= 10
    assert hidden.sum() == 4


def test_a_sum_of_two_cells_is_two_whatever_is_hidden() -> None:
    _, system = with_margins([[3, 4, 0], [20, 30, 40]])
    system = replace(system, lower=np.where(system.numbers > 0, 1.0, 0.0))
    needs = suppression.list_needs(system, small(system), threshold=11)
    assert needs.lower_protection[[0, 3]].tolist() == [1, 2]


@pytest.mark.parametrize(("kind", "expected"), [("cells", 1), ("persons", 25)])
def test_a_cost_is_what_hiding_a_cell_takes_away(kind: str, expected: float) -> None:
    assert suppression.COSTS[kind](np.array([25.0])).tolist() == [expected]


@pytest.mark.parametrize("shape", [(3, 3), (3, 4), (2, 2, 2), (4, 4)])
def test_the_greedy_pattern_costs_little_more_than_the_cheapest(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(20210223)
    ratios = []
    while len(ratios) < 12:
        _, system = with_margins(rng.poisson(rng.gamma(1, 30, shape)))
        hidden = small(system)
        needs = suppression.list_needs(system, hidden, threshold=11)
        found = [method(system, hidden, needs, price(system)) & ~hidden for method in METHODS[:2]]
        if found[1].any():
            ratios.append(price(system)[found[0]].sum() / price(system)[found[1]].sum())
    assert np.mean(ratios) <= 1.10
    assert min(ratios) >= 1 - 1e-9


def test_whatever_need_not_be_hidden_is_shown_again() -> None:
    _, system = with_margins([[60, 40, 35], [50, 7, 30], [44, 25, 28]])
    primary = system.numbers == 7
    needs = suppression.list_needs(system, primary, threshold=11)
    search = suppression.Search(system, primary, needs, price(system))
    search.meet_all()
    search.chosen = system.can_hide.copy()
    search.show_again()

    def expose(chosen: Bools) -> int:
        reached = attack.audit(system, chosen, needs)
        return int(attack.find_exposed(system, chosen, needs, reached).sum())

    assert expose(search.chosen) == 0
    extra = np.flatnonzero(search.chosen & ~primary)
    assert all(expose(search.chosen & (np.arange(16) != cell)) for cell in extra)


def test_a_large_table_is_hidden_as_well_as_its_audit_asks() -> None:
    rng = np.random.default_rng(20210223)
    _, system = with_margins(rng.poisson(rng.gamma(1, 30, (12, 14, 3))))
    hidden = small(system)
    needs = suppression.list_needs(system, hidden, threshold=11)
    chosen = suppression.hide(system, hidden, needs, price(system))
    reached = attack.audit(system, chosen, needs)
    assert len(system.numbers) > suppression.ORDERED_UP_TO
    assert not attack.find_exposed(system, chosen, needs, reached).any()


@settings(max_examples=40, deadline=None)
@given(tables(), st.integers(2, 20), st.sampled_from(METHODS[::2]))
def test_the_attacker_never_wins(drawn: tuple[Floats, System], threshold: int, method) -> None:  # type: ignore[no-untyped-def]
    _, system = drawn
    hidden = small(system, threshold)
    needs = suppression.list_needs(system, hidden, threshold=threshold)
    chosen = method(system, hidden, needs, price(system))
    assert (chosen | ~hidden).all()
    assert not (chosen & ~system.can_hide).any()
    found = attack.feasibility_intervals(system, chosen)
    assert (found[hidden, 0] <= needs.lower_protection[hidden] + 1e-6).all()
    assert (found[hidden, 1] >= threshold - 1 - 1e-6).all()
    assert (np.ptp(found[chosen], axis=1) >= 1 - 1e-6).all()


@settings(max_examples=25, deadline=None)
@given(tables(), st.integers(2, 20))
def test_a_safe_table_needs_nothing(drawn: tuple[Floats, System], threshold: int) -> None:
    table, _ = drawn
    inner = np.where(table > 0, table + threshold, 0)[tuple(slice(2) for _ in table.shape)]
    _, system = with_margins(inner)
    hidden = small(system, threshold)
    needs = suppression.list_needs(system, hidden, threshold=threshold)
    assert not suppression.hide(system, hidden, needs, price(system)).any()

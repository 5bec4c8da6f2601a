"""What the attacker finds: the published examples first."""

from __future__ import annotations

import json
from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from analysis.disclosure import attack
from analysis.disclosure.programs import SolverError
from analysis.disclosure.system import Floats, System
from tests.breaches import ROOT
from tests.systems import small, tables, with_margins

INSEE = [[6, 14, 1, 7], [3, 2, 3, 13]]  # Nord, Ouest, Est, Sud
ACRO = json.loads((ROOT / "tests" / "oracles" / "acro.json").read_text(encoding="utf-8"))


def test_the_two_by_four_table_of_the_insee_course() -> None:
    _, system = with_margins(INSEE)
    hidden = np.isin(np.arange(15), [1, 2, 6, 7])
    found = attack.feasibility_intervals(system, hidden)
    assert found[hidden].tolist() == [[11, 15], [0, 4], [1, 5], [0, 4]]
    assert found[~hidden][:, 0].tolist() == system.numbers[~hidden].tolist()


def test_a_single_masked_seven_comes_back_from_true_margins() -> None:
    table, system = with_margins([[60, 40, 35], [50, 7, 30], [44, 25, 28]])
    assert (table[1, -1], table[-1, -1]) == (87, 319)
    hidden = system.numbers == 7
    assert attack.feasibility_intervals(system, hidden)[hidden].tolist() == [[7, 7]]


def test_what_acro_publishes_of_it_gives_it_back() -> None:
    masked = np.array(ACRO["masked"], dtype=float)
    assert np.argwhere(np.isnan(masked)).tolist() == [[1, 1]]
    _, system = with_margins(np.nan_to_num(masked, nan=7))
    assert [*ACRO["by_row"], *ACRO["by_column"]] == [135, 87, 97, 154, 72, 93]
    hidden = np.arange(16) == 5
    assert attack.feasibility_intervals(system, hidden)[5].tolist() == [7, 7]


def test_a_map_class_bounds_what_it_shades() -> None:
    _, system = with_margins(INSEE)
    hidden = np.isin(np.arange(15), [1, 2, 6, 7])
    lower = np.where(np.arange(15) == 1, 14, system.lower)
    assert attack.feasibility_intervals(replace(system, lower=lower), hidden)[2].tolist() == [0, 1]


def test_a_bound_that_the_true_number_breaks_is_nobodys_knowledge() -> None:
    _, system = with_margins(INSEE)
    hidden = np.isin(np.arange(15), [1, 2, 6, 7])
    lower = np.where(np.arange(15) == 1, 20, system.lower)
    found = attack.feasibility_intervals(replace(system, lower=lower), hidden)
    assert found[1].tolist() == [14, 15]


def test_a_component_of_few_numbers_is_solved_in_whole_ones_whatever_stands_beside_it() -> None:
    system = _pad(System(
        np.array([1.0, 2.0]), sparse.csr_array([[2.0, 2.0]]), np.array([5.0]), np.array([7.0]),
        np.zeros(2), np.full(2, np.inf), np.arange(2), np.ones(2, dtype=bool),
    ))  # fmt: skip
    n = system.n_cells
    high = np.where(np.arange(n) == 0, 3.4, -np.inf)
    needs = attack.Needs(np.full(n, np.inf), high, np.zeros(n))
    hidden = np.ones(n, dtype=bool)
    assert attack.audit(system, hidden, needs)[0].tolist() == [1, 3]


def _pad(system: System) -> System:
    """Put a large table beside a system."""
    _, table = with_margins(np.full((8, 8), 20))
    other = sparse.block_diag([system.relations, table.relations], format="csr")
    pairs = zip(astuple(system)[2:6], astuple(table)[2:6], strict=True)
    bounds = [np.concatenate(pair) for pair in pairs]
    numbers = np.concatenate([system.numbers, table.numbers])
    return System(numbers, sparse.csr_array(other), *bounds, np.arange(len(numbers)), numbers > 0)


def test_a_missing_number_is_hidden_whatever_its_cell_is() -> None:
    _, system = with_margins(INSEE)
    numbers = np.where(np.arange(15) == 1, np.nan, system.numbers)
    nothing = np.zeros(15, dtype=bool)
    needs = attack.Needs(np.full(15, np.inf), np.full(15, -np.inf), np.zeros(15))
    assert attack.audit(replace(system, numbers=numbers), nothing, needs)[1].tolist() == [14, 14]


def test_missing_numbers_that_nothing_fits_are_said_to_be_of_an_earlier_release() -> None:
    _, system = with_margins(INSEE)
    numbers = np.where(np.arange(15) == 1, np.nan, system.numbers)
    lower = np.where(np.arange(15) == 1, 20, system.lower)
    needs = attack.Needs(np.full(15, np.inf), np.full(15, -np.inf), np.zeros(15))
    with pytest.raises(ValueError, match="released before"):
        attack.audit(replace(system, numbers=numbers, lower=lower), np.zeros(15, dtype=bool), needs)


def test_a_solver_that_fails_never_blames_the_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    _, system = with_margins(INSEE)
    needs = attack.Needs(np.full(15, 1.0), np.full(15, 10.0), np.ones(15))
    monkeypatch.setattr(attack.Program, "solve", lambda *_, **__: None)
    with pytest.raises(SolverError, match="nothing is proved"):
        attack.audit(system, np.isin(np.arange(15), [1, 2, 6, 7]), needs)


def test_contradictions_are_refused() -> None:
    _, system = with_margins(INSEE)
    wrong = replace(system, numbers=np.where(np.arange(15) == 0, 60, system.numbers))
    with pytest.raises(ValueError, match=r"relation 0, \+1·\[0\]"):
        attack.feasibility_intervals(wrong, np.isin(np.arange(15), [1, 2, 6, 7]))


def test_whole_numbers_tell_more_than_fractions() -> None:
    matrix = np.array([[2.0, 2.0]])
    _, system = with_margins([[3, 4], [5, 6]])
    system = System(
        np.array([1.0, 2.0]), type(system.relations)(matrix), np.array([5.0]), np.array([6.5]),
        np.zeros(2), np.full(2, np.inf), np.arange(2), np.ones(2, dtype=bool),
    )  # fmt: skip
    assert attack.feasibility_intervals(system, np.ones(2, dtype=bool)).tolist() == [[0, 3], [0, 3]]


def test_the_solver_writes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    _, system = with_margins(INSEE)
    attack.feasibility_intervals(system, small(system))
    assert capfd.readouterr().out == ""


@settings(max_examples=40, deadline=None)
@given(tables(), st.data())
def test_the_proof_never_claims_more_than_two_programs_for_each_cell_find(
    drawn: tuple[Floats, System], data: st.DataObject
) -> None:
    _, system = drawn
    n = system.n_cells
    hidden = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    hidden &= system.can_hide
    primary = hidden & small(system)
    needs = attack.Needs(np.where(primary, 1, np.inf), np.where(primary, 10, -np.inf), np.ones(n))
    exact, proven = (
        attack.feasibility_intervals(system, hidden),
        attack.audit(system, hidden, needs),
    )
    assert (proven[:, 0] >= exact[:, 0] - 1e-6).all()
    assert (proven[:, 1] <= exact[:, 1] + 1e-6).all()
    verdicts = [attack.find_exposed(system, hidden, needs, found) for found in (exact, proven)]
    assert verdicts[0].tolist() == verdicts[1].tolist()


def test_the_vignette_of_small_count_rounding() -> None:
    table, system = with_margins([[6, 0, 1, 3, 4], [1, 2, 3, 1, 2], [0, 1, 1, 0, 2]])
    rounded = attack.round_additively(system, base=5).reshape(table.shape)
    assert not np.isin(rounded, [1, 2, 3, 4]).any()
    assert (rounded[:-1].sum(axis=0) == rounded[-1]).all()
    assert (rounded[:, :-1].sum(axis=1) == rounded[:, -1]).all()
    assert (np.abs(rounded - table) < 5).all()


def test_multiples_stay_as_they_are() -> None:
    _, system = with_margins([[10, 20], [30, 0]])
    assert attack.round_additively(system, base=10).tolist() == system.numbers.tolist()


def test_a_base_that_rounds_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="base must be 2 or more"):
        attack.round_additively(with_margins([[1, 2]])[1], base=1)


@settings(max_examples=25, deadline=None)
@given(tables(), st.sampled_from([5, 10]))
def test_rounded_tables_add_up_near_the_true_one(drawn: tuple[Floats, System], base: int) -> None:
    _, system = drawn
    rounded = attack.round_additively(system, base=base)
    assert (rounded % base == 0).all()
    assert (np.abs(rounded - system.numbers) < base).all()
    assert np.allclose(system.relations @ rounded, 0)

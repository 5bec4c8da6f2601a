"""What the attacker finds: the published examples first."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import attack
from analysis.cells import Floats, System
from tests.breaches import ROOT
from tests.systems import small, tables, with_margins

INSEE = [[6, 14, 1, 7], [3, 2, 3, 13]]  # Nord, Ouest, Est, Sud
ACRO = json.loads((ROOT / "tests" / "oracles" / "acro.json").read_text(encoding="utf-8"))


def test_the_two_by_four_table_of_the_insee_course() -> None:
    _, system = with_margins(INSEE)
    hidden = np.isin(np.arange(15), [1, 2, 6, 7])
    found = attack.bound(system, hidden)
    assert found[hidden].tolist() == [[11, 15], [0, 4], [1, 5], [0, 4]]
    assert found[~hidden][:, 0].tolist() == system.numbers[~hidden].tolist()


def test_a_single_masked_seven_comes_back_from_true_margins() -> None:
    table, system = with_margins([[60, 40, 35], [50, 7, 30], [44, 25, 28]])
    assert (table[1, -1], table[-1, -1]) == (87, 319)
    hidden = system.numbers == 7
    assert attack.bound(system, hidden)[hidden].tolist() == [[7, 7]]


def test_what_acro_publishes_of_it_gives_it_back() -> None:
    masked = np.array(ACRO["masked"], dtype=float)
    assert np.argwhere(np.isnan(masked)).tolist() == [[1, 1]]
    _, system = with_margins(np.nan_to_num(masked, nan=7))
    assert [*ACRO["by_row"], *ACRO["by_column"]] == [135, 87, 97, 154, 72, 93]
    hidden = np.arange(16) == 5
    assert attack.bound(system, hidden)[5].tolist() == [7, 7]


def test_a_map_class_bounds_what_it_shades() -> None:
    _, system = with_margins(INSEE)
    hidden = np.isin(np.arange(15), [1, 2, 6, 7])
    lower = np.where(np.arange(15) == 1, 14, system.lower)
    assert attack.bound(replace(system, lower=lower), hidden)[2].tolist() == [0, 1]


def test_contradictions_are_refused() -> None:
    _, system = with_margins(INSEE)
    wrong = replace(system, numbers=np.where(np.arange(15) == 0, 60, system.numbers))
    with pytest.raises(ValueError, match="no numbers fit"):
        attack.bound(wrong, np.isin(np.arange(15), [1, 2, 6, 7]))


def test_whole_numbers_tell_more_than_fractions() -> None:
    matrix = np.array([[2.0, 2.0]])
    _, system = with_margins([[3, 4], [5, 6]])
    system = System(
        np.array([1.0, 2.0]), type(system.relations)(matrix), np.array([5.0]), np.array([6.5]),
        np.zeros(2), np.full(2, np.inf), np.arange(2), np.ones(2, dtype=bool),
    )  # fmt: skip
    assert attack.bound(system, np.ones(2, dtype=bool)).tolist() == [[0, 3], [0, 3]]


def test_the_solver_writes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    _, system = with_margins(INSEE)
    attack.bound(system, small(system))
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
    exact, proven = attack.bound(system, hidden), attack.reach(system, hidden, needs)
    assert (proven[:, 0] >= exact[:, 0] - 1e-6).all()
    assert (proven[:, 1] <= exact[:, 1] + 1e-6).all()
    verdicts = [attack.find_exposed(system, hidden, needs, found) for found in (exact, proven)]
    assert verdicts[0].tolist() == verdicts[1].tolist()

"""Programs: what a solution is, and what is none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from analysis.disclosure.programs import Program, SolverError
from analysis.disclosure.system import Floats

FREE = (np.zeros(2), np.full(2, np.inf))


def _share(least: float, most: float, *, whole: bool = False) -> Program:
    """Two numbers, twice their sum between two bounds."""
    bounds = (np.array([least]), np.array([most]))
    return Program(sparse.csr_array([[2.0, 2.0]]), bounds, whole=whole)


@pytest.mark.parametrize(("whole", "expected"), [(False, 3.5), (True, 3.0)])
def test_one_program_is_solved_for_many_costs(whole: bool, expected: float) -> None:
    program = _share(0, 7, whole=whole)
    for place in (0, 1, 0):
        cost = np.where(np.arange(2) == place, -1.0, 0.0)
        found = program.solve(cost, FREE)
        assert found is not None
        assert found[place] == expected


def test_bounds_of_one_solution_do_not_bind_the_next() -> None:
    program = _share(0, 8)
    tight = program.solve(np.array([-1.0, 0.0]), (np.zeros(2), np.ones(2)))
    loose = program.solve(np.array([-1.0, 0.0]), FREE)
    assert tight is not None
    assert loose is not None
    assert (tight[0], loose[0]) == (1, 4)


def test_what_no_numbers_fit_has_no_solution() -> None:
    assert _share(5, 5, whole=True).solve(np.ones(2), FREE) is None
    assert _share(5, 6).solve(np.ones(2), (np.zeros(2), np.ones(2))) is None


@pytest.mark.parametrize("whole", [False, True])
def test_a_cost_without_a_least_is_infinite(whole: bool) -> None:
    found = _share(0, np.inf, whole=whole).solve(np.array([-1.0, 0.0]), FREE)
    assert found is not None
    assert np.isinf(found).all()


def test_a_solution_that_breaks_a_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    program = _share(0, 7)

    def misread(_: Program, found: Floats, columns: tuple[Floats, Floats]) -> bool:
        return holds(program, found + 1, columns)

    holds = Program._holds
    monkeypatch.setattr(Program, "_holds", misread)
    with pytest.raises(SolverError, match="nothing is proved"):
        program.solve(-np.ones(2), FREE)


def test_the_solver_writes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    _share(0, 7, whole=True).solve(np.ones(2), FREE)
    assert capfd.readouterr() == ("", "")

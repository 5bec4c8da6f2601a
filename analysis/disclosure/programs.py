"""Linear programs, each passed to the solver once and solved for many costs and bounds."""

from __future__ import annotations

import highspy
import numpy as np
from highspy import HighsModelStatus as Status
from highspy._core import _Highs  # the public class writes to the terminal before it can be told
from scipy import sparse

from analysis.disclosure.system import TOLERANCE, Floats

OPTIONS: dict[str, bool | float | str] = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "simplex_strategy": 1,  # dual: no move at all is where every program starts
    "mip_rel_gap": 0.0,
    "mip_abs_gap": TOLERANCE,
}
Bounds = tuple[Floats, Floats]
ENDLESS = highspy.kHighsIInf
UNBOUNDED = (Status.kUnbounded, Status.kUnboundedOrInfeasible)
NONE = (Status.kInfeasible, Status.kUnboundedOrInfeasible, Status.kSolutionLimit)


class SolverError(RuntimeError):
    """The solver gave no answer, or a wrong one; nobody's counts are at fault."""


class Program:
    """
    A linear program, passed to the solver once and solved for many costs and bounds.

    Parameters
    ----------
    matrix : scipy.sparse array, shape (m, k)
        Relations.
    rows : pair of numpy.ndarray of float, shape (m,)
        Bounds of the relations.
    whole : bool
        Whether all numbers must be whole.
    """

    def __init__(self, matrix: sparse.csr_array, rows: Bounds, *, whole: bool) -> None:
        self.matrix, self.rows, self.whole = matrix, rows, whole
        size = self.matrix.shape[1]
        columns = sparse.csc_array(matrix)
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = columns.shape
        model.row_lower_, model.row_upper_ = (end.astype(np.float64) for end in rows)
        model.col_cost_ = model.col_lower_ = model.col_upper_ = np.zeros(size)
        if whole:
            model.integrality_ = [highspy.HighsVarType.kInteger] * size
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = columns.indptr
        model.a_matrix_.index_ = columns.indices
        model.a_matrix_.value_ = columns.data
        self._all = np.arange(size, dtype=np.int32)
        self._solver = _Highs()
        for name, value in OPTIONS.items():
            self._solver.setOptionValue(name, value)
        self._solver.passModel(model)

    def solve(self, cost: Floats, columns: Bounds, *, nodes: int = ENDLESS) -> Floats | None:
        """
        Solve the program.

        Parameters
        ----------
        cost : numpy.ndarray of float, shape (k,)
            What is made least.
        columns : pair of numpy.ndarray of float, shape (k,)
            Bounds of the numbers.
        nodes : int, optional
            Give up a search in whole numbers after so many nodes; default never.

        Returns
        -------
        numpy.ndarray of float, shape (k,), or None
            A cheapest solution, which holds every bound; None if there is none, or the search
            was given up. Infinite numbers if the cost has no least.

        Raises
        ------
        SolverError
            If the solver fails, or its solution breaks a bound.
        """
        if not len(cost):
            return cost
        solver, size = self._solver, len(cost)
        solver.changeColsBounds(size, self._all, *(end.astype(np.float64) for end in columns))
        solver.changeColsCost(size, self._all, cost.astype(np.float64))
        solver.setOptionValue("mip_max_nodes", nodes)
        for presolve in ("off", "on"):  # an answer other than a solution is asked for twice
            solver.setOptionValue("presolve", presolve)
            solver.clearSolver()  # the last solution is farther from most than none
            solver.run()
            status = solver.getModelStatus()
            found = np.array(solver.getSolution().col_value)
            if status == Status.kOptimal and self._holds(found, columns):
                return np.round(found) if self.whole else found
        if status in UNBOUNDED and self.solve(0 * cost, columns) is not None:
            return np.full(size, np.inf)
        if status in NONE:
            return None
        raise SolverError(f"the linear program was not solved ({status.name}); nothing is proved")

    def _holds(self, found: Floats, columns: Bounds) -> bool:
        """Check a solution, whatever the solver says of it."""
        sums = self.matrix @ found
        pairs = ((self.rows, sums), (columns, found))
        return all(
            ((low - one) <= 10 * TOLERANCE * np.maximum(1, np.abs(one))).all()
            and ((one - high) <= 10 * TOLERANCE * np.maximum(1, np.abs(one))).all()
            for (low, high), one in pairs
        )

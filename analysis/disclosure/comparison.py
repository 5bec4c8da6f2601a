"""Whether hiding works: what an attacker gets from masked cells, totals and a second release."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.disclosure.attack import audit, feasibility_intervals, find_exposed
from analysis.disclosure.gate import Release, publish
from analysis.disclosure.ledger import Ledger
from analysis.disclosure.past import recall
from analysis.disclosure.primary import gather_cells, lay_out_tables
from analysis.disclosure.protection import Choice, find_cells, pose, protect
from analysis.disclosure.system import TOLERANCE, cross
from analysis.exposure import Counts

SOURCE = "the attacker's linear programs"


def bound_masked(inner: Sequence[Sequence[int]], masked: Collection[tuple[int, int]]) -> Release:
    """
    Bound the masked cells of a table whose totals are all published.

    Parameters
    ----------
    inner : sequence of sequence of int
        Rows of the table, without totals.
    masked : collection of (int, int)
        Row and column of each masked cell, from 0.

    Returns
    -------
    Release
        One row per masked cell, row by row: ``row``, ``column`` [from 1], ``low`` and ``high``,
        the least and the most it can be.

    Raises
    ------
    ValueError
        If a number is negative.

    Examples
    --------
    >>> bound_masked([[1, 2], [3, 4]], [(0, 0), (0, 1), (1, 0), (1, 1)]).table["high"].tolist()
    [3, 3, 4, 6]
    """
    n_rows, n_columns = len(inner), len(inner[0])
    table, system = cross(inner, [[[*range(n_rows)]], [[*range(n_columns)]]])
    is_masked = np.zeros(table.shape, dtype=bool)
    is_masked[tuple(zip(*masked, strict=True))] = True
    found = feasibility_intervals(system, is_masked.ravel())[is_masked.ravel()]
    rows = np.column_stack([np.argwhere(is_masked) + 1, np.rint(found).astype(int)])
    return publish(pd.DataFrame(rows, columns=["row", "column", "low", "high"]), source=SOURCE)


def compare_hiding(tables: Mapping[str, Counts], *, ledger: Ledger | None = None) -> Release:
    """
    Attack a release twice: with the small cells hidden only, and as the gate releases it.

    Parameters
    ----------
    tables : mapping of str to Counts
        Counts of one source that are shown together.
    ledger : Ledger, optional
        Earlier releases, which the attacker knows; default none. Nothing is added to it.

    Returns
    -------
    Release
        One row per way (``hidden``: ``small cells`` or ``gate``): ``n_hidden``, ``n_recovered``
        (hidden cells whose persons or records are known to a value) and ``n_exposed`` (cells
        known better than the rule allows, of themselves or less another) [cells].

    Raises
    ------
    ExposedError, ValueError
        As `analysis.disclosure.release_together` does.
    """
    choice = Choice()
    past = recall((ledger or Ledger()).read(), lay_out_tables(tables))
    gathered = gather_cells(tables, past)
    problem, needs = pose(gathered, tables, choice)
    n, secret = len(problem.cells), problem.hidden[len(problem.cells) :]
    gate = protect(gathered, tables, choice)[0].ne("").to_numpy()
    ways = {"small cells": problem.hidden, "gate": np.concatenate([gate, secret])}
    rows = []
    for way, hidden in ways.items():
        reached = audit(problem.system, hidden, needs)
        known = np.ptp(reached[: 2 * n], axis=1) < 1 - TOLERANCE
        recovered = (known.reshape(2, n) & hidden[:n]).any(axis=0).sum()
        exposed = find_cells(find_exposed(problem.system, hidden, needs, reached), problem)
        rows.append((way, int(hidden[:n].sum()), int(recovered), len(exposed)))
    found = pd.DataFrame(rows, columns=["hidden", "n_hidden", "n_recovered", "n_exposed"])
    return publish(found, source=SOURCE)


def compare_releases(releases: Mapping[str, Release]) -> Release:
    """
    Compare releases of the same cells with the first: what a reader of both learns, and the cost.

    Parameters
    ----------
    releases : mapping of str to Release
        Releases of one window each, by name, that of the earliest window first.

    Returns
    -------
    Release
        One row per release (``released``): ``n_cells``, ``n_hidden``, ``n_small`` [cells shown in
        the first, too, that differ from it by 1 to one less than the threshold] and
        ``information_kept`` [0 to 1]; `Release` says of what.
    """
    first = next(iter(releases.values()))
    keys = [name for name in first.dimensions if name != "window"]
    before = first.table.set_index(keys)["n_persons"]
    rows = []
    for name, release in releases.items():
        more = release.table.set_index(keys)["n_persons"] - before
        n_small = int(more.between(1, release.threshold - 1).sum())
        said = [release.audit[key] for key in ("n_cells", "n_hidden", "information_kept")]
        rows.append((name, n_small, *said))
    columns = ["released", "n_small", "n_cells", "n_hidden", "information_kept"]
    return publish(pd.DataFrame(rows, columns=columns), source=SOURCE)

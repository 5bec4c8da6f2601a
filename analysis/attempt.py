"""Whether hiding works: the attacker against small cells hidden alone, and with others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.attack import TOLERANCE, audit, find_exposed
from analysis.disclosure import read_past
from analysis.primary import gather_cells
from analysis.protection import Choice, find_cells, pose, protect
from analysis.storage import Breach


def compare_hiding(
    tables: Mapping[str, pd.DataFrame],
    breach: Breach,
    *,
    ledger: Path | None = None,
    choice: Choice | None = None,
) -> pd.DataFrame:
    """
    Attack a release twice: with the small cells hidden only, and as the gate releases it.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Tables of counts that are shown together.
    breach : Breach
        What was counted.
    ledger : pathlib.Path, optional
        File of earlier releases, which the attacker knows; nothing is added to it.
    choice : Choice, optional
        Rule; default that of `Choice`.

    Returns
    -------
    pandas.DataFrame
        One row per way (``hidden``: ``small cells`` or ``gate``): ``n_hidden``, ``n_recovered``
        (hidden cells whose persons or records are known to a value) and ``n_exposed`` (cells
        known better than the rule allows, of themselves or less another) [cells].

    Raises
    ------
    ExposedError, ValueError
        As `analysis.disclosure.release_together` does.
    """
    choice = choice or Choice()
    gathered = gather_cells(tables, read_past(ledger, breach))
    problem, needs = pose(gathered, tables, choice)
    n, secret = len(problem.cells), problem.hidden[len(problem.cells) :]
    gate = protect(gathered, tables, choice).why.ne("").to_numpy()
    ways = {"small cells": problem.hidden, "gate": np.concatenate([gate, secret])}
    rows = []
    for way, hidden in ways.items():
        reached = audit(problem.system, hidden, needs)
        known = np.ptp(reached[: 2 * n], axis=1) < 1 - TOLERANCE
        recovered = (known.reshape(2, n) & hidden[:n]).any(axis=0).sum()
        exposed = find_cells(find_exposed(problem.system, hidden, needs, reached), problem)
        rows.append((way, int(hidden[:n].sum()), int(recovered), len(exposed)))
    return pd.DataFrame(rows, columns=["hidden", "n_hidden", "n_recovered", "n_exposed"])

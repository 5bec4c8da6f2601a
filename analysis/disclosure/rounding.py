"""Numbers rounded so that they still add up."""

from __future__ import annotations

import numpy as np

from analysis.disclosure.attack import solve
from analysis.disclosure.system import Floats, System


def round_additively(system: System, *, base: int) -> Floats:
    """
    Round every number to a neighbouring multiple of a base, so that all relations still hold.

    Parameters
    ----------
    system : System
        The numbers and how they hang together.
    base : int
        What the rounded numbers are multiples of, 2 or more: 5 and 10 are usual.

    Returns
    -------
    numpy.ndarray of float, shape (n,)
        Multiples of the base, each less than the base away from the true number, nearest to
        them in all; a multiple stays as it is.

    Raises
    ------
    ValueError
        If the base is below 2, or no such numbers exist.

    Examples
    --------
    >>> from analysis.disclosure import cross
    >>> table, system = cross([[6, 1], [1, 2]], [[[0, 1]], [[0, 1]]])
    >>> round_additively(system, base=5).reshape(3, 3).tolist()
    [[5.0, 0.0, 5.0], [0.0, 5.0, 5.0], [5.0, 5.0, 10.0]]

    References
    ----------
    Cox, L. H. (1987), A constructive procedure for unbiased controlled rounding, *Journal of
    the American Statistical Association* 82, 520–524.
    """
    if base < 2:
        raise ValueError(f"base must be 2 or more, got {base}")
    below = np.floor(system.numbers / base) * base
    over = system.numbers - below
    known = system.relations @ below
    found = solve(
        (base - 2 * over) / base,
        system.relations * base,
        (system.low - known, system.high - known),
        (np.zeros(len(over)), np.where(over > 0, 1.0, 0.0)),
        whole=np.ones(len(over), dtype=bool),
    )
    if found is None:
        raise ValueError(f"no rounding to base {base} adds up; hide small cells instead")
    return below + base * np.round(found)

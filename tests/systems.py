"""Tables with their margins, for the tests of what is hidden."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from analysis.disclosure.system import Bools, Floats, System, cross


def with_margins(inner: npt.ArrayLike) -> tuple[Floats, System]:
    """Add the total of every axis."""
    return cross(inner, [[[*range(size)]] for size in np.shape(inner)])


def small(system: System, threshold: int = 11) -> Bools:
    """Return which numbers are 1 to threshold - 1."""
    return (system.numbers > 0) & (system.numbers < threshold)


def price(system: System) -> Floats:
    """Return the cost of hiding a cell: its persons, one at least."""
    return np.maximum(system.numbers, 1)


@st.composite
def tables(draw: st.DrawFn) -> tuple[Floats, System]:
    """Draw a table of two or three axes, with a hierarchy on the first."""
    sizes = draw(st.sampled_from([(2, 3), (4, 2), (3, 3), (4, 4), (2, 2, 2), (3, 2, 2)]))
    count = st.one_of(st.just(0), st.integers(0, 9), st.integers(0, 80))
    n = int(np.prod(sizes))
    inner = np.reshape(draw(st.lists(count, min_size=n, max_size=n)), sizes)
    middle = draw(st.integers(1, sizes[0] - 1))
    groups = [[*range(middle)], [*range(middle, sizes[0])], [sizes[0], sizes[0] + 1]]
    return cross(inner, [groups, *([[*range(size)]] for size in sizes[1:])])

"""What the measures of a table give away of other cells, as equations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from analysis.disclosure.constraints import Equations
from analysis.disclosure.system import Ints
from analysis.exposure import Counts, Rank, Sum

# Rows that give one sum away: if they are more, one of them is sure to be shown.
MOST_TIED = 20
Given = tuple[int, tuple[int, ...]]  # a cell, and the cells whose sum it gives away


def write_measures(known: Equations, counts: Counts, place: Ints, *, threshold: int) -> None:
    """
    Write down what the measures of a table tell about its counts.

    Parameters
    ----------
    known : Equations
        What is known of all cells; equations are added to it.
    counts : Counts
        The table.
    place : numpy.ndarray of int, shape (n_rows,)
        Cell of each row; -1 where a file has no such field.
    threshold : int
        Smallest number of persons shown.

    Returns
    -------
    None
        `known` holds them.

    Notes
    -----
    What a row gives away (the whole of its share, a running total, a difference) is a number of
    its cell's own, hidden with it. A sum that very many rows give away (that of a ratio to all) is
    public if one of them can be shown.
    """
    for measure in counts.measures.values():
        if isinstance(measure, Rank) and not measure.is_bound:
            _write_order(known, counts, place, measure)
        if not isinstance(measure, Sum):
            continue
        first = 0 if measure.of == "n_persons" else known.n_cells
        given = [*_list_given(known, counts, place, measure, first)]
        if measure.is_whole:
            _write_wholes(known, given, first, threshold)
        else:
            for cell, cells in given:
                known.tied[known.add({first + one: 1.0 for one in cells})] = cell


def _list_given(
    known: Equations, counts: Counts, place: Ints, measure: Sum, first: int
) -> Iterator[Given]:
    """List the sums that rows give away; a row's own count is shown with it anyway."""
    given = measure.find_given(counts.table, counts.dimensions)
    for row, rows in enumerate(given):
        cell = int(place[row])
        cells = tuple(int(place[one]) for one in rows if place[one] >= 0)
        if cell < 0 or not cells or (not measure.is_whole and cells == (cell,)):
            continue
        if measure.tells_at_zero or len(cells) == 1 or known.numbers[first + cell] > 0:
            yield cell, cells


def _write_wholes(known: Equations, given: list[Given], first: int, threshold: int) -> None:
    givers: dict[tuple[int, ...], list[int]] = {}
    for cell, cells in given:
        givers.setdefault(cells, []).append(cell)
    for cells, those in givers.items():
        terms = {first + one: 1.0 for one in cells}
        if len(those) <= MOST_TIED:
            for one in those:
                if cells != (one,) and known.numbers[first + one] > 0:
                    known.tied[known.add(terms)] = one
        elif max(known.numbers[one] for one in those) >= threshold:
            known.public.add(known.add(terms))


def _write_order(known: Equations, counts: Counts, place: Ints, measure: Rank) -> None:
    """Say that the rates stand in the order of their ranks."""
    order = counts.table[counts.table["n_persons"].notna()]
    ranks = measure.recompute(order, counts.dimensions)
    if ranks is None:
        return
    rows = ranks.sort_values().index
    divisor = counts.table[measure.per].astype(float)
    for higher, lower in pairwise(rows):
        per = divisor[higher] / divisor[lower]
        known.at_least({int(place[higher]): 1.0, int(place[lower]): -per})

"""What earlier releases tell of the cells of this one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.disclosure.hierarchies import describe_cell, list_labels
from analysis.disclosure.ledger import Entry
from analysis.disclosure.system import Bools, Ints
from analysis.exposure import ALL

NUMBERS = ("n_persons", "n_records", "residents", "largest_share")
# What a reader was shown of a cell.
SHOWN, SUPPRESSED, ROUNDED, ABSENT = "shown", "suppressed", "rounded", "absent"
MOST_NAMED = 5
# Terms (number of the cell, 0 for its persons or 1 for its records, factor) and what they lie in.
Known = tuple[list[tuple[int, int, float]], float | None, float | None]


class ConflictError(ValueError):
    """What is asked for does not go with what was released before; the message names that."""


@dataclass(frozen=True)
class Gathered:
    """
    The cells of releases, each once: of those asked for, of those released before, or of both.

    Attributes
    ----------
    cells : pandas.DataFrame
        One row per cell: its labels, ``n_persons``, ``n_records`` (missing where
        they were hidden before and are not counted now), ``residents``, ``largest_share``,
        ``before`` (``shown``, ``suppressed`` or ``rounded`` if released before; else empty)
        and the number of its ``release``, from 1.
    known : sequence of tuple
        What measures gave away of them: terms by the position of the cell, lowest and highest
        value of their sum.
    places : mapping of str to numpy.ndarray of int
        For each table, the cell of each row; -1 where a file has no such field.
    """

    cells: pd.DataFrame
    known: Sequence[Known] = ()
    places: Mapping[str, Ints] = field(default_factory=dict)


def pack_cells(cells: pd.DataFrame) -> dict[str, Any]:
    """
    Write down cells as JSON takes them.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell: labels, counts and ``before``.

    Returns
    -------
    dict
        ``same`` (columns of one value), ``columns`` and ``data`` (all others, row by row).
    """
    same = [name for name in cells if len(cells[name].drop_duplicates()) == 1]
    packed = json.loads(cells.drop(columns=same).to_json(orient="split", index=False))
    first = json.loads(cells[same].head(1).to_json(orient="records")) or [{}]
    return {"same": first[0], **packed}


def unpack_cells(packed: Mapping[str, Any]) -> pd.DataFrame:
    """
    Read cells that were written down.

    Parameters
    ----------
    packed : mapping
        What `pack_cells` returned.

    Returns
    -------
    pandas.DataFrame
        The cells, in their order; dimensions younger than the release are ``all``.
    """
    index = range(len(packed["data"]))
    cells = pd.DataFrame(packed["data"], columns=packed["columns"], index=index)
    cells = cells.assign(**packed["same"])
    for name in list_labels():
        cells[name] = cells.get(name, ALL)
    return cells.astype(dict.fromkeys(NUMBERS, "Float64"))


def recall(entries: Sequence[Entry], asked: pd.DataFrame, *, is_rounded: bool = False) -> Gathered:
    """
    Recall what was released before and bears upon some cells.

    Parameters
    ----------
    entries : sequence of dict
        Earlier releases, as `analysis.disclosure.ledger.Ledger` reads them.
    asked : pandas.DataFrame
        One row per cell asked for, with its labels.
    is_rounded : bool, default False
        Whether they are to be rounded.

    Returns
    -------
    Gathered
        Each cell once that differs in one label only from a cell asked for anew, or from a hidden
        one that does so, and so on: no other can be in a relation with what is to be hidden now.

    Raises
    ------
    ConflictError
        If one of the cells was rounded before and is not now, or the other way round.
    """
    stack, known = _stack(entries)
    labels = list_labels()
    order = stack["before"].map({SHOWN: 0, SUPPRESSED: 1, ROUNDED: 2}).sort_values(kind="stable")
    cells = stack.loc[order.index].groupby(labels, sort=False).first().reset_index()
    _refuse_versions(cells, asked, is_rounded=is_rounded)
    cells = cells[cells["before"].ne(ROUNDED)].reset_index(drop=True)
    at = dict(zip(stack.index, place_cells(stack, cells).tolist(), strict=True))
    near = find_near(cells, asked, [[at[row] for row, *_ in terms] for terms, _, _ in known])
    moved = np.cumsum(near) - 1
    kept: list[Known] = [
        ([(int(moved[at[row]]), unit, by) for row, unit, by in terms], low, high)
        for terms, low, high in known
        if near[at[terms[0][0]]]
    ]
    return Gathered(cells[near].reset_index(drop=True), kept)


def describe_releases(cells: pd.DataFrame) -> str:
    """
    Name the releases of some cells, for an error message.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell, with the number of its ``release``.

    Returns
    -------
    str
        Their numbers in the ledger, and what the first of them counted by.
    """
    numbers = sorted({int(number) for number in cells["release"].dropna()})
    first = cells[cells["release"].eq(numbers[0])].iloc[0] if numbers else cells.iloc[0]
    named = ", ".join(map(str, numbers[:MOST_NAMED]))
    more = ", …" if len(numbers) > MOST_NAMED else ""
    plural = "s" if len(numbers) > 1 else ""
    return f"release{plural} {named}{more} of the ledger ({describe_cell(first) or 'the whole'})"


def find_near(cells: pd.DataFrame, asked: pd.DataFrame, tied: Sequence[Sequence[int]]) -> Bools:
    """
    Find the cells that can be in one system of relations with those asked for.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell released before, with its labels and ``before``.
    asked : pandas.DataFrame
        One row per cell asked for, with its labels.
    tied : sequence of sequence of int
        Positions of cells that something published ties together.

    Returns
    -------
    numpy.ndarray of bool, shape (n_cells,)
        Whether each can be.
    """
    labels, n = list_labels(), len(cells)
    both = pd.concat([cells[labels], asked[labels]], ignore_index=True)
    groups = [
        both.groupby([other for other in labels if other != label], sort=False).ngroup().to_numpy()
        for label in labels
    ]
    is_shown = cells["before"].eq(SHOWN).to_numpy()
    at = place_cells(asked, cells)
    is_open = np.concatenate([~is_shown, ~np.append(is_shown, False)[at]])
    near = np.arange(len(both)) >= n
    near[at[at >= 0]] = True
    while True:
        spreading = near & is_open
        reached = near.copy()
        for number in groups:
            reached |= np.isin(number, number[spreading])
        for positions in tied:
            if spreading[positions].any():
                reached[positions] = True
        if (reached == near).all():
            return near[:n]
        near = reached


def place_cells(labels: pd.DataFrame, cells: pd.DataFrame) -> Ints:
    """
    Place cells among others.

    Parameters
    ----------
    labels : pandas.DataFrame
        One row per cell, with its labels.
    cells : pandas.DataFrame
        One row per cell, each once.

    Returns
    -------
    numpy.ndarray of int, shape (n_rows,)
        Position of each among `cells`; -1 where it is not there.
    """
    names = list_labels()
    return pd.MultiIndex.from_frame(cells[names]).get_indexer(
        pd.MultiIndex.from_frame(labels[names])
    )


def _stack(entries: Sequence[Entry]) -> tuple[pd.DataFrame, list[Known]]:
    """Stack the cells of all releases, and number those that something is known of anew."""
    stack = [pd.DataFrame(columns=[*list_labels(), *NUMBERS, "before", "release"])]
    known: list[Known] = []
    for number, entry in enumerate(entries, start=1):
        starts: dict[str, int] = {}
        for name, packed in entry["tables"].items():
            cells = unpack_cells(packed).assign(release=number)
            starts[name] = sum(map(len, stack))
            stack.append(cells)
        for terms, low, high in entry["known"]:
            named = [(starts[name] + row, unit, by) for name, row, unit, by in terms]
            known.append((named, low, high))
    cells = pd.concat(stack[min(len(entries), 1) :], ignore_index=True)
    return cells[cells["before"].ne(ABSENT)], known


def _refuse_versions(cells: pd.DataFrame, asked: pd.DataFrame, *, is_rounded: bool) -> None:
    """Refuse a rounded version of what was hidden, and the other way round."""
    at = place_cells(asked, cells)
    other = cells.loc[np.unique(at[at >= 0])].query("(before == @ROUNDED) != @is_rounded")
    if len(other):
        raise ConflictError(
            f"{describe_releases(other)} showed {len(other)} of these cells "
            f"{'with small ones hidden' if is_rounded else 'rounded'}; a "
            f"{'rounded' if is_rounded else 'second'} version beside it would give some back: "
            "ask for them as before"
        )

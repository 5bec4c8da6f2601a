"""A release in words: as a table to print, as sentences to quote."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.disclosure import Release
from analysis.reporting.captions import check_release, list_varying
from analysis.reporting.columns import NO_NUMBER, NUMBERLESS, is_number, write_cell, write_heading
from analysis.reporting.wording import format_count, text

WHOLE = pd.option_context("display.max_colwidth", None)


class Written(pd.DataFrame):
    """A table in words; a notebook shows every text whole, however long."""

    __repr__ = WHOLE(pd.DataFrame.__repr__)
    _repr_html_ = WHOLE(pd.DataFrame._repr_html_)  # type: ignore[attr-defined]  # stubs leave it out


def table(
    release: Release,
    columns: Sequence[str],
    *,
    by: str | None = None,
    top: int | None = None,
    across: str | None = None,
) -> Written:
    """
    Write a release as a table to print.

    Parameters
    ----------
    release : Release
        What to write; a row for each of its cells.
    columns : sequence of str
        What to write of each cell: columns of the release that ``reporting/columns.csv``
        declares; a rate and a cost bring their intervals along.
    by : str, optional
        Number to order the rows by, highest first; with `across`, a value of that dimension,
        whose cells order the rows. The default keeps the order of the release.
    top : int, optional
        How many rows to keep.
    across : str, optional
        Dimension whose values stand side by side, each a column; `columns` is then one.

    Returns
    -------
    Written
        Indexed by the names of the dimensions that vary; where none does, by the first column, if
        it holds no numbers. A hidden count reads as such, anything else that is missing as a dash,
        zero as 0.

    Raises
    ------
    TypeError
        If it is not a release.
    KeyError
        If a column is not declared, or a value has no words.
    ValueError
        If a column is not there, or `across` is given with several columns.
    """
    cells = check_release(release).table
    spread = [across] if across else []
    _check_columns(cells, columns, spread)
    if by is not None:
        cells = _order(cells, by, columns[0], across)
    names = [name for name in list_varying(release) if name not in (*columns, *spread)] + spread
    if not names and len(columns) > 1 and not is_number(columns[0]):
        names, columns = [columns[0]], columns[1:]
    index, shown = _write_cells(cells, names), _write_cells(cells, columns)
    if names:
        shown = shown.set_index([index[heading] for heading in index])
    if spread:
        shown = _spread(shown, _write_cells(release.table.drop_duplicates(across), spread))
    return Written(shown.iloc[:top])


class Sentences(str):
    """Sentences that a notebook shows as Markdown."""

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return str(self)


def sentences(release: Release) -> Sentences:
    """
    Write each cell of a release as a sentence that can be quoted as it stands.

    Parameters
    ----------
    release : Release
        One row per sentence, with ``n_persons``, ``status`` and perhaps a rate.

    Returns
    -------
    Sentences
        A Markdown list: who, how many, which data, since when, on which place basis, with the
        interval of the rate; hidden and empty cells say so.

    Raises
    ------
    TypeError
        If it is not a release.
    ValueError
        If it has no ``n_persons``.
    """
    cells = check_release(release).table
    _check_columns(cells, ["n_persons"])
    lines = [f"- {_write_sentence(row)}" for _, row in cells.iterrows()]
    notice = ["", f"*{text('synthetic_notice')}*"] if release.is_synthetic else []
    return Sentences("\n".join([*lines, *notice]))


def _write_cells(cells: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    written = [[write_cell(name, row) for name in columns] for _, row in cells.iterrows()]
    headings = [write_heading(name) for name in columns]
    return pd.DataFrame(written, columns=headings, dtype=object)


def _check_columns(cells: pd.DataFrame, columns: Sequence[str], spread: Sequence[str] = ()) -> None:
    for name in (*columns, *spread):
        write_heading(name)  # says so if the column is not declared
    kept = {name.removesuffix("_en") for name in map(str, cells)}
    if missing := [name for name in (*columns, *spread) if name not in kept]:
        raise ValueError(f"the release has no column {missing} to write; it has {sorted(kept)}")
    if spread and len(columns) > 1:
        raise ValueError(f"only one column can be written across {spread[0]!r}, got {[*columns]}")


def _order(cells: pd.DataFrame, by: str, number: str, across: str | None) -> pd.DataFrame:
    """Put the highest first; across a dimension, the rows of the cells that order the others."""
    leads = cells[across].eq(by) if across else pd.Series(data=True, index=cells.index)
    key = number if across else by
    first = cells[leads].sort_values(key, ascending=False, na_position="last", kind="stable")
    return pd.concat([first, cells[~leads]])


def _spread(shown: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """Put the values of the last dimension side by side; the rows keep their order."""
    columns = [*values.iloc[:, 0]]
    if shown.index.nlevels == 1:
        return shown.T[columns].rename_axis(columns=None)
    rows = shown.reset_index(level=-1).index.unique()
    spread = shown.iloc[:, 0].unstack(fill_value=NO_NUMBER)  # noqa: PD010  a pivot sorts them
    return spread.reindex(index=rows, columns=columns).rename_axis(columns=None)


def _write_sentence(row: pd.Series) -> str:
    status = row["status"] if row["status"] in (*NUMBERLESS, "none") else "shown"
    names = {"subject": "category", "span": "window", "place": "dep_code", "basis": "place"}
    values = {
        key: write_cell(name, row) for key, name in names.items() if name in (*row.index, "window")
    }
    where = text("say.where" if "place" in values else "say.whole", **values)
    n_persons = format_count(row["n_persons"]) if status == "shown" else ""
    sentence = text(f"say.{status}", where=where, n=n_persons, **values)
    if status != "shown" or pd.isna(row.get("rate_per_1000")):
        return sentence
    return f"{sentence} {text('say.rate', rate=write_cell('rate_per_1000', row))}"

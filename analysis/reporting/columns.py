"""A release in words: cells as their columns are declared, tables to print, sentences to quote."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import reference
from analysis.disclosure import Release
from analysis.published import CONDITIONAL
from analysis.reporting import wording
from analysis.reporting.wording import current_language, format_count, format_number, text

COLUMNS = Path(__file__).parent / "columns.csv"
NO_NUMBER = "–"
NUMBERLESS = ("suppressed", "absent", "missing")
LONG_AGO = 1900
WORD = re.compile(r"[a-z]+(?: [a-z]+)*")
WHOLE = pd.option_context("display.max_colwidth", None)
NUMBERS = ("count", "number", "decimal", "share", "fine_share", "rate")


def check_release(release: Release) -> Release:
    """
    Check that something has passed the gate.

    Parameters
    ----------
    release : Release
        What is to be shown.

    Returns
    -------
    Release
        The same.

    Raises
    ------
    TypeError
        If it is not a release.
    """
    if not isinstance(release, Release):
        raise TypeError(text("error.no_release", kind=type(release).__name__))
    return release


def list_varying(release: Release) -> list[str]:
    """
    List the dimensions in which the cells of a release differ.

    Parameters
    ----------
    release : Release
        Cells to tell apart.

    Returns
    -------
    list of str
        Names of columns.
    """
    cells = release.table
    return [name for name in release.dimensions if len(cells[name].dropna().unique()) > 1]


def write_heading(column: str) -> str:
    """
    Write the heading of a column.

    Parameters
    ----------
    column : str
        Row of ``reporting/columns.csv``.

    Returns
    -------
    str
        The heading.

    Raises
    ------
    KeyError
        If the column is not declared.

    Examples
    --------
    >>> write_heading("n_records")
    'records'
    """
    return wording.find_row(COLUMNS, column)[current_language()]


def is_number(column: str) -> bool:
    """
    Tell whether a column holds numbers.

    Parameters
    ----------
    column : str
        Row of ``reporting/columns.csv``.

    Returns
    -------
    bool
        Whether its kind is one of `NUMBERS`.

    Raises
    ------
    KeyError
        If the column is not declared.
    """
    return wording.find_row(COLUMNS, column)["kind"] in NUMBERS


def write_cell(column: str, row: Mapping[str, Any] | pd.Series) -> str:
    """
    Write what a row holds in a column, with the interval that goes with it.

    Parameters
    ----------
    column : str
        Row of ``reporting/columns.csv``.
    row : mapping or pandas.Series
        Values of the row, by column.

    Returns
    -------
    str
        A count that is not shown is told by its status; anything else that is missing is a dash.

    Raises
    ------
    KeyError
        If the column is not declared, or its words do not know the value.

    Examples
    --------
    >>> write_cell("rate_per_1000", {"rate_per_1000": 5, "rate_low": 4.5, "rate_high": 5.5})
    '5.00 (4.50 to 5.50)'
    """
    declared = wording.find_row(COLUMNS, column)
    kind, stem = declared["kind"], declared["stem"]
    if kind == "translated":
        return str(row[f"{stem}_{current_language()}"])
    if kind == "span":
        return write_span(row["window_start"], row["window_end"])
    if kind == "verdict":
        return say_verdict(row)
    value = row[column]
    if kind not in NUMBERS or not stem or pd.isna(row.get(f"{stem}_low")):
        is_told = kind == "count" and pd.isna(value) and row.get("status") in NUMBERLESS
        return text(f"status.{row['status']}") if is_told else write_value(column, value)
    return write_with_interval(value, row[f"{stem}_low"], row[f"{stem}_high"], kind)


def say_verdict(row: Mapping[str, Any] | pd.Series) -> str:
    """
    Write a verdict, with its condition where it has one.

    Parameters
    ----------
    row : mapping or pandas.Series
        Row of a judgement by `analysis.published`: ``verdict``, ``condition`` (a code) and the
        numbers that the condition names.

    Returns
    -------
    str
        The verdict.

    Raises
    ------
    KeyError
        If a code has no words, or a number of the condition is not in the row.

    Examples
    --------
    >>> say_verdict({"verdict": "conditional", "condition": "base", "value": 169_000})
    'compatible only if the share is of the 169,000 persons, not of the whole'
    """
    if row["verdict"] != CONDITIONAL:
        return text(f"verdict.{row['verdict']}")
    return text("verdict.conditional", condition=_say_condition(row))


def _say_condition(row: Mapping[str, Any] | pd.Series) -> str:
    code = row["condition"]
    if code == "unit":
        units = [{"n": format_count(n), "unit": text(unit)} for n, unit in row["units"]]
        return text("alt.join").join(text("condition.unit", **unit) for unit in units)
    if code == "base":
        return text("condition.base", n=format_count(row["value"]))
    basis, share = text(f"reading.{row['reading']}"), format_number(row["share_needed"], "share")
    ratio = format_number(row["ratio_needed"], "rate")
    return text(f"condition.{code}", basis=basis, share=share, ratio=ratio)


def write_value(column: str, value: Any) -> str:
    """
    Write one value as its column is declared.

    Parameters
    ----------
    column : str
        Row of ``reporting/columns.csv``, of a kind that needs no other column.
    value : object
        What to write.

    Returns
    -------
    str
        A number, a name or a word; a dash for what is missing.

    Raises
    ------
    KeyError
        If the column is not declared, or its words do not know the value.

    Examples
    --------
    >>> write_value("sex", "F"), write_value("laboratory_id", "LAB-A"), write_value("share", 0.5)
    ('women and girls', 'laboratory LAB-A', '50.0%')
    """
    kind = wording.find_row(COLUMNS, column)["kind"]
    if not isinstance(value, (list, tuple)) and pd.isna(value):
        return NO_NUMBER
    return format_number(value, kind) if kind in NUMBERS else NAMES[kind](column, value)


def write_with_interval(value: float, low: float, high: float, kind: str) -> str:
    """
    Write a number followed by its interval.

    Parameters
    ----------
    value, low, high : float
        The number and the ends of its interval.
    kind : str
        How `format_number` writes each of the three.

    Returns
    -------
    str
        The number, then the interval in brackets, unless both are written alike.
    """
    number, interval = format_number(value, kind), wording.format_interval(low, high, kind)
    is_exact = number == interval
    return number if is_exact else text("rate_with_interval", rate=number, interval=interval)


def write_span(start: pd.Timestamp, end: pd.Timestamp) -> str:
    """
    Write a half-open window by its first and last day.

    Parameters
    ----------
    start, end : pandas.Timestamp
        First day in, first day out.

    Returns
    -------
    str
        Both days; the last alone where the window is open towards the past.

    Examples
    --------
    >>> write_span(pd.Timestamp("2018-01-01"), pd.Timestamp("2019-01-01"))
    'from 1 January 2018 to 31 December 2018'
    """
    last = wording.format_date(end - pd.Timedelta(days=1))
    if start.year <= LONG_AGO:
        return text("span_open", last=last)
    return text("span", first=wording.format_date(start), last=last)


def name_place(code: str) -> str:
    """
    Name a département with its code, a region, or one of the two other places.

    Parameters
    ----------
    code : str
        ``dep_code`` or ``region_code``.

    Returns
    -------
    str
        Its name.

    Raises
    ------
    KeyError
        If it is neither.

    Examples
    --------
    >>> name_place("56"), name_place("abroad")
    ('Morbihan (56)', 'Abroad')
    """
    places = _read_names("dep")
    if code not in places:
        return text(f"dep_code.{code}")
    return text("place_name", name=places[code], code=code)


@cache
def _read_names(stem: str) -> dict[str, str]:
    places = reference.read_departements()
    return dict(zip(places[f"{stem}_code"], places[f"{stem}_name"], strict=True))


def name_category(category: str) -> str:
    """
    Name a category, a group of categories, or several joined by ``+``.

    Parameters
    ----------
    category : str
        Its short name.

    Returns
    -------
    str
        Its label.

    Raises
    ------
    KeyError
        If it is neither a category nor a group.

    Examples
    --------
    >>> name_category("email"), name_category("any")
    ('E-mail address', 'Any data about the patient')
    """
    if "+" in category:
        first, last = category.rsplit("+", 1)
        return text("and", first=name_category(first), last=name_category(last))
    labels, language = reference.read_categories(), current_language()
    groups = dict(zip(labels["category_group"], labels[f"group_label_{language}"], strict=True))
    names = groups | labels[f"label_{language}"].to_dict()
    return str(names[category]) if category in names else text(f"category.{category}")


def _write_word(column: str, value: Any) -> str:
    """Write a word of the column, or any other behind the column's text if it has one."""
    key = f"{column}.{value}"
    if value == "" or (wording.has_text(column) and not wording.has_text(key)):
        return text(column, label=value) if value else ""
    return text(key)


def _write_words(column: str, value: str) -> str:
    return " + ".join(_write_word(column, part.strip()) for part in value.split("+"))


def _write_categories(_: str, value: str | tuple[str, ...]) -> str:
    names = value.split("+") if isinstance(value, str) else value
    return " + ".join(name_category(name) for name in names if name)


def _write_choice(column: str, value: str) -> str:
    """Write a choice, whose words have rows and whose numbers stay."""
    return WORD.sub(lambda found: text(f"{column}.{found.group()}"), value)


def _write_series(_: str, values: Sequence[Any]) -> str:
    return "; ".join(format_number(v) if isinstance(v, int | float) else str(v) for v in values)


NAMES: Mapping[str, Callable[[str, Any], str]] = {
    "place": lambda column, value: name_place(value),
    "region": lambda column, value: _read_names("region").get(value) or name_place(value),
    "category": lambda column, value: name_category(value),
    "categories": _write_categories,
    "word": _write_word,
    "words": _write_words,
    "choice": _write_choice,
    "flag": lambda column, value: text("yes" if value else "no"),
    "series": _write_series,
    "text": lambda column, value: str(value),
}


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

    _repr_markdown_ = str.__str__


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
    asked = {name: write_heading(name) for name in (*columns, *spread)}
    kept = {name.removesuffix("_en") for name in map(str, cells)}
    if missing := [name for name in asked if name not in kept]:
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

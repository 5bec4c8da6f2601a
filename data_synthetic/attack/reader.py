"""Read what pages show into statements about cells, as somebody does who has nothing else."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import inf
from typing import Any, NamedTuple

import pandas as pd
from bs4 import BeautifulSoup

from analysis import reference
from data_synthetic.attack.edition import Shown

RECORDS, PERSONS = "records", "persons"
ANY = "any"
OPEN = "1900-01-01"  # first day of a window that is open towards the past
LARGEST_SMALL = 10  # "1 to 10", as every footer and caption says
DIGITS = 9  # written of a number in the files beside pictures
# Dimensions of a file besides place, category and window that part persons into cells.
PARTS = ("level", "outcome", "measure", "channel", "sex", "age_band", "laboratory_id", "crowd")
# Columns of a file that make its counts something else than persons found in it.
OTHER = ("doubt", "headline", "topic")
# Pages whose tables count exposed persons wherever these headings stand alone.
EXPOSED = ("00", "02", "03", "04", "05", "07")
HEADINGS = {
    "département": "place",
    "kind of data": "category",
    "samples taken": "window",
    "records": RECORDS,
    "persons": PERSONS,
}
SAID = ("residents", "status", "share", "times the national rate", "per 1,000 residents")
BASES = {
    "by home département": "home",
    "by département of the prescribing doctor": "prescriber",
    "by département of the laboratory": "laboratory",
}
HIDDEN = "hidden to protect"
SENTENCE = re.compile(
    r"In (?P<place>.+?), (?P<basis>by .+?): (?P<said>.+?)[. ]*\((?P<what>.+?); sa"
)


class Cell(NamedTuple):
    """A group of records of one file: where, with what, when, and what else parts it."""

    file: str
    basis: str
    place: str
    category: str
    start: str
    end: str
    part: str = ""


@dataclass(frozen=True)
class Statement:
    """
    What a reader knows of some cells: a sum that lies between two numbers.

    Attributes
    ----------
    terms : tuple of (tuple of str and Cell, float)
        Unit and cell of each number summed, and its factor.
    low, high : float
        Ends of the sum.
    is_hidden : bool
        Whether the output says that the number is hidden.
    """

    terms: tuple[tuple[tuple[str, Cell], float], ...]
    low: float
    high: float
    is_hidden: bool = False


def read_edition(edition: Iterable[Shown]) -> list[Statement]:
    """
    Read all that the runs of an edition showed.

    Parameters
    ----------
    edition : iterable of Shown
        As `edition.gather_edition` returns it.

    Returns
    -------
    list of Statement
        Each once, in the order of their first appearance.
    """
    found: dict[Statement, None] = {}
    for shown in edition:
        for statement in read_shown(shown):
            found.setdefault(statement)
    return [*found]


def read_shown(shown: Shown) -> Iterator[Statement]:
    """
    Read what one run of a page showed: its tables, its sentences, its files.

    Parameters
    ----------
    shown : Shown
        The run.

    Yields
    ------
    Statement
        One per number or hidden number, and what rates, shares and audits add.
    """
    file = str(shown.parameters.get("DATA", ""))
    for name, content in shown.files.items():
        if name.endswith(".csv"):
            audit = shown.files.get(name.replace(".csv", ".audit.json"), "{}")
            yield from read_file(file, content, audit)
    if shown.parameters.get("LANGUAGE") != "en" or not shown.page.startswith(EXPOSED):
        return
    known = Cell(file, *_place_page(shown.parameters), ANY, *_date_page(shown.parameters))
    for kind, content in shown.outputs:
        if kind == "table":
            yield from read_table(known, content)
        elif kind == "sentences":
            yield from read_sentences(known, content)


@cache
def read_file(file: str, content: str, audit: str) -> tuple[Statement, ...]:
    """
    Read the file beside a picture, and its audit.

    Parameters
    ----------
    file : str
        Which leaked file is counted.
    content, audit : str
        CSV with the codes of the dimensions, and JSON.

    Returns
    -------
    tuple of Statement
        Counts, hidden counts; the upper end of hidden ones where the audit gives it away; the
        persons of the country, which rate and ratio give together.
    """
    rows = [row for row in csv.DictReader(io.StringIO(content)) if row.get("status")]
    if not rows or "n_persons" not in rows[0] or set(OTHER) & set(rows[0]):
        return ()
    said = json.loads(audit)
    n_hidden = sum(row["status"] == "suppressed" for row in rows)
    small = (said.get("hidden_by_rule") or {}).get("small", 0)
    highest = LARGEST_SMALL if 0 < n_hidden == said.get("n_hidden") == small else inf
    found = [one for row in rows for one in _read_row(file, row, highest)]
    return (*found, *_read_ratios(file, rows))


def read_table(known: Cell, content: str) -> Iterator[Statement]:
    """
    Read a table on a page, if its headings are those of exposed persons or records.

    Parameters
    ----------
    known : Cell
        What the page says of all its tables: file, place basis, place and period.
    content : str
        HTML.

    Yields
    ------
    Statement
        One per count, hidden or not; rates and shares stand beside the counts they come from.
    """
    headings, rows = _parse_table(content)
    across = {name: BASES[name] for name in headings if name in BASES}
    allowed = {*HEADINGS, *SAID, *across, ""}
    if any(name.split(" (")[0] not in allowed for name in headings):
        return
    for row in rows:
        told = {HEADINGS[name]: text for name, text in row.items() if name in HEADINGS}
        cell = _name_cell(known, told)
        if HIDDEN in row.get("status", ""):
            told |= {RECORDS: HIDDEN, PERSONS: HIDDEN}
        for unit in (RECORDS, PERSONS):
            if unit in told:
                yield from _count(unit, cell, told[unit])
        for name, basis in across.items():
            yield from _count(PERSONS, cell._replace(basis=basis), row[name])


def read_sentences(known: Cell, content: str) -> Iterator[Statement]:
    """
    Read sentences that can be quoted.

    Parameters
    ----------
    known : Cell
        As in `read_table`.
    content : str
        Markdown in English.

    Yields
    ------
    Statement
        One per sentence about a place.
    """
    for match in SENTENCE.finditer(content):
        told = {"place": match["place"], "category": match["what"]}
        cell = _name_cell(known, told)._replace(basis=BASES[match["basis"]])
        number = "0" if match["said"].startswith("no ") else match["said"].split(" persons")[0]
        yield from _count(PERSONS, cell, HIDDEN if "hidden" in number else number)


@cache
def list_wider(category: str) -> tuple[str, ...]:
    """
    List the kinds of data that hold all of a kind.

    Parameters
    ----------
    category : str
        A kind, a group of kinds, or several joined by ``+``.

    Returns
    -------
    tuple of str
        Its group, what it is read from, each of those joined; always ``any``.

    Examples
    --------
    >>> list_wider("email"), list_wider("nir+email"), list_wider("any")
    (('contact', 'any'), ('nir', 'email', 'any'), ())
    """
    if category == ANY:
        return ()
    if "+" in category:
        return (*category.split("+"), ANY)
    known = reference.read_categories()
    if category not in known.index:
        return ("comments", ANY) if category.startswith("said_") else (ANY,)
    row = known.loc[category]
    said = ("comments",) if row["read_from"] == "comments" else ()
    return (str(row["category_group"]), *said, ANY)


def _read_row(file: str, row: Mapping[str, str], highest: float) -> Iterator[Statement]:
    cell = _cell_of(file, row)
    if row["status"] == "suppressed":
        yield Statement((((PERSONS, cell), 1.0),), 1, highest, is_hidden=True)
        if "n_records" in row:
            yield Statement((((RECORDS, cell), 1.0),), 1, inf, is_hidden=True)
        yield from _read_measures(cell, row)
    elif row["status"] in ("shown", "none"):
        for unit in (RECORDS, PERSONS):
            if row.get(f"n_{unit}"):
                yield from _count(unit, cell, row[f"n_{unit}"])


def _read_measures(cell: Cell, row: Mapping[str, str]) -> Iterator[Statement]:
    """Read rate and share beside a hidden count, should they be shown."""
    if row.get("rate_per_1000") and row.get("residents"):
        low, high = _span(row["rate_per_1000"])
        per = int(row["residents"]) / 1000
        yield Statement((((PERSONS, cell), 1.0),), low * per, high * per)
    if row.get("share") and cell.category != ANY:
        low, high = _span(row["share"])
        whole = (PERSONS, cell._replace(category=ANY))
        yield Statement((((PERSONS, cell), 1.0), (whole, -low)), 0, inf)
        yield Statement((((PERSONS, cell), 1.0), (whole, -high)), -inf, 0)


def _read_ratios(file: str, rows: list[dict[str, str]]) -> Iterator[Statement]:
    """Work out the persons of all départements from a rate, its ratio and the residents."""
    given = [row for row in rows if row.get("ratio_to_national") and row.get("rate_per_1000")]
    given = [row for row in given if float(row["ratio_to_national"]) > 0]
    if not given:
        return
    residents = reference.read_populations(int(given[0]["population_year"]))
    lows, highs = [], []
    for row in given:
        (low, high), (least, most) = _span(row["rate_per_1000"]), _span(row["ratio_to_national"])
        lows.append(low / most * residents.sum() / 1000)
        highs.append(high / least * residents.sum() / 1000)
    one = _cell_of(file, given[0])
    terms = tuple(((PERSONS, one._replace(place=code)), 1.0) for code in residents.index)
    yield Statement(terms, max(lows), min(highs))


def _cell_of(file: str, row: Mapping[str, str]) -> Cell:
    basis = row.get("place", "") if "dep_code" in row else ""
    part = ", ".join(f"{name}={row[name]}" for name in PARTS if row.get(name))
    start, end = row.get("window_start", "")[:10], row.get("window_end", "")[:10]
    return Cell(file, basis, row.get("dep_code", ""), row.get("category") or ANY, start, end, part)


def _count(unit: str, cell: Cell, written: str) -> Iterator[Statement]:
    number = written.replace(",", "")
    if HIDDEN in written:
        yield Statement((((unit, cell), 1.0),), 1, inf, is_hidden=True)
    elif re.fullmatch(r"\d+(\.0)?", number):
        yield Statement((((unit, cell), 1.0),), float(number), float(number))


def _span(written: str) -> tuple[float, float]:
    """Return the numbers that are written so with nine digits."""
    number = float(written)
    half = abs(number) * 5 * 10.0**-DIGITS
    return number - half, number + half


def _place_page(parameters: Mapping[str, Any]) -> tuple[str, str]:
    if "DEPARTEMENT" in parameters:
        return str(parameters["PLACE"]), str(parameters["DEPARTEMENT"])
    return str(parameters.get("PLACE", "home")), ""


def _date_page(parameters: Mapping[str, Any]) -> tuple[str, str]:
    return str(parameters.get("START", "")), str(parameters.get("END", ""))


def _name_cell(known: Cell, told: Mapping[str, str]) -> Cell:
    cell = known
    if "place" in told:
        codes = {"Département unknown": reference.UNKNOWN, "Abroad": reference.ABROAD}
        found = re.search(r"\((\w+)\)$", told["place"])
        cell = cell._replace(place=found[1] if found else codes[told["place"]])
    if "category" in told:
        cell = cell._replace(category=_find_category(told["category"]))
    if "window" in told:
        start, end = _read_span(told["window"])
        cell = cell._replace(start=start, end=end)
    return cell if cell.place else cell._replace(basis="")


def _read_span(written: str) -> tuple[str, str]:
    days = [*pd.to_datetime(re.findall(r"\d+ \w+ \d{4}", written), format="%d %B %Y")]
    after = f"{days[-1] + pd.Timedelta(days=1):%Y-%m-%d}"
    return (f"{days[0]:%Y-%m-%d}" if len(days) > 1 else OPEN), after


@cache
def _find_category(written: str) -> str:
    known = reference.read_categories()
    names = {
        "Any data about the patient": ANY,
        **dict(zip(known["label_en"], known.index, strict=True)),
    }
    names |= dict(zip(known["group_label_en"], known["category_group"], strict=True)) | {
        label: name for name, label in known["label_en"].items() if label in names
    }
    longest = sorted(map(re.escape, names), key=len, reverse=True)
    return "+".join(names[found] for found in re.findall("|".join(longest), written))


def _parse_table(content: str) -> tuple[list[str], list[dict[str, str]]]:
    """Return the headings, and of each row the texts by heading."""
    head, *lines = BeautifulSoup(content, "html.parser").find_all("tr")
    headings = [cell.get_text(strip=True) for cell in head.find_all("th")]
    body = [line for line in lines if line.find("td")]
    for line in lines:
        if line not in body:  # the names of the index stand below those of the columns
            named = [cell.get_text(strip=True) for cell in line.find_all("th")]
            headings = [low or high for low, high in zip(named, headings, strict=True)]
    rows: list[dict[str, str]] = []
    for line in body:
        cells = [cell.get_text(strip=True) for cell in line.find_all(["th", "td"])]
        above = [*rows[-1].values()][: len(headings) - len(cells)] if rows else []
        rows.append(dict(zip(headings, [*above, *cells], strict=True)))
    return headings, rows

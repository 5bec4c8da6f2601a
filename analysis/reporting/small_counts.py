"""Recognise counts below the threshold, written out or given back by a rate."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from analysis.reporting.passages import Passage, Row

COUNT, RATE = "small count", "rate that gives a small count back"
NUMBER = r"\d{1,3}(?:[,. \u00a0\u202f]\d{3})+(?!\d)|\d+"
ENGLISH = "persons?|people|patients?|individuals?|records?|women|men|children|babies"
FRENCH = "personnes?|patientes?|individus?|enregistrements?|femmes|hommes|enfants"
COUNTED = rf"(?:{ENGLISH}|{FRENCH})"
QUALIFIED = r"(?:(?:exposed|distinct|other|affected|military|autres|exposé\w*|distinct\w*)\s)?"
BEFORE = re.compile(
    rf"(?<![\w.,–—<>≥≤-])(?<!\d[ \u00a0\u202f])({NUMBER})(?![.,]?\d)\s{QUALIFIED}{COUNTED}\b"
    r"(?!\s(?:\w+\s){0,2}(?:per|pour|or more|or fewer|ou plus|ou moins)\b)",
    re.IGNORECASE,
)
BOUND = re.compile(
    r"(?:\d\s*(?:to|à|and|et|or|ou)|\b(?:than|per|pour|least|most|under|below|up to|"
    r"moins(?: de)?|plus(?: de)?|every))\s*$",
    re.IGNORECASE,
)
AFTER = re.compile(
    rf"\b(?:n_)?{COUNTED}(?:\s(?:exposed|exposées))?['\"]?\s*[:=]\s*({NUMBER})(?![.,]?\d|\s*%)",
    re.IGNORECASE,
)
OPENING = re.compile(rf"^[^.]*\b{COUNTED}\b[^.]*\.", re.IGNORECASE)
ITEM = re.compile(rf":\s({NUMBER})(?=[;.](?:\s|$)|$)")
CELLS = re.compile(r"\b(?:cells?|cases|cellules?)\b[^.]*$", re.IGNORECASE)
RATED = re.compile(r"\bper\b|\bpour\b|_per_|%|‰|\bshare|\bpart\b|\brate|\btaux", re.IGNORECASE)
TEXT_RATE = re.compile(
    rf"(?<![\w.,])(?P<rate>\d+(?:[.,]\d+)?)\s?(?P<base>%|‰|(?:\w+\s)?(?:per|pour)\s(?:{NUMBER}))"
    rf"[^.;\d]{{0,60}}?\b(?P<whole>{NUMBER})\s(?:{COUNTED}|residents|inhabitants|habitants)\b",
    re.IGNORECASE,
)
BASE = re.compile(r"1(?:[,. _\u00a0\u202f]?000)+|\b100\b")
COUNT_COLUMN = re.compile(rf"(?<![a-z])(?:n_)?(?:{COUNTED}|lignes|lines)(?![a-z_])", re.IGNORECASE)
WHOLE_COLUMN = re.compile(
    r"(?:n_)?(?:residents|inhabitants|habitants|population|denominator|total)", re.IGNORECASE
)
COUNT_CELL = re.compile(rf"\s*({NUMBER})(?:\.0+)?(?:\s*[(\[].*)?\s*")
RATE_CELL = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s?(%|‰)?(?:\s*[(\[].*)?\s*")


def list_small(passage: Passage, threshold: int) -> Iterator[tuple[str, str]]:
    """
    List the small counts of a text or a row.

    Parameters
    ----------
    passage : Passage
        A text, or a row of a table.
    threshold : int
        Smallest count that may be shown [persons or records].

    Yields
    ------
    tuple of (str, str)
        Where it stands, with its column, and whether it is a count or a rate.

    Examples
    --------
    >>> list(list_small(Passage("title", "Lozère: 7 persons"), 11))
    [('title', 'small count')]
    >>> list(list_small(Passage("title", "No cell of 1 to 10 persons is shown."), 11))
    []
    >>> list(list_small(Passage("row 2", "7", (("n_persons", "7"),)), 11))
    [('row 2, column n_persons', 'small count')]
    """
    yield from _list_in_row(passage.where, passage.row, threshold)
    texts = [value for _, value in passage.row] or [passage.text]
    if any(0 < count < threshold for text in texts for count in _written_counts(text)):
        yield passage.where, COUNT
    rates = [found for text in texts for found in TEXT_RATE.finditer(text)]
    if any(
        gives_back(found["rate"], _base(found["base"]), _count(found["whole"]) or 0, threshold)
        for found in rates
    ):
        yield passage.where, RATE


def gives_back(rate: str, base: int, whole: int, threshold: int) -> bool:
    """
    Tell whether a rounded rate and its denominator leave only small numerators.

    Parameters
    ----------
    rate : str
        As shown, so that its decimals tell how it was rounded.
    base : int
        What it is quoted for, such as 1,000.
    whole : int
        Its denominator [persons].
    threshold : int
        Smallest count that may be shown [persons].

    Examples
    --------
    0.06 per 1,000 of 170,000 residents may be ten persons or eleven.

    >>> gives_back("0.06", 1000, 170_000, 11), gives_back("0.06", 1000, 160_000, 11)
    (False, True)
    """
    shown = rate.replace(",", ".")
    half = 0.5 * 10.0 ** -len(shown.partition(".")[2])
    lowest = max(1, math.ceil((float(shown) - half) * whole / base))
    highest = math.floor((float(shown) + half) * whole / base)
    return float(shown) > 0 and lowest <= highest < threshold


def _list_in_row(where: str, row: Row, threshold: int) -> Iterator[tuple[str, str]]:
    counts = list(_counts_in_row(row))
    for name, count in counts:
        if 0 < count < threshold:
            yield f"{where}, column {name}", COUNT
    if any(count >= threshold for _, count in counts):
        return
    wholes = [_count(value) or 0 for name, value in row if WHOLE_COLUMN.fullmatch(name)]
    for name, value in row:
        rate = RATE_CELL.fullmatch(value) if RATED.search(name) else None
        base = _base(f"{name} {rate[2] or ''}") if rate else 1
        if rate and any(gives_back(rate[1], base, whole, threshold) for whole in wholes):
            yield f"{where}, column {name}", RATE


def _counts_in_row(row: Row) -> Iterator[tuple[str, int]]:
    """Yield the cells of columns that count, and whole numbers beside a label that counts."""
    is_labelled = any(COUNT_COLUMN.fullmatch(value.strip()) for _, value in row)
    for name, value in row:
        counts = COUNT_COLUMN.search(name) and not RATED.search(name)
        count = _count(value)
        if count is not None and (counts or (is_labelled and name and value.isdecimal())):
            yield name, count


def _written_counts(text: str) -> list[int]:
    found = [m for m in BEFORE.finditer(text) if not BOUND.search(text[: m.start()])]
    labelled = list(AFTER.finditer(text))
    opening = OPENING.search(text)
    if opening and not RATED.search(opening.group()):
        labelled += ITEM.finditer(text)
    found += [m for m in labelled if not CELLS.search(text[: m.start()])]
    return [_count(m[1]) or 0 for m in found]


def _count(value: str) -> int | None:
    found = COUNT_CELL.fullmatch(value)
    return int(re.sub(r"\D", "", found[1])) if found else None


def _base(words: str) -> int:
    """Read what a rate is quoted for: 1,000, 100 for a percentage, 1 for a share."""
    number = BASE.search(words)
    if number:
        return int(re.sub(r"\D", "", number.group()))
    return {"%": 100, "‰": 1000}.get(words.strip()[-1:], 1)

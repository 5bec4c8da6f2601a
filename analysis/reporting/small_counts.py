"""Recognise counts below the threshold, written out or given back by other numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from analysis.reporting.passages import NUMBERS, PATTERNS, WITHIN, Passage, Row

COUNT, RATE = "small count", "rate that gives a small count back"
DIFFERENCE = "two numbers whose difference is a small count"
NEARBY = 200  # characters before a number that may say what it is


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
        Where it stands, with its column, and whether it is a count, a rate or a difference.

    Examples
    --------
    >>> list(list_small(Passage("title", "Lozère: 7 persons"), 11))
    [('title', 'small count')]
    >>> list(list_small(Passage("title", "No cell of 1 to 10 persons is shown."), 11))
    []
    >>> list(list_small(Passage("row 2", "7", (("n_persons", "7"),)), 11))
    [('row 2, column n_persons', 'small count')]
    """
    for name, kind in _list_in_row(passage.row, threshold):
        yield f"{passage.where}, column {name}", kind
    texts = [value for _, value in passage.row] or [passage.text]
    finders = (_find_counts, _find_given)
    kinds = (kind for find in finders for text in texts for kind in find(text, threshold))
    yield from ((passage.where, kind) for kind in dict.fromkeys(kinds))


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

    Returns
    -------
    bool
        False also for a rate of zero.

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


def _list_in_row(row: Row, threshold: int) -> Iterator[tuple[str, str]]:
    """Yield the columns that give a small count away; a rate does so without its count only."""
    for name, pair in _match_cells(row, "count_column", "within_cell"):
        yield from ((name, kind) for kind in _compare(pair, threshold))
    counts = list(_counts_in_row(row))
    yield from ((name, COUNT) for name, count in counts if 0 < count < threshold)
    if all(count < threshold for _, count in counts):
        yield from ((name, RATE) for name in _rates_in_row(row, threshold))


def _rates_in_row(row: Row, threshold: int) -> Iterator[str]:
    """Yield the columns whose rate gives a small count back."""
    wholes = [_read(cell) for _, cell in _match_cells(row, "whole_column", "count_cell")]
    for name, rate in _match_cells(row, "rated", "rate_cell"):
        base = _base(f"{name} {rate[2] or ''}")
        if any(gives_back(rate[1], base, whole, threshold) for whole in wholes):
            yield name


def _match_cells(row: Row, column: str, cell: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield the cells of one form in columns of one kind, by the names of their patterns."""
    for name, value in row:
        found = PATTERNS[cell].fullmatch(value) if PATTERNS[column].search(name) else None
        if found:
            yield name, found


def _counts_in_row(row: Row) -> Iterator[tuple[str, int]]:
    """Yield the cells of columns that count, and whole numbers beside a label that counts."""
    is_labelled = any(PATTERNS["count_column"].fullmatch(value.strip()) for _, value in row)
    for name, value in row:
        cell = PATTERNS["count_cell"].fullmatch(value)
        counts = PATTERNS["count_column"].search(name) and not PATTERNS["rated"].search(name)
        if cell and (counts or (is_labelled and name and value.isdecimal())):
            yield name, _read(cell)


def _find_counts(text: str, threshold: int) -> Iterator[str]:
    found = [m for m in PATTERNS["before"].finditer(text) if not _is_general(m)]
    labelled = [*PATTERNS["after"].finditer(text)]
    opening, stop, _ = text.partition(".")
    if stop and PATTERNS["counts"].search(opening) and not PATTERNS["rated"].search(opening):
        labelled += PATTERNS["item"].finditer(text)
    found += [m for m in labelled if not PATTERNS["cells"].search(_before(m))]
    counts = [1 for _ in PATTERNS["one"].finditer(text)] + [_count(m[1]) for m in found]
    yield from (COUNT for count in counts if 0 < count < threshold)


def _find_given(text: str, threshold: int) -> Iterator[str]:
    """Find parts beside their wholes, and rates beside what they are of."""
    for form in WITHIN.values():
        for found in form.finditer(text):
            yield from _compare(found, threshold)
    for found in PATTERNS["text_rate"].finditer(text):
        if gives_back(found["rate"], _base(found["base"]), _count(found["whole"]), threshold):
            yield RATE


def _compare(pair: re.Match[str], threshold: int) -> Iterator[str]:
    """Tell what a part and its whole give away, if anything."""
    named = pair.groupdict()
    part, whole = _count(named["part"]), _count(named["whole"] or named["all"])
    if whole in (10, 100) or part > whole:  # "nine people out of ten" is a rate
        return
    if 0 < part < threshold:
        yield COUNT
    elif 0 < whole - part < threshold:
        yield DIFFERENCE


def _before(found: re.Match[str]) -> str:
    return found.string[max(0, found.start() - NEARBY) : found.start()]


def _is_general(found: re.Match[str]) -> bool:
    """Tell a number that bounds, or speaks of any person or two, from one that counts."""
    number, noun, before = _count(found[1]), found["noun"], _before(found)
    if PATTERNS["bound"].search(before) or (number > 1 and not PATTERNS["many"].fullmatch(noun)):
        return True
    if found[1][0].isdecimal():
        return False
    is_any = number == 1 or (number == 2 and PATTERNS["any_two"].search(before))
    return bool(is_any or PATTERNS["lines"].fullmatch(noun))


def _count(written: str) -> int:
    found = PATTERNS["count_cell"].fullmatch(written)
    return _read(found) if found else 0


def _read(cell: re.Match[str]) -> int:
    return NUMBERS.get(cell[1].lower()) or int(re.sub(r"\D", "", cell[1]) or 0)


def _base(words: str) -> int:
    """Read what a rate is quoted for: 1,000, 100 for a percentage, 1 for a share."""
    number = PATTERNS["base"].search(words)
    if number:
        return int(re.sub(r"\D", "", number.group()))
    return {"%": 100, "‰": 1000}.get(words.strip()[-1:], 1)

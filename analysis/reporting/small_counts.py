"""Recognise counts below the threshold, written out or given back by other numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from analysis.reporting.counted import COUNTED, NUMBERS, PLURAL, TENS, UNNAMED, WORD
from analysis.reporting.passages import Passage, Row

COUNT, RATE = "small count", "rate that gives a small count back"
DIFFERENCE = "two numbers whose difference is a small count"
NUMBER = r"\d{1,3}(?:[,. \u00a0\u202f]\d{3})+(?!\d)|\d{1,12}(?!\d)"
SAID = rf"(?:{NUMBER}|\b{WORD}\b)"
THOSE = r"(?:(?:(?:of|de)\s(?:our|its|their|the|nos|ses|leurs)|des)\s)?"
QUALIFIED = rf"{THOSE}(?:(?!per\b|pour\b|or\b|ou\b)[^\W\d_]+\s)?"
ENDED = r"(?:\(\w+\)|[·.]e?[·.]?s)?"  # person(s), assuré·es
# Not the end of a longer number, which a group of three after a digit and a space may be.
ALONE = r"(?<![\w.,<>≥≤-])(?!0\d)(?:(?<!\d[ \u00a0\u202f])|(?=\d{1,2}(?![ \u00a0\u202f]?\d)))"
BEFORE = re.compile(
    rf"{ALONE}({SAID})(?![.,]?\d)\s?{QUALIFIED}(?P<noun>{COUNTED}{ENDED})(?!\w)"
    r"(?!\s(?:\w+\s){0,2}(?:per|pour|or more|or fewer|ou plus|ou moins)\b)"
    r"(?!\s(?:out of|of|in|sur)\s(?:ten|10|dix|100|cent)\b)",
    re.IGNORECASE,
)
MANY = re.compile(rf"{PLURAL}|.*[).·]\w*", re.IGNORECASE)
BOUND = re.compile(
    rf"(?:(?:\d|\b{WORD})\s*(?:to|à|and|et|or|ou)|\b(?:{TENS})(?:\sand|\set)?|"
    r"\b(?:than|per|pour|least|most|under|below|up to|moins(?: de)?|plus(?: de)?|every))\s*$",
    re.IGNORECASE,
)
# "two people" are any two where they are compared, and "two lines" always.
ANY_TWO = re.compile(
    r"\b(?:join(?:ed|s)?|merged?|between|any|entre|mêmes?|same)\s*$", re.IGNORECASE
)
LINES = re.compile(r"lines|lignes", re.IGNORECASE)
# "one" and "une" are mostly no numbers, unless the words around them say so.
ONE = re.compile(
    rf"\b(?:(?:only|just|exactly)\sone\s{QUALIFIED}{COUNTED}|one\s(?:single|exposed)\s{COUNTED}"
    rf"|une?\sseule?\s{COUNTED}|(?:one|une?)\s{COUNTED}\s(?:exposed|exposée?|concernée?))\b",
    re.IGNORECASE,
)
AFTER = re.compile(
    rf"(?:\b(?:n_|nb_)?{PLURAL}(?:\s[^\W\d_]+)?|\b(?:nb|effectifs?)|[\s(]\(?n)['\"]?"
    rf"\s*[:=]\s*({NUMBER}|{WORD}(?=\s*(?:[.,;)|]|$)))(?![.,]?\d|\s*%)",
    re.IGNORECASE,
)
ITS = r"(?:the\s|its\s|all\s|les\s|ses\s|leurs\s)?"
OUT_OF = rf"(?:out\sof|sur)\s{ITS}"
OF = rf"(?:out\sof|of|sur|des|parmi|among)\s{ITS}"
WITHIN = (
    re.compile(rf"{ALONE}(?P<part>{SAID})\s{OF}(?P<whole>{NUMBER})\s{QUALIFIED}{COUNTED}\b", re.I),
    re.compile(
        rf"{ALONE}(?P<part>{SAID})\s{QUALIFIED}{COUNTED}\s(?:(?P<sum>of|des|parmi|among)\s{ITS}|{OUT_OF})"
        rf"(?P<whole>{NUMBER})(?![.,]?\d|\s?%)(?(sum)(?=\s*(?:[.,;:)]|$)|\s{QUALIFIED}{COUNTED}))",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:{ALONE}(?P<whole>{NUMBER})\s{QUALIFIED}{COUNTED}|\b(?:all|tous|toutes)\s(?:the\s|les\s)?"
        rf"(?P<all>{NUMBER}))[\s,;:(]+(?:(?P<with>including|with|avec)|of\swh\w+|dont)\s"
        rf"[^.;\d]{{0,40}}?(?P<part>{NUMBER})(?![.,]?\d|\s?%)(?(with)(?=\s*(?:[.,;)]|$)))",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:of|among|sur|parmi)\s{ITS}(?P<whole>{NUMBER})\s{QUALIFIED}{COUNTED},?\s"
        rf"(?P<part>{NUMBER})\s(?:have|had|are|were|ont|avaient|sont|étaient)\b",
        re.IGNORECASE,
    ),
)
WITHIN_CELL = re.compile(rf"\s*(?P<part>{NUMBER})\s?(?:/|{OF})\s?(?P<whole>{NUMBER})\s*", re.I)
NEARBY = 200  # characters before a number that may say what it is
IDIOMS = (10, 100)  # "nine people out of ten" is a rate
COUNTS = re.compile(rf"\b{COUNTED}\b", re.IGNORECASE)
ITEM = re.compile(rf":\s({NUMBER})(?=[;.](?:\s|$)|$)")
CELLS = re.compile(r"\b(?:cells?|cases|cellules?)\b[^.]*$", re.IGNORECASE)
RATED = re.compile(r"\bper\b|\bpour\b|_per_|%|‰|\bshare|\bpart\b|\brate|\btaux", re.IGNORECASE)
TEXT_RATE = re.compile(
    r"(?<![\w.,])(?P<rate>\d{1,9}(?:[.,]\d{1,9})?)\s?"
    rf"(?P<base>%|‰|(?:\w+\s)?(?:per|pour)\s(?:{NUMBER}))"
    rf"[^.;\d]{{0,60}}?\b(?P<whole>{NUMBER})\s(?:{COUNTED}|residents|inhabitants|habitants)\b",
    re.IGNORECASE,
)
BASE = re.compile(r"1(?:[,. _\u00a0\u202f]?000)+|\b100\b")
COUNT_COLUMN = re.compile(
    rf"(?<![a-z])(?:(?:n|nb)_{COUNTED}|{PLURAL}(?:_(?:n|nb|count|total|\d{{4}}))?)(?![a-z_])"
    rf"|^{UNNAMED}(?:\s\d[\dAB]{{0,4}})?$",
    re.IGNORECASE,
)
WHOLE_COLUMN = re.compile(
    r"(?:n_)?(?:residents|inhabitants|habitants|population|denominator|total)", re.IGNORECASE
)
COUNT_CELL = re.compile(rf"\s*({SAID})(?:\.0+)?(?:\s*[(\[].*)?\s*", re.IGNORECASE)
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
    yield from _list_in_row(passage.where, passage.row, threshold)
    texts = [value for _, value in passage.row] or [passage.text]
    if any(0 < count < threshold for text in texts for count in _written_counts(text)):
        yield passage.where, COUNT
    pairs = [found for text in texts for form in WITHIN for found in form.finditer(text)]
    for kind in dict.fromkeys(_compare(found, threshold) for found in pairs):
        if kind:
            yield passage.where, kind
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


def _list_in_row(where: str, row: Row, threshold: int) -> Iterator[tuple[str, str]]:
    for name, value in row:
        pair = WITHIN_CELL.fullmatch(value) if COUNT_COLUMN.search(name) else None
        kind = _compare(pair, threshold) if pair else None
        if kind:
            yield f"{where}, column {name}", kind
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


def _compare(pair: re.Match[str], threshold: int) -> str | None:
    """Tell what a part and its whole give away."""
    named = pair.groupdict()
    part, whole = _count(named["part"]) or 0, _count(named["whole"] or named["all"]) or 0
    if whole in IDIOMS or part > whole:
        return None
    if 0 < part < threshold:
        return COUNT
    return DIFFERENCE if 0 < whole - part < threshold else None


def _written_counts(text: str) -> list[int]:
    found = [m for m in BEFORE.finditer(text) if not _is_general(m, _before(m))]
    labelled = list(AFTER.finditer(text))
    opening, stop, _ = text.partition(".")
    if stop and COUNTS.search(opening) and not RATED.search(opening):
        labelled += ITEM.finditer(text)
    found += [m for m in labelled if not CELLS.search(_before(m))]
    return [1 for _ in ONE.finditer(text)] + [_count(m[1]) or 0 for m in found]


def _before(found: re.Match[str]) -> str:
    return found.string[max(0, found.start() - NEARBY) : found.start()]


def _is_general(found: re.Match[str], before: str) -> bool:
    """Tell a number that bounds, or speaks of any person or two, from one that counts."""
    number = _count(found[1]) or 0
    if BOUND.search(before) or (number > 1 and not MANY.fullmatch(found["noun"])):
        return True
    if found[1][0].isdecimal():
        return False
    is_any = number == 1 or (number == 2 and ANY_TWO.search(before) is not None)
    return is_any or LINES.fullmatch(found["noun"]) is not None


def _count(value: str) -> int | None:
    found = COUNT_CELL.fullmatch(value)
    if found is None:
        return None
    return NUMBERS.get(found[1].lower()) or int(re.sub(r"\D", "", found[1]) or 0)


def _base(words: str) -> int:
    """Read what a rate is quoted for: 1,000, 100 for a percentage, 1 for a share."""
    number = BASE.search(words)
    if number:
        return int(re.sub(r"\D", "", number.group()))
    return {"%": 100, "‰": 1000}.get(words.strip()[-1:], 1)

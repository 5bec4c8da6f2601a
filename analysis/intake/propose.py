"""Propose which column of somebody's file is which field, with reasons."""

import re
import unicodedata
from collections.abc import Mapping as Keyed
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
from stdnum.fr import nir

from analysis import reference
from analysis.intake import patterns
from analysis.intake.chunks import Layout
from analysis.intake.clean import PLACEHOLDER
from analysis.intake.mapping import SPLIT, Mapping, list_targets
from analysis.intake.tables import find_layout, open_source

ENOUGH = 0.8  # share of values that must be of the semantic type of the field
CLEAR = 0.95  # share of values that shows a semantic type by itself
SAMPLE = 2_000  # filled values looked at in each column
# What values may show without a header.
SHOWN = {"nir": "a social security number", "email": "an e-mail address"}


@dataclass(frozen=True)
class Guess:
    """
    What one column seems to be.

    Attributes
    ----------
    target : str, list of str or None
        The field, or the fields it is split into; nothing if it is left alone.
    is_sure : bool
        Whether header and values agree.
    reason : str
        Why.
    date_format : str or None
        Of dates.
    """

    target: str | list[str] | None
    is_sure: bool
    reason: str
    date_format: str | None = None

    @property
    def fields(self) -> list[str]:
        """Fields that the column fills."""
        return list_targets(self.target or [])


def propose_mapping(
    path: Path | str, *, latest: date | str, is_synthetic: bool = False
) -> tuple[Mapping, pd.DataFrame]:
    """
    Propose a mapping for a file.

    Parameters
    ----------
    path : pathlib.Path or str
        The file.
    latest : datetime.date or str
        Last day that a date can be, as a date or ``YYYY-MM-DD``.
    is_synthetic : bool, default False
        Whether the file describes nobody real.

    Returns
    -------
    mapping : Mapping
        Columns that were recognised. A missing laboratory becomes the constant ``unknown``.
    reasons : pandas.DataFrame
        One row per column, in the order of the file: ``column``, ``target`` (empty if left
        alone), ``is_sure``, ``reason``. No value of the file is in it.

    Raises
    ------
    FileNotFoundError, ValueError
        As `tables.open_source`.
    """
    path, latest = Path(path), latest if isinstance(latest, date) else date.fromisoformat(latest)
    layout = find_layout(path)
    samples = _read_samples(path, layout)
    guesses = _settle_rivals({n: guess_field(n, v, latest=latest) for n, v in samples.items()})
    targets = {name: guess.target for name, guess in guesses.items() if guess.target}
    given = {str(target): samples[name] for name, target in targets.items()}
    mapping = Mapping(
        layout,
        targets,
        dates={str(g.target): [g.date_format] for g in guesses.values() if g.date_format},
        constants={} if "laboratory_id" in given else {"laboratory_id": "unknown"},
        values=_translate_sexes(given.get("sex", [])),
        lost_zeros=[field for field, values in given.items() if _has_lost_zeros(field, values)],
        latest=latest,
        is_synthetic=is_synthetic,
    )
    reasons = [(n, " + ".join(g.fields), g.is_sure, g.reason) for n, g in guesses.items()]
    return mapping, pd.DataFrame(reasons, columns=["column", "target", "is_sure", "reason"])


def guess_field(header: str, values: Sequence[str], *, latest: date) -> Guess:
    """
    Guess the field of a column from its header and its values.

    Parameters
    ----------
    header : str
        Name of the column.
    values : sequence of str
        Some of its filled values.
    latest : datetime.date
        Last day that a date can be.

    Returns
    -------
    Guess
        Sure only if header and values agree.

    Examples
    --------
    >>> guess_field("DATE_NAISS", ["31/12/1970"], latest=date(2021, 2, 23)).target
    'born_on'
    >>> guess_field("Médecin traitant", ["LE GOFF"], latest=date(2021, 2, 23)).target is None
    True
    """
    named = read_header_name(header)
    if named is None:
        return _guess_from_values(values, latest)
    if named in ("postal_code", "city", "postal_code city"):
        if patterns.measure_share(values, "a postal code and a town") >= ENOUGH:
            return Guess(SPLIT, True, "header and values: postal code and town in one column")
        if named == "postal_code city":
            return Guess(None, False, "named as postal code and town, but few values are both")
    is_date = reference.read_dictionary().loc[named, "type"] == "date"
    if not values:
        date_format = next(iter(patterns.read_words("date"))) if is_date else None
        return Guess(named, False, "header only: the column is empty in the sample", date_format)
    if is_date:
        return _guess_date(named, values, latest)
    return _check_type(named, values)


def read_header_name(header: str) -> str | None:
    """
    Read the field that a header names.

    Parameters
    ----------
    header : str
        As in the file: any case, accents or not, words joined or parted by any sign.

    Returns
    -------
    str or None
        A field, or ``"postal_code city"``; nothing if the header is not known.

    Examples
    --------
    >>> [read_header_name(h) for h in ("NOM_PRESCRIPTEUR", "Prénom", "patientBirthName", "X12")]
    ['prescriber_last_name', 'first_names', 'birth_name', None]
    """
    words = _split_words(header)
    if field := _resolve("patient", words):
        return field
    roles = _read_names("role")
    for length in (3, 2, 1):
        for start in range(len(words) - length + 1):
            role = roles.get("".join(words[start : start + length]))
            rest = words[:start] + words[start + length :]
            if role and (field := _resolve(role, rest)):
                return field
    return None


def describe_proposal(reasons: pd.DataFrame) -> list[str]:
    """
    Describe a proposal.

    Parameters
    ----------
    reasons : pandas.DataFrame
        As made by `propose_mapping`.

    Returns
    -------
    list of str
        One line per column: its field, whether that is to be checked, and why.

    Examples
    --------
    >>> columns = ["column", "target", "is_sure", "reason"]
    >>> describe_proposal(pd.DataFrame([["DDN", "born_on", False, "header only"]], columns=columns))
    ['DDN -> born_on, to be checked (header only)']
    """
    told = []
    for column, field, is_sure, reason in reasons.itertuples(index=False):
        doubt = "" if is_sure or not field else ", to be checked"
        told.append(f"{column} -> {field or 'left alone'}{doubt} ({reason})")
    return told


def _read_samples(path: Path, layout: Layout) -> dict[str, list[str]]:
    """Read some values of each column, from the first chunk that has rows."""
    with open_source(path, layout) as (columns, chunks):
        filled = (chunk.rows for chunk in chunks if chunk.rows.num_rows)
        rows = next(filled, pa.table({name: [] for name in columns}))
    return {name: _sample_values(rows[name]) for name in columns}


def _sample_values(column: pa.ChunkedArray) -> list[str]:
    """Take the first values of a column that say something, trimmed."""
    values = (text.strip() for text in column[: 20 * SAMPLE].to_pylist() if text)
    return [text for text in values if text and not re.match(PLACEHOLDER, text)][:SAMPLE]


def _settle_rivals(guesses: Keyed[str, Guess]) -> dict[str, Guess]:
    """Let one column at most have a field: the only sure one, else none."""
    settled = dict(guesses)
    for field in reference.read_dictionary().index:
        rivals = [name for name, guess in settled.items() if field in guess.fields]
        sure = [name for name in rivals if settled[name].is_sure]
        for name in rivals if len(rivals) > 1 else []:
            if [name] != sure:
                others = ", ".join(repr(other) for other in rivals if other != name)
                settled[name] = Guess(None, False, f"could be {field}, but so could {others}")
    return settled


def _split_words(header: str) -> list[str]:
    parted = re.sub(r"(?<=[a-zéè])(?=[A-Z])", " ", header)
    plain = unicodedata.normalize("NFKD", parted).encode("ascii", "ignore").decode().casefold()
    words = [word for word in re.split(r"[^a-z0-9]+", plain) if word]
    return [word for word in words if word not in patterns.read_words("filler")] or words


@cache
def _read_names(kind: str) -> dict[str, str]:
    """Read what words of headers mean, written in one and, sorted, one by one."""
    names: dict[str, str] = {}
    for words, meaning in patterns.read_words(kind).items():
        split = _split_words(words)
        names["".join(split)] = names[" ".join(sorted(split))] = meaning
    return names


def _resolve(role: str, words: Sequence[str]) -> str | None:
    """Name the field that words say about somebody, if there is one."""
    things = _read_names("thing")
    thing = things.get("".join(words), things.get(" ".join(sorted(words)))) if words else ""
    usual = thing if role == "patient" else f"{role}_{thing}"
    field = patterns.read_words("field").get(f"{role}_{thing}", usual)
    return field if field in (*reference.read_dictionary().index, " ".join(SPLIT)) else None


def _guess_from_values(values: Sequence[str], latest: date) -> Guess:
    kinds = [kind for kind in patterns.read_words("type") if kind != "a name"]
    shares = {kind: patterns.measure_share(values, kind) for kind in kinds}
    shown = [kind for kind in kinds if shares[kind] >= CLEAR]
    for field, kind in SHOWN.items():
        if kind in shown:
            reason = f"values only: {shares[kind]:.0%} have the shape of {kind}"
            return Guess(field, False, reason)
    if patterns.find_date_format(values[:200], latest=latest)[1] >= CLEAR:
        shown = ["dates"]
    seen = [f"the values look like {kind}" for kind in shown] if values else ["empty in the sample"]
    return Guess(None, False, "; ".join(["header not known", *seen[:1]]))


def _guess_date(field: str, values: Sequence[str], latest: date) -> Guess:
    date_format, share = patterns.find_date_format(values[:500], latest=latest)
    if share < ENOUGH / 2:
        return Guess(None, False, f"named as {field}, but {share:.0%} of the values are dates")
    reason = f"header and values: {share:.0%} are dates written {date_format}"
    return Guess(field, share >= ENOUGH, reason, date_format)


def _check_type(field: str, values: Sequence[str]) -> Guess:
    """Check that the values are of the semantic type that the field asks for, if any."""
    if field == "record_id" and len(set(values)) < len(values):
        return Guess(None, False, "named as record_id, but values repeat: it numbers no line")
    endings = patterns.read_words("ending").items()
    kind = next((kind for ending, kind in endings if field.endswith(ending)), None)
    if kind is None:
        return Guess(field, True, "header")
    share = patterns.measure_share(values, kind)
    if share < ENOUGH:
        return Guess(None, False, f"named as {field}, but {share:.0%} of the values are {kind}")
    reason = f"header and values: {share:.0%} have the shape of {kind}"
    if field == "nir":
        valid = sum(map(nir.is_valid, values)) / len(values)
        reason += f", {valid:.0%} with a valid key"
    return Guess(field, True, reason)


def _translate_sexes(values: Sequence[str]) -> dict[str, dict[str, str]]:
    meanings = patterns.read_words("a sex")
    meant = {value: meanings.get(value.upper().strip(".")) for value in sorted(set(values))}
    changed = {old: new for old, new in meant.items() if new and new != old}
    return {"sex": changed} if changed else {}


def _has_lost_zeros(field: str, values: Sequence[str]) -> bool:
    is_short = any(value.isdigit() and len(value) == 4 for value in values)
    has_zero = any(value.startswith("0") for value in values)
    return field.endswith("postal_code") and is_short and not has_zero

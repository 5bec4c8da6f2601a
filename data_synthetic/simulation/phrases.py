"""Draw the words of a synthetic file: its names, its comments with what they say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from pydantic import Field
from pydantic.dataclasses import dataclass as settings

from analysis import reference
from data_synthetic.simulation.catchment import Floats, Ints
from data_synthetic.simulation.grammar import Grammar, Words, fill_template

PARTS_OF_SURNAME = ("onset", "middle", "ending")
# A second topic that contradicts the first is drawn again, this often at most.
SECOND_TRIES = 20
# A typing error falls inside a word of four letters or more.
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_UNSHIFTED = str.maketrans({"µ": "u"})


Share = Annotated[reference.Number, Field(ge=0, le=1)]


@settings(frozen=True, config=reference.SETTINGS)
class Shares:
    """
    How often comments say what.

    Attributes
    ----------
    topic_share : dict of str to float
        Share of comments that each topic leads; divided by their sum.
    qualifier_share : dict of str to dict of str to float
        By topic, or ``default`` for those not named: the share of each qualifier; divided by their
        sum.
    second_topic_share, typo_share, upper_share, accent_loss_share : float
        Shares of comments with a second topic, a typing error, in capitals, without accents
        [0 to 1].
    """

    topic_share: dict[str, Share]
    qualifier_share: dict[str, dict[str, Share]]
    second_topic_share: Share
    typo_share: Share
    upper_share: Share
    accent_loss_share: Share


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """
    The names a synthetic file is made of.

    Attributes
    ----------
    surnames, surname_shares : numpy.ndarray, shape (n_surnames,)
        Frequent surnames in capitals without accents; their probabilities sum to 1.
    surname_parts : tuple of numpy.ndarray
        Onsets, middles and endings; one of each makes an invented surname.
    first_names : dict of str to (numpy.ndarray, numpy.ndarray)
        By sex, "F" or "M": first names, and their probabilities.
    streets, street_shares : numpy.ndarray, shape (n_streets,)
        Kind and name of streets, such as "rue des Lilas"; their probabilities.
    """

    surnames: Words
    surname_shares: Floats
    surname_parts: tuple[Words, ...]
    first_names: dict[str, tuple[Words, Floats]]
    streets: Words
    street_shares: Floats


def read_vocabulary(folder: Path) -> Vocabulary:
    """
    Read surnames, first names and streets.

    Parameters
    ----------
    folder : pathlib.Path
        Holds surnames.csv, surname_parts.csv, first_names.csv and streets.csv.

    Returns
    -------
    Vocabulary
        Weights turned into probabilities.

    Raises
    ------
    FileNotFoundError
        If one of the four files is not there.
    ValueError
        If a file lacks a column or an entry, or a weight is not positive.
    """
    surnames = _read_entries(folder / "surnames.csv", ["surname", "weight"])
    parts = _read_entries(folder / "surname_parts.csv", ["position", "part"])
    first_names = _read_entries(folder / "first_names.csv", ["first_name", "sex", "weight"])
    streets = _read_entries(folder / "streets.csv", ["part", "text", "weight"])
    kinds, names = streets[streets["part"].eq("kind")], streets[streets["part"].eq("name")]
    pairs = kinds.merge(names, how="cross", suffixes=("_kind", "_name"))
    surname_parts = tuple(
        parts.loc[parts["position"].eq(position), "part"].to_numpy(dtype=object)
        for position in PARTS_OF_SURNAME
    )
    by_sex = {
        str(sex): (rows["first_name"].to_numpy(dtype=object), _shares(rows["weight"]))
        for sex, rows in first_names.groupby("sex")
    }
    if set(by_sex) != {"F", "M"} or not all(map(len, surname_parts)) or pairs.empty:
        raise ValueError(
            f"{folder}: sex must be F or M, position one of {PARTS_OF_SURNAME} and part kind or "
            "name; add a row for each of them"
        )
    return Vocabulary(
        surnames=surnames["surname"].to_numpy(dtype=object),
        surname_shares=_shares(surnames["weight"]),
        surname_parts=surname_parts,
        first_names=by_sex,
        streets=(pairs["text_kind"] + " " + pairs["text_name"]).to_numpy(dtype=object),
        street_shares=_shares(pairs["weight_kind"] * pairs["weight_name"]),
    )


def draw_comments(
    n: int, grammar: Grammar, shares: Mapping[str, Any], rng: Generator
) -> pd.DataFrame:
    """
    Draw free-text comments with the labels of what they say.

    Parameters
    ----------
    n : int
        How many [comments].
    grammar : Grammar
        Phrases and slots.
    shares : mapping
        The attributes of `Shares`, by name.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        One row per comment: ``text``, and ``labels`` joined by ";" with the leading topic's
        first, such as "pregnancy:affirmed;treatment.H03:affirmed". A comment whose second topic
        would contradict the first keeps one; one without a word of four letters has no error.

    Raises
    ------
    ValueError
        If a share is missing or not between 0 and 1, or a topic or qualifier has no phrase.
    """
    asked = reference.check_settings(shares, Shares, name="shares of comments")
    chances = np.cumsum(_template_chances(grammar, asked))
    lead = _draw_templates(chances, n, rng)
    text, labels = _fill(grammar, lead, rng)
    wants_second = np.flatnonzero(rng.random(n) < asked.second_topic_share)
    second = _draw_seconds(grammar, chances, lead[wants_second], rng)
    doubled = wants_second[second >= 0]
    more_text, more_labels = _fill(grammar, second[second >= 0], rng)
    separators = np.array(grammar.separators, dtype=object)
    text[doubled] += separators[rng.integers(0, len(separators), len(doubled))] + more_text
    labels[doubled] += ";" + more_labels
    _mishandle(text, asked, rng)
    return pd.DataFrame({"text": text, "labels": labels})


def mistype(text: str, where: float, at: float, how: float) -> str:
    """
    Make one typing error inside a word: two letters swapped, one dropped or one doubled.

    Parameters
    ----------
    text : str
        Any text; without a word of four letters it stays as it is.
    where, at, how : float
        Which word, which letter, which error; each from 0 to below 1.

    Returns
    -------
    str
        The text with its error, always another text.

    Examples
    --------
    >>> [mistype("sous insuline", 0.9, 0.3, how) for how in (0.0, 0.4, 0.9)]
    ['sous inusline', 'sous inuline', 'sous inssuline']
    """
    words = list(_LONG_WORD.finditer(text))
    if not words:
        return text
    word = words[int(where * len(words))]
    i = word.start() + 1 + int(at * (len(word.group()) - 2))
    if how < 1 / 3 and text[i] != text[i + 1]:
        return text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    return text[:i] + text[i + 1 :] if how < 2 / 3 else text[: i + 1] + text[i:]


def _mishandle(text: Words, asked: Shares, rng: Generator) -> None:
    """Mistype, strip of accents, put in capitals (in place); shares alone never shift a draw."""
    dice = rng.random((6, len(text)))
    for row in np.flatnonzero(dice[0] < asked.typo_share):
        text[row] = mistype(text[row], *dice[1:4, row])
    for row in np.flatnonzero(dice[4] < asked.accent_loss_share):
        text[row] = reference.drop_accents(text[row])
    for row in np.flatnonzero(dice[5] < asked.upper_share):
        text[row] = text[row].translate(_UNSHIFTED).upper()


def _draw_templates(chances: Floats, n: int, rng: Generator) -> Ints:
    return np.searchsorted(chances, rng.random(n) * chances[-1], side="right")


def _draw_seconds(grammar: Grammar, chances: Floats, lead: Ints, rng: Generator) -> Ints:
    """Draw a template that shares no topic with the leading one; -1 where none was found."""
    second = np.full(len(lead), -1)
    for _ in range(SECOND_TRIES):
        open_rows = np.flatnonzero(second < 0)
        drawn = _draw_templates(chances, len(open_rows), rng)
        fits = (grammar.topic_bits[drawn] & grammar.topic_bits[lead[open_rows]]) == 0
        second[open_rows[fits]] = drawn[fits]
    return second


def _fill(grammar: Grammar, chosen: Ints, rng: Generator) -> tuple[Words, Words]:
    """Write the chosen templates, all rows of one template at once."""
    text, labels = np.empty(len(chosen), dtype=object), np.empty(len(chosen), dtype=object)
    order = np.argsort(chosen, kind="stable")
    present, starts = np.unique(chosen[order], return_index=True)
    for position, rows in zip(present, np.split(order, starts[1:]), strict=False):
        template = grammar.templates[position]
        text[rows], labels[rows] = fill_template(template, grammar.fillers, len(rows), rng)
    return text, labels


def _template_chances(grammar: Grammar, asked: Shares) -> Floats:
    _check_known("qualifier_share", asked.qualifier_share, [*grammar.topics, "default"])
    chances = np.zeros(len(grammar.templates))
    for topic, share in _divide("topic_share", asked.topic_share, grammar.topics).items():
        key = topic if topic in asked.qualifier_share else "default"
        if key not in asked.qualifier_share:
            raise ValueError(f"shares of comments: qualifier_share of {topic} is missing; add it")
        given = asked.qualifier_share[key]
        parts = _divide(f"qualifier_share.{key}", given, grammar.qualifiers)
        for qualifier in [name for name, part in parts.items() if share * part > 0]:
            if (topic, qualifier) not in grammar.cells:
                raise ValueError(f"the grammar has no phrase for {topic}:{qualifier}; share it 0")
            templates = grammar.cells[topic, qualifier]
            chances[templates] = share * parts[qualifier] / len(templates)
    return chances


def _check_known(key: str, names: Iterable[str], known: Sequence[str]) -> None:
    if unknown := set(names) - set(known):
        raise ValueError(f"{key} names unknown {sorted(unknown)}; known are {sorted(known)}")


def _divide(key: str, shares: Mapping[str, float], known: Sequence[str]) -> dict[str, float]:
    """Divide shares of what is known by their sum."""
    _check_known(key, shares, known)
    total = sum(shares.values())
    if total <= 0:
        raise ValueError(f"{key} must have a share above zero")
    return {name: share / total for name, share in shares.items()}


def _shares(weights: pd.Series) -> Floats:
    return (weights / weights.sum()).to_numpy(dtype=float)


def _read_entries(path: Path, columns: list[str]) -> pd.DataFrame:
    entries = pd.read_csv(path, dtype=str, keep_default_na=False)
    if missing := set(columns) - set(entries.columns):
        raise ValueError(f"{path}: columns {sorted(missing)} are missing; needed are {columns}")
    for column in columns:
        bad = entries[column].eq("")
        if column == "weight":
            entries[column] = pd.to_numeric(entries[column], errors="coerce")
            bad = ~entries[column].gt(0)
        if bad.any():
            line = int(bad.to_numpy().argmax()) + 2
            need = "a number above zero" if column == "weight" else "a text"
            raise ValueError(f"{path}, line {line}, column {column}: write {need}")
    return entries

"""Compile a grammar of comments: phrases with slots, each with the labels of what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import yaml

Words = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]
SECTIONS = ("topics", "qualifiers", "never_together", "separators", "slots", "drugs", "phrases")
MEDICINE = "treatment"
ANY_DRUG = "drug"


class Filler(NamedTuple):
    """What a slot may hold; `atc` is the class of each drug, None where the slot holds none."""

    values: Words
    atc: Words | None


class Template(NamedTuple):
    """One phrase: literal texts each followed by a slot (or None), and what it says."""

    topic: str
    qualifier: str
    text: str
    pieces: tuple[tuple[str, str | None], ...]
    also: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Grammar:
    """
    A compiled grammar of comments.

    Attributes
    ----------
    topics, qualifiers : tuple of str
        What a comment may speak of, and how.
    templates : tuple of Template
        All phrases.
    cells : dict of (str, str) to numpy.ndarray of int
        Positions of the templates of each (topic, qualifier).
    fillers : dict of str to Filler
        Values of each slot.
    separators : tuple of str
        What may stand between two topics of one comment.
    labels : frozenset of str
        The closed set of labels a comment may bear.
    topic_bits : numpy.ndarray of int, shape (n_templates,)
        Topics each template speaks of, one bit each; topics that never meet share theirs.
    """

    topics: tuple[str, ...]
    qualifiers: tuple[str, ...]
    templates: tuple[Template, ...]
    cells: dict[tuple[str, str], Ints]
    fillers: dict[str, Filler]
    separators: tuple[str, ...]
    labels: frozenset[str]
    topic_bits: Ints


def read_grammar(path: Path) -> Grammar:
    """
    Read a grammar of comments and compile its templates.

    Parameters
    ----------
    path : pathlib.Path
        A grammar such as data_synthetic/vocabulary/comments.yaml.

    Returns
    -------
    Grammar
        Every slot and label checked.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not YAML, lacks a section, or a phrase uses a topic, qualifier, slot or label
        that the file does not declare, or stands twice in its cell.
    """
    content = _read_sections(path)
    topics, qualifiers = tuple(content["topics"]), tuple(content["qualifiers"])
    fillers = _compile_fillers(path, content["slots"], content["drugs"])
    labels = _list_labels(topics, qualifiers, fillers[ANY_DRUG])
    templates: list[Template] = []
    cells: dict[tuple[str, str], Ints] = {}
    for topic, by_qualifier in content["phrases"].items():
        for qualifier, phrases in by_qualifier.items():
            where = f"{path}: phrases.{topic}.{qualifier}"
            if topic not in topics or qualifier not in qualifiers:
                raise ValueError(f"{where} is not declared in topics and qualifiers")
            compiled = _compile_phrases(where, phrases, (topic, qualifier))
            _check_phrases(where, compiled, fillers, labels)
            cells[topic, qualifier] = np.arange(len(compiled)) + len(templates)
            templates += compiled
    bits = _number_topics(path, topics, content["never_together"])
    return Grammar(
        topics=topics,
        qualifiers=qualifiers,
        templates=tuple(templates),
        cells=cells,
        fillers=fillers,
        separators=tuple(content["separators"]),
        labels=labels,
        topic_bits=np.array([_topic_bits(template, fillers, bits) for template in templates]),
    )


def fill_template(
    template: Template, fillers: Mapping[str, Filler], n: int, rng: np.random.Generator
) -> tuple[Words, Words]:
    """
    Write one phrase `n` times, its slots filled anew each time.

    Parameters
    ----------
    template : Template
        The phrase.
    fillers : mapping of str to Filler
        Values of each slot.
    n : int
        How often.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    texts, labels : numpy.ndarray of str, shape (n,)
        Phrases, and their labels joined by ";".

    Examples
    --------
    >>> fillers = {"drug": Filler(np.array(["AVK"], object), np.array(["B01"], object))}
    >>> template = Template("treatment", "affirmed", "sous {drug}", (("sous ", "drug"),), ())
    >>> fill_template(template, fillers, 1, np.random.default_rng(1))
    (array(['sous AVK'], dtype=object), array(['treatment.B01:affirmed'], dtype=object))
    """
    texts, said = np.full(n, "", dtype=object), []
    is_medicine = template.topic == MEDICINE
    for literal, slot in template.pieces:
        texts = texts + literal
        if slot is None:
            continue
        filler = fillers[slot]
        drawn = rng.integers(0, len(filler.values), n)
        texts = texts + filler.values[drawn]
        if filler.atc is not None:
            qualifier = template.qualifier if is_medicine else "affirmed"
            said.append(f"{MEDICINE}." + filler.atc[drawn] + f":{qualifier}")
    own = [] if is_medicine and said else [f"{template.topic}:{template.qualifier}"]
    parts = [np.full(n, label, dtype=object) for label in own] + said
    parts += [np.full(n, label, dtype=object) for label in template.also]
    return texts, reduce(lambda left, right: left + ";" + right, parts)


def _read_sections(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {error}") from error
    missing = [key for key in SECTIONS if not isinstance(content, dict) or key not in content]
    if missing:
        raise ValueError(f"{path}: missing {', '.join(missing)}; a grammar needs all of {SECTIONS}")
    return content


def _compile_fillers(
    path: Path, slots: Mapping[str, Any], drugs: Mapping[str, Any]
) -> dict[str, Filler]:
    """Write out the values of every slot; the slot `ANY_DRUG` holds all drugs."""
    fillers: dict[str, Filler] = {}
    every: list[tuple[str, str]] = []
    for section, entries, compile_entry in (
        ("slots", slots, _list_values),
        ("drugs", drugs, _list_drugs),
    ):
        for name, entry in entries.items():
            try:
                values = compile_entry(entry)
            except (KeyError, TypeError) as error:
                raise ValueError(
                    f"{path}: {section}.{name} is not understood: {error!r}"
                ) from error
            if not values or name in fillers:
                raise ValueError(f"{path}: {section}.{name} is empty or there twice")
            fillers[name] = _fillers_of(values)
            every += values if section == "drugs" else []
    return fillers | {ANY_DRUG: _fillers_of(every)}


def _list_values(entry: Any) -> list[tuple[str, str]]:
    """List the values of a slot: as written, or numbers from … to …, zero-padded to a width."""
    if isinstance(entry, dict):
        numbers = range(entry["from"], entry["to"] + 1)
        return [(f"{number:0{entry.get('width', 1)}d}", "") for number in numbers]
    return [(str(value), "") for value in entry]


def _list_drugs(entries: Any) -> list[tuple[str, str]]:
    """List drugs, each bare or with one of its doses, beside their class."""
    return [
        (f"{name} {dose}".strip(), entry["atc"])
        for entry in entries
        for name in entry["names"]
        for dose in ("", *entry.get("doses", ()))
    ]


def _fillers_of(values: list[tuple[str, str]]) -> Filler:
    texts, classes = (np.array(column, dtype=object) for column in zip(*values, strict=True))
    return Filler(texts, classes if all(classes) else None)


def _list_labels(
    topics: tuple[str, ...], qualifiers: tuple[str, ...], drugs: Filler
) -> frozenset[str]:
    classes = [] if drugs.atc is None else [f"{MEDICINE}.{atc}" for atc in set(drugs.atc)]
    return frozenset(f"{said}:{how}" for said in (*topics, *classes) for how in qualifiers)


def _compile_phrases(where: str, phrases: list[Any], cell: tuple[str, str]) -> list[Template]:
    templates = []
    for phrase in phrases:
        entry = {"text": phrase} if isinstance(phrase, str) else phrase
        try:
            parsed = list(Formatter().parse(entry["text"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{where}: {phrase!r} is no phrase: {error!r}") from error
        pieces = tuple((literal, slot) for literal, slot, _, _ in parsed)
        templates.append(Template(*cell, entry["text"], pieces, tuple(entry.get("also", ()))))
    return templates


def _check_phrases(
    where: str, templates: list[Template], fillers: Mapping[str, Filler], labels: frozenset[str]
) -> None:
    texts = [template.text for template in templates]
    if len(set(texts)) < max(len(texts), 1):
        raise ValueError(f"{where} is empty or holds a phrase twice")
    for template in templates:
        slots = {slot for _, slot in template.pieces if slot is not None}
        if unknown := slots - set(fillers) or set(template.also) - labels:
            raise ValueError(
                f"{where}: {template.text!r} uses {sorted(unknown)}; declare it as a slot or label"
            )


def _number_topics(path: Path, topics: tuple[str, ...], groups: list[list[str]]) -> dict[str, int]:
    """Give each topic one bit; topics that never meet share theirs."""
    bits = {topic: 1 << position for position, topic in enumerate(topics)}
    for group in groups:
        if unknown := set(group) - set(topics):
            raise ValueError(f"{path}: never_together names unknown topics {sorted(unknown)}")
        bits |= dict.fromkeys(group, sum(bits[topic] for topic in group))
    return bits


def _topic_bits(template: Template, fillers: Mapping[str, Filler], bits: dict[str, int]) -> int:
    """Mark every topic a template speaks of, a drug's included."""
    topics = {
        template.topic,
        *(label.partition(":")[0].partition(".")[0] for label in template.also),
    }
    if any(slot and fillers[slot].atc is not None for _, slot in template.pieces):
        topics.add(MEDICINE)
    return reduce(lambda left, right: left | right, (bits[topic] for topic in topics))

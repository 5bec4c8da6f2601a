"""Compile a grammar of comments: phrases with slots, each with the labels of what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.random import Generator
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.dataclasses import dataclass as settings

from analysis import reference
from data_synthetic.simulation.catchment import Ints

Words = npt.NDArray[np.object_]
Pieces = tuple[tuple[str, str | None], ...]
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
    pieces: Pieces
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
    written = reference.read_yaml(path, _Written, advice="copy the one of data_synthetic")
    topics, qualifiers = tuple(written.topics), tuple(written.qualifiers)
    fillers = _compile_fillers(path, written)
    classes = {f"{MEDICINE}.{drug.atc}" for drugs in written.drugs.values() for drug in drugs}
    labels = frozenset(f"{said}:{how}" for said in {*topics, *classes} for how in qualifiers)
    templates: list[Template] = []
    cells: dict[tuple[str, str], Ints] = {}
    for topic, qualifier, said in written.list_cells():
        where = f"{path}: phrases.{topic}.{qualifier}"
        if topic not in topics or qualifier not in qualifiers:
            raise ValueError(f"{where} is not declared in topics and qualifiers")
        compiled = [Template(topic, qualifier, *phrase.parse()) for phrase in said]
        _check_phrases(where, compiled, fillers, labels)
        cells[topic, qualifier] = np.arange(len(compiled)) + len(templates)
        templates += compiled
    bits = _number_topics(path, topics, written.never_together)
    topic_bits = np.array([_topic_bits(template, fillers, bits) for template in templates])
    phrases = (tuple(templates), cells, fillers, written.separators)
    return Grammar(topics, qualifiers, *phrases, labels, topic_bits)


def fill_template(
    template: Template, fillers: Mapping[str, Filler], n: int, rng: Generator
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


def _list_values(entry: Any) -> Any:
    """List numbers from … to …, zero-padded to a width; leave a list as it is."""
    if not isinstance(entry, dict):
        return entry
    if not {"from", "to"} <= {*entry} <= {"from", "to", "width"}:
        raise ValueError("must be a list, or hold `from`, `to` and perhaps `width`")
    numbers = range(entry["from"], entry["to"] + 1)
    return [f"{number:0{entry.get('width', 1)}d}" for number in numbers]


def _check_phrase(text: str) -> str:
    list(Formatter().parse(text))  # its message tells what is wrong with a slot
    return text


def _complete_phrase(phrase: Any) -> Any:
    return {"text": phrase} if isinstance(phrase, str) else phrase


@settings(frozen=True, config=reference.SETTINGS)
class _Drug:
    atc: str
    names: tuple[reference.Text, ...]
    doses: tuple[reference.Text, ...] = ()

    def list_values(self) -> list[tuple[str, str]]:
        """List the names, each bare or with one of the doses, beside their class."""
        doses = ("", *self.doses)
        return [(f"{name} {dose}".strip(), self.atc) for name in self.names for dose in doses]


@settings(frozen=True, config=reference.SETTINGS)
class _Phrase:
    text: Annotated[str, AfterValidator(_check_phrase)]
    also: tuple[str, ...] = ()

    def parse(self) -> tuple[str, Pieces, tuple[str, ...]]:
        pieces = tuple((literal, slot) for literal, slot, _, _ in Formatter().parse(self.text))
        return self.text, pieces, self.also


@settings(frozen=True, config=reference.SETTINGS)
class _Written:
    """A grammar as its file writes it."""

    topics: dict[str, Any]
    qualifiers: dict[str, Any]
    never_together: list[list[str]]
    separators: tuple[str, ...]
    slots: dict[
        str, Annotated[list[reference.Text], BeforeValidator(_list_values), Field(min_length=1)]
    ]
    drugs: dict[str, Annotated[list[_Drug], Field(min_length=1)]]
    phrases: dict[str, dict[str, list[Annotated[_Phrase, BeforeValidator(_complete_phrase)]]]]

    def list_cells(self) -> Iterator[tuple[str, str, list[_Phrase]]]:
        for topic, by_qualifier in self.phrases.items():
            yield from ((topic, qualifier, said) for qualifier, said in by_qualifier.items())


def _compile_fillers(path: Path, written: _Written) -> dict[str, Filler]:
    """Write out the values of every slot; the slot `ANY_DRUG` holds all drugs."""
    if both := set(written.slots) & set(written.drugs):
        raise ValueError(f"{path}: {sorted(both)} stand in slots and in drugs; rename one of each")
    drugs = {
        slot: [value for drug in entries for value in drug.list_values()]
        for slot, entries in written.drugs.items()
    }
    drugs[ANY_DRUG] = [value for values in drugs.values() for value in values]
    fillers = {slot: Filler(np.array(v, object), None) for slot, v in written.slots.items()}
    for slot, values in drugs.items():
        fillers[slot] = Filler(*(np.array(part, object) for part in zip(*values, strict=True)))
    return fillers


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
    also = (label.partition(":")[0].partition(".")[0] for label in template.also)
    topics = {template.topic, *also}
    if any(slot and fillers[slot].atc is not None for _, slot in template.pieces):
        topics.add(MEDICINE)
    return reduce(lambda left, right: left | right, (bits[topic] for topic in topics))

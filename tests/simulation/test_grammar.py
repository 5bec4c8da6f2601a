"""A grammar of comments: what a phrase says, and what is wrong with a file."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from data_synthetic.simulation.grammar import (
    ANY_DRUG,
    Grammar,
    Template,
    fill_template,
    read_grammar,
)

COMMENTS = Path(__file__).parents[2] / "data_synthetic" / "vocabulary" / "comments.yaml"
TINY = """
topics: {pregnancy: x, thyroid: x, treatment: x}
qualifiers: {affirmed: x, family: x}
never_together: []
separators: [", "]
slots: {weeks: {from: 8, to: 9, width: 2}, relative: [mère]}
drugs: {hormone: [{atc: H03, names: [Lévothyrox], doses: ["75"]}]}
phrases:
  pregnancy:
    affirmed: ["gross. {weeks} SA", {text: "enceinte sous {hormone}", also: ["thyroid:affirmed"]}]
  thyroid:
    family: ["{relative} : goitre"]
  treatment:
    affirmed: ["sous {drug}", "ttt en cours"]
    family: ["{relative} sous {hormone}"]
"""
# What a reader of the laboratory's notes would say, phrase by phrase.
SAID = {
    "VIH négatif": {"hiv_test:affirmed", "hiv_status:negated"},
    "VIH -": {"hiv_test:affirmed", "hiv_status:negated"},
    "VIH neg": {"hiv_test:affirmed", "hiv_status:negated"},
    "sérologie VIH à faire": {"hiv_test:affirmed"},
    "séropositif VIH sous {antiretroviral}": {"hiv_status:affirmed", "treatment.J05:affirmed"},
    "refuse le test VIH": {"hiv_test:negated"},
    "{partner} VIH +": {"hiv_status:family"},
    "Grossesse en cours, {weeks} SA": {"pregnancy:affirmed"},
    "gross. {weeks} SA": {"pregnancy:affirmed"},
    "pas enceinte": {"pregnancy:negated"},
    "ATCD FCS x{count}": {"pregnancy:history"},
    "diab. gesta.": {"pregnancy:affirmed", "diabetes:affirmed"},
    "{relative} diabétique": {"diabetes:family"},
    "DT1 {insulin}, glycémie à jeun + post-prandiale": {
        "diabetes:affirmed",
        "treatment.A10:affirmed",
    },
    "suspicion de cancer {organ}": {"cancer:hypothesis"},
    "ATCD K {organ_short} {past_year}": {"cancer:history"},
    "ATCD K sein, encore sous {hormone_therapy}": {"cancer:history", "treatment.L02:affirmed"},
    "TSH ctrl": {"thyroid:affirmed"},
    "{thyroid_drug}": {"treatment.H03:affirmed"},
    "sous {anticoagulant}": {"treatment.B01:affirmed"},
    "n'est pas sous {anticoagulant}": {"treatment.B01:negated"},
    "pas de traitement": {"treatment:negated"},
    "ne pas prévenir la famille : dépression": {"psychiatry:affirmed"},
    "VHC : absence d'anticorps": {"hepatitis:negated"},
    "SOURD, lit sur les lèvres": {"disability:affirmed"},
    "accès fauteuil, box 1": {"practical:affirmed", "disability:affirmed"},
    "règle par chèque": {"practical:affirmed"},
    "facteur V Leiden chez la {female_relative}": {"genetics:family"},
    "sevrage {opioid}, sous {substitution}": {"addiction:affirmed", "treatment.N07:affirmed"},
    "FIV, résultats avant {hour} h": {"fertility:affirmed"},
}


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    """Return the grammar that the repository ships."""
    return read_grammar(COMMENTS)


def write(folder: Path, text: str) -> Path:
    """Write a grammar file."""
    path = folder / "comments.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def render(grammar: Grammar, template: Template, n: int = 40) -> tuple[list[str], set[str]]:
    """Return a template's texts, and all labels it was given."""
    texts, labels = fill_template(template, grammar.fillers, n, np.random.default_rng(5))
    return texts.tolist(), {label for row in labels for label in row.split(";")}


@pytest.mark.parametrize(
    ("text", "texts", "labels"),
    [
        ("gross. {weeks} SA", {"gross. 08 SA", "gross. 09 SA"}, {"pregnancy:affirmed"}),
        (
            "enceinte sous {hormone}",
            {"enceinte sous Lévothyrox", "enceinte sous Lévothyrox 75"},
            {"pregnancy:affirmed", "treatment.H03:affirmed", "thyroid:affirmed"},
        ),
        ("{relative} : goitre", {"mère : goitre"}, {"thyroid:family"}),
        ("sous {drug}", {"sous Lévothyrox", "sous Lévothyrox 75"}, {"treatment.H03:affirmed"}),
        ("ttt en cours", {"ttt en cours"}, {"treatment:affirmed"}),
        (
            "{relative} sous {hormone}",
            {"mère sous Lévothyrox", "mère sous Lévothyrox 75"},
            {"treatment.H03:family"},
        ),
    ],
)
def test_a_tiny_grammar_says_what_was_worked_out_by_hand(
    tmp_path: Path, text: str, texts: set[str], labels: set[str]
) -> None:
    tiny = read_grammar(write(tmp_path, TINY))
    template = next(template for template in tiny.templates if template.text == text)
    drawn, said = render(tiny, template)
    assert set(drawn) == texts
    assert said == labels


def test_a_tiny_grammar_has_a_closed_set_of_labels(tmp_path: Path) -> None:
    subjects = ("pregnancy", "thyroid", "treatment", "treatment.H03")
    expected = {f"{s}:{q}" for s in subjects for q in ("affirmed", "family")}
    assert read_grammar(write(tmp_path, TINY)).labels == expected


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("separators:", "separator:", "separators: missing; add it"),
        ("topics: {", "topics: {{", "is not YAML"),
        ("{relative} : goitre", "{cousin} : goitre", r"thyroid\.family.*cousin"),
        (
            "{relative} : goitre",
            "{relative : goitre",
            r"line 12: phrases\.thyroid\.family\.1\.text: unmatched",
        ),
        ("thyroid:affirmed", "thyroid:maybe", r"pregnancy\.affirmed.*thyroid:maybe"),
        ("  thyroid:\n", "  heart:\n", r"phrases\.heart\.family is not declared"),
        ("atc: H03, ", "", r"drugs\.hormone"),
        ("from: 8, ", "", r"slots\.weeks"),
        ("relative: [mère]", "relative: []", r"slots\.relative: .*at least 1 item"),
        ('"ttt en cours"', '"sous {drug}"', r"treatment\.affirmed.*twice"),
        ("never_together: []", "never_together: [[heart]]", "never_together.*heart"),
    ],
)
def test_a_faulty_file_is_refused_with_its_name_and_key(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in TINY
    path = write(tmp_path, TINY.replace(old, new))
    with pytest.raises(ValueError, match=f"(?s)comments.yaml.*{message}"):
        read_grammar(path)


def test_every_phrase_of_the_shipped_grammar_is_filled(grammar: Grammar) -> None:
    for template in grammar.templates:
        texts, _ = render(grammar, template)
        assert all(text and not re.search(r"[{}]|  |^ | $", text) for text in texts), template.text


def test_every_label_of_the_shipped_grammar_is_in_the_closed_set(grammar: Grammar) -> None:
    for template in grammar.templates:
        _, labels = render(grammar, template, 200)
        assert labels <= grammar.labels, template.text


@pytest.mark.parametrize("part", SAID)
def test_shipped_phrases_say_what_a_reader_would(grammar: Grammar, part: str) -> None:
    alike = [t for t in grammar.templates if t.text == part]
    alike = alike or [t for t in grammar.templates if part in t.text]
    assert alike
    for template in alike:
        assert render(grammar, template)[1] == SAID[part]


def test_phrases_of_one_wording_say_the_same(grammar: Grammar) -> None:
    said: dict[str, set[str]] = {}
    for template in grammar.templates:
        labels = render(grammar, template, 400)[1]
        assert said.setdefault(template.text.lower(), labels) == labels, template.text


def test_a_drug_in_a_phrase_is_written_by_its_slot(grammar: Grammar) -> None:
    drugs = {str(drug).lower() for drug in grammar.fillers[ANY_DRUG].values}
    for template in grammar.templates:
        literal = " ".join(piece for piece, _ in template.pieces).lower()
        named = drugs & set(re.findall(r"[\w-]+", literal))
        classes = {label for label in template.also if label.startswith("treatment.")}
        assert not named or classes, (template.text, named)


def test_every_slot_of_the_shipped_grammar_is_used(grammar: Grammar) -> None:
    used = {slot for template in grammar.templates for _, slot in template.pieces if slot}
    assert set(grammar.fillers) - used == set()


def test_frequent_topics_have_eight_phrases_and_others_three(grammar: Grammar) -> None:
    for topic in grammar.topics:
        assert len(grammar.cells[topic, "affirmed"]) >= 8
        if topic != "practical":
            counts = {q: len(grammar.cells[topic, q]) for q in grammar.qualifiers}
            assert min(counts.values()) >= 3, (topic, counts)


def test_comments_are_declared_with_unique_keys() -> None:
    text = COMMENTS.read_text(encoding="utf-8")
    declared = re.findall(r"^  ([a-z_]+):", text, flags=re.M)
    content = yaml.safe_load(text)
    sections = ("topics", "qualifiers", "slots", "drugs", "phrases")
    assert len(declared) == sum(len(content[section]) for section in sections)
    cells = re.findall(r"^    [a-z]+:$", text, flags=re.M)
    assert len(cells) == sum(len(topic) for topic in content["phrases"].values())

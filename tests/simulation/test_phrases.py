"""Names and comments of a synthetic file: shares as asked, labels right, nobody in them."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.reference import drop_accents
from data_synthetic.simulation.grammar import Grammar, read_grammar
from data_synthetic.simulation.phrases import (
    Vocabulary,
    draw_comments,
    mistype,
    read_vocabulary,
)

FOLDER = Path(__file__).parents[2] / "data_synthetic" / "vocabulary"
N = 20_000
ASKED = {
    "topic_share": {"pregnancy": 0.3, "hiv_status": 0.05, "treatment": 0.4, "practical": 0.25},
    "qualifier_share": {
        "default": {"affirmed": 0.7, "negated": 0.1, "family": 0.1, "hypothesis": 0.1},
        "practical": {"affirmed": 1.0},
    },
    "second_topic_share": 0.0,
    "typo_share": 0.0,
    "upper_share": 0.0,
    "accent_loss_share": 0.0,
}
ERRORS = ("second_topic_share", "typo_share", "upper_share", "accent_loss_share")


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    """Return the grammar that the repository ships."""
    return read_grammar(FOLDER / "comments.yaml")


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    """Return the names that the repository ships."""
    return read_vocabulary(FOLDER)


def draw(grammar: Grammar, n: int = N, seed: int = 3, **changes: Any) -> pd.DataFrame:
    """Draw comments as asked, with some shares changed."""
    return draw_comments(n, grammar, {**ASKED, **changes}, np.random.default_rng(seed))


def near(share: float, asked: float) -> bool:
    """Tell whether a share among N comments lies within four standard errors of the asked one."""
    return abs(share - asked) <= 4 * (asked * (1 - asked) / N) ** 0.5


def test_the_same_seed_draws_the_same_comments(grammar: Grammar) -> None:
    mixed = dict.fromkeys(ERRORS, 0.3)
    first = draw(grammar, 2000, **mixed)
    pd.testing.assert_frame_equal(first, draw(grammar, 2000, **mixed))
    assert not first.equals(draw(grammar, 2000, seed=4, **mixed))


def test_topics_lead_as_often_as_asked(grammar: Grammar) -> None:
    leading = draw(grammar)["labels"].str.extract(r"^([a-z_]+)")[0].value_counts() / N
    assert set(leading.index) == set(ASKED["topic_share"])
    assert all(near(leading[topic], asked) for topic, asked in ASKED["topic_share"].items())


def test_qualifiers_come_as_often_as_asked(grammar: Grammar) -> None:
    only = draw(grammar, topic_share={"diabetes": 1.0})
    leading = only["labels"].str.extract(r"^diabetes:([a-z]+)")[0].value_counts() / N
    default = ASKED["qualifier_share"]["default"]
    assert set(leading.index) == set(default)
    assert all(near(leading[qualifier], asked) for qualifier, asked in default.items())


def test_shares_count_by_their_proportions(grammar: Grammar) -> None:
    halved = {topic: share / 2 for topic, share in ASKED["topic_share"].items()}
    assert draw(grammar, 500, topic_share=halved).equals(draw(grammar, 500))


def test_second_topics_come_as_often_as_asked(grammar: Grammar) -> None:
    topics = {"diabetes": 0.5, "thyroid": 0.5}
    drawn = draw(grammar, topic_share=topics, second_topic_share=0.12)
    both = drawn["labels"].str.contains("diabetes") & drawn["labels"].str.contains("thyroid")
    assert near(both.mean(), 0.12)


def test_a_comment_has_a_label_at_most_once(grammar: Grammar) -> None:
    labels = draw(grammar, second_topic_share=1.0)["labels"].str.split(";")
    assert all(len(row) == len(set(row)) for row in labels)


def test_a_second_topic_never_contradicts_the_first(grammar: Grammar) -> None:
    topics = {"hiv_status": 0.4, "hiv_test": 0.4, "practical": 0.2}
    labels = draw(grammar, topic_share=topics, second_topic_share=1.0)["labels"]
    positive = labels.str.contains("hiv_status:affirmed")
    assert positive.any()
    assert not (positive & labels.str.contains("hiv_status:negated")).any()
    assert (positive & labels.str.contains("practical")).any()


def test_topics_that_never_meet_do_not(grammar: Grammar) -> None:
    topics = {"pregnancy": 0.5, "fertility": 0.4, "practical": 0.1}
    labels = draw(grammar, 3000, topic_share=topics, second_topic_share=1.0)["labels"]
    is_pregnant = labels.str.contains("pregnancy:affirmed")
    assert (is_pregnant & labels.str.contains("practical")).any()
    assert not (is_pregnant & labels.str.contains("fertility:affirmed")).any()


def test_without_a_topic_to_join_a_comment_keeps_one(grammar: Grammar) -> None:
    alone = draw(grammar, 300, topic_share={"thyroid": 1.0}, second_topic_share=1.0)
    assert not alone["labels"].str.contains("thyroid.*thyroid").any()


def test_every_label_is_in_the_closed_set(grammar: Grammar) -> None:
    everything = dict.fromkeys(grammar.topics, 1 / len(grammar.topics))
    labels = draw(grammar, topic_share=everything, second_topic_share=0.5)["labels"]
    assert set(labels.str.split(";").explode()) <= grammar.labels


def test_status_and_test_of_hiv_are_told_apart(grammar: Grammar) -> None:
    drawn = draw(grammar, topic_share={"hiv_status": 0.5, "hiv_test": 0.5}).drop_duplicates("text")
    labels = drawn.set_index("text")["labels"].str.split(";").map(set)
    assert labels["VIH négatif"] == {"hiv_test:affirmed", "hiv_status:negated"}
    assert labels["sérologie VIH à faire"] == {"hiv_test:affirmed"}
    treated = {"hiv_status:affirmed", "treatment.J05:affirmed"}
    assert labels["séropositif VIH sous trithérapie"] == treated


def test_a_share_of_comments_has_one_typing_error(grammar: Grammar) -> None:
    clean, typed = draw(grammar), draw(grammar, typo_share=0.05)
    changed = clean["text"].ne(typed["text"])
    can_err = clean["text"].str.contains(r"[^\W\d_]{4}")
    assert near(changed[can_err].mean() * can_err.mean() + 0.05 * (1 - can_err.mean()), 0.05)
    assert not changed[~can_err].any()
    growth = typed["text"].str.len() - clean["text"].str.len()
    assert set(growth[changed]) == {-1, 0, 1}


def test_a_share_of_comments_is_in_capitals(grammar: Grammar) -> None:
    clean, upper = draw(grammar), draw(grammar, upper_share=0.15)
    was_lower = clean["text"].ne(clean["text"].str.upper())
    changed = clean["text"].ne(upper["text"])
    assert near(changed[was_lower].mean(), 0.15)
    assert upper.loc[changed, "text"].map(str.isupper).all()


def test_micrograms_in_capitals_are_typed_with_a_u(grammar: Grammar) -> None:
    upper = draw(grammar, topic_share={"thyroid": 1.0}, upper_share=1.0)["text"]
    assert upper.str.contains("75 UG").any()
    assert not upper.str.contains("[\u0370-\u03ff]").any()


def test_a_share_of_comments_loses_its_accents(grammar: Grammar) -> None:
    clean, plain = draw(grammar), draw(grammar, accent_loss_share=0.25)
    accented = clean["text"].map(drop_accents).ne(clean["text"])
    changed = clean["text"].ne(plain["text"])
    assert near(changed[accented].mean(), 0.25)
    assert not plain.loc[changed, "text"].str.contains("[À-ÿµœŒ]").any()


def test_errors_leave_labels_alone(grammar: Grammar) -> None:
    spoilt = draw(grammar, 3000, typo_share=1.0, upper_share=0.5, accent_loss_share=0.5)
    pd.testing.assert_series_equal(spoilt["labels"], draw(grammar, 3000)["labels"])


def test_no_comment_holds_a_long_number_or_an_address(grammar: Grammar) -> None:
    everything = dict.fromkeys(grammar.topics, 1 / len(grammar.topics))
    mixed = dict.fromkeys(ERRORS, 0.3)
    text = draw(grammar, topic_share=everything, **mixed)["text"]
    assert not text.str.contains(r"\d{6}").any()
    assert not text.str.contains(r"(?:\d\d[ .]){4}").any()
    assert not text.str.contains("@").any()


def test_no_comment_is_asked_for_none_drawn(grammar: Grammar) -> None:
    empty = draw(grammar, 0, **dict.fromkeys(ERRORS, 0.5))
    assert empty.empty
    assert list(empty.columns) == ["text", "labels"]


@pytest.mark.parametrize("key", ASKED)
def test_a_missing_share_is_named(grammar: Grammar, key: str) -> None:
    shares = {name: value for name, value in ASKED.items() if name != key}
    with pytest.raises(ValueError, match=f"shares of comments: {key}: missing; add it"):
        draw_comments(5, grammar, shares, np.random.default_rng(1))


def test_a_topic_without_qualifiers_needs_the_default(grammar: Grammar) -> None:
    with pytest.raises(ValueError, match="qualifier_share of pregnancy"):
        draw(grammar, 5, qualifier_share={"practical": {"affirmed": 1.0}})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"typo_share": 1.2}, "typo_share: must be less than or equal to 1, got 1.2"),
        ({"upper_share": -0.1}, "upper_share"),
        ({"accent_loss_share": float("nan")}, "accent_loss_share"),
        ({"second_topic_share": True}, "second_topic_share"),
        ({"topic_share": {"thyroid": "half"}}, r"topic_share\.thyroid"),
        ({"topic_share": {"thyroid": 0.0}}, "topic_share must have a share above zero"),
        ({"topic_share": {"heart": 1.0}}, "topic_share names unknown .*heart"),
        ({"qualifier_share": {"heart": {}}}, "qualifier_share names unknown .*heart"),
        ({"qualifier_share": {"default": {"maybe": 1.0}}}, r"qualifier_share\.default.*maybe"),
        (
            {"qualifier_share": {"default": {"negated": 1.0}}},
            "no phrase for practical:negated",
        ),
    ],
)
def test_a_share_that_cannot_be_drawn_is_refused(
    grammar: Grammar, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        draw(grammar, 5, **changes)


@pytest.mark.parametrize("word", ["grossesse", "ANNE", "aaaa"])
def test_a_typing_error_changes_one_spot_after_the_first_letter(word: str) -> None:
    dice = (0.0, 0.4, 0.99)
    typed = {mistype(word, where, at, how) for where, at, how in product(dice, dice, dice)}
    assert word not in typed
    assert {text[0] for text in typed} == {word[0]}
    assert {len(text) - len(word) for text in typed} <= {-1, 0, 1}


def test_short_words_are_never_mistyped() -> None:
    assert mistype("VIH - 12 SA", 0.5, 0.5, 0.5) == "VIH - 12 SA"


def test_shares_of_names_sum_to_one(vocabulary: Vocabulary) -> None:
    shares = [vocabulary.surname_shares, vocabulary.street_shares]
    shares += [share for _, share in vocabulary.first_names.values()]
    for share in shares:
        assert share.sum() == pytest.approx(1.0)
        assert share.min() > 0


def test_names_are_many_and_distinct(vocabulary: Vocabulary) -> None:
    assert len(vocabulary.surnames) >= 400
    assert len(set(vocabulary.surnames)) == len(vocabulary.surnames)
    for names, _ in vocabulary.first_names.values():
        assert len(names) >= 200
        assert len(set(names)) == len(names)
    assert len(set(vocabulary.streets)) == len(vocabulary.streets)


def test_surnames_are_in_capitals_without_accents(vocabulary: Vocabulary) -> None:
    assert all(re.fullmatch(r"[A-Z]+([ '-][A-Z]+)*", name) for name in vocabulary.surnames)
    assert {"LE GOFF", "DE LA CROIX"} <= set(vocabulary.surnames)


def test_syllables_compose_a_long_tail_of_surnames(vocabulary: Vocabulary) -> None:
    invented = {"".join(parts) for parts in product(*vocabulary.surname_parts)}
    assert len(invented) >= 20_000
    assert all(re.fullmatch("[A-Z]{4,16}", name) for name in invented)
    assert not invented & set(vocabulary.surnames)


def test_first_names_are_accented_and_some_serve_both_sexes(vocabulary: Vocabulary) -> None:
    women, men = (set(vocabulary.first_names[sex][0]) for sex in "FM")
    assert {"Élodie", "Marie-Claude", "Camille"} <= women
    assert {"Jérôme", "Jean-Pierre", "Camille"} <= men


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("surnames.csv", "surname,weight", "surname,rank", "columns .*weight.* are missing"),
        ("surnames.csv", "MARTIN,47.62", "MARTIN,0", "line 2, column weight"),
        ("surnames.csv", "BERNARD,45.45", "BERNARD,many", "line 3, column weight"),
        ("first_names.csv", "Nathalie,F", ",F", "line 3, column first_name"),
        ("first_names.csv", "Nathalie,F", "Nathalie,W", "sex must be F or M"),
        ("surname_parts.csv", "middle,", "centre,", "position one of"),
        ("streets.csv", "kind,", "sort,", "part kind or name"),
    ],
)
def test_a_faulty_vocabulary_is_refused_with_file_and_place(
    tmp_path: Path, name: str, old: str, new: str, message: str
) -> None:
    folder = Path(copytree(FOLDER, tmp_path / "vocabulary"))
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_vocabulary(folder)

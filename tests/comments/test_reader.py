"""Reading comments: what must be read right, what must never be confused, and why."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.comments import reader as comments
from analysis.comments.reader import Reader, explain_comment, label_comments, normalise_comment
from analysis.reference import dictionary


@pytest.fixture(scope="module")
def reader() -> Reader:
    """Return the reader, built once."""
    return comments.build_reader()


def labels(text: str, reader: Reader) -> set[str]:
    """Return the labels of one comment."""
    return set(filter(None, label_comments([text], reader)[0].split(";")))


# What a reader must get right, each with its meaning stated by hand.
STATED = [
    ("grossesse en cours 12 SA", {"pregnancy:affirmed"}),
    ("VIH négatif", {"hiv_status:negated", "hiv_test:affirmed"}),
    ("VIH -", {"hiv_status:negated", "hiv_test:affirmed"}),
    ("VIH +", {"hiv_status:affirmed"}),
    ("séropositif VIH sous trithérapie", {"hiv_status:affirmed", "treatment.J05:affirmed"}),
    ("Lévothyrox 75", {"treatment.H03:affirmed"}),
    ("mère diabétique", {"diabetes:family"}),
    ("suspicion de cancer", {"cancer:hypothesis"}),
    ("VHC : absence d'anticorps", {"hepatitis:negated"}),
    ("ne pas prévenir la famille : dépression", {"practical:affirmed", "psychiatry:affirmed"}),
    ("pas de diabète, hypothyroïdie", {"diabetes:negated", "thyroid:affirmed"}),
    ("ATCD k du sein", {"cancer:history"}),
    ("fausse couche en mars", {"pregnancy:history"}),
    ("refus du test HIV", {"hiv_test:negated"}),
    ("bHCG neg", {"pregnancy:negated"}),
    ("AVK arrêtés", {"treatment.B01:history"}),
    ("à jeun, apporter la carte vitale", {"practical:affirmed"}),
    ("accompagné de sa mère, autiste", {"practical:affirmed", "disability:affirmed"}),
    ("retour positif sur l'accueil", {"practical:affirmed"}),
    ("allergie au latex", set()),
    ("", set()),
    ("?? ... --", set()),
]


@pytest.mark.parametrize(("text", "expected"), STATED)
def test_a_comment_says_what_it_says(text: str, expected: set[str], reader: Reader) -> None:
    assert labels(text, reader) == expected


@pytest.mark.parametrize("text", ["diabete type 2", "DIABÈTE TYPE 2", "diabte type 2", "diabeete"])
def test_capitals_accents_and_a_typing_error_change_nothing(text: str, reader: Reader) -> None:
    assert labels(text, reader) == {"diabetes:affirmed"}


@pytest.mark.parametrize("sign", [" - ", " / ", " + ", "; ", ". ", ", "])
def test_a_qualifier_stays_on_its_side_of_a_separator(sign: str, reader: Reader) -> None:
    expected = {"thyroid:affirmed", "diabetes:family"}
    assert labels(f"hypothyroïdie{sign}mère diabétique", reader) == expected


@pytest.mark.parametrize(
    "first", ["mère diabétique", "pas de diabète", "ancien diabète", "diabète ?"]
)
@pytest.mark.parametrize(
    "rest", ["hypothyroïdie", "VIH -, sous lévothyrox", "sous Mestinon, cancer"]
)
def test_the_order_of_the_rules_changes_no_qualifier(first: str, rest: str, reader: Reader) -> None:
    assert labels(f"{first}, {rest}", reader) == labels(first, reader) | labels(rest, reader)


@pytest.mark.parametrize("prefix", ["", "test ", "sérologie ", "dépistage "])
@pytest.mark.parametrize("name", ["VIH", "HIV"])
def test_a_test_is_never_read_as_an_infection(prefix: str, name: str, reader: Reader) -> None:
    for result in ("", " négatif", " neg", " à faire", " demandé", " refusé"):
        found = labels(f"{prefix}{name}{result}", reader)
        assert "hiv_status:affirmed" not in found
        assert any(label.startswith("hiv_test:") for label in found)


def test_a_reading_explains_itself(reader: Reader) -> None:
    (finding,) = explain_comment("Mère diabétique", reader)
    assert (finding.term, finding.cue, finding.rule) == ("diabetique", "mere", "diabetiques?")
    assert finding.label == "diabetes:family"


def test_a_drug_of_edsnlp_is_explained_by_its_code(reader: Reader) -> None:
    (finding,) = explain_comment("sous Mestinon", reader)
    assert (finding.topic, finding.rule) == ("treatment.N07", "N07AA02")


def test_a_rule_names_itself_where_it_qualifies(reader: Reader) -> None:
    (finding,) = explain_comment("mfiu", reader)
    assert (finding.qualifier, finding.cue, finding.rule) == ("history", "", "mfiu")


def test_each_distinct_comment_is_read_once(reader: Reader, monkeypatch) -> None:
    read: list[str] = []
    original = comments._read
    monkeypatch.setattr(comments, "_read", lambda t, r: read.extend(t) or original(t, r))
    found = label_comments(["DIABÈTE", "diabete", " diabète "], reader)
    assert read == ["diabete"]
    assert found == ["diabetes:affirmed"] * 3


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_gives_known_labels(reader: Reader, text: str) -> None:
    for label in labels(text, reader):
        topic, _, qualifier = label.partition(":")
        assert topic.partition(".")[0] in dictionary.list_topics()
        assert qualifier in comments.QUALIFIERS


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise_comment(text)
    assert normalise_comment(once) == once


class TestRules:
    """The table of terms."""

    def test_every_term_stands_once_and_aims_at_a_known_topic(self) -> None:
        rules = comments.read_rules()
        assert not rules.duplicated().any()
        targets = rules.loc[rules["kind"].eq("topic"), "target"].str.partition(".")[0]
        assert set(targets) <= set(dictionary.list_topics())
        assert set(rules.loc[rules["kind"].eq("practical"), "target"]) == {comments.PRACTICAL}

    def test_terms_are_written_as_normalised_text(self) -> None:
        rules = comments.read_rules()
        read = rules[~rules["target"].eq("negation.verbs")]["pattern"]
        assert read.map(lambda pattern: pattern.isascii()).all()

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            ("topic,cancer,affirmed,(k", "line 2"),
            ("topic,cancer,maybe,k", "lines \\[2\\]"),
            ("tropic,cancer,affirmed,k", "lines \\[2\\]"),
        ],
    )
    def test_a_wrong_row_is_refused_with_its_line(self, row, message, tmp_path, monkeypatch):
        (tmp_path / "comment_rules.csv").write_text(f"kind,target,qualifier,pattern\n{row}\n")
        monkeypatch.setattr(comments, "RULES", tmp_path / "comment_rules.csv")
        with pytest.raises(ValueError, match=message):
            comments.read_rules()

    def test_adding_a_term_is_a_row(self, tmp_path, monkeypatch) -> None:
        text = comments.RULES.read_text(encoding="utf-8")
        table = tmp_path / "comment_rules.csv"
        table.write_text(text + "topic,cancer,affirmed,zzinvented\n", encoding="utf-8")
        monkeypatch.setattr(comments, "RULES", tmp_path / "comment_rules.csv")
        rules = comments.read_rules()
        assert rules.iloc[-1].tolist() == ["topic", "cancer", "affirmed", "zzinvented"]
        assert isinstance(rules, pd.DataFrame)

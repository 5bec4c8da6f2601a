"""Releases in words: every state has a word of its own, in both languages."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.reference import wording
from analysis.reporting.tables import translate_table, write_sentences, write_table
from tests.releases import bar_release, grid_release, rate_release


def plain(text: str) -> str:
    """Return the text with ordinary spaces."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def test_zero_hidden_and_absent_read_differently() -> None:
    table = write_table(bar_release(), ["n_persons"])
    assert table["persons"].tolist() == [
        "478,882",
        "hidden to protect persons",
        "0",
        "not in the file",
    ]


def test_a_rate_brings_its_interval() -> None:
    table = write_table(rate_release(["45"]), ["n_persons", "rate_per_1000"], language="fr")
    row = [plain(value) for value in table.iloc[0]]
    assert row == ["58 000", "82,9 (74,6 à 91,1)"]


def test_the_highest_come_first_and_the_hidden_last() -> None:
    release = rate_release(["22", "48", "56"])
    table = write_table(release, ["n_persons"], by="n_persons")
    assert list(table.index) == ["Morbihan (56)", "Côtes-d'Armor (22)", "Lozère (48)"]
    assert list(write_table(release, ["n_persons"], by="n_persons", top=1).index) == [
        "Morbihan (56)"
    ]


def test_two_dimensions_make_two_levels() -> None:
    assert write_table(grid_release(), ["n_persons"]).index.names == ["département", "kind of data"]


def test_a_sentence_can_be_quoted() -> None:
    lines = write_sentences(rate_release(["56"])).splitlines()
    assert lines[0] == (
        "- In Morbihan (56), by home département: 120,500 persons exposed (Social security number "
        "(NIR); samples taken from 1 January 2015 to 31 October 2020). "
        "That is 172 (155 to 189) per 1,000 residents."
    )
    assert lines[-1] == "*Synthetic data: a method at work, not the real breach*"


@pytest.mark.parametrize(
    ("dep_code", "words"), [("48", "effectif masqué"), ("15", "aucune personne")]
)
def test_hidden_and_empty_are_said_in_french(dep_code: str, words: str) -> None:
    sentence = write_sentences(rate_release([dep_code]), language="fr").splitlines()[0]
    assert words in sentence
    assert not any(
        digit in sentence.split("prélèvements")[0].split(")")[1] for digit in "123456789"
    )


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_real_data_carry_no_synthetic_notice(language: str) -> None:
    words = write_sentences(rate_release(["56"], is_synthetic=False), language=language)
    assert wording.text("synthetic_notice", language) not in words


def test_only_releases_are_written() -> None:
    with pytest.raises(TypeError, match=r"disclosure\.release first"):
        write_table(rate_release(["56"]).table, ["n_persons"])  # type: ignore[arg-type]


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="residents"):
        write_table(rate_release(["56"]), ["residents"])


def test_a_table_of_a_page_is_written_in_french() -> None:
    table = pd.DataFrame(
        {
            "name": [("identity", "nir"), "intention"],
            "choice": ["sensitive -2 = 2", "as chosen"],
            "score": [0.5, 1234.0],
            "is_late": ["open", True],
            "source": ["Libération", None],
        },
        index=pd.Index(["real", "per_person"], name="fine"),
    )
    found = translate_table(table, language="fr")
    assert found.index.tolist() == ["la vraie", "100 euros par personne"]
    assert found.columns.tolist()[:3] == [
        "quoi",
        "choix",
        "note",
    ]
    assert found.iloc[0].tolist() == [
        "Identité + Numéro de sécurité sociale (NIR)", "sensible -2 = 2", "0,5", "indécis",
        "Libération",
    ]  # fmt: skip
    assert found.iloc[1].tolist() == [
        "intention de nuire", "tel que choisi", "1\u202f234", "oui", "–"
    ]  # fmt: skip


def test_values_across_the_top_are_named_too() -> None:
    table = pd.DataFrame([[3, 4]], columns=pd.Index(["avoided", "left"], name="outcome"))
    assert [*translate_table(table, language="fr")] == ["évitées", "restantes"]


def test_a_heading_without_words_is_refused() -> None:
    with pytest.raises(KeyError, match=r"column\.unheard"):
        translate_table(pd.DataFrame({"unheard": [1]}))

"""Releases in words: every state has a word of its own, every column is written as declared."""

from __future__ import annotations

import csv
from typing import Any

import pandas as pd
import pytest

from analysis import disclosure
from analysis.disclosure import Release
from analysis.exposure import DIMENSIONS
from analysis.reference.dictionary import STATUSES
from analysis.reporting import columns, wording
from analysis.reporting.columns import sentences, table
from analysis.reporting.wording import speaking
from tests.releases import bar_release, grid_release, make_release, rate_release

with columns.COLUMNS.open(encoding="utf-8", newline="") as file:
    DECLARED = list(csv.DictReader(file))


def plain(text: str) -> str:
    """Return the text with ordinary spaces."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def publish(rows: list[dict[str, Any]]) -> Release:
    """Return public facts as a release."""
    return disclosure.publish(pd.DataFrame(rows), source="facts")


def test_zero_hidden_and_absent_read_differently() -> None:
    assert table(bar_release(), ["n_persons"])["persons"].tolist() == [
        "478,882",
        "hidden to protect persons",
        "0",
        "not in the file",
    ]


def test_a_rate_brings_its_interval() -> None:
    with speaking("fr"):
        written = table(rate_release(["45"]), ["n_persons", "rate_per_1000"])
    row = [plain(value) for value in written.iloc[0]]
    assert row == ["58 000", "82,9 (74,6 à 91,1)"]


def test_a_cost_brings_its_range_and_a_hidden_one_says_so() -> None:
    plan = publish(
        [
            {"channel": "email", "status": "shown", "cost": 35.2, "cost_low": 22, "cost_high": 66},
            {"channel": "letter", "status": "suppressed", "cost": None},
        ]
    )
    written = table(plan, ["cost"])
    assert list(written.index) == ["e-mail", "letter"]
    assert written["cost in EUR (range)"].tolist() == [
        "35 (22 to 66)",
        "hidden to protect persons",
    ]


def test_the_highest_come_first_and_the_hidden_last() -> None:
    release = rate_release(["22", "48", "56"])
    written = table(release, ["n_persons"], by="n_persons")
    assert list(written.index) == ["Morbihan (56)", "Côtes-d'Armor (22)", "Lozère (48)"]
    assert list(table(release, ["n_persons"], by="n_persons", top=1).index) == ["Morbihan (56)"]


def test_two_dimensions_make_two_levels() -> None:
    assert table(grid_release(), ["n_persons"]).index.names == ["département", "kind of data"]


def test_a_dimension_can_stand_across() -> None:
    release = grid_release().select("dep_code in ['45', '48', '56']")
    with speaking("fr"):
        written = table(release, ["n_persons"], across="category", by="nir", top=2)
    assert list(written.index) == ["Morbihan (56)", "Loiret (45)"]
    assert list(written)[:2] == ["Identité", "Numéro de sécurité sociale (NIR)"]
    assert [plain(value) for value in written.iloc[1]] == [
        "58 000",
        "56 840",
        "absent du fichier",
        "8 700",
    ]


def test_what_alone_varies_can_stand_across() -> None:
    written = table(bar_release(), ["n_persons"], across="category")
    assert written["E-mail address"].tolist() == ["hidden to protect persons"]


def test_only_one_column_stands_across() -> None:
    with pytest.raises(ValueError, match="only one column"):
        table(bar_release(), ["n_persons", "n_records"], across="category")


def test_a_sentence_can_be_quoted() -> None:
    words = sentences(rate_release(["56"]))
    assert words.splitlines()[0] == (
        "- In Morbihan (56), by home département: 120,500 persons exposed (Social security number "
        "(NIR); samples taken from 1 January 2015 to 31 October 2020). "
        "That is 172 (155 to 189) per 1,000 residents."
    )
    assert words.splitlines()[-1] == "*Synthetic data: a method at work, not the real breach*"
    assert words._repr_markdown_() == words


@pytest.mark.parametrize(
    ("dep_code", "words"), [("48", "effectif masqué"), ("15", "aucune personne")]
)
def test_hidden_and_empty_are_said_in_french(dep_code: str, words: str) -> None:
    with speaking("fr"):
        sentence = sentences(rate_release([dep_code])).splitlines()[0]
    assert words in sentence
    assert not any(
        digit in sentence.split("prélèvements")[0].split(")")[1] for digit in "123456789"
    )


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_real_data_carry_no_synthetic_notice(language: str) -> None:
    with speaking(language):
        words = sentences(rate_release(["56"], is_synthetic=False))
        assert wording.text("synthetic_notice") not in words


@pytest.mark.parametrize("write", [lambda cells: table(cells, ["n_persons"]), sentences])
def test_only_releases_are_written(write: Any) -> None:
    with pytest.raises(TypeError, match=r"disclosure\.release first"):
        write(rate_release(["56"]).table)


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="residents"):
        table(rate_release(["56"]), ["residents"])


def test_a_column_that_is_not_declared_is_refused() -> None:
    with pytest.raises(KeyError, match=r"columns\.csv has no row 'n_person'.*n_persons"):
        table(bar_release(), ["n_person"])


@pytest.mark.parametrize(
    ("column", "value", "french"),
    [
        ("name", ("identity", "nir"), "Identité + Numéro de sécurité sociale (NIR)"),
        ("name", "intention", "intention de nuire"),
        ("choice", "sensitive -2 = 2", "sensible -2 = 2"),
        ("choice", "maximum = 1.0", "maximale = 1.0"),
        ("choice", "as chosen", "tel que choisi"),
        ("choice", "0", "0"),
        ("measure", "short_retention+credentials_hashed",
         "Conservation courte + Mots de passe hachés"),
        ("region_code", "53", "Bretagne"),
        ("doubt", "never_heard_of", "never_heard_of"),
        ("is_late", "open", "indécis"),
        ("score", 0.5, "0,5"),
        ("score", 1234.0, "1\u202f234"),
        ("share", 0.25, "25,0\u202f%"),
        ("span", [1, 2.5, 3], "1; 2,5; 3"),
        ("population_year", 2019, "2019"),
        ("source", "Libération", "Libération"),
        ("source", None, "–"),
    ],
)  # fmt: skip
def test_a_value_is_written_as_its_column_is_declared(
    column: str, value: object, french: str
) -> None:
    with speaking("fr"):
        assert columns.write_value(column, value) == french


def test_a_column_in_two_languages_is_written_in_one() -> None:
    facts = publish([{"counts_en": "Lines", "counts_fr": "Lignes", "value": 491_840}])
    with speaking("fr"):
        written = table(facts, ["value", "counts"])
    assert written.to_dict("list") == {
        "valeur": ["491\u202f840"],
        "ce qui est compté": ["Lignes"],
    }


def test_a_word_that_the_column_does_not_know_is_refused() -> None:
    with pytest.raises(KeyError, match=r"level\.hihg"):
        columns.write_value("level", "hihg")


def test_every_declared_kind_has_a_way_to_be_written() -> None:
    kinds = {row["kind"] for row in DECLARED}
    assert kinds == {*columns.NUMBERS, *columns.NAMES, "translated", "span", "verdict"}


def test_what_is_not_known_by_its_own_name_says_what_goes_with_it() -> None:
    stems = {row["column"]: row["stem"] for row in DECLARED if row["stem"]}
    assert stems.pop("field") == "label"
    assert stems.pop("rate_per_1000") == "rate"
    assert all(name == stem for name, stem in stems.items())


def test_every_dimension_has_a_heading_and_every_status_a_word() -> None:
    assert all(columns.write_heading(name) for name in DIMENSIONS)
    assert all(columns.write_value("status", status) for status in STATUSES)


def test_an_estimate_brings_its_interval() -> None:
    release = make_release(
        pd.DataFrame(
            {"sex": ["F", "M"], "n_persons": [50, 60], "status": "shown"}
            | {"n_persons_low": [45, 57], "n_persons_high": [52, 63]}
        )
    )
    assert table(release, ["n_persons"])["persons"].tolist() == ["50 (45 to 52)", "60 (57 to 63)"]


def test_columns_of_one_heading_are_all_written() -> None:
    facts = publish([{"value": 1, "fact": "rows", "fact_id": "lines"}])
    written = table(facts, ["value", "fact", "fact_id"])
    assert written.to_numpy().tolist() == [["1", "rows", "lines"]]


def test_what_no_dimension_names_is_named_by_its_first_column() -> None:
    pairs = publish([{"first": "lines", "second": "titles", "difference": 1}] * 2)
    written = table(pairs, ["first", "second", "difference"])
    assert written.index.tolist() == ["lines", "lines"]
    assert list(written) == ["second", "difference"]


def test_rows_of_numbers_only_are_named_by_nothing() -> None:
    tested = publish([{"chi_square": 4.11, "p_value": 0.25}])
    assert table(tested, ["chi_square", "p_value"]).index.tolist() == [0]


def test_a_long_text_is_shown_whole() -> None:
    source = "a newsroom, " * 20
    written = table(publish([{"fact_id": "rows", "source": source}]), ["fact_id", "source"])
    assert source.strip() in repr(written)
    assert source.strip() in str(written._repr_html_())


def test_an_interval_written_like_its_number_is_left_out() -> None:
    row = {"cost": 0.2, "cost_low": 0.1, "cost_high": 0.3}
    assert columns.write_cell("cost", row) == "0"

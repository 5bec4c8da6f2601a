"""The words around a picture."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.reporting import wording
from analysis.reporting.columns import name_category, name_place, write_span
from analysis.reporting.picture import Caption
from tests.releases import bar_release, make_release, rate_release

CAPTION = Caption("map", "rate_map", ("dep_code",), "rate_per_1000")
CODES = ["56", "45", "27", "22", "48", "15", "unknown"]


def test_the_alternative_text_of_seven_cells() -> None:
    assert CAPTION.describe(rate_release(CODES)) == (
        "Map: Persons exposed per 1,000 residents: Social security number (NIR), "
        "by home département, samples taken from 1 January 2015 to 31 October 2020. "
        "Highest: Morbihan (56): 172; Loiret (45): 82.9; Eure (27): 74.3. "
        "Cells hidden to protect persons: 1. Cells without any person: 1. Synthetic data."
    )


def test_the_alternative_text_in_french() -> None:
    with wording.speaking("fr"):
        words = CAPTION.describe(rate_release(CODES))
    words = words.replace("\u00a0", " ").replace("\u202f", " ")
    assert "Morbihan (56) : 172 ; Loiret (45) : 82,9 ; Eure (27) : 74,3." in words
    assert words.endswith("Données synthétiques.")


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_real_data_are_not_called_synthetic(language: str) -> None:
    with wording.speaking(language):
        words = CAPTION.describe(rate_release(CODES, is_synthetic=False))
        assert wording.text("synthetic") not in words


def test_unknown_place_is_never_among_the_highest() -> None:
    caption = Caption("map", "count_map", ("dep_code",), "n_persons")
    words = caption.describe(rate_release(["75", "unknown", "41"]))
    assert "Highest: Loir-et-Cher (41): 12,300; Paris (75): 2,600." in words


def test_nothing_shown_is_said() -> None:
    assert "No value is shown." in CAPTION.describe(rate_release(["48"]))


def test_absent_fields_are_counted_apart() -> None:
    caption = Caption("chart", "bars.category", ("category",), "n_persons")
    assert "Cells the file has no field for: 1." in caption.describe(bar_release())


def test_a_table_that_has_not_passed_the_gate_is_refused() -> None:
    with pytest.raises(TypeError, match=r"analysis\.disclosure\.release first"):
        CAPTION.check(rate_release(CODES).table)  # type: ignore[arg-type]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="rate_per_1000"):
        CAPTION.check(bar_release())


@pytest.mark.parametrize(("column", "value"), [("category", "email"), ("sex", "F")])
def test_two_values_of_a_dimension_are_never_mixed(column: str, value: str) -> None:
    first = {"sex": "M", "category": "nir"}[column]
    release = make_release(rate_release(CODES).table.assign(**{column: [first, *[value] * 6]}))
    with pytest.raises(ValueError, match=f"several values of .*{column}"):
        CAPTION.check(release)


def test_two_rows_of_one_place_are_refused() -> None:
    twice = pd.concat([rate_release(["56"]).table] * 2, ignore_index=True)
    with pytest.raises(ValueError, match="several rows for one"):
        CAPTION.check(make_release(twice))


def test_an_empty_release_is_refused() -> None:
    with pytest.raises(ValueError, match="no rows"):
        CAPTION.check(rate_release(CODES).select("dep_code == '99'"))


def test_what_holds_for_every_cell_is_written() -> None:
    release = make_release(rate_release(CODES).table.assign(sex="F"))
    assert CAPTION.write_scope(release).startswith("women and girls, by home département")


def test_groups_and_conjunctions_have_names() -> None:
    with wording.speaking("fr"):
        assert name_category("contact") == "Coordonnées"
        assert name_category("identity+email") == "Identité et Adresse électronique"
    with pytest.raises(KeyError, match=r"category\.shoe_size"):
        name_category("shoe_size")


def test_the_two_places_that_are_no_departement_have_names() -> None:
    with wording.speaking("fr"):
        names = [name_place(code) for code in ("unknown", "abroad", "2A")]
    assert names == ["Département inconnu", "Étranger", "Corse-du-Sud (2A)"]


def test_a_window_from_the_dawn_of_time_has_no_first_day() -> None:
    span = write_span(pd.Timestamp("1900-01-01"), pd.Timestamp("2016-02-14"))
    assert span == "up to 13 February 2016"

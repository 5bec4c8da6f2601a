"""Columns under foreign headers are recognised, or left alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from analysis.intake.patterns import find_date_format, measure_share, read_day
from analysis.intake.propose import (
    describe_proposal,
    guess_field,
    propose_mapping,
    read_header_name,
)

LATEST = date(2021, 2, 23)
VALUES = {
    "record_id": ["1", "2", "3"],
    "laboratory_id": ["LAB-A", "LAB-A", "LAB-B"],
    "sampled_on": ["31/12/2018", "01/02/2019", "15/06/2020"],
    "title": ["MME", "M.", "Mlle"],
    "birth_name": ["ARZHEL", "LE BRIAND", "CADIOU"],
    "used_name": ["ARZHEL", "BRIAND-COZ", "DREVES"],
    "first_names": ["Zoé", "Jean Noël", "Anaïs"],
    "sex": ["F", "M", "F"],
    "born_on": ["31/01/1970", "29/02/1960", "15/08/1985"],
    "nir": ["270015699900199", "160022799900299", "2 85 08 45 999 003 99"],
    "address": ["1 rue du Puits", "2 place Basse", "3 quai Long"],
    "postal_code": ["56000", "27000", "45000"],
    "city": ["VANNES", "ÉVREUX", "ORLÉANS"],
    "landline": ["0261910000", "02 61 91 00 01", "0261910002"],
    "mobile": ["0639980000", "06 39 98 00 01", "+33639980002"],
    "email": ["a@example.org", "b@example.org", "c@boite.invalid"],
    "blood_group": ["A+", "O NEG", "AB-"],
    "insurer_id": ["MUT-001", "MUT-002", "MUT-001"],
    "prescriber_last_name": ["GOSSELIN", "HERVE", "GOSSELIN"],
    "prescriber_first_name": ["Luc", "Ève", "Luc"],
    "prescriber_postal_code": ["56100", "56100", "27130"],
    "prescriber_phone": ["0199000001", "0199000002", "0199000001"],
    "sampler_last_name": ["ILIOU", "JAN", "ILIOU"],
    "portal_login": ["portail1", "portail2", "portail3"],
    "portal_password": ["fictif1", "fictif2", "fictif3"],
    "comment_patient": ["grossesse 12 SA", "à rappeler", "diabète"],
    "comment_file": ["à jeun", "urgent", "terme prévu"],
    "": ["4512", "x-12", "7/3"],
}
# Ten ways to name columns, made by hand; an empty field is a column that must be left alone.
STYLES: dict[str, dict[str, str]] = {
    "French hospital": {
        "N° ligne": "record_id", "Site de prélèvement": "laboratory_id",
        "Date de prélèvement": "sampled_on", "Civilité": "title", "Nom de naissance": "birth_name",
        "Nom d'usage": "used_name", "Prénom(s)": "first_names", "Sexe": "sex",
        "Date de naissance": "born_on", "N° de sécurité sociale": "nir", "Adresse": "address",
        "Code postal": "postal_code", "Ville": "city", "Médecin traitant": "", "IPP": "",
    },
    "French laboratory": {
        "Laboratoire": "laboratory_id", "Préleve le": "sampled_on", "Nom JF": "birth_name",
        "Nom": "used_name", "Prénom": "first_names", "Né(e) le": "born_on", "NIR": "nir",
        "Tél. fixe": "landline", "Tél. portable": "mobile", "Courriel": "email",
        "Groupe sanguin": "blood_group", "Mutuelle": "insurer_id",
        "Nom prescripteur": "prescriber_last_name", "Prénom prescripteur": "prescriber_first_name",
        "CP prescripteur": "prescriber_postal_code", "Tél prescripteur": "prescriber_phone",
        "Nom préleveur": "sampler_last_name", "Rang": "",
    },
    "English": {
        "Record number": "record_id", "Lab ID": "laboratory_id", "Collection date": "sampled_on",
        "Title": "title", "Maiden name": "birth_name", "Last name": "used_name",
        "First name": "first_names", "Gender": "sex", "Date of birth": "born_on",
        "Social Security Number": "nir", "Street address": "address", "ZIP code": "postal_code",
        "City": "city", "Home phone": "landline", "Cell phone": "mobile",
        "E-mail address": "email", "Blood type": "blood_group", "Country": "",
    },
    "English with roles": {
        "visit_date": "sampled_on", "lab": "laboratory_id", "patient_surname": "used_name",
        "patient_given_names": "first_names", "patient_dob": "born_on", "patient_sex": "sex",
        "patient_postcode": "postal_code", "patient_town": "city", "patient_email": "email",
        "doctor_last_name": "prescriber_last_name", "doctor_first_name": "prescriber_first_name",
        "doctor_postcode": "prescriber_postal_code", "doctor_phone": "prescriber_phone",
        "nurse_surname": "sampler_last_name", "user_name": "portal_login",
        "password": "portal_password", "patient_notes": "comment_patient",
        "file_notes": "comment_file", "status": "",
    },
    "abbreviations": {
        "NUM_LIGNE": "record_id", "COD_LABO": "", "LABO": "laboratory_id", "DT_PREL": "sampled_on",
        "CIV": "title", "NOM_NAISS": "birth_name", "NOM_US": "used_name", "PREN": "first_names",
        "SX": "sex", "DDN": "born_on", "NSS": "nir", "ADR": "address", "CP": "postal_code",
        "TEL": "landline", "GSM": "mobile", "GS": "blood_group", "AMC": "insurer_id", "FLG": "",
    },
    "upper case, accents lost": {
        "LIGNE": "record_id", "CODE LABORATOIRE": "laboratory_id", "DATE PRELEVEMENT": "sampled_on",
        "CIVILITE": "title", "NOM PATRONYMIQUE": "birth_name", "NOM USUEL": "used_name",
        "PRENOM": "first_names", "SEXE": "sex", "DATE NAISSANCE": "born_on",
        "NUMERO SECURITE SOCIALE": "nir", "ADRESSE POSTALE": "address", "COMMUNE": "city",
        "TELEPHONE": "landline", "PORTABLE": "mobile", "ADRESSE ELECTRONIQUE": "email",
        "COMMENTAIRE PATIENT": "comment_patient", "COMMENTAIRE DOSSIER": "comment_file",
        "DATE EDITION": "",
    },
    "camel case": {
        "labId": "laboratory_id", "samplingDate": "sampled_on", "birthName": "birth_name",
        "familyName": "used_name", "firstName": "first_names", "birthDate": "born_on",
        "postalCode": "postal_code", "phoneNumber": "landline", "mobileNumber": "mobile",
        "emailAddress": "email", "bloodGroup": "blood_group", "insurerId": "insurer_id",
        "prescriberLastName": "prescriber_last_name", "portalLogin": "portal_login",
        "portalPassword": "portal_password", "createdBy": "",
    },
    "database": {
        "pat_nom": "used_name", "pat_nom_naissance": "birth_name", "pat_prenom": "first_names",
        "pat_sexe": "sex", "pat_date_naissance": "born_on", "pat_num_secu": "nir",
        "pat_adresse": "address", "pat_cp": "postal_code", "pat_ville": "city",
        "pat_tel": "landline", "pat_portable": "mobile", "pat_mail": "email",
        "presc_nom": "prescriber_last_name", "presc_prenom": "prescriber_first_name",
        "presc_cp": "prescriber_postal_code", "presc_tel": "prescriber_phone",
        "prel_code": "", "date_prel": "sampled_on", "labo": "laboratory_id", "maj_le": "",
    },
    "joined words": {
        "DATENAISSANCE": "born_on", "NOMNAISSANCE": "birth_name", "NOMUSAGE": "used_name",
        "CODEPOSTAL": "postal_code", "DATEPRELEVEMENT": "sampled_on", "LASTNAME": "",
        "TELPORTABLE": "mobile", "GROUPESANGUIN": "blood_group", "EMAIL": "email",
        "MOTDEPASSE": "portal_password", "IDLABO": "laboratory_id", "ZZ1": "",
    },
    "a portal": {
        "Login": "portal_login", "Mot de passe": "portal_password", "Mail": "email",
        "Mobile": "mobile", "Date de passage": "sampled_on", "Laboratoire": "laboratory_id",
        "Nom de famille": "used_name", "Prénoms": "first_names", "Genre": "sex",
        "Date naiss.": "born_on", "N° SS": "nir", "Consentement": "",
    },
    "no names": {"column 1": "", "column 2": "", "C3": "", "Champ 4": ""},
}  # fmt: skip


def write(path: Path, style: dict[str, str]) -> Path:
    """Write a file under the headers of a style."""
    columns = [VALUES[field] for field in style.values()]
    rows = [";".join(style), *(";".join(cells) for cells in zip(*columns, strict=True))]
    path.write_text("\n".join(rows) + "\n", encoding="windows-1252")
    return path


def test_nine_columns_in_ten_are_proposed_rightly_and_none_wrongly(tmp_path: Path) -> None:
    n_right = n_columns = 0
    wrong = []
    for name, style in STYLES.items():
        _, reasons = propose_mapping(write(tmp_path / "a.csv", style), latest=LATEST)
        for column, field, is_sure, _ in reasons.itertuples(index=False):
            n_columns += style[column] != ""
            n_right += field == style[column] != ""
            if is_sure and field != style[column]:
                wrong.append((name, column, field))
    assert len(STYLES) >= 10
    assert wrong == []
    assert n_right / n_columns >= 0.95


@pytest.mark.parametrize("style", STYLES)
def test_what_must_be_left_alone_is_left_alone(tmp_path: Path, style: str) -> None:
    found, reasons = propose_mapping(write(tmp_path / "a.csv", STYLES[style]), latest=LATEST)
    alone = reasons.loc[reasons["target"].eq(""), "column"]
    strangers = [column for column, field in STYLES[style].items() if not field]
    assert set(found.columns).isdisjoint(alone)
    assert style == "joined words" or set(strangers) <= set(alone)


def test_values_that_contradict_a_header_leave_it_alone() -> None:
    guess = guess_field("Date de naissance", ["oui", "non", "oui"], latest=LATEST)
    assert guess.target is None
    assert "0% of the values are dates" in guess.reason


def test_a_number_that_repeats_numbers_no_line() -> None:
    assert guess_field("N° ligne", ["1", "1", "2"], latest=LATEST).target is None


def test_two_columns_for_one_field_are_both_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Mail;Courriel;Date prel\na@b.fr;c@d.fr;01/02/2018\n", "utf-8")
    found, reasons = propose_mapping(path, latest=LATEST)
    assert list(found.columns) == ["Date prel"]
    assert "could be email, but so could 'Courriel'" in reasons.loc[0, "reason"]


def test_values_alone_are_never_sure() -> None:
    guess = guess_field("C7", VALUES["nir"], latest=LATEST)
    assert (guess.target, guess.is_sure) == ("nir", False)
    assert guess_field("C8", VALUES["postal_code"], latest=LATEST).target is None


def test_no_value_of_the_file_stands_in_a_reason(tmp_path: Path) -> None:
    style = STYLES["French laboratory"]
    _, reasons = propose_mapping(write(tmp_path / "a.csv", style), latest=LATEST)
    told = "\n".join(describe_proposal(reasons))
    values = {v for field, vs in VALUES.items() if field for v in vs if len(v) > 4}
    assert not any(value in told for value in values)


def test_sexes_are_translated_and_lost_zeros_put_back(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Sexe;CP;Date prel\n1;1000;01/02/2018\n2;56000;01/02/2018\n", "utf-8")
    found, _ = propose_mapping(path, latest=LATEST)
    assert found.values == {"sex": {"1": "M", "2": "F"}}
    assert found.lost_zeros == ["postal_code"]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Nom du médecin prescripteur", "prescriber_last_name"),
        ("PRÉNOM", "first_names"),
        ("Pre\u0301nom", "first_names"),
        ("Adresse de la mutuelle", "insurer_address"),
        ("Nom médecin traitant", None),
        ("Date", None),
        ("", None),
    ],
)
def test_headers(header: str, field: str | None) -> None:
    assert read_header_name(header) == field


def test_a_nir_is_known_by_its_shape_and_checked_by_its_key() -> None:
    # The example of python-stdnum's own documentation.
    number, other = "2 95 10 99 126 111 93", "2 95 10 99 126 111 94"
    assert "100% with a valid key" in guess_field("NIR", [number], latest=LATEST).reason
    assert "50% with a valid key" in guess_field("NIR", [number, other], latest=LATEST).reason


@pytest.mark.parametrize(
    ("value", "semantic_type", "share"),
    [
        ("2 95 10 99 126 111 93", "a social security number", 1),
        ("1 85 05 2A 123 456 78", "a social security number", 1),
        ("9 95 10 99 126 111 93", "a social security number", 0),
        ("295109912611193", "a phone number", 0),
        ("2951099126111", "a phone number", 0),
        ("02.97.00.00.00", "a phone number", 1),
        ("mme.", "a title", 1),
        ("Féminin", "a sex", 1),
        ("AB pos", "a blood group", 1),
        ("L'HARIDON", "a name", 1),
        ("R2D2", "a name", 0),
        ("--", "a name", 0),
    ],
)
def test_values_are_told_by_their_shape(value: str, semantic_type: str, share: int) -> None:
    assert measure_share([value], semantic_type) == share


def test_the_date_format_is_the_one_that_fits_most() -> None:
    assert find_date_format(["01/31/2018", "02/03/2018"], latest=LATEST) == ("%m/%d/%Y", 1.0)
    assert find_date_format(["20180131", "20180203"], latest=LATEST) == ("%Y%m%d", 1.0)
    assert find_date_format(["31/01/18", "03/02/45"], latest=LATEST) == ("%d/%m/%y", 1.0)


def test_a_year_of_two_digits_is_never_in_the_future() -> None:
    assert read_day("01/01/20", ["%d/%m/%y"], latest=LATEST) == date(2020, 1, 1)
    assert read_day("01/01/22", ["%d/%m/%y"], latest=LATEST) == date(1922, 1, 1)
    assert read_day("29/02/00", ["%d/%m/%y"], latest=date(1999, 1, 1)) is None

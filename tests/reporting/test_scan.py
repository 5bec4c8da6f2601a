"""Every planted leak is found, and nothing in what is really published."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfWriter
from typer.testing import CliRunner

from analysis import cli
from analysis.reference import dictionary
from analysis.reporting import formats, passages, scan, wording
from analysis.reporting.passages import Passage
from analysis.reporting.scan import read_passages
from analysis.reporting.small_counts import list_small
from analysis.store.breach import Breach
from tests.breaches import ROOT, hand_made_rows, write_breach

NIR = "2 85 07 56 260 123 98"
PHONE = "06 39 98 12 34"
COUNT, RATE = "small count", "rate that gives a small count back"


def notebook(*outputs: dict[str, Any], prose: str = "") -> str:
    """Return a notebook with one cell of prose and one with these outputs."""
    shown = [{"output_type": "display_data", "data": data} for data in outputs]
    cells = [
        {"cell_type": "markdown", "source": [prose]},
        {"cell_type": "code", "source": [], "outputs": shown},
    ]
    return json.dumps({"cells": cells, "nbformat": 4})


def stream(text: str) -> str:
    """Return a notebook whose only output is a printed text."""
    output = {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}
    return json.dumps({"cells": [{"cell_type": "code", "source": "", "outputs": [output]}]})


def table(header: str, *rows: str) -> str:
    """Return an HTML table from words."""
    head = "".join(f"<th>{name}</th>" for name in header.split())
    body = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in row.split()) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def svg(inside: str) -> str:
    """Return a picture with these elements."""
    return f'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">{inside}</svg>'


def geojson(**properties: Any) -> str:
    """Return one feature with these properties."""
    point = {"type": "Point", "coordinates": [2.5, 7]}
    feature = {"type": "Feature", "geometry": point, "properties": properties}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


PRINTED = "          n_records  n_persons\ndep_code\n48               19          7\n"
SERIES = "category\nnir      124\nhealth     3\nName: n_persons, dtype: int64\n"
SPANNED = (
    '<table><thead><tr><th></th><th colspan="2">persons</th></tr>'
    "<tr><th>place</th><th>2018</th><th>2019</th></tr></thead>"
    "<tbody><tr><th>48</th><td>12</td><td>9</td></tr></tbody></table>"
)
ALT_COUNTS = "Map: Number of persons exposed. Highest: Eure (27): 951; Lozère (48): 7."
ALT_FRENCH = "Carte : Nombre de personnes exposées. Valeurs les plus élevées : Lozère (48) : 4."
PLANTED = [
    ("a.svg", svg("<title>Lozère: 7 persons</title>"), COUNT),
    ("b.svg", svg("<desc>Lozère : 3 personnes exposées</desc>"), COUNT),
    ("c.svg", svg("<text><tspan>7</tspan> persons</text>"), COUNT),
    ("d.svg", svg(f"<text>{PHONE}</text>"), "phone number"),
    ("a.txt", ALT_COUNTS, COUNT),
    ("b.txt", ALT_FRENCH, COUNT),
    ("a.geojson", geojson(dep_code="48", n_persons=5), COUNT),
    ("b.geojson", geojson(residents=76_000, rate_per_1000=0.0921), RATE),
    ("c.geojson", geojson(label="12 rue des Lilas"), "postal address"),
    ("a.csv", "dep_code,n_records\n27,300\n48,2\n", COUNT),
    ("b.csv", "dep_code;personnes\n27;300\n48;2\n", COUNT),
    ("c.csv", "dep_code,residents,rate_per_1000\n48,76000,0.0395\n", RATE),
    ("d.csv", "measure,2018,2019\npersons,300,4\n", COUNT),
    ("a.json", json.dumps({"cells": [{"n_persons": 8}]}), COUNT),
    ("b.json", json.dumps({"note": [f"her number is {NIR}"]}), "social security number"),
    ("a.html", table("dep_code n_persons", "27 300", "48 7"), COUNT),
    ("b.html", SPANNED, COUNT),
    ("c.html", "<p>In Lozère <b>7</b> persons are exposed.</p>", COUNT),
    ("d.html", '<img alt="Lozère: 6 people" src="x.png">', COUNT),
    ("e.html", "<p>0.05 per 1,000 of its 76,000 residents</p>", RATE),
    ("f.html", "<p>soit 5 % des 60 personnes</p>", RATE),
    ("g.html", "<p>jeanne.exemple@boite.invalid</p>", "e-mail address"),
    ("a.ipynb", stream(PRINTED), COUNT),
    ("b.ipynb", stream(SERIES), COUNT),
    ("c.ipynb", stream(f"nir {NIR.replace(' ', '')}"), "social security number"),
    ("d.ipynb", notebook({"text/html": table("place persons", "48 7")}), COUNT),
    ("e.ipynb", notebook({"image/png": "iVBOR", "text/plain": ALT_COUNTS}), COUNT),
    ("f.ipynb", notebook({"image/svg+xml": svg("<title>8 records</title>")}), COUNT),
    ("g.ipynb", notebook(prose="**Reading.** 9 persons live in Lozère."), COUNT),
    ("h.ipynb", notebook({"text/plain": "{'n_persons': 4}"}), COUNT),
    ("i.ipynb", notebook({"text/plain": "+33 6 39 98 12 34"}), "phone number"),
]
HARMLESS = [
    "No cell of 1 to 10 persons is shown.",
    "No count of 1 to 10 persons can be read or worked out; a hidden cell holds 1 person or more.",
    "Aucun effectif de 1 à 10 personnes ne peut être lu ; une case compte 1 personne ou plus.",
    "Cells hidden to protect persons: 3. Cells without any person: 0.",
    "Aucun effectif de 1 à 10 personnes n’est publié, ni moins de 5 personnes.",
    "171,001 persons, 2.08 persons per 1,000 residents",
    "In 2019 1\u202f234 personnes sont touchées, 36,2 % des 60 000 personnes",
    "Map: Persons exposed per 1,000 residents. Highest: Morbihan (56): 9; Eure (27): 5.",
    "At least 5 persons, 5 persons or more",
    "sha256 2850756260123ab1, version 0.18.25@1.2, 0.10115996762881035",
    "Why are two lines one person? Linkage joined two people, or any two persons.",
    "Each row is one person; une personne peut avoir plusieurs lignes.",
    "Nine people out of ten, 95 persons of 100, neuf personnes sur dix.",
    "12 of 96 départements, 17 persons with 8 categories, 1,028 persons with 1,020 records",
    "1,000 of 1,028 persons; 1 000 personnes sur 1 028; 1,020 records of 1,028 départements",
    "one hundred and eight people, vingt et un usagers, quatre-vingt-deux assurés",
    "cent deux clients",
    "two or three people, between five and ten customers, moins de huit abonnés",
    "06 people not records, 6 household, 2nd person, version 1.2 users",
    "In 2019 1 234 assurés, 12,345 members, 1.234 Personen",
    "ORCID 0000-0002-1825-0097, ISBN 978-2-07-036024-5, 2020-11-04T06:39:12",
    "samples taken from 2015-01-01 to 2020-10-31, in 3 routes and 12 places",
]


@pytest.mark.parametrize(("name", "content", "kind"), PLANTED, ids=lambda value: str(value)[:9])
def test_a_planted_leak_is_found(tmp_path: Path, name: str, content: str, kind: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    finds = scan.scan_files([tmp_path]).finds
    assert {find.kind for find in finds} == {kind}


@pytest.mark.parametrize("text", HARMLESS, ids=lambda text: text[:12])
def test_a_harmless_text_passes(text: str) -> None:
    assert not any(form.search(text) for form in passages.IDENTIFIERS.values())
    assert list(list_small(Passage("text", text), 11)) == []


def test_nothing_is_found_in_what_is_published(full_breach: Breach) -> None:
    """Neither shapes of identifiers, nor small counts, nor any value of an identifying column."""
    paths = [p for p in (ROOT / "notebooks", ROOT / "outputs") if p.exists()]
    paths += [p for p in ROOT.glob("*.md") if p.stat().st_size]
    assert scan.scan_files(paths, breach=full_breach).is_clean


def test_the_threshold_decides() -> None:
    passage = Passage("text", "11 persons")
    assert list(list_small(passage, 11)) == []
    assert list(list_small(passage, 20)) == [("text", COUNT)]


def test_a_rate_beside_its_shown_count_gives_nothing_new() -> None:
    row = (("n_persons", "11"), ("residents", "170,000"), ("rate_per_1000", "0.06 (0.04 to 0.1)"))
    assert list(list_small(Passage("row", "", row), 11)) == []


def test_a_rounded_rate_that_eleven_persons_fit_too_passes() -> None:
    """0.06 per 1,000 of 170,000 may be 10 or 11 persons; 0.064 to 0.065 is 11 only."""
    row = (("residents", "170,000"), ("rate_per_1000", "0.06"))
    assert list(list_small(Passage("row", "", row), 11)) == []


def test_a_picture_is_read_by_its_descriptions(tmp_path: Path) -> None:
    figure = plt.figure(figsize=(1, 1))
    figure.savefig(tmp_path / "a.png", metadata={"Description": "Lozère: 7 persons"})
    plt.close(figure)
    (find,) = scan.scan_files([tmp_path]).finds
    assert (find.where, find.kind) == ("description Description", COUNT)


def guarded_breach(folder: Path) -> Breach:
    """Store the dozen records with a name, a login and a comment each."""
    rows = hand_made_rows()
    for number, row in enumerate(rows):
        row |= {"first_names": "Éloïse-Anne", "used_name": "D'EXEMPLE"}
        row |= {"portal_login": f"portail{number}", "comment_patient": "dit avoir mal au genou"}
    return write_breach(folder / "breach", rows)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("vu ce jour : Eloise Anne d'Exemple", "first_names with used_name"),
        ("D’EXEMPLE, Éloïse-Anne", "first_names with used_name"),
        ("login portail7", "portal_login"),
        ("on lit « dit avoir mal au genou »", "comment_patient"),
    ],
)
def test_values_of_the_file_are_found_and_not_repeated(
    tmp_path: Path, text: str, field: str
) -> None:
    breach = guarded_breach(tmp_path)
    page = tmp_path / "page.txt"
    page.write_text(text, encoding="utf-8")
    (find,) = scan.scan_files([page], breach=breach).finds
    assert find.kind == f"value of {field}"
    assert not set(text.split()) & set(f"{find.where} {find.kind}".split())
    assert scan.scan_files([page]).is_clean


def test_every_guarded_field_is_in_the_dictionary() -> None:
    guarded = {name for field in passages.FIELDS for name in field.split(" with ")}
    assert guarded <= set(dictionary.read_dictionary().index)


def test_every_format_has_a_reader() -> None:
    assert {row["reader"] for row in scan.FORMATS.values()} <= {*scan.READERS}


def test_every_pattern_is_used_and_every_one_used_is_there() -> None:
    code = "".join(path.read_text() for path in Path(scan.__file__).parent.glob("*.py"))
    assert {name for name in passages.PATTERNS if f'"{name}"' not in code} == set()
    assert {*re.findall(r'PATTERNS\["(\w+)"\]', code)} <= {*passages.PATTERNS}


def test_a_path_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="does not exist"):
        scan.scan_files([tmp_path / "c.csv"])


def locked_pdf() -> bytes:
    """Return a PDF that needs a password."""
    writer, held = PdfWriter(), io.BytesIO()
    writer.add_blank_page(9, 9)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(held)
    return held.getvalue()


def drawn_pdf() -> bytes:
    """Return a PDF with a line and no letters."""
    held, figure = io.BytesIO(), plt.figure(figsize=(1, 1))
    figure.add_artist(plt.Line2D([0, 1], [0, 1]))
    figure.savefig(held, format="pdf")
    plt.close(figure)
    return held.getvalue()


def locked_zip() -> bytes:
    """Return a zip whose member says that it needs a password."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.txt", "x")
    data = bytearray(held.getvalue())
    data[6] |= 1  # the flag beside the member
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag in the list of members
    return bytes(data)


def bomb(n_layers: int, n_bytes: int) -> bytes:
    """Return a zip in a zip, and so on, of many zeros."""
    data = bytes(n_bytes)
    for _ in range(n_layers):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner.txt", data)
        data = held.getvalue()
    return data


UNREADABLE = [
    ("a.pdf", b"%PDF", "that cannot be read"),
    ("a.json", b"{", "that cannot be read"),
    ("a.ipynb", b"{}", "that cannot be read"),
    ("a.png", b"\x89PNG", "that cannot be read"),
    ("a.zip", b"PK\x03\x04", "that cannot be read"),
    ("a.bin", bytes(range(256)), ".bin file that cannot be read"),
    ("nameless", bytes(range(256)), "nameless file that cannot be read"),
    ("a.sqlite", b"SQLite format 3\0" + bytes(99), ".sqlite file that cannot be read"),
    ("b.pdf", locked_pdf(), "PDF that needs a password"),
    ("b.zip", locked_zip(), "member that needs a password"),
    ("c.zip", bomb(1, formats.LARGEST + 1), "member that unpacks to too much"),
    ("d.zip", bomb(12, 10), "part too deep or too large"),
    ("c.pdf", drawn_pdf(), "page without letters"),
    ("a.zst", zstandard.compress(bytes(range(99)) * 99)[:-9], "that cannot be read"),
    ("b.gz", gzip.compress(bytes(range(99)) * 99)[:-9], "that cannot be read"),
    ("a.gz", gzip.compress(bytes(formats.LARGEST + 1)), "file that unpacks to too much"),
]


@pytest.mark.parametrize(("name", "content", "kind"), UNREADABLE, ids=lambda value: str(value)[:9])
def test_what_cannot_be_read_is_told(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    (tmp_path / name).write_bytes(content)
    seen = scan.scan_files([tmp_path])
    assert kind in " ".join(scan.list_unread(seen))
    assert name in " ".join(scan.list_unread(seen))
    assert not seen.is_clean


def test_pixels_are_told_as_unread_and_do_not_stop_a_publication(tmp_path: Path) -> None:
    Image.new("L", (1, 1)).save(tmp_path / "a.png")
    seen = scan.scan_files([tmp_path])
    assert scan.list_unread(seen) == [f"not read, {formats.PIXELS}: {tmp_path / 'a.png'}"]
    assert seen.is_clean


def test_the_parts_of_one_file_have_a_limit_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "MOST", 30)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in "abc":
            archive.writestr(name, "x" * 12)
    unread = read_passages(tmp_path / "a.zip")[1]
    assert [part.where for part in unread] == ["member c"]


def test_a_broken_file_is_still_read_as_text(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(f'{{"tel": "{PHONE}"', encoding="utf-8")
    seen = scan.scan_files([tmp_path])
    assert {find.kind for find in seen.finds} == {"phone number"}
    assert len(seen.unread) == 1


def test_one_file_that_cannot_be_read_does_not_hide_another(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(range(256)))
    (tmp_path / "b.txt").write_text(PHONE, encoding="utf-8")
    seen = scan.scan_files([tmp_path])
    assert [find.file.name for find in seen.finds] == ["b.txt"]
    assert [file.name for file in seen.unread] == ["a.bin"]


def test_the_command_fails_on_a_find_and_names_no_value(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(f"call {PHONE}", encoding="utf-8")
    found = CliRunner().invoke(cli.app, ["scan", str(page)])
    assert found.exit_code != 0
    assert "page.txt: paragraph 1: phone number" in found.output
    assert "39 98" not in found.output


@pytest.mark.parametrize(("text", "n_found"), [("nothing to see", 0), (PHONE, 1)])
def test_the_command_always_says_what_it_did_not_read(
    tmp_path: Path, text: str, n_found: int
) -> None:
    (tmp_path / "page.txt").write_text(text, encoding="utf-8")
    (tmp_path / "page.pdf").write_bytes(b"%PDF")
    done = CliRunner().invoke(cli.app, ["scan", str(tmp_path)])
    assert done.exit_code == 1
    assert f"Places found: {n_found}. Files looked at: 2." in done.output
    assert f"cannot be read (PdfStreamError): {tmp_path / 'page.pdf'}" in done.output


def test_the_command_succeeds_where_all_was_read(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("nothing to see", encoding="utf-8")
    done = CliRunner().invoke(cli.app, ["scan", str(tmp_path)])
    assert done.exit_code == 0
    assert "all was read" in done.output


@given(st.integers(1, 3000), st.integers(2, 20), st.sampled_from(["en", "fr"]))
def test_a_count_is_found_if_it_is_below_the_threshold(n: int, threshold: int, lang: str) -> None:
    with wording.speaking(lang):
        written = wording.format_count(n)
    noun = "personnes" if lang == "fr" else "persons"
    text = Passage("text", f"Lozère : {written} {noun}.")
    cell = Passage("row", written, ((f"n_{noun}", written),))
    for passage in (text, cell):
        assert bool(list(list_small(passage, threshold))) == (n < threshold)

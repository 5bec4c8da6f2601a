"""Every planted leak is found, and nothing in what is really published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from analysis import cli
from analysis.reference import dictionary
from analysis.reporting import identifiers, scan, wording
from analysis.reporting.passages import Passage, read_passages
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
    "Cells hidden to protect persons: 3. Cells without any person: 0.",
    "Aucun effectif de 1 à 10 personnes n’est publié, ni moins de 5 personnes.",
    "171,001 persons, 2.08 persons per 1,000 residents",
    "In 2019 1\u202f234 personnes sont touchées, 36,2 % des 60 000 personnes",
    "Map: Persons exposed per 1,000 residents. Highest: Morbihan (56): 9; Eure (27): 5.",
    "At least 5 persons, 5 persons or more",
    "sha256 2850756260123ab1, version 0.18.25@1.2, 0.10115996762881035",
    "samples taken from 2015-01-01 to 2020-10-31, in 3 routes and 12 places",
]


@pytest.mark.parametrize(("name", "content", "kind"), PLANTED, ids=lambda value: str(value)[:9])
def test_a_planted_leak_is_found(tmp_path: Path, name: str, content: str, kind: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    finds = scan.scan_files([tmp_path])
    assert {find.kind for find in finds} == {kind}


@pytest.mark.parametrize("text", HARMLESS, ids=lambda text: text[:12])
def test_a_harmless_text_passes(text: str) -> None:
    assert identifiers.list_forms(text) == []
    assert list(list_small(Passage("text", text), 11)) == []


def test_nothing_is_found_in_what_is_published(full_breach: Breach) -> None:
    """Neither shapes of identifiers, nor small counts, nor any value of an identifying column."""
    paths = [p for p in (ROOT / "notebooks", ROOT / "outputs") if p.exists()]
    paths += [p for p in ROOT.glob("*.md") if p.stat().st_size]
    assert scan.scan_files(paths, breach=full_breach) == []


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
    (find,) = scan.scan_files([tmp_path])
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
    (find,) = scan.scan_files([page], breach=breach)
    assert find.kind == f"value of {field}"
    assert not set(text.split()) & set(f"{find.where} {find.kind}".split())
    assert scan.scan_files([page]) == []


def test_every_guarded_field_is_in_the_dictionary() -> None:
    guarded = {*identifiers.DIRECT, *identifiers.COMMENTS, *sum(identifiers.NAMES, ())}
    assert guarded <= set(dictionary.read_dictionary().index)


def test_unknown_and_broken_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    (tmp_path / "b.json").write_text("{")
    with pytest.raises(ValueError, match="cannot read this kind"):
        read_passages(tmp_path / "a.pdf")
    with pytest.raises(ValueError, match="not a readable"):
        read_passages(tmp_path / "b.json")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        scan.scan_files([tmp_path / "c.csv"])


def test_the_command_fails_on_a_find_and_names_no_value(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(f"call {PHONE}", encoding="utf-8")
    found = CliRunner().invoke(cli.app, ["scan", str(page)])
    assert found.exit_code != 0
    assert "page.txt: paragraph 1: phone number" in found.output
    assert "39 98" not in found.output


def test_the_command_says_what_it_read_and_what_not(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("nothing to see", encoding="utf-8")
    (tmp_path / "page.pdf").write_bytes(b"%PDF")
    passed = CliRunner().invoke(cli.app, ["scan", str(tmp_path)])
    assert passed.exit_code == 0
    assert "Nothing found. Files read: 1; kinds not read: .pdf" in passed.output


@given(st.integers(1, 3000), st.integers(2, 20), st.sampled_from(["en", "fr"]))
def test_a_count_is_found_if_it_is_below_the_threshold(n: int, threshold: int, lang: str) -> None:
    with wording.speaking(lang):
        written = wording.format_count(n)
    noun = "personnes" if lang == "fr" else "persons"
    text = Passage("text", f"Lozère : {written} {noun}.")
    cell = Passage("row", written, ((f"n_{noun}", written),))
    for passage in (text, cell):
        assert bool(list(list_small(passage, threshold))) == (n < threshold)

"""The README says what the notebooks print, shows what they draw and lists all of them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from matplotlib.testing.compare import compare_images

from analysis.disclosure import Ledger, release_edition
from analysis.exposure.coding import CodedRecords
from analysis.linkage import estimate_persons
from analysis.reporting import maps
from analysis.reporting.wording import speaking
from data_synthetic.simulation.releases import KEPT
from tests.breaches import ROOT
from tests.test_notebooks import NOTEBOOKS, numbers_in, printed, read

READMES = {"en": ROOT / "README.md", "fr": ROOT / "README.fr.md"}
LIKENESS = 3.0  # root mean square of pixels that a picture may differ by [of 255]
both = pytest.mark.parametrize("language", READMES)


def findings(language: str) -> str:
    """Return the section with the headline table, its decimals as in English."""
    text = READMES[language].read_text("utf-8").split("\n## ")[1]
    return re.sub(r"(?<=\d),(?=\d\d?\b(?!\d))", ".", text) if language == "fr" else text


@both
def test_every_headline_number_was_printed_by_a_notebook(language: str) -> None:
    cells = read(ROOT / "notebooks" / "00_start_here.ipynb").cells
    said = numbers_in("\n".join(map(printed, cells)))
    names = numbers_in(ROOT.joinpath("notebooks/00_start_here.ipynb").name)
    assert numbers_in(findings(language)) - names <= said


def test_the_number_of_persons_is_one_number_wherever_it_stands(full_coded: CodedRecords) -> None:
    estimate = estimate_persons(full_coded.breach)
    numbers = [estimate[name] for name in ("n_persons", "n_persons_low", "n_persons_high")]
    said = "{:,} ({:,} to {:,})".format(*numbers)
    assert said in READMES["en"].read_text("utf-8")
    in_french = "{:,} ({:,} à {:,})".format(*numbers).replace(",", " ")
    assert in_french in re.sub("[\u00a0\u202f]", " ", READMES["fr"].read_text("utf-8"))
    for number in ("00", "06", "08", "12"):  # page 12 states the facts of article 33
        (path,) = (path for path in NOTEBOOKS if path.stem.startswith(number))
        shown = [printed(cell).removeprefix(cell.source) for cell in read(path).cells]
        assert any(said in text for text in shown), path.stem


@both
def test_every_notebook_has_its_line(language: str) -> None:
    text = READMES[language].read_text("utf-8")
    assert re.findall(r"^\| `(\d\d_\w+)` \|", text, re.M) == [path.stem for path in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_line_of_a_notebook_is_its_title(path: Path) -> None:
    title = nbformat.read(path, as_version=4).cells[0].source.splitlines()[0].lstrip("# ")
    assert f"| `{path.stem}` | {title} |" in READMES["en"].read_text("utf-8")


@both
def test_the_two_commands_come_first(language: str) -> None:
    head = READMES[language].read_text("utf-8").split("\n## ")[0]
    assert head.index("make run") < head.index("make test") < 400


@both
def test_the_picture_is_the_map_as_drawn_today(
    full_coded: CodedRecords, tmp_path: Path, language: str
) -> None:
    name = full_coded.breach.manifest["content_hash"][:12]
    ledger = shutil.copyfile(KEPT / f"{name}.jsonl", tmp_path / "releases.jsonl")
    places = release_edition(full_coded, ledger=Ledger(ledger))["home"]["places"]
    drawn = tmp_path / "drawn.png"
    with speaking(language):
        drawn.write_bytes(maps.rate_map(places).to_png())
    stored = tmp_path / "stored.png"
    stored.write_bytes((ROOT / f"notebooks/pictures/00-rates.{language}.png").read_bytes())
    assert compare_images(str(stored), str(drawn), tol=LIKENESS) is None

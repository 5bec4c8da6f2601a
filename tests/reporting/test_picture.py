"""Drawings: descriptions that are rendered and saved."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

from analysis.reporting import charts, wording
from analysis.reporting.picture import save
from tests.releases import bar_release, make_release

SVG = "{http://www.w3.org/2000/svg}"
PNG_START = b"\x89PNG\r\n\x1a\n"
NAMES = [
    "bars.csv",
    "bars.audit.json",
    *(f"bars.{lang}.{end}" for lang in ("en", "fr") for end in ("svg", "png", "txt", "audit.html")),
]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    """Save one chart in both languages."""
    folder = tmp_path_factory.mktemp("drawings") / "new"
    return folder, save(folder, {"bars": charts.bars(bar_release())})


def words_of(figure: Figure) -> str:
    """Return all text of a figure."""
    found = figure.findobj(lambda artist: hasattr(artist, "get_text"))
    return "\n".join(artist.get_text() for artist in found)


def test_saving_writes_table_pictures_and_descriptions(saved: tuple[Path, pd.DataFrame]) -> None:
    folder, listed = saved
    assert {path.name for path in folder.iterdir()} == set(NAMES)
    assert listed.to_dict("list") == {"name": ["bars"], "files": [", ".join(NAMES)]}


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_svg_is_xml_with_title_description_and_text(
    saved: tuple[Path, pd.DataFrame], language: str
) -> None:
    root = ET.parse(saved[0] / f"bars.{language}.svg").getroot()
    described = (saved[0] / f"bars.{language}.txt").read_text(encoding="utf-8").strip()
    written = {"".join(element.itertext()) for element in root.iter(f"{SVG}text")}
    assert root.findtext(f"{SVG}desc") == described
    with wording.speaking(language):
        assert root.findtext(f"{SVG}title") == wording.text("title.bars.category")
        assert wording.format_count(478882) in written


def test_the_saved_table_keeps_hidden_cells_blank_and_says_synthetic(
    saved: tuple[Path, pd.DataFrame],
) -> None:
    table = pd.read_csv(saved[0] / "bars.csv").set_index("category")
    assert table["is_synthetic"].all()
    assert pd.isna(table.loc["email", "n_persons"])
    assert table.loc["email", "status"] == "suppressed"
    assert table.loc["credentials", "n_persons"] == 0


def test_saving_again_gives_the_same_bytes(
    saved: tuple[Path, pd.DataFrame], tmp_path: Path
) -> None:
    save(tmp_path, {"bars": charts.bars(bar_release())})
    assert [
        name for name in NAMES if (tmp_path / name).read_bytes() != (saved[0] / name).read_bytes()
    ] == []


def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.\./bars"):
        save(tmp_path, {"../bars": charts.bars(bar_release())})


def test_a_notebook_gets_a_picture_and_words() -> None:
    drawing = charts.bars(bar_release())
    with wording.speaking("fr"):
        data, metadata = drawing._repr_mimebundle_()
        assert data["text/plain"] == repr(drawing) == drawing.alt_text()
    assert data["text/plain"].startswith("Graphique")
    assert metadata["image/png"]["alt"] == data["text/plain"]
    assert drawing.to_png().startswith(PNG_START)


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_synthetic_shows_inside_the_picture(language: str) -> None:
    with wording.speaking(language):
        figure = charts.bars(bar_release()).render()
        assert wording.text("synthetic_notice") in words_of(figure)


def test_real_data_are_not_called_synthetic() -> None:
    release = make_release(bar_release().table, is_synthetic=False)
    assert "ynthetic" not in words_of(charts.bars(release).render())


def test_source_and_threshold_stand_in_the_picture() -> None:
    words = words_of(charts.bars(bar_release()).render())
    assert "content 3f9ac01b77d2" in words
    said = " ".join(words.split())
    assert "No count of 1 to 10 persons can be read or worked out; a hidden cell holds" in said
    assert "1 person or more, not necessarily so few." in said


def test_rendering_leaves_nothing_open_and_no_setting_changed() -> None:
    before = dict(pyplot.rcParams)
    charts.bars(bar_release()).to_svg()
    assert pyplot.get_fignums() == []
    assert dict(pyplot.rcParams) == before


def test_a_bare_table_cannot_be_drawn() -> None:
    with pytest.raises(TypeError, match=r"analysis\.disclosure\.release first"):
        charts.bars(bar_release().table)  # type: ignore[arg-type]


def test_saving_leaves_the_language_as_it_was(tmp_path: Path) -> None:
    with wording.speaking("fr"):
        save(tmp_path, {"bars": charts.bars(bar_release())})
        assert wording.current_language() == "fr"

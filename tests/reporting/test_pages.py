"""Pages: they open from disk, say that the data are synthetic, and need nothing from outside."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from analysis.reporting.pages import write_pages

PARAMETERS = 'FIGURES = "figures"'


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the pages of one small notebook that saves a table."""
    folder = tmp_path_factory.mktemp("edition")
    save = (
        "pathlib.Path(FIGURES).mkdir(parents=True); pathlib.Path(FIGURES, 'a.csv').write_text('x')"
    )
    cells = [
        nbformat.v4.new_markdown_cell("# How many?\n\nAsked by <readers>.\n\nMore."),
        nbformat.v4.new_code_cell("import pathlib"),
        nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(save),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    nbformat.write(notebook, folder / "00_question.ipynb")
    write_pages([folder / "00_question.ipynb"], folder / "outputs")
    return folder


def test_the_face_is_taken_without_what_few_calls_need() -> None:
    slow = {"papermill", "nbconvert", "nbformat", "mapclassify"}
    code = f"import sys, analysis.reporting; print({slow} & {{*sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_the_index_leads_to_every_page_and_file(pages: Path) -> None:
    index = (pages / "outputs" / "index.html").read_text("utf-8")
    linked = re.findall(r'href="([^"#]+)"', index)
    assert {"00_question.html", "figures/a.csv"} <= set(linked)
    assert all((pages / "outputs" / link).is_file() for link in linked)


def test_title_and_summary_are_written_as_text(pages: Path) -> None:
    index = (pages / "outputs" / "index.html").read_text("utf-8")
    assert "How many?" in index
    assert "Asked by &lt;readers&gt;." in index


@pytest.mark.parametrize("name", ["index.html", "00_question.html"])
def test_every_page_says_synthetic_and_loads_nothing(pages: Path, name: str) -> None:
    page = (pages / "outputs" / name).read_text("utf-8")
    assert "not the real breach" in page
    assert not re.search(r'(src|href)="(https?:)?//', page)
    assert "<script" not in page


def test_the_stored_notebook_is_left_alone(pages: Path) -> None:
    stored = nbformat.read(pages / "00_question.ipynb", as_version=4)
    executed = nbformat.read(pages / "outputs" / "notebooks" / "00_question.ipynb", as_version=4)
    assert all(cell.get("execution_count") is None for cell in stored.cells)
    assert any(cell.get("execution_count") for cell in executed.cells)


def test_the_folder_of_the_figures_is_not_on_the_page(pages: Path) -> None:
    page = (pages / "outputs" / "00_question.html").read_text("utf-8")
    assert str(pages) not in page
    assert "In [" not in page

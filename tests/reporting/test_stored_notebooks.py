"""What was read from somebody's file never enters a stored notebook."""

from __future__ import annotations

import asyncio
from pathlib import Path

import nbformat
import pytest
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

from analysis.reporting.pages import check_notebooks
from analysis.store.breach import write_manifest
from tests.breaches import ROOT, hand_made_rows, write_breach


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a synthetic breach and one that is somebody's."""
    for name, is_synthetic in [("drawn", True), ("theirs", False)]:
        breach = write_breach(tmp_path / name, hand_made_rows())
        write_manifest(breach.folder, {**breach.manifest, "is_synthetic": is_synthetic})
    (tmp_path / "notebooks").mkdir()
    return tmp_path


def write(folder: Path, source: str) -> Path:
    """Store a notebook that shows a number."""
    shown = nbformat.v4.new_output("execute_result", {"text/plain": "42"}, execution_count=1)
    cell = nbformat.v4.new_code_cell(source, outputs=[shown], execution_count=1)
    path = folder / "notebooks" / "a.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return path


FOREIGN = [
    'DATA = "../theirs"',
    'other = open_breach("../theirs/")',
    'DATA = "../" + "theirs"',
    'DATA = Path("..") / "theirs"',
    "not python at all",
]
SYNTHETIC = ['DATA = "../drawn"', 'DATA = "../nowhere"', 'x = "\\0"', "%matplotlib inline"]


@pytest.mark.parametrize("source", FOREIGN)
def test_a_notebook_on_a_foreign_file_is_refused(folder: Path, source: str) -> None:
    with pytest.raises(ValueError, match="not synthetic"):
        check_notebooks([write(folder, source)])


@pytest.mark.parametrize("source", SYNTHETIC)
def test_a_notebook_on_drawn_data_may_be_stored(folder: Path, source: str) -> None:
    check_notebooks([write(folder, source)])


def test_the_stored_notebooks_read_drawn_data_only() -> None:
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    assert notebooks
    check_notebooks(notebooks)


async def save(folder: Path, source: str) -> int:
    """Save a notebook as JupyterLab does; return the outputs stored."""
    hook = "analysis.reporting.clear_foreign_outputs"
    manager = AsyncLargeFileManager(root_dir=str(folder / "notebooks"), pre_save_hook=hook)
    model = await manager.get(write(folder, source).name)
    await manager.save(model, "a.ipynb")
    return len(nbformat.read(folder / "notebooks" / "a.ipynb", as_version=4).cells[0].outputs)


@pytest.mark.parametrize(("source", "n_outputs"), [(FOREIGN[0], 0), (SYNTHETIC[0], 1)])
def test_the_lab_saves_no_output_of_a_foreign_file(
    folder: Path, source: str, n_outputs: int
) -> None:
    assert asyncio.run(save(folder, source)) == n_outputs


def test_the_lab_is_started_with_the_guard() -> None:
    commands = (ROOT / "Makefile").read_text(encoding="utf-8")
    option = "--FileContentsManager.pre_save_hook=analysis.reporting.clear_foreign_outputs"
    assert commands.count(option) == commands.count("/jupyter lab ") == 1

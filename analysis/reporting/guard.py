"""Keep what was read from somebody's file out of stored notebooks."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat

from analysis import store

ADVICE = "run it as an executed copy: breach-impact pages --data FOLDER --notebooks NOTEBOOK"


def check_notebooks(paths: Sequence[Path]) -> None:
    """
    Check that stored notebooks read synthetic data only.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Notebooks that are to be kept.

    Raises
    ------
    ValueError
        If one of them names a breach that is not synthetic.
    """
    for path in paths:
        cells = nbformat.read(path, as_version=4).cells
        if reads_foreign_data(cells, path.parent):
            raise ValueError(f"{path} reads data that are not synthetic; {ADVICE}")


def clear_foreign_outputs(*, path: str, model: Any, contents_manager: Any, **_: Any) -> None:
    """
    Leave out the outputs of a notebook that is being saved, if it reads somebody's file.

    A hook of Jupyter, named by the option ``--FileContentsManager.pre_save_hook``.

    Parameters
    ----------
    path : str
        Where the notebook is saved, below the root of `contents_manager`.
    model : dict
        What is saved; its outputs are taken out.
    contents_manager : jupyter_server.services.contents.filemanager.FileContentsManager
        Jupyter's store of files.
    """
    if model["type"] != "notebook":
        return
    folder = Path(contents_manager.root_dir, path.strip("/")).parent
    if not reads_foreign_data(model["content"]["cells"], folder):
        return
    for cell in model["content"]["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    contents_manager.log.warning("%s: saved without outputs; %s", path, ADVICE)


def reads_foreign_data(cells: Sequence[Any], folder: Path) -> bool:
    """
    Say whether a notebook names a folder of records that are not synthetic.

    Parameters
    ----------
    cells : sequence of cells
        Cells of a notebook.
    folder : pathlib.Path
        Where its relative paths begin.

    Returns
    -------
    bool
        True too for code that cannot be read or that puts ``DATA`` together from parts: what it
        reads is not known.
    """
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        lines = [line for line in source.splitlines() if not line.startswith(("%", "!"))]
        try:
            tree = ast.parse("\n".join(lines))
        except SyntaxError:
            return True
        if any(_is_foreign(folder / text) for text in _list_texts(tree)) or _hides_data(tree):
            return True
    return False


def _list_texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _hides_data(tree: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Assign)
        and any(isinstance(name, ast.Name) and name.id == "DATA" for name in node.targets)
        and not isinstance(node.value, ast.Constant)
        for node in ast.walk(tree)
    )


def _is_foreign(folder: Path) -> bool:
    try:
        if not (folder / store.MANIFEST).is_file():
            return False
        manifest = store.open_manifest(folder)
    except (OSError, ValueError):  # a text that is no path; a manifest that cannot be read
        return False
    return "n_records" in manifest and not manifest.get("is_synthetic", False)

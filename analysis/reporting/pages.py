"""Notebooks on their way out: as pages a browser opens from disk, or stored without outputs."""

from __future__ import annotations

import ast
import html
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from string import Template
from typing import Any

from analysis import store
from analysis.reporting.wording import text

MADE = "pages.txt"  # kept beside the records: where their pages lie
INJECTED = "injected-parameters"  # the cell that sets the folder of the figures
PAGE = Template(Path(__file__).with_name("page.html").read_text("utf-8"))
INDEX = Template(Path(__file__).with_name("index.html").read_text("utf-8"))


def write_pages(
    notebooks: Sequence[Path], folder: Path, *, data: Path | None = None, processes: int = 1
) -> Path:
    """
    Execute notebooks and write a page each, with an index.

    Parameters
    ----------
    notebooks : sequence of pathlib.Path
        Notebooks, in reading order. The stored ones are not changed.
    folder : pathlib.Path
        Where ``NAME.html``, ``notebooks/NAME.ipynb``, ``figures/`` and ``index.html`` go.
    data : pathlib.Path, optional
        A stored breach to count instead of the one that the notebooks name.
    processes : int, default 1
        Notebooks executed at a time.

    Returns
    -------
    pathlib.Path
        The index page.

    Raises
    ------
    RuntimeError
        If a cell of a notebook fails; the message names both.
    """
    (folder / "notebooks").mkdir(parents=True, exist_ok=True)
    parameters = {"FIGURES": str((folder / "figures").resolve())}
    notice = "page.synthetic"
    if data is not None:
        parameters["DATA"] = str(data.resolve())
        is_synthetic = store.open_breach(data).manifest["is_synthetic"]
        notice = "page.synthetic" if is_synthetic else "page.foreign"
    write = partial(_write_page, folder, parameters, notice)
    entries = store.map_partitions(write, notebooks, processes=processes, label="writing pages")
    if data is not None:
        with (data / MADE).open("a", encoding="utf-8") as note:
            note.write(f"{folder.resolve()}\n")
    title, index = text("page.title"), folder / "index.html"
    lists = {"items": "\n".join(entries), "figures": _list_figures(folder / "figures")}
    contents = INDEX.substitute(lists, title=title)
    index.write_text(render_page(title, contents, notice), encoding="utf-8")
    return index


def _write_page(folder: Path, parameters: Mapping[str, str], notice: str, path: Path) -> str:
    """Execute one notebook and write its page; return its entry of the index."""
    import papermill

    stored = path.read_text(encoding="utf-8")
    wanted = {name: value for name, value in parameters.items() if f"{name} = " in stored}
    try:
        executed = papermill.execute_notebook(
            path, folder / "notebooks" / path.name, wanted, cwd=str(path.parent), progress_bar=False
        )
    except papermill.PapermillExecutionError as fault:
        # Its own class cannot travel from one process to another.
        raise RuntimeError(f"{path.name}: {fault}") from None
    title, summary = read_opening(executed)
    page = folder / f"{path.stem}.html"
    page.write_text(render_page(title, _body(executed), notice), encoding="utf-8")
    said = f"{html.escape(title)}</a><br>{html.escape(summary)}"
    return f'<li><a href="{page.name}">{said}</li>'


def list_pages(data: Path) -> list[Path]:
    """
    List the folders of pages that were made from a stored breach.

    Parameters
    ----------
    data : pathlib.Path
        Folder of the breach, which keeps the list.

    Returns
    -------
    list of pathlib.Path
        Those that are still there, in the order of their making.
    """
    note = data / MADE
    made = note.read_text(encoding="utf-8").splitlines() if note.is_file() else []
    return [Path(folder) for folder in dict.fromkeys(made) if Path(folder).is_dir()]


def read_opening(notebook: Any) -> tuple[str, str]:
    """
    Read the title and the first paragraph of a notebook.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Its first cell is its opening.

    Returns
    -------
    tuple of str
        Both, without marks; the paragraph is empty if there is none.

    Examples
    --------
    >>> import nbformat
    >>> cell = nbformat.v4.new_markdown_cell("# How many?\\n\\nAsked by readers.\\n\\nMore.")
    >>> read_opening(nbformat.v4.new_notebook(cells=[cell]))
    ('How many?', 'Asked by readers.')
    """
    blocks = notebook.cells[0].source.split("\n\n")
    return blocks[0].lstrip("# ").strip(), blocks[1].strip() if len(blocks) > 1 else ""


def render_page(title: str, body: str, notice: str) -> str:
    """
    Wrap a body into a page that needs nothing from the network.

    Parameters
    ----------
    title : str
        Title of the page, as text.
    body : str
        HTML of the page.
    notice : {'page.synthetic', 'page.foreign'}
        Text of the line above it.

    Returns
    -------
    str
        The page.
    """
    return PAGE.substitute(title=html.escape(title), notice=text(notice), body=body)


def _body(notebook: Any) -> str:
    from nbconvert import HTMLExporter

    options = ("embed_images", "exclude_input_prompt", "exclude_output_prompt")
    exporter = HTMLExporter(template_name="basic", **dict.fromkeys(options, True))
    cells = notebook.cells
    notebook.cells = [cell for cell in cells if INJECTED not in cell.metadata.get("tags", [])]
    return str(exporter.from_notebook_node(notebook)[0])


def _list_figures(folder: Path) -> str:
    """List each figure with links to its table, its pictures, its descriptions."""
    names: dict[str, list[str]] = defaultdict(list)
    for file in sorted(folder.glob("*")):
        name, _, end = file.name.partition(".")
        names[name].append(f'<a href="figures/{file.name}">{end}</a>')
    return "\n".join(f"<li>{name}: {', '.join(links)}</li>" for name, links in names.items())


def check_notebooks(paths: Sequence[Path]) -> None:
    """
    Check that stored notebooks read synthetic data only.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Notebooks that are to be kept.

    Returns
    -------
    None
        None of them is known or suspected to read other data.

    Raises
    ------
    ValueError
        If one of them names a breach that is not synthetic, or has code of which
        `reads_foreign_data` can't tell what it reads.
    """
    for path in paths:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        if reads_foreign_data(notebook["cells"], path.parent):
            raise ValueError(f"{path} reads data that are not synthetic; {text('page.advice')}")


def clear_foreign_outputs(*, path: str, model: Any, contents_manager: Any, **_: Any) -> None:
    """
    Save a notebook that reads somebody's file without its outputs.

    A hook of Jupyter, named by the option ``--FileContentsManager.pre_save_hook``.

    Parameters
    ----------
    path : str
        Where the notebook is saved, below the root of `contents_manager`.
    model : dict
        What is saved; its outputs are taken out.
    contents_manager : jupyter_server.services.contents.filemanager.FileContentsManager
        Jupyter's store of files.

    Returns
    -------
    None
        No code cell of such a notebook has outputs, or a number; any other model is as it was.
    """
    folder = Path(contents_manager.root_dir, path.strip("/")).parent
    if model["type"] != "notebook" or not reads_foreign_data(model["content"]["cells"], folder):
        return
    for cell in model["content"]["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    contents_manager.log.warning("%s: saved without outputs; %s", path, text("page.advice"))


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
    sources = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    lines = (line for source in sources for line in source.splitlines())
    try:
        tree = ast.parse("\n".join(line for line in lines if not line.startswith(("%", "!"))))
    except SyntaxError:
        return True
    return any(_hides_data(node) or _names_foreign(node, folder) for node in ast.walk(tree))


def _hides_data(node: ast.AST) -> bool:
    is_put_together = isinstance(node, ast.Assign) and not isinstance(node.value, ast.Constant)
    targets = getattr(node, "targets", []) if is_put_together else []
    return any(getattr(name, "id", "") == "DATA" for name in targets)


def _names_foreign(node: ast.AST, folder: Path) -> bool:
    try:
        manifest = store.open_manifest(folder / vars(node)["value"])
    except (KeyError, OSError, TypeError, ValueError):  # no text, no path, or no manifest
        return False
    return "n_records" in manifest and not manifest.get("is_synthetic", False)

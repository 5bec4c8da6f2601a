"""Run the pages of the project the way a reader does, and keep what they show."""

from __future__ import annotations

import ast
import hashlib
import pickle
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import nbformat

import analysis
from analysis import reference, store
from analysis.reporting import picture

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PARAMETERS = "parameters"  # tag of the cell that a reader changes
ENTERED = ("pages.txt",)  # what earlier runs left beside the records
ONE_PLACE = "05_one_departement"
ALL_PLACES = ("02_exposure_by_departement", "03_exposure_by_category")
BASES = ("home", "prescriber")
WINDOWS = (
    ("2015-01-01", "2020-11-01"),
    ("2015-01-01", "2020-10-01"),
    ("2016-01-01", "2020-11-01"),
)
READ = (".csv", ".json", ".txt")  # files of a picture; the others say the same once more


@dataclass(frozen=True)
class Shown:
    """
    What one run of a page showed.

    Attributes
    ----------
    page : str
        Stem of the notebook.
    parameters : dict of str to object
        What the reader knows: the parameters as they stood in this run.
    outputs : list of tuple of str and str
        Kind and content, in order: ``table`` (HTML), ``sentences``, ``picture`` (its alternative
        text) or ``text``.
    files : dict of str to str
        Content of the files saved, by name.
    refused : str
        Why the page stopped; empty if it did not.
    """

    page: str
    parameters: dict[str, Any]
    outputs: list[tuple[str, str]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    refused: str = ""


def plan_runs(
    *,
    pages: Sequence[str] | None = None,
    dep_codes: Sequence[str] | None = None,
    bases: Sequence[str] = BASES,
    windows: Sequence[tuple[str, str]] = WINDOWS,
) -> list[tuple[str, dict[str, Any]]]:
    """
    List the runs of an edition: all pages as stored, then those with parameters, varied.

    Parameters
    ----------
    pages : sequence of str, optional
        Stems of the notebooks run as they are stored. All by default.
    dep_codes : sequence of str, optional
        Départements that have a page of their own. All by default.
    bases : sequence of str, default ('home', 'prescriber')
        Place bases.
    windows : sequence of tuple of str
        First day in and first day out.

    Returns
    -------
    list of tuple of str and dict
        Page and parameters.

    Examples
    --------
    >>> runs = plan_runs(pages=[], dep_codes=["56"], bases=["home"], windows=WINDOWS[:1])
    >>> [page[:2] for page, _ in runs]
    ['02', '03', '05']
    """
    stems = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")) if pages is None else pages
    runs: list[tuple[str, dict[str, Any]]] = [(stem, {}) for stem in stems]
    for start, end in windows:
        for place in bases:
            chosen = {"START": start, "END": end, "PLACE": place}
            runs += [(page, chosen) for page in ALL_PLACES]
            codes = reference.list_dep_codes() if dep_codes is None else dep_codes
            runs += [(ONE_PLACE, {**chosen, "DEPARTEMENT": code}) for code in codes]
    return runs


def gather_edition(
    runs: Sequence[tuple[str, Mapping[str, Any]]], *, remember: bool = True
) -> list[Shown]:
    """
    Run pages one after the other on a copy of the breaches that they name.

    Parameters
    ----------
    runs : sequence of tuple of str and mapping
        Page and parameters, as `plan_runs` lists them.
    remember : bool, default True
        Whether a table that was counted and released in this edition is shown again as it was,
        without asking the gate a second time: 606 pages then ask for 18 tables.

    Returns
    -------
    list of Shown
        One per run, in their order.

    Raises
    ------
    FileNotFoundError
        If there is no such page.
    """
    with TemporaryDirectory() as folder, ExitStack() as stack:
        stack.enter_context(_without_pixels())
        if remember:
            for verb in ("release", "release_edition"):
                asked = _remember(getattr(analysis, verb))
                stack.enter_context(patch.object(analysis, verb, asked, create=True))
        copies: dict[str, Path] = {}
        return [run_page(page, chosen, Path(folder), copies) for page, chosen in runs]


def run_page(
    page: str, chosen: Mapping[str, Any], folder: Path, copies: dict[str, Path] | None = None
) -> Shown:
    """
    Run one page without a kernel.

    Parameters
    ----------
    page : str
        Stem of the notebook.
    chosen : mapping of str to object
        Parameters that differ from the stored ones.
    folder : pathlib.Path
        Where copies of breaches and files of pictures go.
    copies : dict of str to pathlib.Path, optional
        Copies made so far, by the folder that a page names; new ones are added.

    Returns
    -------
    Shown
        What it showed, up to the cell that failed if one did.

    Raises
    ------
    FileNotFoundError
        If there is no such page.
    """
    cells = _read_cells(page)
    names: dict[str, Any] = {"__name__": page}
    shown = Shown(page, {})
    saved = folder / "figures"
    shutil.rmtree(saved, ignore_errors=True)
    with chdir(NOTEBOOKS):
        for code, is_parameters in cells:
            try:
                value = _execute(code, names)
            except Exception as fault:  # whatever stops a page stops the reader
                return Shown(page, shown.parameters, shown.outputs, _read_files(saved), f"{fault}")
            if is_parameters:
                given = {key: names[key] for key in names if key.isupper()}
                moved = _move(given, folder, {} if copies is None else copies)
                shown.parameters.update({**given, **chosen})
                names.update({**given, **moved, **chosen})
            elif value is not None:
                shown.outputs.append(_display(value))
    return Shown(page, shown.parameters, shown.outputs, _read_files(saved))


@cache
def _read_cells(page: str) -> list[tuple[ast.Module, bool]]:
    cells = nbformat.read(NOTEBOOKS / f"{page}.ipynb", as_version=4).cells
    return [
        (ast.parse(cell.source), PARAMETERS in cell.metadata.get("tags", []))
        for cell in cells
        if cell.cell_type == "code"
    ]


def _execute(code: ast.Module, names: dict[str, Any]) -> Any:
    """Execute a cell; return the value of its last line, if that is an expression."""
    *before, last = code.body
    body = before if isinstance(last, ast.Expr) else code.body
    exec(compile(ast.Module(body, []), "<cell>", "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)


def _move(given: Mapping[str, Any], folder: Path, copies: dict[str, Path]) -> dict[str, str]:
    """Let a page read a copy of its breach, so that nothing is entered beside the real one."""
    moved = {"FIGURES": str(folder / "figures")} if "FIGURES" in given else {}
    if "DATA" not in given:
        return moved
    named = given["DATA"]
    if named not in copies:
        copies[named] = folder / f"breach-{len(copies)}"
        shutil.copytree(named, copies[named], ignore=shutil.ignore_patterns(*ENTERED))
        store.open_breach(copies[named])
    return {**moved, "DATA": str(copies[named])}


def _display(value: Any) -> tuple[str, str]:
    if isinstance(value, picture.Drawing):
        return "picture", value.alt_text()
    if hasattr(value, "_repr_markdown_"):
        return "sentences", value._repr_markdown_()
    if hasattr(value, "_repr_html_"):
        return "table", value._repr_html_()
    return "text", repr(value)


def _read_files(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.glob("*") if path.suffix in READ)
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


@contextmanager
def _without_pixels() -> Iterator[None]:
    """Draw no picture: its file of numbers says all that it shows, and takes no second."""
    with (
        patch.object(picture.Drawing, "to_png", lambda _: b""),
        patch.object(picture.Drawing, "to_svg", lambda drawing: drawing.alt_text()),
    ):
        yield


def _remember(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Let a verb answer, or refuse, what it was asked before as it did then."""
    answers: dict[bytes, Any] = {}

    def ask(*arguments: Any, **options: Any) -> Any:
        asked = hashlib.sha256(pickle.dumps((arguments, options))).digest()
        if asked not in answers:
            try:
                answers[asked] = verb(*arguments, **options)
            except Exception as fault:  # a refusal is an answer
                answers[asked] = fault
        if isinstance(answers[asked], Exception):
            raise answers[asked]
        return answers[asked]

    return ask

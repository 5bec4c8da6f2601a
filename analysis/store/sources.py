"""What code a result is made by: a module and all that it imports, as one hash."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import analysis

ROOT = Path(analysis.__file__).parents[1]
PACKAGES = ("analysis", "data_synthetic.simulation")


@cache
def hash_sources(module: str) -> str:
    """
    Hash the code and the tables that a module rests on.

    Parameters
    ----------
    module : str
        Dotted name, such as ``analysis.linkage.link``.

    Returns
    -------
    str
        A sha256 in hexadecimal; comments, docstrings and blank lines do not change it.

    Raises
    ------
    FileNotFoundError
        If there is no such module.
    """
    digest = hashlib.sha256()
    for path in list_sources(module):
        content = strip_words(path) if path.suffix == ".py" else path.read_bytes()
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + content)
    return digest.hexdigest()


def list_sources(module: str) -> list[Path]:
    """
    List the files that a module rests on.

    A module of its own room counts alone, another room as a whole; with a module come the tables
    of its folder that it names.

    Parameters
    ----------
    module : str
        Dotted name.

    Returns
    -------
    list of pathlib.Path
        Sorted paths, the module's own among them.
    """
    waiting, found = [_find(module)], set[Path]()
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        if path.suffix == ".py":
            waiting += [*_list_imports(path), *_list_tables(path)]
    return sorted(found)


def strip_words(path: Path) -> bytes:
    """
    Leave comments, docstrings and blank lines out of a module.

    Parameters
    ----------
    path : pathlib.Path
        A Python file.

    Returns
    -------
    bytes
        What is left, line by line.
    """
    source = path.read_text(encoding="utf-8")
    told: set[int] = set()
    for node in ast.walk(_parse(path)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            told.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = enumerate(source.splitlines(), start=1)
    kept = [text for number, text in lines if number not in told and text.strip()]
    return "\n".join(text for text in kept if not text.lstrip().startswith("#")).encode()


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _find(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _list_imports(path: Path) -> Iterator[Path]:
    room = path.parent
    for name in _name_imports(_parse(path)):
        target = _find(name)
        if not target.is_file():
            continue  # a name of a module, not a module
        if target.parent == room or not _is_room(target.parent):
            yield target
        else:
            yield from sorted(target.parent.glob("*.py"))


def _name_imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGES):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith(PACKAGES))


def _is_room(folder: Path) -> bool:
    return folder != ROOT / "analysis"


def _list_tables(path: Path) -> Iterator[Path]:
    source = path.read_text(encoding="utf-8")
    tables = (
        p for p in path.parent.iterdir() if p.suffix in (".csv", ".json", ".yaml", ".geojson")
    )
    return (table for table in tables if table.name in source)

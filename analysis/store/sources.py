"""What code a result is made by: a module and all that it imports, as one hash."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLES = (".csv", ".geojson", ".json", ".yaml")
PACKAGES = ("analysis", "data_synthetic")


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
    List the files that a module rests on: what Python loads with it, and tables.

    A face that loads its whole room counts with the whole room; with a module come the tables of
    its folder that it names.

    Parameters
    ----------
    module : str
        Dotted name.

    Returns
    -------
    list of pathlib.Path
        Sorted paths, the module's own among them.

    Raises
    ------
    FileNotFoundError
        If there is no such module.
    """
    parents = module.split(".")
    waiting = [_find(".".join(parents[: k + 1])) for k in range(len(parents))]
    found = set[Path]()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [*_list_imports(path), *_list_tables(path)] if path.suffix == ".py" else []
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
    """List the modules that are loaded with one, packages above them included."""
    for name in _name_imports(_parse(path)):
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            target = _find(".".join(parts[:length]))
            if target.is_file():  # else a name of a module, not a module
                yield target


def _name_imports(tree: ast.Module) -> Iterator[str]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGES):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith(PACKAGES))
        waiting += ast.iter_child_nodes(node)


def _list_tables(path: Path) -> Iterator[Path]:
    source = path.read_text(encoding="utf-8")
    beside = (table for table in path.parent.iterdir() if table.suffix in TABLES)
    return (table for table in beside if table.name in source)

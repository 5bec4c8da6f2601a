"""A result that is made once, knows what it was made from, and is whole or absent."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis.store.breach import STAMP, read_json, replace_folder, write_json

ROOT = Path(__file__).parents[2]
TABLES = (".csv", ".geojson", ".json", ".yaml")
PACKAGES = ("analysis", "data_synthetic")
READY, STALE, ABSENT = "ready", "stale", "absent"


@dataclass(frozen=True)
class Stage:
    """
    A derived result in a folder of its own.

    Attributes
    ----------
    name : str
        What the result is called in messages.
    folder : pathlib.Path
        Folder that holds the result and nothing else.
    made_by : str
        Dotted name of the module that builds it. All that this module imports counts as its
        making: modules of its own room one by one, other rooms whole.
    build : callable
        Takes an empty folder, fills it, and returns what the stamp is to say besides.
    needs : tuple of Stage
        Stages that must be ready before.
    inputs : mapping of str to str
        Fingerprints of what else it is made from, and its parameters.
    libraries : tuple of str
        Packages whose version shapes the result.
    heal : str
        Command that makes it again.
    """

    name: str
    folder: Path
    made_by: str
    build: Callable[[Path], Mapping[str, Any] | None]
    needs: tuple[Stage, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    libraries: tuple[str, ...] = ()
    heal: str = "make data"

    def fingerprint(self) -> str:
        """
        Hash all that decides the result: code, inputs, parameters, versions, earlier stages.

        Returns
        -------
        str
            A sha256 in hexadecimal.
        """
        parts = {
            "code": hash_sources(self.made_by),
            "needs": [need.fingerprint() for need in self.needs],
            "inputs": dict(self.inputs),
            "libraries": {name: version(name) for name in self.libraries},
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def read_stamp(self) -> dict[str, Any]:
        """
        Read what the result says of itself.

        Returns
        -------
        dict
            The stamp; empty if there is no whole result.
        """
        return read_json(self.folder / STAMP)

    def status(self) -> str:
        """
        Say whether the result can be used.

        Returns
        -------
        str
            ``ready``, ``stale`` (made from something else than would make it now) or ``absent``.
        """
        stamp = self.read_stamp()
        if not stamp:
            return ABSENT
        return READY if stamp["fingerprint"] == self.fingerprint() else STALE

    def open(self) -> Path:
        """
        Open the result.

        Returns
        -------
        pathlib.Path
            Its folder.

        Raises
        ------
        FileNotFoundError
            If it is absent or stale; the message names what makes it again.
        """
        if (status := self.status()) != READY:
            raise FileNotFoundError(f"{self.name} at {self.folder}: {status}; run `{self.heal}`")
        return self.folder

    def ensure(self) -> Path:
        """
        Make the result, and what it needs, unless it is ready.

        Returns
        -------
        pathlib.Path
            Its folder.
        """
        for need in self.needs:
            need.ensure()
        if self.status() != READY:
            with self.writing() as (aside, said):
                said.update(self.build(aside) or {})
        return self.folder

    @contextmanager
    def writing(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """
        Fill the folder aside, stamp it, and put it in place; on an error nothing is changed.

        Yields
        ------
        tuple of pathlib.Path and dict
            An empty folder, and what the stamp is to say besides.
        """
        said: dict[str, Any] = {}
        fingerprint = self.fingerprint()  # of the code that is about to run, not of a later edit
        with replace_folder(self.folder) as aside:
            yield aside, said
            stamp = {"stage": self.name, "fingerprint": fingerprint, **said}
            write_json(stamp, aside / STAMP)


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
    """
    waiting, found = [*_find(module)], set[Path]()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _list_needs(path) if path.suffix == ".py" else []
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
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            continue
        if ast.get_docstring(node):
            told.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = enumerate(source.splitlines(), start=1)
    kept = [text for number, text in lines if number not in told and text.strip()]
    return "\n".join(text for text in kept if not text.lstrip().startswith("#")).encode()


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _find(name: str) -> Iterator[Path]:
    """List the modules that are loaded for a dotted name, packages above it included."""
    path = ROOT
    for part in name.split("."):
        path /= part
        module = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if module.is_file():  # else a name of a module, not a module
            yield module


def _list_needs(path: Path) -> Iterator[Path]:
    """List the modules that are loaded with one, and the tables beside it that it names."""
    source = path.read_text(encoding="utf-8")
    beside = (table for table in path.parent.iterdir() if table.suffix in TABLES)
    yield from (table for table in beside if table.name in source)
    for name in _name_imports(_parse(path)):
        yield from _find(name)


def _name_imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGES):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith(PACKAGES))

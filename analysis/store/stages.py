"""A result that is made once, knows what it was made from, and is whole or absent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis.store.breach import STAMP, replace_folder
from analysis.store.sources import hash_sources

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
        path = self.folder / STAMP
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

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
            text = json.dumps(stamp, indent=2, ensure_ascii=False, default=str)
            (aside / STAMP).write_text(text + "\n", encoding="utf-8")

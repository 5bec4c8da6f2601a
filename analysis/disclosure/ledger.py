"""What was released of one breach, in order: what every reader may have already."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock

from analysis.exposure import Source
from analysis.store import RELEASES

FIRST = "0" * 64  # what the first release of a ledger names as the one before it

Entry = dict[str, Any]


@dataclass
class Ledger:
    """
    Releases of one breach, each chained to the one before.

    Attributes
    ----------
    path : pathlib.Path, optional
        File with one line of JSON for each release; made if it is not there. Without one the
        releases are kept as long as the object lives.
    """

    path: Path | None = None
    _kept: list[Entry] = field(default_factory=list, repr=False)

    @contextmanager
    def hold(self) -> Iterator[list[Entry]]:
        """
        Keep others from releasing until this release is entered.

        Yields
        ------
        list of dict
            The releases so far, as `read` returns them.

        Raises
        ------
        ValueError
            As `read` does.
        """
        path = self.path
        with FileLock(path.with_name(path.name + ".lock")) if path else nullcontext():
            yield self.read()

    def read(self) -> list[Entry]:
        """
        Read the releases, and check that none was changed or taken out.

        Returns
        -------
        list of dict
            In the order of release: ``previous`` and ``hash`` (which chain them), ``key`` (of
            what was asked), ``source`` (of the records), ``audit``, ``tables`` (name to cells) and
            ``known`` (what measures gave away): nothing that was not published.

        Raises
        ------
        ValueError
            If a line was changed, taken out or moved.
        """
        if self.path is None:
            return self._kept
        entries, previous = list[Entry](), FIRST
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        for number, line in enumerate(lines, start=1):
            entry = json.loads(line)
            if entry["previous"] != previous or entry["hash"] != hash_entry(entry):
                raise ValueError(
                    f"{self.path}, line {number}: this release or one before it was changed or "
                    "taken out; restore the file, for what is released now can't be checked "
                    "without it"
                )
            entries.append(entry)
            previous = entry["hash"]
        return entries

    def add(self, content: Mapping[str, Any]) -> Entry:
        """
        Add a release at the end.

        Parameters
        ----------
        content : mapping
            All of a release but its ``previous`` and ``hash``.

        Returns
        -------
        dict
            The line added.
        """
        entries = self.read()
        entry = {**content, "previous": entries[-1]["hash"] if entries else FIRST}
        entry["hash"] = hash_entry(entry)
        if self.path is None:
            self._kept.append(entry)
        else:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, sort_keys=True, ensure_ascii=False) + "\n")
        return entry


def open_ledger(source: Source) -> Ledger:
    """
    Open the ledger of the breach that something was counted from.

    Parameters
    ----------
    source : Source
        What was counted.

    Returns
    -------
    Ledger
        The file in its folder; one that is not kept where there is none.
    """
    return Ledger(source.folder / RELEASES if source.folder else None)


def hash_entry(entry: Mapping[str, Any]) -> str:
    """
    Hash all of a release but its own hash.

    Parameters
    ----------
    entry : mapping
        A release as a ledger keeps it, with or without its ``hash``; all of it can be written as
        JSON.

    Returns
    -------
    str
        SHA-256 of its JSON with sorted keys: 64 hexadecimal digits.
    """
    content = {name: value for name, value in entry.items() if name != "hash"}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()

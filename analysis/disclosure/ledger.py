"""What was released before: a file to which releases are added, and from which none is taken."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FIRST = "0" * 64


def read_ledger(path: Path) -> list[dict[str, Any]]:
    """
    Read the releases of a ledger, and check that none was changed or taken out.

    Parameters
    ----------
    path : pathlib.Path
        The file: one line of JSON for each release. If it is not there, nothing was released.

    Returns
    -------
    list of dict
        In the order of release: ``previous`` and ``hash`` (which chain them), ``source`` (of
        the records), ``audit``, ``tables`` (name to cells). A cell has its labels and what was
        shown of it: nothing that was not published.

    Raises
    ------
    ValueError
        If a line was changed, taken out or moved.
    """
    entries: list[dict[str, Any]] = []
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for number, line in enumerate(lines, start=1):
        entry = json.loads(line)
        if entry["previous"] != last_hash(entries) or entry["hash"] != hash_entry(entry):
            raise ValueError(
                f"{path}, line {number}: this release or one before it was changed or taken "
                "out; restore the file, for earlier releases can't be checked without it"
            )
        entries.append(entry)
    return entries


def add_entry(path: Path, content: Mapping[str, Any]) -> dict[str, Any]:
    """
    Add a release at the end of a ledger.

    Parameters
    ----------
    path : pathlib.Path
        The file; made if it is not there.
    content : mapping
        ``source``, ``audit`` and ``tables`` of the release.

    Returns
    -------
    dict
        The line added, with ``previous`` and ``hash``.
    """
    entry = {**content, "previous": last_hash(read_ledger(path))}
    entry["hash"] = hash_entry(entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry, sort_keys=True, ensure_ascii=False) + "\n")
    return entry


def last_hash(entries: Sequence[Mapping[str, Any]]) -> str:
    """Return the hash that the next release names as its predecessor's."""
    return str(entries[-1]["hash"]) if entries else FIRST


def hash_entry(entry: Mapping[str, Any]) -> str:
    """Hash all of a release but its own hash."""
    content = {name: value for name, value in entry.items() if name != "hash"}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()

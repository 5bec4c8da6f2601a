"""Look through files, before they are published, for what must not stand in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.disclosure import read_rule
from analysis.reporting.identifiers import find_values, list_forms, list_runs
from analysis.reporting.passages import READERS, Passage, read_passages
from analysis.reporting.small_counts import list_small
from analysis.store import Breach


@dataclass(frozen=True)
class Find:
    """
    Something that must not be published.

    Attributes
    ----------
    file : pathlib.Path
        File it stands in.
    where : str
        Place within the file, with the column if there is one.
    kind : str
        What it is; never its value.
    """

    file: Path
    where: str
    kind: str


def list_files(paths: Sequence[Path]) -> list[Path]:
    """
    List the files to scan: those named, and within folders all of a kind that can be read.

    Raises
    ------
    FileNotFoundError
        If a path does not exist.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"{path} does not exist; name files or folders to scan")
        if path.is_dir():
            found |= dict.fromkeys(p for p in sorted(path.rglob("*")) if p.suffix in READERS)
        else:
            found[path] = None
    return list(found)


def list_unread(paths: Sequence[Path]) -> list[str]:
    """List the kinds of file within folders that the scan passes over."""
    inside = (p for path in paths if path.is_dir() for p in path.rglob("*") if p.is_file())
    return sorted({p.suffix or p.name for p in inside} - READERS.keys())


def scan_files(
    paths: Sequence[Path], *, breach: Breach | None = None, threshold: int | None = None
) -> list[Find]:
    """
    Look through files for identifiers and counts below the threshold.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Files or folders about to be published.
    breach : Breach, optional
        Where the values come from that must not stand anywhere; without it, only what has the
        form of an identifier is found.
    threshold : int, optional
        Smallest number of persons or records that may be shown; the default is the gate's.

    Returns
    -------
    list of Find
        Empty if nothing was found; in the order of files and places.

    Raises
    ------
    FileNotFoundError
        If a path does not exist.
    ValueError
        If a file cannot be read.

    Notes
    -----
    Pixels are not read: a picture's numbers are those of the text and table beside it. Numbers
    written as words, and bare numbers without a word that says what they count, are not found.
    """
    smallest = read_rule("health", threshold=threshold).threshold
    passages = {path: read_passages(path) for path in list_files(paths)}
    everything = (passage for inside in passages.values() for passage in inside)
    known = find_values(everything, breach) if breach else {}
    finds = [
        Find(path, where, kind)
        for path, inside in passages.items()
        for passage in inside
        for where, kind in _scan_passage(passage, known, smallest)
    ]
    return list(dict.fromkeys(finds))


def _scan_passage(
    passage: Passage, known: Mapping[str, str], threshold: int
) -> Iterator[tuple[str, str]]:
    for kind in list_forms(passage.text):
        yield passage.where, kind
    if known:
        for run in sorted(list_runs(passage.text) & known.keys()):
            yield passage.where, f"value of {known[run]}"
    yield from list_small(passage, threshold)

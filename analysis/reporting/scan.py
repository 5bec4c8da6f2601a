"""Look through files, before they are published, for what must not stand in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from analysis import reference, store
from analysis.disclosure import read_rule
from analysis.reporting.binaries import PIXELS
from analysis.reporting.passages import Passage, Unread
from analysis.reporting.patterns import FIELDS, IDENTIFIERS, PATTERNS
from analysis.reporting.reading import read_passages
from analysis.reporting.small_counts import list_small

COMPARED = 6  # first words of a value that are compared
# The runs that are the first words of one of the `{values}` in SQL, of `{n_words}` words or more;
# what has less than six characters is an ordinary word.
FIND_RUNS = r"""
    with held as (select distinct unnest([{values}]) as value from records),
    plain as (
        select trim(regexp_replace(strip_accents(lower(value)), '[^\pL\pN]+', ' ', 'g')) as said
        from held),
    firsts as (select string_split(said, ' ') as words from plain where length(said) >= 6)
    select array_to_string(words[1:{compared}], ' ') from firsts where len(words) >= {n_words}
    intersect select run from runs
"""


class Find(NamedTuple):
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


class Scan(NamedTuple):
    """
    What a scan found, and what it could not read.

    Attributes
    ----------
    finds : list of Find
        Empty if nothing was found; in the order of files and places.
    unread : mapping of pathlib.Path to list of Unread
        Files that were not read, wholly or in part.
    n_files : int
        Files looked at.
    """

    finds: list[Find]
    unread: Mapping[Path, list[Unread]]
    n_files: int

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found, and nothing but pixels is unread."""
        kinds = {unread.kind for inside in self.unread.values() for unread in inside}
        return not self.finds and kinds <= {PIXELS}


def list_unread(scan: Scan) -> list[str]:
    """
    Say what a scan could not read, one line for each kind.

    Parameters
    ----------
    scan : Scan
        The scan.

    Returns
    -------
    list of str
        Kind, then the files with the place inside them; empty if all was read.

    Examples
    --------
    >>> list_unread(Scan([], {Path("a.png"): [Unread("", "pixels of a picture")]}, 1))
    ['not read, pixels of a picture: a.png']
    """
    places: dict[str, list[str]] = {}
    for file, inside in scan.unread.items():
        for kind in dict.fromkeys(unread.kind for unread in inside):
            found = [unread.where for unread in inside if unread.kind == kind]
            place = found[0] if len(found) == 1 else f"{len(found)} places"
            places.setdefault(kind, []).append(f"{file} ({place})" if place else f"{file}")
    return [f"not read, {kind}: {', '.join(places[kind])}" for kind in sorted(places)]


def list_runs(text: str) -> set[str]:
    """
    List the runs of one to `COMPARED` words, without accents or capitals.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    set of str
        Words parted by one space.

    Examples
    --------
    >>> sorted(list_runs("Éloïse d'Exemple"))
    ['d', 'd exemple', 'eloise', 'eloise d', 'eloise d exemple', 'exemple']
    """
    letters = unicodedata.normalize("NFD", text.lower())
    plain = "".join(c for c in letters if not unicodedata.combining(c))
    words = PATTERNS["run_word"].findall(plain)
    return {
        " ".join(words[start : start + length])
        for start in range(len(words))
        for length in range(1, COMPARED + 1)
    }


def find_values(passages: Iterable[Passage], breach: store.Breach) -> Mapping[str, str]:
    """
    Look all runs of words up among the values of a breach.

    Parameters
    ----------
    passages : iterable of Passage
        Texts about to be published.
    breach : Breach
        Where the values come from.

    Returns
    -------
    mapping of str to str
        Runs that are a value of the breach, and its field. Surnames and first names count only
        together, in either order; long values are compared by their first words.
    """
    runs = {run for passage in passages for run in list_runs(passage.text)}
    views = {"records": breach.partitions("records")}
    found: dict[str, str] = {}
    with store.open_views(views, schemas={"records": reference.record_schema()}) as connection:
        connection.register("runs", pa.table({"run": pa.array(sorted(runs), pa.string())}))
        for field, n_words in FIELDS.items():
            orders = (" || ' ' || ".join(names) for names in permutations(field.split(" with ")))
            sizes = {"n_words": n_words, "compared": COMPARED}
            met = connection.sql(FIND_RUNS.format(values=", ".join(orders), **sizes)).fetchall()
            found |= {run: field for (run,) in met}
    return found


def scan_files(
    paths: Sequence[Path], *, breach: store.Breach | None = None, threshold: int | None = None
) -> Scan:
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
    Scan
        What was found, and what could not be read.

    Raises
    ------
    FileNotFoundError
        If a path does not exist.
    ValueError
        If `threshold` is not allowed.

    Notes
    -----
    Pixels are not read: a picture's numbers are those of the text and table beside it. Bare
    numbers without a word that says what they count are not found.
    """
    smallest = read_rule("health", threshold=threshold).threshold
    if lost := [path for path in paths if not path.exists()]:
        raise FileNotFoundError(f"{lost[0]} does not exist; name files or folders to scan")
    inside = dict.fromkeys(file for path in paths for file in (path, *sorted(path.rglob("*"))))
    readings = {file: read_passages(file) for file in inside if not file.is_dir()}
    everything = (said for reading in readings.values() for said in reading.passages)
    known = find_values(everything, breach) if breach else {}
    finds = [
        Find(path, where, kind)
        for path, reading in readings.items()
        for passage in reading.passages
        for where, kind in _scan_passage(passage, known, smallest)
    ]
    unread = {path: reading.unread for path, reading in readings.items() if reading.unread}
    return Scan(list(dict.fromkeys(finds)), unread, len(readings))


def _scan_passage(
    passage: Passage, known: Mapping[str, str], threshold: int
) -> Iterator[tuple[str, str]]:
    met = [kind for kind, form in IDENTIFIERS.items() if form.search(passage.text)]
    if known:
        runs = sorted(list_runs(passage.text) & known.keys())
        met += [f"value of {known[run]}" for run in runs]
    yield from ((passage.where, kind) for kind in met)
    yield from list_small(passage, threshold)

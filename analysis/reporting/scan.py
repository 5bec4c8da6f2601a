"""Look through files, before they are published, for what must not stand in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from analysis import reference, store
from analysis.disclosure import read_rule
from analysis.reporting.binaries import PIXELS
from analysis.reporting.passages import Passage, Unread
from analysis.reporting.patterns import FIELDS, IDENTIFIERS, PATTERNS
from analysis.reporting.reading import read_passages
from analysis.reporting.small_counts import list_small

COMPARED = 6  # first words of a value that are compared
SHORTEST = 6  # characters; shorter values are ordinary words
# The runs that are the first words of a value, `{value}` in SQL, of `{n_words}` words or more.
FIND_RUNS = r"""
    with held as (select distinct {value} as value from records),
    plain as (
        select trim(regexp_replace(strip_accents(lower(value)), '[^\pL\pN]+', ' ', 'g')) as said
        from held),
    firsts as (select string_split(said, ' ') as words from plain where length(said) >= {shortest})
    select array_to_string(words[1:{compared}], ' ') from firsts where len(words) >= {n_words}
    intersect select run from runs
"""


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


@dataclass(frozen=True)
class Scan:
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


def list_files(paths: Sequence[Path]) -> list[Path]:
    """
    List the files to scan: those named, and within folders all.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Files or folders.

    Returns
    -------
    list of pathlib.Path
        Each once, by folder in alphabetical order.

    Raises
    ------
    FileNotFoundError
        If a path does not exist.
    """
    if lost := [path for path in paths if not path.exists()]:
        raise FileNotFoundError(f"{lost[0]} does not exist; name files or folders to scan")
    inside = (file for path in paths for file in (path, *sorted(path.rglob("*"))))
    return list(dict.fromkeys(file for file in inside if not file.is_dir()))


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


def list_forms(text: str) -> list[str]:
    """
    Name the identifiers whose form stands in a text.

    Parameters
    ----------
    text : str
        A text, as `normalise_text` writes it.

    Returns
    -------
    list of str
        Kinds such as ``phone number``, each once; empty if there is none.

    Examples
    --------
    >>> list_forms("call 01 99 00 12 34")
    ['phone number']
    """
    return [kind for kind, form in IDENTIFIERS.items() if form.search(text)]


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
        for field, value, n_words in _list_values():
            sizes = {"n_words": n_words, "compared": COMPARED, "shortest": SHORTEST}
            met = connection.sql(FIND_RUNS.format(value=value, **sizes)).fetchall()
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
    readings = {path: read_passages(path) for path in list_files(paths)}
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
    for kind in list_forms(passage.text):
        yield passage.where, kind
    if known:
        for run in sorted(list_runs(passage.text) & known.keys()):
            yield passage.where, f"value of {known[run]}"
    yield from list_small(passage, threshold)


def _list_values() -> Iterator[tuple[str, str, int]]:
    """Yield the fields, the SQL of their value, in either order of names, and its fewest words."""
    for field, n_words in FIELDS.items():
        names = field.split(" with ")
        for ordered in dict.fromkeys((tuple(names), tuple(names[::-1]))):
            yield field, " || ' ' || ".join(ordered), n_words

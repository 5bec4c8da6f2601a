"""Look through files, down to the parts inside them, for what must not be published."""

from __future__ import annotations

import base64
import mimetypes
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import permutations
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote, unquote_to_bytes

import pyarrow as pa

from analysis import reference, store
from analysis.disclosure import read_rule
from analysis.reporting import formats, passages
from analysis.reporting.passages import FIELDS, IDENTIFIERS, PATTERNS, Part, Passage, Piece, Unread
from analysis.reporting.small_counts import list_small
from analysis.reporting.wording import read_texts

DEEPEST = 8  # parts within parts
FORMATS = read_texts(Path(__file__).parent / "formats.csv")
MARKS = {ending: row["first_bytes"].encode() for ending, row in FORMATS.items()}
OTHER = {"reader": "read_text"}
# Readers by their names, as `formats.csv` gives them.
READERS = {**vars(passages), **vars(formats)}
COMPARED = 6  # first words of a value that are compared
# The runs that are the first words of one of the `{values}` in SQL, of `{n_words}` words or more;
# what has less than six characters is an ordinary word.
FIND_RUNS = r"""
    with plain as (
        select trim(regexp_replace(strip_accents(lower(value)), '[^\pL\pN]+', ' ', 'g')) as said
        from (select distinct unnest([{values}]) as value from records))
    select array_to_string(string_split(said, ' ')[1:{compared}], ' ') from plain
    where length(said) >= 6 and len(string_split(said, ' ')) >= {n_words}
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
        return not self.finds and kinds <= {formats.PIXELS}


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
    read = {file: read_passages(file) for file in _list_files(paths)}
    everything = (passage for said, _ in read.values() for passage in said)
    known = find_values(everything, breach) if breach else {}
    finds = [
        Find(file, where, kind)
        for file, (said, _) in read.items()
        for passage in said
        for where, kind in _scan_passage(passage, known, smallest)
    ]
    unread = {file: unread for file, (_, unread) in read.items() if unread}
    return Scan(list(dict.fromkeys(finds)), unread, len(read))


def _list_files(paths: Sequence[Path]) -> list[Path]:
    """List the files named, and within folders all, each once in alphabetical order."""
    if lost := [path for path in paths if not path.exists()]:
        raise FileNotFoundError(f"{lost[0]} does not exist; name files or folders to scan")
    inside = dict.fromkeys(file for path in paths for file in (path, *sorted(path.rglob("*"))))
    return [file for file in inside if not file.is_dir()]


def _scan_passage(
    passage: Passage, known: Mapping[str, str], threshold: int
) -> Iterator[tuple[str, str]]:
    met = [kind for kind, form in IDENTIFIERS.items() if form.search(passage.text)]
    if known:
        runs = sorted(list_runs(passage.text) & known.keys())
        met += [f"value of {known[run]}" for run in runs]
    yield from ((passage.where, kind) for kind in met)
    yield from list_small(passage, threshold)


def read_passages(path: Path) -> tuple[list[Passage], list[Unread]]:
    """
    Read all that a file shows to a reader, or to anyone who looks inside it.

    Parameters
    ----------
    path : pathlib.Path
        Text of any kind, table, GeoJSON, notebook, page, picture (its descriptions, not its
        pixels), PDF, Parquet, workbook, or an archive of these.

    Returns
    -------
    list of Passage, list of Unread
        Passages in the order of the file, and what could not be read. A file that is not what
        its name says is read as text as far as it goes, and told as unread.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    """
    found = dict.fromkeys(_Reader().read(Part("", path.read_bytes(), path.name)))
    said = [piece for piece in found if isinstance(piece, Passage)]
    return said, [piece for piece in found if isinstance(piece, Unread)]


def find_mark(data: bytes) -> str | None:
    """
    Tell the kind of a file by its first bytes.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    str or None
        An ending such as ``.pdf``; none if the bytes have no known mark.

    Examples
    --------
    >>> find_mark(b"%PDF-1.7"), find_mark(b"plain")
    ('.pdf', None)
    """
    return next((ending for ending, mark in MARKS.items() if mark and re.match(mark, data)), None)


class _Reader:
    """Reads a file and the parts inside it, which have a limit together."""

    left = formats.MOST  # bytes

    def read(self, part: Part, depth: int = 0) -> Iterator[Passage | Unread]:
        """Read a part down to the parts encoded inside it."""
        self.left -= len(part.data)
        if depth > DEEPEST or self.left < 0:
            yield Unread(part.where, "part too deep or too large inside the file")
            return
        if not part.name.startswith("."):
            yield Passage(_join(part.where, "name"), passages.normalise_text(part.name))
        for piece in _open(part):
            for inner in _unfold(piece) if isinstance(piece, Passage) else [piece]:
                placed = inner._replace(where=_join(part.where, inner.where))
                if isinstance(placed, Part):
                    yield from self.read(_named_after(part, placed), depth + 1)
                else:
                    yield placed


def _join(around: str, inside: str) -> str:
    return passages.normalise_text(", ".join(filter(None, (around, inside))))


def _named_after(packed: Part, inner: Part) -> Part:
    """Name what was packed alone after its file: ``a.csv.gz`` holds ``a.csv``."""
    outer = PurePosixPath(packed.name)
    return inner._replace(name=outer.stem) if outer.suffix in (".gz", ".tgz", ".zst") else inner


def _open(part: Part) -> Iterator[Piece]:
    """Read a part by its kind; whatever a broken file does to its reader, it counts as unread."""
    kind = _find_kind(part)
    try:
        yield from READERS[FORMATS.get(kind, OTHER)["reader"]](part.data)
    except Exception as mistake:
        fault = f"that cannot be read ({type(mistake).__name__})"
        yield Unread("", f"{kind or 'nameless'} file {fault}")
        with suppress(ValueError):
            yield from passages.read_text(part.data)


def _find_kind(part: Part) -> str:
    """Tell the kind by the first bytes, else by the name, else by how a text starts."""
    suffix, marked = PurePosixPath(f"x{part.name}").suffix.lower(), find_mark(part.data)
    if marked and not (
        marked == ".zip" and FORMATS.get(suffix, OTHER)["reader"] == "read_workbook"
    ):
        return marked
    first = part.data.lstrip()[:1]
    return suffix or {b"{": ".json", b"[": ".json", b"<": ".html"}.get(first, "")


def _unfold(passage: Passage) -> Iterator[Passage | Part]:
    """Give a passage without what is encoded in it, then what that is."""
    parts: list[Part] = []

    def take(found: re.Match[str]) -> str:
        try:
            parts.append(_decode(found))
        except ValueError:
            return found.group()
        return " "

    def strip(text: str) -> str:
        stripped = PATTERNS["base64"].sub(take, PATTERNS["data_uri"].sub(take, text))
        return passages.normalise_text(stripped)

    yield _change(passage, strip)
    if PATTERNS["percent"].search(passage.text):
        yield _change(passage, lambda text: passages.normalise_text(unquote(text)))
    yield from (part._replace(where=_join(passage.where, part.where)) for part in parts)


def _change(passage: Passage, rewrite: Callable[[str], str]) -> Passage:
    """Rewrite the text of a passage, or the cells of its row."""
    if not passage.row:
        return passage._replace(text=rewrite(passage.text))
    cells = ((passages.normalise_text(name), rewrite(value)) for name, value in passage.row)
    return passages.make_row(passage.where, tuple(cells))


def _decode(found: re.Match[str]) -> Part:
    """Decode a data URI; of other long words, what is a text or a file of a known kind."""
    if found.re is PATTERNS["data_uri"]:
        kind, options, content = found.groups()
        data = unquote_to_bytes(content)
        data = base64.b64decode(data + b"==") if "base64" in options else data
        return Part("data URI", data, mimetypes.guess_extension(kind or "text/plain") or "")
    letters = "".join(found.group().split()).rstrip("=")
    padded = letters + "=" * (-len(letters) % 4)
    data = base64.b64decode(padded, altchars=b"-_", validate=True)
    text = "" if find_mark(data) else data.decode("utf-8")
    if not all(c.isprintable() or c.isspace() for c in text):
        raise ValueError("no text")
    return Part("base64", data)

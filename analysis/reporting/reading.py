"""Read a published file down to the parts that are encoded inside it."""

from __future__ import annotations

import base64
import mimetypes
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote, unquote_to_bytes

from analysis.reporting import binaries, markup, passages
from analysis.reporting.passages import Part, Passage, Piece, Unread, make_row, normalise_text
from analysis.reporting.patterns import PATTERNS
from analysis.reporting.wording import read_texts

DEEPEST = 8  # parts within parts
FORMATS = read_texts(Path(__file__).parent / "formats.csv")
MARKS = {ending: row["first_bytes"].encode() for ending, row in FORMATS.items()}
# Readers by their names, as `formats.csv` gives them.
READERS = {**vars(passages), **vars(markup), **vars(binaries)}


class Reading(NamedTuple):
    """What a file says, and what of it could not be read."""

    passages: list[Passage]
    unread: list[Unread]


def read_passages(path: Path) -> Reading:
    """
    Read all that a file shows to a reader, or to anyone who looks inside it.

    Parameters
    ----------
    path : pathlib.Path
        Text of any kind, table, GeoJSON, notebook, page, picture (its descriptions, not its
        pixels), PDF, Parquet, workbook, or an archive of these.

    Returns
    -------
    Reading
        Passages in the order of the file, and what could not be read. A file that is not what
        its name says is read as text as far as it goes, and told as unread.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    """
    found = dict.fromkeys(_Reader().read(Part("", path.read_bytes(), path.name)))
    said = [piece for piece in found if isinstance(piece, Passage)]
    return Reading(said, [piece for piece in found if isinstance(piece, Unread)])


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

    left = binaries.MOST  # bytes

    def read(self, part: Part, depth: int = 0) -> Iterator[Passage | Unread]:
        """Read a part down to the parts encoded inside it."""
        self.left -= len(part.data)
        if depth > DEEPEST or self.left < 0:
            yield Unread(part.where, "part too deep or too large inside the file")
            return
        if not part.name.startswith("."):
            yield Passage(_join(part.where, "name"), normalise_text(part.name))
        for piece in _open(part):
            for inner in _unfold(piece) if isinstance(piece, Passage) else [piece]:
                placed = inner._replace(where=_join(part.where, inner.where))
                if isinstance(placed, Part):
                    yield from self.read(_named_after(part, placed), depth + 1)
                else:
                    yield placed


def _join(around: str, inside: str) -> str:
    return normalise_text(", ".join(filter(None, (around, inside))))


def _named_after(packed: Part, inner: Part) -> Part:
    """Name what was packed alone after its file: ``a.csv.gz`` holds ``a.csv``."""
    outer = PurePosixPath(packed.name)
    return inner._replace(name=outer.stem) if outer.suffix in (".gz", ".tgz", ".zst") else inner


def _open(part: Part) -> Iterator[Piece]:
    """Read a part by its kind; whatever a broken file does to its reader, it counts as unread."""
    kind = _find_kind(part)
    try:
        yield from READERS[_name_reader(kind)](part.data)
    except Exception as mistake:
        fault = f"that cannot be read ({type(mistake).__name__})"
        yield Unread("", f"{kind or 'nameless'} file {fault}")
        with suppress(ValueError):
            yield from passages.read_text(part.data)


def _name_reader(ending: str) -> str:
    return FORMATS.get(ending, {}).get("reader", "read_text")


def _find_kind(part: Part) -> str:
    """Tell the kind by the first bytes, else by the name, else by how a text starts."""
    suffix, marked = PurePosixPath(f"x{part.name}").suffix.lower(), find_mark(part.data)
    if marked and not (marked == ".zip" and _name_reader(suffix) == "read_workbook"):
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
        return normalise_text(PATTERNS["base64"].sub(take, PATTERNS["data_uri"].sub(take, text)))

    yield _change(passage, strip)
    if PATTERNS["percent"].search(passage.text):
        yield _change(passage, lambda text: normalise_text(unquote(text)))
    yield from (part._replace(where=_join(passage.where, part.where)) for part in parts)


def _change(passage: Passage, rewrite: Callable[[str], str]) -> Passage:
    """Rewrite the text of a passage, or the cells of its row."""
    if not passage.row:
        return passage._replace(text=rewrite(passage.text))
    cells = ((normalise_text(name), rewrite(value)) for name, value in passage.row)
    return make_row(passage.where, tuple(cells))


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

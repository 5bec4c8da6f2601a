"""Read a published file down to the parts that are encoded inside it."""

from __future__ import annotations

import base64
import mimetypes
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
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


class _Budget:
    """Bytes that the parts of one file may still have."""

    left = binaries.MOST

    def allows(self, part: Part) -> bool:
        self.left -= len(part.data)
        return self.left >= 0


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
    whole = Part("", path.read_bytes(), path.name)
    found: dict[Piece, None] = dict.fromkeys(_read(whole, _Budget(), 0))
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


def _read(part: Part, budget: _Budget, depth: int) -> Iterator[Passage | Unread]:
    if depth > DEEPEST or not budget.allows(part):
        yield Unread(part.where, "part too deep or too large inside the file")
        return
    if not part.name.startswith("."):
        yield Passage(_join(part.where, "name"), normalise_text(part.name))
    for piece in _open(part):
        placed = replace(piece, where=_join(part.where, piece.where))
        if isinstance(placed, Part):
            yield from _read(_named_after(part, placed), budget, depth + 1)
        elif isinstance(placed, Unread):
            yield placed
        else:
            yield from _unfold(placed, budget, depth)


def _join(around: str, inside: str) -> str:
    return ", ".join(filter(None, (around, inside)))


def _named_after(packed: Part, inner: Part) -> Part:
    """Name what was packed alone after its file: ``a.csv.gz`` holds ``a.csv``."""
    outer = PurePosixPath(packed.name)
    return replace(inner, name=outer.stem) if outer.suffix in (".gz", ".tgz", ".zst") else inner


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
    suffix = PurePosixPath(f"x{part.name}" if part.name.startswith(".") else part.name).suffix
    suffix = suffix.lower()
    marked = find_mark(part.data)
    if marked and not (marked == ".zip" and _name_reader(suffix) == "read_workbook"):
        return marked
    first = part.data.lstrip()[:1]
    return suffix or {b"{": ".json", b"[": ".json", b"<": ".html"}.get(first, "")


def _unfold(passage: Passage, budget: _Budget, depth: int) -> Iterator[Passage | Unread]:
    """Give a passage without what is encoded in it, then what that says."""
    parts: list[Part] = []

    def take(found: re.Match[str]) -> str:
        decode = _decode_uri if found.re is PATTERNS["data_uri"] else _decode_base64
        try:
            parts.append(decode(found))
        except ValueError:
            return found.group()
        return " "

    def strip(text: str) -> str:
        return normalise_text(PATTERNS["base64"].sub(take, PATTERNS["data_uri"].sub(take, text)))

    yield _change(passage, strip)
    if PATTERNS["percent"].search(passage.text):
        yield _change(passage, lambda text: normalise_text(unquote(text)))
    for part in parts:
        where = _join(passage.where, part.where)
        yield from _read(replace(part, where=where), budget, depth + 1)


def _change(passage: Passage, rewrite: Callable[[str], str]) -> Passage:
    """Rewrite the text of a passage, or the cells of its row."""
    where = normalise_text(passage.where)
    if passage.row:
        cells = ((normalise_text(name), rewrite(value)) for name, value in passage.row)
        return make_row(where, tuple(cells))
    return Passage(where, rewrite(passage.text))


def _decode_uri(found: re.Match[str]) -> Part:
    kind, options, content = found.groups()
    data = unquote_to_bytes(content)
    if "base64" in options:
        data = base64.b64decode(data + b"==")
    return Part("data URI", data, mimetypes.guess_extension(kind or "text/plain") or "")


def _decode_base64(found: re.Match[str]) -> Part:
    """Decode what turns out to be a text or a file of a known kind; most long words do not."""
    letters = "".join(found.group().split()).rstrip("=")
    padded = letters + "=" * (-len(letters) % 4)
    data = base64.b64decode(padded, altchars=b"-_", validate=True)
    text = "" if find_mark(data) else data.decode("utf-8")
    if not all(c.isprintable() or c.isspace() for c in text):
        raise ValueError("no text")
    return Part("base64", data)

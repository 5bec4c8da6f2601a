"""Read a published file down to the parts that are encoded inside it."""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote, unquote_to_bytes

from analysis.reporting import binaries, passages
from analysis.reporting.markup import read_markup
from analysis.reporting.passages import (
    Part,
    Passage,
    Piece,
    Reader,
    Unread,
    make_row,
    normalise_text,
)

DEEPEST = 8  # parts within parts
DATA_URI = re.compile(r"data:([\w.+-]+/[\w.+-]+)?((?:;\s?[\w=.+-]+)*),([^\s\"'<>)]*)")
BASE64 = re.compile(r"(?<![\w+/=-])(?:[\w+/-]{60,}\s)*[\w+/-]{16,}={0,2}(?![\w+/=-])", re.ASCII)
URL_SAFE = str.maketrans("-_", "+/")
PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
READERS: Mapping[str, Reader] = {
    **dict.fromkeys((".html", ".htm", ".xhtml", ".svg", ".xml", ".rdf", ".kml"), read_markup),
    **dict.fromkeys((".csv", ".tsv"), passages.read_delimited),
    **dict.fromkeys(
        (".json", ".geojson", ".topojson", ".jsonld", ".jsonl", ".ndjson"), passages.read_json
    ),
    ".ipynb": passages.read_notebook,
    ".md": passages.read_markdown,
    **dict.fromkeys((".py", ".js", ".css"), passages.read_paragraphs),
    ".out": passages.read_printed,
    **binaries.READERS,
}


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
    reader = READERS.get(kind, passages.read_text)
    try:
        yield from reader(part.data)
    except Exception as mistake:
        yield Unread(
            "", f"{kind or 'nameless'} file that cannot be read ({type(mistake).__name__})"
        )
        with suppress(ValueError):
            yield from passages.read_text(part.data)


def _find_kind(part: Part) -> str:
    """Tell the kind by the first bytes, else by the name, else by how a text starts."""
    suffix = PurePosixPath(f"x{part.name}" if part.name.startswith(".") else part.name).suffix
    suffix = suffix.lower()
    marked = binaries.find_mark(part.data)
    if marked and (marked != ".zip" or suffix not in binaries.WORKBOOKS):
        return marked
    first = part.data.lstrip()[:1]
    return suffix or {b"{": ".json", b"[": ".json", b"<": ".html"}.get(first, "")


def _unfold(passage: Passage, budget: _Budget, depth: int) -> Iterator[Passage | Unread]:
    """Give a passage without what is encoded in it, then what that says."""
    parts: list[Part] = []

    def take(found: re.Match[str]) -> str:
        part = _decode_uri(found) if found.re is DATA_URI else _decode_base64(found)
        parts.extend([part] if part else [])
        return " " if part else found.group()

    yield _change(passage, lambda text: normalise_text(BASE64.sub(take, DATA_URI.sub(take, text))))
    if PERCENT.search(passage.text):
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


def _decode_uri(found: re.Match[str]) -> Part | None:
    kind, options, content = found.groups()
    data = unquote_to_bytes(content)
    if "base64" in options:
        try:
            data = base64.b64decode(data + b"==", validate=False)
        except binascii.Error:
            return None
    return Part("data URI", data, mimetypes.guess_extension(kind or "text/plain") or "")


def _decode_base64(found: re.Match[str]) -> Part | None:
    """Decode what turns out to be a text or a file of a known kind; most long words do not."""
    letters = "".join(found.group().split()).rstrip("=").translate(URL_SAFE)
    try:
        data = base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
        if binaries.find_mark(data) is None:
            text = data.decode("utf-8")
            if not all(c.isprintable() or c.isspace() for c in text):
                return None
    except ValueError:
        return None
    return Part("base64", data)

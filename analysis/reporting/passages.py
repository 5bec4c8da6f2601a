"""Take published texts apart: passages of prose, rows of tables, parts inside them."""

from __future__ import annotations

import base64
import csv
import html
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import takewhile, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import mistune
import yaml
from charset_normalizer import from_bytes, is_binary

NAMED = re.compile(r"\{([a-z_]+)\}")
SOURCE = yaml.safe_load(Path(__file__).with_name("patterns.yaml").read_text(encoding="utf-8"))
FIELDS, ENDINGS, NUMBERS = SOURCE["fields"], SOURCE["endings"], SOURCE["numbers"]


def _fill(pattern: str) -> str:
    joined = "".join(line.strip() for line in pattern.splitlines())
    return NAMED.sub(lambda name: PARTS[name[1]], joined)


COUNTED = re.sub("[éè]", "[éèe]", "|".join(SOURCE["nouns"].split()).replace("ç", "[çc]"))
PARTS = {
    "counted": f"(?:{COUNTED})",
    "plural": f"(?:{COUNTED})".replace("s?", "s").replace("y|ies", "ies"),
    "word": f"(?:{'|'.join(sorted(NUMBERS, key=len, reverse=True))})",
}
for part, written in SOURCE["parts"].items():
    PARTS[part] = _fill(written)
IDENTIFIERS, WITHIN, PATTERNS = (
    {name: re.compile(_fill(pattern)) for name, pattern in SOURCE[section].items()}
    for section in ("identifiers", "within", "patterns")
)
Row = tuple[tuple[str, str], ...]


class Passage(NamedTuple):
    """
    One text, or one row of a table, of a published file.

    Attributes
    ----------
    where : str
        Place within the file, such as ``cell 4, output 1, table 1, row 3``.
    text : str
        What it says; the values of a row are parted by bars.
    row : tuple of (str, str)
        Column and value of each cell; empty for running text.
    """

    where: str
    text: str
    row: Row = ()


class Part(NamedTuple):
    """
    A file within a file, still to be read.

    Attributes
    ----------
    where : str
        Place within the file around it.
    data : bytes
        Its content.
    name : str
        Its name or only its ending, such as ``.html``; empty if only the content tells.
    """

    where: str
    data: bytes
    name: str = ""


class Unread(NamedTuple):
    """
    Something that could not be read.

    Attributes
    ----------
    where : str
        Place within the file; empty for the file itself.
    kind : str
        What it is.
    """

    where: str
    kind: str


Piece = Passage | Part | Unread


def normalise_text(text: str) -> str:
    """
    Write a text as a reader sees it: plain digits and hyphens, nothing invisible.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        In the form NFKC, without what is never drawn or only colours a terminal.

    Examples
    --------
    >>> normalise_text("０６ 39\\u200b 98 ١٢ ３４")
    '06 39 98 12 34'
    """
    if text.isascii() and "\x1b" not in text:
        return text
    visible = PATTERNS["ignored"].sub("", unicodedata.normalize("NFKC", text))
    digits = (str(int(c)) if c.isdecimal() else c for c in visible)
    return PATTERNS["dashes"].sub("-", "".join(digits))


def decode_text(data: bytes) -> str:
    """
    Decode a text of whatever encoding.

    Parameters
    ----------
    data : bytes
        The text.

    Returns
    -------
    str
        Decoded as UTF-8 if it can be, else as what it most resembles.

    Raises
    ------
    ValueError
        If it is no text.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        found = None if is_binary(data) else from_bytes(data).best()
        text = "\0" if found is None else str(found)
    if "\0" in text:
        raise ValueError("no text")
    return text


def make_row(where: str, row: Row) -> Passage:
    """
    Return a passage of a table's row.

    Parameters
    ----------
    where : str
        Place within the file.
    row : tuple of (str, str)
        Column and value of each cell.

    Returns
    -------
    Passage
        Its text is the values, parted by bars.
    """
    return Passage(where, " | ".join(value for _, value in row), row)


def read_text(data: bytes) -> Iterator[Piece]:
    """
    Read paragraphs, then columns of printed tables.

    Parameters
    ----------
    data : bytes
        The text, of whatever encoding.

    Yields
    ------
    Passage
        One for each paragraph, then one for each cell of a column of counts.

    Raises
    ------
    ValueError
        If it is no text.
    """
    yield from read_paragraphs(data)
    yield from _columns(data)


def read_paragraphs(data: bytes) -> Iterator[Piece]:
    """
    Read paragraphs alone, as of source code.

    Parameters
    ----------
    data : bytes
        The text, of whatever encoding.

    Yields
    ------
    Passage
        One for each paragraph, its entities resolved.

    Raises
    ------
    ValueError
        If it is no text.
    """
    for number, paragraph in enumerate(re.split(r"\n\s*\n", decode_text(data)), start=1):
        yield Passage(f"paragraph {number}", html.unescape(" ".join(paragraph.split())))


def read_markdown(data: bytes) -> Iterator[Piece]:
    """
    Read paragraphs as they are written, then the page they make.

    Parameters
    ----------
    data : bytes
        The Markdown.

    Yields
    ------
    Passage or Part
        Passages of the text, then the page as a part.

    Raises
    ------
    ValueError
        If it is no text.
    """
    yield from read_text(data)
    page = mistune.create_markdown(escape=False, plugins=["table", "footnotes", "def_list"])
    yield Part("page", str(page(decode_text(data))).encode(), ".html")


def read_printed(data: bytes) -> Iterator[Piece]:
    """
    Read printed lines, then columns of printed tables.

    Parameters
    ----------
    data : bytes
        What a program printed.

    Yields
    ------
    Passage
        One for each line, then one for each cell of a column of counts.

    Raises
    ------
    ValueError
        If it is no text.
    """
    for number, line in enumerate(decode_text(data).splitlines(), start=1):
        yield Passage(f"line {number}", line)
    yield from _columns(data)


def read_delimited(data: bytes) -> Iterator[Piece]:
    """
    Read a table with comma, semicolon, tab or bar between its cells.

    Parameters
    ----------
    data : bytes
        The table, names of the columns in its first line.

    Yields
    ------
    Passage
        The header, then each row; cells beyond the header have no name.

    Raises
    ------
    ValueError
        If it is no text.
    csv.Error
        If a cell is longer than the module allows.
    """
    text = decode_text(data)
    first = text.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    header, *rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)) or [[]]
    yield Passage("line 1", " ".join(header))
    for number, row in enumerate(rows, start=2):
        yield make_row(f"line {number}", tuple(zip_longest(header, row, fillvalue="")))


def read_json(data: bytes) -> Iterator[Piece]:
    """
    Read objects as rows, from one document or from one a line.

    Parameters
    ----------
    data : bytes
        The JSON.

    Yields
    ------
    Passage
        Keys, then plain values of each object, from the outermost to the innermost.

    Raises
    ------
    ValueError
        If it is not JSON.
    """
    text = decode_text(data)
    try:
        documents = [json.loads(text)]
    except ValueError:
        documents = [json.loads(line) for line in text.splitlines() if line.strip()]
    for document in documents:
        yield from _walk("", "", document)


def read_notebook(data: bytes) -> Iterator[Piece]:
    """
    Read sources, attachments, outputs, metadata.

    Parameters
    ----------
    data : bytes
        The notebook.

    Yields
    ------
    Passage, Part or Unread
        In the order of the cells; pictures and pages are parts.

    Raises
    ------
    ValueError
        If it is not JSON.
    KeyError
        If it has no cells, or a cell has no source.
    """
    notebook = json.loads(decode_text(data))
    yield from _walk("metadata", "", notebook.get("metadata", {}))
    for number, cell in enumerate(notebook["cells"], start=1):
        kind = "text/markdown" if cell.get("cell_type") == "markdown" else "source"
        yield from _bundle(f"cell {number}", {kind: cell["source"]})
        yield from _walk(f"cell {number}, metadata", "", cell.get("metadata", {}))
        for name, bundle in cell.get("attachments", {}).items():
            yield Passage(f"cell {number}, attachment", name)
            yield from _bundle(f"cell {number}, attachment", bundle)
        for position, output in enumerate(cell.get("outputs", []), start=1):
            where = f"cell {number}, output {position}"
            told = ("metadata", "ename", "evalue", "traceback")
            yield from _walk(where, "", {name: output[name] for name in told if name in output})
            yield from _bundle(
                where, {"text/plain": output.get("text", ""), **output.get("data", {})}
            )


def read_base64(data: bytes) -> Iterator[Piece]:
    """
    Decode what is stored as letters.

    Parameters
    ----------
    data : bytes
        The letters.

    Yields
    ------
    Part
        What they stand for.

    Raises
    ------
    binascii.Error
        If they stand for nothing.
    """
    yield Part("", base64.b64decode(data))


def _bundle(where: str, bundle: Mapping[str, Any]) -> Iterator[Piece]:
    """Read one source, output or attachment in all the kinds it is stored in."""
    for kind, content in bundle.items():
        if kind.endswith("json"):
            yield from _walk(where, "", content)
        else:
            is_packed = PATTERNS["base64_output"].match(kind)
            ending = ".base64" if is_packed else ENDINGS.get(kind, ".out")
            place = where if ending == ".html" else f"{where}, {kind}"
            joined = "".join(content) if isinstance(content, list) else str(content)
            yield Part(place, joined.encode(), ending)


def _columns(data: bytes) -> Iterator[Passage]:
    """Read printed columns of counts, whose values end where their name ends."""
    text = normalise_text(decode_text(data))
    lines = text.splitlines()
    for first, line in enumerate(lines):
        for name in PATTERNS["column"].finditer(line):
            for offset, below in enumerate(takewhile(str.strip, lines[first + 1 :]), first + 2):
                value = PATTERNS["last_word"].search(below[: name.end()])
                if value and not below[name.end() : name.end() + 1].strip():
                    yield make_row(f"line {offset}", ((name.group(), value.group(1)),))
    for named in PATTERNS["series"].finditer(text):
        for offset, line in enumerate(text[: named.start()].splitlines(), start=1):
            yield make_row(f"line {offset}", ((named.group(1), (line.split() or [""])[-1]),))


def _walk(where: str, name: str, node: Any) -> Iterator[Passage]:
    """Take each object's plain values as a row; what is in a key that counts is counted by it."""
    if isinstance(node, dict):
        yield from _walk_object(where, name, node)
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _walk(f"{where}[{number}]", "" if isinstance(value, dict) else name, value)
    elif node is not None:
        yield make_row(where or "top", ((name, str(node)),))


def _walk_object(where: str, name: str, node: Mapping[str, Any]) -> Iterator[Passage]:
    yield Passage(where or "top", " | ".join(node))
    plain = {key: value for key, value in node.items() if isinstance(value, str | int | float)}
    cells = tuple((f"{name} {key}".strip(), str(value)) for key, value in plain.items())
    if cells:
        yield make_row(where or "top", cells)
    for key, value in node.items():
        if isinstance(value, dict | list) and key not in ("coordinates", "arcs", "bbox"):
            counted = key if PATTERNS["column"].fullmatch(key) else ""
            yield from _walk(f"{where}.{key}".lstrip("."), counted, value)

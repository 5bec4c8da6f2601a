"""Read files by their kind: pages and drawings, pictures, PDF, Parquet, workbooks, archives."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from itertools import count, product
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import python_calamine
from bs4 import BeautifulSoup, Tag
from bs4.element import PreformattedString
from PIL import ExifTags, Image
from pypdf import PageObject, PdfReader
from pypdf.generic import IndirectObject, NameObject

from analysis.reporting import passages
from analysis.reporting.passages import Part, Passage, Piece, Unread, make_row

INLINE = ["a", "abbr", "b", "code", "em", "i", "small", "span", "strong", "sub", "sup", "tspan"]
DRAWN = {"d", "points", "transform", "viewbox"}  # attributes of many numbers, all of them places
WIDEST = 1000  # cells that one cell may span
LARGEST = 64 * 2**20  # bytes that one member of an archive may unpack to
MOST = 256 * 2**20  # bytes that all of them may
PIXELS = "pixels of a picture"


def read_picture(data: bytes) -> Iterator[Piece]:
    """
    Read text chunks, XMP, EXIF; not the pixels.

    Parameters
    ----------
    data : bytes
        The picture.

    Yields
    ------
    Passage, Part or Unread
        Descriptions, what follows the end of a PNG, and that the pixels are unread.

    Raises
    ------
    OSError
        If it is no picture, or is cut short.
    """
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        for name, value in picture.info.items():
            if name not in ("icc_profile", "exif") and isinstance(value, str | bytes):
                yield _described(f"description {name}", value)
        exif = picture.getexif()
        for part in (exif, *(exif.get_ifd(ifd) for ifd in ExifTags.IFD)):
            for tag, value in part.items():
                if isinstance(value, str | bytes):
                    yield _described(f"EXIF {ExifTags.TAGS.get(tag, tag)}", value)
    if data.startswith(b"\x89PNG") and (after := data.rpartition(b"IEND")[2][4:]):
        yield Part("after the end", after)
    yield Unread("", PIXELS)


def _described(where: str, value: str | bytes) -> Piece:
    """Take a description; bytes are often UTF-16, or have the name of their letters in front."""
    if isinstance(value, str) and not value.lstrip().startswith("<"):
        return Passage(where, value)
    data = value.encode() if isinstance(value, str) else value
    plain = data.removeprefix(b"ASCII\0\0\0").removeprefix(b"UNICODE\0").replace(b"\0", b"")
    return Part(where, plain)


def read_pdf(data: bytes) -> Iterator[Piece]:
    """
    Read pages, links, notes, fields, attachments, document information.

    Parameters
    ----------
    data : bytes
        The PDF.

    Yields
    ------
    Passage, Part or Unread
        Descriptions first, then the letters and pictures of each page, notes, attachments; a page
        of drawn letters is unread.

    Raises
    ------
    pypdf.errors.PyPdfError
        If it is no PDF, or is cut short.
    """
    document = PdfReader(io.BytesIO(data))
    if document.is_encrypted and not document.decrypt(""):
        yield Unread("", "PDF that needs a password")
        return
    for name, value in (document.metadata or {}).items():
        yield Passage(f"information {name}", str(value))
    if document.xmp_metadata:
        yield Part("XMP", document.xmp_metadata.stream.get_data(), ".xml")
    for number, page in enumerate(document.pages, start=1):
        yield from _page(f"page {number}", page)
    yield from _strings(document.trailer["/Root"])
    for name, versions in document.attachments.items():
        yield from (Part("attachment", content, name) for content in versions)


def _page(where: str, page: PageObject) -> Iterator[Piece]:
    letters = page.extract_text()
    yield Part(where, letters.encode(), ".txt")
    if page.get_contents() is not None and not letters.strip():
        yield Unread(where, "page without letters")
    yield from (Part(f"{where}, picture", picture.data) for picture in page.images)


def _strings(root: Any) -> Iterator[Passage]:
    """Read all strings that the catalogue leads to: notes, links, bookmarks, fields."""
    stack, seen = [root], set()
    while stack:
        node = stack.pop()
        if isinstance(node, IndirectObject):
            if node.idnum in seen:
                continue
            seen.add(node.idnum)
            node = node.get_object()
        if isinstance(node, dict):
            stack += node.values()
        elif isinstance(node, list):
            stack += node
        elif isinstance(node, str) and not isinstance(node, NameObject):
            yield Passage("object", node)


def read_parquet(data: bytes) -> Iterator[Piece]:
    """
    Read rows, then what the file says about itself.

    Parameters
    ----------
    data : bytes
        The Parquet file.

    Yields
    ------
    Passage or Part
        The header, each row, then each entry of the metadata.

    Raises
    ------
    pyarrow.ArrowInvalid
        If it is no Parquet file.
    """
    with pq.ParquetFile(io.BytesIO(data)) as table:
        yield Passage("header", " ".join(table.schema_arrow.names))
        records = (record for batch in table.iter_batches() for record in batch.to_pylist())
        for number, record in enumerate(records, start=1):
            cells = ((name, str(value)) for name, value in record.items() if value is not None)
            yield make_row(f"row {number}", tuple(cells))
        for name, value in (table.schema_arrow.metadata or {}).items():
            yield Part(f"metadata {name.decode()}", value)


def read_workbook(data: bytes) -> Iterator[Piece]:
    """
    Read sheets as tables, then every part of the file as it is stored.

    Parameters
    ----------
    data : bytes
        The workbook.

    Yields
    ------
    Passage, Part or Unread
        Each sheet's header and rows, then the members of the file.

    Raises
    ------
    python_calamine.CalamineError
        If it is no workbook.
    """
    with closing(python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))) as book:
        for name in book.sheet_names:
            header, *rows = book.get_sheet_by_name(name).to_python() or [[]]
            names = [str(cell) for cell in header]
            yield Passage(f"sheet {name}, header", " ".join([name, *names]))
            for number, row in enumerate(rows, start=2):
                cells = (str(c).removesuffix(".0") for c in row)
                yield make_row(f"sheet {name}, row {number}", tuple(zip(names, cells, strict=True)))
    yield from read_zip(data)


def read_zip(data: bytes) -> Iterator[Piece]:
    """
    Unpack members, as far as they are not too large.

    Parameters
    ----------
    data : bytes
        The archive.

    Yields
    ------
    Passage, Part or Unread
        Names and comments; members as parts; those unread that need a password, are larger
        than `LARGEST`, or come after `MOST` bytes.

    Raises
    ------
    zipfile.BadZipFile
        If it is no zip, or is cut short.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        left = MOST
        yield Passage("comment", archive.comment.decode(errors="replace"))
        for member in archive.infolist():
            yield Passage(f"member {member.filename}", member.comment.decode(errors="replace"))
            left -= member.file_size
            if member.flag_bits & 1:
                yield Unread(f"member {member.filename}", "member that needs a password")
            elif member.file_size > LARGEST or left < 0:
                yield Unread(f"member {member.filename}", "member that unpacks to too much")
            elif not member.is_dir():
                yield Part("member", archive.read(member), member.filename)


def read_tar(data: bytes) -> Iterator[Piece]:
    """
    Take the files out of a tar archive, which packs nothing.

    Parameters
    ----------
    data : bytes
        The archive.

    Yields
    ------
    Passage or Part
        Names and owners; files as parts.

    Raises
    ------
    tarfile.TarError
        If it is no tar.
    """
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for member in archive:
            yield Passage(f"member {member.name}", f"{member.uname} {member.linkname}")
            if member.isfile() and (held := archive.extractfile(member)):
                yield Part("member", held.read(), member.name)


def read_packed(data: bytes) -> Iterator[Piece]:
    """
    Unpack a gzip or zstd file.

    Parameters
    ----------
    data : bytes
        The file.

    Yields
    ------
    Part or Unread
        Its content, if it is not larger than `LARGEST`.

    Raises
    ------
    OSError
        If it is no such file, is cut short, or something else follows it.
    """
    codec = "gzip" if data.startswith(b"\x1f\x8b") else "zstd"
    with pa.CompressedInputStream(pa.BufferReader(data), codec) as file:
        unpacked = file.read(LARGEST + 1)
    is_small = len(unpacked) <= LARGEST
    yield Part("unpacked", unpacked) if is_small else Unread("", "file that unpacks to too much")


def read_markup(data: bytes) -> Iterator[Piece]:
    """
    Read HTML, SVG or other XML.

    Parameters
    ----------
    data : bytes
        The page.

    Yields
    ------
    Passage or Part
        Comments, attributes, scripts and styles, then tables, blocks and running text; scripts
        that are data are parts.

    Raises
    ------
    ValueError
        If it is no text, or a cell spans no whole number of cells.
    """
    source = passages.PATTERNS["declaration"].sub("", passages.decode_text(data))
    source = passages.PATTERNS["line_break"].sub(" ", source)
    tree = BeautifulSoup(source, "html.parser", string_containers={})
    yield from _hidden(tree)
    yield from _attributes(tree)
    for number, table in enumerate(tree.find_all("table"), start=1):
        yield from _table(f"table {number}", table)
        table.decompose()
    yield from _definitions(tree)
    for number, block in enumerate(tree.find_all("pre"), start=1):
        kind = ".py" if block.find_parent(class_="highlight") else ".out"
        yield Part(f"block {number}", block.get_text().encode(), kind)
        block.decompose()
    yield from _texts(tree)


def _hidden(tree: BeautifulSoup) -> Iterator[Part]:
    """Take out comments, scripts and styles."""
    notes = tree.find_all(string=lambda text: isinstance(text, PreformattedString))
    for number, note in enumerate(notes, start=1):
        kind = ".html" if "<" in note else ".txt"
        yield Part(f"comment {number}", str(note.extract()).encode(), kind)
    for number, script in enumerate(tree.find_all(["script", "style"]), start=1):
        kind = ".json" if "json" in str(script.get("type", "")) else ".js"
        if (source := script.get_text()).strip():
            yield Part(f"{script.name} {number}", source.encode(), kind)
        script.clear()


def _attributes(tree: BeautifulSoup) -> Iterator[Passage]:
    """Read attributes, then those of one element that are data as a row."""
    for tag in tree.find_all(True):
        named = {k: _worded(v) for k, v in tag.attrs.items() if k.lower() not in DRAWN}
        for name, value in named.items():
            yield Passage(f"{name} of <{tag.name}>", value)
            parted = value.replace("-", " ").replace("_", " ")
            if " " not in value and parted != value:
                yield Passage(f"{name} of <{tag.name}>", parted)
        stored = {k.removeprefix("data-"): v for k, v in named.items() if k.startswith("data-")}
        if stored:
            yield make_row(f"data of <{tag.name}>", tuple(stored.items()))


def _worded(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _definitions(tree: BeautifulSoup) -> Iterator[Passage]:
    for term in tree.find_all("dt"):
        if defined := term.find_next_sibling("dd"):
            row = ((term.get_text(" ", strip=True), defined.get_text(" ", strip=True)),)
            yield make_row("definition", row)


def _texts(tree: BeautifulSoup) -> Iterator[Passage]:
    """Read running text, and a number that stands in a tile above the word it counts."""
    is_page = tree.find("svg") is None
    for tag in tree.find_all(INLINE):
        tag.unwrap()
    tree.smooth()
    above = ""
    for number, text in enumerate(tree.stripped_strings, start=1):
        said = " ".join(text.split())
        yield Passage(f"text {number}", said)
        if is_page and passages.PATTERNS["tile"].match(f"{above}\n{said}"):
            yield Passage(f"text {number - 1}", f"{above} {said}")
        above = said


def _table(where: str, table: Tag) -> Iterator[Passage]:
    rows = table.find_all("tr")
    n_head = sum(row.find("td") is None for row in rows) or int(len(rows) > 1)
    grid = _lay_out(rows)
    width = max((len(row) for row in grid), default=0)
    names = [" ".join(dict.fromkeys(r.get(x, "") for r in grid[:n_head])) for x in range(width)]
    yield Passage(f"{where}, header", " ".join(names))
    for caption in table.find_all("caption"):
        yield Passage(f"{where}, caption", caption.get_text(" ", strip=True))
    for number, cells in enumerate(grid[n_head:], start=1):
        yield make_row(f"{where}, row {number}", tuple((names[x].strip(), cells[x]) for x in cells))


def _lay_out(rows: list[Tag]) -> list[dict[int, str]]:
    """Give each row its cells by column; a cell that spans several stands in each."""
    grid: dict[int, dict[int, str]] = defaultdict(dict)
    for y, row in enumerate(rows):
        for cell in row.find_all(["th", "td"]):
            x = next(x for x in count() if x not in grid[y])
            spans = (int(str(cell.get(name) or 1)) for name in ("rowspan", "colspan"))
            down, across = (range(min(span, WIDEST)) for span in spans)
            for dy, dx in product(down, across):
                grid[y + dy][x + dx] = cell.get_text(" ", strip=True)
    return [dict(sorted(grid[y].items())) for y in range(len(rows))]

"""Read what a published file says: its texts and its table rows, each with its place."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from PIL import Image

Row = tuple[tuple[str, str], ...]
DECLARATION = re.compile(r"^\s*<\?xml[^>]*>")
INLINE = ["a", "abbr", "b", "code", "em", "i", "small", "span", "strong", "sub", "sup", "tspan"]
SHOWN_ATTRIBUTES = ("alt", "title", "aria-label", "content")
COLUMN = re.compile(r"(?<![^\s])(?:n_)?(?:persons|people|records|patients|personnes|lignes)(?!\S)")
SERIES = re.compile(r"^.*\bName: (\w+)", re.MULTILINE)
LAST_WORD = re.compile(r"(?:^|\s)(\S+)$")


@dataclass(frozen=True)
class Passage:
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


def read_passages(path: Path) -> list[Passage]:
    """
    Read all that a file shows to a reader, or to a machine that reads its descriptions.

    Parameters
    ----------
    path : pathlib.Path
        A notebook, page, picture (its descriptions, not its pixels), table, GeoJSON, JSON or text.

    Returns
    -------
    list of Passage
        In the order of the file.

    Raises
    ------
    ValueError
        If the kind of file is not known, or it does not hold what its name says.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"{path}: cannot read this kind of file; known are {', '.join(READERS)}")
    try:
        return list(reader(path))
    except (ValueError, KeyError, csv.Error, OSError) as mistake:
        kind = type(mistake).__name__
        raise ValueError(f"{path}: is not a readable {path.suffix} file ({kind})") from None


def _from_text(path: Path) -> Iterator[Passage]:
    paragraphs = re.split(r"\n\s*\n", path.read_text(encoding="utf-8"))
    for number, paragraph in enumerate(paragraphs, start=1):
        yield Passage(f"paragraph {number}", " ".join(paragraph.split()))


def _from_csv(path: Path) -> Iterator[Passage]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        dialect = ";" if ";" in lines.readline() else ","
        lines.seek(0)
        header, *rows = list(csv.reader(lines, delimiter=dialect)) or [[]]
        yield Passage("line 1", " ".join(header))
        for number, row in enumerate(rows, start=2):
            yield _row(f"line {number}", tuple(zip(header, row, strict=False)))


def _from_json(path: Path) -> Iterator[Passage]:
    yield from _walk("", json.loads(path.read_text(encoding="utf-8")))


def _from_html(path: Path) -> Iterator[Passage]:
    yield from _markup("", path.read_text(encoding="utf-8"))


def _from_png(path: Path) -> Iterator[Passage]:
    with Image.open(path) as picture:
        for name, value in picture.info.items():
            if isinstance(value, str):
                yield Passage(f"description {name}", value)


def _from_notebook(path: Path) -> Iterator[Passage]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for number, cell in enumerate(notebook["cells"], start=1):
        yield Passage(f"cell {number}, source", "".join(cell["source"]))
        for position, output in enumerate(cell.get("outputs", []), start=1):
            yield from _output(f"cell {number}, output {position}", output)


def _output(where: str, output: Mapping[str, Any]) -> Iterator[Passage]:
    shown = {"text/plain": output.get("text", ""), **output.get("data", {})}
    shown["traceback"] = output.get("traceback", [])
    for kind, content in shown.items():
        text = "\n".join(content) if kind == "traceback" else _joined(content)
        if kind in ("text/html", "image/svg+xml"):
            yield from _markup(where, text)
        elif kind.endswith("json"):
            yield from _walk(where, content)
        elif not kind.startswith("image/"):
            yield from _printed(f"{where}, {kind}", text)


def _joined(content: Any) -> str:
    return "".join(content) if isinstance(content, list) else str(content)


def _printed(where: str, text: str) -> Iterator[Passage]:
    """Read printed lines, then columns of counts, whose values end where their name ends."""
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        yield Passage(f"{where}, line {number}", line)
    for first, line in enumerate(lines):
        for name in COLUMN.finditer(line):
            for offset, below in enumerate(lines[first + 1 :], start=first + 2):
                if not below.strip():
                    break
                value = LAST_WORD.search(below[: name.end()])
                if value and below[name.end() : name.end() + 1].strip() == "":
                    yield _row(f"{where}, line {offset}", ((name.group(), value.group(1)),))
    for named in SERIES.finditer(text):
        for offset, line in enumerate(text[: named.start()].splitlines(), start=1):
            yield _row(f"{where}, line {offset}", ((named.group(1), (line.split() or [""])[-1]),))


def _markup(where: str, source: str) -> Iterator[Passage]:
    tree = BeautifulSoup(DECLARATION.sub("", source), "html.parser")
    start = f"{where}, " if where else ""
    for hidden in tree.find_all(["style", "script", "metadata"]):
        hidden.decompose()
    for tag in tree.find_all(True):
        for name in SHOWN_ATTRIBUTES:
            if tag.get(name):
                yield Passage(f"{start}{name} of <{tag.name}>", str(tag[name]))
    for number, table in enumerate(tree.find_all("table"), start=1):
        yield from _table(f"{start}table {number}", table)
        table.decompose()
    for number, block in enumerate(tree.find_all("pre"), start=1):
        yield from _printed(f"{start}block {number}", block.get_text())
        block.decompose()
    for tag in tree.find_all(INLINE):
        tag.unwrap()
    tree.smooth()
    for number, text in enumerate(tree.stripped_strings, start=1):
        yield Passage(f"{start}text {number}", " ".join(text.split()))


def _table(where: str, table: Tag) -> Iterator[Passage]:
    rows = table.find_all("tr")
    n_head = sum(row.find("td") is None for row in rows)
    grid = _lay_out(rows)
    width = max((len(row) for row in grid), default=0)
    names = [" ".join(dict.fromkeys(r.get(x, "") for r in grid[:n_head])) for x in range(width)]
    yield Passage(f"{where}, header", " ".join(names))
    for number, cells in enumerate(grid[n_head:], start=1):
        yield _row(f"{where}, row {number}", tuple((names[x].strip(), cells[x]) for x in cells))


def _lay_out(rows: list[Tag]) -> list[dict[int, str]]:
    """Give each row its cells by column; a cell that spans several stands in each."""
    grid: dict[int, dict[int, str]] = defaultdict(dict)
    for y, row in enumerate(rows):
        x = 0
        for cell in row.find_all(["th", "td"]):
            while x in grid[y]:
                x += 1
            down, across = (int(str(cell.get(n) or 1)) for n in ("rowspan", "colspan"))
            spanned = [(y + dy, x + dx) for dy in range(down) for dx in range(across)]
            for line, column in spanned:
                grid[line][column] = cell.get_text(" ", strip=True)
    return [dict(sorted(grid[y].items())) for y in range(len(rows))]


def _walk(where: str, node: Any) -> Iterator[Passage]:
    """Take each object's plain values as a row; numbers in lists are coordinates, not counts."""
    if isinstance(node, dict):
        plain = {k: v for k, v in node.items() if not isinstance(v, dict | list) and v is not None}
        if plain:
            yield _row(where or "top", tuple((str(k), str(v)) for k, v in plain.items()))
        for key, value in node.items():
            if isinstance(value, dict | list):
                yield from _walk(f"{where}.{key}".lstrip("."), value)
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _walk(f"{where}[{number}]", value)
    elif isinstance(node, str):
        yield Passage(where, node)


def _row(where: str, row: Row) -> Passage:
    return Passage(where, " | ".join(value for _, value in row), row)


READERS: Mapping[str, Callable[[Path], Iterator[Passage]]] = {
    ".ipynb": _from_notebook,
    ".html": _from_html,
    ".svg": _from_html,
    ".png": _from_png,
    ".csv": _from_csv,
    ".geojson": _from_json,
    ".json": _from_json,
    ".txt": _from_text,
    ".md": _from_text,
}

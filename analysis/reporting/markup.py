"""Read pages and drawings: what they show, what they say about it, what they keep hidden."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import count, product

from bs4 import BeautifulSoup, Tag
from bs4.element import PreformattedString

from analysis.reporting.passages import PATTERNS, Part, Passage, Piece, decode_text, make_row

INLINE = ["a", "abbr", "b", "code", "em", "i", "small", "span", "strong", "sub", "sup", "tspan"]
DRAWN = {"d", "points", "transform", "viewbox"}  # attributes of many numbers, all of them places
WIDEST = 1000  # cells that one cell may span


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
    source = PATTERNS["line_break"].sub(" ", PATTERNS["declaration"].sub("", decode_text(data)))
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
        if is_page and PATTERNS["tile"].match(f"{above}\n{said}"):
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

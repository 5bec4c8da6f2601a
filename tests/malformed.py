"""Files that something is wrong with, each with what must become of it.

``python tests/malformed.py FOLDER`` writes them all.
"""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

HEADER = ["Nom", "Prénom", "Date naissance", "Date prélèvement", "Code postal", "NIR", "Email"]
ROWS = [
    ["ARZHEL", "Zoé", "31/01/1970", "02/03/2018", "56000", "270015699900199", "a@example.org"],
    ["BRIAND", "Noël", "29/02/1960", "05/03/2018", "27000", "160022799900299", "b@example.org"],
    ["CADIOU", "Anaïs", "15/08/1985", "09/11/2019", "45000", "285084599900399", "c@example.org"],
    ["DREVES", "Hervé", "01/12/1999", "30/06/2020", "22000", "199122299900499", "d@example.org"],
]
N = len(ROWS)


@dataclass(frozen=True)
class Case:
    """
    A malformed file.

    Attributes
    ----------
    name : str
        Its name.
    write : callable
        Writes it to a path.
    error : str
        Pattern that the refusal must match; none if the file is read.
    n_used : int
        Rows used [rows].
    reasons : dict of str to int
        Rows set aside, by reason [rows].
    remarks : dict of str to int
        Cells remarked on, by remark [cells].
    """

    name: str
    write: Callable[[Path], object]
    error: str = ""
    n_used: int = N
    reasons: dict[str, int] = field(default_factory=dict)
    remarks: dict[str, int] = field(default_factory=dict)


def lines(*extra: str, header: str | None = None, delimiter: str = ";") -> list[str]:
    """Return the lines of a good file, with more lines after them."""
    first = delimiter.join(HEADER) if header is None else header
    return [first, *(delimiter.join(row) for row in ROWS), *extra]


def row(**cells: str) -> str:
    """Return one more line, with some cells changed."""
    base = dict(zip(["name", "first", "born", "day", "code", "nir", "mail"], ROWS[0], strict=True))
    return ";".join((base | cells).values())


def text(*extra: str, encoding: str = "utf-8", end: str = "\n", **options: str) -> bytes:
    """Return a good file with more lines, as bytes."""
    return (end.join(lines(*extra, **options)) + end).encode(encoding)


def quoted(*extra: str, sign: str = ";") -> bytes:
    """Return a file whose first cells are quoted around a sign, with more lines."""
    good = [";".join([f'"{cells[0]}{sign} LE"', *cells[1:]]) for cells in ROWS]
    return "\n".join([";".join(HEADER), *good, *extra, ""]).encode()


def put(data: bytes) -> Callable[[Path], object]:
    """Return what writes some bytes."""
    return lambda path: path.write_bytes(data)


def swap(old: bytes, new: bytes) -> bytes:
    """Return a good file with some bytes replaced."""
    assert old in text()
    return text().replace(old, new)


def zipped(*members: tuple[str, bytes]) -> bytes:
    """Return a zip of some files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return held.getvalue()


def locked_zip() -> bytes:
    """Return a zip whose file claims to need a password."""
    data = bytearray(zipped(("a.csv", text())))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def repeat(n_bytes: int = 24 * 2**20) -> bytes:
    """Return a file of one line, many times: it packs a thousandfold."""
    line = b"A;B;01/02/1970;02/03/2018;56000;;\n"
    return text() + line * (n_bytes // len(line))


def workbook(rows: list[list[object]], *, sheets: int = 1) -> Callable[[Path], object]:
    """Return what writes a workbook."""

    def write(path: Path) -> None:
        book = openpyxl.Workbook()
        for number in range(sheets):
            sheet = book.active if number == 0 else book.create_sheet()
            for cells in rows:
                sheet.append(cells)
        book.save(path)

    return write


def database(*tables: str, rows: list[list[str]] | None = None) -> Callable[[Path], object]:
    """Return what writes an SQLite file."""

    def write(path: Path) -> None:
        with closing(sqlite3.connect(path)) as base, base:
            for table in tables:
                names = ", ".join(f'"{name}" text' for name in HEADER)
                base.execute(f"create table {table} ({names})")
                base.executemany(f"insert into {table} values (?,?,?,?,?,?,?)", rows or ROWS)

    return write


def duck(path: Path) -> None:
    """Write a DuckDB file with two tables."""
    with duckdb.connect(str(path)) as base:
        base.execute("create table a (x text); create table b (x text)")


def arrow() -> pa.Table:
    """Return the good rows as an Arrow table."""
    return pa.table(dict(zip(HEADER, map(list, zip(*ROWS, strict=True)), strict=True)))


def cut(write: Callable[[Path], object], share: float) -> Callable[[Path], object]:
    """Return what writes only the beginning of a file."""

    def shorten(path: Path) -> None:
        write(path)
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])

    return shorten


def nested(path: Path) -> None:
    """Write a Parquet file with a column of lists."""
    pq.write_table(pa.table({"Nom": [["A"], ["B"]]}), path)


def folder_of(*tables: pa.Table) -> Callable[[Path], object]:
    """Return what writes a folder of Parquet files."""

    def write(path: Path) -> None:
        path.mkdir()
        for number, table in enumerate(tables):
            pq.write_table(table, path / f"{number}.parquet")

    return write


def objects(*extra: str) -> bytes:
    """Return the good rows as JSON lines, with more lines."""
    good = [json.dumps(dict(zip(HEADER, cells, strict=True))) for cells in ROWS]
    return ("\n".join([*good, *extra]) + "\n").encode()


LONG = "x" * (2**20 + 1)
ODD = [
    Case("too few cells", put(text("A;B;C")), reasons={"ragged row": 1}),
    Case("too many cells", put(text(row() + ";more")), reasons={"ragged row": 1}),
    Case("total at the end", put(text("Total;4")), reasons={"ragged row": 1}),
    Case("blank line inside", put(text("", row())), n_used=N + 1, reasons={"blank line": 1}),
    Case("blank lines at the end", put(text("", "", "")), reasons={"blank line": 3}),
    Case("only delimiters", put(text(";;;;;;")), reasons={"blank line": 1}),
    Case(
        "quote never closed", put(text(row(mail='"a@example.org'))), reasons={"quote not closed": 1}
    ),
    Case(
        "quotes that mean nothing",
        put(text(row(name='"LE GOFF'), row(), row(mail='"'))),
        n_used=N + 3,
    ),
    Case(
        "quote closed lines later",
        put(quoted(row(name='"LE GOFF'), row(), row(mail='"'))),
        reasons={"ragged row": 1},
    ),
    Case(
        "quote takes in whole lines",
        put(quoted(row(mail='"z'), row(), row(), 'x"')),
        reasons={"lines in one cell": 1},
    ),
    Case("a line feed in every row", put(quoted(sign="\n")), remarks={"line feed": N}),
    Case("quote within a cell", put(text(row(name='L"ERMITE'))), n_used=N + 1),
    Case("cell too long", put(text(row(name=LONG))), reasons={"cell too long": 1}),
    Case(
        "line feed in a cell",
        put(text(row(name='"LE\nGOFF"'))),
        n_used=N + 1,
        remarks={"line feed": 1},
    ),
    Case(
        "control character",
        put(text(row(name="LE\x07GOFF"))),
        n_used=N + 1,
        remarks={"control character": 1},
    ),
    Case(
        "zero byte",
        put(text(row(name="LE\x00GOFF"))),
        n_used=N + 1,
        remarks={"control character": 1},
    ),
    Case("formula", put(text(row(name="=1+1"))), n_used=N + 1, remarks={"like a formula": 1}),
    Case("command", put(text(row(name="@SUM(A1)"))), n_used=N + 1, remarks={"like a formula": 1}),
    Case(
        "called function",
        put(text(row(name="+cmd(1)"))),
        n_used=N + 1,
        remarks={"like a formula": 1},
    ),
    Case("date in words", put(text(row(day="hier"))), reasons={"date not readable": 1}),
    Case("31 February", put(text(row(born="31/02/1970"))), reasons={"date not readable": 1}),
    Case("month first", put(text(row(born="12/31/1970"))), reasons={"date not readable": 1}),
    Case("two bad dates", put(text(row(born="?x", day="?y"))), reasons={"date not readable": 1}),
    Case(
        "born in 1900",
        put(text(row(born="01/01/1900"))),
        n_used=N + 1,
        remarks={"impossible date": 1},
    ),
    Case(
        "sampled in 2050",
        put(text(row(day="01/01/2050"))),
        n_used=N + 1,
        remarks={"impossible date": 1},
    ),
    Case(
        "born in year 1",
        put(text(row(born="01/01/0001"))),
        n_used=N + 1,
        remarks={"impossible date": 1},
    ),
    Case(
        "date of zeros", put(text(row(born="00/00/0000"))), n_used=N + 1, remarks={"placeholder": 1}
    ),
    Case("XXX", put(text(row(name="XXX"))), n_used=N + 1, remarks={"placeholder": 1}),
    Case(
        "NIR of zeros",
        put(text(row(nir="0000000000000"))),
        n_used=N + 1,
        remarks={"placeholder": 1},
    ),
    Case(
        "NULL", put(text(row(name="NULL", mail="null"))), n_used=N + 1, remarks={"placeholder": 2}
    ),
    Case("MySQL's null", put(text(row(mail="\\N"))), n_used=N + 1, remarks={"placeholder": 1}),
    Case("a dash", put(text(row(mail="-"))), n_used=N + 1, remarks={"placeholder": 1}),
    Case(
        "NON RENSEIGNE",
        put(text(row(mail="NON RENSEIGNE"))),
        n_used=N + 1,
        remarks={"placeholder": 1},
    ),
    Case(
        "NIR through a spreadsheet",
        put(text(row(nir="2,7E+14"))),
        n_used=N + 1,
        remarks={"cut by a spreadsheet": 1},
    ),
    Case(
        "Belgian postal code",
        put(text(row(code="B-1000"))),
        n_used=N + 1,
        remarks={"postal code unreadable": 1},
    ),
    Case(
        "INSEE's code for abroad",
        put(text(row(code="99100"))),
        n_used=N + 1,
        remarks={"postal code abroad": 1},
    ),
    Case("Monaco", put(text(row(code="98000"))), n_used=N + 1, remarks={"postal code abroad": 1}),
    Case(
        "CEDEX", put(text(row(code="56019"))), n_used=N + 1, remarks={"postal code of an office": 1}
    ),
    Case(
        "postal code in words",
        put(text(row(code="PARIS"))),
        n_used=N + 1,
        remarks={"postal code unreadable": 1},
    ),
    Case("all zeros lost", put(swap(b"56000", b"1000")), remarks={"zero put back": 1}),
    Case(
        "byte of another encoding",
        put(text(row(name="L\x00GOFF")).replace(b"L\x00G", b"L\xe9G")),
        n_used=N + 1,
        remarks={"unreadable letter": 1},
    ),
    Case(
        "UTF-16 cut within a letter",
        put(text(encoding="utf-16")[:-1]),
        remarks={"unreadable letter": 1},
    ),
    Case("old Mac line ends", put(text(end="\r"))),
    Case("mixed line ends", put(text(end="\r\n") + row().encode() + b"\n"), n_used=N + 1),
    Case("no line end at the end", put(text()[:-1])),
    Case("spaces around cells", put(text(row(name="  LE GOFF  ", code=" 56000 "))), n_used=N + 1),
    Case("preamble", put(b"Extraction du 01/03/2021\n\n" + text())),
    Case("mark and zip", put(zipped(("a.csv", text(encoding="utf-8-sig"))))),
    Case("zip of a Mac", put(zipped(("a.csv", text()), ("__MACOSX/a.csv", b"x")))),
    Case("same column twice", put(text(header=";".join([*HEADER[:-1], "Nom"])))),
    Case("header without names", put(text(header="Nom;Prénom;;Date prélèvement;Code postal;;"))),
    Case("header with a line feed", put(text(header=";".join(HEADER).replace("NIR", '"N\nIR"')))),
    Case("JSON not closed", put(objects('{"Nom": "A"')), reasons={"not JSON": 1}),
    Case("JSON of a list", put(objects("[1, 2]")), reasons={"not JSON": 1}),
    Case(
        "JSON with another key",
        put(objects() * 300 + objects('{"Other": "A"}')),
        n_used=301 * N,
        reasons={"unknown column": 1},
    ),
    Case("JSON nested", put(objects('{"Nom": {"usage": "A"}}')), reasons={"nested value": 1}),
    Case(
        "JSON nested deeply", put(objects('{"Nom": ' + "[" * 5000 + "}")), reasons={"not JSON": 1}
    ),
    Case("JSON blank line", put(objects("", "")), reasons={"blank line": 2}),
    Case(
        "JSON cell too long", put(objects(json.dumps({"Nom": LONG}))), reasons={"cell too long": 1}
    ),
    Case(
        "sheet with a blank row",
        workbook([HEADER, *ROWS, [None] * 7, ROWS[0]]),
        n_used=N + 1,
        reasons={"blank line": 1},
    ),
    Case(
        "SQLite cell too long",
        database("a", rows=[*ROWS, [LONG, *ROWS[0][1:]]]),
        reasons={"cell too long": 1},
    ),
]
REFUSED = [
    Case("empty", put(b""), error="is empty"),
    Case("only blank lines", put(b"\n\n\n"), error="is empty"),
    Case("only a header", put(text()[: text().index(b"\n") + 1]), n_used=0),
    Case(
        "a picture",
        put(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8 + b"\0" * 999),
        error="none of the kinds",
    ),
    Case("zeros", put(b"\0" * 5000), error="none of the kinds|no column"),
    Case("old Excel", put(b"\xd0\xcf\x11\xe0" + b"\0" * 600), error="save it as .xlsx"),
    Case(
        "dates the American way",
        put(
            text()
            .replace(b"31/01/1970", b"01/31/1970")
            .replace(b"15/08/1985", b"08/15/1985")
            .replace(b"29/02/1960", b"02/29/1960")
        ),
    ),
    Case(
        "cell without end",
        put(text(row(name='"' + "x" * (34 * 2**20)))),
        error="quote may be opened",
    ),
    Case("gzip cut short", cut(put(gzip.compress(text())), 0.5), error="cut short"),
    Case("gzip with a wrong sum", put(gzip.compress(text())[:-8] + b"\1" * 8), error="damaged"),
    Case("gzip bomb", put(gzip.compress(repeat())), error="200 times"),
    Case("gzip in gzip", put(gzip.compress(gzip.compress(text()))), error="packed twice"),
    Case("zstd cut short", cut(put(zstandard.compress(text() * 50)), 0.5), error="cut short"),
    Case("zip of nothing", put(zipped()), error="damaged|holds 0 files"),
    Case("zip of two", put(zipped(("a.csv", text()), ("b.csv", text()))), error="holds 2 files"),
    Case("zip with a password", put(locked_zip()), error="password"),
    Case("zip cut short", cut(put(zipped(("a.csv", text()))), 0.6), error="damaged"),
    Case("zip bomb", put(zipped(("a.csv", repeat()))), error="200 times"),
    Case("workbook of two sheets", workbook([HEADER, *ROWS], sheets=2), error="has 2 sheets"),
    Case("empty workbook", workbook([]), error="names no column"),
    Case("workbook cut short", cut(workbook([HEADER, *ROWS]), 0.7), error="damaged"),
    Case("workbook that is none", put(zipped(("xl/workbook.xml", b"<a/>"))), error="damaged"),
    Case(
        "Parquet cut short", cut(lambda path: pq.write_table(arrow(), path), 0.8), error="damaged"
    ),
    Case("Parquet with lists", nested, error="flatten"),
    Case(
        "folder of other columns",
        folder_of(arrow(), arrow().drop_columns("NIR")),
        error="other columns",
    ),
    Case("empty folder", lambda path: path.mkdir(), error="no file named"),
    Case("SQLite of two tables", database("a", "b"), error="has 2 tables"),
    Case("SQLite of none", database(), error="is empty|has 0 tables"),
    Case("SQLite cut short", cut(database("a", rows=ROWS * 500), 0.5), error="damaged"),
    Case("DuckDB of two tables", duck, error="has 2 tables"),
    Case("DuckDB cut short", cut(duck, 0.2), error="damaged"),
    Case(
        "no dates of sampling",
        put(text(header="Nom;Prénom;DDN;Autre;CP;NIR;Email")),
        error="sampled_on",
    ),
]
CASES = [*ODD, *REFUSED]


def write_all(folder: Path) -> None:
    """Write all malformed files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        case.write(folder / case.name.replace("'", "").replace(" ", "_"))


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))

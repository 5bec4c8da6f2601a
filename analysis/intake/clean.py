"""Turn the text of a batch into records, remarking on every cell that is odd."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analysis import reference
from analysis.intake.chunks import Batch, SetAside
from analysis.intake.mapping import SPLIT, Mapping, list_targets
from analysis.intake.patterns import POSTAL_CODE_CITY, read_day

Flags = npt.NDArray[np.bool_]
Remarks = Counter[tuple[str, str]]
PLACEHOLDER = (
    r"(?i)^(x{2,}|0{2,}|9{5,}|[-?*._/]+|[0/. :-]{6,}|\\n|n/a|#n/a|null|none|nan|nc|inconnue?|"
    r"unknown|non renseigne|non renseigné|non communique|non communiqué|sans objet|anonyme|vide)$"
)
CONTROL = r"[\x00-\x08\x0b-\x1f\x7f]"
FORMULA = r"^(=|@|[+-][A-Za-z]+\()"
SCIENTIFIC = r"^\d[.,]\d+[eE]\+?\d+$"
NUMBERS = ("nir", "phone", "landline", "mobile", "_id")
EARLIEST = date(1900, 1, 2)
PLACE_REMARKS = {
    "abroad": "postal code abroad",
    "prefix": "postal code of an office",
    "unreadable": "postal code unreadable",
}


def make_records(batch: Batch, mapping: Mapping) -> tuple[pa.Table, list[SetAside], Remarks]:
    """
    Turn a batch into records.

    Parameters
    ----------
    batch : Batch
        Rows of the file, as text.
    mapping : Mapping
        Which column is which field; the file has all its columns.

    Returns
    -------
    records : pyarrow.Table
        The fields of the mapping and ``record_id`` (the line, if no column gives it), as in the
        data dictionary; empty cells are missing.
    set_aside : list of SetAside
        Rows of the batch with a date that no format reads.
    remarks : Counter of (str, str)
        Cells remarked on, by column and remark.
    """
    remarks: Remarks = Counter()
    found: dict[str, pa.Array] = {}
    aside: list[SetAside] = []
    for column, target in mapping.columns.items():
        cells = clean_cells(batch.rows[column], column, remarks)
        if target != "record_id":  # 00000000 is a good number of a line
            cells = _empty(cells, PLACEHOLDER, "placeholder", column, remarks)
        for name, values in _split(cells, list_targets(target), column, remarks).items():
            if name in mapping.dates:
                found[name], unread = read_days(values, name, mapping, column, remarks)
                lines = batch.lines[unread].tolist()
                aside += [SetAside(line, 1, column, "date not readable") for line in lines]
            else:
                found[name] = _tidy(values, name, mapping, column, remarks)
    _add_constants(found, batch, mapping)
    ordered = [f for f in reference.record_schema() if f.name in found]
    table = pa.Table.from_arrays([found[f.name] for f in ordered], schema=pa.schema(ordered))
    first = {row.line: row for row in reversed(aside)}  # one reason for a row
    used = ~np.isin(batch.lines, list(first))
    return table.filter(pa.array(used)), [*first.values()], remarks


def clean_cells(cells: pa.ChunkedArray, column: str, remarks: Remarks) -> pa.Array:
    """
    Trim cells and take out control characters.

    Parameters
    ----------
    cells : pyarrow.ChunkedArray of text, shape (n_rows,)
        As in the file.
    column : str
        Their column, for the remarks.
    remarks : Counter of (str, str)
        Added to.

    Returns
    -------
    pyarrow.Array of text, shape (n_rows,)
        Missing where nothing is left.
    """
    text = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    held = _bytes_held(text)
    if held[:9].any() or held[11:32].any() or held[127]:
        remarks[column, "control character"] += _count(pc.match_substring_regex(text, CONTROL))
        text = pc.replace_substring_regex(text, CONTROL, "")
    text = pc.utf8_trim_whitespace(text)
    if held[ord("\n")]:
        remarks[column, "line feed"] += _count(pc.match_substring(text, "\n"))
    if held[0xEF]:
        remarks[column, "unreadable letter"] += _count(pc.match_substring(text, "\ufffd"))
    if held[ord("=")] or held[ord("@")] or held[ord("(")]:
        remarks[column, "like a formula"] += _count(pc.match_substring_regex(text, FORMULA))
    return pc.if_else(pc.equal(pc.binary_length(text), 0), None, text)


def read_days(
    values: pa.Array, name: str, mapping: Mapping, column: str, remarks: Remarks
) -> tuple[pa.Array, Flags]:
    """
    Read a column of dates.

    Parameters
    ----------
    values : pyarrow.Array of text, shape (n_rows,)
        Trimmed cells.
    name : str
        Their field.
    mapping : Mapping
        Its formats, and the last day that can be.
    column : str
        Their column, for the remarks.
    remarks : Counter of (str, str)
        Added to.

    Returns
    -------
    days : pyarrow.Array of date32, shape (n_rows,)
        Missing where the cell is empty, impossible or not readable.
    is_unread : numpy.ndarray of bool, shape (n_rows,)
        Cells that no format reads.
    """
    coded = values.dictionary_encode()
    patterns, latest = tuple(mapping.dates[name]), mapping.latest
    read = [read_day(text, patterns, latest=latest) for text in coded.dictionary.to_pylist()]
    possible = [day if day and EARLIEST <= day <= latest else None for day in read]
    n_impossible = pa.array([day is not None and not EARLIEST <= day <= latest for day in read])
    unread = pa.array([day is None for day in read], type=pa.bool_())
    if read:
        remarks[column, "impossible date"] += _count(n_impossible.take(coded.indices))
    days = pa.array(possible, type=pa.date32()).take(coded.indices)
    return days, _flags(unread.take(coded.indices))


def _split(
    cells: pa.Array, targets: list[str], column: str, remarks: Remarks
) -> dict[str, pa.Array]:
    if targets != SPLIT:
        return {targets[0]: cells}
    pattern = POSTAL_CODE_CITY.pattern.replace("(", "(?P<code>", 1)
    head, tail = pattern.rsplit("(", 1)
    parts = pc.extract_regex(cells, f"^{head}(?P<town>{tail}$")
    remarks[column, "not split"] += _count(pc.and_(pc.is_valid(cells), pc.is_null(parts)))
    town = pc.if_else(pc.is_null(parts), cells, pc.struct_field(parts, "town"))
    return {"postal_code": pc.struct_field(parts, "code"), "city": town}


def _tidy(values: pa.Array, name: str, mapping: Mapping, column: str, remarks: Remarks) -> pa.Array:
    if name.endswith(NUMBERS) and _bytes_held(values)[[ord("E"), ord("e")]].any():
        values = _empty(values, SCIENTIFIC, "cut by a spreadsheet", column, remarks)
    if table := mapping.values.get(name):
        place = pc.index_in(values, pa.array(list(table), type=pa.string()))
        new = pa.array([text or None for text in table.values()], type=pa.string()).take(place)
        values = pc.if_else(pc.is_null(place), values, new)
    if name.endswith("postal_code"):
        values = _tidy_postal_codes(values, name in mapping.lost_zeros, column, remarks)
    return values


def _tidy_postal_codes(
    values: pa.Array, has_lost_zeros: bool, column: str, remarks: Remarks
) -> pa.Array:
    if has_lost_zeros:
        is_short = pc.match_substring_regex(values, r"^\d{4}$")
        remarks[column, "zero put back"] += _count(is_short)
        values = pc.if_else(is_short, pc.binary_join_element_wise("0", values, ""), values)
    places = reference.place_postal_codes(values.to_pandas())["place_quality"].value_counts()
    for quality, remark in PLACE_REMARKS.items():
        remarks[column, remark] += int(places.get(quality, 0))
    return values


def _add_constants(found: dict[str, pa.Array], batch: Batch, mapping: Mapping) -> None:
    n = len(batch.lines)
    if "record_id" not in found and "record_id" not in mapping.constants:
        found["record_id"] = pa.array(batch.lines).cast(pa.string())
    for name, value in mapping.constants.items():
        constant = pa.array([value] * n, type=pa.string())
        found[name] = (
            read_days(constant, name, mapping, "", Counter())[0]
            if name in mapping.dates
            else constant
        )


def _empty(values: pa.Array, pattern: str, remark: str, column: str, remarks: Remarks) -> pa.Array:
    is_odd = pc.match_substring_regex(values, pattern)
    remarks[column, remark] += _count(is_odd)
    return pc.if_else(is_odd, None, values)


def _bytes_held(text: pa.Array) -> Flags:
    """Say which of the 256 bytes occur in a column of text."""
    data = text.buffers()[2]
    held = np.zeros(256, dtype=bool)
    if data is not None:
        held[np.frombuffer(data, dtype=np.uint8)] = True
    return held


def _count(flags: pa.Array) -> int:
    return pc.sum(flags, min_count=0).as_py()


def _flags(flags: pa.Array) -> Flags:
    return pc.fill_null(flags, False).to_numpy(zero_copy_only=False)

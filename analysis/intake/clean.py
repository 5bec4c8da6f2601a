"""Turn the text of a chunk into records, remarking on every cell that is odd."""

from collections import Counter
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from analysis import reference
from analysis.intake.chunks import Chunk, Flags, has_byte, set_rows_aside
from analysis.intake.mapping import SPLIT, Mapping, list_targets
from analysis.intake.patterns import read_day, read_words

PLACEHOLDER = f"(?i)^({'|'.join(read_words('placeholder'))})$"
CONTROL = r"[\x00-\x08\x0b-\x1f\x7f]"
CONTROL_BYTES = bytes([*range(0x09), *range(0x0B, 0x20), 0x7F])
FORMULA = r"^(=|@|[+-][A-Za-z]+\()"
SCIENTIFIC = r"^\d[.,]\d+[eE]\+?\d+$"
NUMBERS = ("nir", "phone", "landline", "mobile", "_id")
EARLIEST = date(1900, 1, 2)


def make_records(chunk: Chunk, mapping: Mapping) -> tuple[Chunk, Counter[tuple[str, str]]]:
    """
    Turn a chunk into records.

    Parameters
    ----------
    chunk : Chunk
        Rows of the file, as text.
    mapping : Mapping
        Which column is which field; the file has all its columns.

    Returns
    -------
    records : Chunk
        As `rows` the fields of the mapping and ``record_id`` (the line, if no column gives it), as
        in the data dictionary; empty cells are missing. Rows with a date that no format reads are
        set aside, too.
    remarks : Counter of (str, str)
        Cells remarked on, by column and remark.
    """
    fields: dict[str, pa.Array] = {}
    unread: list[tuple[str, str, Flags]] = []
    remarks: Counter[tuple[str, str]] = Counter()
    for column, target in mapping.columns.items():
        cleaner = _Cleaner(column, mapping, remarks)
        cells = cleaner.clean(chunk.rows[column])
        if target != "record_id":  # 00000000 is a good number of a line
            cells = cleaner.empty(cells, PLACEHOLDER, "placeholder")
        for name, values in cleaner.split(cells, list_targets(target)).items():
            if name in mapping.dates:
                fields[name], is_unread = cleaner.read_days(values, name)
                unread.append((column, "date not readable", is_unread))
            else:
                fields[name] = cleaner.tidy(values, name)
    constants = _Cleaner("", mapping, Counter())
    for name, value in mapping.constants.items():
        cells = pa.array([value] * len(chunk.lines), type=pa.string())
        fields[name] = constants.read_days(cells, name)[0] if name in mapping.dates else cells
    if "record_id" not in fields:
        fields["record_id"] = pa.array(chunk.lines).cast(pa.string())
    schema = pa.schema([f for f in reference.record_schema() if f.name in fields])
    records = pa.Table.from_arrays([fields[name] for name in schema.names], schema=schema)
    return set_rows_aside(Chunk(records, chunk.lines, chunk.set_aside), unread), remarks


class _Cleaner:
    """The cells of one column on their way into fields; what is odd is added to `remarks`."""

    def __init__(self, column: str, mapping: Mapping, remarks: Counter[tuple[str, str]]) -> None:
        self._column, self._mapping, self._remarks = column, mapping, remarks

    def clean(self, cells: pa.ChunkedArray) -> pa.Array:
        """Trim cells and take out control characters; an empty cell is missing."""
        text = cells.combine_chunks()
        if has_byte(text, CONTROL_BYTES):
            self._remark("control character", pc.match_substring_regex(text, CONTROL))
            text = pc.replace_substring_regex(text, CONTROL, "")
        text = pc.utf8_trim_whitespace(text)
        if has_byte(text, b"\n"):
            self._remark("line feed", pc.match_substring(text, "\n"))
        if has_byte(text, b"\xef"):
            self._remark("unreadable letter", pc.match_substring(text, "\ufffd"))
        if has_byte(text, b"=@("):
            self._remark("like a formula", pc.match_substring_regex(text, FORMULA))
        return pc.if_else(pc.equal(pc.binary_length(text), 0), None, text)

    def empty(self, values: pa.Array, pattern: str, remark: str) -> pa.Array:
        """Empty the cells that match a pattern."""
        is_odd = pc.match_substring_regex(values, pattern)
        self._remark(remark, is_odd)
        return pc.if_else(is_odd, None, values)

    def split(self, cells: pa.Array, targets: list[str]) -> dict[str, pa.Array]:
        """Part postal code and town, where a column holds both."""
        if targets != SPLIT:
            return {targets[0]: cells}
        parts = pc.extract_regex(cells, f"^{read_words('type')['a postal code and a town']}$")
        self._remark("not split", pc.and_(pc.is_valid(cells), pc.is_null(parts)))
        town = pc.if_else(pc.is_null(parts), cells, pc.struct_field(parts, "town"))
        return {"postal_code": pc.struct_field(parts, "code"), "city": town}

    def read_days(self, values: pa.Array, name: str) -> tuple[pa.Array, Flags]:
        """Read dates; return them, missing where there is no possible day, and what is none."""
        coded = values.dictionary_encode()
        formats, latest = self._mapping.dates[name], self._mapping.latest
        read = [read_day(text, formats, latest=latest) for text in coded.dictionary.to_pylist()]
        days = pa.array(read, type=pa.date32()).take(coded.indices)
        is_unread = pc.and_(pc.is_valid(values), pc.is_null(days))
        is_odd = pc.or_(pc.less(days, pa.scalar(EARLIEST)), pc.greater(days, pa.scalar(latest)))
        self._remark("impossible date", is_odd)
        return pc.if_else(is_odd, None, days), is_unread.to_numpy(zero_copy_only=False)

    def tidy(self, values: pa.Array, name: str) -> pa.Array:
        """Repair values, or empty them, by their field."""
        if name.endswith(NUMBERS) and has_byte(values, b"Ee"):
            values = self.empty(values, SCIENTIFIC, "cut by a spreadsheet")
        if meanings := self._mapping.values.get(name):
            place = pc.index_in(values, pa.array(list(meanings), type=pa.string()))
            new = pa.array([text or None for text in meanings.values()], type=pa.string())
            values = pc.if_else(pc.is_null(place), values, new.take(place))
        if not name.endswith("postal_code"):
            return values
        if name in self._mapping.lost_zeros:
            is_short = pc.match_substring_regex(values, r"^\d{4}$")
            self._remark("zero put back", is_short)
            values = pc.if_else(is_short, pc.binary_join_element_wise("0", values, ""), values)
        places = reference.place_postal_codes(values.to_pandas())["place_quality"].value_counts()
        for quality, remark in read_words("place").items():
            self._remarks[self._column, remark] += int(places.get(quality, 0))
        return values

    def _remark(self, remark: str, is_odd: pa.Array) -> None:
        self._remarks[self._column, remark] += pc.sum(is_odd, min_count=0).as_py()

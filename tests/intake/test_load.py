"""A file becomes a stored breach: every row accounted for, nothing half-written, nothing public."""

from __future__ import annotations

import csv
import re
import stat
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.exposure import coding
from analysis.intake import account as quarantine
from analysis.intake import load, unpack
from analysis.intake.chunks import Chunk, Layout
from analysis.intake.mapping import Mapping, read_mapping, write_mapping
from analysis.intake.patterns import read_words
from analysis.intake.propose import propose_mapping
from analysis.reference import dictionary
from analysis.store.breach import RELEASES, hash_content, open_breach, open_manifest
from tests.exports import EXPORTS, compare_counts, export, regroup
from tests.malformed import CASES, HEADER, ROWS, Case, lines, row, text

LATEST = date(2021, 2, 23)


def take_in(path: Path, folder: Path) -> quarantine.Account:
    """Import a file through the mapping that is proposed for it, unchanged."""
    proposed, _ = propose_mapping(path, latest=LATEST)
    write_mapping(proposed, folder.with_name("mapping.yaml"))
    return load.import_file(path, read_mapping(folder.with_name("mapping.yaml")), folder)


def read_records(folder: Path) -> pa.Table:
    """Read all records of an import."""
    return pa.concat_tables(map(pq.read_table, open_breach(folder).partitions("records")))


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Return a file with four rows and nothing wrong."""
    path = tmp_path / "good.csv"
    path.write_bytes(text())
    return path


def test_what_was_released_survives_a_corrected_file(good: Path, tmp_path: Path) -> None:
    take_in(good, tmp_path / "out")
    (tmp_path / "out" / RELEASES).write_text("shown", encoding="utf-8")
    take_in(good, tmp_path / "out")
    assert (tmp_path / "out" / RELEASES).read_text(encoding="utf-8") == "shown"


def test_four_rows_become_four_records(good: Path, tmp_path: Path) -> None:
    account = take_in(good, tmp_path / "out")
    records = read_records(tmp_path / "out").to_pylist()
    assert (account.n_rows, account.n_used, account.n_aside) == (4, 4, 0)
    assert records[1] == {
        "record_id": "3",
        "laboratory_id": "unknown",
        "sampled_on": date(2018, 3, 5),
        "used_name": "BRIAND",
        "first_names": "Noël",
        "born_on": date(1960, 2, 29),
        "nir": "160022799900299",
        "postal_code": "27000",
        "email": "b@example.org",
    }


def test_there_are_sixty_malformed_files_and_more() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_malformed_file_is_refused_or_accounted_for(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "FREE_BYTES", unpack.MIB)  # so that bombs can be small
    path, folder = tmp_path / "file", tmp_path / "out"
    case.write(path)
    if case.error:
        with pytest.raises(ValueError, match=case.error) as refusal:
            take_in(path, folder)
        assert not folder.exists()
        assert not any(cell in str(refusal.value) for cells in ROWS for cell in cells)
        return
    account = take_in(path, folder)
    remarks: Counter[str] = Counter()
    for (_, remark), n in account.remarks.items():
        remarks[remark] += n
    assert account.n_used == case.n_used == read_records(folder).num_rows
    assert dict(account.reasons) == case.reasons
    assert dict(+remarks) == case.remarks


def test_the_quarantine_names_line_column_and_reason_and_no_value(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(text("A;B;C", row(day="hier"), row(mail='"z'), row(), encoding="cp1252"))
    take_in(path, tmp_path / "out")
    with (tmp_path / "out" / load.QUARANTINE).open(encoding="utf-8") as sheet:
        listed = list(csv.reader(sheet))
    assert listed == [
        ["file", "line", "n_lines", "column", "reason"],
        ["file.csv", "6", "1", "", "ragged row"],
        ["file.csv", "7", "1", "Date prélèvement", "date not readable"],
        ["file.csv", "8", "2", "", "quote not closed"],
    ]


def test_every_reason_and_every_remark_says_what_to_do() -> None:
    used = {reason for case in CASES for reason in case.reasons}
    made = {remark for case in CASES for remark in case.remarks}
    assert used == set(read_words("reason"))
    assert made | {"not split"} == set(read_words("remark"))


def test_rows_in_are_rows_used_and_rows_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(text("A;B;C", "", row(day="hier"), row()))
    told = quarantine.describe_account(take_in(path, tmp_path / "out"))
    assert told.startswith("8 rows in = 5 used + 3 set aside\n")
    n_rows, n_used, n_aside = map(int, re.findall(r"\d+", told.splitlines()[0]))
    assert n_rows == n_used + n_aside


def test_a_row_that_is_neither_used_nor_set_aside_stops_the_import() -> None:
    records = Chunk(pa.table({"record_id": ["1", "2"]}), np.array([1, 2]))
    chunk = Chunk(pa.table({"Nom": ["A", "B", "C"]}), np.array([1, 2, 3]))
    with pytest.raises(ValueError, match="3 rows read, 2 used, 0 set aside"):
        quarantine.Account().add(chunk, records, Counter())


def test_repeated_lines_and_repeated_contents_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    numbered = [f"{number};{line}" for number, line in enumerate([*lines()[1:], *lines()[1:3]])]
    header = "Num ligne;" + ";".join(HEADER)
    path.write_text("\n".join([header, *numbered, numbered[0]]) + "\n", encoding="utf-8")
    layout = Layout("text", "utf-8", ";")
    columns = {"Prénom": "first_names", "Date prélèvement": "sampled_on", "NIR": "nir"}
    mapping = Mapping(
        layout,
        columns,
        dates={"sampled_on": ["%d/%m/%Y"]},
        constants={"laboratory_id": "LAB-A"},
    )
    load.import_file(path, mapping, tmp_path / "out")
    told = open_manifest(tmp_path / "out")["imported"]
    assert (told["n_rows"], told["repeated"]) == (7, {"lines": 1, "contents": 3})
    mapping.columns["Num ligne"] = "record_id"
    with pytest.raises(ValueError, match="1 record_id stand on an earlier line"):
        load.import_file(path, mapping, tmp_path / "out")


@pytest.mark.parametrize("n_chunks", [1, 2, 6])
def test_repeats_are_counted_across_chunks(n_chunks: int, tmp_path: Path) -> None:
    repeats = quarantine.Repeats(tmp_path / "hashes.duckdb")
    for part in np.array_split(np.array(["5", "7", "5", "5", "0", "7"]), n_chunks):
        rows = pa.table({"A": part, "B": ["x"] * len(part)})
        repeats.add(rows, pa.table({"record_id": part, "sex": ["F"] * len(part)}))
    assert repeats.count() == {"lines": 3, "contents": 5, "record_ids": 3}


def test_no_rows_are_no_repeats(tmp_path: Path) -> None:
    repeats = quarantine.Repeats(tmp_path / "hashes.duckdb")
    assert repeats.count() == {"lines": 0, "contents": 0, "record_ids": 0}


def test_checking_writes_nothing(good: Path, tmp_path: Path) -> None:
    proposed, _ = propose_mapping(good, latest=LATEST)
    assert load.check_file(good, proposed).n_used == len(ROWS)
    assert list(tmp_path.iterdir()) == [good]


def test_checking_holds_the_records_to_their_contract(good: Path) -> None:
    proposed, _ = propose_mapping(good, latest=LATEST)
    text = good.read_text(encoding="utf-8")
    good.write_text(text.replace("b@example.org", "b@example", 1), encoding="utf-8")
    account = load.check_file(good, proposed)
    assert account.breaches == {"email: no e-mail address": 1}
    assert "1 records used, but look at email" in quarantine.describe_account(account)


def test_everything_derived_is_readable_by_its_owner_alone(good: Path, tmp_path: Path) -> None:
    take_in(good, tmp_path / "out")
    found = [tmp_path / "out", *(tmp_path / "out").rglob("*")]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in found}
    assert modes == {0o700, 0o600}
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"records", "manifest.json", load.QUARANTINE}


def test_an_interrupted_import_leaves_what_was_there(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(good, tmp_path / "out")
    before = open_manifest(tmp_path / "out")

    def interrupt(*_: object) -> Iterator[None]:
        raise KeyboardInterrupt

    monkeypatch.setattr(load, "make_records", interrupt)
    with pytest.raises(KeyboardInterrupt):
        take_in(good, tmp_path / "out")
    assert open_manifest(tmp_path / "out") == before
    assert read_records(tmp_path / "out").num_rows == len(ROWS)


@pytest.mark.parametrize("touch", ["forget", "import"])
def test_a_folder_that_no_import_wrote_is_left_alone(
    good: Path, tmp_path: Path, touch: str
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").touch()
    with pytest.raises(ValueError, match="not written by an import"):
        load.forget(tmp_path / "photos") if touch == "forget" else take_in(
            good, tmp_path / "photos"
        )
    assert (tmp_path / "photos" / "a.jpg").exists()


def test_forgetting_deletes_what_was_derived_and_not_the_file(good: Path, tmp_path: Path) -> None:
    take_in(good, tmp_path / "out")
    (tmp_path / "out.partial").mkdir()
    assert len(load.forget(tmp_path / "out")) == 2
    assert good.exists()
    assert not (tmp_path / "out").exists()
    with pytest.raises(FileNotFoundError, match="nothing to forget"):
        load.forget(tmp_path / "out")


def test_a_long_file_is_cut_into_partitions(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "ROWS", 3)
    take_in(good, tmp_path / "out")
    breach = open_breach(tmp_path / "out")
    assert [pq.read_metadata(p).num_rows for p in breach.partitions("records")] == [3, 1]
    assert hash_content(breach) == breach.manifest["content_hash"]


def test_a_wrong_date_format_is_refused_with_the_one_that_fits(good: Path, tmp_path: Path) -> None:
    proposed, _ = propose_mapping(good, latest=LATEST)
    proposed.dates["born_on"] = ["%Y-%m-%d"]
    with pytest.raises(ValueError, match=r"reads 0 of the first 4 .* '%d/%m/%Y' fits 100%"):
        load.import_file(good, proposed, tmp_path / "out")


def test_a_missing_column_is_refused_with_the_nearest(good: Path, tmp_path: Path) -> None:
    proposed, _ = propose_mapping(good, latest=LATEST)
    proposed.columns["Code Postale"] = "city"
    with pytest.raises(ValueError, match="no column 'Code Postale'; did you mean 'Code postal'"):
        load.import_file(good, proposed, tmp_path / "out")


def test_a_column_of_postal_code_and_town_is_split(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    rows = ["02/03/2018;56000 VANNES", "03/03/2018;20 000 AJACCIO", "04/03/2018;BREST"]
    path.write_text("\n".join(["Date prélèvement;CP VILLE", *rows, *rows[:2] * 4]), "utf-8")
    account = take_in(path, tmp_path / "out")
    records = read_records(tmp_path / "out")
    assert records["postal_code"].to_pylist()[:3] == ["56000", "20 000", None]
    assert records["city"].to_pylist()[:3] == ["VANNES", "AJACCIO", "BREST"]
    assert account.remarks["CP VILLE", "not split"] == 1


def test_constants_values_and_places_of_laboratories(good: Path, tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").write_text(
        """
        file: {kind: text, encoding: utf-8, delimiter: ";"}
        columns: {Date prélèvement: sampled_on, Prénom: sex}
        dates: {sampled_on: "%d/%m/%Y"}
        values: {sex: {Zoé: F, Noël: M}}
        constants: {laboratory_id: LAB-A}
        laboratories: {LAB-A: "56", LAB-B: "27"}
        is_synthetic: true
        """,
        encoding="utf-8",
    )
    load.import_file(good, read_mapping(tmp_path / "mapping.yaml"), tmp_path / "out")
    manifest = open_manifest(tmp_path / "out")
    records = read_records(tmp_path / "out")
    assert records["sex"].to_pylist() == ["F", "M", "Anaïs", "Hervé"]
    assert manifest["laboratories"] == [{"laboratory_id": "LAB-A", "dep_code": "56"}]
    assert manifest["is_synthetic"]


@pytest.mark.parametrize("kind", EXPORTS)
def test_an_export_gives_the_same_counts_cell_for_cell(
    kind: str, small_world: coding.CodedRecords, tmp_path: Path
) -> None:
    original = small_world.breach
    path = export(original, kind, tmp_path)
    account = take_in(path, tmp_path / "in")
    assert (account.n_used, account.n_aside) == (original.manifest["n_records"], 0)
    imported = regroup(tmp_path / "in", original, tmp_path / "coded")
    assert imported.manifest["content_hash"] == original.manifest["content_hash"]
    assert compare_counts(coding.code_breach(imported, persons="truth"), small_world) > 1000


def test_fields_that_a_file_lacks_are_absent(good: Path, tmp_path: Path) -> None:
    take_in(good, tmp_path / "out")
    names = read_records(tmp_path / "out").schema.names
    dictionary.check_fields(names, source="out")
    assert "city" not in names

"""From a messy file to a stored breach on the command line, and back to nothing."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from analysis.cli import app
from analysis.exposure import coding
from analysis.intake import load
from analysis.intake.propose import propose_mapping
from analysis.reporting.pages import write_pages
from analysis.store.breach import Breach, open_breach
from data_synthetic.simulation import messy

LATEST = date(2021, 2, 14)


@pytest.fixture(scope="module")
def export(
    small_world: coding.CodedRecords, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Breach, Path]:
    """Return a small drawn breach and its first records as a messy file."""
    folder = tmp_path_factory.mktemp("messy")
    rng = np.random.default_rng(1)
    return small_world.breach, messy.write_messy(small_world.breach, folder, rng=rng)


def test_every_line_that_was_spoilt_is_accounted_for(export: tuple[Breach, Path]) -> None:
    breach, path = export
    mapping, _ = propose_mapping(path, latest=LATEST, is_synthetic=True)
    account = load.check_file(path, mapping)
    n_drawn = len(pq.read_table(breach.partitions("records")[0]))
    assert account.n_rows == n_drawn + messy.REPEATED + messy.RAGGED + messy.BLANK
    assert account.reasons["ragged row"] == messy.RAGGED
    assert account.reasons["blank line"] == messy.BLANK
    assert account.reasons["date not readable"] >= 10
    assert account.remarks["N° sécu", "placeholder"] >= 100


def test_columns_of_the_messy_file_are_recognised(export: tuple[Breach, Path]) -> None:
    mapping, _ = propose_mapping(export[1], latest=LATEST)
    targets = {"place": ["postal_code", "city"]}
    wanted = {h: targets.get(f, f) for f, h in messy.HEADERS.items() if f != "exported_by"}
    assert mapping.columns == wanted
    assert mapping.layout.encoding == "windows-1252"
    assert mapping.layout.header_line == 2


def test_a_comment_on_every_seventh_line_changes_no_other_count(
    export: tuple[Breach, Path], tmp_path: Path
) -> None:
    lines = export[1].read_bytes().decode(messy.ENCODING).split("\r\n")
    place = lines[1].split(";").index("Comm. patient")
    changed = []
    for number, line in enumerate(lines):
        cells = line.split(";")
        if number > 1 and number % 7 == 0 and len(cells) == len(messy.HEADERS):
            cells[place] = "diabete"
        changed.append(";".join(cells))
    honest = tmp_path / "honest.csv"
    honest.write_bytes("\r\n".join(changed).encode(messy.ENCODING))
    mapping, _ = propose_mapping(honest, latest=LATEST, is_synthetic=True)
    accounts = [
        load.import_file(path, mapping, tmp_path / name)
        for name, path in (("before", export[1]), ("after", honest))
    ]
    assert mapping.columns["Comm. patient"] == "comment_patient"
    assert accounts[0].n_used == accounts[1].n_used
    assert accounts[0].reasons == accounts[1].reasons
    assert accounts[0].remarks == accounts[1].remarks
    records = pq.read_table(open_breach(tmp_path / "after").partitions("records")[0])
    said = records["comment_patient"].to_pylist()
    assert abs(said.count("diabete") - len(said) / 7) < 20


def test_the_same_seed_writes_the_same_file(export: tuple[Breach, Path], tmp_path: Path) -> None:
    breach, path = export
    again = messy.write_messy(breach, tmp_path, rng=np.random.default_rng(1))
    assert again.read_bytes() == path.read_bytes()


def test_a_real_breach_is_never_copied_out(export: tuple[Breach, Path], tmp_path: Path) -> None:
    real = Breach(export[0].folder, {**export[0].manifest, "is_synthetic": False})
    with pytest.raises(ValueError, match="not synthetic"):
        messy.write_messy(real, tmp_path, rng=np.random.default_rng(1))


def run(*words: str | Path) -> str:
    """Run a command; return what it says."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


def test_from_file_to_counts_to_nothing(export: tuple[Breach, Path], tmp_path: Path) -> None:
    file, mapping, out = export[1], tmp_path / "mapping.yaml", tmp_path / "out"
    assert "Sexe -> sex" in run("map", file, "--out", mapping, "--synthetic")
    checked = run("check", file, "--mapping", mapping)
    told = run("import", file, "--mapping", mapping, "--out", out)
    accounts = [re.findall(r"\d+ rows in = \d+ used \+ \d+ set aside", t) for t in (checked, told)]
    assert accounts[0] == accounts[1] != []
    assert told.count("personal data") == 1
    assert f"breach-impact forget {out}" in told
    coded = coding.open_coded(open_breach(out))
    assert coded.persons == coding.LINKED
    assert all(path.stat().st_mode & 0o077 == 0 for path in [out, *out.rglob("*")])
    write_pages([], tmp_path / "pages", data=out)
    write_pages([], tmp_path / "gone", data=out)
    shutil.rmtree(tmp_path / "gone")
    told = run("forget", out)
    assert f"deleted: {out};" in told.replace("\n", "")
    assert f"left: {tmp_path / 'pages'}" in told
    assert "gone" not in told
    assert not out.exists()


def test_a_mistake_is_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["map", str(tmp_path / "none.csv")])
    assert result.exit_code == 1
    assert "no file at" in str(result.exception)

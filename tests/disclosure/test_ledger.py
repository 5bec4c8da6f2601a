"""The chain of earlier releases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.disclosure.ledger import FIRST, Ledger


def fill(path: Path) -> Ledger:
    """Add three releases."""
    ledger = Ledger(path)
    for number in range(3):
        ledger.add({"source": "ab", "audit": {}, "tables": {"t": [{"n_persons": number}]}})
    return ledger


def test_releases_come_back_in_order_and_chained(tmp_path: Path) -> None:
    entries = fill(tmp_path / "ledger.jsonl").read()
    assert [entry["tables"]["t"][0]["n_persons"] for entry in entries] == [0, 1, 2]
    assert [entry["previous"] for entry in entries] == [FIRST, *(e["hash"] for e in entries[:2])]


def test_no_file_is_no_release(tmp_path: Path) -> None:
    assert Ledger(tmp_path / "none.jsonl").read() == []


@pytest.mark.parametrize("change", ["edit", "drop", "swap", "forge"])
def test_a_changed_chain_is_refused(tmp_path: Path, change: str) -> None:
    ledger = fill(path := tmp_path / "ledger.jsonl")
    lines = path.read_text(encoding="utf-8").splitlines()
    if change == "edit":
        lines[1] = lines[1].replace('"n_persons": 1', '"n_persons": 7')
    if change == "drop":
        del lines[1]
    if change == "swap":
        lines[0], lines[1] = lines[1], lines[0]
    if change == "forge":
        lines[1] = json.dumps({**json.loads(lines[1]), "hash": "0" * 64})
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"line \d: this release or one before it was changed"):
        ledger.read()

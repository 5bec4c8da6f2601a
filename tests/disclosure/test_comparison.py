"""What the attacker finds before and after."""

from __future__ import annotations

from pathlib import Path

from analysis.disclosure.comparison import compare_hiding
from analysis.disclosure.gate import release
from tests.disclosure.test_protection import FIRST_MONTHS, ONE_MORE, counts, whole, window


def test_a_total_gives_a_small_cell_back_but_not_from_the_gate() -> None:
    table = counts({"F": 30, "M": 5, "unknown": 20})
    found = compare_hiding({"sex": table, "all": whole(table, persons=55)})
    assert found["hidden"].tolist() == ["small cells", "gate"]
    assert found["n_hidden"].tolist() == [1, 2]
    assert found["n_recovered"].tolist() == [1, 0]
    assert found["n_exposed"].tolist() == [1, 0]


def test_an_earlier_release_is_subtracted(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    second = counts(ONE_MORE, **window("2018-01-01", "2018-07-01"))
    assert compare_hiding({"t": second})["n_exposed"].tolist() == [0, 0]
    release(counts(FIRST_MONTHS, **window("2018-01-01", "2018-06-01")), ledger=ledger)
    found = compare_hiding({"t": second}, ledger=ledger)
    assert found["n_exposed"].tolist() == [1, 0]

"""What the attacker finds before and after."""

from __future__ import annotations

import pytest

from analysis.disclosure.comparison import bound_masked, compare_hiding, compare_releases
from analysis.disclosure.gate import release
from analysis.disclosure.ledger import Ledger
from tests.disclosure.test_protection import FIRST_MONTHS, ONE_MORE, counts, whole, window


def test_a_total_gives_a_small_cell_back_but_not_from_the_gate() -> None:
    table = counts({"F": 30, "M": 5, "unknown": 20})
    found = compare_hiding({"sex": table, "all": whole(table, persons=55)}).table
    assert found["hidden"].tolist() == ["small cells", "gate"]
    assert found["n_hidden"].tolist() == [1, 2]
    assert found["n_recovered"].tolist() == [1, 0]
    assert found["n_exposed"].tolist() == [1, 0]


def test_an_earlier_release_is_subtracted() -> None:
    ledger = Ledger()
    second = counts(ONE_MORE, **window("2018-01-01", "2018-07-01"))
    assert compare_hiding({"t": second}).table["n_exposed"].tolist() == [0, 0]
    release(counts(FIRST_MONTHS, **window("2018-01-01", "2018-06-01")), ledger=ledger)
    found = compare_hiding({"t": second}, ledger=ledger).table
    assert found["n_exposed"].tolist() == [1, 0]


def test_the_masked_cells_of_the_course_have_the_printed_bounds() -> None:
    masked = [(0, 1), (0, 2), (1, 1), (1, 2)]
    found = bound_masked([[6, 14, 1, 7], [3, 2, 3, 13]], masked).table
    assert found[["row", "column"]].to_numpy().tolist() == [[1, 2], [1, 3], [2, 2], [2, 3]]
    assert found[["low", "high"]].to_numpy().tolist() == [[11, 15], [0, 4], [1, 5], [0, 4]]


def test_one_cell_masked_alone_is_known() -> None:
    found = bound_masked([[6, 14], [3, 2]], [(0, 1)]).table
    assert found[["low", "high"]].to_numpy().tolist() == [[14, 14]]


def test_a_negative_number_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        bound_masked([[1, -1], [1, 1]], [(0, 0)])


def test_a_second_table_tells_small_differences_unless_the_first_is_in_mind() -> None:
    ledger = Ledger()
    first = release(counts(FIRST_MONTHS, **window("2018-01-01", "2018-06-01")), ledger=ledger)
    second = counts(ONE_MORE, **window("2018-01-01", "2018-07-01"))
    careful = release(second, ledger=ledger)
    releases = {"first": first, "without": release(second), "with": careful}
    found = compare_releases(releases).table.set_index("released")
    assert found["n_small"].tolist()[0] == 0
    assert found.loc["without", "n_small"] > found.loc["with", "n_small"] == 0
    assert found.loc["with", "n_hidden"] > found.loc["without", "n_hidden"]
    assert found.loc["with", "information_kept"] < found.loc["without", "information_kept"]

"""The attack with everything together: it reads what pages show, and works out what they hide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from data_synthetic.attack import findings
from data_synthetic.attack.edition import Shown, gather_edition
from data_synthetic.attack.intruder import System, pose_statements
from data_synthetic.attack.reader import PERSONS, RECORDS, Cell, Statement, read_shown

FILE = "a file"
OISE = Cell(FILE, "home", "60", "any", "2015-01-01", "2018-01-01")
YEARS = [
    OISE._replace(start=f"{year}-01-01", end=f"{year + 1}-01-01") for year in (2015, 2016, 2017)
]
HEAD = "place,dep_code,category,window_start,window_end,n_records,n_persons,status"
ROW = "home,60,any,{0}-01-01,{1}-01-01,{2},{2},{3}"
TABLE = """
<table><thead><tr><th></th><th></th><th>persons</th></tr>
<tr><th>département</th><th>kind of data</th><th></th></tr></thead>
<tbody><tr><th rowspan="2">Oise (60)</th><th>E-mail address</th><td>1,020</td></tr>
<tr><th>Portal login and password</th><td>hidden to protect persons</td></tr></tbody></table>
"""
PARAMETERS = {
    "DATA": FILE,
    "LANGUAGE": "en",
    "PLACE": "home",
    "START": "2015-01-01",
    "END": "2018-01-01",
}


def say(unit: str, cell: Cell, number: float) -> Statement:
    """Return a number that is shown."""
    return Statement((((unit, cell), 1.0),), number, number)


def hide(cell: Cell) -> list[Statement]:
    """Return a cell that is hidden."""
    ends = (1, float("inf"))
    return [Statement((((unit, cell), 1.0),), *ends, is_hidden=True) for unit in (RECORDS, PERSONS)]


def attack(statements: Sequence[Statement]) -> System:
    """Return what an intruder knows."""
    known = System(pose_statements(statements), statements)
    known.narrow()
    known.solve(findings.list_hidden(statements), enough=11)
    return known


@pytest.fixture(scope="module")
def page() -> Shown:
    """Return a page of one département: 336 records, 100 and 233 in two years, 3 in the third."""
    rows = [ROW.format(2015, 2018, 336, "shown"), ROW.format(2015, 2016, "", "suppressed")]
    rows += [ROW.format(2016, 2017, 100, "shown"), ROW.format(2017, 2018, 233, "shown")]
    return Shown("05", PARAMETERS, [("table", TABLE)], {"05-60.csv": "\n".join([HEAD, *rows])})


def test_a_file_and_a_table_become_statements(page: Shown) -> None:
    read = [*read_shown(page)]
    assert say(RECORDS, OISE, 336) in read
    assert {*hide(YEARS[0])} <= {*read}
    assert say(PERSONS, OISE._replace(category="email"), 1020) in read
    assert hide(OISE._replace(category="credentials"))[1] in read


def test_the_one_year_that_is_hidden_is_what_the_others_leave(page: Shown) -> None:
    known = attack([one for one in read_shown(page) if one.terms[0][0][1].category == "any"])
    assert known.interval((RECORDS, YEARS[0])) == (3, 3)
    assert known.interval((PERSONS, YEARS[0])) == (3, 3)


def test_two_hidden_years_share_what_is_left() -> None:
    shown = [say(RECORDS, OISE, 336), say(PERSONS, OISE, 336), say(RECORDS, YEARS[2], 324)]
    known = attack([*shown, *hide(YEARS[0]), *hide(YEARS[1])])
    assert known.interval((RECORDS, YEARS[0])) == (1, 11)


def test_places_of_all_records_sum_to_the_whole() -> None:
    whole = OISE._replace(basis="", place="")
    codes = [*findings.reference.list_dep_codes(), "unknown", "abroad"]
    cells = [OISE._replace(place=code) for code in codes if code != "60"]
    shown = [say(unit, cell, 20) for cell in cells for unit in (RECORDS, PERSONS)]
    total = [say(unit, whole, 20 * len(cells) + 4) for unit in (RECORDS, PERSONS)]
    assert attack([*shown, *total, *hide(OISE)]).interval((PERSONS, OISE)) == (4, 4)


def test_numbers_that_do_not_fit_are_refused() -> None:
    shown = [say(RECORDS, OISE, 5), say(PERSONS, OISE, 6)]
    with pytest.raises(ValueError, match="misread"):
        attack(shown)


def test_two_periods_and_two_kinds_differ_by_few() -> None:
    shown = [say(RECORDS, OISE, 336), say(RECORDS, OISE._replace(end="2017-12-01"), 335)]
    shown += [say(PERSONS, OISE, 52), say(PERSONS, OISE._replace(category="nir"), 51)]
    found = pd.DataFrame(findings.find_differences(shown), columns=findings.COLUMNS)
    assert [*zip(found["kind"], found["high"], strict=True)] == [("window", 1), ("complement", 1)]


@pytest.fixture(scope="module")
def judged() -> dict[str, Any]:
    """Return what is found in a few pages of three départements, by two place bases."""
    edition = gather_edition(findings.plan_small())
    assert not [shown.refused for shown in edition if shown.refused]
    return findings.summarise(edition, findings.find_everything(edition))


def test_the_attack_sees_much_and_never_errs(judged: dict[str, Any]) -> None:
    assert judged["n_statements"] > 3000
    assert judged["n_small"] > 100
    assert judged["finds"]["misread"] == 0


@pytest.mark.parametrize("kind", ["exact", "tighter", "complement", "window"])
def test_nothing_hidden_is_found(judged: dict[str, Any], kind: str) -> None:
    assert judged["finds"][kind] == 0

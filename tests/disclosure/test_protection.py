"""What a release of several tables hides."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.disclosure import attack, constraints
from analysis.disclosure.gate import Release, release, release_together
from analysis.disclosure.ledger import Ledger
from analysis.disclosure.past import unpack_cells
from analysis.disclosure.primary import gather_cells
from analysis.disclosure.protection import ExposedError
from analysis.exposure import windows
from analysis.exposure.counts import Counts, join_counts
from analysis.exposure.measures import LargestShare, Residents, Share
from tests.counted import make_counts


def counts(persons: dict[str, int], *, extra: int = 2, **columns: object) -> Counts:
    """Return persons by a column of cells; records are a few more."""
    table = pd.DataFrame({"sex": list(persons), "category": "any", "n_persons": persons.values()})
    table["n_records"] = [v + extra * (v > 0) for v in persons.values()]
    return make_counts(table.assign(**columns))


def whole(parts: Counts, *, persons: int) -> Counts:
    """Return the table's total, which has these persons."""
    total = parts.table.drop(columns="sex").head(1).copy()
    total["n_persons"], total["n_records"] = persons, parts.table["n_records"].sum()
    return make_counts(total.drop(columns="status"))


def test_a_small_cell_takes_another_along_when_its_total_is_shown() -> None:
    table = counts({"F": 30, "M": 5, "unknown": 20})
    shown = release_together({"sex": table, "all": whole(table, persons=55)})
    assert shown["sex"].table["status"].tolist() == ["shown", "suppressed", "suppressed"]
    assert shown["all"].table["status"].tolist() == ["shown"]
    assert shown["sex"].audit["n_hidden"] == 2


def test_a_small_cell_stands_alone_when_no_total_is_shown() -> None:
    table = counts({"F": 30, "M": 5, "unknown": 20})
    assert release(table).table["status"].eq("suppressed").sum() == 1


def test_two_small_cells_of_one_sum_need_a_third() -> None:
    table = counts({"F": 30, "M": 1, "unknown": 2}, extra=0)
    shown = release_together({"sex": table, "all": whole(table, persons=33)})
    assert shown["sex"].table["status"].eq("suppressed").all()


@pytest.mark.parametrize(("cost", "hidden"), [("persons", "unknown"), ("cells", "unknown")])
def test_the_cost_chooses_the_complement(cost: str, hidden: str) -> None:
    table = counts({"F": 300, "M": 5, "unknown": 20})
    shown = release_together({"a": table, "b": whole(table, persons=325)}, cost=cost)
    rows = shown["a"].table.set_index("sex")["status"]
    assert rows.eq("suppressed").sum() + shown["b"].table["status"].eq("suppressed").sum() == 2
    assert cost == "cells" or rows[hidden] == "suppressed"


def test_a_share_gives_its_whole_back_so_both_are_hidden() -> None:
    everybody = counts({"F": 30, "M": 5, "unknown": 20})
    nir = counts({"F": 25, "M": 3, "unknown": 15}, category="nir")
    table = join_counts([everybody, nir]).derive("share", Share("category", "any"))
    shown = release_together({"a": table, "b": whole(everybody, persons=55)})
    hidden = shown["a"].table.set_index(["sex", "category"])["status"].eq("suppressed")
    hidden = {c: hidden.xs(c, level="category") for c in ("any", "nir")}
    assert hidden["any"]["M"]
    assert (hidden["nir"] | ~hidden["any"]).all()
    assert hidden["any"].sum() == 2 or shown["b"].table["status"].item() == "suppressed"


@pytest.mark.parametrize(("n", "n_hidden"), [(15, 0), (19, 0), (20, 1), (29, 1), (30, 0)])
def test_few_without_a_category_are_hidden_in_a_group(n: int, n_hidden: int) -> None:
    """Of 30 persons 20 with a NIR leave 10 without one, whom the threshold of 11 guards, too."""
    table = join_counts([counts({"F": 30}), counts({"F": n}, category="nir")])
    assert release(table).table["status"].eq("suppressed").sum() == n_hidden
    whole_file = make_counts(table.table.drop(columns="sex"))
    assert release(whole_file).table["status"].eq("shown").all()


@pytest.mark.parametrize("n", [0, 30, 27])
def test_nobody_or_everybody_with_a_sensitive_category_is_hidden(n: int) -> None:
    table = join_counts([counts({"F": 30}), counts({"F": n}, category="health")])
    assert release(table).table["status"].iloc[1] != "suppressed" or n == 27
    shown = release(table, sensitive=["health"]).table
    assert shown["status"].eq("suppressed").any()


def test_an_illness_that_nobody_of_a_group_has_is_hidden_unless_asked_otherwise() -> None:
    table = join_counts([counts({"F": 30}), counts({"F": 0}, category="cancer")])
    whole_file = make_counts(table.table.drop(columns="sex"))
    assert release(table).table["status"].tolist() == ["shown", "suppressed"]
    assert release(table, sensitive=()).table["status"].tolist() == ["shown", "none"]
    assert release(whole_file).table["status"].tolist() == ["shown", "none"]
    assert release(table.label(outcome="left")).table["status"].iloc[1] == "none"


def test_one_contributor_above_85_percent_is_hidden() -> None:
    table = counts({"F": 30, "M": 40}).with_measure("most_of_it", [0.9, 0.8], LargestShare())
    shown = release(table, rule="businesses").table
    assert shown["status"].tolist() == ["suppressed", "shown"]
    assert shown["most_of_it"].tolist()[1:] == [0.8]


def test_a_rate_needs_enough_residents() -> None:
    table = counts({"F": 30, "M": 40}).with_measure("inhabitants", [10, 500], Residents())
    assert release(table).table["status"].tolist() == ["suppressed", "shown"]


def test_one_cell_with_two_counts_is_refused() -> None:
    with pytest.raises(ValueError, match="one cell has two counts"):
        release_together({"a": counts({"F": 30}), "b": counts({"F": 31})})


def test_rounded_tables_add_up_and_tell_no_small_count() -> None:
    table = make_counts(
        pd.DataFrame({"level": ["low", "medium", "high"], "n_persons": [33, 4, 21]}).assign(
            category="any", n_records=[33, 4, 21]
        )
    )
    total = pd.DataFrame({"category": ["any"], "n_persons": [58], "n_records": [58]})
    tables = {"level": table, "all": make_counts(total)}
    shown = release_together(tables, rounded_to=10)
    rounded = shown["level"].table
    assert (rounded["n_persons"] % 10 == 0).all()
    assert rounded["n_persons"].sum() == shown["all"].table["n_persons"].item()


def test_two_versions_of_one_table_are_refused() -> None:
    ledger = Ledger()
    release(counts({"F": 33, "M": 4}), ledger=ledger)
    with pytest.raises(ValueError, match="rounded version beside it"):
        release(counts({"F": 33, "M": 4}), ledger=ledger, rounded_to=5)


def window(start: str, end: str) -> dict[str, object]:
    """Return the columns of a window."""
    row = windows.one_window(start, end).iloc[0]
    return {
        "window": row["window"],
        "window_start": row["window_start"],
        "window_end": row["window_end"],
    }


FIRST_MONTHS = {"F": 40, "M": 60}
ONE_MORE = {"F": 43, "M": 80}


def test_a_month_more_is_hidden_where_the_difference_is_small() -> None:
    first = counts(FIRST_MONTHS, **window("2018-01-01", "2018-06-01"))
    second = counts(ONE_MORE, **window("2018-01-01", "2018-07-01"))
    ledger = Ledger()
    release(first, ledger=ledger)
    careless = release(second).table["n_persons"] - first.table["n_persons"]
    assert careless.tolist() == [3, 20]
    shown = release(second, ledger=ledger).table
    assert shown["status"].tolist() == ["suppressed", "shown"]


def test_a_cell_hidden_before_stays_hidden() -> None:
    ledger = Ledger()
    table = counts({"F": 30, "M": 5, "unknown": 20})
    release_together({"sex": table, "all": whole(table, persons=55)}, ledger=ledger)
    shown = release(table, ledger=ledger).table
    assert shown["status"].tolist() == ["shown", "suppressed", "suppressed"]


def test_a_total_that_gives_an_earlier_cell_back_is_hidden() -> None:
    ledger = Ledger()
    table = counts({"F": 30, "M": 5, "unknown": 20})
    release(table, ledger=ledger)
    shown = release(whole(table, persons=55), ledger=ledger).table
    assert shown["status"].tolist() == ["suppressed"]


def test_what_is_public_already_is_refused_without_its_count() -> None:
    ledger = Ledger()
    table = counts({"F": 30, "M": 7})
    release(table, ledger=ledger, threshold=5)
    with pytest.raises(ExposedError, match="sex M") as refusal:
        release(table, ledger=ledger)
    assert "7" not in str(refusal.value)


def test_the_ledger_keeps_nothing_that_was_not_shown() -> None:
    ledger = Ledger()
    release(counts({"F": 3333, "M": 7}, extra=70), ledger=ledger)
    packed = ledger.read()[0]["tables"]["table"]
    cells = unpack_cells(packed)
    assert cells["n_persons"].tolist() == [3333, pd.NA]
    assert cells["n_records"].tolist() == [3403, pd.NA]
    assert "77" not in json.dumps(packed)


YEAR = "2018-01-01/2019-01-01"
LINKED = st.lists(st.integers(0, 30) | st.integers(0, 200), min_size=6, max_size=6)


@settings(max_examples=15, deadline=None)
@given(LINKED, st.integers(2, 20))
def test_no_cell_of_linked_tables_is_known_better_than_allowed(
    persons: list[int], threshold: int
) -> None:
    halves = [window("2018-01-01", "2018-07-01"), window("2018-07-01", "2019-01-01")]
    parts = [
        counts(dict(zip(("F", "M", "unknown"), persons[3 * k :], strict=False)), **halves[k])
        for k in (0, 1)
    ]
    table = parts[0].table.drop(columns="status").assign(**window("2018-01-01", "2019-01-01"))
    for name in ("n_persons", "n_records"):
        table[name] = parts[0].table[name] + parts[1].table[name]
    year, total = make_counts(table), whole(make_counts(table), persons=sum(persons))
    tables = {"parts": join_counts(parts), "year": year, "all": total}
    shown = release_together(tables, threshold=threshold)
    attack_released(tables, shown, threshold)


def attack_released(tables: dict[str, Counts], shown: dict[str, Release], threshold: int) -> None:
    """Bound all hidden cells by two programs each, from the published numbers."""
    true = gather_cells(tables).cells
    cells = gather_cells({n: Counts(r.table, r.source, r.measures) for n, r in shown.items()})
    hidden = np.zeros(len(true), dtype=bool)
    for name, place in gather_cells(tables).places.items():
        hidden[place[shown[name].table["status"].eq("suppressed").to_numpy()]] = True
    assert true.loc[~hidden, "n_persons"].tolist() == cells.cells["n_persons"].dropna().tolist()
    system = constraints.build_system(
        constraints.relate(true),
        upper=np.full(len(true), np.inf),
        can_hide=np.ones(len(true), bool),
        zeros=np.zeros(len(true), bool),
    )
    extra = np.ones(system.n_cells - len(true), bool)
    found = attack.feasibility_intervals(system, np.concatenate([hidden, extra]))[: len(true)]
    small = true["n_persons"].between(1, threshold - 1).to_numpy(bool)
    inner = small & true["sex"].ne("all").to_numpy() & true["window"].ne(YEAR).to_numpy()
    assert hidden[small].all()
    assert (found[inner, 0] <= 1 + 1e-6).all()
    assert (found[small, 1] >= threshold - 1 - 1e-6).all()

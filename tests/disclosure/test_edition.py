"""All releases of a breach are one edition."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.disclosure.gate import release, release_together
from analysis.disclosure.ledger import Ledger
from analysis.disclosure.past import ConflictError
from analysis.exposure.counts import Counts
from analysis.exposure.measures import ShareOfSum
from tests.counted import make_counts

DEPS = {"22": 40, "27": 12, "48": 7, "56": 90}


def by_place(persons: dict[str, int], **columns: object) -> Counts:
    """Return persons by département; each has one record."""
    cells = pd.DataFrame({"dep_code": list(persons), "place": "home", "category": "any"})
    cells = cells.assign(n_persons=list(persons.values()), n_records=list(persons.values()))
    return make_counts(cells.assign(**columns))


def by_level(persons: dict[str, int], **columns: object) -> Counts:
    """Return the persons of a département by level."""
    cells = pd.DataFrame({"level": list(persons), "category": "any", "place": "home"})
    return make_counts(cells.assign(n_persons=list(persons.values()), **columns))


def test_what_was_asked_before_is_answered_as_it_was_then(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "releases.jsonl")
    first = release(by_place(DEPS), ledger=ledger)
    release(by_level({"low": 30, "high": 60}, dep_code="56"), ledger=ledger)
    again = release(by_place(DEPS), ledger=Ledger(ledger.path))
    pd.testing.assert_frame_equal(again.table, first.table)
    assert again.audit == first.audit
    assert len(ledger.read()) == 2


def test_a_part_is_protected_by_what_another_page_showed() -> None:
    ledger = Ledger()
    levels = by_level({"low": 84, "high": 6}, dep_code="56")
    assert release(levels).table["status"].eq("suppressed").sum() == 1
    release(by_place(DEPS), ledger=ledger)
    assert release(levels, ledger=ledger).table["status"].eq("suppressed").all()


def test_a_sum_that_only_a_share_gave_away_is_remembered() -> None:
    """Shares over départements tell their sum; the last département is then what is left."""
    first = by_place(DEPS).derive("share", ShareOfSum(("dep_code",)))
    total = make_counts(pd.DataFrame({"category": ["any"], "n_persons": [sum(DEPS.values())]}))
    ledger = Ledger()
    hidden = release(first, ledger=ledger).table["status"].eq("suppressed")
    assert hidden.sum() == 2
    assert release(total, ledger=ledger).table["status"].item() == "shown"
    rest = {code: n for code, n in DEPS.items() if code != "48"}
    later = release(by_place(rest), ledger=ledger).table
    assert later["status"].eq("suppressed").sum() == 1


def test_one_record_corrected_is_refused_and_the_release_named() -> None:
    ledger = Ledger()
    release(by_place(DEPS), ledger=ledger)
    release(by_level({"low": 50, "high": 40}, dep_code="56"), ledger=ledger)
    corrected = {**DEPS, "56": 91, "22": 39}
    with pytest.raises(
        ConflictError, match="release 1 of the ledger is this table with 2 other counts"
    ):
        release(by_place(corrected), ledger=ledger)
    with pytest.raises(ConflictError, match="release 1 of the ledger"):
        release(by_level({"low": 20, "high": 19}, dep_code="22"), ledger=ledger)
    with pytest.raises(ConflictError, match="release 2 of the ledger is this table"):
        release(by_level({"low": 51, "high": 40}, dep_code="56"), ledger=ledger)


def test_a_rounded_version_beside_a_hidden_one_is_refused_both_ways() -> None:
    one, other = Ledger(), Ledger()
    release(by_place(DEPS), ledger=one)
    with pytest.raises(ConflictError, match="rounded version beside it"):
        release(by_place(DEPS), ledger=one, rounded_to=5)
    release(by_place(DEPS), ledger=other, rounded_to=5)
    with pytest.raises(ConflictError, match="second version beside it"):
        release(by_place(DEPS), ledger=other)


def test_an_audit_does_not_say_why_cells_are_hidden() -> None:
    """That three hidden cells are all small would put each of them, 28 in all, in 8 to 10."""
    three = by_place({"15": 9, "48": 10, "973": 9, "56": 90})
    total = make_counts(pd.DataFrame({"category": ["any"], "n_persons": [118]}))
    audit = release_together({"places": three, "whole": total})["places"].audit
    assert not [name for name, said in audit.items() if isinstance(said, dict)]
    assert audit["n_hidden"] >= 3

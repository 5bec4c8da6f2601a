"""The person count from a labelled sample: by hand first, then its limits."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.linkage import link, review
from analysis.store.breach import Breach
from data_synthetic.simulation import draw, trials
from data_synthetic.simulation.scenario import Scenario
from tests.breaches import VOCABULARY, small_plan


@pytest.fixture
def lines() -> pd.DataFrame:
    """
    Return eight lines that linkage takes for six persons; in truth there are five.

    Linked: {a, b} and {c, d}, the others alone. In truth c and d are two persons, and e, f and
    g are one: persons {a, b}, {c}, {d}, {e, f, g}, {h}.
    """
    person = [0, 0, 1, 1, 2, 3, 4, 5]
    n_lines = [2, 2, 2, 2, 1, 1, 1, 1]
    stratum = [review.SEVERAL] * 4 + [review.ALONE] * 4
    columns = {"person_id": person, "n_lines": n_lines, "stratum": stratum}
    return pd.DataFrame(columns, index=pd.Index(list("abcdefgh"), name="record_id"))


@pytest.fixture
def true_person() -> pd.Series:
    """Return the true person of each of the eight lines."""
    return pd.Series([1, 1, 2, 3, 4, 4, 4, 5], index=list("abcdefgh"))


def make_sheet(rows: list[tuple[str, str, str, str]]) -> pd.DataFrame:
    """Write a sheet."""
    return pd.DataFrame(rows, columns=[*review.SHEET_COLUMNS])


@pytest.fixture
def census() -> pd.DataFrame:
    """Return the sheet of all eight lines, not filled in."""
    linked = {"a": "b", "b": "a", "c": "d", "d": "c"}
    several, alone = (review.SEVERAL, review.ALONE)
    return make_sheet(
        [(several if r in linked else alone, r, linked.get(r, ""), "") for r in "abcdefgh"]
    )


def test_labelling_every_line_gives_the_true_count(
    lines: pd.DataFrame,
    census: pd.DataFrame,
    true_person: pd.Series,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """6 linked + 1 (c, d apart) - 2 (e, f, g together) = 5, and nothing is left in doubt."""
    monkeypatch.setattr(review, "SMALLEST_SAMPLE", 1)
    found = review.estimate_from_sheet(lines, review.label_sheet(census, true_person))
    assert found["n_linked"] == 6
    assert (found["n_persons_low"], found["n_persons"], found["n_persons_high"]) == (5, 5, 5)
    assert found["basis"] == "sample"


def test_a_domain_counts_its_own_lines_only(
    lines: pd.DataFrame,
    census: pd.DataFrame,
    true_person: pd.Series,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Among a, c, d, e, h: persons {a}, {c}, {d}, {e}, {h}; linkage says four."""
    monkeypatch.setattr(review, "SMALLEST_SAMPLE", 1)
    domain = pd.Series(lines.index.isin(list("acdeh")), index=lines.index)
    found = review.estimate_from_sheet(lines, review.label_sheet(census, true_person), domain)
    assert (found["n_records"], found["n_linked"], found["n_persons"]) == (5, 4, 5)


def test_too_few_labels_give_bounds(
    lines: pd.DataFrame, census: pd.DataFrame, true_person: pd.Series
) -> None:
    """Were e, f and g in question, they may be anybody's: {a, b}, {c, d} and {h} are left."""
    lines["stratum"] = lines["stratum"].mask(lines.index.isin(list("efg")), review.IN_QUESTION)
    found = review.estimate_from_sheet(lines, review.label_sheet(census, true_person))
    assert found["basis"] == "bounds"
    assert found["n_persons"] is pd.NA
    assert (found["n_persons_low"], found["n_persons_high"]) == (3, 8)


def test_no_error_seen_is_not_no_error(lines: pd.DataFrame) -> None:
    """60 of 600 lone lines, none wrong: Wilson's upper limit 3.84/63.84, times sqrt(0.9), / 2."""
    many = pd.DataFrame({"person_id": range(600), "n_lines": 1, "stratum": review.ALONE})
    many.index = pd.Index([f"r{k:03d}" for k in range(600)], name="record_id")
    sheet = make_sheet([(review.ALONE, name, "", "") for name in many.index[:60]])
    found = review.estimate_from_sheet(many, sheet)
    assert found["n_persons"] == found["n_persons_high"] == 600
    upper = 1.959964**2 / (60 + 1.959964**2)
    assert found["n_persons_low"] == np.floor(600 - 600 * upper * 0.9**0.5 / 2)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("one line", "z", "", "")], "1 record numbers are not in this file"),
        ([("one line", "a", "b", "maybe")], r"column same_person, lines \[2\]: write yes or no"),
        ([("one line", "a", "b", "")], r"column same_person, lines \[2\]: write yes or no"),
    ],
)
def test_a_sheet_that_is_not_filled_in_is_refused(
    rows: list[tuple[str, str, str, str]], message: str, lines: pd.DataFrame
) -> None:
    with pytest.raises(ValueError, match=message):
        review.estimate_from_sheet(lines, make_sheet(rows))


def test_a_sheet_without_its_header_is_refused(lines: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match=r"columns \['same_person'\] are missing"):
        review.estimate_from_sheet(lines, make_sheet([]).drop(columns="same_person"))


@pytest.fixture(scope="module")
def linked(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Breach:
    """Return a hundredth of a breach of many repeats and lost numbers, linked."""
    plan = trials.plan_scenarios(scenario)["many repeats"]
    folder = tmp_path_factory.mktemp("repeats") / "breach"
    breach = draw.draw_breach(
        dataclasses.replace(small_plan(plan), factor=0.01), VOCABULARY, folder
    )
    link.link_breach(breach)
    return breach


def test_a_sheet_holds_record_numbers_only_and_every_stratum(linked: Breach) -> None:
    sheet = review.draw_sheet(linked, 200, np.random.default_rng(1))
    assert list(sheet.columns) == ["stratum", "record_id", "other_record_id", "same_person"]
    known = review.list_lines(linked).index
    others = sheet.loc[sheet["other_record_id"].ne(""), "other_record_id"]
    assert sheet["record_id"].isin(known).all()
    assert others.isin(known).all()
    assert set(sheet["stratum"]) == {*review.SAMPLE_SHARES}
    assert sheet["record_id"].nunique() <= 200
    again = review.draw_sheet(linked, 200, np.random.default_rng(1))
    pd.testing.assert_frame_equal(sheet, again)


def test_the_interval_of_a_small_world_holds_its_truth(linked: Breach, tmp_path: Path) -> None:
    sheet = review.draw_sheet(linked, 200, np.random.default_rng(2))
    filled = review.label_sheet(sheet, review.read_truth(linked))
    filled.to_csv(tmp_path / "sheet.csv", index=False)
    back = pd.read_csv(tmp_path / "sheet.csv", dtype=str)
    found = review.estimate_from_sheet(review.list_lines(linked), back)
    truth = linked.manifest["n_persons"]
    assert found["n_persons_low"] <= truth <= found["n_persons_high"]
    assert found["n_persons_high"] < found["n_records"]

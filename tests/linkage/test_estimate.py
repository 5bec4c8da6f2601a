"""Who answers a labelling sheet."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis.cli import app
from analysis.exposure.coding import CodedRecords
from analysis.linkage import link, review
from analysis.store.breach import Breach, open_breach


@pytest.fixture
def breach(small_world: CodedRecords, tmp_path: Path) -> Breach:
    """Return a linked copy of a small breach, so that files can be put beside its records."""
    folder = tmp_path / "breach"
    shutil.copytree(small_world.breach.folder, folder)
    link.link_breach(open_breach(folder))
    return open_breach(folder)


def draw(breach: Breach):  # type: ignore[no-untyped-def]
    """Draw a sheet of forty lines."""
    return review.draw_sheet(breach, 40, np.random.default_rng(5))


def test_the_truth_answers_for_a_drawn_breach(breach: Breach) -> None:
    sheet = draw(breach)
    found = review.answer_sheet(sheet, breach)
    assert found.equals(review.label_sheet(sheet, review.read_truth(breach)))


def test_the_sheet_that_an_analyst_filled_in_comes_first(breach: Breach) -> None:
    sheet = draw(breach)
    mine = sheet.assign(same_person=np.where(sheet["other_record_id"].ne(""), "no", ""))
    mine.to_csv(breach.folder / review.FILLED, index=False)
    found = review.answer_sheet(sheet, breach).fillna("")
    assert found["same_person"].tolist() == mine["same_person"].tolist()
    assert "no" in set(found["same_person"])


def test_without_answers_there_are_bounds_around_what_linkage_found(
    breach: Breach,
) -> None:
    shutil.rmtree(breach.folder / "truth")
    lines = review.list_lines(breach)
    found = review.settle(
        review.estimate_from_sheet(lines, review.answer_sheet(draw(breach), breach))
    )
    assert found["basis"] == "bounds"
    assert found["n_persons"] == lines["person_id"].nunique()
    assert found["n_persons_low"] <= found["n_persons"] <= found["n_persons_high"] == len(lines)


def test_an_estimate_from_a_sample_is_left_as_it_is(breach: Breach) -> None:
    sheet = review.answer_sheet(draw(breach), breach)
    estimate = review.estimate_from_sheet(review.list_lines(breach), sheet)
    assert review.settle(estimate).equals(estimate)


def test_the_command_line_draws_a_sheet_and_reads_it_back(breach: Breach, tmp_path: Path) -> None:
    out, folder = tmp_path / "sheet.csv", str(breach.folder)
    drawn = CliRunner().invoke(app, ["sheet", "--out", str(out), "--folder", folder])
    assert drawn.exit_code == 0, drawn.output
    sheet = pd.read_csv(out, dtype=str).fillna("")
    assert [*sheet] == [*review.SHEET_COLUMNS]
    unanswered = CliRunner().invoke(app, ["persons-from", str(out), "--folder", folder])
    assert unanswered.exit_code == 1
    assert "write yes or no" in unanswered.output
    review.label_sheet(sheet, review.read_truth(breach)).to_csv(out, index=False)
    read = CliRunner().invoke(app, ["persons-from", str(out), "--folder", folder])
    assert read.exit_code == 0, read.output
    assert "sample" in read.output

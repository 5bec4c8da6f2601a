"""The comments of a breach: read once, stored beside it, counted like any category."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis.comments import labels
from analysis.exposure import coding
from analysis.exposure.counting import count
from analysis.exposure.windows import one_window
from analysis.reference import dictionary
from analysis.store import map_partitions, stages
from analysis.store.breach import STAMP, Breach
from tests.breaches import write_breach
from tests.exports import read_all

YEAR = one_window("2019-01-01", "2020-01-01")
# record, person, patient's comment, file's comment
LINES = [
    ("a", 0, "enceinte 12 SA", None),
    ("b", 0, None, "diabète gestationnel"),
    ("c", 1, "mère diabétique", ""),
    ("d", 2, "VIH -", "à jeun"),
    ("e", 3, "ENCEINTE 12 SA", None),
    ("f", 4, None, None),
]


def rows(lines: list[tuple]) -> list[dict]:
    """Write lines as records of one laboratory on one day."""
    names = ("record_id", "person_id", "comment_patient", "comment_file")
    shared = {"laboratory_id": "LAB-A", "sampled_on": date(2019, 5, 1), "postal_code": "56000"}
    return [dict(zip(names, line, strict=True)) | shared for line in lines]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Breach:
    """
    Return six lines of five persons, their comments read.

    Persons 0 and 3 are pregnant, 0 has diabetes, 1 has a mother with diabetes, 2 had an HIV test
    and a practical note, 4 has no comment.
    """
    breach = write_breach(tmp_path_factory.mktemp("said") / "breach", rows(LINES))
    labels.read_comments(breach)
    return breach


def test_labels_are_stored_line_by_line(said: Breach) -> None:
    table = pd.concat([pq.read_table(p).to_pandas() for p in labels.open_comments(said)])
    table = table.set_index("record_id").sort_index()
    assert table["labels_patient"].to_dict() == {
        "a": "pregnancy:affirmed",
        "b": "",
        "c": "diabetes:family",
        "d": "hiv_status:negated;hiv_test:affirmed",
        "e": "pregnancy:affirmed",
        "f": "",
    }
    assert table.loc["d", "labels_file"] == "practical:affirmed"


def test_persons_of_a_topic_equal_the_hand_count(said: Breach) -> None:
    coded = coding.code_breach(said, persons="truth")
    names = ["pregnancy", "diabetes", "hiv_test", "hiv_status", "practical", "cancer"]
    counts = count(coded, YEAR, categories=names).table
    assert counts["n_persons"].tolist() == [2, 1, 1, 0, 1, 0]
    assert counts["n_records"].tolist() == [2, 1, 1, 0, 1, 0]
    assert counts["status"].tolist() == ["shown"] * 3 + ["none", "shown", "none"]


def test_topics_combine_like_any_category(said: Breach) -> None:
    coded = coding.code_breach(said, persons="truth")
    names = ["pregnancy+diabetes", "said_health", "comments", "any"]
    counts = count(coded, YEAR, categories=names).table
    assert counts["n_persons"].tolist() == [1, 3, 4, 5]


def test_topics_do_not_change_what_any_counts(said: Breach, tmp_path: Path) -> None:
    unread = coding.code_breach(write_breach(tmp_path / "unread", rows(LINES)), persons="truth")
    read = coding.code_breach(said, persons="truth")
    categories = ["any", "medical", "comments", "visit"]
    left, right = (count(c, YEAR, categories=categories).table for c in (unread, read))
    pd.testing.assert_frame_equal(left, right)


def test_comments_that_were_not_read_are_absent_and_not_zero(tmp_path: Path) -> None:
    coded = coding.code_breach(write_breach(tmp_path / "unread", rows(LINES)), persons="truth")
    counts = count(coded, YEAR, categories=["pregnancy", "said_health"]).table
    assert counts["status"].tolist() == ["absent", "absent"]
    assert counts["n_persons"].isna().all()


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_a_file_of_empty_comments_says_nothing(empty: str | None, tmp_path: Path) -> None:
    lines = [(name, person, empty, empty) for name, person, _, _ in LINES]
    breach = write_breach(tmp_path / "empty", rows(lines))
    labels.read_comments(breach)
    counts = count(
        coding.code_breach(breach, persons="truth"), YEAR, categories=["said_health"]
    ).table
    assert counts["status"].tolist() == ["none"]


def test_a_file_without_comments_says_so(tmp_path: Path) -> None:
    lines = [{k: v for k, v in row.items() if "comment" not in k} for row in rows(LINES)]
    breach = write_breach(tmp_path / "bare", lines)
    labels.read_comments(breach)
    counts = count(
        coding.code_breach(breach, persons="truth"), YEAR, categories=["said_health"]
    ).table
    assert counts["status"].tolist() == ["absent"]


def test_the_number_of_processes_changes_nothing(said, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(labels, "CHUNK", 2)
    again = write_breach(tmp_path / "again", rows(LINES))
    labels.read_comments(again)
    tables = [read_all(breach, labels.FOLDER) for breach in (said, again)]
    assert tables[0].equals(tables[1])
    assert labels.labels_stage(again).read_stamp()["n_distinct"] == 5


def test_one_record_and_records_all_alike(tmp_path: Path) -> None:
    for name, lines in {"one": LINES[:1], "alike": LINES[:1] * 7}.items():
        breach = write_breach(tmp_path / name, rows(lines))
        labels.read_comments(breach)
        counts = count(
            coding.code_breach(breach, persons="truth"), YEAR, categories=["pregnancy"]
        ).table
        assert counts["n_persons"].tolist() == [1]
        assert counts["n_records"].tolist() == [len(lines)]


def test_what_is_missing_or_old_is_refused(said: Breach, tmp_path, monkeypatch) -> None:
    with pytest.raises(FileNotFoundError, match="absent"):
        labels.open_comments(write_breach(tmp_path / "b", rows(LINES)))
    coding.code_breach(said, persons="truth")
    monkeypatch.setattr(stages, "hash_sources", lambda module: "other rules")
    with pytest.raises(FileNotFoundError, match="stale"):
        labels.open_comments(said)
    with pytest.raises(FileNotFoundError, match="stale"):
        coding.open_coded(said, persons="truth")


def test_records_coded_before_their_comments_were_read_are_refused(tmp_path: Path) -> None:
    breach = write_breach(tmp_path / "b", rows(LINES))
    coding.code_breach(breach, persons="truth")
    labels.read_comments(breach)
    with pytest.raises(FileNotFoundError, match="stale"):
        coding.open_coded(breach, persons="truth")


def test_no_comment_is_stored_with_its_labels(said: Breach) -> None:
    for path in labels.open_comments(said):
        assert pq.read_schema(path).names == ["record_id", *labels.LABELS.values(), "said"]
    assert "enceinte" not in (said.folder / labels.FOLDER / STAMP).read_text()


def test_bits_of_fields_and_topics_fit_a_number() -> None:
    assert len(dictionary.read_dictionary()) + len(dictionary.list_topics()) <= 63
    assert map_partitions(len, [dictionary.list_topics()]) == [14]

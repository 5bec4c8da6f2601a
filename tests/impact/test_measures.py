"""Measures: one effect each, with a reason, a range and an effort; refused otherwise."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.impact.measures import MEASURES, read_measures, tabulate_measures
from analysis.reference import dictionary
from analysis.reporting import wording


def write_measures(folder: Path, change: Any) -> Path:
    """Write the shipped measures, changed, into a folder."""
    content = yaml.safe_load(MEASURES.read_text(encoding="utf-8"))
    change(content["measures"])
    path = folder / "measures.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def test_the_file_was_taken_after_its_last_record() -> None:
    assert read_measures().taken_on == date(2020, 11, 1)


def test_comments_go_with_all_that_is_read_from_them() -> None:
    removed = read_measures().by_name["comments_left_out"].value
    assert removed == ["comments", *dictionary.list_topics()]


def test_more_than_two_laboratories_is_the_regulators_finding() -> None:
    measure = read_measures().by_name["two_laboratories"]
    assert measure.fact == "grounds"
    assert len(measure.value) == 2


def test_every_parameter_that_is_not_a_fact_has_a_range() -> None:
    measures = read_measures().by_name.values()
    assert all(m.span is not None for m in measures if m.effect != "removes")
    assert all(len(m.reason) > 20 for m in measures)


def test_every_measure_has_its_name_in_both_languages() -> None:
    assert all(wording.has_text(f"measure.{name}") for name in read_measures().by_name)


def test_a_measure_varies_over_its_range_alone() -> None:
    measures = read_measures().by_name
    months = [m.value for m in measures["short_retention"].vary()]
    assert months == [6, 36]
    assert list(measures["nir_pseudonymised"].vary()) == []


def test_measures_are_selected_in_their_order() -> None:
    measures = read_measures()
    names = ["nir_pseudonymised", "short_retention"]
    assert [*measures.select(names).by_name] == names[::-1]
    with pytest.raises(KeyError, match="unknown measures"):
        measures.select(["burn_it"])


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (
            "short_retention",
            {"keeps_months": -1},
            "keeps_months: must be greater than or equal to 0",
        ),
        ("short_retention", {"keeps_months": 1.5}, "keeps_months: must be a whole number, got 1.5"),
        ("short_retention", {"keeps_months": True}, "must be a whole number, got True"),
        ("short_retention", {"range": [1]}, "range"),
        ("short_retention", {"range": [1, "2"]}, "range must hold values such as 12"),
        ("short_retention", {"removes": ["nir"]}, "one effect is needed"),
        ("short_retention", {"keeps_months": None}, "one effect is needed"),
        ("short_retention", {"effort": {"value": 4, "range": [1, 3]}}, "within its range"),
        ("short_retention", {"effort": {"value": 4}}, "effort.range: missing; add it"),
        ("short_retention", {"reason": ""}, "a reason is needed"),
        ("short_retention", {"fact": "rumour"}, "unknown fact 'rumour'"),
        ("short_retention", {"cost": 3}, "short_retention.cost: not known"),
        ("nir_pseudonymised", {"removes": ["dna"]}, "unknown category .'dna'"),
        ("nir_pseudonymised", {"removes": []}, "removes: List should have at least 1 item"),
        ("early_migration", {"keeps_before": 2019}, "must be a day such as"),
        ("two_laboratories", {"keeps_laboratories": [0]}, "ranks other than 0"),
    ],
)
def test_a_wrong_measure_is_named(
    tmp_path: Path, name: str, change: dict[str, Any], message: str
) -> None:
    path = write_measures(tmp_path, lambda measures: measures[name].update(change))
    with pytest.raises(ValueError, match=message) as caught:
        read_measures(path)
    assert name in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no file at .*copy measures.yaml"):
        read_measures(tmp_path / "none.yaml")


def test_measures_are_listed_with_their_range_and_effort() -> None:
    listed = tabulate_measures(read_measures())
    assert listed.loc["short_retention", ["effect", "span"]].tolist() == [
        "keeps_months",
        (12, 6, 36),
    ]
    assert listed.loc["comments_left_out", "span"] is None
    assert listed["effort"].between(listed["effort_low"], listed["effort_high"]).all()

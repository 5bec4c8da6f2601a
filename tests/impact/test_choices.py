"""Severity choices: whole, within what the method prints, and refused otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from analysis.impact.choices import (
    BASE,
    CHOICES,
    DataChoice,
    read_choices,
    tabulate_data,
    tabulate_rules,
)
from analysis.reference import dictionary

# ENISA 2013, annex 1: type of data, adjustment, score, and the case that the table prints.
TABLE = [
    ("simple", 0, 1, "base"),
    ("simple", 1, 2, "volume or controller allows some profiling"),
    ("simple", 2, 3, "leads to assumptions on health, beliefs, sexual preference"),
    ("simple", 3, 4, "characteristics make it critical for the person's safety"),
    ("behavioural", -1, 1, "no substantial insight, or easily public"),
    ("behavioural", 0, 2, "base"),
    ("behavioural", 1, 3, "detailed profile of everyday life"),
    ("behavioural", 2, 4, "profile built on sensitive data"),
    ("financial", -2, 1, "no substantial insight"),
    ("financial", -1, 2, "some information"),
    ("financial", 0, 3, "base"),
    ("financial", 1, 4, "full information enabling fraud or a detailed profile"),
    ("sensitive", -3, 1, "no substantial insight: had a general blood test"),
    ("sensitive", -2, 2, "general assumptions"),
    ("sensitive", -1, 3, "assumptions: test for a specific disease"),
    ("sensitive", 0, 4, "base: actual diagnosis or result"),
]


def write_choices(folder: Path, change: Any) -> Path:
    """Write the shipped choices, changed, into a folder."""
    content = yaml.safe_load(CHOICES.read_text(encoding="utf-8"))
    change(content)
    path = folder / "choices.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(("kind", "adjustment", "score", "case"), TABLE)
def test_each_case_of_the_published_table_has_its_score(
    kind: str, adjustment: int, score: int, case: str
) -> None:
    assert DataChoice(kind, adjustment, case).score == score


@pytest.mark.parametrize("kind", BASE)
def test_a_score_outside_the_table_is_refused(kind: str) -> None:
    for adjustment in (-BASE[kind], 5 - BASE[kind]):
        with pytest.raises(ValueError, match=f"adjustment of {kind} data must be"):
            DataChoice(kind, adjustment, "why")


def test_every_category_about_patients_has_a_choice_with_a_reason() -> None:
    choices = read_choices()
    assert set(choices.data) == set(dictionary.list_patient_categories())
    everything = [*choices.data.values(), *choices.identification.values()]
    everything += [*choices.circumstances.values(), *(c for _, _, c, _ in choices.vary())]
    assert all(len(choice.reason) > 10 for choice in everything)


def test_the_open_stolen_file_adds_one() -> None:
    choices = read_choices()
    assert choices.circumstances["confidentiality"].amount == 0.5
    assert choices.circumstances["intention"].amount == 0.5
    assert choices.added == 1.0


def test_the_type_of_each_category_is_that_of_the_table_of_categories() -> None:
    types = dictionary.read_categories()["enisa_type"]
    assert {n: c.type for n, c in read_choices().data.items()} == {
        name: types[name] for name in dictionary.list_patient_categories()
    }


def test_each_alternative_changes_one_choice_alone() -> None:
    choices = read_choices()
    varied = list(choices.vary())
    chosen = [*choices.data.values(), *choices.identification.values()]
    chosen += choices.circumstances.values()
    assert len(varied) == sum(len(choice.alternatives) for choice in chosen) >= 8
    for part, name, choice, changed in varied:
        assert getattr(changed, part)[name] == choice
        assert choice != getattr(choices, part)[name]
        for other in ("data", "identification", "circumstances"):
            before, after = getattr(choices, other), getattr(changed, other)
            assert {n for n in before if before[n] != after[n]} == (
                {name} if other == part else set()
            )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["data"].pop("nir"), r"data: missing \['nir'\]"),
        (lambda c: c["data"].update(dna=c["data"]["nir"]), r"unknown \['dna'\]"),
        (lambda c: c["data"]["nir"].update(adjustment=4), "data.nir: adjustment of simple"),
        (lambda c: c["data"]["nir"].update(adjustment="+1"), "must be a whole number, got '.1'"),
        (lambda c: c["data"]["nir"].update(type="secret"), "data.nir.type: must be 'simple', "),
        (lambda c: c["data"]["nir"].update(reason=" "), "data.nir.reason: .*a reason is needed"),
        (
            lambda c: c["data"]["nir"]["alternatives"][0].pop("reason"),
            r"line \d+: data.nir.alternatives.1.reason: missing; add it",
        ),
        (lambda c: c["data"]["nir"].update(weight=2), "data.nir.weight: not known; remove it"),
        (lambda c: c["data"]["nir"].update(resaon="x"), "not known; did you mean 'reason'"),
        (lambda c: c["circumstances"].pop("intention"), r"missing \['intention'\]"),
        (lambda c: c["circumstances"]["integrity"].update(amount=2), "amount must be one of"),
        (
            lambda c: c["identification"][0].update(level="full"),
            "identification.1.level: must be 'negligible'",
        ),
        (lambda c: c["identification"][0].update(all_of=["dna"]), r"unknown category \['dna'\]"),
        (lambda c: c.pop("identification"), "identification: missing; add it"),
    ],
)
def test_a_wrong_choice_is_named(tmp_path: Path, change: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_choices(write_choices(tmp_path, change))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no file at .*copy severity_choices.yaml"):
        read_choices(tmp_path / "none.yaml")


def test_choices_are_listed_with_their_scores() -> None:
    choices = read_choices()
    data, rules = tabulate_data(choices), tabulate_rules(choices)
    assert data.loc["hiv_test"].tolist() == ["sensitive", -1, 3]
    assert rules.loc["identity+nir"].tolist() == ["maximum", 1.0]
    assert pd.isna(rules.loc["intention", "ease"])
    assert rules.loc["intention", "amount"] == 0.5
    assert len(rules) == len(choices.identification) + len(choices.circumstances)

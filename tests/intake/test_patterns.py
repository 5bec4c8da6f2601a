"""What a record should look like."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from analysis.intake import patterns
from analysis.intake.patterns import count_breaches, read_words
from analysis.reference import dictionary

GOOD = {
    "nir": "1840575123456",
    "postal_code": "56000",
    "landline": "02 97 00 00 00",
    "mobile": "+33612345678",
    "email": "a.b@example.org",
    "sex": "F",
    "born_on": date(1984, 5, 1),
    "sampled_on": date(2019, 3, 2),
}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("nir", "12", "nir: no 13 digits, with or without the key of 2"),
        ("nir", "2840599X23456", "nir: no 13 digits, with or without the key of 2"),
        ("postal_code", "5600", "postal_code: no five digits"),
        ("landline", "02970000", "landline: no French number of ten digits"),
        ("mobile", "0012345678", "mobile: no French number of ten digits"),
        ("email", "a.b@example", "email: no e-mail address"),
        ("sex", "Mme", "sex: neither F nor M"),
        ("born_on", date(2019, 3, 3), "born_on: after the sample was taken"),
    ],
)
def test_what_breaks_the_contract_is_counted_without_its_value(
    field: str, value: object, words: str
) -> None:
    rows = [GOOD, {**GOOD, field: value}, {**GOOD, field: value}, {**GOOD, field: None}]
    assert count_breaches(pa.Table.from_pylist(rows)) == {words: 2}


def test_good_records_and_those_with_few_fields_keep_it() -> None:
    corsican = {**GOOD, "nir": "184052A12345612"}
    assert not count_breaches(pa.Table.from_pylist([GOOD, corsican]))
    assert not count_breaches(pa.Table.from_pylist([{"sex": "M", "blood_group": "A+"}]))
    assert not count_breaches(pa.Table.from_pylist([{"blood_group": "A+"}]))


def test_a_record_that_breaks_it_twice_is_counted_for_each() -> None:
    bad = {**GOOD, "sex": "?", "email": "?"}
    found = count_breaches(pa.Table.from_pylist([bad]))
    assert found == {"sex: neither F nor M": 1, "email: no e-mail address": 1}


def test_the_words_of_one_kind_rest_on_those_of_another() -> None:
    fields = set(dictionary.read_dictionary().index)
    types = read_words("type")
    assert set(read_words("ending").values()) <= types.keys()
    assert all(re.compile(pattern) for pattern in types.values())
    assert all(read_words(name) for name, pattern in types.items() if not pattern)
    assert read_words("contract").keys() <= fields
    assert set(read_words("contract").values()) == read_words("pattern").keys()
    assert set(read_words("field").values()) <= fields
    assert set(read_words("place").values()) <= read_words("remark").keys()


def test_a_word_that_stands_twice_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "words.csv"
    table.write_text("kind,words,meaning\nthing,nom,used_name\nthing,nom,city\n", "utf-8")
    monkeypatch.setattr(patterns, "WORDS", table)
    with pytest.raises(ValueError, match="kind thing stands twice"):
        patterns.read_words.__wrapped__("thing")

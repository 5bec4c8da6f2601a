"""A file of settings is read whole, or says where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic.dataclasses import dataclass

from analysis.reference import SETTINGS, Number, Reason, read_yaml


@dataclass(frozen=True, config=SETTINGS)
class Cost:
    """What something costs."""

    value: Number
    reason: Reason


@dataclass(frozen=True, config=SETTINGS)
class Costs:
    """All costs."""

    costs: dict[str, Cost]
    years: tuple[int, ...] = ()
    name: str = "all"


GOOD = "costs:\n  letter:\n    value: 2\n    reason: postage\nyears: [2019, 2020]\n"


def read(folder: Path, text: str, **changes: object) -> Costs:
    """Read a text as a file of costs."""
    path = folder / "costs.yaml"
    path.write_text(text, encoding="utf-8")
    return read_yaml(path, Costs, advice="copy one", **changes)


def test_a_file_becomes_settings_with_numbers_as_written(tmp_path: Path) -> None:
    costs = read(tmp_path, GOOD + "name:\n")
    assert costs == Costs({"letter": Cost(2, "postage")}, (2019, 2020))
    assert isinstance(costs.costs["letter"].value, int)


def test_settings_of_the_first_level_can_be_changed(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD, name="few", years=None).name == "few"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value: 2", "value: two", "line 3: costs.letter.value: must be a number, got 'two'"),
        ("value: 2", "value: yes", "line 3: costs.letter.value: must be a number, got True"),
        ("    value: 2\n", "", "line 2: costs.letter.value: missing; add it"),
        ("value: 2", "valeu: 2", "line 3: costs.letter.valeu: not known; did you mean 'value'?"),
        ("value: 2", "x: 2", "line 3: costs.letter.x: not known; remove it"),
        ("postage", "' '", "line 4: costs.letter.reason: empty; a reason is needed"),
        ("2020]", "now]", "line 5: years.2: must be a valid integer"),
        ("[2019, 2020]", "soon", "line 5: years: must be a list"),
        (GOOD, "[costs]", "costs.yaml: must hold settings such as `name: value`"),
        (GOOD, "", "costs.yaml: must hold settings such as `name: value`"),
        (GOOD, "costs: [", "costs.yaml is not YAML"),
        (GOOD, "costs: !!python/object:x.Y {}", "costs.yaml is not YAML"),
    ],
)
def test_a_fault_is_told_with_its_line_its_path_and_the_remedy(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        read(tmp_path, GOOD.replace(old, new))
    assert not isinstance(caught.value, ValidationError)
    assert "pydantic" not in str(caught.value)


def test_every_fault_has_a_line_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="value") as caught:
        read(tmp_path, GOOD.replace("value: 2", "value: x").replace("2019", "when"))
    assert len(str(caught.value).splitlines()) == 2


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no file at .*none.yaml; copy one"):
        read_yaml(tmp_path / "none.yaml", Costs, advice="copy one")

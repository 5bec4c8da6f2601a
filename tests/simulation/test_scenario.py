"""Every parameter has a source, and facts are what was published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from data_synthetic.simulation.scenario import Scenario, read_scenario, replace_values
from tests.breaches import ROOT

SHIPPED = ROOT / "data_synthetic" / "scenario.yaml"


def write_changed(tmp_path: Path, name: str, **changes: Any) -> Path:
    """Write the shipped scenario with one parameter changed; None drops a key."""
    content = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    entry = content["parameters"][name] | changes
    content["parameters"][name] = {k: v for k, v in entry.items() if v is not None}
    path = tmp_path / "scenario.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def test_the_shipped_scenario_is_accepted(scenario: Scenario) -> None:
    assert scenario["records"] == 491_840
    assert scenario["persons"] == 478_882


def test_a_fact_cannot_be_changed_silently(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"parameters.records: 500000 is not what fact rows says, '491840'"
    ):
        read_scenario(write_changed(tmp_path, "records", value=500_000))


@pytest.mark.parametrize("share", [0.37, 0.359])
def test_a_share_inside_a_table_is_checked_too(tmp_path: Path, share: float) -> None:
    value = {"56": share, "45": 0.22, "27": 0.20, "22": 0.06, "35": 0.06, "41": 0.03}
    with pytest.raises(ValueError, match=r"parameters.prescriber_share: .*presc_share_56"):
        read_scenario(write_changed(tmp_path, "prescriber_share", value=value))


def test_a_date_is_checked_too(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="published_group_window"):
        read_scenario(
            write_changed(tmp_path, "published_group_window", value=["2018-06-02", "2019-02-05"])
        )


def test_an_unknown_fact_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown fact 'lines'"):
        read_scenario(write_changed(tmp_path, "records", fact="lines"))


def test_an_assumption_needs_a_range(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"couple_share: is an assumption and needs a range"):
        read_scenario(write_changed(tmp_path, "couple_share", range=None))


def test_a_parameter_without_a_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"couple_share: needs a fact or an assumption"):
        read_scenario(write_changed(tmp_path, "couple_share", assumption=None))


def test_a_parameter_with_two_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="and not both"):
        read_scenario(write_changed(tmp_path, "records", assumption="why not", range=[1, 2]))


def test_an_unknown_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"couple_share.ragne: not known; did you mean 'range'"):
        read_scenario(write_changed(tmp_path, "couple_share", ragne=[0, 1]))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"give the path of a scenario.yaml"):
        read_scenario(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("seed", ["42", 4.2, True])
def test_a_seed_of_the_wrong_type_is_refused(seed: Any) -> None:
    with pytest.raises(ValueError, match="seed: must be a whole number"):
        read_scenario(SHIPPED, seed=seed)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seed: must be greater than or equal to 0, got -1"):
        read_scenario(SHIPPED, seed=-1)


def test_a_factor_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="factor: must be greater than 0"):
        read_scenario(SHIPPED, factor=0)


def test_fewer_records_than_persons_are_refused(tmp_path: Path) -> None:
    path = write_changed(tmp_path, "records", value=9, fact=None, assumption="x", range=[1, 9])
    with pytest.raises(ValueError, match="records must be at least as many as persons"):
        read_scenario(path)


def test_the_factor_scales_counts_and_nothing_else() -> None:
    double = read_scenario(SHIPPED, factor=2)
    assert double["records"] == 2 * 491_840
    assert double["laboratories"] == 28
    assert double["couple_share"] == read_scenario(SHIPPED)["couple_share"]


def test_the_digest_sees_seed_factor_and_values(scenario: Scenario) -> None:
    others = [
        read_scenario(SHIPPED, seed=1),
        read_scenario(SHIPPED, factor=2),
        replace_values(scenario, couple_share=0.3),
    ]
    assert len({plan.digest() for plan in [scenario, *others]}) == 4


def test_a_what_if_names_an_existing_parameter(scenario: Scenario) -> None:
    with pytest.raises(KeyError, match="cuople_share"):
        replace_values(scenario, cuople_share=0.3)

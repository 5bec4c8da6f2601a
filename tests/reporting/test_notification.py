"""Facts to notify, hours on the clock, fines to compare."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from analysis.disclosure import Release
from analysis.reference import dictionary
from analysis.reporting import notification, wording
from analysis.reporting.wording import speaking
from tests.releases import make_release, status_of

PERSONS = pd.Series({"n_persons": 478_882, "n_persons_low": 470_000, "n_persons_high": 491_840})
LINES = make_release(pd.DataFrame({"n_persons": [491_840], "status": ["shown"]}))


def by_category(**persons: int | None) -> Release:
    """Return persons by category."""
    kinds = pd.DataFrame({"category": [*persons], "n_persons": [*persons.values()]})
    return make_release(kinds.assign(status=[status_of(n) for n in persons.values()]))


BOTH = by_category(nir=470_000, comments=120_000)


class TestFacts:
    """Article 33(3), in both languages, without what only the controller knows."""

    def test_persons_and_records_with_intervals(self):
        facts = self.state(BOTH)
        assert facts["33(3)(a) persons"] == ["approximately 478,882 (470,000 to 491,840) persons"]
        assert facts["33(3)(a) records"] == ["approximately 491,840 records"]

    def test_in_french(self):
        with speaking("fr"):
            facts = self.state(BOTH)
        assert facts["33(3)(a) enregistrements"] == ["environ 491\u202f840 enregistrements"]
        assert facts["33(3)(c) conséquences probables"][-1] == "perte du secret médical"

    def test_each_category_and_each_consequence_is_a_row(self):
        facts = self.state(BOTH)
        assert facts["33(3)(a) categories of data"] == [
            "Social security number (NIR) (470,000 persons)",
            "Free-text comments (120,000 persons)",
        ]
        assert facts["33(3)(c) likely consequences"] == [
            "identity theft with the name and the social-security number",
            "loss of medical confidentiality",
        ]
        assert facts["33(3)(d) measures"] == ["to be completed by the controller"]

    def test_a_hidden_category_is_named_without_its_number(self):
        facts = self.state(by_category(nir=None))
        assert facts["33(3)(a) categories of data"] == ["Social security number (NIR)"]

    def test_a_category_without_anybody_is_left_out(self):
        assert len(self.state(by_category(nir=30, insurer=0))["33(3)(a) categories of data"]) == 1

    def test_a_certain_number_has_no_interval(self):
        certain = pd.Series({"n_persons": 20, "n_persons_low": 20, "n_persons_high": 20})
        table = notification.state_facts(BOTH, persons=certain, records=LINES)
        assert "approximately 20 persons" in table.iloc[:, 0].tolist()

    @pytest.mark.parametrize("language", wording.LANGUAGES)
    def test_every_category_has_a_consequence(self, language):
        groups = set(dictionary.read_categories()["category_group"]) - {"none"}
        with speaking(language):
            assert all(wording.text(f"consequence.{g}") for g in groups)

    def test_an_estimate_outside_its_interval_is_refused(self):
        with pytest.raises(ValueError, match="outside its interval, 500000 to 491840"):
            notification.state_facts(BOTH, persons=PERSONS.replace(470_000, 500_000), records=LINES)

    def test_records_of_several_cells_are_refused(self):
        with pytest.raises(ValueError, match="one row"):
            notification.state_facts(BOTH, persons=PERSONS, records=BOTH)

    @pytest.mark.parametrize("place", [0, 1])
    def test_a_bare_table_is_refused(self, place):
        given = [BOTH, LINES]
        given[place] = given[place].table
        with pytest.raises(TypeError, match="only a Release"):
            notification.state_facts(given[0], persons=PERSONS, records=given[1])

    @staticmethod
    def state(release: Release) -> dict[str, list[str]]:
        """Return what is stated, by point."""
        table = notification.state_facts(release, persons=PERSONS, records=LINES)
        return table.iloc[:, 0].groupby(level=0).agg(list).to_dict()


class TestClock:
    """72 hours, on a timeline of days."""

    def test_by_hand(self):
        table = notification.count_hours(
            ["t_2021_02_23", "t_2021_02_26", "t_2021_03_01"], "t_2021_03_01"
        ).table.set_index("fact_id")
        # 23 February to 1 March: six days, so between five and seven times 24 hours.
        assert table["hours_low"].tolist() == [120, 48, 0]
        assert table["hours_high"].tolist() == [168, 96, 24]
        assert table["is_late"].tolist() == ["yes", "open", "no"]
        assert table.loc["t_2021_02_26", "due_on"] == date(2021, 3, 1)

    @pytest.mark.parametrize(
        ("aware", "message"),
        [("t_theft", "no.* dated fact"), ("t_1999_01_01", "dated fact"), ("t_2022_04_15", "after")],
    )
    def test_what_has_no_day_or_comes_later_is_refused(self, aware, message):
        with pytest.raises(ValueError, match=message):
            notification.count_hours([aware], "t_2021_03_01")


def test_fines_by_hand() -> None:
    fines = notification.compare_fines(PERSONS, LINES).table.set_index("fine")
    assert fines.loc["real"].tolist() == [1_500_000, 3.13, 1.0]
    assert fines.loc["per_person", "total"] == 47_888_200
    assert fines.loc["per_record"].tolist() == [49_184_000, 102.71, 32.79]


def plan(*persons: int | None) -> Release:
    """Return a plan by e-mail and by letter, at 0.5 and 2 EUR each, and of all messages."""
    table = pd.DataFrame({"message": ["email", "letter"], "n_persons": [*persons]})
    table["n_persons"] = table["n_persons"].astype("Int64")
    table["cost"] = table["n_persons"] * pd.Series([0.5, 2.0])
    table["cost_low"], table["cost_high"] = table["cost"] / 2, table["cost"] * 2
    whole = table.drop(columns="message").sum(skipna=False).to_frame().T.assign(message="all")
    table = pd.concat([table, whole], ignore_index=True)
    return make_release(table.assign(status=[*map(status_of, persons), "shown"]))


def test_plans_add_up_and_are_subtracted() -> None:
    plans = {"any comment": plan(20, 100), "as read": plan(40, 80)}
    found = notification.compare_plans(plans).table.set_index("plan")
    assert found["n_persons"].tolist() == [120, 120, 0]
    assert found["cost"].tolist() == [210, 180, 30]
    assert found["cost_low"].tolist() == [105, 90, 15]
    assert found["cost_high"].tolist() == [420, 360, 60]


def test_one_plan_has_no_difference_and_a_hidden_channel_no_sum() -> None:
    found = notification.compare_plans({"any comment": plan(None, 100)}).table
    assert found["plan"].tolist() == ["any comment"]
    assert found[["n_persons", "cost"]].isna().all(axis=None)


def test_only_plans_behind_the_gate_are_added_up() -> None:
    with pytest.raises(TypeError, match="only a Release"):
        notification.compare_plans({"any comment": plan(20, 100).table})

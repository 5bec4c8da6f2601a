"""Facts to notify, hours on the clock, and a plan that tells everybody once, in private."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from analysis.disclosure.gate import Release, release
from analysis.exposure.coding import CodedRecords
from analysis.exposure.counting import count
from analysis.exposure.windows import one_window
from analysis.impact import channels, messages
from analysis.reference import dictionary
from analysis.reporting import notification
from tests.impact.test_channels import TOLD_ON, code_dozen

COSTS = messages.read_message_costs()
YEARS = one_window("2015-01-01", "2020-11-01")


@pytest.fixture(scope="module")
def dozen(tmp_path_factory: pytest.TempPathFactory) -> CodedRecords:
    return code_dozen(tmp_path_factory.mktemp("notification"))


@pytest.fixture(scope="module")
def shown(dozen: CodedRecords) -> Release:
    """Return the plan of ten persons, as if eleven times as many."""
    contacts = channels.find_contacts(dozen, told_on=TOLD_ON)
    table = contacts.table.assign(n_persons=contacts.table["n_persons"] * 11, n_records=999)
    return release(messages.plan_messages(channels.Contacts(table, contacts.source), COSTS))


@pytest.fixture(scope="module")
def by_category(full_coded: CodedRecords) -> Release:
    counts = count(full_coded, YEARS, categories=["nir", "comments"])
    return release(counts)


class TestPlan:
    """A priced plan in words."""

    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_the_plan_in_words(self, shown, language):
        table = notification.write_plan(shown, language=language)
        first, cost = {"en": ("e-mail", "35 (22 to 66)"), "fr": ("courriel", "35 (22 à 66)")}[
            language
        ]
        assert table.index[0] == first
        assert table.iloc[2, 1] == cost
        assert table.iloc[2, 0] == "22"


class TestCosts:
    """The table of choices is refused when it says too little."""

    @pytest.mark.parametrize(
        ("entry", "message"),
        [
            ("{value: 5, range: [1, 3], assumption: x}", "must lie in its range"),
            ("{value: 2, range: [3, 1], assumption: x}", "must lie in its range"),
            ("{value: 2, range: [1, 3], assumption: ''}", "needs an assumption"),
        ],
    )
    def test_mistakes(self, tmp_path: Path, entry, message):
        path = tmp_path / "costs.yaml"
        path.write_text(f"letter: {entry}\n", encoding="utf-8")
        with pytest.raises(ValueError, match=message):
            messages.read_message_costs(path)

    def test_every_channel_of_the_plan_has_a_price_and_a_range(self):
        assert set(COSTS.index) == {"email", "mobile", "landline", "letter", "search"}
        assert (COSTS["low"] < COSTS["high"]).all()


class TestFacts:
    """Article 33(3), in both languages, without what only the controller knows."""

    def test_persons_and_records_with_intervals(self, by_category):
        facts = self.state(by_category, "en")
        assert facts["33(3)(a) persons"] == ["approximately 478,882 (470,000 to 491,840) persons"]
        assert facts["33(3)(a) records"] == ["approximately 491,840 records"]

    def test_in_french(self, by_category):
        facts = self.state(by_category, "fr")
        assert facts["33(3)(a) enregistrements"] == ["environ 491\u202f840 enregistrements"]
        assert facts["33(3)(c) conséquences probables"][-1] == "perte du secret médical"

    def test_each_category_and_each_consequence_is_a_row(self, by_category):
        facts = self.state(by_category, "en")
        assert len(facts["33(3)(a) categories of data"]) == 2
        assert facts["33(3)(c) likely consequences"] == [
            "identity theft with the name and the social-security number",
            "loss of medical confidentiality",
        ]
        assert facts["33(3)(d) measures"] == ["to be completed by the controller"]

    def test_a_hidden_category_is_named_without_its_number(self, hand_coded):
        counts = count(hand_coded, one_window("2018-01-01", "2020-01-01"), categories=["nir"])
        facts = self.state(release(counts), "en")
        assert facts["33(3)(a) categories of data"] == ["Social security number (NIR)"]

    def test_a_category_without_anybody_is_left_out(self, hand_coded):
        counts = count(
            hand_coded, one_window("2018-01-01", "2020-01-01"), categories=["nir", "insurer"]
        )
        assert len(self.state(release(counts), "fr")) == 7

    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_every_category_has_a_consequence(self, language):
        groups = set(dictionary.read_categories()["category_group"]) - {"none"}
        assert all(notification.reference.text(f"consequence.{g}", language) for g in groups)

    def test_bounds_out_of_order_are_refused(self, by_category):
        with pytest.raises(ValueError, match="low, value, high"):
            notification.state_facts(by_category, persons=(2, 1, 3), records=(1, 1, 1))

    @staticmethod
    def state(by_category: Release, language: str) -> dict[str, list[str]]:
        """Return what is stated, by point."""
        table = notification.state_facts(
            by_category,
            persons=(470_000, 478_882, 491_840),
            records=(491_840, 491_840, 491_840),
            language=language,
        )
        return table.iloc[:, 0].groupby(level=0).agg(list).to_dict()


class TestClock:
    """72 hours, on a timeline of days."""

    def test_by_hand(self):
        table = notification.count_hours(
            ["t_2021_02_23", "t_2021_02_26", "t_2021_03_01"], "t_2021_03_01"
        ).set_index("fact_id")
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
    fines = notification.compare_fines(478_882, 491_840)
    assert fines.loc["real"].tolist() == pytest.approx([1_500_000, 3.1323, 1.0], abs=1e-4)
    assert fines.loc["per_person", "total"] == 47_888_200
    assert fines.loc["per_record"].tolist() == pytest.approx(
        [49_184_000, 102.7059, 32.7893], abs=1e-4
    )

"""Published statements: sourced, compared by their own digits, judged from numbers alone."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.disclosure.gate import release
from analysis.exposure import Counts, Source
from analysis.exposure.coding import CodedRecords
from analysis.exposure.windows import one_window
from analysis.published import claims
from analysis.published.claims import COMPATIBLE, CONDITIONAL, CONTRADICTORY
from analysis.reference import dictionary

BRETAGNE = ["22", "29", "35", "56"]
YEARS = one_window("2015-01-01", "2020-11-01")


def statement(value: str, unit: str) -> dict[str, object]:
    """Return a statement with the bounds of its digits."""
    bounds = claims.rounding_interval(value)
    return {"value": int(value), "low": bounds.low, "high": bounds.high, "unit": unit}


def verdict_on(first: tuple[str, str], second: tuple[str, str]) -> str:
    """Return the verdict on two statements, each a value and a unit."""
    pair = pd.DataFrame([statement(*first), statement(*second)], index=["a", "b"])
    return str(claims.compare_claims(pair)["verdict"].item())


@pytest.fixture(scope="module")
def register() -> pd.DataFrame:
    return claims.read_claims()


@pytest.fixture(scope="module")
def whole_file(register: pd.DataFrame) -> pd.DataFrame:
    return claims.compare_claims(register.query("subject == 'file'")).set_index(["first", "second"])


class TestRegister:
    """Every statement rests on a fact with a source, and says no other number."""

    def test_every_claim_has_a_source_a_date_and_words_in_both_languages(self, register):
        columns = ["source", "published_on", "counts_en", "counts_fr", "wording_en", "wording_fr"]
        assert register[columns].ne("").all(axis=None)
        assert register["wording_en"].ne(register["wording_fr"]).all()

    def test_vocabularies(self, register):
        assert set(register["unit"].str.split(";").explode()) == {"persons", "records", "%"}
        assert set(register["place_basis"]) <= {"", *dictionary.PLACES}
        assert set(register["subject"]) == {"file", "region", "later"}

    @pytest.mark.parametrize(
        ("column", "value", "message"),
        [
            ("value", "491841", "value of lines"),
            ("published_on", "2021-02-22", "date of lines"),
            ("fact_id", "nowhere", "names no fact"),
            ("fact_id", "t_theft", "names no fact with a source"),
        ],
    )
    def test_a_claim_that_departs_from_its_fact_is_refused(
        self, monkeypatch, column, value, message
    ):
        changed = dictionary.read_claims()
        changed.loc["lines", column] = value
        monkeypatch.setattr(claims.reference, "read_claims", lambda: changed)
        with pytest.raises(ValueError, match=message):
            claims.read_claims()


class TestRounding:
    """A number carries its own tolerance: half a unit of its last digit that counts."""

    @pytest.mark.parametrize(
        ("written", "low", "high"),
        [
            ("500000", 450_000, 550_000),
            ("480000", 475_000, 485_000),
            ("491840", 491_835, 491_845),
            ("478882", 478_881.5, 478_882.5),
            ("1", 0.5, 1.5),
            ("36.2", 36.15, 36.25),
        ],
    )
    def test_by_hand(self, written, low, high):
        assert claims.rounding_interval(written) == pytest.approx((low, high))

    @given(st.integers(1, 10**9))
    def test_the_number_lies_in_the_middle(self, number):
        low, high = claims.rounding_interval(str(number))
        assert low < number < high
        assert low + high == 2 * number


class TestPairs:
    """Two statements: what fits within rounding, what fits in one unit, what cannot both be."""

    @pytest.mark.parametrize(
        ("first", "second", "verdict"),
        [
            (("500000", "persons"), ("478882", "persons"), COMPATIBLE),
            (("500", "persons"), ("300", "persons"), CONTRADICTORY),
            (("480", "persons"), ("500", "records"), COMPATIBLE),
            (("520", "persons"), ("491", "records"), CONTRADICTORY),
            (("491", "records"), ("520", "persons"), CONTRADICTORY),
            (("480", "records;persons"), ("500001", "records"), CONDITIONAL),
            (("480", "records;persons"), ("481", "records;persons"), COMPATIBLE),
            (("900", "records;persons"), ("491", "persons;records"), CONDITIONAL),
        ],
    )
    def test_by_hand(self, first, second, verdict):
        assert verdict_on(first, second) == verdict

    @given(st.integers(1, 10**6), st.integers(1, 10**6))
    def test_the_order_changes_nothing(self, first, second):
        one, other = (str(first), "persons"), (str(second), "records;persons")
        assert verdict_on(one, other) == verdict_on(other, one)

    def test_the_five_titles_and_the_surnames_do_not_close(self, whole_file):
        pair = whole_file.loc[("surnames", "titles")]
        assert (pair["difference"], pair["verdict"]) == (-97, CONTRADICTORY)

    def test_more_people_than_lines_cannot_be(self, whole_file):
        pair = whole_file.loc[("lines", "people_english")]
        assert (pair["difference"], pair["verdict"]) == (-99, CONTRADICTORY)

    def test_480000_beside_the_lines_must_count_persons(self, whole_file):
        pair = whole_file.loc[("lines", "rounded_480k")]
        assert pair[["verdict", "condition"]].tolist() == [CONDITIONAL, "unit"]
        assert pair["units"] == ((480_000, "persons"),)

    def test_only_what_holds_on_a_condition_has_one(self, whole_file):
        assert (whole_file["condition"].ne("") == whole_file["verdict"].eq(CONDITIONAL)).all()

    def test_half_a_million_fits_everything_because_it_is_round(self, whole_file):
        assert set(whole_file.loc["patients_500k", "verdict"]) == {COMPATIBLE}


class TestBretons:
    """The verdict on 300,000 and 350,000 people in Bretagne comes from the numbers."""

    def test_published_shares_by_hand(self):
        # 36 + 6 + 6 = 48 %, each within half a point; 29 has no share of its own and can hold
        # at most what the six leave: 100 - 92.5 = 7.5 %.
        shares = claims.read_prescriber_shares(BRETAGNE).set_index("reading").loc["published"]
        expected = [0.465 * 491_840, 0.495 * 491_840, 0.465 * 491_840, 0.57 * 491_840]
        columns = ["low", "high", "possible_low", "possible_high"]
        assert shares[columns].tolist() == pytest.approx(expected)
        assert shares["low"] < 236_083 < shares["high"]
        assert round(0.48 * 491_840) == 236_083

    def test_without_finistere_nothing_of_the_rest_can_be_added(self):
        shares = claims.read_prescriber_shares(["22", "35", "56"]).set_index("reading")
        assert shares.loc["published", "possible_high"] == shares.loc["published", "high"]

    def test_300000_needs_finistere_350000_contradicts_the_shares_of_lines(self, register):
        verdicts = self.judge(register, claims.read_prescriber_shares(BRETAGNE))
        assert verdicts["bretons_300k", "published"] == CONDITIONAL
        assert verdicts["bretons_350k", "published"] == CONTRADICTORY
        assert verdicts["bretons_350k", "doctors"] == CONDITIONAL

    def test_a_condition_says_which_way_it_goes(self, register):
        readings = pd.DataFrame(
            {
                "reading": ["doctors", "published", "home", "laboratory"],
                "low": [100_000, 100_000, 400_000, 290_000],
                "high": [200_000, 200_000, 450_000, 310_000],
                "possible_low": 0,
                "possible_high": 491_840,
                "whole": 491_840,
            }
        )
        judged = claims.judge_readings(register.loc[["bretons_300k"]], readings)
        assert judged["condition"].tolist() == ["doctors", "at_least", "at_most", ""]

    def test_readings_of_several_tables_are_judged_in_turn(self, register):
        shares = claims.read_prescriber_shares(BRETAGNE)
        claim = register.loc[["bretons_300k"]]
        judged = claims.judge_readings(claim, shares.iloc[:1], shares.iloc[1:])
        pd.testing.assert_frame_equal(judged, claims.judge_readings(claim, shares))

    def test_the_ratio_that_350000_needs_by_hand(self, register):
        table = claims.judge_readings(
            register.loc[["bretons_350k"]], claims.read_prescriber_shares(BRETAGNE)
        ).set_index("reading")
        share = 345_000 / 491_840
        assert table.loc["doctors", "share_needed"] == pytest.approx(share)
        assert table.loc["doctors", "ratio_needed"] == pytest.approx(
            (share / (1 - share)) / (0.495 / 0.505)
        )

    @pytest.mark.parametrize(
        ("n_region", "slack", "verdict"),
        [(600, 0.0, COMPATIBLE), (500, 0.0, CONTRADICTORY), (500, 0.2, CONDITIONAL)],
    )
    def test_verdicts_follow_the_counts_and_the_slack(self, n_region, slack, verdict):
        cells = pd.DataFrame(
            {
                "place": ["home"] * 3,
                "part": ["region", "cells", "whole"],
                "n_persons": pd.array([n_region, 1000, 1000], dtype="Int64"),
                "n_records": pd.array([n_region, 1000, 1000], dtype="Int64"),
                "category": "any",
                "status": "shown",
            }
        )
        counts = Counts(cells, Source("0" * 64, is_synthetic=True))
        readings = claims.read_counted(release(counts), slack=slack)
        stated = pd.DataFrame([statement("600", "persons")], index=["x"])
        stated["low"], stated["high"] = 590, 610
        assert claims.judge_readings(stated, readings)["verdict"].item() == verdict

    def test_counts_by_basis_by_hand(self, hand_coded: CodedRecords):
        # By home, 2018 and 2019: persons 1 (22 and 56), 2 and 7 are in Bretagne; the cells of the
        # whole file hold 1 + 2 + 3 + 1 + 1 = 8, one more than its 7 persons.
        window = one_window("2018-01-01", "2020-01-01")
        counted = claims.count_by_basis(hand_coded, window, BRETAGNE)
        counts = counted.table.set_index(["place", "part"])
        assert counts.loc["home", "n_persons"].to_dict() == {"region": 4, "cells": 8, "whole": 7}
        assert counts.loc[("laboratory", "region"), "n_persons"] == 4
        shown = release(counted, threshold=2)
        readings = claims.read_counted(shown, slack=0).set_index("reading")
        assert readings.loc["home", ["low", "high"]].tolist() == [3, 4]

    def test_the_synthetic_world_upholds_neither_as_it_stands(self, register, full_coded):
        counts = claims.count_by_basis(full_coded, YEARS, BRETAGNE)
        readings = claims.read_counted(release(counts), slack=0)
        assert set(self.judge(register, readings)) == {CONTRADICTORY}

    @staticmethod
    def judge(register: pd.DataFrame, readings: pd.DataFrame) -> pd.Series:
        """Return the verdict by claim and reading."""
        table = claims.judge_readings(register.query("subject == 'region'"), readings)
        return table.set_index(["claim_id", "reading"])["verdict"]


class TestShare:
    """A share without its base is read as part of the count and as count of the whole."""

    def test_a_number_reads_as_its_digits_do(self):
        assert claims.rounding_interval(480_000) == claims.rounding_interval("480000")
        wholes = pd.Series({"persons": 15_000_000})
        assert claims.read_share(1, 169_000, wholes).equals(
            claims.read_share("1", "169000", wholes.astype(str))
        )

    def test_one_percent_beside_169000(self, register):
        wholes = pd.Series({"persons": "15000000", "few": "5000000"})
        table = claims.read_share("1", "169000", wholes).set_index(["way", "of"])
        # 0.5 % of 168,500 to 1.5 % of 169,500; and 168,500 / 1.5 % to 169,500 / 0.5 %.
        assert table.loc[("part", ""), ["low", "high"]].tolist() == [842.5, 2542.5]
        assert table.loc[("whole", "persons"), "low"] == pytest.approx(11_233_333.3)
        assert table.loc[("whole", "persons"), "high"] == 33_900_000
        assert table["verdict"].tolist() == [CONDITIONAL, COMPATIBLE, CONTRADICTORY]
        assert table["condition"].tolist() == ["base", "", ""]
        assert table["value"].eq(169_000).all()

"""Where records lie: postal codes, populations, outlines, and what is refused."""

from __future__ import annotations

import pandas as pd
import pytest
from shapely.geometry import Point

from analysis.reference.geography import (
    ABROAD,
    PLACE_QUALITIES,
    UNKNOWN,
    check_dep_code,
    list_dep_codes,
    place_postal_codes,
    read_departements,
    read_populations,
    read_postal_codes,
)

# Longitude and latitude of town halls [degrees], to two decimals.
TOWNS = {
    "22": ("Saint-Brieuc", -2.76, 48.51),
    "27": ("Évreux", 1.15, 49.02),
    "35": ("Rennes", -1.68, 48.11),
    "41": ("Blois", 1.33, 47.59),
    "45": ("Orléans", 1.91, 47.90),
    "56": ("Vannes", -2.76, 47.66),
}
# Municipal populations rounded to 10,000, so with a tolerance of half that [persons].
RESIDENTS_2019 = {
    "56": (760_000, 5_000),
    "27": (600_000, 5_000),
    "45": (680_000, 5_000),
    "22": (600_000, 5_000),
    "35": (1_080_000, 5_000),
    "41": (330_000, 5_000),
}


def place(postal_code: str | None) -> tuple[str, str]:
    """Place a single postal code: its ``dep_code`` and ``place_quality``."""
    row = place_postal_codes(pd.Series([postal_code], dtype="str")).iloc[0]
    return row["dep_code"], row["place_quality"]


class TestPostalCodes:
    """Each postal code gets one place, and how sure it is."""

    def test_hand_worked_example(self):
        """
        Six codes and what they are.

        Vannes lies in Morbihan; 01200 is shared by Valserhône (Ain, 19 of 20 residents) and
        Éloise (Haute-Savoie); 56019 is a CEDEX of Vannes; 98000 is Monaco; one is null and one
        has lost its zero.
        """
        postal_codes = pd.Series(["56000", "01200", "56019", "98000", None, "1200"], list("abcdef"))
        places = place_postal_codes(postal_codes)
        assert places.index.tolist() == list("abcdef")
        assert places["dep_code"].tolist() == ["56", "01", "56", ABROAD, UNKNOWN, UNKNOWN]
        assert tuple(places["place_quality"]) == PLACE_QUALITIES

    def test_paray_vieille_poste_is_in_essonne(self):
        assert place("94390") == ("91", "exact")

    @pytest.mark.parametrize(
        ("postal_code", "dep_code"),
        [("20000", "2A"), ("20100", "2A"), ("20200", "2B"), ("20600", "2B")],
    )
    def test_corsica(self, postal_code, dep_code):
        assert place(postal_code) == (dep_code, "exact")

    @pytest.mark.parametrize(
        ("postal_code", "dep_code"),
        [
            ("75621", "75"),
            ("20184", "2A"),
            ("20293", "2B"),
            ("20303", "2A"),
            ("20401", "2B"),
            ("97109", "971"),
            ("97801", "974"),
        ],
    )
    def test_cedex_is_placed_by_its_prefix(self, postal_code, dep_code):
        assert place(postal_code) == (dep_code, "prefix")

    @pytest.mark.parametrize(
        "postal_code", ["99000", "98000", "97500", "97133", "97150", "98735", "98899"]
    )
    def test_abroad(self, postal_code):
        assert place(postal_code) == (ABROAD, "abroad")

    @pytest.mark.parametrize("postal_code", [None, "", "   "])
    def test_missing(self, postal_code):
        assert place(postal_code) == (UNKNOWN, "missing")

    @pytest.mark.parametrize(
        "postal_code",
        ["1200", "560000", "5600O", "56 000", "５６０００", "00100", "96000", "97098"],
    )
    def test_unreadable(self, postal_code):
        assert place(postal_code) == (UNKNOWN, "unreadable")

    def test_spaces_around_are_ignored(self):
        assert place(" 56000\n") == ("56", "exact")

    def test_straddling_codes_go_where_most_residents_are(self):
        table = read_postal_codes()
        largest = table.loc[table.groupby("postal_code")["residents"].idxmax()]
        shared = largest[largest["share"] < 1]
        places = place_postal_codes(shared["postal_code"])
        assert (places["place_quality"] == "straddling").all()
        assert places["dep_code"].tolist() == shared["dep_code"].tolist()

    def test_every_code_of_the_table_is_found(self):
        table = read_postal_codes()
        qualities = place_postal_codes(table["postal_code"])["place_quality"]
        assert set(qualities) == {"exact", "straddling", "abroad"}

    def test_result_does_not_depend_on_the_dtype(self):
        postal_codes = pd.Series(["56000", None, "56019", "56000"])
        expected = place_postal_codes(postal_codes)
        for dtype in ("object", "category"):
            pd.testing.assert_frame_equal(place_postal_codes(postal_codes.astype(dtype)), expected)

    def test_categories_are_all_places(self):
        places = place_postal_codes(pd.Series(["56000"]))
        assert tuple(places["dep_code"].cat.categories) == (*list_dep_codes(), UNKNOWN, ABROAD)

    def test_no_codes_no_places(self):
        assert place_postal_codes(pd.Series([], dtype="str")).shape == (0, 2)

    def test_numbers_are_refused(self):
        with pytest.raises(ValueError, match="must be text, not int64"):
            place_postal_codes(pd.Series([56000, 1200]))

    def test_argument_is_left_alone(self):
        postal_codes = pd.Series([" 56000", None])
        before = postal_codes.copy()
        place_postal_codes(postal_codes)
        pd.testing.assert_series_equal(postal_codes, before)


class TestDepCodes:
    """The 101 codes, and help with wrong ones."""

    def test_101_codes_in_order(self):
        codes = list_dep_codes()
        assert len(set(codes)) == 101
        assert list(codes) == sorted(codes)

    def test_codes_are_those_of_the_official_numbering(self):
        mainland = {f"{number:02d}" for number in range(1, 96)} - {"20"}
        overseas = {"971", "972", "973", "974", "976"}
        assert set(list_dep_codes()) == mainland | {"2A", "2B"} | overseas

    def test_valid_code_is_returned(self):
        assert check_dep_code("2A") == "2A"

    @pytest.mark.parametrize(
        ("dep_code", "advice"),
        [
            ("2a", "did you mean '2A'"),
            ("1", "did you mean '01'"),
            ("20", "did you mean '2A' or '2B'"),
            (" 56", "did you mean '56'"),
            ("975", "'976'"),
            ("XX", "codes look like"),
            (UNKNOWN, "codes look like"),
        ],
    )
    def test_wrong_code_is_named_with_the_nearest(self, dep_code, advice):
        with pytest.raises(ValueError, match=rf"code {dep_code!r}; .*{advice}"):
            check_dep_code(dep_code)


class TestPopulations:
    """Residents against figures published elsewhere."""

    @pytest.mark.parametrize("dep_code", RESIDENTS_2019)
    def test_departement_of_2019(self, dep_code):
        quoted, tolerance = RESIDENTS_2019[dep_code]
        assert read_populations(2019)[dep_code] == pytest.approx(quoted, abs=tolerance)

    def test_france_of_2019(self):
        assert read_populations(2019).sum() == pytest.approx(67_200_000, abs=50_000)

    def test_france_without_mayotte_of_2022(self):
        """INSEE published 67,760,573 residents without Mayotte."""
        assert read_populations(2022).drop("976").sum() == 67_760_573

    @pytest.mark.parametrize("year", [2019, 2020, 2022])
    def test_mayotte_always_has_its_census_of_2017(self, year):
        assert read_populations(year)["976"] == 256_518

    @pytest.mark.parametrize("year", [2019, 2020, 2022])
    def test_every_departement_has_residents(self, year):
        residents = read_populations(year)
        assert tuple(residents.index) == list_dep_codes()
        assert residents.name == "residents"
        assert residents.dtype == "int64"
        assert (residents > 70_000).all()

    def test_other_years_are_refused(self):
        with pytest.raises(ValueError, match=r"2021; the years available are \[2019, 2020, 2022\]"):
            read_populations(2021)

    def test_changing_the_answer_changes_nothing_else(self):
        residents = read_populations(2019)
        residents["56"] = 0
        assert read_populations(2019)["56"] > 0


class TestOutlines:
    """The outlines that come with the project."""

    def test_one_row_per_departement(self):
        departements = read_departements()
        assert tuple(departements["dep_code"]) == list_dep_codes()
        assert departements.index.tolist() == list(range(101))
        assert departements.columns.tolist() == [
            "dep_code",
            "dep_name",
            "region_code",
            "region_name",
            "is_overseas",
            "is_moved",
            "geometry",
        ]

    def test_outlines_are_whole(self):
        outlines = read_departements().geometry
        assert outlines.crs == "EPSG:4326"
        assert outlines.is_valid.all()
        assert not outlines.is_empty.any()

    @pytest.mark.parametrize("dep_code", TOWNS)
    def test_town_lies_in_its_departement(self, dep_code):
        _, longitude, latitude = TOWNS[dep_code]
        departements = read_departements()
        inside = departements.contains(Point(longitude, latitude))
        assert departements.loc[inside, "dep_code"].tolist() == [dep_code]

    def test_overseas_is_moved_and_the_rest_is_not(self):
        departements = read_departements()
        overseas = departements.loc[departements["is_overseas"], "dep_code"].tolist()
        assert overseas == ["971", "972", "973", "974", "976"]
        assert departements["is_moved"].equals(departements["is_overseas"])

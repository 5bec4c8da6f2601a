"""Which cells are parts of which."""

from __future__ import annotations

import pandas as pd

from analysis.disclosure import hierarchies


def cells(**labels: list[str]) -> pd.DataFrame:
    """Return cells that differ in some labels only."""
    table = pd.DataFrame(labels)
    return pd.DataFrame({name: table.get(name, "all") for name in hierarchies.list_labels()})


def nestings(name: str, labels: list[str]) -> dict[str, hierarchies.Nesting]:
    """Return each whole with its nesting."""
    return {n.whole: n for _, n in hierarchies.find_nestings(cells(**{name: labels}), name)}


def test_departements_nest_in_their_region_and_regions_in_the_whole() -> None:
    brittany = ["22", "29", "35", "56"]
    labels = [f"home/dep_code/{code}" for code in [*brittany, "27"]]
    found = nestings("where", [*labels, "home/region_code/53", "all"])
    region = found["home/region_code/53"]
    assert {part[-2:] for part in region.parts} == {*brittany}
    assert region.covers
    assert region.is_disjoint
    assert {*found["all"].parts} == {"home/region_code/53", "home/dep_code/27"}
    assert not found["all"].covers


def test_a_region_of_one_departement_is_that_departement() -> None:
    labels = ["home/dep_code/974", "home/region_code/04", "all"]
    found = nestings("where", labels)
    assert found["home/dep_code/974"].parts == ("home/region_code/04",)
    assert found["home/dep_code/974"].covers
    assert found["all"].parts == ("home/dep_code/974",)


def test_place_bases_are_never_mixed() -> None:
    labels = ["all", "home/dep_code/56", "prescriber/dep_code/56"]
    found = [n.parts for _, n in hierarchies.find_nestings(cells(where=labels), "where")]
    assert found == [("home/dep_code/56",), ("prescriber/dep_code/56",)]


def test_months_nest_in_quarters_and_quarters_in_years() -> None:
    months = [f"2019-{m:02}-01/2019-{m + 1:02}-01" for m in range(1, 7)]
    quarters = ["2019-01-01/2019-04-01", "2019-04-01/2019-07-01"]
    found = nestings("window", [*months, *quarters, "2019-01-01/2019-07-01"])
    assert found["2019-01-01/2019-07-01"].parts == tuple(quarters)
    assert found[quarters[0]].parts == tuple(months[:3])
    assert found[quarters[0]].covers


def test_categories_nest_in_groups_and_overlap() -> None:
    found = nestings("category", ["any", "contact", "email", "phone", "address"])
    assert {*found["contact"].parts} == {"email", "phone", "address"}
    assert found["contact"].covers
    assert not found["contact"].is_disjoint
    assert not found["any"].covers


def test_what_is_no_category_has_no_relations() -> None:
    assert nestings("category", ["any", "score above 4"]) == {}


def test_every_other_label_keeps_cells_apart() -> None:
    table = cells(category=["any", "nir"], sex=["F", "M"])
    assert [*hierarchies.find_nestings(table, "category")] == []

"""Put every calibrated number of a synthetic breach beside the published one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pandas as pd

from analysis import exposure, store
from analysis.disclosure import Release
from analysis.exposure import Attribute, Counts, Own, Public, Source
from data_synthetic.simulation.scenario import SCENARIO, Scenario, read_scenario

# How each calibrated number is counted from the records, joined with their persons.
SQL = pd.read_csv(Path(__file__).with_name("calibrated.csv"), index_col="parameter")["sql"]
MEASURES = {"fact_id": Attribute(), "published": Public(), "generated": Own()}
MEASURES |= {"difference": Own(), "unit": Attribute()}
LABORATORY_DEPARTEMENTS = ("56", "45", "27", "22", "35", "41")


def compare_with_facts(breach: store.Breach, scenario: Scenario | None = None) -> Counts:
    """
    Put every calibrated number of a synthetic breach beside the published one.

    Parameters
    ----------
    breach : Breach
        The breach as drawn, with its truth.
    scenario : Scenario, optional
        What it was drawn from; the one that the repository ships if left out.

    Returns
    -------
    Counts
        One row per calibrated number: ``parameter``, ``fact_id``, ``published``, ``generated``,
        ``difference`` (in percent for counts, in points for shares), ``unit``; ``n_persons`` where
        that is what is counted.
    """
    scenario = scenario or read_scenario(SCENARIO)
    compared = []
    for name, value in _count_calibrated(breach).items():
        key, _, entry = name.partition(":")
        parameter, published = scenario.parameters[key], scenario[key]
        fact = parameter.fact[entry] if isinstance(parameter.fact, Mapping) else parameter.fact
        published = published[entry] if entry else published
        is_share = parameter.unit.startswith("share")
        gap = (value - published) * 100 if is_share else (value / published - 1) * 100
        unit = "share" if is_share else parameter.unit
        compared.append((name, fact, published, value, gap, unit))
    columns = ["parameter", "fact_id", "published", "generated", "difference", "unit"]
    numbers = pd.DataFrame(compared, columns=columns)
    numbers = numbers.loc[numbers["fact_id"].notna()].reset_index(drop=True)
    counted = numbers["generated"].where(numbers["unit"].eq("persons"))
    numbers = numbers.assign(n_persons=counted.astype("Int64"), status="shown")
    return Counts(numbers, Source.of(breach), MEASURES)


def _count_calibrated(breach: store.Breach) -> dict[str, float]:
    """Count each number that the scenario takes from a published fact, from the raw records."""
    selected = ", ".join(f"{sql} as {name}" for name, sql in SQL.items())
    persons = "truth" if (breach.folder / "truth").is_dir() else exposure.LINKED
    groups = pd.DataFrame(breach.manifest["laboratories"])
    groups = groups.reindex(columns=["laboratory_id", "laboratory_group"]).astype(object)
    with exposure.open_records(breach, persons=persons) as connection:
        connection.register("laboratories", groups)
        grouped = (
            "select *, laboratory_group = 'published' as is_published_group "
            "from joined left join laboratories using (laboratory_id)"
        )
        counts = connection.sql(f"select {selected} from ({grouped})").df().iloc[0]
        prescribed = _measure_shares(connection, "left(prescriber_postal_code, 2)")
        blood_groups = _measure_shares(connection, "blood_group").add_prefix("blood_groups:")
    inside = prescribed[prescribed.index.isin(LABORATORY_DEPARTEMENTS)]
    numbers = pd.concat([counts, inside.add_prefix("prescriber_share:"), blood_groups])
    return {str(name): float(value) for name, value in numbers.items()}


def _measure_shares(connection: duckdb.DuckDBPyConnection, value: str) -> pd.Series:
    """Measure the share of each value among the records that have one, the largest first."""
    shares = connection.sql(
        f"select {value} as value, count(*) / sum(count(*)) over () as share "
        "from records where value is not null group by 1 order by share desc, value"
    ).df()
    return shares.set_index("value")["share"]


def find_largest(compared: Release, count_tolerance: float, share_tolerance: float) -> pd.DataFrame:
    """
    Find the largest difference among counts and among shares.

    Parameters
    ----------
    compared : Release
        As made by `compare_with_facts`.
    count_tolerance : float
        Largest difference allowed to a count [percent].
    share_tolerance : float
        Largest difference allowed to a share [points].

    Returns
    -------
    pandas.DataFrame
        One row for ``counts`` and one for ``shares``: ``n_compared``, ``largest``, ``tolerance``,
        ``is_within``.
    """
    kinds = compared.table["unit"].eq("share").map({False: "counts", True: "shares"})
    gaps = compared.table["difference"].astype(float).abs().groupby(kinds.rename("compared"))
    largest = gaps.agg(n_compared="size", largest="max").reset_index()
    limits = largest["compared"].map({"counts": count_tolerance, "shares": share_tolerance})
    return largest.assign(tolerance=limits, is_within=largest["largest"] <= limits)


def read_slack(parameter: str) -> float:
    """
    Read how far a parameter of the scenario is free around its value.

    Parameters
    ----------
    parameter : str
        One with a relative range.

    Returns
    -------
    float
        Share of the value, up and down, 0 or more.

    Examples
    --------
    >>> read_slack("laboratory_person_share")
    0.25
    """
    return float(read_scenario(SCENARIO).parameters[parameter].span["relative"])

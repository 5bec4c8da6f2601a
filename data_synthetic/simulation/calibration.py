"""Put every calibrated number of a synthetic breach beside the published one."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis import exposure, store
from data_synthetic.simulation.scenario import Scenario

SQL = {
    "records": "count(*)",
    "nir_filled": "count(nir)",
    "landline_filled": "count(landline)",
    "mobile_filled": "count(mobile)",
    "emails_distinct": "count(distinct email)",
    "passwords_filled": "count(portal_password)",
    "doctor_emails": "count(distinct prescriber_email)",
    "laboratories": "count(distinct laboratory_id)",
    "persons": "count(distinct person_id)",
    "women": "count(distinct person_id) filter (title = 'Mme')",
    "men": "count(distinct person_id) filter (title = 'M.')",
    "children": "count(distinct person_id) filter (title = 'Enfant')",
    "babies": "count(distinct person_id) filter (title = 'Bébé')",
    "sisters": "count(distinct person_id) filter (title = 'Sœur')",
    "military": "count(distinct person_id) filter (insurer_id = 'CNMSS')",
    "military_at_evreux": (
        "count(distinct person_id) filter (insurer_id = 'CNMSS' and postal_code = '27000')"
    ),
    "published_group_persons": "count(distinct person_id) filter (is_published_group)",
}
LABORATORY_DEPARTEMENTS = ("56", "45", "27", "22", "35", "41")


def compare_with_facts(breach: store.Breach, scenario: Scenario) -> pd.DataFrame:
    """
    Put every calibrated number of a synthetic breach beside the published one.

    Parameters
    ----------
    breach : Breach
        The breach as drawn, with its truth.
    scenario : Scenario
        What it was drawn from.

    Returns
    -------
    pandas.DataFrame
        One row per calibrated number: ``parameter``, ``fact_id``, ``published``, ``generated``,
        ``difference`` (in percent for counts, in points for shares), ``unit``; ``n_persons`` where
        that is what is counted, and ``status``.
    """
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
    return numbers.assign(n_persons=counted.astype("Int64"), status="shown")


def _count_calibrated(breach: store.Breach) -> dict[str, float]:
    """Count each number that the scenario takes from a published fact, from the raw records."""
    selected = ", ".join(f"{sql} as {name}" for name, sql in SQL.items())
    counts = exposure.query_records(breach, f"select {selected} from joined").df().iloc[0]
    prescribed = _measure_shares(breach, "left(prescriber_postal_code, 2)")
    inside = prescribed[prescribed.index.isin(LABORATORY_DEPARTEMENTS)]
    groups = _measure_shares(breach, "blood_group").add_prefix("blood_groups:")
    numbers = pd.concat([counts, inside.add_prefix("prescriber_share:"), groups])
    return {str(name): float(value) for name, value in numbers.items()}


def _measure_shares(breach: store.Breach, value: str) -> pd.Series:
    """Measure the share of each value among the records that have one, the largest first."""
    shares = exposure.query_records(
        breach,
        f"select {value} as value, count(*) / sum(count(*)) over () as share "
        "from filled_up where value is not null group by 1 order by share desc, value",
    ).df()
    return shares.set_index("value")["share"]

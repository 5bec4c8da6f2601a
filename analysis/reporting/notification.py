"""State what GDPR articles 33 and 34 ask for: the facts, the clock, the plan to tell everybody."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import pandas as pd

from analysis import reference
from analysis.disclosure import Release
from analysis.reporting import captions

HOURS_PER_DAY = 24
DAY = re.compile(r"t_(\d{4})_(\d{2})_(\d{2})")


def write_plan(priced: Release, *, language: str = "en") -> pd.DataFrame:
    """
    Write a priced plan for the whole file as a table to print.

    Parameters
    ----------
    priced : Release
        `analysis.impact.plan_messages` behind the gate, one row per channel.
    language : {'en', 'fr'}
        Language of the table.

    Returns
    -------
    pandas.DataFrame of str
        Indexed by channel: persons, and the cost with its range; a hidden number says so.
    """
    rows = []
    for _, row in priced.table.iterrows():
        name = reference.text(f"channel.{row['channel']}", language)
        if pd.isna(row["n_persons"]):
            hidden = reference.text(f"status.{row['status']}", language)
            rows.append((name, hidden, hidden))
            continue
        costs = [round(row[column]) for column in ("cost_low", "cost", "cost_high")]
        low, cost, high = (reference.format_count(number, language) for number in costs)
        interval = reference.text("interval", language, low=low, high=high)
        cost = reference.text("rate_with_interval", language, rate=cost, interval=interval)
        rows.append((name, reference.format_count(row["n_persons"], language), cost))
    heads = [
        reference.text(key, language) for key in ("column.channel", "persons", "column.cost_range")
    ]
    return pd.DataFrame(rows, columns=heads).set_index(heads[0])


def state_facts(
    by_category: Release,
    *,
    persons: Sequence[int],
    records: Sequence[int],
    language: str = "en",
) -> pd.DataFrame:
    """
    State the facts of GDPR article 33(3) as a table ready to copy.

    Parameters
    ----------
    by_category : Release
        Persons by ``category``, behind the gate; categories without persons are left out.
    persons, records : sequence of int
        Lowest defensible, best and highest defensible number [persons, records].
    language : {'en', 'fr'}
        Language of the table.

    Returns
    -------
    pandas.DataFrame of str
        Indexed by point of the article, one row per thing that can be stated; what only the
        controller knows says so.

    Raises
    ------
    ValueError
        If three numbers are not in the order low, value, high.
    """
    table = by_category.table.query("n_persons > 0 or status == 'suppressed'")
    kinds = reference.read_categories().loc[table["category"]]
    consequences = [
        reference.text(f"consequence.{group}", language)
        for group in dict.fromkeys(kinds["category_group"])
    ]
    said = reference.text("fact.controller", language)
    rows = [
        ("nature", reference.text("fact.nature_said", language)),
        ("persons", _write_approximate(persons, "persons", language)),
        ("records", _write_approximate(records, "records", language)),
        *(("categories", _name_kind(row, language)) for _, row in table.iterrows()),
        ("contact", said),
        *(("consequences", consequence) for consequence in consequences),
        ("measures", said),
    ]
    named = [(reference.text(f"fact.{point}", language), stated) for point, stated in rows]
    heads = [reference.text(f"column.{name}", language) for name in ("point", "stated")]
    return pd.DataFrame(named, columns=heads).set_index(heads[0])


def count_hours(aware: Sequence[str], notified: str) -> pd.DataFrame:
    """
    Count the hours from becoming aware to notifying, against those the law allows.

    Parameters
    ----------
    aware : sequence of str
        Published events (``t_…``) that may count as becoming aware.
    notified : str
        Published event of the notification.

    Returns
    -------
    pandas.DataFrame
        One row per event: ``fact_id``, ``aware_on``, ``due_on`` [day the time is over],
        ``notified_on``, ``hours_low`` and ``hours_high`` [hours; only days were published, so
        each event lies anywhere in its day], ``hours_allowed`` [hours], ``is_late``: ``yes``,
        ``no`` or ``open``.

    Raises
    ------
    ValueError
        If an event is no dated fact, or lies after the notification.

    Examples
    --------
    >>> count_hours(["t_2021_02_26"], "t_2021_03_01")[["hours_low", "hours_high"]].values.tolist()
    [[48, 96]]
    """
    allowed = int(reference.read_facts()["value"]["notif_deadline_cnil"])
    told_on = _read_day(notified)
    rows = []
    for fact_id in aware:
        aware_on = _read_day(fact_id)
        days = (told_on - aware_on).days
        if days < 0:
            raise ValueError(f"{fact_id} lies after {notified}; the clock runs forward")
        low, high = max(days - 1, 0) * HOURS_PER_DAY, (days + 1) * HOURS_PER_DAY
        is_late = "yes" if low > allowed else "no" if high <= allowed else "open"
        due_on = aware_on + pd.Timedelta(hours=allowed)
        rows.append((fact_id, aware_on, due_on, told_on, low, high, allowed, is_late))
    columns = ["fact_id", "aware_on", "due_on", "notified_on", "hours_low", "hours_high"]
    return pd.DataFrame(rows, columns=[*columns, "hours_allowed", "is_late"])


def compare_fines(n_persons: int, n_records: int) -> pd.DataFrame:
    """
    Put the fine that a reader of the press proposed beside the real one.

    Parameters
    ----------
    n_persons : int
        Persons in the file [persons].
    n_records : int
        Lines of the file, each taken for an account [records].

    Returns
    -------
    pandas.DataFrame
        Indexed by ``fine``: ``real``, and the proposal ``per_person`` and ``per_record``;
        ``total`` [EUR], ``for_each_person`` [EUR], ``times_real``.

    Examples
    --------
    >>> compare_fines(478_882, 491_840)["for_each_person"].round(2).to_dict()
    {'real': 3.13, 'per_person': 100.0, 'per_record': 102.71}
    """
    values = reference.read_facts()["value"]
    real, proposed = float(values["fine"]), float(values["ni_fine_reader"])
    totals = {"real": real, "per_person": proposed * n_persons, "per_record": proposed * n_records}
    table = pd.DataFrame({"total": pd.Series(totals)}).rename_axis("fine")
    table["for_each_person"] = table["total"] / n_persons
    table["times_real"] = table["total"] / real
    return table


def _name_kind(row: pd.Series, language: str) -> str:
    name = captions.name_category(row["category"], language)
    if row["status"] == "suppressed":
        return name
    count = reference.format_count(row["n_persons"], language)
    return reference.text("fact.kind", language, name=name, n=count)


def _write_approximate(bounds: Sequence[int], unit: str, language: str) -> str:
    low, value, high = bounds
    if not low <= value <= high:
        raise ValueError(f"give low, value, high in this order, got {tuple(bounds)}")
    number = reference.format_count(value, language)
    if low < high:
        ends = {
            n: reference.format_count(end, language) for n, end in (("low", low), ("high", high))
        }
        interval = reference.text("interval", language, **ends)
        number = reference.text("rate_with_interval", language, rate=number, interval=interval)
    return reference.text(f"fact.{unit}_said", language, n=number)


def _read_day(fact_id: str) -> date:
    found = DAY.fullmatch(fact_id)
    if not found or fact_id not in reference.read_facts().index:
        raise ValueError(f"{fact_id!r} is not a dated fact; choose one named t_YYYY_MM_DD")
    return date(*map(int, found.groups()))

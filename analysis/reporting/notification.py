"""What GDPR articles 33 and 34 ask for: the facts to state, the clock, the fine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pandas as pd

from analysis import reference
from analysis.disclosure import Release, publish
from analysis.reporting import columns
from analysis.reporting.columns import check_release
from analysis.reporting.wording import format_count, text

SOURCE = "published facts"
CLOCK = ["fact_id", "aware_on", "due_on", "notified_on"]
CLOCK += ["hours_low", "hours_high", "hours_allowed", "is_late"]
HOURS_PER_DAY = 24
DAY = re.compile(r"t_(\d{4})_(\d{2})_(\d{2})")


def state_facts(by_category: Release, *, persons: pd.Series, records: Release) -> columns.Written:
    """
    State the facts of GDPR article 33(3) as a table ready to copy.

    Parameters
    ----------
    by_category : Release
        Persons by ``category``; categories without persons are left out.
    persons : pandas.Series
        The estimate of persons: ``n_persons``, ``n_persons_low`` and ``n_persons_high``
        [persons].
    records : Release
        The whole file as one row with ``n_records`` [records].

    Returns
    -------
    columns.Written
        Indexed by point of the article, one row per thing that can be stated; what only the
        controller knows says so.

    Raises
    ------
    TypeError
        If the categories or the records have not passed the gate.
    ValueError
        If the estimate lies outside its interval, or the records are several rows.
    """
    shown = check_release(by_category).table.query("n_persons > 0 or status == 'suppressed'")
    kinds = reference.read_categories().loc[shown["category"], "category_group"]
    whole = _read_whole(records)
    by_controller = text("fact.controller")
    points = [
        ("nature", text("fact.nature_said")),
        ("persons", text("fact.persons_said", n=_write_estimate(persons))),
        ("records", text("fact.records_said", n=columns.write_cell("n_records", whole))),
        *(("categories", _name_kind(row)) for _, row in shown.iterrows()),
        ("contact", by_controller),
        *(("consequences", text(f"consequence.{group}")) for group in kinds.unique()),
        ("measures", by_controller),
    ]
    stated = [(text(f"fact.{point}"), words) for point, words in points]
    headings = [columns.write_heading(name) for name in ("point", "stated")]
    return columns.Written(pd.DataFrame(stated, columns=headings).set_index(headings[0]))


def count_hours(aware: Sequence[str], notified: str) -> Release:
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
    Release
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
    >>> hours = count_hours(["t_2021_02_26"], "t_2021_03_01").table
    >>> hours[["hours_low", "hours_high"]].values.tolist()
    [[48, 96]]
    """
    allowed = int(reference.read_facts()["value"]["notif_deadline_cnil"])
    told_on, rows = _read_day(notified), []
    for fact_id in aware:
        day = _read_day(fact_id)
        n_days = (told_on - day).days
        if n_days < 0:
            raise ValueError(f"{fact_id} lies after {notified}; the clock runs forward")
        low, high = max(n_days - 1, 0) * HOURS_PER_DAY, (n_days + 1) * HOURS_PER_DAY
        is_late = "yes" if low > allowed else "open" if high > allowed else "no"
        due_on = day + timedelta(hours=allowed)
        rows.append((fact_id, day, due_on, told_on, low, high, allowed, is_late))
    return publish(pd.DataFrame(rows, columns=CLOCK), source=SOURCE)


def compare_fines(persons: pd.Series, records: Release) -> Release:
    """
    Put the fine that a reader of the press proposed beside the real one.

    Parameters
    ----------
    persons : pandas.Series
        The estimate of persons, with ``n_persons`` [persons].
    records : Release
        The whole file as one row with ``n_records`` [records], each taken for an account.

    Returns
    -------
    Release
        One row per ``fine``: ``real``, and the proposal ``per_person`` and ``per_record``;
        ``total`` [EUR], ``for_each_person`` [EUR], ``times_real``, to two decimals.

    Raises
    ------
    TypeError
        If the records have not passed the gate.
    ValueError
        If they are several rows.
    """
    values = reference.read_facts()["value"]
    real, proposed = float(values["fine"]), float(values["ni_fine_reader"])
    n_persons = float(persons["n_persons"])
    n_records = float(_read_whole(records)["n_records"])
    totals = {"real": real, "per_person": proposed * n_persons, "per_record": proposed * n_records}
    fines = pd.DataFrame({"fine": [*totals], "total": [*totals.values()]})
    fines["for_each_person"] = fines["total"] / n_persons
    fines["times_real"] = fines["total"] / real
    return publish(fines.round(2), source=SOURCE)


def compare_plans(plans: Mapping[str, Release]) -> Release:
    """
    Add up what each plan costs, and subtract the second from the first.

    Parameters
    ----------
    plans : mapping of str to Release
        `analysis.impact.plan_messages` behind the gate, one or two, by name.

    Returns
    -------
    Release
        One row per ``plan``, with two also ``difference``: ``n_persons`` [persons], ``cost_low``,
        ``cost`` and ``cost_high`` [whole EUR]; missing where that is hidden.

    Raises
    ------
    TypeError
        If a plan has not passed the gate.
    """
    wholes = {name: check_release(plan).select("message == 'all'") for name, plan in plans.items()}
    sums = pd.DataFrame({name: whole.table.iloc[0] for name, whole in wholes.items()}).T
    totals = sums[["n_persons", "cost_low", "cost", "cost_high"]].astype("Float64").round()
    if len(totals) == 2:
        totals.loc["difference"] = totals.iloc[0] - totals.iloc[1]
    return publish(totals.rename_axis("plan"), source=SOURCE, holds_published_counts=True)


def _read_whole(records: Release) -> pd.Series:
    if len(check_release(records).table) != 1:
        raise ValueError("the whole file is one row; count it without dimensions")
    return records.table.iloc[0]


def _name_kind(row: pd.Series) -> str:
    name, n = columns.name_category(row["category"]), row["n_persons"]
    is_hidden = row["status"] == "suppressed"
    return name if is_hidden else text("fact.kind", name=name, n=format_count(n))


def _write_estimate(persons: pd.Series) -> str:
    value, low, high = (persons[f"n_persons{end}"] for end in ("", "_low", "_high"))
    if not low <= value <= high:
        raise ValueError(f"the estimate {value} lies outside its interval, {low} to {high}")
    return columns.write_with_interval(value, low, high, "count")


def _read_day(fact_id: str) -> date:
    day = DAY.fullmatch(fact_id)
    if not day or fact_id not in reference.read_facts().index:
        raise ValueError(f"{fact_id!r} is not a dated fact; choose one named t_YYYY_MM_DD")
    return date(*map(int, day.groups()))

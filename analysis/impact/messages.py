"""Plan to tell everybody once, by the cheapest channel that is safe, and price the plan."""

from pathlib import Path

import pandas as pd
from pydantic.dataclasses import dataclass

from analysis import reference
from analysis.exposure import ALL, Counts, Own
from analysis.impact.channels import CELLS, Contacts, count_groups, find_groups

MESSAGE_COSTS = reference.REFERENCE / "message_costs.yaml"


@dataclass(frozen=True, config=reference.SETTINGS)
class _MessageCost(reference.Estimate):
    assumption: reference.Reason


def read_message_costs(path: Path = MESSAGE_COSTS) -> pd.DataFrame:
    """
    Read what one message costs on each channel.

    Parameters
    ----------
    path : pathlib.Path
        A small YAML file of named assumptions.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``channel``: ``low``, ``value`` and ``high`` [EUR per message],
        ``assumption``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a channel has no reason, or its value lies outside its range.

    Examples
    --------
    >>> read_message_costs().loc["letter", ["low", "value", "high"]].tolist()
    [1.0, 1.6, 3.0]
    """
    advice = f"copy {MESSAGE_COSTS.name} and edit it"
    costs = reference.read_yaml(path, dict[str, _MessageCost], advice=advice)
    by_channel = {channel: (*cost.bounds, cost.assumption) for channel, cost in costs.items()}
    columns = ["low", "value", "high", "assumption"]
    return pd.DataFrame.from_dict(by_channel, orient="index", columns=columns).rename_axis(
        "channel"
    )


def plan_messages(contacts: Contacts, costs: pd.DataFrame) -> Counts:
    """
    Tell everybody once, each person by the cheapest channel that is safe for her.

    Parameters
    ----------
    contacts : Contacts
        As made by `analysis.impact.find_contacts`.
    costs : pandas.DataFrame
        As made by `read_message_costs`.

    Returns
    -------
    Counts
        One row per cell and ``message``, the cheapest channel first and ``all`` last, with
        ``cost``, ``cost_low`` and ``cost_high`` [EUR]. The persons sum to those of `contacts`.

    Notes
    -----
    With one message a person and no limit on a channel, the cheapest plan is the cheapest safe
    channel of each person. For a person with sensitive data a message must not fall into other
    hands: no landline, which rings for the whole home, no e-mail or mobile that somebody else
    has too, and none at all for a minor, whose details are often a parent's: a letter instead.
    Whoever has no channel left is searched for.
    """
    everybody, safe = pd.Series(True, index=contacts.table.index), find_groups(contacts, "message")
    left, groups = everybody, {}
    for channel in costs.sort_values("value").index:
        groups[channel] = left & safe.get(channel, True)
        left = left & ~groups[channel]
    counts = count_groups(contacts, {**groups, ALL: everybody}, name="message")
    table = counts.table
    for name, column in (("cost", "value"), ("cost_low", "low"), ("cost_high", "high")):
        priced = table["n_persons"].astype("Float64") * table["message"].map(costs[column])
        cells = [table[cell] for cell in CELLS if cell in table] or everybody.reindex(table.index)
        whole = priced.groupby(cells, dropna=False).transform("sum")
        counts = counts.with_measure(name, priced.fillna(whole), Own())
    return counts.label(choice=contacts.choice)

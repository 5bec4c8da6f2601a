"""Verdicts on published statements in words, from the codes and numbers they are judged by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.published import CONDITIONAL
from analysis.reporting.wording import format_count, format_rate, format_share, text


def say_verdict(row: Mapping[str, Any] | pd.Series) -> str:
    """
    Write a verdict, with its condition where it has one.

    Parameters
    ----------
    row : mapping or pandas.Series
        Row of a judgement by `analysis.published`: ``verdict``, ``condition`` (a code) and the
        numbers that the condition names.

    Returns
    -------
    str
        The verdict.

    Raises
    ------
    KeyError
        If a code has no words, or a number of the condition is not in the row.

    Examples
    --------
    >>> say_verdict({"verdict": "conditional", "condition": "base", "value": 169_000})
    'compatible only if the share is of the 169,000 persons, not of the whole'
    """
    if row["verdict"] != CONDITIONAL:
        return text(f"verdict.{row['verdict']}")
    return text("verdict.conditional", condition=_say_condition(row))


def _say_condition(row: Mapping[str, Any] | pd.Series) -> str:
    condition = row["condition"]
    if condition == "unit":
        units = [
            text("condition.unit", n=format_count(value), unit=text(unit))
            for value, unit in row["units"]
        ]
        return text("alt.join").join(units)
    if condition == "base":
        return text("condition.base", n=format_count(row["value"]))
    return text(
        f"condition.{condition}",
        basis=text(f"reading.{row['reading']}"),
        share=format_share(row["share_needed"]),
        ratio=format_rate(row["ratio_needed"]),
    )

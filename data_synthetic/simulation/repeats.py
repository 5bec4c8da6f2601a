"""Plant the differences that keep lines of one person from being copies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
from numpy.random import Generator

from analysis import reference
from data_synthetic.simulation import identities
from data_synthetic.simulation.catchment import Flags
from data_synthetic.simulation.phrases import Vocabulary, mistype
from data_synthetic.simulation.scenario import Scenario

# Digits of the order number and, of the commune, the last: its 99 marks a number as drawn.
NIR_DIGITS_AT_RISK = range(9, 13)


def plant_differences(
    scenario: Scenario, vocabulary: Vocabulary, records: pa.Table, further: Flags, rng: Generator
) -> pa.Table:
    """
    Change fields of further lines the way a front desk does.

    Parameters
    ----------
    scenario : Scenario
        ``error_share``: the share of further lines that each kind of difference meets.
    vocabulary : Vocabulary
        Streets for those who moved.
    records : pyarrow.Table
        One row per record, identities as on the person's first line.
    further : numpy.ndarray of bool, shape (n_records,)
        Which records are further lines of somebody.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    pyarrow.Table
        The records with the differences; first lines are untouched.
    """
    for kind, share in scenario["error_share"].items():
        is_met = further & (rng.random(len(further)) < share)
        if kind == "birth_name_used":
            is_met &= pc.is_valid(records["birth_name"]).to_numpy(zero_copy_only=False)
            records = _replace(records, "used_name", is_met, records["birth_name"].filter(is_met))
        elif kind in _NEW_VALUES:
            column, draw = _NEW_VALUES[kind]
            records = _replace(records, column, is_met, draw(vocabulary, int(is_met.sum()), rng))
        else:
            column, change = _CHANGES[kind]
            old = records[column].filter(is_met).to_pylist()
            new = [value if value is None else change(value, rng) for value in old]
            changed = pa.array(new, type=records.schema.field(column).type)
            records = _replace(records, column, is_met, changed)
    return records


def _swap_day_and_month(day: date) -> date:
    """Write the month where the day belongs, if that is a date."""
    return day.replace(day=day.month, month=day.day) if day.day <= 12 else day


def _mistype_date(day: date, rng: Generator) -> date:
    """Miss by a day, by ten days or by a year."""
    step = (1, 10, 365)[int(rng.integers(0, 3))]
    return day + timedelta(days=step if rng.random() < 0.5 else -step)


def _mistype_digit(number: str, rng: Generator) -> str:
    """Replace one of the last digits before the key by another."""
    at = int(rng.choice(list(NIR_DIGITS_AT_RISK)))
    other = (int(number[at]) + int(rng.integers(1, 10))) % 10
    return f"{number[:at]}{other}{number[at + 1 :]}"


def _shorten(first_names: str) -> str:
    """Keep the first of several first names."""
    return first_names.replace("-", " ").split(" ")[0]


def _replace(
    records: pa.Table, column: str, rows: Flags, values: pa.Array | pa.ChunkedArray
) -> pa.Table:
    old = pa.concat_arrays(records[column].chunks)
    new = pa.concat_arrays(values.chunks) if isinstance(values, pa.ChunkedArray) else values
    changed = pc.replace_with_mask(old, rows, new)
    return records.set_column(records.column_names.index(column), column, changed)


def _redraw(ranges: tuple[str, ...], _: Vocabulary, n: int, rng: Generator) -> pa.Array:
    return identities.draw_phones(ranges, n, rng)


_CHANGES: dict[str, tuple[str, Callable[..., object]]] = {
    "surname_typo": ("used_name", lambda name, rng: mistype(name, *rng.random(3))),
    "first_name_typo": ("first_names", lambda name, rng: mistype(name, *rng.random(3))),
    "accent_lost": ("first_names", lambda names, rng: reference.drop_accents(names)),
    "first_name_shortened": ("first_names", lambda names, rng: _shorten(names)),
    "born_on_transposed": ("born_on", lambda day, rng: _swap_day_and_month(day)),
    "born_on_mistyped": ("born_on", _mistype_date),
    "nir_mistyped": ("nir", _mistype_digit),
    "nir_dropped": ("nir", lambda nir, rng: None),
}
_NEW_VALUES: dict[str, tuple[str, Callable[..., pa.Array]]] = {
    "address_changed": ("address", identities.draw_addresses),
    "landline_changed": ("landline", partial(_redraw, identities.FICTION_LANDLINES)),
    "mobile_changed": ("mobile", partial(_redraw, identities.FICTION_MOBILES)),
}

"""Where one breach stands among those of a public register."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.published.incidents import LISTS, add_years


def rank_breach(
    incidents: pd.DataFrame, *, low: int, high: int, by: Sequence[str] = ()
) -> pd.DataFrame:
    """
    Rank a breach of known bounds among the incidents of a register, and measure its share.

    Parameters
    ----------
    incidents : pandas.DataFrame
        One row per incident of a register that does not list the breach itself.
    low, high : int
        Bounds of the breach's size [unit of the register].
    by : sequence of str
        Columns to rank within, as for `analysis.published.count_incidents`.

    Returns
    -------
    pandas.DataFrame
        One row per group, in order, that of unknown value last (a single row without `by`):
        ``n_incidents`` [of known size,
        without the breach], ``rank_low`` and ``rank_high`` [1: the largest; best and worst that
        all bounds allow], ``share_low`` and ``share_high`` [of the individuals of the group and
        the breach together, 0 to 1; the lower one is 0 where an open band bounds nothing].

    Raises
    ------
    ValueError
        If the bounds are not positive and in order, or a column is missing.

    Notes
    -----
    A rank says how rare such a size is in the register, not how the breach compares in harm.
    Countries differ in size, and registers in what must be reported.

    Examples
    --------
    >>> sizes = pd.DataFrame({"size_low": [900, 40, 5001], "size_high": [900, 40, None]})
    >>> rank_breach(sizes.astype("Int64"), low=300, high=1000).iloc[0].tolist()[:3]
    [3.0, 2.0, 3.0]
    """
    if not 0 < low <= high:
        raise ValueError(f"the bounds must be positive and in order, got {low} and {high}")
    table = add_years(incidents)
    missing = [name for name in by if name not in table]
    if missing:
        raise ValueError(f"the incidents have no column {missing}; choose among {[*table]}")
    for name in set(by) & set(LISTS):
        table = table.explode(name)
    sized = table[table["size_low"].notna()]
    is_open = sized["size_high"].isna()
    marks = sized[list(by)].assign(
        n_incidents=1,
        n_above=sized["size_low"].gt(high).astype(int),
        n_reaching=(is_open | sized["size_high"].ge(low)).astype(int),
        size_low=sized["size_low"],
        size_high=sized["size_high"].fillna(0),
        n_open=is_open.astype(int),
    )
    sums = marks.groupby(list(by), dropna=False).sum() if by else marks.sum().to_frame().T
    share_low = (low / (low + sums["size_high"])).mask(sums["n_open"] > 0, 0.0)
    ranks = {"rank_low": sums["n_above"] + 1, "rank_high": sums["n_reaching"] + 1}
    shares = {"share_low": share_low, "share_high": high / (high + sums["size_low"])}
    ranked = sums[["n_incidents"]].assign(**ranks).astype(int)
    return ranked.assign(**{k: v.astype(float) for k, v in shares.items()}).reset_index(drop=not by)

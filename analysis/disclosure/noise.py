"""Release a table once, with noise in place of suppression (differential privacy)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import opendp.prelude as dp
import pandas as pd

from analysis.disclosure.gate import SHORT_HASH
from analysis.store import Breach

EXACT, NOISED = "exact", "noised"
LEDGER = {"source": "str", "table": "str", "kind": "str", "epsilon": "float64"}
OUTSIDE = 0.05  # probability that the noise exceeds the margin shown


@dataclass(frozen=True)
class NoisedRelease:
    """
    A table whose every count carries noise; it is never shown beside its exact version.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per cell: ``n_persons_noised`` [persons], whole, and negative at times; ``margin``
        [persons], which the noise stays within with probability 0.95; ``status`` ``noised``.
    epsilon : float
        Privacy spent on this table: 0 none, 1 an ordinary value, 10 hardly any protection.
    most : int
        Cells that one person can count in; further ones were dropped.
    is_synthetic : bool
        Whether the records were drawn.
    source : str
        First characters of the content hash of the records.
    """

    table: pd.DataFrame
    epsilon: float
    most: int
    is_synthetic: bool
    source: str


def open_ledger() -> pd.DataFrame:
    """Start a ledger of what was released: one row per release, none yet."""
    return pd.DataFrame(columns=[*LEDGER]).astype(LEDGER)


def record_release(
    ledger: pd.DataFrame, breach: Breach, table: str, *, epsilon: float, budget: float
) -> pd.DataFrame:
    """
    Add a release to a ledger, unless it breaks the budget or shows a table twice.

    Parameters
    ----------
    ledger : pandas.DataFrame
        One row per earlier release: ``source``, ``table``, ``kind``, ``epsilon``.
    breach : Breach
        What was counted.
    table : str
        Name of the table, the same for its exact and its noised version.
    epsilon : float
        Privacy spent; 0 for an exact table, whose protection is suppression.
    budget : float
        Most that all noised tables of one breach may spend together.

    Returns
    -------
    pandas.DataFrame
        The ledger with one row more; the one passed in is unchanged.

    Raises
    ------
    ValueError
        If the table was released before and either version is noised, or the budget is exceeded.
    """
    source, kind = breach.manifest["content_hash"][:SHORT_HASH], NOISED if epsilon else EXACT
    mine = ledger.loc[ledger["source"].eq(source)]
    earlier = set(mine.loc[mine["table"].eq(table), "kind"])
    if earlier and NOISED in {kind, *earlier}:
        raise ValueError(f"table {table!r} was released before; two versions undo the noise")
    if mine["epsilon"].sum() + epsilon > budget:
        raise ValueError(f"table {table!r} would exceed the privacy budget of {budget}")
    row = pd.DataFrame([[source, table, kind, epsilon]], columns=[*LEDGER]).astype(LEDGER)
    return pd.concat([ledger, row], ignore_index=True)


def bound_contributions(
    memberships: pd.DataFrame, *, most: int, rng: np.random.Generator
) -> pd.DataFrame:
    """
    Let each person count in a few cells only, drawn at random.

    Parameters
    ----------
    memberships : pandas.DataFrame
        ``person_id`` and the columns that make a cell; repeats count once.
    most : int
        Cells that one person can count in, 1 or more.
    rng : numpy.random.Generator
        What draws the cells to keep.

    Returns
    -------
    pandas.DataFrame
        At most `most` rows per person.

    Raises
    ------
    ValueError
        If `most` is below 1.
    """
    if most < 1:
        raise ValueError(f"a person counts in 1 cell or more, got {most}")
    once = memberships.drop_duplicates().sort_values([*memberships.columns])
    shuffled = once.sample(frac=1, random_state=rng)
    return shuffled.groupby("person_id").head(most).sort_index()


def release_noised(
    memberships: pd.DataFrame, cells: pd.DataFrame, breach: Breach, *, epsilon: float, most: int
) -> NoisedRelease:
    """
    Count persons in cells and add noise to each count, empty cells included.

    Parameters
    ----------
    memberships : pandas.DataFrame
        ``person_id`` and the columns that make a cell, bounded (`bound_contributions`);
        repeats count once.
    cells : pandas.DataFrame
        All cells of the table, known without looking at the records; one row each.
    breach : Breach
        What was counted.
    epsilon : float
        Privacy to spend, above 0; the smaller, the more noise.
    most : int
        Cells that one person counts in at most.

    Returns
    -------
    NoisedRelease
        One row per cell, in the order of `cells`.

    Raises
    ------
    ValueError
        If epsilon is not above 0, or a person counts in more cells than `most`.

    Notes
    -----
    The noise is discrete Laplace noise of scale ``most / epsilon``, from OpenDP's own secure
    source, which takes no seed: whoever can draw it again can take it away.
    """
    if epsilon <= 0:
        raise ValueError(f"epsilon must be above 0, got {epsilon}")
    once = memberships.drop_duplicates()
    if once["person_id"].value_counts().gt(most).any():
        raise ValueError(f"a person counts in more than {most} cells; bound contributions first")
    counted = once.groupby([*cells.columns], as_index=False).size()
    sizes = cells.merge(counted, how="left")["size"].fillna(0).astype(int)
    scale = most / epsilon
    dp.enable_features("contrib")
    domain = dp.vector_domain(dp.atom_domain(T=int)), dp.l1_distance(T=int)
    noised = dp.m.make_laplace(*domain, scale=scale)(sizes.tolist())
    table = cells.assign(
        n_persons_noised=pd.array(noised, dtype="Int64"),
        margin=math.ceil(scale * math.log(1 / OUTSIDE)),
        status=NOISED,
    )
    source = breach.manifest["content_hash"][:SHORT_HASH]
    return NoisedRelease(table, epsilon, most, breach.manifest["is_synthetic"], source)

"""The one estimate of how many persons a breach is about."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis import store
from analysis.linkage import link, review

LABELLED = 300  # lines of the labelled sample [records]
SEED = 20210214  # of that sample
FILLED = "labelling_sheet.csv"  # beside the records, where their analyst filled one in
SHEET, LINES = "sheet.csv", "lines.parquet"


def estimate_stage(breach: store.Breach) -> store.Stage:
    """
    Describe the stage that estimates the persons of a breach.

    Parameters
    ----------
    breach : Breach
        The records. A sheet that their analyst filled in lies beside them as
        ``labelling_sheet.csv``; without one the truth of a drawn breach answers; without either
        there are bounds only.

    Returns
    -------
    Stage
        Folder ``persons`` beside the records: the answered sheet, the lines with their stratum,
        and in its stamp the estimate.
    """
    filled = breach.folder / FILLED
    sheet = store.hash_files([filled]) if filled.is_file() else ""
    return store.Stage(
        "number of persons",
        breach.folder / "persons",
        __name__,
        partial(_estimate, breach),
        needs=(link.linked_stage(breach),),
        inputs={**breach.identity, "labelled": str(LABELLED), "seed": str(SEED), "sheet": sheet},
        heal=breach.heal,
    )


def estimate_persons(breach: store.Breach, domain: pd.Series | None = None) -> pd.Series:
    """
    Estimate how many persons a breach, or some of its lines, are about.

    Parameters
    ----------
    breach : Breach
        The records.
    domain : pandas.Series of bool, shape (n_records,), optional
        Lines asked about, by ``record_id``; all if left out.

    Returns
    -------
    pandas.Series
        As `review.estimate_from_sheet` returns it; ``n_persons`` is the linked count where the
        sample is too small for an estimate, and ``basis`` says so. The same breach gives the same
        estimate wherever it is asked for.
    """
    stage = estimate_stage(breach)
    folder = stage.ensure()
    if domain is None:
        return pd.Series(stage.read_stamp()["estimate"])
    sheet = pd.read_csv(folder / SHEET, dtype=str, keep_default_na=False)
    return settle(review.estimate_from_sheet(pd.read_parquet(folder / LINES), sheet, domain))


def answer_sheet(sheet: pd.DataFrame, breach: store.Breach) -> pd.DataFrame:
    """
    Answer a labelling sheet as well as can be.

    Parameters
    ----------
    sheet : pandas.DataFrame
        As drawn by `review.draw_sheet`.
    breach : Breach
        The breach whose lines it names.

    Returns
    -------
    pandas.DataFrame
        The sheet that the analyst filled in; else this one, answered by the truth of a drawn
        breach; else none of its rows.
    """
    filled = breach.folder / FILLED
    if filled.is_file():
        return pd.read_csv(filled, dtype=str)
    if (breach.folder / "truth").is_dir():
        return review.label_sheet(sheet, review.read_truth(breach))
    return sheet.iloc[:0]


def settle(estimate: pd.Series) -> pd.Series:
    """
    Take the persons found by linkage where a sample is too small for an estimate.

    Parameters
    ----------
    estimate : pandas.Series
        As returned by `review.estimate_from_sheet`.

    Returns
    -------
    pandas.Series
        The same, with ``n_persons`` never missing; ``basis`` says where it comes from.
    """
    if pd.isna(estimate["n_persons"]):
        return estimate.where(estimate.index != "n_persons", estimate["n_linked"])
    return estimate


def _estimate(breach: store.Breach, folder: Path) -> dict[str, Any]:
    lines = review.list_lines(breach)
    drawn = review.draw_sheet(breach, LABELLED, np.random.default_rng(SEED))
    sheet = answer_sheet(drawn, breach)
    sheet.to_csv(folder / SHEET, index=False)
    lines.to_parquet(folder / LINES)
    estimate = settle(review.estimate_from_sheet(lines, sheet))
    counts = estimate.drop("basis").astype(int)
    return {"estimate": {**counts.to_dict(), "basis": estimate["basis"]}}

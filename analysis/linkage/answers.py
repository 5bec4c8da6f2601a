"""Who answers a labelling sheet: the analyst, the truth of a drawn breach, or nobody yet."""

from __future__ import annotations

import pandas as pd

from analysis import store
from analysis.linkage import review

FILE = "labelling_sheet.csv"


def answer_sheet(sheet: pd.DataFrame, breach: store.Breach) -> pd.DataFrame:
    """
    Answer a labelling sheet as well as can be.

    Parameters
    ----------
    sheet : pandas.DataFrame
        As drawn by `analysis.linkage.draw_sheet`.
    breach : storage.Breach
        The breach whose lines it names. A sheet that its analyst has filled in lies beside the
        records as ``labelling_sheet.csv``.

    Returns
    -------
    pandas.DataFrame
        The analyst's sheet; else this one, answered by the truth of a drawn breach; else none
        of its rows: an estimate then has bounds only.
    """
    filled = breach.folder / FILE
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
        As returned by `analysis.linkage.estimate_persons`.

    Returns
    -------
    pandas.Series
        The same, with ``n_persons`` never missing; ``basis`` says where it comes from.
    """
    if pd.isna(estimate["n_persons"]):
        return estimate.where(estimate.index != "n_persons", estimate["n_linked"])
    return estimate

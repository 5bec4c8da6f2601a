"""Correct the persons of each topic for the errors of the reader of comments."""

from __future__ import annotations

import pandas as pd

from analysis.comments import Confusion, corrected_prevalence
from analysis.exposure import Counts, OfWhole

READ = "comments"  # category of the persons whose comments were read


def correct_counts(counts: Counts, confusion: pd.DataFrame) -> Counts:
    """
    Correct the persons of each topic for the errors of the reader of comments.

    Parameters
    ----------
    counts : Counts
        As made by `analysis.exposure.count` for one place and one window: rows of topics, and
        the row ``comments`` of the persons whose comments were read.
    confusion : pandas.DataFrame
        One row per topic, as counted by `analysis.comments.count_confusion`.

    Returns
    -------
    Counts
        With ``corrected``, ``corrected_low``, ``corrected_high`` [persons] for each topic; the
        row ``comments`` has none.

    Raises
    ------
    KeyError
        If a topic was not labelled, or nobody's comments were counted.
    """
    by_category = counts.table.set_index("category")["n_persons"]
    n_read = int(by_category.loc[READ])
    read = confusion[[*Confusion._fields]]
    shares = {
        topic: corrected_prevalence(n_persons / n_read, Confusion(*read.loc[str(topic)]))
        for topic, n_persons in by_category.drop(READ).items()
    }
    columns = ["corrected", "corrected_low", "corrected_high"]
    persons = pd.DataFrame.from_dict(shares, orient="index", columns=columns) * n_read
    for name in columns:
        values = persons[name].round().reindex(by_category.index).astype("Int64")
        counts = counts.with_measure(name, values.to_numpy(), OfWhole("category", READ))
    return counts

"""Judge a reader of comments against labels that a human wrote."""

from __future__ import annotations

import pandas as pd


def split_labels(labels: pd.Series) -> pd.DataFrame:
    """
    Split the labels of comments.

    Parameters
    ----------
    labels : pandas.Series of str, shape (n_comments,)
        ``topic:qualifier`` joined by ``;``.

    Returns
    -------
    pandas.DataFrame
        One row per label of a comment, without repeats: ``comment`` (index of `labels`),
        ``said`` (topic with a drug's class), ``topic``, ``qualifier``.

    Examples
    --------
    >>> split_labels(pd.Series(["cancer:family;treatment.H03:affirmed", ""])).to_dict("list")
    ... # doctest: +NORMALIZE_WHITESPACE
    {'comment': [0, 0], 'said': ['cancer', 'treatment.H03'], 'topic': ['cancer', 'treatment'],
     'qualifier': ['family', 'affirmed']}
    """
    single = labels.str.split(";").explode()
    single = single[single.ne("")]
    parts = single.str.split(":", expand=True).reindex(columns=[0, 1])
    table = pd.DataFrame({"comment": single.index, "said": parts[0].to_numpy()})
    table["topic"] = table["said"].str.partition(".")[0]
    table["qualifier"] = parts[1].to_numpy()
    return table.drop_duplicates(ignore_index=True)


def score_labels(written: pd.Series, found: pd.Series, *, by: str) -> pd.DataFrame:
    """
    Compare the labels a reader found with those a human wrote.

    Parameters
    ----------
    written, found : pandas.Series of str, shape (n_comments,)
        Labels of the same comments, ``topic:qualifier`` joined by ``;``.
    by : {'topic', 'qualifier'}
        What makes a row.

    Returns
    -------
    pandas.DataFrame
        Indexed by `by`: ``n_written``, ``n_found``, ``n_right`` [labels], ``precision``,
        ``recall``, ``f1``, each 0 to 1; missing where nothing was found or written. A label is
        right if topic, class of a drug and qualifier all are.

    Examples
    --------
    >>> written = pd.Series(["cancer:affirmed", "cancer:family", ""])
    >>> found = pd.Series(["cancer:affirmed", "cancer:affirmed", "cancer:affirmed"])
    >>> score_labels(written, found, by="topic").loc["cancer", ["precision", "recall"]].tolist()
    [0.3333333333333333, 0.5]
    """
    theirs, ours = split_labels(written), split_labels(found)
    right = theirs.merge(ours, on=["comment", "said", "topic", "qualifier"])
    table = pd.DataFrame(
        {
            "n_written": theirs[by].value_counts(),
            "n_found": ours[by].value_counts(),
            "n_right": right[by].value_counts(),
        }
    )
    table = table.fillna(0).astype(int).sort_index()
    table["precision"] = table["n_right"] / table["n_found"].where(table["n_found"] > 0)
    table["recall"] = table["n_right"] / table["n_written"].where(table["n_written"] > 0)
    table["f1"] = 2 * table["n_right"] / (table["n_found"] + table["n_written"])
    return table.rename_axis(by)

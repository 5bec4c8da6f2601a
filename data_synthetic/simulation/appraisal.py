"""Appraise the reader of comments: its scores, its corrected counts and their coverage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.random import Generator

from analysis import comments, reference, store
from data_synthetic.simulation.catchment import Ints

N_LABELLED = 5000  # persons whose comments are labelled in a sample
N_WORLDS = 400
STREAM = 1  # random numbers apart from those of the draw
REACH = 0.10  # error that a corrected count may have [share of the true count]


def appraise_comments(breach: store.Breach, written: pd.DataFrame) -> dict[str, Any]:
    """
    Appraise the reader on comments written for it and on a synthetic breach.

    Parameters
    ----------
    breach : Breach
        A synthetic breach with its truth, its comments read.
    written : pandas.DataFrame
        As read by `read_written`.

    Returns
    -------
    dict
        ``topics``, ``qualifiers`` (scores by half), ``macro_f1`` (by half, over topics),
        ``hiv_confused`` (comments), ``confusion`` (of a labelled sample, by topic), ``corrected``
        (counts of the breach against the truth), ``coverage`` (over worlds).
    """
    rng = np.random.default_rng([breach.manifest["seed"], STREAM])
    labels = comments.label_comments(written["text"], comments.build_reader())
    read = pd.Series(labels, index=written.index)
    is_true, is_found = read_persons(breach)
    sample = rng.choice(len(is_true), min(N_LABELLED, len(is_true)), replace=False)
    confusion = confuse_topics(is_true[sample], is_found[sample])
    topics = _score_halves(written, read, by="topic")
    macro = topics.groupby("half")["f1"].mean()
    return {
        "topics": topics.to_dict("records"),
        "qualifiers": _score_halves(written, read, by="qualifier").to_dict("records"),
        "macro_f1": macro.round(4).to_dict(),
        "hiv_confused": count_hiv_confused(written["labels"], read),
        "n_persons": len(is_true),
        "n_labelled": len(sample),
        "confusion": confusion.rename_axis("topic").reset_index().to_dict("records"),
        "corrected": compare_counts(is_true, is_found, confusion).to_dict("records"),
        "n_worlds": N_WORLDS,
        "coverage": measure_coverage(is_true, is_found, rng).to_dict("records"),
    }


def read_written(path: Path | str) -> pd.DataFrame:
    """
    Read comments that were written and labelled to judge the reader.

    Parameters
    ----------
    path : pathlib.Path or str
        A CSV file.

    Returns
    -------
    pandas.DataFrame
        One row per comment: ``comment_id``, ``text``, ``labels``, ``half`` (``tuned`` or
        ``held_out``).
    """
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def read_persons(breach: store.Breach) -> tuple[Ints, Ints]:
    """
    Read which topics are true of each person with a comment, and which the reader found.

    Parameters
    ----------
    breach : Breach
        A synthetic breach with its truth, its comments read.

    Returns
    -------
    is_true, is_found : numpy.ndarray of int, shape (n_persons,)
        Bit ``k``: topic ``k`` of `reference.list_topics`, by any comment of the person.
    """
    true, found = [], []
    pairs = zip(breach.partitions("truth"), comments.open_comments(breach), strict=True)
    for truth_path, said_path in pairs:
        truth, said = pq.read_table(truth_path).to_pandas(), pq.read_table(said_path).to_pandas()
        labels = [truth[name].fillna("") for name in comments.LABELS.values()]
        masks = pd.DataFrame({"true": comments.mark_topics(labels), "found": said["said"]})
        has_comment = labels[0].ne("") | labels[1].ne("")
        by_person = masks[has_comment].groupby(truth.loc[has_comment, "person_id"])
        persons = by_person.agg(lambda bits: np.bitwise_or.reduce(bits.to_numpy()))
        true.append(persons["true"].to_numpy())
        found.append(persons["found"].to_numpy())
    return np.concatenate(true), np.concatenate(found)


def _split_labels(labels: pd.Series) -> pd.DataFrame:
    """List the labels of comments: ``comment``, ``said`` (topic with class), topic, qualifier."""
    single = labels.str.split(";").explode()
    single = single[single.ne("")]
    parts = single.str.split(":", expand=True).reindex(columns=[0, 1])
    split = pd.DataFrame({"comment": single.index, "said": parts[0].to_numpy()})
    split["topic"] = split["said"].str.partition(".")[0]
    split["qualifier"] = parts[1].to_numpy()
    return split.drop_duplicates(ignore_index=True)


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
    theirs, ours = _split_labels(written), _split_labels(found)
    right = theirs.merge(ours, on=["comment", "said", "topic", "qualifier"])
    labels = {"n_written": theirs, "n_found": ours, "n_right": right}
    scores = pd.DataFrame({name: table[by].value_counts() for name, table in labels.items()})
    scores = scores.fillna(0).astype(int).sort_index()
    scores["precision"] = scores["n_right"] / scores["n_found"].where(scores["n_found"] > 0)
    scores["recall"] = scores["n_right"] / scores["n_written"].where(scores["n_written"] > 0)
    scores["f1"] = 2 * scores["n_right"] / (scores["n_found"] + scores["n_written"])
    return scores.rename_axis(by)


def _score_halves(written: pd.DataFrame, found: pd.Series, *, by: str) -> pd.DataFrame:
    """Score both halves of the written comments: one row per (``half``, `by`)."""
    parts = {
        half: score_labels(rows["labels"], found[rows.index], by=by)
        for half, rows in written.groupby("half")
    }
    return pd.concat(parts, names=["half"]).round(4).reset_index()


def count_hiv_confused(written: pd.Series, found: pd.Series) -> int:
    """
    Count comments where a test for HIV was read as somebody's status, or the other way round.

    Parameters
    ----------
    written, found : pandas.Series of str, shape (n_comments,)
        As for `score_labels`.

    Returns
    -------
    int
        Comments [comments].
    """
    status, test, read_status, read_test = (
        (";" + labels + ";").str.contains(f";{topic}:affirmed;", regex=False)
        for labels in (written, found)
        for topic in ("hiv_status", "hiv_test")
    )
    return int(((read_status & test & ~status) | (read_test & status & ~test)).sum())


def confuse_topics(is_true: Ints, is_found: Ints) -> pd.DataFrame:
    """
    Count how the reader confuses each topic.

    Parameters
    ----------
    is_true, is_found : numpy.ndarray of int, shape (n_persons,)
        As of `read_persons`.

    Returns
    -------
    pandas.DataFrame
        One row per topic, with the columns of `analysis.comments.Confusion` [persons].
    """
    by_topic = {
        topic: comments.count_confusion((is_true >> k) & 1 == 1, (is_found >> k) & 1 == 1)
        for k, topic in enumerate(reference.list_topics())
    }
    return pd.DataFrame.from_dict(by_topic, orient="index", columns=comments.Confusion._fields)


def compare_counts(is_true: Ints, is_found: Ints, confusion: pd.DataFrame) -> pd.DataFrame:
    """
    Compare the true, the found and the corrected count of each topic.

    Parameters
    ----------
    is_true, is_found : numpy.ndarray of int, shape (n_persons,)
        As of `read_persons`.
    confusion : pandas.DataFrame
        As of `confuse_topics`, of a sample.

    Returns
    -------
    pandas.DataFrame
        One row per topic: ``n_true``, ``n_found``, ``corrected``, ``corrected_low``,
        ``corrected_high`` [persons].
    """
    counts = []
    for k, topic in enumerate(reference.list_topics()):
        n_found = int(((is_found >> k) & 1).sum())
        corrected = comments.corrected_prevalence(
            n_found / len(is_found), comments.Confusion(*confusion.loc[topic])
        )
        bounds = [round(share * len(is_found)) for share in corrected]
        counts.append((topic, int(((is_true >> k) & 1).sum()), n_found, *bounds))
    names = ["topic", "n_true", "n_found", "corrected", "corrected_low", "corrected_high"]
    return pd.DataFrame(counts, columns=names)


def measure_coverage(is_true: Ints, is_found: Ints, rng: Generator) -> pd.DataFrame:
    """
    Measure how often the intervals hold the truth, over worlds drawn from this one.

    A world is as many persons as there are, drawn with replacement; in each, a sample of its own
    is labelled, and its own truth is what the interval must hold.

    Parameters
    ----------
    is_true, is_found : numpy.ndarray of int, shape (n_persons,)
        As of `read_persons`.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        One row per topic: mean ``n_true`` [persons], ``coverage``, ``within_reach`` (share of
        worlds whose corrected count errs by at most a tenth), ``width`` (mean width of the
        interval over the true count).
    """
    worlds = []
    for _ in range(N_WORLDS):
        world = rng.integers(0, len(is_true), len(is_true))
        sample = rng.choice(world, min(N_LABELLED, len(world)), replace=False)
        confusion = confuse_topics(is_true[sample], is_found[sample])
        worlds.append(compare_counts(is_true[world], is_found[world], confusion))
    counts = pd.concat(worlds)
    n_true = counts["n_true"]
    counts["coverage"] = n_true.between(counts["corrected_low"], counts["corrected_high"])
    counts["within_reach"] = (counts["corrected"] - n_true).abs() <= REACH * n_true
    counts["width"] = (counts["corrected_high"] - counts["corrected_low"]) / n_true
    means = counts.groupby("topic", sort=False)[["n_true", "coverage", "within_reach", "width"]]
    return means.mean().round(4).reset_index()

"""How severe a breach is for each person, by the method ENISA published in 2013."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis import reference
from analysis.exposure import ANY, Attribute, Counts, Profiles, ShareOfSum
from analysis.impact.choices import IDENTIFICATION, Choices

Floats = npt.NDArray[np.float64]
LEVELS = ("low", "medium", "high", "very high")
THRESHOLDS = (2.0, 3.0, 4.0)  # lowest score of medium, high, very high
PROVENANCE = ["type", "adjustment", "reason", "context", "identification", "added"]


def severity_score(context: Floats, identification: Floats, added: float) -> Floats:
    """
    Score the severity of a breach.

    Parameters
    ----------
    context : numpy.ndarray of float, shape (n,)
        Score of the data's context, 1 to 4.
    identification : numpy.ndarray of float, shape (n,)
        Ease of identification, 0.25 to 1.
    added : float
        Sum of the circumstances, 0 to 2.

    Returns
    -------
    numpy.ndarray of float, shape (n,)
        ``context * identification + added``, 0.25 to 6; higher is worse.

    References
    ----------
    ENISA, *Recommendations for a methodology of the assessment of severity of personal data
    breaches*, version 1.0, December 2013.

    Examples
    --------
    >>> severity_score(np.array([4.0]), np.array([1.0]), 1.0).tolist()
    [5.0]
    """
    return context * identification + added


def severity_level(score: Floats) -> npt.NDArray[np.int64]:
    """
    Turn scores into levels.

    Parameters
    ----------
    score : numpy.ndarray of float, shape (n,)
        Scores, 0.25 to 6.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        Position in `LEVELS`; a score on a threshold belongs to the level above it.

    Examples
    --------
    >>> [LEVELS[k] for k in severity_level(np.array([1.75, 2.0, 3.0, 4.0]))]
    ['low', 'medium', 'high', 'very high']
    """
    return np.searchsorted(THRESHOLDS, score, side="right")


def score_profiles(profiles: Profiles, choices: Choices) -> pd.DataFrame:
    """
    Score every profile, with where its score comes from.

    Parameters
    ----------
    profiles, choices
        See the glossary of `analysis.impact`.

    Returns
    -------
    pandas.DataFrame
        One row per profile, which is the index: ``category`` (the one with the highest context;
        of equals the first), its ``type``, ``adjustment`` and ``reason``, ``context``,
        ``identification``, ``added``, ``score``, ``level``.

    Raises
    ------
    ValueError
        If there are comments that nobody read, and their score counts on their being read.
    """
    _check_comments(profiles, choices)
    found = np.unique(profiles.table["profile"].to_numpy(dtype=np.int64))
    has = (found[:, None] >> np.arange(len(profiles.categories))) & 1
    chosen = ((name, choices.data[name]) for name in profiles.categories)
    rows = [(name, one.type, one.adjustment, one.reason, float(one.score)) for name, one in chosen]
    data = pd.DataFrame(rows, columns=["category", "type", "adjustment", "reason", "context"])
    deciding = np.argmax(has * data["context"].to_numpy(), axis=1)
    scores = data.iloc[deciding].set_axis(pd.Index(found, name="profile"))
    scores["identification"] = _identify(found, profiles, choices)
    scores["added"] = choices.added
    score = severity_score(scores["context"], scores["identification"], choices.added)
    return scores.assign(score=score, level=np.array(LEVELS, dtype=object)[severity_level(score)])


def _check_comments(profiles: Profiles, choices: Choices) -> None:
    topics, unread = reference.list_topics(), "comments" not in profiles.absent
    highest = max(choices.data[name].score for name in topics)
    if unread and set(topics) <= set(profiles.absent) and choices.data["comments"].score < highest:
        raise ValueError(
            "the comments were not read, so that what they say has no score; run `make data`, or "
            f"choose a score of {highest} for the category comments"
        )


def _identify(found: npt.NDArray[np.int64], profiles: Profiles, choices: Choices) -> Floats:
    ease = np.full(len(found), IDENTIFICATION["negligible"])
    for choice in choices.identification.values():
        mask = profiles.mask(choice.all_of)
        ease = np.where(found & mask == mask, np.maximum(ease, IDENTIFICATION[choice.level]), ease)
    return ease


def list_scores(profiles: Profiles, choices: Choices) -> Counts:
    """
    List the scores that occur, highest first, each with its provenance.

    Parameters
    ----------
    profiles, choices
        See the glossary of `analysis.impact`.

    Returns
    -------
    Counts
        One row per (`by`, deciding ``category``, ``score``), with the provenance of the score (see
        `score_profiles`), ``n_persons`` [persons], ``n_records`` [records], ``share`` [of all
        persons, 0 to 1] and ``is_on_threshold``; of equal scores that of most persons first. The
        first row is the incident's, by the method's rule that the highest counts.
    """
    scored = profiles.table.join(score_profiles(profiles, choices), on="profile")
    keys = [*profiles.dimensions, "category", *PROVENANCE, "score", "level"]
    scores = scored.groupby(keys, as_index=False)[["n_persons", "n_records"]].sum()
    order = ["score", "n_persons"]
    scores = scores.sort_values(order, ascending=False, kind="stable", ignore_index=True)
    counts = profiles.complete(scores.drop(columns=PROVENANCE))
    for name in PROVENANCE:
        counts = counts.with_measure(name, scores[name], Attribute())
    counts = counts.with_measure("is_on_threshold", scores["score"].isin(THRESHOLDS), Attribute())
    return counts.derive("share", ShareOfSum(("category", "level", "score")))


def count_levels(
    profiles: Profiles, choices: Choices, *, categories: Sequence[str] = (ANY,)
) -> Counts:
    """
    Count persons by level of severity, cell by cell.

    Parameters
    ----------
    profiles, choices
        See the glossary of `analysis.impact`.
    categories : sequence of str
        Categories whose persons are counted, or ``any`` for everybody. The level of a person is
        that of all her data, whichever category she is counted for.

    Returns
    -------
    Counts
        The complete grid: one row per (`by`, category, level), with ``n_persons`` [persons],
        ``n_records`` [records of these persons; missing for a category, whose records are
        fewer] and ``share`` [of the cell's persons, 0 to 1; missing if there are none]. Levels of
        a cell add up to its persons.

    Raises
    ------
    ValueError
        If a category is unknown.
    """
    reference.check_known("category", categories, [ANY, *profiles.categories])
    scored = profiles.table.join(score_profiles(profiles, choices)["level"], on="profile")
    masks = {n: profiles.mask(profiles.categories if n == ANY else [n]) for n in categories}
    rows = [scored[scored["profile"] & mask != 0].assign(category=n) for n, mask in masks.items()]
    values = {**profiles.dimensions, "category": list(categories), "level": list(LEVELS)}
    counted = pd.concat(rows).groupby(list(values))[["n_persons", "n_records"]].sum()
    grid = pd.MultiIndex.from_product(list(values.values()), names=list(values))
    cells = counted.reindex(grid, fill_value=0).reset_index().astype({"n_records": "Int64"})
    cells["n_records"] = cells["n_records"].where(cells["category"].eq(ANY))
    return profiles.complete(cells).derive("share", ShareOfSum(("level",)))


def vary_choices(profiles: Profiles, choices: Choices) -> Counts:
    """
    Make each alternative choice alone, to see how far the levels depend on it.

    Parameters
    ----------
    profiles : Profiles
        Persons of the whole file by the categories they are exposed with.
    choices : Choices
        The choices to start from, with their alternatives.

    Returns
    -------
    Counts
        One row per (choice, outcome), first as chosen: ``part``, ``name``, ``choice`` and
        ``reason``; ``outcome`` is a level, ``changed`` (persons whose level is another one than
        as chosen) or ``on threshold`` (persons whose score is exactly 2, 3 or 4); ``n_persons``
        [persons] and ``n_records`` [records].

    Raises
    ------
    ValueError
        If the persons were counted by cell.
    """
    if profiles.dimensions:
        raise ValueError(f"choices are varied for the whole file, not by {[*profiles.dimensions]}")
    first = score_profiles(profiles, choices)
    rows = [_sum_outcomes(profiles, first, first).assign(part="all", name="", choice="as chosen")]
    for part, name, choice, changed in choices.vary():
        outcomes = _sum_outcomes(profiles, score_profiles(profiles, changed), first)
        words = {"part": part, "name": name, "choice": choice.label, "reason": choice.reason}
        rows.append(outcomes.assign(**words))
    cells = pd.concat(rows, ignore_index=True).fillna({"reason": ""})
    counts = profiles.complete(cells.drop(columns="reason"))
    return counts.with_measure("reason", cells["reason"], Attribute())


def _sum_outcomes(profiles: Profiles, scores: pd.DataFrame, first: pd.DataFrame) -> pd.DataFrame:
    outcomes = {level: scores["level"].eq(level) for level in LEVELS}
    outcomes["changed"] = scores["level"].ne(first["level"])
    outcomes["on threshold"] = scores["score"].isin(THRESHOLDS)
    counts = profiles.table.set_index("profile")[["n_persons", "n_records"]]
    sums = {name: counts[is_in].sum() for name, is_in in outcomes.items()}
    return pd.DataFrame(sums).T.rename_axis("outcome").reset_index().assign(category=ANY)

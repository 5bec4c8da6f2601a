"""How many persons there are: the linked count, corrected by a sample that somebody labelled."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from analysis import store
from analysis.linkage import link

LEVEL = 0.95  # of the interval
SURE = 0.999  # a person of this confidence or more is not in question
IN_QUESTION, SEVERAL, ALONE = "in question", "several lines", "one line"
# Share of the sample per stratum: most lines stand alone, so most doubt is about them.
SAMPLE_SHARES = {IN_QUESTION: 0.25, SEVERAL: 0.25, ALONE: 0.5}
SMALLEST_SAMPLE = 30  # lines; a domain with fewer gets bounds
# A pair that was missed, or linked wrongly, moves each of its two lines by half a person.
USUAL_STEP = 0.5
YES, NO = "yes", "no"
LABELLED = 300  # lines of the labelled sample [records]
SEED = 20210214  # of that sample
FILLED = "labelling_sheet.csv"  # beside the records, where their analyst filled one in
SHEET, LINES = "sheet.csv", "lines.parquet"
SHEET_COLUMNS = ("stratum", "record_id", "other_record_id", "same_person")


def list_lines(breach: store.Breach) -> pd.DataFrame:
    """
    List the lines of a linked breach with the stratum that a sample is drawn from.

    Parameters
    ----------
    breach : storage.Breach
        A breach that was linked.

    Returns
    -------
    pandas.DataFrame
        One row per record, indexed by ``record_id``, sorted: ``person_id``, ``n_lines`` of that
        person [records], ``stratum``: `IN_QUESTION` if the person's confidence is below
        `SURE` or a pair of the line was turned down, else `SEVERAL` or `ALONE`.
    """
    records = pq.read_table(link.open_linked(breach), partitioning=None).to_pandas()
    lines = records.set_index("record_id").sort_index()
    lines["n_lines"] = lines.groupby("person_id")["person_id"].transform("size")
    pairs = link.read_pairs(breach)
    refused = pairs[pairs["verdict"].ne(link.LINKED)]
    doubted = lines.index.isin(pd.concat([refused["record_id_l"], refused["record_id_r"]]))
    doubted |= lines["confidence"].lt(SURE)
    lines["stratum"] = np.where(
        doubted, IN_QUESTION, np.where(lines["n_lines"] > 1, SEVERAL, ALONE)
    )
    return lines[["person_id", "n_lines", "stratum"]]


def draw_sheet(breach: store.Breach, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """
    Draw the lines to be labelled, with the other lines they may belong with.

    Parameters
    ----------
    breach : storage.Breach
        A breach that was linked.
    n : int
        Lines to label [records]; a stratum that has fewer than its share gives all it has.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        `SHEET_COLUMNS`: one row per sampled line and other line that was linked with it or came
        into question; a line without any has one row with an empty ``other_record_id``.
        ``same_person`` is empty: write ``yes`` or ``no`` where there is an other line, and add a
        row for every further line of the same person that you find. Record numbers only: the
        sheet is read beside the file, on the machine where the file is.
    """
    lines = list_lines(breach)
    sampled = []
    for stratum, share in SAMPLE_SHARES.items():
        members = lines.index[lines["stratum"].eq(stratum)].to_numpy()
        chosen = rng.choice(members, min(round(n * share), len(members)), replace=False)
        sampled.append(pd.DataFrame({"stratum": stratum, "record_id": chosen}))
    sheet = pd.concat(sampled).merge(_list_others(breach, lines), how="left", on="record_id")
    sheet = sheet.sort_values(["stratum", "record_id", "other_record_id"], ignore_index=True)
    return sheet.fillna("").assign(same_person="")[[*SHEET_COLUMNS]]


def check_sheet(sheet: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """
    Refuse a sheet that is not filled in, or not of these lines.

    Parameters
    ----------
    sheet : pandas.DataFrame
        As `draw_sheet` returns it, filled in.
    lines : pandas.DataFrame
        As `list_lines` returns them.

    Returns
    -------
    pandas.DataFrame
        The sheet, empty cells as empty text.

    Raises
    ------
    ValueError
        If a column is missing, a line is not in the file, or an answer is neither yes nor no.
    """
    if missing := [name for name in SHEET_COLUMNS if name not in sheet.columns]:
        raise ValueError(f"labelling sheet: columns {missing} are missing; keep its header")
    sheet = sheet[[*SHEET_COLUMNS]].fillna("").astype(str)
    has_other = sheet["other_record_id"].ne("")
    named = pd.concat([sheet["record_id"], sheet.loc[has_other, "other_record_id"]])
    if not named.isin(lines.index).all():
        n_strange = int((~named.isin(lines.index)).sum())
        raise ValueError(f"labelling sheet: {n_strange} record numbers are not in this file")
    wrong = has_other & ~sheet["same_person"].isin([YES, NO])
    if wrong.any():
        rows = (np.flatnonzero(wrong) + 2).tolist()
        raise ValueError(f"labelling sheet, column same_person, lines {rows}: write yes or no")
    return sheet


def label_sheet(sheet: pd.DataFrame, true_person: pd.Series) -> pd.DataFrame:
    """
    Fill a sheet in from the truth, as somebody who never errs would.

    Parameters
    ----------
    sheet : pandas.DataFrame
        As `draw_sheet` returns it.
    true_person : pandas.Series
        True person of each record, indexed by ``record_id``.

    Returns
    -------
    pandas.DataFrame
        The sheet with every answer, and a row for every line that linkage missed.
    """
    sampled = sheet[["stratum", "record_id"]].drop_duplicates()
    sampled = sampled.assign(person=true_person.loc[sampled["record_id"]].to_numpy())
    mates = true_person[true_person.isin(sampled["person"])]
    fellows = pd.DataFrame({"other_record_id": mates.index, "person": mates.to_numpy()})
    mine = sampled.merge(fellows, on="person").query("record_id != other_record_id")
    mine = mine.drop(columns="person").assign(same_person=YES)
    asked = sheet.assign(same_person=np.where(sheet["other_record_id"].ne(""), NO, ""))
    joined = pd.concat([mine, asked]).drop_duplicates(["record_id", "other_record_id"])
    return joined.sort_values(["stratum", "record_id", "other_record_id"], ignore_index=True)


def estimate_from_sheet(
    lines: pd.DataFrame, sheet: pd.DataFrame, domain: pd.Series | None = None
) -> pd.Series:
    """
    Estimate how many persons the lines of a domain are about.

    Parameters
    ----------
    lines : pandas.DataFrame
        As `list_lines` returns them.
    sheet : pandas.DataFrame
        As `draw_sheet` returns it, filled in.
    domain : pandas.Series of bool, optional
        Lines that count, indexed as `lines`: those of a département, or with a category filled.
        Without it, all.

    Returns
    -------
    pandas.Series
        ``n_records``, ``n_sampled`` [records], ``n_linked`` (persons by linkage),
        ``n_persons``, ``n_persons_low``, ``n_persons_high`` [persons], and ``basis``:
        ``sample``, or ``bounds`` where fewer than `SMALLEST_SAMPLE` lines were labelled: then
        the estimate is missing and the limits hold whatever linkage did within the lines it
        doubted.

    Notes
    -----
    Every line is 1/s of a person with s lines, so persons are the sum of 1/s. Linkage predicts s
    for all lines; the sample tells by how much it errs, stratum by stratum (difference
    estimator). Errors are rare, so the normal interval would have no width where none was seen:
    missed and wrong links each get a Wilson interval per stratum, and the limits are joined by
    the square root of the sum of squares.

    References
    ----------
    Särndal, Swensson and Wretman, Model Assisted Survey Sampling, 1992, section 6.3 (difference
    estimator); Zou and Donner, Statistics in Medicine 27, 2008 (joining limits).
    """
    sheet = check_sheet(sheet, lines)
    kept = lines if domain is None else lines[domain.reindex(lines.index, fill_value=False)]
    n_linked = kept["person_id"].nunique()
    step = _measure_steps(kept, sheet)
    known = {"n_records": len(kept), "n_sampled": len(step), "n_linked": n_linked}
    if len(step) < SMALLEST_SAMPLE:
        low = kept.loc[kept["stratum"].ne(IN_QUESTION), "person_id"].nunique()
        limits = {"n_persons": pd.NA, "n_persons_low": low, "n_persons_high": len(kept)}
        return pd.Series({**known, **limits, "basis": "bounds"})
    shift, below, above = _join_strata(kept, step)
    limits = {
        "n_persons": round(n_linked + shift),
        "n_persons_low": int(np.floor(n_linked + shift - below)),
        "n_persons_high": min(int(np.ceil(n_linked + shift + above)), len(kept)),
    }
    return pd.Series({**known, **limits, "basis": "sample"})


def _list_others(breach: store.Breach, lines: pd.DataFrame) -> pd.DataFrame:
    """List for each line the lines of its linked person and of its candidate pairs."""
    several = lines.loc[lines["n_lines"] > 1, ["person_id"]].reset_index()
    fellows = several.merge(several, on="person_id", suffixes=("", "_other"))
    linked = fellows.rename(columns={"record_id_other": "other_record_id"})
    pairs = link.read_pairs(breach)[["record_id_l", "record_id_r"]]
    names = ["record_id", "other_record_id"]
    both = [pairs.set_axis(names, axis=1), pairs.set_axis(names[::-1], axis=1)]
    others = pd.concat([linked[names], *both]).drop_duplicates()
    return others[others["record_id"].ne(others["other_record_id"])]


def _measure_steps(kept: pd.DataFrame, sheet: pd.DataFrame) -> pd.DataFrame:
    """Return for each sampled line of the domain its stratum and 1/s less its prediction."""
    mine = sheet[sheet["record_id"].isin(kept.index)]
    right = mine["same_person"].eq(YES) & mine["other_record_id"].isin(kept.index)
    n_true = 1 + right.groupby(mine["record_id"]).sum()
    person = kept["person_id"].loc[n_true.index]
    n_found = kept["person_id"].value_counts().loc[person].to_numpy()
    stratum = kept["stratum"].loc[n_true.index]
    return pd.DataFrame({"stratum": stratum, "step": 1 / n_true - 1 / n_found})


def _join_strata(kept: pd.DataFrame, step: pd.DataFrame) -> tuple[float, float, float]:
    """Return the shift of the count, and how far the limits lie below and above it."""
    shift, below, above = 0.0, 0.0, 0.0
    for stratum in SAMPLE_SHARES:
        n_all = int(kept["stratum"].eq(stratum).sum())
        steps = step["step"][step["stratum"].eq(stratum)].to_numpy()
        missed, low_missed, high_missed = _spread(-steps, n_all)
        wrong, low_wrong, high_wrong = _spread(steps, n_all) if stratum != ALONE else (0, 0, 0)
        shift += wrong - missed
        below += (wrong - low_wrong) ** 2 + (high_missed - missed) ** 2
        above += (high_wrong - wrong) ** 2 + (missed - low_missed) ** 2
    return shift, below**0.5, above**0.5


def _spread(steps: npt.NDArray[np.float64], n_all: int) -> tuple[float, float, float]:
    """Return the persons that the positive steps of a stratum amount to, with limits."""
    from statsmodels.stats.proportion import proportion_confint

    n = len(steps)
    if n == 0:
        return 0.0, 0.0, n_all * USUAL_STEP
    size = steps[steps > 0].mean() if (steps > 0).any() else USUAL_STEP
    share = (steps > 0).mean()
    limits = proportion_confint((steps > 0).sum(), n, alpha=1 - LEVEL, method="wilson")
    narrowed = share + (np.array(limits) - share) * (1 - n / n_all) ** 0.5
    return n_all * size * share, n_all * size * narrowed[0], n_all * size * narrowed[1]


def read_truth(breach: store.Breach) -> pd.Series:
    """
    Read the true person of each record.

    Parameters
    ----------
    breach : Breach
        A drawn breach.

    Returns
    -------
    pandas.Series of int, shape (n_records,)
        The true person of each record, by ``record_id``.

    Raises
    ------
    FileNotFoundError
        If the breach has no truth.
    """
    truth = pq.read_table(breach.partitions("truth"), partitioning=None).to_pandas()
    return truth.set_index("record_id")["person_id"]


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
        As `estimate_from_sheet` returns it; ``n_persons`` is the linked count where the
        sample is too small for an estimate, and ``basis`` says so. The same breach gives the same
        estimate wherever it is asked for.
    """
    stage = estimate_stage(breach)
    folder = stage.ensure()
    if domain is None:
        return pd.Series(stage.read_stamp()["estimate"])
    sheet = pd.read_csv(folder / SHEET, dtype=str, keep_default_na=False)
    return settle(estimate_from_sheet(pd.read_parquet(folder / LINES), sheet, domain))


def answer_sheet(sheet: pd.DataFrame, breach: store.Breach) -> pd.DataFrame:
    """
    Answer a labelling sheet as well as can be.

    Parameters
    ----------
    sheet : pandas.DataFrame
        As drawn by `draw_sheet`.
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
        return label_sheet(sheet, read_truth(breach))
    return sheet.iloc[:0]


def settle(estimate: pd.Series) -> pd.Series:
    """
    Take the persons found by linkage where a sample is too small for an estimate.

    Parameters
    ----------
    estimate : pandas.Series
        As returned by `estimate_from_sheet`.

    Returns
    -------
    pandas.Series
        The same, with ``n_persons`` never missing; ``basis`` says where it comes from.
    """
    return estimate.mask(estimate.isna(), estimate["n_linked"])


def _estimate(breach: store.Breach, folder: Path) -> dict[str, Any]:
    lines = list_lines(breach)
    drawn = draw_sheet(breach, LABELLED, np.random.default_rng(SEED))
    sheet = answer_sheet(drawn, breach)
    sheet.to_csv(folder / SHEET, index=False)
    lines.to_parquet(folder / LINES)
    estimate = settle(estimate_from_sheet(lines, sheet))
    counts = estimate.drop("basis").astype(int)
    return {"estimate": {**counts.to_dict(), "basis": estimate["basis"]}}

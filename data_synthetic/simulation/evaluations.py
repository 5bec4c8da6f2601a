"""What methods are worth on data whose truth is known: judged by a command, stored, never stale."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import comments, store
from data_synthetic.simulation import appraisal, trials, worlds
from data_synthetic.simulation.draw import draw_breach
from data_synthetic.simulation.scenario import SCENARIO, Scenario, read_scenario

DATA = Path(__file__).parents[1]
VOCABULARY = DATA / "vocabulary"
GENERATED = DATA / "generated"
WRITTEN = DATA / "evaluation" / "comments.csv"  # comments written to judge the reader
RESULTS = "results.json"


def list_evaluations(*, processes: int = 1) -> dict[str, store.Stage]:
    """
    Describe the stages that judge methods on breaches drawn for it.

    Parameters
    ----------
    processes : int, default 1
        Worker processes; they change nothing but the time.

    Returns
    -------
    dict of str to Stage
        ``comments``, ``linkage``, ``person_count`` and ``worlds``, each a folder of
        ``data_synthetic/evaluation`` with its results.
    """
    scenario = read_scenario(SCENARIO)
    linkage = partial(trials.judge_scenarios, scenario, VOCABULARY, processes=processes)
    coverage = partial(trials.judge_coverage, scenario, VOCABULARY, processes=processes)
    varied = partial(worlds.measure_worlds, scenario, VOCABULARY, processes=processes)
    return {
        "comments": _describe("comments", appraisal, partial(_appraise, scenario, processes)),
        "linkage": _describe("linkage", trials, linkage),
        "person_count": _describe("person_count", trials, coverage),
        "worlds": _describe("worlds", worlds, varied),
    }


def read_evaluation(name: str) -> dict[str, Any]:
    """
    Read what a judgement showed.

    Parameters
    ----------
    name : str
        One of those that `list_evaluations` describes.

    Returns
    -------
    dict
        The results.

    Raises
    ------
    FileNotFoundError
        If there are none, or what they judge has changed since.
    """
    folder = list_evaluations()[name].open()
    return json.loads((folder / RESULTS).read_text(encoding="utf-8"))


def read_tables(name: str) -> dict[str, pd.DataFrame]:
    """
    Read what a judgement showed as tables.

    Parameters
    ----------
    name : str
        As in `read_evaluation`, which says what is raised.

    Returns
    -------
    dict of str to pandas.DataFrame
        One row per thing judged; ``numbers`` holds in one row what stands alone.
    """
    results = read_evaluation(name)
    tables = {key: pd.DataFrame(rows) for key, rows in results.items() if isinstance(rows, list)}
    named = {
        key: pd.DataFrame(rows).T if key == "scenarios" else pd.DataFrame([rows])
        for key, rows in results.items()
        if isinstance(rows, dict)
    }
    alone = {key: value for key, value in results.items() if isinstance(value, (int, float))}
    return {**tables, **named, "numbers": pd.DataFrame([alone])}


def explain_reading(text: str) -> pd.DataFrame:
    """
    Say why the reader reads a comment as it does.

    Parameters
    ----------
    text : str
        A comment invented for it.

    Returns
    -------
    pandas.DataFrame
        One row per thing it says: ``said``, ``qualifier``, ``term``, ``cue``.
    """
    findings = comments.explain_comment(text, comments.build_reader())
    return pd.DataFrame(findings).rename(columns={"topic": "said"})


def _describe(
    name: str, module: Any, judge: Callable[[], dict[str, Any]], **inputs: str
) -> store.Stage:
    words = [path for path in VOCABULARY.iterdir() if path.is_file()]
    return store.Stage(
        f"evaluation of {name}",
        DATA / "evaluation" / name,
        module.__name__,
        partial(_store, judge),
        inputs={"data": store.hash_files([SCENARIO, WRITTEN, *words]), **inputs},
        libraries=("splink", "duckdb", "edsnlp"),
        heal="make evaluate",
    )


def _store(judge: Callable[[], dict[str, Any]], folder: Path) -> None:
    text = json.dumps(judge(), indent=1, ensure_ascii=False)
    (folder / RESULTS).write_text(text + "\n", encoding="utf-8")


def _appraise(scenario: Scenario, processes: int) -> dict[str, Any]:
    breach = draw_breach(scenario, VOCABULARY, GENERATED, processes=processes)
    return appraisal.appraise_comments(breach, appraisal.read_written(WRITTEN))

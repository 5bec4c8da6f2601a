"""The command line: draw the data, write the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analysis import (
    appraisal,
    coding,
    commented,
    edition,
    evaluation,
    labelling,
    storage,
    synthesis,
)
from analysis.scenario import Scenario, read_scenario

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
DATA = Path("data_synthetic")
WRITTEN = DATA / "evaluation" / "comments.csv"
MISTAKES = (FileNotFoundError, ValueError, TypeError, KeyError)


@app.callback()
def main() -> None:
    """Measure the impact of a personal-data breach."""


@app.command()
def data(
    scenario: Annotated[Path, typer.Option(help="scenario file")] = DATA / "scenario.yaml",
    out: Annotated[Path, typer.Option(help="folder to write")] = DATA / "generated",
    factor: Annotated[float | None, typer.Option(help="multiply the counts")] = None,
    seed: Annotated[int | None, typer.Option(help="another seed")] = None,
    processes: Annotated[int, typer.Option(help="worker processes")] = 1,
) -> None:
    """Draw the synthetic breach, read its comments, code its records; what is missing or old."""
    try:
        plan = read_scenario(scenario, factor=factor, seed=seed)
        breach = _draw_if_needed(plan, scenario.parent / "vocabulary", out, processes)
        _read_comments_if_needed(breach, processes)
        _code_if_needed(breach, processes)
    except MISTAKES as mistake:
        raise SystemExit(f"breach-impact data: {mistake}") from mistake
    typer.echo(f"{out}: {breach.manifest['n_records']} synthetic records, ready to count")


@app.command()
def pages(
    notebooks: Annotated[Path, typer.Option(help="folder of notebooks")] = Path("notebooks"),
    out: Annotated[Path, typer.Option(help="folder to write")] = Path("outputs"),
) -> None:
    """Execute all notebooks and write them as pages, with their figures and tables."""
    index = edition.write_pages(sorted(notebooks.glob("*.ipynb")), out)
    typer.echo(f"Open {index} in a browser.")


@app.command()
def content(
    folder: Annotated[Path, typer.Argument(help="drawn data")] = DATA / "generated",
) -> None:
    """Hash the records of a folder again and compare with its manifest."""
    try:
        breach = storage.open_breach(folder)
    except MISTAKES as mistake:
        raise SystemExit(f"breach-impact content: {mistake}") from mistake
    found = storage.hash_content(breach)
    typer.echo(found)
    if found != breach.manifest["content_hash"]:
        raise SystemExit(f"{folder}: a file was changed; the manifest says otherwise")


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(help="drawn data")] = DATA / "generated",
    written: Annotated[Path, typer.Option(help="comments with labels")] = WRITTEN,
) -> None:
    """Judge what reads comments against the truth, and store the results."""
    try:
        breach = storage.open_breach(folder)
        results = appraisal.appraise_comments(breach, appraisal.read_written(written))
    except MISTAKES as mistake:
        raise SystemExit(f"breach-impact evaluate: {mistake}") from mistake
    made_by = appraisal.digest_of(written)
    typer.echo(evaluation.write_evaluation("comments", results, made_by=made_by))


def _draw_if_needed(plan: Scenario, vocabulary: Path, out: Path, processes: int) -> storage.Breach:
    try:
        breach = storage.open_breach(out)
    except FileNotFoundError:
        return synthesis.draw_breach(plan, vocabulary, out, processes=processes)
    if breach.manifest.get("drawn_by") != synthesis.digest_of(plan, vocabulary):
        return synthesis.draw_breach(plan, vocabulary, out, processes=processes)
    return breach


def _read_comments_if_needed(breach: storage.Breach, processes: int) -> None:
    try:
        commented.open_comments(breach)
    except FileNotFoundError:
        labelling.read_breach_comments(breach, processes=processes)


def _code_if_needed(breach: storage.Breach, processes: int) -> None:
    try:
        coding.open_coded(breach)
    except FileNotFoundError:
        coding.code_breach(breach, processes=processes)

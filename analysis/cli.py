"""The command line: draw the data, write the pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from analysis import (
    appraisal,
    coding,
    commented,
    edition,
    evaluation,
    guard,
    intake,
    labelling,
    linkage,
    matching,
    persons,
    proposal,
    quarantine,
    scanner,
    storage,
    synthesis,
    trials,
    untidy,
    worlds,
)
from analysis.mapping import read_mapping, write_mapping
from analysis.sample import write_sample
from analysis.scenario import Scenario, read_scenario

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
DATA = Path("data_synthetic")
WRITTEN = DATA / "evaluation" / "comments.csv"
MISTAKES = (OSError, ValueError, TypeError, KeyError)


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
    """Draw the synthetic breach, find its persons, read its comments, code its records."""
    with _explain_mistakes("data"):
        plan = read_scenario(scenario, factor=factor, seed=seed)
        breach = _draw_if_needed(plan, scenario.parent / "vocabulary", out, processes)
        _prepare(breach, processes)
    typer.echo(f"{out}: {breach.manifest['n_records']} synthetic records, ready to count")


@app.command()
def train(
    folder: Annotated[Path, typer.Argument(help="drawn data")] = DATA / "generated",
    seed: Annotated[int, typer.Option(help="seed of the pairs drawn at random")] = 20210214,
    threads: Annotated[int, typer.Option(help="threads of the database")] = 2,
) -> None:
    """Learn the weights of linkage again and store them with what they were learnt from."""
    with _explain_mistakes("train"):
        linkage.store_weights(storage.open_breach(folder), seed=seed, threads=threads)
    typer.echo(f"{matching.WEIGHTS}: weights learnt; run `make data` to apply them")


@app.command()
def sheet(
    out: Annotated[Path, typer.Option(help="labelling sheet to write (CSV)")],
    folder: Annotated[Path, typer.Option(help="linked data")] = DATA / "generated",
    lines: Annotated[int, typer.Option(help="lines to label")] = 300,
    seed: Annotated[int, typer.Option(help="seed of the sample")] = 1,
) -> None:
    """Draw a labelling sheet: record numbers only, to be filled in beside the file."""
    with _explain_mistakes("sheet"):
        drawn = persons.draw_sheet(storage.open_breach(folder), lines, np.random.default_rng(seed))
    drawn.to_csv(out, index=False)
    typer.echo(f"{out}: write yes or no into same_person, add a row for each line you find")


@app.command()
def persons_from(
    filled: Annotated[Path, typer.Argument(help="labelling sheet, filled in (CSV)")],
    folder: Annotated[Path, typer.Option(help="linked data")] = DATA / "generated",
) -> None:
    """Estimate the number of persons from a filled labelling sheet."""
    with _explain_mistakes("persons-from"):
        answers = pd.read_csv(filled, dtype=str)
        known = persons.list_lines(storage.open_breach(folder))
        estimate = persons.estimate_persons(known, answers)
    typer.echo(estimate.to_string())


@app.command()
def pages(
    notebooks: Annotated[Path, typer.Option(help="folder, or one notebook")] = Path("notebooks"),
    out: Annotated[Path, typer.Option(help="folder to write")] = Path("outputs"),
    data: Annotated[Path | None, typer.Option(help="another stored breach to count")] = None,
) -> None:
    """Execute all notebooks and write them as pages, with their figures and tables."""
    paths = [notebooks] if notebooks.is_file() else sorted(notebooks.glob("*.ipynb"))
    index = edition.write_pages(paths, out, data=data)
    typer.echo(f"Open {index} in a browser.")


@app.command()
def content(
    folder: Annotated[Path, typer.Argument(help="drawn data")] = DATA / "generated",
) -> None:
    """Hash the records of a folder again and compare with its manifest."""
    with _explain_mistakes("content"):
        breach = storage.open_breach(folder)
    found = storage.hash_content(breach)
    typer.echo(found)
    if found != breach.manifest["content_hash"]:
        raise SystemExit(f"{folder}: a file was changed; the manifest says otherwise")


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(help="drawn data")] = DATA / "generated",
    out: Annotated[Path, typer.Option(help="folder to write")] = DATA,
) -> None:
    """Write a few synthetic lines as CSV, with a description of the columns."""
    with _explain_mistakes("sample"):
        write_sample(storage.open_breach(folder), out)


@app.command("map")
def map_file(
    file: Annotated[Path, typer.Argument(help="somebody's file")],
    out: Annotated[Path, typer.Option(help="mapping to write")] = Path("mapping.yaml"),
    synthetic: Annotated[bool, typer.Option(help="the file describes nobody real")] = False,
) -> None:
    """Propose which column is which field, with reasons and what is left alone."""
    with _explain_mistakes("map"):
        if out.exists():
            raise FileExistsError(f"{out} exists; move it away, or name another with --out")
        found, reasons = proposal.propose_mapping(file, latest=date.today(), is_synthetic=synthetic)
        remarks = proposal.describe(reasons)
        write_mapping(found, out, remarks=remarks)
    typer.echo("\n".join(remarks))
    typer.echo(f"{out}: read it, correct it, then: breach-impact check {file} --mapping {out}")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="somebody's file")],
    mapping: Annotated[Path, typer.Option(help="its mapping")],
) -> None:
    """Read a file as an import would, write nothing, and account for its rows."""
    with _explain_mistakes("check"):
        account = intake.check_file(file, read_mapping(mapping), label=file.name)
    typer.echo(quarantine.describe(account))


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="somebody's file")],
    mapping: Annotated[Path, typer.Option(help="its mapping")],
    out: Annotated[Path, typer.Option(help="folder to write")],
    processes: Annotated[int, typer.Option(help="worker processes")] = 1,
) -> None:
    """Write a file as a stored breach that notebooks read."""
    with _explain_mistakes("import"):
        account = intake.import_file(file, read_mapping(mapping), out, label=file.name)
        typer.echo(quarantine.describe(account))
        typer.echo(intake.NOTICE.format(folder=out))
        _prepare(storage.open_breach(out), processes)
        intake.protect(out)
    typer.echo(f'{out}: ready to count; in a notebook set DATA = "{out.resolve()}"')


@app.command()
def practice(
    folder: Annotated[Path, typer.Argument(help="drawn data")] = DATA / "generated",
    out: Annotated[Path, typer.Option(help="folder to write")] = DATA / "generated_untidy",
    processes: Annotated[int, typer.Option(help="worker processes")] = 1,
) -> None:
    """Write synthetic records as an untidy file and import it, unless that is up to date."""
    with _explain_mistakes("practice"):
        breach = storage.open_breach(folder)
        try:
            untidy.open_untidy(breach, out)
        except FileNotFoundError:
            rng = np.random.default_rng(breach.manifest["seed"])
            file = untidy.write_untidy(breach, out, rng=rng)
            latest = date.fromisoformat(breach.manifest["published_on"])
            found, _ = proposal.propose_mapping(file, latest=latest, is_synthetic=True)
            write_mapping(found, out / "mapping.yaml")
            intake.import_file(file, found, out / "imported", label=file.name)
        _prepare(storage.open_breach(out / "imported"), processes)
    typer.echo(f"{out}: an untidy synthetic file, its mapping and its import")


@app.command()
def forget(
    folder: Annotated[Path, typer.Argument(help="folder of an import")],
) -> None:
    """Delete all that an import derived from somebody's file."""
    with _explain_mistakes("forget"):
        made = edition.list_pages(folder)
        deleted = intake.forget(folder)
    typer.echo(f"deleted: {', '.join(map(str, deleted))}; the file itself is where it was")
    for pages_folder in made:
        typer.echo(f"left: {pages_folder}, pages made from it; delete them if nobody needs them")


@app.command("guard")
def guard_notebooks(
    notebooks: Annotated[list[Path], typer.Argument(help="notebooks to keep")],
) -> None:
    """Refuse to keep notebooks that read data which are not synthetic."""
    with _explain_mistakes("guard"):
        guard.check_notebooks(notebooks)


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Option(help="drawn data")] = DATA / "generated",
    scenario: Annotated[Path, typer.Option(help="scenario file")] = DATA / "scenario.yaml",
    written: Annotated[Path, typer.Option(help="comments with labels")] = WRITTEN,
    processes: Annotated[int, typer.Option(help="worker processes")] = 1,
) -> None:
    """Judge reader, linkage, person count and scenario on drawn breaches; store the results."""
    with _explain_mistakes("evaluate"):
        plan, vocabulary = read_scenario(scenario), scenario.parent / "vocabulary"
        breach = storage.open_breach(folder)
        found = appraisal.appraise_comments(breach, appraisal.read_written(written))
        evaluation.write_evaluation("comments", found, made_by=appraisal.digest_of(written))
        trials.evaluate_coverage(plan, vocabulary, processes=processes)
        trials.evaluate_linkage(plan, vocabulary, processes=processes)
        worlds.evaluate_worlds(plan, vocabulary, processes=processes)
    typer.echo(f"{evaluation.FOLDER}: all evaluations stored")


@app.command()
def scan(
    paths: Annotated[list[Path], typer.Argument(help="files or folders to publish")],
    breach: Annotated[Path | None, typer.Option(help="stored breach to guard")] = None,
    threshold: Annotated[int | None, typer.Option(help="smallest number shown")] = None,
) -> None:
    """Look for identifiers and small counts in files before they are published."""
    with _explain_mistakes("scan"):
        guarded = storage.open_breach(breach) if breach else None
        seen = scanner.scan_files(paths, breach=guarded, threshold=threshold)
    for find in seen.finds:
        typer.echo(f"{find.file}: {find.where}: {find.kind}")
    for unread in scanner.list_unread(seen) or ["all was read"]:
        typer.echo(unread)
    typer.echo(f"Places found: {len(seen.finds)}. Files looked at: {seen.n_files}.")
    if not seen.is_clean:
        raise typer.Exit(1)


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


@contextmanager
def _explain_mistakes(command: str) -> Iterator[None]:
    """End the command with what was wrong, in a line, where the input is to blame."""
    try:
        yield
    except MISTAKES as mistake:
        raise SystemExit(f"breach-impact {command}: {mistake}") from mistake


def _prepare(breach: storage.Breach, processes: int) -> None:
    _link_if_needed(breach, processes)
    _read_comments_if_needed(breach, processes)
    _code_if_needed(breach, processes)


def _link_if_needed(breach: storage.Breach, processes: int) -> None:
    try:
        linkage.open_linked(breach)
    except FileNotFoundError:
        linkage.link_breach(breach, threads=processes)


def _code_if_needed(breach: storage.Breach, processes: int) -> None:
    try:
        if coding.open_coded(breach).persons == coding.LINKED:
            return
    except FileNotFoundError:
        pass
    coding.code_breach(breach, processes=processes)

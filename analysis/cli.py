"""The command line: draw the data, write the pages."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import numpy as np
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
    proposal,
    quarantine,
    storage,
    synthesis,
    untidy,
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
    try:
        plan = read_scenario(scenario, factor=factor, seed=seed)
        breach = _draw_if_needed(plan, scenario.parent / "vocabulary", out, processes)
        _prepare(breach, processes)
    except MISTAKES as mistake:
        raise SystemExit(f"breach-impact data: {mistake}") from mistake
    typer.echo(f"{out}: {breach.manifest['n_records']} synthetic records, ready to count")


@app.command()
def train(
    folder: Annotated[Path, typer.Argument(help="drawn data")] = DATA / "generated",
    seed: Annotated[int, typer.Option(help="seed of the pairs drawn at random")] = 20210214,
    threads: Annotated[int, typer.Option(help="threads of the database")] = 2,
) -> None:
    """Learn the weights of linkage again and store them with what they were learnt from."""
    try:
        linkage.store_weights(storage.open_breach(folder), seed=seed, threads=threads)
    except MISTAKES as mistake:
        raise SystemExit(f"breach-impact train: {mistake}") from mistake
    typer.echo(f"{matching.WEIGHTS}: weights learnt; run `make data` to apply them")


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
    try:
        breach = storage.open_breach(folder)
    except MISTAKES as mistake:
        raise SystemExit(f"breach-impact content: {mistake}") from mistake
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
    try:
        write_sample(storage.open_breach(folder), out)
    except MISTAKES as mistake:
        raise SystemExit(f"breach-impact sample: {mistake}") from mistake


@app.command("map")
def map_file(
    file: Annotated[Path, typer.Argument(help="somebody's file")],
    out: Annotated[Path, typer.Option(help="mapping to write")] = Path("mapping.yaml"),
    synthetic: Annotated[bool, typer.Option(help="the file describes nobody real")] = False,
) -> None:
    """Propose which column is which field, with reasons and what is left alone."""
    try:
        if out.exists():
            raise FileExistsError(f"{out} exists; move it away, or name another with --out")
        found, reasons = proposal.propose_mapping(file, latest=date.today(), is_synthetic=synthetic)
        remarks = proposal.describe(reasons)
        write_mapping(found, out, remarks=remarks)
    except MISTAKES as mistake:
        raise SystemExit(f"breach-impact map: {mistake}") from mistake
    typer.echo("\n".join(remarks))
    typer.echo(f"{out}: read it, correct it, then: breach-impact check {file} --mapping {out}")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="somebody's file")],
    mapping: Annotated[Path, typer.Option(help="its mapping")],
) -> None:
    """Read a file as an import would, write nothing, and account for its rows."""
    try:
        account = intake.check_file(file, read_mapping(mapping), label=file.name)
    except MISTAKES as mistake:
        raise SystemExit(f"breach-impact check: {mistake}") from mistake
    typer.echo(quarantine.describe(account))


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="somebody's file")],
    mapping: Annotated[Path, typer.Option(help="its mapping")],
    out: Annotated[Path, typer.Option(help="folder to write")],
    processes: Annotated[int, typer.Option(help="worker processes")] = 1,
) -> None:
    """Write a file as a stored breach that notebooks read."""
    try:
        account = intake.import_file(file, read_mapping(mapping), out, label=file.name)
        typer.echo(quarantine.describe(account))
        typer.echo(intake.NOTICE.format(folder=out))
        _prepare(storage.open_breach(out), processes)
        intake.protect(out)
    except MISTAKES as mistake:
        raise SystemExit(f"breach-impact import: {mistake}") from mistake
    typer.echo(f'{out}: ready to count; in a notebook set DATA = "{out.resolve()}"')


@app.command()
def practice(
    folder: Annotated[Path, typer.Argument(help="drawn data")] = DATA / "generated",
    out: Annotated[Path, typer.Option(help="folder to write")] = DATA / "generated_untidy",
    processes: Annotated[int, typer.Option(help="worker processes")] = 1,
) -> None:
    """Write synthetic records as an untidy file and import it, unless that is up to date."""
    try:
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
    except MISTAKES as mistake:
        raise SystemExit(f"breach-impact practice: {mistake}") from mistake
    typer.echo(f"{out}: an untidy synthetic file, its mapping and its import")


@app.command()
def forget(
    folder: Annotated[Path, typer.Argument(help="folder of an import")],
) -> None:
    """Delete all that an import derived from somebody's file."""
    try:
        deleted = intake.forget(folder)
    except MISTAKES as mistake:
        raise SystemExit(f"breach-impact forget: {mistake}") from mistake
    typer.echo(f"deleted: {', '.join(map(str, deleted))}; the file itself is where it was")


@app.command("guard")
def guard_notebooks(
    notebooks: Annotated[list[Path], typer.Argument(help="notebooks to keep")],
) -> None:
    """Refuse to keep notebooks that read data which are not synthetic."""
    try:
        guard.check_notebooks(notebooks)
    except MISTAKES as mistake:
        raise SystemExit(f"breach-impact guard: {mistake}") from mistake


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

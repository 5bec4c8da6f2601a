"""Commands of the synthetic world: draw it, make the practice file, train, judge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from analysis.cli import add_command

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
DATA = Path("data_synthetic")
Processes = Annotated[int, typer.Option(help="worker processes")]
Drawn = Annotated[Path, typer.Option(help="drawn data")]


@app.callback()
def main() -> None:
    """Draw a synthetic breach, and judge methods on it."""


@add_command(app, "data")
def data(
    scenario: Annotated[Path, typer.Option(help="scenario file")] = DATA / "scenario.yaml",
    out: Annotated[Path, typer.Option(help="folder to write")] = DATA / "generated",
    factor: Annotated[float | None, typer.Option(help="multiply the counts")] = None,
    seed: Annotated[int | None, typer.Option(help="another seed")] = None,
    processes: Processes = 1,
) -> None:
    """Draw the synthetic breach, find its persons, read its comments, code its records."""
    from analysis.exposure import prepare
    from data_synthetic.simulation import draw, releases
    from data_synthetic.simulation.scenario import read_scenario

    plan = read_scenario(scenario, factor=factor, seed=seed)
    breach = draw.draw_breach(plan, scenario.parent / "vocabulary", out, processes=processes)
    prepare(breach, processes=processes)
    releases.adopt_releases(breach)
    typer.echo(f"{out}: {breach.manifest['n_records']} synthetic records, ready to count")


@add_command(app, "practice")
def practice(
    folder: Drawn = DATA / "generated",
    out: Annotated[Path, typer.Option(help="folder to write")] = DATA / "generated_untidy",
    processes: Processes = 1,
) -> None:
    """Write synthetic records as a messy file and import it."""
    from analysis.exposure import prepare
    from analysis.store import open_breach
    from data_synthetic.simulation import messy, releases

    messy.messy_stage(open_breach(folder), out).ensure()
    breach = open_breach(out / "imported")
    prepare(breach, processes=processes)
    releases.adopt_releases(breach)
    typer.echo(f"{out}: a messy synthetic file, its mapping and its import")


@add_command(app, "edition")
def edition(
    folder: Drawn = DATA / "generated",
    practice: Drawn = DATA / "generated_untidy" / "imported",
    keep: Annotated[bool, typer.Option(help="keep what the notebooks showed")] = False,
) -> None:
    """Open a new edition before the notebooks are executed, or keep it with them afterwards."""
    from analysis.store import open_breach
    from data_synthetic.simulation import releases

    for breach in map(open_breach, (folder, practice)):
        (releases.keep_releases if keep else releases.begin_releases)(breach)


@add_command(app, "sample")
def sample(
    folder: Drawn = DATA / "generated",
    out: Annotated[Path, typer.Option(help="folder to write")] = DATA,
) -> None:
    """Write a few synthetic lines as CSV, with a description of the columns."""
    from analysis.store import open_breach
    from data_synthetic.simulation.draw import write_sample

    write_sample(open_breach(folder), out)


@add_command(app, "train")
def train(
    folder: Drawn = DATA / "generated",
    seed: Annotated[int, typer.Option(help="seed of the pairs drawn at random")] = 20210214,
    threads: Annotated[int, typer.Option(help="threads of the database")] = 2,
) -> None:
    """Learn the weights of linkage again and store them with what they were learnt from."""
    from analysis import linkage
    from analysis.store import open_breach

    weights = linkage.store_weights(open_breach(folder), seed=seed, threads=threads)
    typer.echo(f"{weights}: weights learnt; run `make data` to apply them")


@add_command(app, "evaluate")
def evaluate(processes: Processes = 1) -> None:
    """Judge reader, linkage, person count and scenario on drawn breaches, where not done."""
    from data_synthetic.simulation.evaluations import list_evaluations

    for name, stage in list_evaluations(processes=processes).items():
        typer.echo(f"{name}: {stage.status()} before, now in {stage.ensure()}")


@add_command(app, "attack")
def attack(
    small: Annotated[bool, typer.Option(help="a few pages of three départements")] = False,
) -> None:
    """Run all pages, attack what they show, and say what is found; nothing is stored."""
    from data_synthetic.attack import findings
    from data_synthetic.attack.edition import gather_edition, plan_runs

    edition = gather_edition(findings.plan_small() if small else plan_runs())
    found = findings.find_everything(edition)
    typer.echo("\n".join(findings.list_worst(found)))
    typer.echo("\n".join(f"refused: {one.page}: {one.refused}" for one in edition if one.refused))
    typer.echo(json.dumps(findings.summarise(edition, found), indent=1))


if __name__ == "__main__":
    app(prog_name="python -m data_synthetic.simulation")

"""The command line: somebody's file in, its persons, its pages, and nothing left behind."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
Command = TypeVar("Command", bound=Callable[..., Any])
Breach = Annotated[Path, typer.Argument(help="folder of a stored breach")]
Linked = Annotated[Path, typer.Option(help="folder of a stored breach")]
File = Annotated[Path, typer.Argument(help="somebody's file")]
Mapped = Annotated[Path, typer.Option(help="its mapping")]
Processes = Annotated[int, typer.Option(help="worker processes")]


@contextmanager
def explain_mistakes(command: str) -> Iterator[None]:
    """
    End a command with what was wrong, in a line, where the input is to blame.

    Parameters
    ----------
    command : str
        Name of the command, told with the mistake.

    Yields
    ------
    None
        While the command runs.

    Raises
    ------
    SystemExit
        With the message of an error that bad input can cause.
    """
    try:
        yield
    except (OSError, ValueError, TypeError, KeyError) as mistake:
        raise SystemExit(f"{command}: {mistake}") from mistake


def add_command(app: typer.Typer, name: str) -> Callable[[Command], Command]:
    """
    Add a function to an application as a command whose mistakes are explained.

    Parameters
    ----------
    app : typer.Typer
        The application.
    name : str
        Name of the command.

    Returns
    -------
    callable
        A decorator.
    """

    def register(function: Command) -> Command:
        return app.command(name)(explain_mistakes(name)(function))

    return register


@app.callback()
def _main() -> None:
    """Measure the impact of a personal-data breach."""


@add_command(app, "map")
def _map_file(
    file: File,
    out: Annotated[Path, typer.Option(help="mapping to write")] = Path("mapping.yaml"),
    synthetic: Annotated[bool, typer.Option(help="the file describes nobody real")] = False,
) -> None:
    """Propose which column is which field, with reasons and what is left alone."""
    from analysis import intake

    if out.exists():
        raise FileExistsError(f"{out} exists; move it away, or name another with --out")
    proposed, reasons = intake.propose_mapping(file, latest=date.today(), is_synthetic=synthetic)
    remarks = intake.describe_proposal(reasons)
    intake.write_mapping(proposed, out, remarks=remarks)
    typer.echo("\n".join(remarks))
    typer.echo(f"{out}: read it, correct it, then: breach-impact check {file} --mapping {out}")


@add_command(app, "check")
def _check(file: File, mapping: Mapped) -> None:
    """Read a file as an import would, write nothing, and account for its rows."""
    from analysis import intake

    account = intake.check_file(file, intake.read_mapping(mapping), label=file.name)
    typer.echo(intake.describe_account(account))


@add_command(app, "import")
def _import_file(
    file: File,
    mapping: Mapped,
    out: Annotated[Path, typer.Option(help="folder to write")],
    processes: Processes = 1,
) -> None:
    """Write a file as a stored breach that notebooks read."""
    from analysis import intake

    account = intake.import_file(file, intake.read_mapping(mapping), out, label=file.name)
    typer.echo(intake.describe_account(account))
    typer.echo(intake.NOTICE.format(folder=out))
    _prepare(out, processes)


@add_command(app, "prepare")
def _prepare(folder: Breach, processes: Processes = 1) -> None:
    """Find the persons of a stored breach, read its comments, code it, where not done."""
    from analysis import disclosure, exposure, intake, store

    breach = store.open_breach(folder)
    exposure.prepare(breach, processes=processes)
    disclosure.release_edition(exposure.open_coded(breach))
    if "imported" in breach.manifest:
        intake.protect(folder)
    typer.echo(f'{folder}: ready to count; in a notebook set DATA = "{folder.resolve()}"')


@add_command(app, "sheet")
def _sheet(
    folder: Linked,
    out: Annotated[Path, typer.Option(help="labelling sheet to write (CSV)")],
    lines: Annotated[int, typer.Option(help="lines to label")] = 300,
    seed: Annotated[int, typer.Option(help="seed of the sample")] = 1,
) -> None:
    """Draw a labelling sheet: record numbers only, to be filled in beside the file."""
    import numpy as np

    from analysis import linkage, store

    rng = np.random.default_rng(seed)
    drawn = linkage.draw_sheet(store.open_breach(folder), lines, rng)
    drawn.to_csv(out, index=False)
    typer.echo(f"{out}: write yes or no into same_person, add a row for each line you find")


@add_command(app, "persons-from")
def _persons_from(
    filled: Annotated[Path, typer.Argument(help="labelling sheet, filled in (CSV)")],
    folder: Linked,
) -> None:
    """Estimate the number of persons from a filled labelling sheet."""
    import pandas as pd

    from analysis import linkage, store

    answers = pd.read_csv(filled, dtype=str)
    lines = linkage.list_lines(store.open_breach(folder))
    estimate = linkage.estimate_from_sheet(lines, answers)
    typer.echo(estimate.to_string())


@add_command(app, "pages")
def _pages(
    notebooks: Annotated[Path, typer.Option(help="folder, or one notebook")] = Path("notebooks"),
    out: Annotated[Path, typer.Option(help="folder to write")] = Path("outputs"),
    data: Annotated[Path | None, typer.Option(help="another stored breach to count")] = None,
    processes: Processes = 1,
) -> None:
    """Execute all notebooks and write them as pages, with their figures and tables."""
    from analysis import reporting

    paths = [notebooks] if notebooks.is_file() else sorted(notebooks.glob("*.ipynb"))
    index = reporting.write_pages(paths, out, data=data, processes=processes)
    typer.echo(f"Open {index} in a browser.")


@add_command(app, "content")
def _content(folder: Breach) -> None:
    """Hash the records of a folder again and compare with its manifest."""
    from analysis import store

    breach = store.open_breach(folder)
    hashed = store.hash_content(breach)
    typer.echo(hashed)
    if hashed != breach.manifest["content_hash"]:
        raise ValueError(f"{folder}: a file was changed; the manifest says otherwise")


@add_command(app, "forget")
def _forget(folder: Breach) -> None:
    """Delete all that an import derived from somebody's file."""
    from analysis import intake, reporting

    made = reporting.list_pages(folder)
    deleted = intake.forget(folder)
    typer.echo(f"deleted: {', '.join(map(str, deleted))}; the file itself is where it was")
    for pages_folder in made:
        typer.echo(f"left: {pages_folder}, pages made from it; delete them if nobody needs them")


@add_command(app, "guard")
def _guard_notebooks(
    notebooks: Annotated[list[Path], typer.Argument(help="notebooks to keep")],
) -> None:
    """Refuse to keep notebooks that read data which are not synthetic."""
    from analysis import reporting

    reporting.check_notebooks(notebooks)


@add_command(app, "scan")
def _scan(
    paths: Annotated[list[Path], typer.Argument(help="files or folders to publish")],
    breach: Annotated[Path | None, typer.Option(help="stored breach to guard")] = None,
    threshold: Annotated[int | None, typer.Option(help="smallest number shown")] = None,
) -> None:
    """Look for identifiers and small counts in files before they are published."""
    from analysis import reporting, store

    guarded = store.open_breach(breach) if breach else None
    seen = reporting.scan_files(paths, breach=guarded, threshold=threshold)
    for find in seen.finds:
        typer.echo(f"{find.file}: {find.where}: {find.kind}")
    for unread in reporting.list_unread(seen) or ["all was read"]:
        typer.echo(unread)
    typer.echo(f"Places found: {len(seen.finds)}. Files looked at: {seen.n_files}.")
    if not seen.is_clean:
        raise typer.Exit(1)

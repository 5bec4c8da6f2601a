"""A picture described rather than drawn: rendered on demand, in the language spoken then."""

from __future__ import annotations

import html
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from textwrap import wrap
from typing import Any

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from analysis.disclosure import Release
from analysis.reporting import audit
from analysis.reporting.captions import Caption, check_release
from analysis.reporting.style import SIZES, STYLE
from analysis.reporting.wording import LANGUAGES, format_count, speaking, text

Line = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, repr=False)
class Drawing:
    """
    A picture of a release, drawn when it is asked for, in the language spoken then.

    Attributes
    ----------
    release : Release
        What is drawn.
    draw : callable
        Returns a new matplotlib figure.
    alt_text : callable
        Describes the picture for somebody who does not see it.

    Raises
    ------
    TypeError
        If `release` is a table that has not passed the gate.
    """

    release: Release
    draw: Callable[[], Figure]
    alt_text: Callable[[], str]

    def __post_init__(self) -> None:
        check_release(self.release)

    def render(self) -> Figure:
        """
        Draw the picture.

        Returns
        -------
        matplotlib.figure.Figure
            A new figure that nothing else holds.
        """
        with rc_context(STYLE["settings"]):
            return self.draw()

    def to_png(self) -> bytes:
        """
        Draw the picture as PNG.

        Returns
        -------
        bytes
            Content of the file.
        """
        return _write_figure(self.render(), "png", {"Software": None})

    def to_svg(self) -> str:
        """
        Draw the picture as SVG.

        Returns
        -------
        str
            Content of the file, with the alternative text as title and description.
        """
        figure, described = self.render(), html.escape(self.alt_text())
        svg = _write_figure(figure, "svg", {"Date": None, "Creator": None}).decode("utf-8")
        words = f"<title>{html.escape(str(figure.get_label()))}</title>\n <desc>{described}</desc>"
        before, opening, after = re.split(r"<svg([^>]*)>", svg, maxsplit=1)
        return f'{before}<svg role="img"{opening}>\n {words}{after}'

    def __repr__(self) -> str:
        return self.alt_text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        alt = self.alt_text()
        png = b64encode(self.to_png()).decode("ascii")
        return {"image/png": png, "text/plain": alt}, {"image/png": {"alt": alt}}


def make_drawing(
    release: Release, caption: Caption, draw: Callable[..., Figure], **options: Any
) -> Drawing:
    """
    Make the drawing of a release under a caption, once it is checked.

    Parameters
    ----------
    release : Release
        What is drawn.
    caption : Caption
        What the picture is about.
    draw : callable
        Takes release, caption and options, returns a figure.
    **options
        What else `draw` takes.

    Returns
    -------
    Drawing
        The drawing.

    Raises
    ------
    TypeError, ValueError
        As `Caption.check` does.
    """
    caption.check(release)
    drawn = partial(draw, release, caption, **options)
    return Drawing(release, drawn, partial(caption.describe, release))


def _write_figure(figure: Figure, kind: str, metadata: Mapping[str, Any]) -> bytes:
    buffer = BytesIO()
    with rc_context(STYLE["settings"]):
        figure.savefig(buffer, format=kind, dpi=SIZES.resolution, metadata=dict(metadata))
    return buffer.getvalue()


def save(folder: Path, drawings: Mapping[str, Drawing]) -> pd.DataFrame:
    """
    Save pictures in both languages, each with its table, its description and its audit.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files go; made if it is not there.
    drawings : mapping of str to Drawing
        File names without ending: small letters, digits, ``-`` and ``_``.

    Returns
    -------
    pandas.DataFrame
        One row per drawing: ``name`` and ``files`` (``NAME.csv`` and ``NAME.audit.json``, then
        ``NAME.en`` and ``NAME.fr`` as ``.svg``, ``.png``, ``.txt`` and ``.audit.html``).

    Raises
    ------
    ValueError
        If a name has any other character.
    """
    wrong = [name for name in drawings if not re.fullmatch(r"[a-z0-9_-]+", name)]
    if wrong:
        raise ValueError(f"names of files are small letters, digits, - and _; not {wrong}")
    Path(folder).mkdir(parents=True, exist_ok=True)
    saved = [(name, ", ".join(_save(Path(folder), name, drawings[name]))) for name in drawings]
    return pd.DataFrame(saved, columns=["name", "files"])


def _save(folder: Path, name: str, drawing: Drawing) -> list[str]:
    release = drawing.release
    cells = release.table.assign(
        threshold=release.threshold, is_synthetic=release.is_synthetic, source=str(release.source)
    )
    # Nine digits are more than anybody knows, and fewer than a social-security number has.
    written = cells.to_csv(index=False, lineterminator="\n", float_format="%.9g")
    files = {f"{name}.csv": written.encode()}
    files[f"{name}.audit.json"] = audit.render_record(release).encode()
    for language in LANGUAGES:
        stem = f"{name}.{language}"
        with speaking(language):
            files[f"{stem}.svg"] = drawing.to_svg().encode()
            files[f"{stem}.png"] = drawing.to_png()
            files[f"{stem}.txt"] = f"{drawing.alt_text()}\n".encode()
            files[f"{stem}.audit.html"] = audit.render_report(release).encode()
    for file, content in files.items():
        (folder / file).write_bytes(content)
    return list(files)


def open_figure(
    release: Release, caption: Caption, height: float, notes: Sequence[str]
) -> tuple[Figure, tuple[float, float, float, float]]:
    """
    Open a figure with the words that every picture carries.

    Parameters
    ----------
    release : Release
        What is drawn.
    caption : Caption
        Title and scope.
    height : float
        Height of the picture without its words [inch].
    notes : sequence of str
        Further lines below the picture.

    Returns
    -------
    matplotlib.figure.Figure
        Synthetic notice, title and scope at the top; notes and source at the bottom.
    tuple of float
        Left, bottom, width and height of the room between them [share of the figure].
    """
    title = caption.write_title(release)
    notice = _break("notice", [text("synthetic_notice")] if release.is_synthetic else [])
    head = [*notice, *_break("title", [title]), *_break("scope", [caption.write_scope(release)])]
    foot = _break("note", [*notes, *_write_source(release)])
    above, below = (sum(line["height"] for _, line in lines) for lines in (head, foot))
    total = height + above + below + 2 * (SIZES.margin + SIZES.gap)
    figure = Figure(figsize=(SIZES.width, total), facecolor="white", label=title)
    _write_lines(figure, head, 1 - SIZES.margin / total)
    _write_lines(figure, foot, (SIZES.margin + below) / total)
    bottom = (SIZES.margin + below + SIZES.gap) / total
    left = SIZES.margin / SIZES.width
    return figure, (left, bottom, 1 - 2 * left, height / total)


def open_chart(release: Release, caption: Caption, height: float, notes: Sequence[str]) -> Figure:
    """
    Open a figure whose axes fill the room between its words.

    Parameters
    ----------
    release, caption, height, notes
        As `open_figure` takes them.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, without axes yet.
    """
    figure, room = open_figure(release, caption, height, notes)
    figure.set_layout_engine("constrained", rect=room, h_pad=0, w_pad=0)
    return figure


def _write_source(release: Release) -> list[str]:
    if not release.source.content_hash:
        return [text("source_published", source=release.source)]
    kind = "source_synthetic" if release.is_synthetic else "source_real"
    limit = text("threshold", highest=format_count(release.threshold - 1))
    lines = [f"{text(kind, source=release.source)} {limit}"]
    if "population_year" in release.table:
        lines.append(text("population", year=release.table["population_year"].iloc[0]))
    return lines


def _break(name: str, paragraphs: Sequence[str]) -> list[Line]:
    line = STYLE["lines"][name]
    return [(part, line) for words in paragraphs for part in wrap(words, line["n_characters"])]


def _write_lines(figure: Figure, lines: Sequence[Line], top: float) -> None:
    for words, line in lines:
        figure.text(SIZES.margin / SIZES.width, top, words, va="top", ha="left", **line["set"])
        top -= line["height"] / figure.get_figheight()

"""A picture described rather than drawn: rendered on demand, in the language spoken then."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from pathlib import Path
from string import Template
from textwrap import wrap
from types import SimpleNamespace
from typing import Any

import pandas as pd
import yaml
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from analysis import reference
from analysis.disclosure import Release
from analysis.exposure import ANY, list_dimensions
from analysis.reporting import columns, wording
from analysis.reporting.columns import check_release, write_cell, write_value
from analysis.reporting.wording import format_count, format_number, text

STYLE = yaml.safe_load(Path(__file__).with_name("style.yaml").read_text(encoding="utf-8"))
INK, QUIET, PALETTE = STYLE["ink"], STYLE["quiet"], STYLE["palette"]
Looks = Mapping[str, Mapping[str, Any]]
STATUS_STYLES: Looks = STYLE["statuses"]
LOOKS: Looks = STYLE["looks"]
SIZES = SimpleNamespace(**STYLE["sizes"])
NOWHERE = (reference.UNKNOWN, reference.ABROAD)  # places that are no département
AUDIT = Template(Path(__file__).with_name("audit.html").read_text("utf-8"))
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Caption:
    """
    What a picture is about.

    Attributes
    ----------
    kind : {'map', 'chart'}
        Sort of picture.
    title : str
        Row of the wording table that holds its title, after ``title.``.
    across : tuple of str
        Columns whose values the picture sets apart; every other dimension has one value.
    value : str
        Column drawn.
    needs : tuple of str
        Further columns that are drawn or written.
    """

    kind: str
    title: str
    across: tuple[str, ...]
    value: str
    needs: tuple[str, ...] = ()

    def check(self, release: Release) -> None:
        """
        Check that a release can be drawn.

        It has passed the gate, and says one thing per cell; there is a title for it.

        Parameters
        ----------
        release : Release
            What is to be drawn.

        Returns
        -------
        None
            The release has rows, all columns needed, and one row for each cell of the picture.

        Raises
        ------
        TypeError
            If it is not a release.
        ValueError
            If the wording has no title, a column is missing, there are no rows, they mix several
            values of a dimension that the picture does not set apart, or several rows are of one
            cell.
        """
        if not wording.has_text(f"title.{self.title}"):
            raise ValueError(f"no picture is made of this: wording.csv lacks title.{self.title}")
        cells = check_release(release).table
        needs = ("status", *self.across, self.value, *self.needs)
        if missing := [name for name in needs if name not in cells]:
            raise ValueError(text("error.no_column", missing=missing))
        if cells.empty:
            raise ValueError("the release has no rows; nothing can be drawn")
        if mixed := [name for name in columns.list_varying(release) if name not in self.across]:
            first = f"{mixed[0]} == '{cells[mixed[0]].iloc[0]}'"
            raise ValueError(text("error.mixed", mixed=mixed, first=first))
        if cells.duplicated(list(self.across)).any():
            raise ValueError(f"the release has several rows for one {self.across}; keep one each")

    def write_title(self, release: Release) -> str:
        """
        Write what the picture shows, with its unit and, if it is of one, its category.

        Parameters
        ----------
        release : Release
            What is drawn.

        Returns
        -------
        str
            The title.
        """
        title, categories = text(f"title.{self.title}"), release.table.get("category")
        if categories is None or "category" in self.across or categories.iloc[0] == ANY:
            return title
        return text("title_subject", title=title, subject=columns.name_category(categories.iloc[0]))

    def write_scope(self, release: Release) -> str:
        """
        Write where and when: place basis, period, and what else holds for every cell.

        Parameters
        ----------
        release : Release
            What is drawn.

        Returns
        -------
        str
            The scope; empty if nothing limits it.
        """
        cells = release.table
        told = [name for name in list_dimensions(sets_apart=True) if name not in self.across]
        told += ["place"] if {"dep_code", "region_code"} & {*cells} else []
        parts = [write_value(name, cells[name].iloc[0]) for name in told if name in cells]
        if "window_start" in cells:
            span = columns.write_span(cells["window_start"].min(), cells["window_end"].max())
            parts.append(text("period", span=span))
        return ", ".join(parts)

    def describe(self, release: Release) -> str:
        """
        Describe the picture for somebody who does not see it.

        Parameters
        ----------
        release : Release
            What is drawn.

        Returns
        -------
        str
            What it shows, the three highest values, how many cells are hidden or empty, and
            whether the data are synthetic.
        """
        said = " ".join(self.tell(release))
        return f"{said} {text('synthetic')}." if release.is_synthetic else said

    def tell(self, release: Release) -> list[str]:
        """
        Tell what the picture shows.

        Parameters
        ----------
        release : Release
            What is drawn.

        Returns
        -------
        list of str
            Sentences: what it is, its three highest values, how many cells have none.
        """
        cells, scope = release.table, self.write_scope(release)
        words = {"kind": text(f"alt.{self.kind}"), "title": self.write_title(release)}
        counts = cells["status"].value_counts()
        highest = cells[cells["status"].eq("shown")].nlargest(3, self.value)
        items = self.list_items(highest, lambda row: write_value(self.value, row[self.value]))
        opening = text("alt.opening" if scope else "alt.opening_bare", scope=scope, **words)
        told = ["suppressed", "none", *(["absent"] if "absent" in counts else [])]
        left_out = [text(f"alt.{name}", n=format_count(counts.get(name, 0))) for name in told]
        return [opening, text("alt.highest" if items else "alt.no_value", items=items), *left_out]

    def list_items(self, cells: pd.DataFrame, write: Callable[[pd.Series], str]) -> str:
        """
        List some cells, each with its number.

        Parameters
        ----------
        cells : pandas.DataFrame
            Rows of a release.
        write : callable
            Writes the number of a row.

        Returns
        -------
        str
            Names and numbers, in the order of the rows.
        """
        items = []
        for _, row in cells.iterrows():
            name = ", ".join(write_cell(column, row) for column in self.across)
            items.append(text("alt.item", name=name, value=write(row)))
        return text("alt.join").join(items)


@dataclass(frozen=True, repr=False)
class Drawing:
    """
    A picture of a release, drawn when it is asked for, in the language spoken then.

    Attributes
    ----------
    release : Release
        What is drawn.
    caption : Caption
        What the picture is about.
    draw : callable
        Takes both, returns a new matplotlib figure.

    Raises
    ------
    TypeError, ValueError
        As `Caption.check` does.
    """

    release: Release
    caption: Caption
    draw: Callable[[Release, Caption], Figure]

    def __post_init__(self) -> None:
        self.caption.check(self.release)

    def alt_text(self) -> str:
        """
        Describe the picture for somebody who does not see it.

        Returns
        -------
        str
            As `Caption.describe` does.
        """
        return self.caption.describe(self.release)

    def render(self) -> Figure:
        """
        Draw the picture.

        Returns
        -------
        matplotlib.figure.Figure
            A new figure that nothing else holds.
        """
        with rc_context(STYLE["settings"]):
            return self.draw(self.release, self.caption)

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
    if wrong := [name for name in drawings if not re.fullmatch(r"[a-z0-9_-]+", name)]:
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
    record = render_record(release).encode()
    files = {f"{name}.csv": written.encode(), f"{name}.audit.json": record}
    for language in wording.LANGUAGES:
        stem = f"{name}.{language}"
        with wording.speaking(language):
            files[f"{stem}.svg"] = drawing.to_svg().encode()
            files[f"{stem}.png"] = drawing.to_png()
            files[f"{stem}.txt"] = f"{drawing.alt_text()}\n".encode()
            files[f"{stem}.audit.html"] = render_report(release).encode()
    for file, content in files.items():
        (folder / file).write_bytes(content)
    return list(files)


def render_record(release: Release) -> str:
    """
    Render the audit of a release for machines.

    Parameters
    ----------
    release : Release
        What was released.

    Returns
    -------
    str
        JSON of all that its audit tells, keys in order.
    """
    return json.dumps(dict(release.audit), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def render_report(release: Release) -> str:
    """
    Render the audit of a release for readers.

    Parameters
    ----------
    release : Release
        What was released.

    Returns
    -------
    str
        HTML that needs nothing else. It tells nothing that the release does not tell.
    """
    audit, base = release.audit, release.audit["rounded_to"]
    rows = "\n".join(
        f"<tr><th scope='row'>{html.escape(text(f'audit.{name}'))}</th>"
        f"<td>{html.escape(_write_audited(name, audit[name]))}</td></tr>"
        for name in wording.list_keys("audit.")
        if name in audit
    )
    method = "hidden" if base is None else "rounded"
    method = "published" if audit["profile"] == "published" else method
    notice = text("synthetic") if release.is_synthetic else ""
    method = text(f"audit.{method}", base=base, highest=release.threshold - 1)
    said = {"title": text("audit.title"), "method": method}
    escaped = {name: html.escape(part) for name, part in (said | {"notice": notice}).items()}
    return AUDIT.substitute(escaped, language=wording.current_language(), rows=rows)


def _write_audited(name: str, value: Any) -> str:
    """Write what an audit holds: words where it has some, shares and counts, else as it is."""
    words = "audit.nothing" if value is None else f"audit.{name}.{value}"
    if wording.has_text(words):
        return text(words)
    kinds = {float: "share", int: "count"}
    return format_number(value, kinds[type(value)]) if type(value) in kinds else str(value)


def open_figure(
    release: Release, caption: Caption, height: float, notes: Sequence[str]
) -> tuple[Figure, Box]:
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


def _break(name: str, paragraphs: Sequence[str]) -> list[tuple[str, Any]]:
    line = STYLE["lines"][name]
    return [(part, line) for words in paragraphs for part in wrap(words, line["n_characters"])]


def _write_lines(figure: Figure, lines: Sequence[tuple[str, Any]], top: float) -> None:
    for words, line in lines:
        figure.text(SIZES.margin / SIZES.width, top, words, va="top", ha="left", **line["set"])
        top -= line["height"] / figure.get_figheight()


def make_handles(looks: Iterable[tuple[str, Any]]) -> list[Patch]:
    """
    Make legend entries of areas.

    Parameters
    ----------
    looks : iterable of (str, mapping)
        Label of each, and its look.

    Returns
    -------
    list of matplotlib.patches.Patch
        One each.
    """
    return [Patch(label=label, **look, **LOOKS["edge"]) for label, look in looks]


def list_status_handles(statuses: Iterable[str]) -> list[Patch]:
    """
    Make the legend entries of the statuses that occur.

    Parameters
    ----------
    statuses : iterable of str
        Statuses of the cells drawn; those without a pattern are left out.

    Returns
    -------
    list of matplotlib.patches.Patch
        One per status, in the order of `STATUS_STYLES`.
    """
    found = {*statuses}
    looks = ((text(f"status.{s}"), look) for s, look in STATUS_STYLES.items() if s in found)
    return make_handles(looks)


def write_key(axes: Axes, handles: Sequence[Artist], *, columns: int = 6) -> None:
    """
    Write a legend above a chart, in lines of like length.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Chart.
    handles : sequence of matplotlib.artist.Artist
        Entries, labelled.
    columns : int, default 6
        Entries that fit on one line.

    Returns
    -------
    None
        The chart has a legend, or none if there are no entries.
    """
    if handles:
        n_lines = ceil(len(handles) / columns)
        axes.legend(handles=list(handles), ncols=ceil(len(handles) / n_lines), **LOOKS["key"])

"""Execute the notebooks and write them as pages that a browser opens from disk."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import papermill
from nbconvert import HTMLExporter
from tqdm import tqdm

TITLE = "What a personal-data breach exposes"
NOTICE = "Synthetic data: these pages show a method at work, not the real breach."
STYLE = """
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b;
       font: 17px/1.55 Georgia, 'Times New Roman', serif; background: #fff; }
h1, h2, h3, nav, .notice, table { font-family: system-ui, 'Helvetica Neue', Arial, sans-serif; }
h1 { line-height: 1.2; }
.notice { background: #fff3cd; border-left: .3rem solid #b58900; padding: .5rem .8rem; }
table { border-collapse: collapse; font-size: .85rem; margin: 1rem 0; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid #ddd; text-align: right; }
th:first-child, td:first-child { text-align: left; }
.scroll, .jp-OutputArea-output { overflow-x: auto; }
img { max-width: 100%; height: auto; }
pre { font-size: .8rem; overflow-x: auto; background: #f6f6f4; padding: .5rem .8rem; }
.jp-InputPrompt, .jp-OutputPrompt, .anchor-link { display: none; }
"""


def write_pages(notebooks: Sequence[Path], folder: Path) -> Path:
    """
    Execute notebooks and write a page each, with an index.

    Parameters
    ----------
    notebooks : sequence of pathlib.Path
        Notebooks, in reading order. The stored ones are not changed.
    folder : pathlib.Path
        Where ``NAME.html``, ``notebooks/NAME.ipynb``, ``figures/`` and ``index.html`` go.

    Returns
    -------
    pathlib.Path
        The index page.

    Raises
    ------
    papermill.PapermillExecutionError
        If a cell of a notebook fails; the page names it.
    """
    copies = folder / "notebooks"
    copies.mkdir(parents=True, exist_ok=True)
    entries = []
    for path in tqdm(notebooks, desc="executing notebooks", unit="notebook"):
        executed = papermill.execute_notebook(
            str(path),
            str(copies / path.name),
            parameters={"FIGURES": str((folder / "figures").resolve())},
            cwd=str(path.parent),
            progress_bar=False,
        )
        title, summary = read_opening(executed)
        page = folder / f"{path.stem}.html"
        page.write_text(render_page(title, _body(executed)), encoding="utf-8")
        entries.append((page.name, title, summary))
    index = folder / "index.html"
    index.write_text(render_page(TITLE, _contents(entries, folder)), encoding="utf-8")
    return index


def read_opening(notebook: Any) -> tuple[str, str]:
    """
    Read the title and the first paragraph of a notebook.

    Examples
    --------
    >>> import nbformat
    >>> cell = nbformat.v4.new_markdown_cell("# How many?\\n\\nAsked by readers.\\n\\nMore.")
    >>> read_opening(nbformat.v4.new_notebook(cells=[cell]))
    ('How many?', 'Asked by readers.')
    """
    blocks = notebook.cells[0].source.split("\n\n")
    return blocks[0].lstrip("# ").strip(), blocks[1].strip() if len(blocks) > 1 else ""


def render_page(title: str, body: str) -> str:
    """Wrap a body into a page that needs nothing from the network."""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style></head>\n<body>\n"
        f'<nav><a href="index.html">All pages</a></nav>\n<p class="notice">{NOTICE}</p>\n'
        f"{body}\n</body></html>\n"
    )


def _body(notebook: Any) -> str:
    exporter = HTMLExporter(template_name="basic", embed_images=True)
    body, _ = exporter.from_notebook_node(notebook)
    return body


def _contents(entries: Sequence[tuple[str, str, str]], folder: Path) -> str:
    items = "\n".join(
        f'<li><a href="{name}">{html.escape(title)}</a><br>{html.escape(summary)}</li>'
        for name, title, summary in entries
    )
    figures = "\n".join(
        f'<li><a href="figures/{path.name}">{path.name}</a></li>'
        for path in sorted((folder / "figures").glob("*"))
        if path.suffix in (".svg", ".png", ".csv")
    )
    return (
        f"<h1>{TITLE}</h1>\n<ol>\n{items}\n</ol>\n"
        f"<h2>Figures and tables as files</h2>\n<ul>\n{figures}\n</ul>"
    )

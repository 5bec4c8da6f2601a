"""What goes with a release: the rules kept, what is hidden, and what the attacker found."""

from __future__ import annotations

import html
import json

from analysis.disclosure import Release
from analysis.reporting.wording import current_language, format_count, format_share, text

PUBLISHED = "published"
LINES = (
    "profile",
    "threshold",
    "n_cells",
    "n_hidden",
    "n_none",
    "narrowest_interval",
    "information_kept",
    "n_earlier",
    "hash",
)


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
        JSON, with the number of cells that each rule hid.
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
    title = html.escape(text("audit.title"))
    rows = "\n".join(
        f"<tr><th scope='row'>{html.escape(text(f'audit.{name}'))}</th>"
        f"<td>{html.escape(_write_value(release, name))}</td></tr>"
        for name in LINES
    )
    notice = text("synthetic") if release.is_synthetic else ""
    return (
        f"<!DOCTYPE html>\n<html lang='{current_language()}'><head><meta charset='utf-8'>"
        f"<title>{title}</title></head>\n<body><h1>{title}</h1>\n"
        f"<p><strong>{html.escape(notice)}</strong></p>\n"
        f"<p>{html.escape(_describe_method(release))}</p>\n"
        f"<table>\n{rows}\n</table></body></html>\n"
    )


def _describe_method(release: Release) -> str:
    base = release.audit["rounded_to"]
    if release.audit["profile"] == PUBLISHED:
        return text("audit.published")
    if base is None:
        return text("audit.hidden")
    return text("audit.rounded", base=base)


def _write_value(release: Release, name: str) -> str:
    value = release.audit[name]
    if value is None:
        return text("audit.nothing")
    if name == "information_kept":
        return format_share(value)
    if name == "profile":
        return text(f"audit.profile.{value}")
    return format_count(value) if isinstance(value, int) else str(value)

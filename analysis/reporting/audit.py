"""What goes with a release: the rules kept, what is hidden, and what the attacker found."""

from __future__ import annotations

import html
import json

from analysis import reference
from analysis.disclosure import Release

REGISTER = "register"
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


def render_report(release: Release, language: str) -> str:
    """
    Render the audit of a release for readers.

    Parameters
    ----------
    release : Release
        What was released.
    language : {'en', 'fr'}
        Language of the page.

    Returns
    -------
    str
        HTML that needs nothing else. It tells nothing that the release does not tell.
    """
    reference.check_language(language)
    title = html.escape(reference.text("audit.title", language))
    rows = "\n".join(
        f"<tr><th scope='row'>{html.escape(reference.text(f'audit.{name}', language))}</th>"
        f"<td>{html.escape(_write_value(release, name, language))}</td></tr>"
        for name in LINES
    )
    notice = reference.text("synthetic", language) if release.is_synthetic else ""
    return (
        f"<!DOCTYPE html>\n<html lang='{language}'><head><meta charset='utf-8'>"
        f"<title>{title}</title></head>\n<body><h1>{title}</h1>\n"
        f"<p><strong>{html.escape(notice)}</strong></p>\n"
        f"<p>{html.escape(_describe_method(release, language))}</p>\n"
        f"<table>\n{rows}\n</table></body></html>\n"
    )


def _describe_method(release: Release, language: str) -> str:
    base = release.audit["rounded_to"]
    if release.audit["profile"] == REGISTER:
        return reference.text("audit.register", language)
    if base is None:
        return reference.text("audit.hidden", language)
    return reference.text("audit.rounded", language, base=base)


def _write_value(release: Release, name: str, language: str) -> str:
    value = release.audit[name]
    if value is None:
        return reference.text("audit.nothing", language)
    if name == "information_kept":
        return reference.format_share(value, language)
    if name == "profile":
        return reference.text(f"audit.profile.{value}", language)
    return reference.format_count(value, language) if isinstance(value, int) else str(value)

"""What goes with a release: the rules kept, what is hidden, and what the attacker found."""

from __future__ import annotations

import html
import json
from pathlib import Path
from string import Template

from analysis.disclosure import Release
from analysis.reporting.wording import current_language, format_count, format_share, list_keys, text

PAGE = Template(Path(__file__).with_name("audit.html").read_text("utf-8"))


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
    names = [name for name in list_keys("audit.") if name in release.audit]
    words = {text(f"audit.{name}"): _write_value(release, name) for name in names}
    rows = "\n".join(
        f"<tr><th scope='row'>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
        for name, value in words.items()
    )
    said = {"title": text("audit.title"), "method": _describe_method(release)}
    said["notice"] = text("synthetic") if release.is_synthetic else ""
    escaped = {name: html.escape(part) for name, part in said.items()}
    return PAGE.substitute(escaped, language=current_language(), rows=rows)


def _describe_method(release: Release) -> str:
    base = release.audit["rounded_to"]
    if release.audit["profile"] == "published":
        return text("audit.published")
    return text("audit.hidden") if base is None else text("audit.rounded", base=base)


def _write_value(release: Release, name: str) -> str:
    value = release.audit[name]
    if value is None:
        return text("audit.nothing")
    if name == "information_kept":
        return format_share(value)
    if name == "profile":
        return text(f"audit.profile.{value}")
    return format_count(value) if isinstance(value, int) else str(value)

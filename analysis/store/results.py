"""Results of long evaluations: stored readable, refused when older than what they judge."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

from analysis import reference

FOLDER = reference.REFERENCE / "evaluation"


def write_evaluation(name: str, results: dict[str, Any], *, made_by: str) -> Path:
    """
    Store the results of an evaluation.

    Parameters
    ----------
    name : str
        What was judged; the name of the file.
    results : dict
        Numbers, texts, lists and mappings of them.
    made_by : str
        Digest of the code and tables that were judged.

    Returns
    -------
    pathlib.Path
        The file.
    """
    made_on = f"Python {platform.python_version()}, {platform.machine()}"
    content = {"made_by": made_by, "made_on": made_on, "results": results}
    path = FOLDER / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read_evaluation(name: str, *, made_by: str) -> dict[str, Any]:
    """
    Read the results of an evaluation.

    Parameters
    ----------
    name : str
        What was judged.
    made_by : str
        Digest of the code and tables as they are now.

    Returns
    -------
    dict
        The results.

    Raises
    ------
    FileNotFoundError
        If there are none, or they judge other code.
    """
    path = FOLDER / f"{name}.json"
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if content.get("made_by") != made_by:
        raise FileNotFoundError(f"{path} is missing or older than its code; run `make evaluate`")
    return content["results"]

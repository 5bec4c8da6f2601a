"""How many people a data breach exposes, where, and with which data.

Ten rooms in the order of the story: reference, store, intake, linkage, comments, exposure, impact,
disclosure, published, reporting. The verbs that every notebook needs can be taken from here.
"""

from importlib import import_module
from typing import Any

VERBS = {"disclosure": ("publish", "release", "release_edition")}


def __getattr__(name: str) -> Any:
    """Take a verb from its room when it is first asked for, so that importing costs nothing."""
    for room, verbs in VERBS.items():
        if name in verbs:
            return getattr(import_module(f"{__name__}.{room}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

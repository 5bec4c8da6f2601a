"""How many people a data breach exposes, where, and with which data.

Ten rooms in the order of the story: reference, store, intake, linkage, comments, exposure, impact,
disclosure, published, reporting. The verbs that every notebook needs can be taken from here.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.disclosure import publish, release, release_edition

VERBS = {"publish": "disclosure", "release": "disclosure", "release_edition": "disclosure"}


def __getattr__(name: str) -> Any:
    """Take a verb from its room when it is first asked for, so that importing costs nothing."""
    if name not in VERBS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{VERBS[name]}"), name)

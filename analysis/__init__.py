"""How many people a data breach exposes, where, and with which data.

Ten rooms in the order of the story: reference, store, intake, linkage, comments, exposure, impact,
disclosure, published, reporting. The verbs that every notebook needs can be taken from here.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.disclosure import publish, release, release_together
    from analysis.exposure import count, one_window, open_coded
    from analysis.reference import read_categories

VERBS = {
    "count": "exposure",
    "one_window": "exposure",
    "open_coded": "exposure",
    "publish": "disclosure",
    "read_categories": "reference",
    "release": "disclosure",
    "release_together": "disclosure",
}


def __getattr__(name: str) -> Any:
    """Take a verb from its room when it is first asked for, so that importing costs nothing."""
    if name not in VERBS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{VERBS[name]}"), name)

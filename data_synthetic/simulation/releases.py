"""What the stored notebooks show of the synthetic breaches: the ledgers that come with them."""

from __future__ import annotations

import shutil
from pathlib import Path

from analysis.disclosure import Ledger, release_edition
from analysis.exposure import open_coded
from analysis.store import RELEASES, Breach

KEPT = Path(__file__).parents[1] / "releases"


def adopt_releases(breach: Breach, kept: Path = KEPT) -> None:
    """
    Begin the ledger of a drawn breach with that of the stored notebooks.

    Parameters
    ----------
    breach : Breach
        Drawn records, coded, or their practice import.
    kept : pathlib.Path
        Folder of the ledgers that come with the notebooks, each named by the hash of its
        records.

    Returns
    -------
    None
        A ledger that goes on from there is left alone; another one is replaced, for it is of
        nobody real. Without one of these records the edition is opened anew.
    """
    ledger, stored = breach.folder / RELEASES, _name_kept(breach, kept)
    begun = ledger.read_text(encoding="utf-8") if ledger.is_file() else ""
    if stored.is_file() and not begun.startswith(stored.read_text(encoding="utf-8")):
        shutil.copyfile(stored, ledger)
    elif not begun:
        begin_releases(breach)


def begin_releases(breach: Breach) -> None:
    """
    Begin a new edition of a drawn breach, as if nothing had been shown.

    Parameters
    ----------
    breach : Breach
        Drawn records, coded, or their practice import.

    Returns
    -------
    None
        Its ledger holds what most pages show.
    """
    ledger = breach.folder / RELEASES
    ledger.unlink(missing_ok=True)
    release_edition(open_coded(breach), ledger=Ledger(ledger))


def keep_releases(breach: Breach, kept: Path = KEPT) -> None:
    """
    Keep the ledger of executed notebooks with them.

    Parameters
    ----------
    breach : Breach
        Records that they counted.
    kept : pathlib.Path
        Folder of the ledgers.

    Returns
    -------
    None
        The ledger is copied there.
    """
    kept.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(breach.folder / RELEASES, _name_kept(breach, kept))


def _name_kept(breach: Breach, kept: Path) -> Path:
    return kept / f"{breach.manifest['content_hash'][:12]}.jsonl"

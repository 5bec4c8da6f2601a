"""The first release of a breach: the tables that most pages show, protected together."""

from __future__ import annotations

from analysis import reference
from analysis.disclosure.gate import Release, release_together
from analysis.disclosure.ledger import Ledger
from analysis.exposure import CodedRecords
from analysis.impact import PERIOD, POPULATION_YEAR, count_places


def release_edition(
    coded: CodedRecords,
    start: str = PERIOD[0],
    end: str = PERIOD[1],
    *,
    population_year: int = POPULATION_YEAR,
    ledger: Ledger | None = None,
) -> dict[str, dict[str, Release]]:
    """
    Release the tables by place before any page asks for less of them.

    Parameters
    ----------
    coded
        See the glossary of `analysis.exposure`.
    start, end : str
        First day in and first day out, as ``YYYY-MM-DD``.
    population_year : int, default 2019
        Year of the residents [persons].
    ledger
        See the glossary of `analysis.disclosure`.

    Returns
    -------
    dict of str to dict of str to Release
        For each place basis the tables of `analysis.impact.count_places`. Released one by one,
        those that come first would leave the later ones nothing to hide behind.

    Raises
    ------
    ConflictError, ExposedError
        As `analysis.disclosure.release_together` does.
    """
    counted = {
        (place, name): counts
        for place in reference.PLACES
        for name, counts in count_places(
            coded, start, end, place=place, population_year=population_year
        ).items()
    }
    tables = {"/".join(key): counts for key, counts in counted.items()}
    released = release_together(tables, ledger=ledger)
    return {
        place: {name: released[f"{place}/{name}"] for at, name in counted if at == place}
        for place in reference.PLACES
    }

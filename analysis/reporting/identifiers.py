"""Recognise what points at somebody: forms of identifiers, and values of a breach."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa

from analysis import reference, store
from analysis.reporting.passages import Passage
from analysis.reporting.patterns import FIELDS, IDENTIFIERS, PATTERNS

COMPARED = 6  # first words of a value that are compared
SHORTEST = 6  # characters; shorter values are ordinary words
# The runs that are the first words of a value, `{value}` in SQL, of `{n_words}` words or more.
FIND_RUNS = r"""
    with held as (select distinct {value} as value from records),
    plain as (
        select trim(regexp_replace(strip_accents(lower(value)), '[^\pL\pN]+', ' ', 'g')) as said
        from held),
    firsts as (select string_split(said, ' ') as words from plain where length(said) >= {shortest})
    select array_to_string(words[1:{compared}], ' ') from firsts where len(words) >= {n_words}
    intersect select run from runs
"""


def list_forms(text: str) -> list[str]:
    """
    Name the identifiers whose form stands in a text.

    Parameters
    ----------
    text : str
        A text, as `normalise_text` writes it.

    Returns
    -------
    list of str
        Kinds such as ``phone number``, each once; empty if there is none.

    Examples
    --------
    >>> list_forms("call 01 99 00 12 34")
    ['phone number']
    """
    return [kind for kind, form in IDENTIFIERS.items() if form.search(text)]


def list_runs(text: str) -> set[str]:
    """
    List the runs of one to `COMPARED` words, without accents or capitals.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    set of str
        Words parted by one space.

    Examples
    --------
    >>> sorted(list_runs("Éloïse d'Exemple"))
    ['d', 'd exemple', 'eloise', 'eloise d', 'eloise d exemple', 'exemple']
    """
    letters = unicodedata.normalize("NFD", text.lower())
    words = PATTERNS["run_word"].findall(
        "".join(c for c in letters if not unicodedata.combining(c))
    )
    return {
        " ".join(words[start : start + length])
        for start in range(len(words))
        for length in range(1, COMPARED + 1)
    }


def find_values(passages: Iterable[Passage], breach: store.Breach) -> Mapping[str, str]:
    """
    Look all runs of words up among the values of a breach.

    Parameters
    ----------
    passages : iterable of Passage
        Texts about to be published.
    breach : Breach
        Where the values come from.

    Returns
    -------
    mapping of str to str
        Runs that are a value of the breach, and its field. Surnames and first names count only
        together, in either order; long values are compared by their first words.
    """
    runs = {run for passage in passages for run in list_runs(passage.text)}
    views = {"records": breach.partitions("records")}
    found: dict[str, str] = {}
    with store.open_views(views, schemas={"records": reference.record_schema()}) as connection:
        connection.register("runs", pa.table({"run": pa.array(sorted(runs), pa.string())}))
        for field, value, n_words in _list_values():
            sizes = {"n_words": n_words, "compared": COMPARED, "shortest": SHORTEST}
            met = connection.sql(FIND_RUNS.format(value=value, **sizes)).fetchall()
            found |= {run: field for (run,) in met}
    return found


def _list_values() -> Iterator[tuple[str, str, int]]:
    """Yield the fields, the SQL of their value, in either order of names, and its fewest words."""
    for field, n_words in FIELDS.items():
        names = field.split(" with ")
        for ordered in dict.fromkeys((tuple(names), tuple(names[::-1]))):
            yield field, " || ' ' || ".join(ordered), n_words

"""Recognise what points at somebody: forms of identifiers, and values of a breach."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

import duckdb
import pandas as pd

from analysis.reporting.passages import Passage
from analysis.store import Breach

STREETS = "rue|avenue|boulevard|impasse|allée|place|chemin|route|quai|cours|square|lotissement"
APART = r"(?: ?[./_-] ?| {1,2})?"  # between groups of digits
START = r"(?<![^\W_])(?<!\d[.,_-])"
END = r"(?![^\W_])"
FORMS = {
    "social security number": re.compile(
        rf"{START}[1-478]{APART}\d\d{APART}(?:0[1-9]|1[0-2]|[2-9]\d){APART}(?:\d\d|2[AB]){APART}"
        rf"\d{{3}}{APART}\d{{3}}(?:{APART}\d\d)?{END}",
        re.IGNORECASE,
    ),
    "phone number": re.compile(
        rf"{START}(?:(?:\+|00)33{APART}(?:\(0\) ?)?|0)[1-9](?:{APART}\d\d){{4}}{END}"
    ),
    "e-mail address": re.compile(
        r"(?<![\w.+-])[\w.+-]+(?:@| ?[\[(](?:at|arobase)[\])] ?)[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b"
    ),
    "postal address": re.compile(
        rf"(?<![\d.,])\d{{1,4}}(?: ?(?:bis|ter))?,? (?i:{STREETS}) "
        r"(?:de la |des? |du |[dl]['’])?[A-ZÀ-Ý]"
    ),
}
# Fields whose values are no ordinary words, and pairs of fields that name somebody.
DIRECT = ("nir", "address", "landline", "mobile", "email", "portal_login", "portal_password")
COMMENTS = ("comment_patient", "comment_file")
NAMES = (
    ("first_names", "birth_name"),
    ("first_names", "used_name"),
    ("prescriber_first_name", "prescriber_last_name"),
    ("sampler_first_name", "sampler_last_name"),
)
COMPARED = 6  # first words of a value that are compared
COMMENT_WORDS = 4  # shorter comments are ordinary phrases
SHORTEST = 6  # characters; shorter values are ordinary words
WORD = re.compile(r"[^\W_]+")


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
    return [kind for kind, form in FORMS.items() if form.search(text)]


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
    words = WORD.findall("".join(c for c in letters if not unicodedata.combining(c)))
    return {
        " ".join(words[start : start + length])
        for start in range(len(words))
        for length in range(1, COMPARED + 1)
    }


def find_values(passages: Iterable[Passage], breach: Breach) -> Mapping[str, str]:
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
    connection = duckdb.connect()
    connection.register("runs", pd.DataFrame({"run": sorted(runs)}, dtype=str))
    records = connection.read_parquet(f"{breach.folder}/records/*.parquet")
    met: dict[str, str] = {}
    for field, value, n_words in _list_values(set(records.columns)):
        held = records.project(f"{value} as value").distinct()
        plain = held.project(f"{_plain('value')} as plain").filter(f"length(plain) >= {SHORTEST}")
        firsts = plain.project(f"string_split(plain, ' ')[1:{COMPARED}] as words")
        firsts = firsts.filter(f"len(words) >= {n_words}")
        known = firsts.project("array_to_string(words, ' ') as run")
        met |= {run: field for (run,) in known.intersect(connection.table("runs")).fetchall()}
    return met


def _list_values(columns: set[str]) -> Iterator[tuple[str, str, int]]:
    """Yield the fields that a breach has, the SQL of their value and its fewest words."""
    yield from ((field, field, 1) for field in DIRECT if field in columns)
    yield from ((field, field, COMMENT_WORDS) for field in COMMENTS if field in columns)
    for pair in NAMES:
        if columns.issuperset(pair):
            for first, second in (pair, pair[::-1]):
                yield " with ".join(pair), f"{first} || ' ' || {second}", 2


def _plain(value: str) -> str:
    letters = f"strip_accents(lower({value}))"
    return f"trim(regexp_replace({letters}, '[^\\pL\\pN]+', ' ', 'g'))"

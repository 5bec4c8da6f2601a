"""The one table of words and patterns that files are recognised by and told about."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

WORDS = Path(__file__).parent / "words.csv"


@cache
def read_words(kind: str) -> dict[str, str]:
    r"""
    Read the words of a kind and what each means, in the order of the table.

    Parameters
    ----------
    kind : str
        Of headers: ``thing`` (a field of a patient, or what is named of another role), ``role``
        (whom it is about), ``filler`` (passed over), ``field`` (``role_thing`` that is called
        otherwise in the data dictionary). Of values: ``ending`` (of a field: the type of its
        values), ``type`` (its pattern, to match whole in any case; without one, it is any word
        of the kind of that name: ``a sex``, ``a title``), ``date`` (formats to try in this
        order), ``letters`` (for the parts of a format), ``placeholder`` (patterns that say that
        nothing is known). Of records: ``contract`` (what to say of a field that breaks it) and
        ``pattern`` (what such a value should match). Of an account: ``reason`` and ``remark``
        (what was done, or is to be done), ``place`` (quality of a place, and its remark). Of the
        first bytes of a file: ``signature`` (pattern, and the packing or kind it tells) and
        ``mark`` (pattern, and the encoding). And ``message``: what is said.

    Returns
    -------
    dict of str to str
        Meaning by word or words; empty where a word needs none.

    Raises
    ------
    ValueError
        If the table has a word of this kind twice.

    Examples
    --------
    >>> read_words("contract")["sex"], read_words("pattern")["neither F nor M"]
    ('neither F nor M', '[FM]')
    """
    words = pd.read_csv(WORDS, dtype=str, keep_default_na=False)
    own = words[words["kind"].eq(kind)]
    if own["words"].duplicated().any():
        raise ValueError(f"{WORDS}: a word of the kind {kind} stands twice; remove one of the rows")
    return dict(zip(own["words"], own["meaning"], strict=True))

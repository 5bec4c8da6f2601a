"""Letters as they are compared: without accents, ligatures written out."""

import unicodedata

_PLAIN = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "µ": "u"})


def drop_accents(text: str) -> str:
    """
    Write a text without accents and ligatures.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        The same letters, plain.

    Examples
    --------
    >>> drop_accents("sœur née à Évreux")
    'soeur nee a Evreux'
    """
    if text.isascii():
        return text
    letters = unicodedata.normalize("NFD", text.translate(_PLAIN))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))

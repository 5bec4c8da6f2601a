"""How few persons make a cell too small to be shown, and who says so."""

from __future__ import annotations

from dataclasses import dataclass

from analysis import reference

CHOSEN = "chosen"


@dataclass(frozen=True)
class Profile:
    """
    One rule for small cells.

    Attributes
    ----------
    name : str
        Its name in ``reference/disclosure_profiles.csv``, or ``chosen``.
    threshold : int
        Smallest number of persons (or businesses) shown.
    dominance : float
        Largest share of a cell's total that one contributor may have, 0 to 1.
    status : str
        ``law``, ``regulator's practice`` or ``house rule``.
    source : str
        Who says so.
    """

    name: str
    threshold: int
    dominance: float
    status: str
    source: str


def read_profile(name: str, *, threshold: int | None = None) -> Profile:
    """
    Read a rule from the table of rules.

    Parameters
    ----------
    name : str
        Name of the profile.
    threshold : int, optional
        Another threshold; the rule is then the house's own.

    Returns
    -------
    Profile
        The rule.

    Raises
    ------
    ValueError
        If the name is unknown, or the threshold is below 2.

    Examples
    --------
    >>> read_profile("health").threshold, read_profile("businesses").dominance
    (11, 0.85)
    """
    table = reference.read_profiles()
    if name not in table.index:
        raise ValueError(f"unknown profile {name!r}; known are {table.index.tolist()}")
    row = {column: str(value) for column, value in table.loc[name].items()}
    dominance = float(row["dominance"] or 1.0)
    if threshold is None:
        return Profile(name, int(row["threshold"]), dominance, row["status"], row["source"])
    if threshold < 2:
        raise ValueError(f"threshold must be 2 or more, got {threshold}")
    return Profile(CHOSEN, threshold, dominance, "house rule", "chosen by the analyst")

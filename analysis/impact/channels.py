"""Find by which channels each person of a file can be told in private."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from analysis import reference
from analysis.exposure import ANY, CodedRecords, Counts, Source, complete_cells, open_records

ADULT_AT = 18  # [years]
CELLS = ("dep_code", "laboratory_id")
COUNTED = ["n_records", "n_persons"]
USED = ("email", "mobile", "landline", "address", "postal_code", "nir")
# An e-mail address is shared if two persons have it; a number, if they live together.
SHARED_WITHIN = {"email": "email", "mobile": "mobile, address, postal_code"}
# Who belongs to a group, in terms of the flags of `Contacts`; of a message: whom it can be sent to.
GROUPS = pd.read_csv(Path(__file__).with_name("groups.csv"), keep_default_na=False)
LINES = """
    select *, bool_or(born_on <= date '{adult_since}') over (partition by nir) as nir_is_adults,
        {shared}
    from (
        select c.*, p.person_id as who, r.born_on, {details}
        from records r join persons p using (record_id) join coded c using (record_id)
    )
"""
PEOPLE = """
    select who, count(*) as n_records,
        bool_or(email is not null) as has_email,
        bool_or(email is not null and not email_is_shared) as has_own_email,
        bool_or(mobile is not null) as has_mobile,
        bool_or(mobile is not null and not mobile_is_shared) as has_own_mobile,
        bool_or(landline is not null) as has_landline,
        bool_or(address is not null and postal_code is not null) as has_address,
        bool_or(filled & {mask} <> 0) as is_sensitive,
        coalesce(max(born_on) > date '{adult_since}', false) as is_minor,
        is_minor and bool_or(nir is not null and nir_is_adults) as has_parent
    from lines group by who
"""
JOINED = """
    (select who, {column} as {by}, count(*) as n_records from lines group by all)
    join (select * exclude (n_records) from people) using (who)
"""


@dataclass(frozen=True, repr=False)
class Contacts:
    """
    Persons by what can be used to tell them; not to be shown as it is.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per cell and combination of flags (``has_…``, ``is_…``) that occurs, with
        ``n_records`` [records] and ``n_persons`` [persons].
    source : Source
        What was counted.
    choice : str, default ''
        Categories that are sensitive, joined by ``+``: what the judgements about the persons
        depend on.
    """

    table: pd.DataFrame
    source: Source
    choice: str = ""


def find_contacts(
    coded: CodedRecords,
    *,
    told_on: date | str,
    sensitive: Sequence[str] = ("comments",),
    by: str | None = None,
) -> Contacts:
    """
    Find the channels that each person can be told on.

    Parameters
    ----------
    coded : CodedRecords
        See the glossary of `analysis.exposure`; the raw records beside them are read for who
        shares what.
    told_on : datetime.date or str
        Day the persons are told, as a date or ``YYYY-MM-DD``; who is younger than 18 on it is a
        minor.
    sensitive : sequence of str
        Categories whose presence makes a message harmful in the wrong hands; the default takes
        any comment for sensitive, whatever a reader of comments made of it.
    by : {'dep_code', 'laboratory_id'}, optional
        What makes a cell: each département or each laboratory of a record of the person, who
        counts in each.

    Returns
    -------
    Contacts
        Persons by cell and flags.

    Raises
    ------
    ValueError
        If `by` is anything else, a category is unknown, or it is read from comments that nobody
        read: everybody would seem safe to tell anyhow.

    Notes
    -----
    An e-mail address is a person's own (``has_own_email``) if nobody else in the file has it; a
    mobile, if nobody at the same address has it (lines without one count as one address). A
    minor's parent is in the file (``has_parent``) if an adult of the file carries the number
    (NIR) on the minor's line. Where birth dates differ between lines the youngest counts.
    """
    if by not in (None, *CELLS):
        raise ValueError(f"by must be one of {CELLS} or None, got {by!r}")
    adult_since = (pd.Timestamp(told_on) - pd.DateOffset(years=ADULT_AT)).date()
    people = PEOPLE.format(mask=_sensitive_mask(coded, sensitive), adult_since=adult_since)
    column = {"dep_code": "home"}.get(by or "", by)
    cell, source = (f"{by}, ", JOINED.format(column=column, by=by)) if by else ("", "people")
    with open_records(coded.breach, persons=coded.persons, coded=coded.partitions) as records:
        records.execute(f"create temp table lines as {_select_lines(adult_since)}")
        records.execute(f"create temp table people as {people}")
        found = records.execute(
            f"select {cell}columns('^(has|is)_'), sum(n_records) as n_records, "
            f"count(*) as n_persons from {source} group by all order by all"
        ).df()
    if by:
        found[by] = pd.Series(coded.meanings[by]).reindex(found[by]).to_numpy()
    table = found.astype(dict.fromkeys(COUNTED, "Int64"))
    return Contacts(table, Source.of(coded.breach), "+".join(sensitive))


def count_channels(contacts: Contacts) -> Counts:
    """
    Count the persons whom each channel reaches, whoever else it reaches too.

    Parameters
    ----------
    contacts : Contacts
        As made by `find_contacts`.

    Returns
    -------
    Counts
        One row per cell and ``channel``: ``all`` persons; with an ``email``, a ``mobile``, a
        ``landline``, a ``letter``; by ``letter_only``; by ``none`` of these.
    """
    return count_groups(contacts, find_groups(contacts, "channel"), name="channel")


def count_care(contacts: Contacts) -> Counts:
    """
    Count the persons who must be told with care.

    Parameters
    ----------
    contacts : Contacts
        As made by `find_contacts`.

    Returns
    -------
    Counts
        One row per cell and ``care``: minors ``minor_parent`` (told through a parent who is in
        the file) and ``minor_other`` (through whoever represents them); ``sensitive`` persons;
        among them ``sensitive_shared``, who have an e-mail or a mobile but none that is theirs
        alone, ``sensitive_minor``; and ``deceased``, which the file does not say.
    """
    counts = count_groups(contacts, find_groups(contacts, "care"), name="care")
    unknown = counts.table["care"].eq("deceased")
    numbers = counts.table[COUNTED].mask(unknown)
    status = counts.table["status"].mask(unknown, "absent")
    cells = counts.table.assign(**numbers, status=status)
    return Counts(cells, counts.source).label(choice=contacts.choice)


def find_groups(contacts: Contacts, dimension: str) -> dict[str, pd.Series]:
    """
    Find who belongs to each group of a kind, as the table of groups says.

    Parameters
    ----------
    contacts : Contacts
        As made by `find_contacts`.
    dimension : {'channel', 'care', 'message'}
        Kind of group.

    Returns
    -------
    dict of str to pandas.Series of bool
        The rows of ``contacts.table`` that belong to each group; they may overlap.
    """
    own = GROUPS[GROUPS["dimension"].eq(dimension)].set_index("value")["members"]
    flags = contacts.table
    return {str(name): pd.Series(flags.eval(who), flags.index) for name, who in own.items()}


def count_groups(contacts: Contacts, groups: Mapping[str, pd.Series], *, name: str) -> Counts:
    """
    Add up the persons of some groups, cell by cell.

    Parameters
    ----------
    contacts : Contacts
        As made by `find_contacts`.
    groups : mapping of str to pandas.Series of bool
        The rows of ``contacts.table`` that belong to each group; they may overlap.
    name : str
        Dimension that the groups are values of.

    Returns
    -------
    Counts
        The complete grid: one row per cell and group.
    """
    flags = contacts.table
    by = [cell for cell in CELLS if cell in flags]
    members = [
        flags[by].join(flags[COUNTED].where(rows, 0)).assign(**{name: group})
        for group, rows in groups.items()
    ]
    together = pd.concat(members).astype({name: pd.CategoricalDtype([*groups])})
    cells = together.groupby([name, *by], observed=True)[COUNTED].sum().reset_index()
    cells = cells[[*by, name, *COUNTED]].astype({name: str}).assign(category=ANY)
    return complete_cells(cells, contacts.source)


def _sensitive_mask(coded: CodedRecords, sensitive: Sequence[str]) -> int:
    fields = reference.select_fields(list(sensitive))
    if unread := sorted({*fields} & {*coded.absent} & {*reference.list_topics()}):
        raise ValueError(f"no comment was read, so {unread} are unknown; use 'comments' instead")
    return coded.field_mask(fields)


def _select_lines(adult_since: date) -> str:
    """Write the query for all lines: coded numbers, contact details, and who shares them."""
    shared = ", ".join(
        f"min(who) over (partition by {key}) <> max(who) over (partition by {key}) "
        f"as {name}_is_shared"
        for name, key in SHARED_WITHIN.items()
    )
    details = ", ".join(f"nullif(lower(trim(r.{name})), '') as {name}" for name in USED)
    return LINES.format(adult_since=adult_since, shared=shared, details=details)

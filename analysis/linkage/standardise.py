"""What a record says of its person, written so that it can be compared."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow.parquet as pq

# A phone, e-mail, address or number on more lines than this belongs to a desk, not to a household.
MOST_SHARERS = 50
# Words that a front desk writes or leaves out before a surname.
PARTICLES = "DE|DU|DES|D|LE|LA|LES|L|VAN|VON|DER|EL|AL|BEN"
NIR_LENGTH = 13
FIELDS = (
    "record_id",
    "birth_name",
    "used_name",
    "first_names",
    "sex",
    "born_on",
    "nir",
    "address",
    "postal_code",
    "landline",
    "mobile",
    "email",
)
NAMES = ("birth_name", "used_name", "first_names")
SHARED = ("nir", "address", "landline", "mobile", "email")

_MACROS = rf"""
create or replace macro plain(t) as nullif(trim(regexp_replace(
    upper(replace(replace(strip_accents(t), 'œ', 'oe'), 'Œ', 'OE')), '[^A-Z0-9]+', ' ', 'g')), '');
create or replace macro bare(t) as
    coalesce(nullif(regexp_replace(plain(t), '^(({PARTICLES}) )+', ''), ''), plain(t));
create or replace macro digits(t) as nullif(regexp_replace(upper(t), '[^0-9AB]', '', 'g'), '');
"""
_PLAIN = f"""
create or replace table plain_traits as
select
    record_id,
    string_split(plain(first_names), ' ') as first_names,
    list_sort(list_distinct(list_filter(
        [bare(birth_name), bare(used_name)]
        || coalesce(string_split(bare(birth_name), ' '), [])
        || coalesce(string_split(bare(used_name), ' '), []),
        lambda name: length(name) > 1))) as surnames,
    case when sex in ('F', 'M') then sex end as sex,
    strftime(born_on, '%Y%m%d') as born_on,
    case when length(digits(nir)) >= {NIR_LENGTH} then left(digits(nir), {NIR_LENGTH}) end as nir,
    plain(address) || coalesce(' ' || postal_code, '') as address,
    digits(landline) as landline,
    digits(mobile) as mobile,
    lower(trim(email)) as email
from records
"""
# A number whose first digits tell another sex or year of birth is a relative's.
_OWN_NIR = """case
    when left(nir, 1) != case sex when 'M' then '1' when 'F' then '2' end then null
    when substr(nir, 2, 2) != substr(born_on, 3, 2) then null
    else nir end"""
_IDENTICAL = "first_names, surnames, sex, born_on, nir, address, landline, mobile, email"


def prepare_traits(connection: duckdb.DuckDBPyConnection, paths: list[Path]) -> None:
    """
    Write the tables ``traits`` and ``copies`` of some records into a connection.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the tables are made.
    paths : list of pathlib.Path
        Parquet files of records; fields that they lack are empty.

    Returns
    -------
    None
        The connection holds both tables.

    Raises
    ------
    ValueError
        If a ``record_id`` stands on two lines, or the file lacks what tells persons apart.

    Notes
    -----
    ``traits``: one row per different line, and one more for lines that occur several times:
    ``number`` (position of the record by ``record_id``), ``first_name`` and ``first_names``,
    ``surnames`` (birth and used name, whole and in parts), ``sex``, ``born_on`` (eight digits),
    ``nir`` (13 digits, only where they fit sex and year of birth), ``address``, ``landline``,
    ``mobile``, ``email``. ``copies``: every record's ``number`` and the row of ``traits`` that
    speaks for it: of lines that say the same, the first two are compared, the others go with
    the second.
    """
    columns = pq.read_schema(paths[0]).names
    check_traits(columns)
    chosen = [name if name in columns else f"null::varchar as {name}" for name in FIELDS]
    if "born_on" not in columns:
        chosen[FIELDS.index("born_on")] = "null::date as born_on"
    connection.execute(
        f"create or replace view records as select {', '.join(chosen)} "
        f"from read_parquet({[str(path) for path in paths]})"
    )
    connection.execute(_MACROS)
    connection.execute(_PLAIN)
    kept = ", ".join(
        f"case when count(*) over (partition by {name}) <= {MOST_SHARERS} then {name} end as {name}"
        for name in SHARED
    )
    connection.execute(
        f"""create or replace table ranked as
        select record_id, row_number() over (order by record_id) - 1 as number,
            row_number() over (partition by {_IDENTICAL} order by record_id) as copy,
            min(record_id) over (partition by {_IDENTICAL}) as first_id,
            first_names[1] as first_name, * exclude (record_id, nir), {_OWN_NIR} as nir
        from plain_traits"""
    )
    _check_record_ids(connection)
    connection.execute(
        f"""create or replace table traits as
        select number, first_name, first_names, surnames, sex, born_on, {kept}
        from ranked where copy <= 2"""
    )
    connection.execute(
        """create or replace table copies as
        select r.number, r.record_id, coalesce(s.number, r.number) as speaker
        from ranked r left join (select number, first_id from ranked where copy = 2) s
        on r.first_id = s.first_id and r.copy > 2 order by r.number"""
    )


def check_traits(columns: list[str]) -> None:
    """
    Refuse a file that does not tell persons apart.

    Parameters
    ----------
    columns : list of str
        Columns of the file.

    Returns
    -------
    None
        The file can be linked.

    Raises
    ------
    ValueError
        If there is no name, or nothing beside it.

    Examples
    --------
    >>> check_traits(["record_id", "used_name", "first_names", "email"])
    """
    has_name = "first_names" in columns and {"birth_name", "used_name"} & set(columns)
    if not has_name or not {"born_on", *SHARED} & set(columns):
        raise ValueError(
            "records can't be linked to persons: the file needs first_names, one of birth_name "
            f"and used_name, and one of born_on, {', '.join(SHARED)}; map these columns, or count "
            "records only"
        )


def _check_record_ids(connection: duckdb.DuckDBPyConnection) -> None:
    twice = "select record_id from ranked group by 1 having count(*) > 1"
    n_twice = len(connection.execute(twice).fetchall())
    if n_twice:
        raise ValueError(f"record_id must be unique: {n_twice} stand on several lines")

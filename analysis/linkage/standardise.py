"""What a record says of its person, written so that it can be compared."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow.parquet as pq

from analysis import reference, store

MEMORY = "2GiB"
# A phone, e-mail, address or number on more lines than this belongs to a desk, not to a household.
MOST_SHARERS = 50
SHARED = ("nir", "address", "landline", "mobile", "email")
# Words that a front desk writes or leaves out before a surname.
PARTICLES = "DE|DU|DES|D|LE|LA|LES|L|VAN|VON|DER|EL|AL|BEN"
NIR_LENGTH = 13

# How values are written to be compared, and when two of them are a slip of each other.
_MACROS = rf"""
create macro plain(t) as nullif(trim(regexp_replace(
    upper(replace(replace(strip_accents(t), 'œ', 'oe'), 'Œ', 'OE')), '[^A-Z0-9]+', ' ', 'g')), '');
create macro bare(t) as
    coalesce(nullif(regexp_replace(plain(t), '^(({PARTICLES}) )+', ''), ''), plain(t));
create macro digits(t) as nullif(regexp_replace(upper(t), '[^0-9AB]', '', 'g'), '');
create macro near_names(a, b) as
    damerau_levenshtein(a, b) <= 1 or jaro_winkler_similarity(a, b) >= 0.9;
create macro near_surnames(a, b) as list_bool_or(list_transform(a, lambda one:
    list_bool_or(list_transform(b, lambda other: near_names(one, other)))));
create macro near_days(a, b) as damerau_levenshtein(a, b) <= 1
    or a = left(b, 4) || right(b, 2) || substr(b, 5, 2);
"""
_PLAIN = f"""
create table plain_traits as
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
_IDENTICAL = "first_names, surnames, sex, born_on, nir, address, landline, mobile, email"
# A number whose first digits tell another sex or year of birth is a relative's.
_RANKED = f"""
create table ranked as
select record_id, row_number() over (order by record_id) - 1 as number,
    row_number() over (partition by {_IDENTICAL} order by record_id) as copy,
    min(record_id) over (partition by {_IDENTICAL}) as first_id,
    first_names[1] as first_name, * exclude (record_id, nir),
    case
        when left(nir, 1) != case sex when 'M' then '1' when 'F' then '2' end then null
        when substr(nir, 2, 2) != substr(born_on, 3, 2) then null
        else nir end as nir
from plain_traits
"""
_KEPT = ", ".join(
    f"case when count(*) over (partition by {name}) <= {MOST_SHARERS} then {name} end as {name}"
    for name in SHARED
)
_TRAITS = f"""
create table traits as
select number, first_name, first_names, surnames, sex, born_on, {_KEPT}
from ranked where copy <= 2
"""
_COPIES = """
create table copies as
select r.number, r.record_id, coalesce(s.number, r.number) as speaker
from ranked r left join (select number, first_id from ranked where copy = 2) s
on r.first_id = s.first_id and r.copy > 2 order by r.number
"""


@contextmanager
def open_traits(paths: Sequence[Path], *, threads: int = 1) -> Iterator[duckdb.DuckDBPyConnection]:
    """
    Open a database in memory with the tables ``traits`` and ``copies`` of some records.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Parquet files of records; fields that they lack are empty.
    threads : int, default 1
        Threads of the database.

    Yields
    ------
    duckdb.DuckDBPyConnection
        Open until the block ends; it spills into a folder of its own, gone at the end.

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
    check_traits(pq.read_schema(paths[0]).names)
    schemas = {"records": reference.record_schema()}
    with (
        TemporaryDirectory() as folder,
        store.open_views({"records": paths}, schemas=schemas) as connection,
    ):
        options = {"threads": threads, "memory_limit": MEMORY, "temp_directory": folder}
        for name, value in (options | {"enable_progress_bar": False}).items():
            connection.execute(f"set {name} = $1", [value])
        for query in (_MACROS, _PLAIN, _RANKED, _TRAITS, _COPIES):
            connection.execute(query)
        twice = "select record_id from ranked group by 1 having count(*) > 1"
        if n_twice := len(connection.execute(twice).fetchall()):
            raise ValueError(f"record_id must be unique: {n_twice} stand on several lines")
        yield connection


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

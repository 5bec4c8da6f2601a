"""Ask stored partitions in SQL without a path ever entering a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds


def open_views(
    views: Mapping[str, Sequence[Path]], *, schemas: Mapping[str, pa.Schema] | None = None
) -> duckdb.DuckDBPyConnection:
    """
    Open a database in memory with a view for each kind of partition.

    Parameters
    ----------
    views : mapping of str to sequence of pathlib.Path
        Files of each kind, by the name of its view; they are read when they are asked for.
    schemas : mapping of str to pyarrow.Schema, optional
        All fields that a view is to have, where files may lack some: these are missing then, and
        of the type given here.

    Returns
    -------
    duckdb.DuckDBPyConnection
        To be closed by whoever asked.

    Raises
    ------
    FileNotFoundError
        If a file is not there.

    Examples
    --------
    >>> import pyarrow.parquet as pq, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "it's [one].parquet"
    >>> pq.write_table(pa.table({"a": [1, 2]}), path)
    >>> full = pa.schema([("a", pa.int64()), ("b", pa.string())])
    >>> views = open_views({"t": [path]}, schemas={"t": full})
    >>> views.sql("select sum(a), max(b) from t").fetchall()
    [(3, None)]
    """
    connection = duckdb.connect()
    for name, paths in views.items():
        schema = (schemas or {}).get(name)
        connection.register(name, ds.dataset([str(path) for path in paths], schema=schema))
    return connection

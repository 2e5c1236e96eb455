"""Parquet files, and tables of SQLite and DuckDB files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from curate.errors import ConfigError, SourceError, unknown_name
from curate.sources import Document, Location, source
from curate.store import sql

_ROWS_AT_ONCE = 10_000


@source("parquet", ".parquet")
def read_parquet(location: Location) -> Iterator[Document]:
    """Yields one document per row, in file order."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(location.path)
        number = 0
        for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE):
            for row in batch.to_pylist():
                number += 1
                yield Document(number, row)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"cannot read {location.path}: {error}") from error


@source("sqlite", ".sqlite", ".sqlite3", ".db")
def read_sqlite(location: Location) -> Iterator[Document]:
    """Yields the rows of one table (`--table`) or query (`--query`) of a SQLite file."""
    uri = f"file:{location.path.resolve().as_posix()}?mode=ro"
    try:
        con = sqlite3.connect(uri, uri=True)
        try:
            names = [r[0] for r in con.execute(sql("source_sqlite_tables"))]
            cursor = con.execute(_query(location, names))
            columns = [column[0] for column in cursor.description]
            for number, row in enumerate(cursor, 1):
                yield Document(number, dict(zip(columns, row, strict=True)))
        finally:
            con.close()
    except sqlite3.Error as error:
        raise SourceError(f"cannot read {location.path}: {error}") from error


@source("duckdb", ".duckdb")
def read_duckdb(location: Location) -> Iterator[Document]:
    """Yields the rows of one table (`--table`) or query (`--query`) of a DuckDB file."""
    import duckdb

    try:
        with duckdb.connect(str(location.path), read_only=True) as con:
            con.execute("SET TimeZone = 'UTC'")
            names = [r[0] for r in con.execute(sql("source_duckdb_tables")).fetchall()]
            reader = con.sql(_query(location, names)).to_arrow_reader(_ROWS_AT_ONCE)
            number = 0
            for batch in reader:
                for row in batch.to_pylist():
                    number += 1
                    yield Document(number, row)
    except duckdb.Error as error:
        message = str(error).splitlines()[0]
        raise SourceError(f"cannot read {location.path}: {message}") from error


def _query(location: Location, names: list[str]) -> str:
    """Returns the query that the user gave, or one for the table that was named or is the only one."""
    if location.query:
        return location.query
    table = location.table or (names[0] if len(names) == 1 else None)
    if table is None:
        raise ConfigError(
            f"{location.path} has {len(names)} tables: {', '.join(names)}. "
            "Next: say which with --table NAME, or give a --query"
        )
    if table not in names:
        raise ConfigError(f"{location.path}: {unknown_name('table', table, names)}")
    quoted = table.replace('"', '""')
    # The name is one of the catalogue's own.
    return f'SELECT * FROM "{quoted}"'  # noqa: S608

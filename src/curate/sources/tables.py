"""Parquet files, and tables of SQLite and DuckDB files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from curate.errors import ConfigError, SourceError, unknown_name
from curate.sources import Document, Location, Reject, source
from curate.store import sql

_ROWS_AT_ONCE = 10_000


@source("parquet", ".parquet")
def read_parquet(location: Location) -> Iterator[Document]:
    """Yields one document per row, in file order."""
    try:
        file = pq.ParquetFile(location.path)
        number = 0
        for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE):
            for row in _plain(batch).to_pylist():
                number += 1
                yield Document(number, row)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"cannot read {location.path}: {error}") from error


@source("sqlite", ".sqlite", ".sqlite3", ".db")
def read_sqlite(location: Location) -> Iterator[Document | Reject]:
    """Yields the rows of one table (`--table`) or query (`--query`) of a SQLite file."""
    uri = f"file:{location.path.resolve().as_posix()}?mode=ro"
    try:
        con = sqlite3.connect(uri, uri=True)
        # Text that is not UTF-8 must not end the pull: it comes as bytes, and is one reject.
        con.text_factory = _text_or_bytes
        try:
            names = [r[0] for r in con.execute(sql("sources/sqlite_tables"))]
            cursor = con.execute(_query(location, names))
            columns = [column[0] for column in cursor.description]
            for number, row in enumerate(cursor, 1):
                if any(type(value) is bytes for value in row):
                    yield _decoded(number, columns, row)
                else:
                    yield Document(number, dict(zip(columns, row, strict=True)))
        finally:
            con.close()
    except sqlite3.Error as error:
        raise SourceError(f"cannot read {location.path}: {error}") from error


@source("duckdb", ".duckdb")
def read_duckdb(location: Location) -> Iterator[Document]:
    """Yields the rows of one table (`--table`) or query (`--query`) of a DuckDB file."""
    try:
        with duckdb.connect(str(location.path), read_only=True) as con:
            con.execute("SET TimeZone = 'UTC'")
            names = [r[0] for r in con.execute(sql("sources/duckdb_tables")).fetchall()]
            reader = con.sql(_query(location, names)).to_arrow_reader(_ROWS_AT_ONCE)
            number = 0
            for batch in reader:
                for row in _plain(batch).to_pylist():
                    number += 1
                    yield Document(number, row)
    except duckdb.Error as error:
        message = str(error).splitlines()[0]
        raise SourceError(f"cannot read {location.path}: {message}") from error


def _text_or_bytes(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _decoded(number: int, columns: list[str], row: tuple[Any, ...]) -> Document | Reject:
    """Returns a row whose blobs are read as the text that they mostly are."""
    values = [_text_or_bytes(value) if isinstance(value, bytes) else value for value in row]
    bad = [c for c, value in zip(columns, values, strict=True) if isinstance(value, bytes)]
    if bad:
        return Reject(number, "not-utf8", f"column {', '.join(bad)}")
    return Document(number, dict(zip(columns, values, strict=True)))


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Returns a batch whose times Python can hold: nanoseconds are cut to microseconds."""
    for place, column in enumerate(batch.schema):
        if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
            times = batch.column(place).cast(pa.timestamp("us", column.type.tz), safe=False)
            batch = batch.set_column(place, column.name, times)
    return batch


def _query(location: Location, names: list[str]) -> str:
    """Returns the query that the user gave, or one for the table that was named or is alone."""
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

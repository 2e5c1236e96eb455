"""Parquet files, and tables of SQLite and DuckDB files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from curate.errors import ConfigError, SourceError, unknown_name
from curate.sources import Document, Location, Reject, source
from curate.sources.streams import too_large
from curate.store import sql

_ROWS_AT_ONCE = 10_000


@source("parquet", ".parquet")
def read_parquet(location: Location) -> Iterator[Document | Reject]:
    """Yields one document per row, in file order; nested values are lists and objects."""
    try:
        file = pq.ParquetFile(location.path)
        batches = file.iter_batches(batch_size=_rows_at_once(file, location.max_document))
        yield from batch_documents(batches, location.max_document)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"cannot read {location.path}: {error}") from error


def _rows_at_once(file: pq.ParquetFile, limit: int) -> int:
    """Returns how many rows fit into memory together, by what the file says of their size."""
    groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
    widest = max((g.total_byte_size // max(1, g.num_rows) for g in groups), default=0)
    return max(1, min(_ROWS_AT_ONCE, 4 * limit // max(1, widest)))


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
            columns = _distinct(column[0] for column in cursor.description)
            for number, row in enumerate(cursor, 1):
                if sum(len(v) for v in row if isinstance(v, str | bytes)) > location.max_document:
                    yield too_large(number, location.max_document)
                else:
                    values = map(_as_text, row)
                    yield _document(number, dict(zip(columns, values, strict=True)))
        finally:
            con.close()
    except sqlite3.Error as error:
        raise SourceError(f"cannot read {location.path}: {error}") from error


@source("duckdb", ".duckdb")
def read_duckdb(location: Location) -> Iterator[Document | Reject]:
    """Yields the rows of one table (`--table`) or query (`--query`) of a DuckDB file."""
    try:
        with duckdb.connect(str(location.path), read_only=True) as con:
            con.execute("SET TimeZone = 'UTC'")
            names = [r[0] for r in con.execute(sql("sources/duckdb_tables")).fetchall()]
            reader = con.sql(_query(location, names)).to_arrow_reader(_ROWS_AT_ONCE)
            yield from batch_documents(reader, location.max_document)
    except duckdb.Error as error:
        message = str(error).splitlines()[0]
        raise SourceError(f"cannot read {location.path}: {message}") from error


def batch_documents(batches: Iterable[pa.RecordBatch], limit: int) -> Iterator[Document | Reject]:
    """Yields the rows of Arrow batches as documents of plain values.

    A row of more than `limit` bytes, or with bytes that are no text, is a reject.
    """
    number = 0
    for batch in batches:
        if batch.nbytes <= limit:
            for fields in _rows(batch):
                number += 1
                yield _document(number, fields)
            continue
        for place in range(batch.num_rows):
            number += 1
            row = batch.slice(place, 1)
            if row.nbytes > limit:
                yield too_large(number, limit)
            else:
                yield _document(number, next(_rows(row)))


def _rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    """Yields the rows of a batch; columns of one name get distinct ones.

    A row that has bytes which are no text has them as bytes.
    """
    names = _distinct(batch.schema.names)
    columns = []
    for column in batch.columns:
        values = _plain(column).to_pylist()
        columns.append(list(map(_as_text, values)) if _is_odd(column.type) else values)
    for row in zip(*columns, strict=True):
        yield dict(zip(names, row, strict=True))


def _is_odd(kind: pa.DataType) -> bool:
    """Returns whether Python's values of a type are no plain ones: bytes, or pairs of a map."""
    if pa.types.is_map(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return True
    if pa.types.is_fixed_size_binary(kind) or pa.types.is_binary_view(kind):
        return True
    inside = [kind.field(n) for n in range(kind.num_fields)]
    return any(_is_odd(field.type) for field in inside)


def _plain(column: pa.Array) -> pa.Array:
    """Returns a column whose times Python can hold: nanoseconds are cut to microseconds."""
    kind = _micros(column.type)
    return column if kind == column.type else column.cast(kind, safe=False)


def _micros(kind: pa.DataType) -> pa.DataType:
    """Returns a type with microseconds in the place of nanoseconds, at any depth."""
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", kind.tz)
    if pa.types.is_time64(kind) and kind.unit == "ns":
        return pa.time64("us")
    if pa.types.is_duration(kind) and kind.unit == "ns":
        return pa.duration("us")
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_micros(field.type)) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(_micros(kind.key_type), _micros(kind.item_type))
    if pa.types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(_micros(kind.value_type)))
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_micros(kind.value_type)))
    return kind


def _distinct(names: Iterable[str]) -> list[str]:
    """Returns names of columns, repeated ones made distinct."""
    distinct: list[str] = []
    for name in names:
        numbered = (f"{name}_{n}" if n > 1 else name for n in count(1))
        distinct.append(next(n for n in numbered if n not in distinct))
    return distinct


def _text_or_bytes(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _as_text(value: Any) -> Any:
    """Returns a value with bytes as the text that they mostly are, and maps as objects."""
    if isinstance(value, bytes):
        return _text_or_bytes(value)
    if isinstance(value, dict):
        return {str(_as_text(name)): _as_text(item) for name, item in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(item, tuple) for item in value):
            return {str(_as_text(name)): _as_text(item) for name, item in value}
        return [_as_text(item) for item in value]
    return value


def _document(number: int, fields: dict[str, Any]) -> Document | Reject:
    """Returns a row as a document; one with bytes that are no text is a reject."""
    bad = [name for name, value in fields.items() if _has_bytes(value)]
    if bad:
        return Reject(number, "not-utf8", f"column {', '.join(bad)}")
    return Document(number, fields)


def _has_bytes(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(map(_has_bytes, value.values() if isinstance(value, dict) else value))
    return isinstance(value, bytes)


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

"""`curate pull --query` on files: each file is a table, and the rows of the query are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import duckdb
import orjson

from curate.errors import ConfigError
from curate.files.sandbox import as_table, sandbox
from curate.sources import Document, Location, Reject
from curate.sources.tables import batch_documents

_ROWS_AT_ONCE = 10_000


def read_joined(
    location: Location, read: Callable[[Location], Iterator[Document | Reject]]
) -> Iterator[Document | Reject]:
    """Yields the rejects of all files that are joined, then the rows of the query over them.

    Raises:
        ConfigError: the query is not one SELECT over the files.
    """
    columns: dict[str, list[str]] = {}
    with sandbox() as con:
        for names, file in zip(table_names(location.joined), location.joined, strict=True):
            documents: list[dict[str, Any]] = []
            for found in read(file):
                if isinstance(found, Document):
                    documents.append(found.fields)
                else:
                    yield replace(found, detail=f"{file.path.name}: {found.detail}")
            table = as_table(documents)
            # A table without a column is none to SQL.
            table = table if table.num_columns else as_table([], ["nothing"])
            for name in names:
                con.register(name, table)
                columns[name] = table.column_names
        yield from _rows(con, location, columns)


def table_names(files: Sequence[Location]) -> list[list[str]]:
    """Returns the names of each file as a table: its own up to the first dot, and its number."""
    stems = [file.path.name.split(".")[0] for file in files]
    numbers = [f"file{number}" for number in range(1, len(files) + 1)]
    times = Counter(stem.lower() for stem in [*stems, *numbers])
    return [
        [stem, number] if times[stem.lower()] == 1 else [number]
        for stem, number in zip(stems, numbers, strict=True)
    ]


def _rows(
    con: duckdb.DuckDBPyConnection, location: Location, columns: dict[str, list[str]]
) -> Iterator[Document | Reject]:
    query = location.query or ""
    try:
        statements = duckdb.extract_statements(query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise ConfigError(f"--query {query}: expected exactly one SELECT statement")
        rows = con.sql(query)
        kinds = zip(rows.columns, map(str, rows.types), strict=True)
        nested = [name for name, kind in kinds if kind == "JSON"]
        reader = rows.to_arrow_reader(_ROWS_AT_ONCE)
        for found in batch_documents(reader, location.max_document):
            if isinstance(found, Document):
                for name in nested:
                    if isinstance(text := found.fields[name], str):
                        found.fields[name] = orjson.loads(text)
            yield found
    except duckdb.Error as error:
        message = " ".join(str(error).split("LINE ")[0].split())[:300]
        tables = "; ".join(f"{name} ({', '.join(c)})" for name, c in columns.items())
        raise ConfigError(
            f"--query {query}: {message}. The files are the tables {tables}"
        ) from error

"""Where pulled documents wait to be merged: chunks are committed as they are read.

A killed pull leaves its staged chunks; the next pull of the same files, read the same way, goes on
after them, and any other pull clears them. A page of a database is staged and merged at once.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice, repeat

import duckdb
import pyarrow as pa

from curate.pull.interactions import Row
from curate.pull.maker import Refusal
from curate.store import Store, sql

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Record:
    """One document: where it stood, and a function that makes its rows and says what is refused.

    A refusal without a detail gets that of the record.

    A row of a database stands in no file (`NO_FILE`), and its line is its place in its page, which
    is not stored: it has its key.
    """

    file_number: int
    location: str
    line: int
    make: Callable[[], Sequence[Row | Refusal]]
    detail: str = ""
    row_key: str | None = None


NO_FILE = -1


def made(row: Row | Refusal) -> Callable[[], Sequence[Row | Refusal]]:
    """Returns a function that gives what has been made already."""
    return lambda: (row,)


def stage(
    store: Store, pull: str, records: Iterable[Record], *, chunk: int, resumable: bool
) -> None:
    """Stores the rows and rejects of all records, a chunk a transaction, after those it has."""
    with store.write() as con:
        empty(con, keep=pull if resumable else "")
        after = con.execute(sql("pull/staging/position")).fetchall()[0]
    todo = (record for record in records if (record.file_number, record.line) > after)
    while (tables := _read_chunk(pull, todo, chunk)) is not None:
        with store.write() as con:
            add(con, tables)


def _read_chunk(pull: str, todo: Iterator[Record], chunk: int) -> dict[str, pa.Table] | None:
    """Returns what the next records make, which may be nothing; None where there are no more.

    Each is made as soon as it is read, so that the documents of a chunk are never held together.
    """
    with _no_search_for_cycles():
        first = next(todo, None)
        if first is None:
            return None
        return _tables(pull, chain((first,), islice(todo, chunk - 1)))


def add(con: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table]) -> None:
    """Stages rows and rejects, by the table that they are for."""
    for name, rows in tables.items():
        con.register("chunk", rows)
        con.execute(_ADD[name])
        con.unregister("chunk")


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Has Python not look for cycles among the many documents of a chunk, which have none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _tables(pull: str, records: Iterable[Record]) -> dict[str, pa.Table]:
    rows: dict[str, list[Row]] = {name: [] for name in _SCHEMAS}
    for record in records:
        at = {
            "pull": pull,
            "file_number": record.file_number,
            "location": record.location,
            "line": record.line,
            "row_key": record.row_key,
        }
        for part, row in enumerate(_made(record)):
            if isinstance(row, Refusal):
                detail = row.detail or record.detail
                rows["rejects"].append({**at, "reason": row.reason, "detail": detail})
                continue
            for entry in row.pop("feedback", ()):
                rows["feedback"].append({**entry, **at, "source_id": "", "part": part})
            own = row.get("row_key")
            row.update(at, part=part)
            if own is not None:
                row["row_key"] = own
            rows["feedback" if "kind" in row else "interactions"].append(row)
    return {name: _arrow(name, listed) for name, listed in rows.items() if listed}


def _made(record: Record) -> Sequence[Row | Refusal]:
    """Returns what a record makes; one that raises is refused, and stops no other."""
    try:
        return record.make()
    except Exception as error:  # whatever a document holds, the others are read
        log.debug("%s:%s", record.location, record.line, exc_info=True)
        return [Refusal("unreadable-document", f"{type(error).__name__} while it was read")]


def _arrow(name: str, rows: list[Row]) -> pa.Table:
    types = {
        "text": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "time": pa.timestamp("us"),
        "texts": pa.list_(pa.string()),
        "truth": pa.bool_(),
    }
    columns = {
        column: pa.array(list(map(dict.get, rows, repeat(column))), type=types[kind])
        for column, kind in _SCHEMAS[name].items()
    }
    return pa.table(columns)


_AT = {
    "pull": "text",
    "file_number": "integer",
    "location": "text",
    "line": "integer",
    "row_key": "text",
}
_SCHEMAS: dict[str, dict[str, str]] = {
    "interactions": {
        **_AT,
        **dict.fromkeys(
            (
                "source_id",
                "base_id",
                "messages",
                "output",
                "query",
                "context",
                "response",
                "label",
                "session_id",
                "group_key",
                "user_key",
                "given_split",
                "model",
                "finish_reason",
                "status",
                "error",
                "tools",
                "metadata",
                "call_hash",
                "content_hash",
                "row_hash",
                "rating_value",
                "rating_scale",
                "correction",
                "document",
                "preference",
                "trace_id",
            ),
            "text",
        ),
        "part": "integer",
        "joined": "truth",
        "rank": "number",
        "created_at": "time",
        "chain": "texts",
        "input_tokens": "integer",
        "output_tokens": "integer",
        "cost_usd": "number",
        "latency_ms": "number",
        "rating_norm": "number",
    },
    "feedback": {
        **_AT,
        **dict.fromkeys(
            (
                *("source_id", "kind", "value", "scale", "comment", "rater_type", "rater_key"),
                *("name", "trace_id"),
            ),
            "text",
        ),
        "part": "integer",
        "rating_norm": "number",
        "created_at": "time",
    },
    "rejects": {**_AT, "reason": "text", "detail": "text"},
}


def page(records: Iterable[Record]) -> dict[str, pa.Table]:
    """Returns the rows and rejects of a page's records, made, for `merge_page`."""
    return _tables("page", list(records))


def add_rows(con: duckdb.DuckDBPyConnection, rows: list[Row]) -> None:
    """Stages rows of calls that already have their place."""
    add(con, {"interactions": _arrow("interactions", rows)})


def clear(store: Store) -> None:
    """Forgets what is staged."""
    with store.write() as con:
        empty(con)


def empty(con: duckdb.DuckDBPyConnection, *, keep: str = "") -> None:
    """Empties the staging tables of all pulls but one."""
    con.execute(sql("pull/staging/interactions_clear"), {"keep": keep})
    con.execute(sql("pull/staging/feedback_clear"), {"keep": keep})
    con.execute(sql("pull/staging/rejects_clear"), {"keep": keep})


_ADD = {
    "interactions": sql("pull/staging/interactions_add"),
    "feedback": sql("pull/staging/feedback_add"),
    "rejects": sql("pull/staging/rejects_add"),
}

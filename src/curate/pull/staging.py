"""Where pulled documents wait to be merged: those of files in chunks, as they are read.

A page of a database is staged and merged at once.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from curate.pull.interactions import Row
from curate.pull.maker import Refusal
from curate.pull.plain.plain import PlainMaker
from curate.pull.staged_files import StagedFiles, detach
from curate.store import sql

log = logging.getLogger(__name__)


class Record(NamedTuple):
    """One document: where it stood, and a function that makes its rows and says what is refused.

    A refusal without a detail gets that of the record. The document is there where it may be plain.

    A row of a database stands in no file (`NO_FILE`), and its line is its place in its page, which
    is not stored: it has its key.
    """

    file_number: int
    location: str
    line: int
    make: Callable[[], Sequence[Row | Refusal]]
    detail: str = ""
    row_key: str | None = None
    document: Mapping[str, Any] | None = None


NO_FILE = -1
CHUNK_BYTES = 1 << 28
"""What is stored at once, about, however great the documents are."""


def made(row: Row | Refusal) -> Callable[[], Sequence[Row | Refusal]]:
    """Returns a function that gives what has been made already."""
    return lambda: (row,)


def stage(
    staged: StagedFiles,
    records: Iterable[Record],
    *,
    chunk: int,
    resumable: bool,
    plain: PlainMaker | None = None,
) -> None:
    """Stores the rows and rejects of records chunk by chunk, after those that are staged.

    Args:
        staged: chunks of the pull.
        records: in order.
        chunk: how many are stored at once, at most; fewer where they are great.
        resumable: whether what a killed pull has staged is kept.
        plain: makes the rows of plain documents; None: all are made one by one.
    """
    after = staged.begin(resumable=resumable)
    todo = (record for record in records if (record.file_number, record.line) > after)
    for first in todo:
        taken = _Taken(chain((first,), islice(todo, chunk - 1)))
        with _no_search_for_cycles():
            # Made soon after they are read: the documents of a chunk are never held together.
            tables = _tables("files", taken, plain, most_bytes=CHUNK_BYTES)
        staged.add(tables, taken.last)


class _Taken:
    """Records that are taken one by one; knows where the last one that was taken stood."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records, self.last = records, (-1, -1)

    def __iter__(self) -> Iterator[Record]:
        for record in self._records:
            self.last = record.file_number, record.line
            yield record


def staged_files(folder: Path, pull: str) -> StagedFiles:
    """Returns the chunks of a pull of files of the project in a folder."""
    return StagedFiles(folder, pull, _ARROW_SCHEMAS)


def make_writable(con: duckdb.DuckDBPyConnection) -> None:
    """Makes tables of what stands for the staging tables, so that rows can be changed there."""
    rows = {name: con.sql(query).to_arrow_table() for name, query in _ALL.items()}
    detach(con, list(_ALL))
    con.execute(sql("pull/staging/empty_copies"))
    add(con, rows)


def release(con: duckdb.DuckDBPyConnection) -> None:
    """Has nothing stand for the staging tables, and empties them."""
    detach(con, list(_ALL))
    con.execute(sql("pull/staging/copies_drop"))
    empty(con)


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


def _tables(
    pull: str, records: Iterable[Record], plain: PlainMaker | None, *, most_bytes: int | None = None
) -> dict[str, pa.Table]:
    """Returns what records make, table by table: of all, or until it has more than some bytes."""
    parts: dict[str, list[pa.Table]] = {name: [] for name in _SCHEMAS}
    todo, at_once, total = iter(records), _FIRST_AT_ONCE, 0
    while some := list(islice(todo, at_once)):
        made = _made_at_once(pull, some, plain)
        for name, table in made:
            parts[name].append(table)
        size = sum(table.nbytes for _, table in made)
        total += size
        if most_bytes is not None and total >= most_bytes:
            break
        # Great documents are made few at a time.
        at_once = max(1, min(_AT_ONCE, len(some) * _BYTES_AT_ONCE // max(1, size)))
    return {name: pa.concat_tables(some) for name, some in parts.items() if some}


def _made_at_once(
    pull: str, records: list[Record], plain: PlainMaker | None
) -> list[tuple[str, pa.Table]]:
    made = []
    if plain is not None:
        table, records = _plain(pull, records, plain)
        made += [("interactions", table)] if table else []
    rows: dict[str, list[Row]] = {name: [] for name in _SCHEMAS}
    for record in records:
        _add_rows(rows, pull, record)
    return made + [(name, _arrow(name, listed)) for name, listed in rows.items() if listed]


def _plain(
    pull: str, records: list[Record], plain: PlainMaker
) -> tuple[pa.Table | None, list[Record]]:
    """Returns the rows of the plain documents among some records, and the other records."""
    places = [n for n, record in enumerate(records) if record.document is not None]
    try:
        made = plain.make([records[n].document or {} for n in places])
    except Exception:  # each of them is made alone, and the one that raised is refused
        log.debug("a batch that cannot be made at once", exc_info=True)
        return None, records
    if not made.places:
        return None, records
    own = {places[n] for n in made.places}
    taken = [record for n, record in enumerate(records) if n in own]
    columns: dict[str, list[Any]] = {
        "pull": [pull] * len(taken),
        "part": [0] * len(taken),
        **{name: [getattr(record, name) for record in taken] for name in _OF_RECORD},
        **made.columns,
    }
    table = _arrow_of_columns("interactions", columns, len(taken))
    plain.count(made)
    return table, [record for n, record in enumerate(records) if n not in own]


def _add_rows(rows: dict[str, list[Row]], pull: str, record: Record) -> None:
    at = {"pull": pull, **{name: getattr(record, name) for name in _OF_RECORD}}
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


def _made(record: Record) -> Sequence[Row | Refusal]:
    """Returns what a record makes; one that raises is refused, and stops no other."""
    try:
        return record.make()
    except Exception as error:  # whatever a document holds, the others are read
        log.debug("%s:%s", record.location, record.line, exc_info=True)
        return [Refusal("unreadable-document", f"{type(error).__name__} while it was read")]


def _arrow(name: str, rows: list[Row]) -> pa.Table:
    columns = {column: list(map(dict.get, rows, repeat(column))) for column in _SCHEMAS[name]}
    return _arrow_of_columns(name, columns, len(rows))


def _arrow_of_columns(name: str, columns: Mapping[str, list[Any]], count: int) -> pa.Table:
    return pa.table(
        {
            column: pa.array(columns[column], type=_TYPES[kind])
            if column in columns
            else pa.nulls(count, _TYPES[kind])
            for column, kind in _SCHEMAS[name].items()
        }
    )


_FIRST_AT_ONCE, _AT_ONCE = 500, 5_000
_BYTES_AT_ONCE = 1 << 25
_OF_RECORD = ("file_number", "location", "line", "row_key")
_TYPES = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "time": pa.timestamp("us"),
    "texts": pa.list_(pa.string()),
    "truth": pa.bool_(),
}
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


def page(records: Iterable[Record], plain: PlainMaker | None = None) -> dict[str, pa.Table]:
    """Returns the rows and rejects of a page's records, made, for `merge_page`."""
    return _tables("page", records, plain)


def add_rows(con: duckdb.DuckDBPyConnection, rows: list[Row]) -> None:
    """Stages rows of calls that already have their place."""
    add(con, {"interactions": _arrow("interactions", rows)})


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
_ALL = {
    "interactions": sql("pull/staging/interactions"),
    "feedback": sql("pull/staging/feedback"),
    "rejects": sql("pull/staging/rejects"),
}
_ARROW_SCHEMAS = {
    name: pa.schema({column: _TYPES[kind] for column, kind in schema.items()})
    for name, schema in _SCHEMAS.items()
}

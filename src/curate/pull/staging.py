"""Where pulled documents wait: chunks are committed as they are read, then merged at once.

A killed pull leaves its staged chunks; the next pull of the same files, read the same way, goes on
after them, and any other pull clears them. A page of a database is staged and merged at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import duckdb
import pyarrow as pa

from curate import inputs
from curate.pull.interactions import Row
from curate.store import Run, Store, sql


@dataclass(frozen=True)
class Record:
    """One document: where it stood, and a function that makes its rows or says why it cannot.

    Why is a reason, or `REASON: DETAIL`; without a detail that of the record is stored.

    A row of a database stands in no file (`NO_FILE`), and its line is its place in its page, which
    is not stored: it has its key.
    """

    file_number: int
    location: str
    line: int
    make: Callable[[], list[Row] | str]
    detail: str = ""
    row_key: str | None = None


NO_FILE = -1


@dataclass(frozen=True)
class PulledFile:
    """A file of a pull: its place in the order, and whether it was read this time."""

    number: int
    location: str
    sha256: str
    read: bool


@dataclass
class Merged:
    """What a merge did, in counts.

    Of a page, `earliest` is the first line that was `touched` (new or changed), and that was `new`.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    altered: bool = False
    earliest: dict[str, int | None] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)


def stage(
    store: Store, pull: str, records: Iterable[Record], *, chunk: int, resumable: bool
) -> None:
    """Stores the rows and rejects of all records, a chunk a transaction, after those it has."""
    with store.write() as con:
        _clear(con, keep=pull if resumable else "")
        after = con.execute(sql("pull/staging/position")).fetchall()[0]
    todo = (record for record in records if (record.file_number, record.line) > after)
    while batch := list(islice(todo, chunk)):
        tables = _tables(pull, batch)
        with store.write() as con:
            _add(con, tables)


def _add(con: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table]) -> None:
    for name, rows in tables.items():
        con.register("chunk", rows)
        con.execute(_ADD[name])
        con.unregister("chunk")


def _tables(pull: str, records: Sequence[Record]) -> dict[str, pa.Table]:
    rows: dict[str, list[Row]] = {name: [] for name in _SCHEMAS}
    for record in records:
        at = {
            "pull": pull,
            "file_number": record.file_number,
            "location": record.location,
            "line": record.line,
            "row_key": record.row_key,
        }
        rows_made = record.make()
        if isinstance(rows_made, str):
            reason, _, detail = rows_made.partition(": ")
            rows["rejects"].append({**at, "reason": reason, "detail": detail or record.detail})
            continue
        for part, row in enumerate(rows_made):
            row.update(at, part=part)
            rows["feedback" if "kind" in row else "interactions"].append(row)
    return {name: _arrow(name, rows_listed) for name, rows_listed in rows.items() if rows_listed}


def _arrow(name: str, rows: list[Row]) -> pa.Table:
    types = {
        "text": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "time": pa.timestamp("us"),
        "texts": pa.list_(pa.string()),
    }
    columns = {
        column: pa.array([row.get(column) for row in rows], type=types[kind])
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
            ),
            "text",
        ),
        "part": "integer",
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
            ("source_id", "kind", "value", "scale", "comment", "rater_type", "rater_key"), "text"
        ),
        "rating_norm": "number",
        "created_at": "time",
    },
    "rejects": {**_AT, "reason": "text", "detail": "text"},
}


def merge(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    *,
    source: str,
    kind: str,
    reading: str,
    files: Sequence[PulledFile],
) -> Merged:
    """Brings what is staged into the facts and clears the staging; one transaction with its caller.

    Of several documents with one id the last in file order counts. The history holds every other
    content an interaction has had, in documents that do not count and in rows that a file gave
    under another reading and no longer gives; so it is the same in whatever steps files came.
    """
    con.execute(sql("pull/files_temp"))
    con.executemany(
        sql("pull/files_temp_add"), [[f.number, f.location, f.sha256, f.read] for f in files]
    )
    parameters = {"source": source, "kind": kind, "reading": reading, "run_id": run.run_id}
    merged = _merge(con, parameters, _FILE_FEEDBACK if kind == "feedback" else _INTERACTIONS)
    for step in _FILES:
        _execute(con, step, parameters)
    _clear(con)
    inputs.mark_due(con)
    merged.altered = True
    return merged


def merge_page(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    records: Mapping[str, pa.Table],
    named: Mapping[str, Any],
) -> Merged:
    """Brings the rows of one page of a database into the facts; one transaction with its caller.

    Args:
        con: a connection inside a transaction.
        run: the run under way.
        records: what `page` returned.
        named: source, kind and location, as rows and rejects have them; and as `table` what tells
            the feedback of this table from that of the source's other tables.
    """
    _clear(con)  # what a killed pull of files has left
    _add(con, records)
    con.execute(sql("pull/files_temp"))
    values = {**named, "reading": "", "run_id": run.run_id}
    part = named["kind"]
    merged = _merge(con, values, _TABLE_FEEDBACK if part == "feedback" else _INTERACTIONS)
    merged.earliest = con.execute(_EARLIEST[part]).fetchall()[0][0]
    rejects_moved = [_execute(con, query, values) for query in _PAGE_REJECTS]
    withdrawn = con.execute(sql("pull/merge/withdrawn_count")).fetchall()[0][0]
    merged.altered = bool(merged.new or merged.changed or withdrawn or any(rejects_moved))
    if merged.altered:
        inputs.mark_due(con)
    _clear(con)
    return merged


def page(records: Iterable[Record]) -> dict[str, pa.Table]:
    """Returns the rows and rejects of a page's records, made, for `merge_page`."""
    return _tables("page", list(records))


def _clear(con: duckdb.DuckDBPyConnection, *, keep: str = "") -> None:
    """Empties the staging tables of all pulls but one."""
    con.execute(sql("pull/staging/interactions_clear"), {"keep": keep})
    con.execute(sql("pull/staging/feedback_clear"), {"keep": keep})
    con.execute(sql("pull/staging/rejects_clear"), {"keep": keep})


def _merge(con: duckdb.DuckDBPyConnection, named: dict[str, Any], steps: Sequence[str]) -> Merged:
    merged = Merged()
    merged.rejected = dict(con.execute(sql("pull/staging/reject_reasons")).fetchall())
    for step in (*steps, *_FEEDBACK):
        _execute(con, step, named)
    part = "feedback" if named["kind"] == "feedback" else "interactions"
    counts = con.execute(_COUNTS[part]).fetchall()[0]
    merged.new, merged.changed, merged.unchanged, merged.repeated = (int(n) for n in counts)
    return merged


_INTERACTIONS = (
    sql("pull/merge/incoming"),
    sql("pull/merge/incoming_stale"),
    sql("pull/merge/history_former"),
    sql("pull/merge/history_forget"),
    sql("pull/merge/history_add"),
    sql("pull/merge/interactions_delete"),
    sql("pull/merge/interactions_move"),
    sql("pull/merge/interactions_insert"),
    sql("pull/merge/row_feedback"),
    sql("pull/merge/row_feedback_withdrawn"),
)
_FILE_FEEDBACK = (sql("pull/merge/file_feedback"), sql("pull/merge/file_feedback_withdrawn"))
_TABLE_FEEDBACK = (sql("pull/merge/table_feedback"), sql("pull/merge/table_feedback_withdrawn"))
_FEEDBACK = (
    sql("pull/merge/feedback_now"),
    sql("pull/merge/feedback_history"),
    sql("pull/merge/feedback_delete"),
    sql("pull/merge/feedback_move"),
    sql("pull/merge/feedback_insert"),
    sql("pull/merge/feedback_history_forget"),
)
_FILES = (
    sql("pull/merge/rejects_forget"),
    sql("pull/merge/rejects_add"),
    sql("pull/merge/files_forget"),
    sql("pull/merge/files_add"),
)
_PAGE_REJECTS = (sql("pull/merge/page_rejects_forget"), sql("pull/merge/page_rejects_add"))
_EARLIEST = {
    "interactions": sql("pull/merge/interactions_earliest"),
    "feedback": sql("pull/merge/feedback_earliest"),
}
_COUNTS = {
    "interactions": sql("pull/merge/interactions_counts"),
    "feedback": sql("pull/merge/feedback_counts"),
}
_ADD = {
    "interactions": sql("pull/staging/interactions_add"),
    "feedback": sql("pull/staging/feedback_add"),
    "rejects": sql("pull/staging/rejects_add"),
}


def _execute(con: duckdb.DuckDBPyConnection, text: str, parameters: dict[str, Any]) -> list[Any]:
    """Runs a query with those of the parameters that it names (DuckDB refuses surplus ones)."""
    used = {key: value for key, value in parameters.items() if f"${key}" in text}
    return con.execute(text, used).fetchall()

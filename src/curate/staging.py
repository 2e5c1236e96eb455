"""Where pulled documents wait: chunks are committed as they are read, then merged at once.

A killed pull leaves its staged chunks; the next pull of the same files, read the same way, goes on
after them, and any other pull clears them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from curate.interactions import Row
from curate.store import Run, Store, sql

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


@dataclass(frozen=True)
class Record:
    """One document: where it stood, and a function that makes its rows or says why it cannot."""

    file_number: int
    location: str
    line: int
    make: Callable[[], list[Row] | str]
    detail: str = ""


@dataclass(frozen=True)
class PulledFile:
    """A file of a pull: its place in the order, and whether it was read this time."""

    number: int
    location: str
    sha256: str
    read: bool


@dataclass
class Merged:
    """What a merge did, in counts."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    altered: bool = False
    rejected: dict[str, int] = field(default_factory=dict)


def stage(
    store: Store, pull: str, records: Iterable[Record], *, chunk: int, resumable: bool
) -> None:
    """Stores the rows and rejects of all records, a chunk a transaction, after those it has."""
    with store.write() as con:
        for name in _SCHEMAS:
            con.execute(sql(f"staging_{name}_clear"), {"keep": pull if resumable else ""})
        after = con.execute(sql("staging_position")).fetchall()[0]
    todo = (record for record in records if (record.file_number, record.line) > after)
    while batch := list(islice(todo, chunk)):
        tables = _tables(pull, batch)
        with store.write() as con:
            for name, rows in tables.items():
                con.register("chunk", rows)
                con.execute(sql(f"staging_{name}_add"))
                con.unregister("chunk")


def _tables(pull: str, records: Sequence[Record]) -> dict[str, pa.Table]:
    rows: dict[str, list[Row]] = {name: [] for name in _SCHEMAS}
    for record in records:
        at = {
            "pull": pull,
            "file_number": record.file_number,
            "location": record.location,
            "line": record.line,
        }
        made = record.make()
        if isinstance(made, str):
            rows["rejects"].append({**at, "reason": made, "detail": record.detail})
            continue
        for row in made:
            row.update(at)
            rows["feedback" if "kind" in row else "interactions"].append(row)
    return {name: _arrow(name, listed) for name, listed in rows.items() if listed}


def _arrow(name: str, rows: list[Row]) -> pa.Table:
    import pyarrow as pa

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


_AT = {"pull": "text", "file_number": "integer", "location": "text", "line": "integer"}
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
            ),
            "text",
        ),
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
    con.execute(sql("pull_files_temp"))
    con.executemany(
        sql("pull_files_temp_add"), [[f.number, f.location, f.sha256, f.read] for f in files]
    )
    named = {"source": source, "kind": kind, "reading": reading, "run_id": run.run_id}
    merged = Merged()
    merged.rejected = dict(con.execute(sql("staging_reject_reasons")).fetchall())
    part = "feedback" if kind == "feedback" else "interactions"
    steps = _FILE_FEEDBACK if part == "feedback" else _INTERACTIONS
    for step in (*steps, *_FEEDBACK):
        _execute(con, f"merge_{step}", named)
    counts = con.execute(sql(f"merge_{part}_counts")).fetchall()[0]
    merged.new, merged.changed, merged.unchanged, merged.repeated = (int(n) for n in counts)
    for step in _FILES:
        _execute(con, f"merge_{step}", named)
    for name in _SCHEMAS:
        con.execute(sql(f"staging_{name}_clear"), {"keep": ""})
    merged.altered = True
    return merged


_INTERACTIONS = (
    "incoming",
    "incoming_stale",
    "history_former",
    "history_forget",
    "history_add",
    "interactions_delete",
    "interactions_move",
    "interactions_insert",
    "row_feedback",
    "row_feedback_withdrawn",
)
_FILE_FEEDBACK = ("file_feedback", "file_feedback_withdrawn")
_FEEDBACK = (
    "feedback_now",
    "feedback_history",
    "feedback_delete",
    "feedback_move",
    "feedback_insert",
    "feedback_history_forget",
)
_FILES = ("rejects_forget", "rejects_add", "files_forget", "files_add")


def _execute(con: duckdb.DuckDBPyConnection, name: str, parameters: dict[str, Any]) -> None:
    """Runs a query with those of the parameters that it names (DuckDB refuses surplus ones)."""
    text = sql(name)
    con.execute(text, {key: value for key, value in parameters.items() if f"${key}" in text})

"""What is staged becomes facts: which rows are new, changed or gone, and what the history keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa

from curate.inputs import inputs
from curate.pull import staging, undo_log
from curate.pull.guard import Impact, refuse_large
from curate.pull.reader_version import READER, read_by_older
from curate.store import Run, sql


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
    Where it `is_all_new`, calls were added, and nothing else is said of earlier ones.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    withdrawn: int = 0
    altered: bool = False
    is_all_new: bool = False
    earliest: dict[str, int | None] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)


def merge_files(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    *,
    source: str,
    kind: str,
    reading: str,
    files: Sequence[PulledFile],
    reread: bool = False,
    confirmed: bool = False,
) -> Merged:
    """Brings what is staged into the facts and clears the staging; one transaction with its caller.

    Of several documents with one id the last in file order counts. The history holds every other
    content an interaction has had, in documents that do not count and in rows that a file gave
    under another reading and no longer gives; so it is the same in whatever steps files came.

    Args:
        con: a connection inside a transaction.
        run: the run under way.
        source: that the files are of.
        kind: of what is staged.
        reading: digest of how the files are read.
        files: of the pull, in order.
        reread: whether the files are read anew, as if they had been read in another way before.
        confirmed: whether much of the source may be changed or withdrawn.

    Raises:
        GateFailed: much of the source would be, and nobody confirmed it.
    """
    con.execute(sql("pull/files_temp"))
    con.executemany(
        sql("pull/files_temp_add"), [[f.number, f.location, f.sha256, f.read] for f in files]
    )
    named = {"source": source, "kind": kind, "reading": reading, "run_id": run.run_id}
    named |= {"reader": READER, "reread": reread}
    _match(con, named, _FILE_FEEDBACK)
    if not confirmed:
        older = read_by_older(con, source).get(source, 0)
        refuse_large(_impact(con, named), source, read_by_older=older)
    undo_log.keep_settings(con, run, source=source, kind=kind)
    merged = _store(con, named)
    for step in _FILES:
        _execute(con, step, named)
    staging.release(con)
    inputs.mark_due(con, added_by=run.run_id if merged.is_all_new else None)
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
        records: what `staging.page` returned.
        named: source, kind and location, as rows and rejects have them; and as `table` what tells
            the feedback of this table from that of the source's other tables. Of turns, as
            `sessions` the conversations that the records hold whole, as `row_keys` their turns.
    """
    values = _match_page(con, run, records, named)
    merged = _store(con, values)
    part = "feedback" if named["kind"] == "feedback" else "interactions"
    merged.earliest = con.execute(_EARLIEST[part]).fetchall()[0][0]
    _execute(con, sql("pull/keep/page_rejects"), values)
    rejects_moved = [_execute(con, query, values) for query in _PAGE_REJECTS]
    withdrawn = con.execute(sql("pull/merge/withdrawn_count")).fetchall()[0][0]
    merged.altered = bool(
        merged.new or merged.changed or merged.withdrawn or withdrawn or any(rejects_moved)
    )
    if merged.altered:
        is_all_new = merged.is_all_new and not withdrawn
        inputs.mark_due(con, added_by=run.run_id if is_all_new else None)
    staging.empty(con)
    return merged


def page_impact(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    records: Mapping[str, pa.Table],
    named: Mapping[str, Any],
) -> Impact:
    """Returns what `merge_page` would do to the rows that are here; stores nothing.

    Args:
        con: a connection that may only read.
        run: the run under way.
        records: what `staging.page` returned.
        named: as for `merge_page`.
    """
    con.execute(sql("pull/staging/empty_copies"))
    return _impact(con, _match_page(con, run, records, named))


def _match_page(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    records: Mapping[str, pa.Table],
    named: Mapping[str, Any],
) -> dict[str, Any]:
    """Compares a page with what is here, and returns the values of the queries about it."""
    staging.empty(con)  # what a killed pull of files has left
    staging.add(con, records)
    con.execute(sql("pull/files_temp"))
    values = {"row_keys": [], **named, "reading": "", "run_id": run.run_id}
    values |= {"reader": READER, "reread": False}
    _match(con, values, _TABLE_FEEDBACK)
    return values


def _match(con: duckdb.DuckDBPyConnection, named: dict[str, Any], feedback: Sequence[str]) -> None:
    """Finds out which rows are new, changed or gone, in temporary tables; stores no row.

    A row that stands where another reading found one keeps its id; that is noted.
    """
    if named["kind"] == "feedback":
        steps = (sql("pull/merge/files_anew"), *feedback, sql("pull/merge/feedback_now"))
    else:
        is_anew = _execute(con, sql("pull/merge/files_anew"), named)[0][0] > 0
        _execute(con, sql("pull/merge/incoming"), named)
        if is_anew and _execute(con, sql("pull/merge/kept_ids_add"), named):
            _execute(con, sql("pull/merge/incoming"), named)
        is_page = named["kind"] == "turns" and "sessions" in named
        steps = (
            sql("pull/merge/incoming_stale"),
            *((sql("pull/merge/page_sessions_stale"),) if is_page else ()),
        )
    for step in steps:
        _execute(con, step, named)


def _impact(con: duckdb.DuckDBPyConnection, named: dict[str, Any]) -> Impact:
    part = "feedback" if named["kind"] == "feedback" else "interactions"
    changed, withdrawn, here = _execute(con, _IMPACT[part], named)[0]
    return Impact(changed, withdrawn, here)


def _store(con: duckdb.DuckDBPyConnection, named: dict[str, Any]) -> Merged:
    """Stores what `_match` found out, and keeps what that replaces."""
    merged = Merged()
    merged.rejected = dict(con.execute(sql("pull/staging/reject_reasons")).fetchall())
    part = "feedback" if named["kind"] == "feedback" else "interactions"
    for step in (*(_INTERACTIONS if part == "interactions" else ()), *_FEEDBACK):
        _execute(con, step, named)
    moved = _execute(con, sql("pull/merge/trace_feedback"), named)[0][0]
    counts = con.execute(_COUNTS[part]).fetchall()[0]
    merged.new, merged.changed, merged.unchanged, merged.repeated = (int(n) for n in counts)
    merged.withdrawn = int(con.execute(_WITHDRAWN[part]).fetchall()[0][0])
    touched = moved or merged.changed or merged.withdrawn
    merged.is_all_new = part == "interactions" and not touched
    return merged


_INTERACTIONS = (
    sql("pull/merge/history_former"),
    sql("pull/keep/interaction_history"),
    sql("pull/merge/history_forget"),
    sql("pull/merge/history_add"),
    sql("pull/keep/interactions"),
    sql("pull/merge/interactions_delete"),
    sql("pull/keep/interaction_places"),
    sql("pull/merge/interactions_move"),
    sql("pull/merge/interactions_insert"),
    sql("pull/keep/waiting_feedback"),
    sql("pull/merge/kept_ids_feedback"),
    sql("pull/merge/row_feedback"),
    sql("pull/merge/row_feedback_withdrawn"),
    sql("pull/merge/feedback_now"),
)
_FILE_FEEDBACK = (sql("pull/merge/file_feedback"), sql("pull/merge/file_feedback_withdrawn"))
_TABLE_FEEDBACK = (sql("pull/merge/table_feedback"), sql("pull/merge/table_feedback_withdrawn"))
_FEEDBACK = (
    sql("pull/merge/feedback_history"),
    sql("pull/keep/feedback"),
    sql("pull/merge/feedback_delete"),
    sql("pull/keep/feedback_places"),
    sql("pull/merge/feedback_move"),
    sql("pull/merge/feedback_insert"),
    sql("pull/keep/feedback_history"),
    sql("pull/merge/feedback_history_forget"),
)
_FILES = (
    sql("pull/keep/file_rejects"),
    sql("pull/merge/rejects_forget"),
    sql("pull/merge/rejects_add"),
    sql("pull/keep/files"),
    sql("pull/merge/files_forget"),
    sql("pull/merge/files_add"),
)
_PAGE_REJECTS = (sql("pull/merge/page_rejects_forget"), sql("pull/merge/page_rejects_add"))
_IMPACT = {
    "interactions": sql("pull/merge/interactions_impact"),
    "feedback": sql("pull/merge/feedback_impact"),
}
_WITHDRAWN = {
    "interactions": sql("pull/merge/stale_count"),
    "feedback": sql("pull/merge/withdrawn_count"),
}
_EARLIEST = {
    "interactions": sql("pull/merge/interactions_earliest"),
    "feedback": sql("pull/merge/feedback_earliest"),
}
_COUNTS = {
    "interactions": sql("pull/merge/interactions_counts"),
    "feedback": sql("pull/merge/feedback_counts"),
}


def settle_traces(con: duckdb.DuckDBPyConnection) -> None:
    """Gives feedback on traces to the calls that are their last now."""
    con.execute(sql("pull/merge/trace_feedback"))


def _execute(con: duckdb.DuckDBPyConnection, text: str, parameters: dict[str, Any]) -> list[Any]:
    """Runs a query with those of the parameters that it names (DuckDB refuses surplus ones)."""
    used = {key: value for key, value in parameters.items() if f"${key}" in text}
    if text not in _READS_STAGED_TEXTS:
        return con.execute(text, used).fetchall()
    con.execute(sql("pull/merge/joins_as_written"))
    try:
        return con.execute(text, used).fetchall()
    finally:
        con.execute(sql("pull/merge/joins_chosen"))


_READS_STAGED_TEXTS = (
    sql("pull/merge/interactions_impact"),
    sql("pull/merge/history_former"),
    sql("pull/merge/interactions_insert"),
)

"""`curate undo`: takes a pull back, so that the store is as if it had not been.

Its new rows go, rows that it replaced or withdrew come back as they were, and so do the places up
to which sources were read. Sides of the split stay: they are given once and for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from curate.errors import ConfigError, GateFailed, StoreError
from curate.inputs import inputs
from curate.pull import merge, undo_log
from curate.pull.guard import FEWEST_ROWS, LARGEST_SHARE
from curate.store import Store, sql
from curate.text.notebook import Shown
from curate.text.wording import counted


@dataclass(frozen=True)
class UndoResult(Shown):
    """What taking a pull back did, or would do, in counts.

    Attributes:
        undone: the run that was taken back.
        dry_run: whether nothing was done.
        removed: interactions that the pull added.
        restored: interactions that it changed, and that are again what they were.
        returned: interactions that it withdrew, and that are here again.
        here: interactions that the source had before.
    """

    undone: int
    source: str
    dry_run: bool
    removed: int
    restored: int
    returned: int
    feedback_removed: int
    feedback_restored: int
    feedback_returned: int
    rejects_removed: int
    rejects_returned: int
    here: int


def undo(store: Store, run_id: int, *, dry_run: bool = False, yes: bool = False) -> UndoResult:
    """Takes a pull back in one transaction, and returns what that did.

    Args:
        store: the project's store.
        run_id: of the pull, as `curate runs` lists it.
        dry_run: whether only to say what would be done.
        yes: whether a pull before the last one of its source may take much of the source along.

    Raises:
        ConfigError: there is no such run.
        StoreError: it is no pull, or nothing is kept to take it back by.
        GateFailed: something rests on what it stored, or `yes` is wanted.
    """
    if dry_run:
        with store.read_runs() as con:
            return _check(con, run_id, dry_run=True, yes=True)
    with store.run("undo", {"run": run_id}) as run:
        with store.write() as con:
            undo_log.prune(con)
            result = _check(con, run_id, dry_run=False, yes=yes)
            for query in _STEPS:
                con.execute(query, {"undone": run_id})
            merge.settle_traces(con)
            con.execute(sql("pull/undo/done"), {"undone": run_id, "run_id": run.run_id})
            undo_log.prune(con)
            inputs.mark_due(con)
        run.changed = True
        inputs.refresh(store, run)
        run.counts = {
            name: getattr(result, name)
            for name in ("undone", "source", "removed", "restored", "returned")
        }
    return result


def _check(con: duckdb.DuckDBPyConnection, run_id: int, *, dry_run: bool, yes: bool) -> UndoResult:
    """Returns what taking a run back means, once nothing speaks against it."""
    source, is_older = _undoable(con, run_id)
    _refuse_rested_on(con, run_id)
    parameters = {"undone": run_id, "source": source}
    counts = con.execute(sql("pull/undo/counts"), parameters).fetchall()[0]
    result = UndoResult(run_id, source, dry_run, *counts)
    much = result.removed >= FEWEST_ROWS and result.removed > LARGEST_SHARE * result.here
    if is_older and much and not yes:
        raise GateFailed(
            f"run {run_id} is not the last pull of source {source!r}, and {result.removed:,} of "
            f"its {result.here:,} rows would go. Nothing was changed. Next: if that is meant, "
            f"curate undo {run_id} --yes"
        )
    return result


def _undoable(con: duckdb.DuckDBPyConnection, run_id: int) -> tuple[str, bool]:
    """Returns the source of a pull that can be taken back, and whether it is not its last pull."""
    rows = con.execute(sql("pull/undo/run"), {"undone": run_id}).fetchall()
    if not rows:
        raise ConfigError(f"there is no run {run_id}. Next: curate runs")
    command, outcome, source, state, undone_by, is_older = rows[0]
    if command != "pull":
        raise StoreError(
            f"run {run_id} is `curate {command}`, and only pulls can be taken back. Next: "
            "curate runs"
        )
    if state == "kept" and outcome != "unchanged":
        return str(source), bool(is_older)
    if state is None and outcome == "changed":
        state = "unknown"
    raise StoreError(
        f"run {run_id} {_WHY_NOT[state or ''].format(by=undone_by)}. Next: curate runs"
    )


_WHY_NOT = {
    "": "changed nothing: there is nothing to take back",
    "kept": "changed nothing: there is nothing to take back",
    "unknown": "was pulled by an older curate, which did not keep what a pull replaces",
    "undone": "was taken back already, by run {by}",
    "pruned": (
        "cannot be taken back any more: what a pull replaces is kept for the last "
        f"{undo_log.PULLS_KEPT} pulls that changed something"
    ),
    "forgotten": (
        "cannot be taken back: rows that it replaced or withdrew were deleted to be forgotten, "
        "and are kept nowhere"
    ),
}


def _refuse_rested_on(con: duckdb.DuckDBPyConnection, run_id: int) -> None:
    """Refuses to take back what later pulls, exported files or people's answers rest on."""
    parameters = {"undone": run_id}
    con.execute(sql("pull/undo/touched"), parameters)
    con.execute(sql("pull/undo/touched_feedback"), parameters)
    later = [row[0] for row in con.execute(sql("pull/undo/later_pulls"), parameters).fetchall()]
    if later:
        which = f"run {later[0]} rests" if len(later) == 1 else f"runs {_listed(later)} rest"
        raise GateFailed(
            f"{which} on what run {run_id} stored: undo run {later[0]} first. Nothing was changed. "
            f"Next: curate undo {later[0]}"
        )
    versions = con.execute(sql("pull/undo/later_versions"), parameters).fetchall()
    if versions:
        files = ", ".join(f"{name} ({counted(number, 'row')})" for name, number in versions)
        raise GateFailed(
            f"files of versions that were exported since rest on run {run_id}: {files}. Nothing "
            f"was changed. {_INSTEAD}"
        )
    tasks, rows = con.execute(sql("pull/undo/later_tasks"), parameters).fetchall()[0]
    if tasks:
        raise GateFailed(
            f"annotators were asked about {counted(rows, 'row')} that run {run_id} stored "
            f"({counted(tasks, 'task')}). Nothing was changed. {_INSTEAD}"
        )


_INSTEAD = (
    "Next: curate pull LOCATIONS --reread, with the right file or mapping; rows keep their ids, "
    "sides and answers"
)


def _listed(numbers: list[int]) -> str:
    return f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


_STEPS = (
    sql("pull/undo/interactions_delete"),
    sql("pull/undo/interactions_insert"),
    sql("pull/undo/interactions_move"),
    sql("pull/undo/history_delete"),
    sql("pull/undo/history_insert"),
    sql("pull/undo/feedback_delete"),
    sql("pull/undo/feedback_insert"),
    sql("pull/undo/feedback_move"),
    sql("pull/undo/feedback_history_delete"),
    sql("pull/undo/feedback_history_insert"),
    sql("pull/undo/rejects_delete"),
    sql("pull/undo/rejects_insert"),
    sql("pull/undo/files_delete"),
    sql("pull/undo/files_insert"),
    sql("pull/undo/tables_delete"),
    sql("pull/undo/tables_insert"),
    sql("pull/undo/platforms_delete"),
    sql("pull/undo/platforms_insert"),
    sql("pull/undo/settings_delete"),
    sql("pull/undo/settings_insert"),
    sql("pull/undo/settings_pass_on"),
    sql("pull/undo/kept_ids_delete"),
)

"""`curate label`: the queue goes out to annotators, and their answers come back.

The ledger (table `tasks`) says what was handed over. With a file instead of a server the same
ledger and the same checks apply: `push --to-file` writes what Label Studio imports, `sync
--from-file` reads what it exports as JSON.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from curate.errors import ConfigError
from curate.label import kinds, tasks
from curate.label.annotations import Applied, KnownAnnotation
from curate.label.problems import list_problems
from curate.store import Run, Store, fetch_arrow, sql
from curate.text.notebook import Shown
from curate.verdicts.verdicts import Today


@dataclass(frozen=True)
class PushResult(Shown):
    """What was handed over, or would be.

    Attributes:
        to: the file or the project.
        tasks: handed over now.
        known: handed over before.
        blind: of the tasks now, without a hint.
        refused: (example id, why) of queued examples that cannot be shown.
        sent: false for a plan.
        found: tasks that an earlier push had sent without learning it.
        prefilled: tasks that come with an answer filled in.
        answers: that the tasks ask for, with all annotators.
        seconds: that an answer took so far, the median; None before `ENOUGH_TIMED` are in.
    """

    kind: str
    to: str
    tasks: int
    known: int
    blind: int
    refused: tuple[tuple[str, str], ...]
    sent: bool
    found: int = 0
    prefilled: int = 0
    notes: tuple[str, ...] = ()
    answers: int = 0
    seconds: float | None = None


ENOUGH_TIMED = 5
"""Answers from which on their median says how long one takes."""


def seconds_of(con: duckdb.DuckDBPyConnection, kind: str) -> float | None:
    """Returns how many seconds an answer of a kind takes; None where too few are in."""
    median, count = con.execute(sql("label/seconds"), {"kind": kind}).fetchall()[0]
    return median if count >= ENOUGH_TIMED else None


@dataclass(frozen=True)
class SyncResult(Shown):
    """What came back.

    Attributes:
        problems: (task key, what is wrong) of annotations from which nothing follows.
        foreign: annotations of tasks that are not in the ledger.
        older: annotations that were edited or deleted since, as is known already.
        unread: annotations that are not understood, of this time and before.
    """

    origin: str
    new: int
    changed: int
    same: int
    withdrawn: int
    skipped: int
    foreign: int
    decisions: Mapping[str, int]
    problems: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    older: int = 0
    unread: int = 0


def result(
    con: duckdb.DuckDBPyConnection, origin: str, applied: Applied, notes: tuple[str, ...] = ()
) -> SyncResult:
    """Returns what came back, as it is told."""
    return SyncResult(
        origin, applied.new, applied.changed, applied.same, applied.withdrawn, applied.skipped,
        applied.foreign, dict(applied.decisions), tuple(applied.problems), notes,
        older=applied.older, unread=len(list_problems(con)),
    )  # fmt: skip


@dataclass(frozen=True)
class AskedContent:
    """What was asked about one content, and what was said.

    Attributes:
        round: of the last task.
        state: of the last task: queued, pending, sent or gone.
        server: that the last task was handed to; file, or empty.
        answered: somebody has answered the last task, or skipped it.
        values: what each annotator said last.
    """

    round: int
    state: str
    server: str
    answered: bool
    values: list[str | None] = field(default_factory=list)


def ask(con: duckdb.DuckDBPyConnection, run: Run, kind: str, entries: pa.Table) -> None:
    """Queues tasks without a hint, for a kind of work that no detector speaks for.

    Args:
        con: a connection inside a transaction.
        run: the one under way.
        kind: of the work.
        entries: task_key, example_id, content_hash, round, place, swapped; a key that is in the
            ledger already is of a task that the server has lost.
    """
    con.register("entries", entries)
    con.execute(sql("label/ask"), {"kind": kind, "run_id": run.run_id})
    con.unregister("entries")
    run.changed |= entries.num_rows > 0


def asked(
    con: duckdb.DuckDBPyConnection, kind: str, contents: Sequence[str]
) -> dict[str, AskedContent]:
    """Returns what was asked about some contents, and said, of those that were asked about."""
    parameters = {"kind": kind, "contents": list(contents)}
    found = {
        name: AskedContent(*row)
        for name, *row in con.execute(sql("label/asked"), parameters).fetchall()
    }
    rows = con.execute(sql("label/asked_answers"), parameters).fetchall()
    for name, swapped, result in rows:
        answer = tasks.understand(kind, orjson.loads(result), {"swapped": swapped}, ())
        found[name].values.extend(value for _, value in answer.decisions)
    return found


def queued(
    con: duckdb.DuckDBPyConnection, kind: str, states: Sequence[str], queue: str = ""
) -> list[str]:
    """Returns the keys of tasks of a queue in some states, in their order."""
    parameters = {"kind": kind, "states": list(states), "queue": queue}
    return [row[0] for row in con.execute(sql("label/keys"), parameters).fetchall()]


def nothing_queued(con: duckdb.DuckDBPyConnection, kind: str, queue: str) -> ConfigError:
    """Returns the error that a queue is empty, with what to type instead."""
    named = [row[0] for row in con.execute(sql("label/queues"), {"kind": kind}).fetchall()]
    what = f"in the queue {queue!r}" if queue else f"queued to {kind}"
    if queue in named or not named:
        more = f" --name {shlex.quote(queue)}" if queue else ""
        return ConfigError(f"nothing is {what}. Next: {kinds.get(kind).queued_by}{more}")
    return ConfigError(f"nothing is {what}. {_waiting(kind, named)}")


def waiting_elsewhere(store: Store, kind: str, queue: str) -> list[str]:
    """Returns a note on queues of other names that wait to be handed over."""
    with store.read() as con:
        named = [row[0] for row in con.execute(sql("label/queues"), {"kind": kind}).fetchall()]
    others = [name for name in named if name != queue]
    return [_waiting(kind, others)] if others else []


def _waiting(kind: str, named: Sequence[str]) -> str:
    listing = ", ".join(f"the queue {name!r}" if name else "the usual queue" for name in named)
    option = f" --name {shlex.quote(named[0])}" if named[0] else ""
    waits = "waits" if len(named) == 1 else "wait"
    return f"Of {kind} {listing} {waits}. Next: curate label push --kind {kind}{option}"


def to_hand_over(today: Today, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Returns rows of the ledger; without a hint where they are held out by now.

    Each has the shape of the project's answers, where its kind of work shows that.
    """
    con = today.con
    held_out = {row[0] for row in con.execute(sql("label/held_out")).fetchall()}
    rows = fetch_arrow(con, sql("label/rows"), {"keys": list(keys)}).to_pylist()
    later = _later(con, _showing(rows, "answer"))
    choosing = _showing(rows, "likely")
    near = dict(con.execute(sql("label/near_labels"), {"keys": choosing}).fetchall())
    chosen_in = {row["kind"] for row in rows if "likely" in kinds.get(row["kind"]).shows}
    names = {kind: of(today.store, con) for kind in chosen_in if (of := kinds.get(kind).vocabulary)}
    finders = {row["kind"]: kinds.get(row["kind"]).shape for row in rows}
    shapes = {kind: shape(today.store, con) if shape else None for kind, shape in finders.items()}
    return [
        {
            **row,
            "blind": row["blind"] or row["task_key"] in held_out,
            "later": later.get(row["task_key"], []),
            "near_labels": near.get(row["task_key"], []),
            "vocabulary": names.get(row["kind"]),
            "shape": shapes[row["kind"]],
        }
        for row in rows
    ]


def _showing(rows: Sequence[Mapping[str, Any]], variable: str) -> list[str]:
    """Returns the keys of tasks whose page shows a variable."""
    return [row["task_key"] for row in rows if variable in kinds.get(row["kind"]).shows]


def _later(con: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> dict[str, list[Any]]:
    """Returns the messages that came after the answers that tasks are about."""
    found = con.execute(sql("label/later"), {"keys": list(keys)}).fetchall() if keys else []
    return {
        key: [*orjson.loads(messages)[turns + 1 :], *orjson.loads(output)]
        for key, turns, messages, output in found
    }


def mark(
    con: duckdb.DuckDBPyConnection,
    numbers: Mapping[str, int | None],
    *,
    state: str,
    server: str,
    project_id: int | None,
    prefill: str | None,
    blind: Collection[str] = (),
) -> None:
    """Moves tasks of the ledger to another state; `numbers` has their numbers on the server."""
    columns = {
        "task_key": pa.array(list(numbers), pa.string()),
        "task_id": pa.array(list(numbers.values()), pa.int64()),
        "blind": pa.array([key in blind for key in numbers], pa.bool_()),
    }
    parameters = {"state": state, "server": server, "project_id": project_id, "prefill": prefill}
    con.register("marked", pa.table(columns))
    con.execute(sql("label/mark"), parameters)
    con.unregister("marked")


def known_keys(con: duckdb.DuckDBPyConnection, keys: Collection[str]) -> set[str]:
    """Returns which of some keys are tasks of the ledger."""
    parameters = {"keys": sorted(keys)}
    return {row[0] for row in con.execute(sql("label/known"), parameters).fetchall()}


def withdrawn(
    con: duckdb.DuckDBPyConnection,
    server: str,
    listed: Collection[tuple[str, int | None]],
    present: Collection[tuple[int, str]],
) -> list[KnownAnnotation]:
    """Returns stored annotations of some tasks that are no longer among those present.

    Args:
        con: a connection.
        server: that has the tasks, or file.
        listed: key and number of each task.
        present: number of each annotation, and key of its task.
    """
    columns = {
        "task_key": pa.array([key for key, _ in listed], pa.string()),
        "task_id": pa.array([number for _, number in listed], pa.int64()),
    }
    con.register("listed", pa.table(columns))
    rows = con.execute(sql("label/annotations"), {"server": server}).fetchall()
    con.unregister("listed")
    return [
        KnownAnnotation(server, number, key, "", False, None, updated_at)
        for server, number, key, updated_at in rows
        if (number, key) not in present
    ]

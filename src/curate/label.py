"""`curate label`: the queue goes out to annotators, and their answers come back.

The ledger (table `tasks`) says what was handed over. With a file instead of a server the same
ledger and the same checks apply: `push --to-file` writes what Label Studio imports, `sync
--from-file` reads what it exports as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate import answers, config, files, inputs, questions
from curate.answers import Applied
from curate.errors import ConfigError
from curate.queue import KINDS, OF_TASK
from curate.store import Store, sql

if TYPE_CHECKING:
    import duckdb

PREFILLS = ("given", "model", "none")
FILE_SERVER = "file"
"""Where annotations of an export file are from, as far as their ids go."""

Progress = Callable[[Iterable[Any], str], Iterable[Any]]


@dataclass(frozen=True)
class PushResult:
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


@dataclass(frozen=True)
class SyncResult:
    """What came back.

    Attributes:
        problems: (task key, what is wrong) of annotations from which nothing follows.
        foreign: annotations of tasks that are not in the ledger.
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


def push_to_file(
    store: Store, path: Path, *, kind: str | None = None, prefill: str = "given",
    own_config: Path | None = None,
) -> PushResult:  # fmt: skip
    """Writes the queue as Label Studio's import JSON, and its labelling interface beside it.

    Args:
        store: the project's store.
        path: of the JSON file; the interface goes to the same name with `.xml`.
        kind: of the work; None for that of the project's task.
        prefill: which answer is filled in before anybody answered: given, model or none.
        own_config: the user's own interface.

    Raises:
        ConfigError: the queue is empty, or the interface cannot be read back.
    """
    with store.run("label push", {"kind": kind, "to_file": str(path)}) as run:
        with store.read() as con:
            asked, names = kind or kind_of(store, con), vocabulary(store, con)
            rows = queued(con, asked, ("queued",))
            known = con.execute(sql("label_count"), {"kind": asked}).fetchall()[0][0]
        if not rows:
            raise ConfigError(f"nothing is queued to {asked}. Next: curate queue --kind {asked}")
        interface = questions.config(asked, names[asked], own_config)
        tasks, refused = made(asked, rows, prefill)
        files.write_whole(path.with_suffix(".xml"), interface.encode())
        body = json.dumps([task(q) for q in tasks], ensure_ascii=False, indent=1)
        files.write_whole(path, body.encode())
        keys = [q.data["curate_id"] for q in tasks]
        with store.write() as con:
            mark(con, dict.fromkeys(keys), state="sent", server=FILE_SERVER, project_id=None,
                 prefill=prefill)  # fmt: skip
        run.changed |= bool(keys)
        run.counts = {"tasks": len(tasks), "refused": len(refused)}
    handed_over = set(keys)
    blind = sum(row["blind"] for row in rows if row["task_key"] in handed_over)
    return PushResult(
        asked, str(path), len(tasks), known, blind, tuple(refused), True,
        prefilled=sum(bool(q.predictions) for q in tasks),
    )  # fmt: skip


def sync_from_file(store: Store, path: Path) -> SyncResult:
    """Reads an export of Label Studio (JSON, with annotations) and decides what follows.

    Raises:
        ConfigError: it is no such file.
    """
    tasks = _export(path)
    with store.run("label sync", {"from_file": str(path)}) as run:
        came = [
            answers.annotation(key, raw)
            for task in tasks
            if (key := str(task.get("data", {}).get("curate_id") or ""))
            for raw in task.get("annotations", [])
        ]
        with store.write() as con:
            names = vocabulary(store, con)
            keys = [str(task["data"].get("curate_id")) for task in tasks]
            gone = withdrawn(con, FILE_SERVER, keys, {a.annotation_id for a in came})
            applied = answers.apply(store, con, run, FILE_SERVER, came, names, gone)
        inputs.refresh(store, run)
        run.counts = {"new": applied.new, "changed": applied.changed}
    return result(str(path), applied)


def result(origin: str, applied: Applied, notes: tuple[str, ...] = ()) -> SyncResult:
    """Returns what came back, as it is told."""
    return SyncResult(
        origin, applied.new, applied.changed, applied.same, applied.withdrawn, applied.skipped,
        applied.foreign, dict(applied.decisions), tuple(applied.problems), notes,
    )  # fmt: skip


def _export(path: Path) -> list[dict[str, Any]]:
    try:
        tasks = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(tasks, list) or not all(isinstance(t, dict) and "data" in t for t in tasks):
        raise ConfigError(
            f"{path}: not a list of tasks. Next: export the project from Label Studio as JSON "
            "(not JSON_MIN, which leaves out who answered)"
        )
    return tasks


# -- shared with the server ------------------------------------------------------------------------


def kind_of(store: Store, con: duckdb.DuckDBPyConnection) -> str:
    """Returns the kind of work that the project's task asks for."""
    return OF_TASK[store.setting(con, "project").get("task", "sft")]


def vocabulary(store: Store, con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Returns what annotators may choose, per kind: the labels, and the fields of JSON answers."""
    listed = config.project_settings(store.folder)["labels"]
    labels = listed or [row[0] for row in con.execute(sql("label_labels")).fetchall()]
    said = con.execute(sql("label_responses")).fetchall()
    fields = sorted({field for (text,) in said for field, _ in questions.fields(text)})
    return {kind: {"relabel": labels, "spans": fields}.get(kind, []) for kind in KINDS}


def made(
    kind: str, rows: Sequence[Mapping[str, Any]], prefill: str
) -> tuple[list[questions.Question], list[tuple[str, str]]]:
    """Returns the tasks of ledger rows, and (example id, why) of those that cannot be shown."""
    tasks, refused = [], []
    for row in rows:
        try:
            tasks.append(questions.question(kind, row, prefill))
        except ValueError as error:
            refused.append((row["example_id"], str(error)))
    return tasks, refused


def task(question: questions.Question) -> dict[str, Any]:
    """Returns a task as Label Studio imports it."""
    made: dict[str, Any] = {"data": question.data}
    return {**made, "predictions": list(question.predictions)} if question.predictions else made


def queued(
    con: duckdb.DuckDBPyConnection, kind: str, states: Sequence[str]
) -> list[dict[str, Any]]:
    """Returns the ledger's rows of a kind in some states, in the order of the queue."""
    asked = {"kind": kind, "states": list(states)}
    keys = [row[0] for row in con.execute(sql("label_keys"), asked).fetchall()]
    return list(con.sql(sql("label_rows"), params={"keys": keys}).to_arrow_table().to_pylist())


def mark(
    con: duckdb.DuckDBPyConnection,
    numbers: Mapping[str, int | None],
    *,
    state: str,
    server: str,
    project_id: int | None,
    prefill: str | None,
) -> None:
    """Moves tasks of the ledger to another state; `numbers` has their numbers on the server."""
    import pyarrow as pa

    columns = {
        "task_key": pa.array(list(numbers), pa.string()),
        "task_id": pa.array(list(numbers.values()), pa.int64()),
    }
    asked = {"state": state, "server": server, "project_id": project_id, "prefill": prefill}
    con.register("marked", pa.table(columns))
    con.execute(sql("label_mark"), asked)
    con.unregister("marked")


def withdrawn(
    con: duckdb.DuckDBPyConnection, server: str, keys: Sequence[str], present: set[int]
) -> list[int]:
    """Returns stored annotations of some tasks that are no longer among those present."""
    asked = {"server": server, "keys": list(keys)}
    known = [row[0] for row in con.execute(sql("label_annotations"), asked).fetchall()]
    return [number for number in known if number not in present]

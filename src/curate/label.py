"""`curate label`: the queue goes out to annotators, and their answers come back.

The ledger (table `tasks`) says what was handed over. With a file instead of a server the same
ledger and the same checks apply: `push --to-file` writes what Label Studio imports, `sync
--from-file` reads what it exports as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate import answers, config, files, inputs, questions, verdicts
from curate.answers import Applied
from curate.errors import ConfigError, unknown_name
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
    config_file: Path | None = None, again: bool = False,
) -> PushResult:  # fmt: skip
    """Writes the queue as Label Studio's import JSON, and its labelling interface beside it.

    Args:
        store: the project's store.
        path: of the JSON file; the interface goes to the same name with `.xml`.
        kind: of the work; None for that of the project's task.
        prefill: which answer is filled in before anybody answered: given, model or none.
        config_file: the user's own interface.
        again: also what was written to a file before and has no answer yet.

    Raises:
        ConfigError: the queue is empty, the file is there already, or the interface cannot be read
            back.
    """
    if path.exists():
        raise ConfigError(
            f"{path} is there already, and its tasks may not be imported yet. Next: name another "
            "file, or remove it (--again writes its unanswered tasks once more)"
        )
    with store.run("label push", {"kind": kind, "to_file": str(path)}) as run:
        with store.read() as con:
            asked, names = kind_of(store, con, kind), vocabulary(store, con)
            several = multi_label(store, con)
            known = con.execute(sql("label_count"), {"kind": asked}).fetchall()[0][0]
            keys = queued(con, asked, ("queued",))
            if again:
                keys += [
                    row[0] for row in con.execute(sql("label_filed"), {"kind": asked}).fetchall()
                ]
            rows = to_hand_over(store, con, keys)
        if not rows:
            raise ConfigError(f"nothing is queued to {asked}. Next: curate queue --kind {asked}")
        interface = questions.config(asked, names[asked], config_file, multi_label=several)
        tasks, refused = made(asked, rows, prefill)
        files.write_whole(path.with_suffix(".xml"), interface.encode())
        body = json.dumps([task(q) for q in tasks], ensure_ascii=False, indent=1)
        files.write_whole(path, body.encode())
        handed_over = {q.data["curate_id"] for q in tasks}
        blind = {row["task_key"] for row in rows if row["blind"]} & handed_over
        with store.write() as con:
            mark(con, dict.fromkeys(sorted(handed_over)), state="sent", server=FILE_SERVER,
                 project_id=None, prefill=prefill, blind=blind)  # fmt: skip
        run.changed |= bool(tasks)
        run.counts = {"tasks": len(tasks), "refused": len(refused)}
    return PushResult(
        asked, str(path), len(tasks), known, len(blind), tuple(refused), True,
        prefilled=sum(bool(q.predictions) for q in tasks),
    )  # fmt: skip


def sync_from_file(store: Store, path: Path) -> SyncResult:
    """Reads an export of Label Studio (JSON, with annotations) and decides what follows.

    Raises:
        ConfigError: it is no such file.
    """
    tasks = _export(path)
    with store.run("label sync", {"from_file": str(path)}) as run:
        came = _annotations(path, tasks)
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


def _annotations(path: Path, tasks: Sequence[Mapping[str, Any]]) -> list[answers.Annotation]:
    try:
        return [
            answers.annotation(key, raw)
            for task in tasks
            if (key := str(task["data"].get("curate_id") or ""))
            for raw in task.get("annotations", [])
        ]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{path}: an annotation is not as Label Studio writes it: {error}"
        ) from error


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


def kind_of(store: Store, con: duckdb.DuckDBPyConnection, kind: str | None = None) -> str:
    """Returns the kind of work that is named, or that the project's task asks for.

    Raises:
        ConfigError: there is no such kind.
    """
    asked = kind or OF_TASK[store.setting(con, "project").get("task", "sft")]
    if asked not in KINDS:
        raise ConfigError(unknown_name("kind of work", asked, KINDS))
    return asked


def vocabulary(store: Store, con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Returns what annotators may choose, per kind: the labels, and the fields of JSON answers.

    Labels of curate.toml are all the labels there are; for extraction, fields beside those found.
    """
    listed = config.project_settings(store.folder)["labels"] or []
    labels = listed or [row[0] for row in con.execute(sql("label_labels")).fetchall()]
    said = con.execute(sql("label_responses")).fetchall()
    found = sorted({field for (text,) in said for field, _ in questions.fields(text)})
    fields = list(dict.fromkeys([*listed, *found]))
    return {kind: {"relabel": labels, "spans": fields}.get(kind, []) for kind in KINDS}


def multi_label(store: Store, con: duckdb.DuckDBPyConnection) -> bool:
    """Returns whether an example has a list of labels."""
    return bool(store.setting(con, "project").get("multi_label"))


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


def queued(con: duckdb.DuckDBPyConnection, kind: str, states: Sequence[str]) -> list[str]:
    """Returns the keys of tasks of a kind in some states, in the order of the queue."""
    asked = {"kind": kind, "states": list(states)}
    return [row[0] for row in con.execute(sql("label_keys"), asked).fetchall()]


def to_hand_over(
    store: Store, con: duckdb.DuckDBPyConnection, keys: Sequence[str]
) -> list[dict[str, Any]]:
    """Returns rows of the ledger; without a hint where they are held out by now."""
    verdicts.current(store, con)
    held_out = {row[0] for row in con.execute(sql("label_held_out")).fetchall()}
    rows = con.sql(sql("label_rows"), params={"keys": list(keys)}).to_arrow_table().to_pylist()
    return [{**row, "blind": row["blind"] or row["task_key"] in held_out} for row in rows]


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
    import pyarrow as pa

    columns = {
        "task_key": pa.array(list(numbers), pa.string()),
        "task_id": pa.array(list(numbers.values()), pa.int64()),
        "blind": pa.array([key in blind for key in numbers], pa.bool_()),
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

"""Tasks and annotations by file, where no server is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import duckdb

from curate.errors import ConfigError
from curate.files import files
from curate.inputs import inputs
from curate.label.annotations import FILE_SERVER, Applied, apply_annotations, read_again
from curate.label.export_file import key_of, not_ours, read_export, written_at
from curate.label.interface import alike, config, instructions
from curate.label.kinds import kind_of, multi_label, vocabulary
from curate.label.ledger import (
    PushResult,
    SyncResult,
    known_keys,
    mark,
    nothing_queued,
    queued,
    result,
    seconds_of,
    to_hand_over,
    withdrawn,
)
from curate.label.options import PushSettings
from curate.label.reading import Annotation, listed_of, number_or_none, read_annotations
from curate.label.tasks import build_tasks, task
from curate.label.team import team_of, unknown_hints
from curate.store import Store, sql
from curate.verdicts import verdicts


def push_to_file(
    store: Store, path: Path, *, kind: str | None = None, prefill: str = PushSettings.prefill,
    config_file: Path | None = None, again: bool = False, name: str = "",
) -> PushResult:  # fmt: skip
    """Writes the queue as Label Studio's import JSON; interface and instructions beside it.

    Args:
        store: the project's store.
        path: of the JSON file; the interface goes to the same name with `.xml`, what annotators
            read before they start to the one with `.html`.
        kind: of the work; None for that of the project's task.
        prefill: which answer is filled in before anybody answered: given, model or none.
        config_file: the user's own interface.
        again: also what was written to a file before and has no answer yet.
        name: of the queue; empty for the usual one.

    Raises:
        ConfigError: the queue is empty, the file is there already, or the interface cannot be read
            back.
    """
    written = _keys_in(path) if path.exists() else None
    with store.run("label push", {"kind": kind, "to_file": str(path)}) as run:
        with verdicts.today(store) as today:
            con = today.con
            asked, names = kind_of(store, con, kind), vocabulary(store, con)
            several = multi_label(store, con)
            parameters = {"kind": asked, "queue": name}
            count = con.execute(sql("label/count"), parameters).fetchall()[0][0]
            keys = queued(con, asked, ("queued",), name)
            if written is not None and (again or not _is_all(con, written, keys)):
                raise ConfigError(
                    f"{path} is there already, and its tasks may not be imported yet. Next: name "
                    "another file, or remove it (--again writes its unanswered tasks once more)"
                )
            if again:
                keys += [row[0] for row in con.execute(sql("label/filed"), parameters).fetchall()]
            rows = to_hand_over(today, keys)
            seconds = seconds_of(con, asked)
        if not rows and written is None:
            with store.read() as con:
                raise nothing_queued(con, asked, name)
        team = team_of(store.folder)
        interface = config(asked, names[asked], config_file, multi_label=several, team=team)
        notes = alike(names[asked]) + unknown_hints(team, asked, names[asked])
        told = instructions(asked, multi_label=several, team=team)
        tasks, refused = build_tasks(asked, rows, prefill)
        if written is None:
            files.write_whole(path.with_suffix(".xml"), interface.encode())
            files.write_whole(path.with_suffix(".html"), told.encode())
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
        asked, str(path), len(tasks), count, len(blind), tuple(refused), True,
        prefilled=sum(bool(q.predictions) for q in tasks), notes=tuple(notes),
        answers=len(tasks), seconds=seconds,
    )  # fmt: skip


def _keys_in(path: Path) -> set[str]:
    """Returns the keys of the tasks in a file; none where it is another kind of file."""
    try:
        return {key_of(task) for task in read_export(path)[0]}
    except ConfigError:
        return set()


def _is_all(con: duckdb.DuckDBPyConnection, written: set[str], keys: Sequence[str]) -> bool:
    """Returns whether a file has our tasks alone and all that is queued: a push that goes on.

    It was typed twice, or it was killed when the file was whole and the ledger was not.
    """
    return bool(written) and {*keys} <= written == known_keys(con, written)


def sync_from_file(store: Store, path: Path) -> SyncResult:
    """Reads an export of Label Studio (JSON, with annotations) and decides what follows.

    Raises:
        ConfigError: it is no such file, or none of its tasks is in the ledger.
    """
    tasks, problems = read_export(path)
    with store.read() as con:
        ours = known_keys(con, {key for task in tasks if (key := key_of(task))})
        if not ours:
            raise not_ours(con, path, tasks)
    with store.run("label sync", {"from_file": str(path)}) as run:
        came: list[Annotation] = []
        listed: dict[tuple[str, int | None], None] = {}
        foreign = 0
        for task in tasks:
            if (key := key_of(task)) not in ours:
                foreign += len(listed_of(task))
                continue
            read, unreadable = read_annotations(key, task)
            came += read
            problems += unreadable
            if isinstance(task.get("annotations"), list) and not unreadable:
                listed[key, number_or_none(task.get("id"))] = None
        with store.write() as con:
            names = vocabulary(store, con)
            counts = read_again(store, con, run, names)
            present = {(a.annotation_id, a.key) for a in came}
            at = written_at(tasks)
            missing = withdrawn(con, FILE_SERVER, listed, present)
            gone = [a for a in missing if not (at and a.updated_at and a.updated_at > at)]
            counts.add(apply_annotations(store, con, run, None, came, names, gone))
            counts.older += len(missing) - len(gone)
        counts.foreign += foreign
        counts.problems[:0] = problems
        inputs.refresh(store, run)
        run.counts = {"new": counts.new, "changed": counts.changed}
    with store.read() as con:
        return result(con, str(path), counts, _notes(counts))


def _notes(counts: Applied) -> tuple[str, ...]:
    if not counts.older:
        return ()
    return (
        f"the file is older than what is known: {counts.older:,} answers were given, edited or "
        "deleted since, and stay as they are",
    )

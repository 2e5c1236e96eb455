"""Tasks and annotations by file, where no server is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from curate.errors import ConfigError
from curate.files import files
from curate.inputs import inputs
from curate.label.annotations import Annotation, apply_annotations, parse_annotation
from curate.label.interface import config
from curate.label.kinds import get, kind_of, multi_label, vocabulary
from curate.label.ledger import (
    PushResult,
    SyncResult,
    mark,
    queued,
    result,
    to_hand_over,
    withdrawn,
)
from curate.label.options import PushSettings
from curate.label.tasks import build_tasks, task
from curate.store import Store, sql
from curate.verdicts import verdicts

FILE_SERVER = "file"
"""Where annotations of an export file are from, as far as their ids go."""


def push_to_file(
    store: Store, path: Path, *, kind: str | None = None, prefill: str = PushSettings.prefill,
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
        with verdicts.today(store) as today:
            con = today.con
            asked, names = kind_of(store, con, kind), vocabulary(store, con)
            several = multi_label(store, con)
            count = con.execute(sql("label/count"), {"kind": asked}).fetchall()[0][0]
            keys = queued(con, asked, ("queued",))
            if again:
                keys += [
                    row[0] for row in con.execute(sql("label/filed"), {"kind": asked}).fetchall()
                ]
            rows = to_hand_over(today, keys)
        if not rows:
            raise ConfigError(f"nothing is queued to {asked}. Next: {get(asked).queued_by}")
        interface = config(asked, names[asked], config_file, multi_label=several)
        tasks, refused = build_tasks(asked, rows, prefill)
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
        asked, str(path), len(tasks), count, len(blind), tuple(refused), True,
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
            withdrawn_ids = withdrawn(con, FILE_SERVER, keys, {a.annotation_id for a in came})
            counts = apply_annotations(store, con, run, FILE_SERVER, came, names, withdrawn_ids)
        inputs.refresh(store, run)
        run.counts = {"new": counts.new, "changed": counts.changed}
    return result(str(path), counts)


def _annotations(path: Path, tasks: Sequence[Mapping[str, Any]]) -> list[Annotation]:
    try:
        return [
            parse_annotation(key, raw)
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

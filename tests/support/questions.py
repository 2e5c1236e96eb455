"""A project with a queue, its tasks handed over by file, and what annotators say of them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from curate.label import by_file, ledger
from curate.project import Project
from curate.queue.queue import QueueResult
from projects import WriteJsonl, new_project

SUBJECTS = {
    "delivery": ("parcel", "package", "shipment", "delivery", "courier", "letter"),
    "refund": ("refund", "money back", "reimbursement", "repayment", "credit note", "payout"),
    "password": ("password", "login", "sign in", "account access", "reset link", "locked account"),
}


def row(n: int, **more: Any) -> dict[str, Any]:
    return {"id": f"r{n}", "prompt": f"Question {n} about a thing?", "response": f"Answer {n}.",
            "rating": 5, **more}  # fmt: skip


_ids = itertools.count(1)


def handed_over(project: Project, kind: str | None = None) -> list[dict[str, Any]]:
    path = project.folder / "tasks.json"
    path.unlink(missing_ok=True)
    by_file.push_to_file(project.store, path, kind=kind)
    return list(orjson.loads(path.read_bytes()))


def answered(
    project: Project, asked: QueueResult, said: Mapping[str, Sequence[Any]], control: str = "label"
) -> ledger.SyncResult:
    """Takes in what annotators say of tasks: by source id, what each of them says (None: skip)."""
    export = project.folder / "export.json"
    keys = {entry.source_id: entry.task_key for entry in asked.entries}
    exported = [
        {
            "data": {"curate_id": keys[name]},
            "annotations": [
                {
                    "id": next(_ids), "completed_by": who, "was_cancelled": value is None,
                    "updated_at": "2026-05-01T10:00:00Z", "result": part(control, value),
                }
                for who, value in enumerate(values, 1)
            ],
        }
        for name, values in said.items()
    ]  # fmt: skip
    export.write_text(json.dumps(exported), encoding="utf-8")
    return by_file.sync_from_file(project.store, export)


def part(control: str, value: Any) -> list[dict[str, Any]]:
    if value is None:
        return []
    kinds = {"rating": ("rating", value), "corrected": ("text", [value])}
    name, content = kinds.get(control, ("choices", [value]))
    return [{"from_name": control, "to_name": "text", "type": name, "value": {name: content}}]


def made(folder: Path, write: WriteJsonl, rows: Sequence[Mapping[str, Any]], task: str) -> Project:
    project = new_project(folder / "p", task=task)
    project.pull([str(write(folder / "logs.jsonl", rows))])
    project.filter()
    return project

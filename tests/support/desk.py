"""A project whose tasks are handed over and answered by file, and texts with labels."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from click.testing import CliRunner, Result

from curate.label import by_file, ledger
from curate.project import Project
from program import Program
from projects import WriteJsonl, new_project

TEXTS = {
    "delivery": [
        "When will my parcel arrive?",
        "My package has not been delivered yet",
        "Where is my delivery, it is three days late",
        "Track my shipment please",
        "The courier did not come with my parcel",
        "How long does shipping take?",
        "My order was shipped but never arrived",
        "Can you tell me where my package is",
    ],
    "refund": [
        "I want my money back",
        "Please refund my last purchase",
        "How do I get a refund?",
        "You still have not refunded me",
        "Return the money to my account",
        "I was promised a refund last week",
        "Can I get reimbursed for the broken lamp",
        "When do I receive my refund",
    ],
    "password": [
        "I forgot my password",
        "How can I reset my password?",
        "My login does not work any more",
        "I cannot sign in to my account",
        "Change the password of my account",
        "The reset link for the password is broken",
        "It says my password is wrong",
        "Locked out of my account after too many logins",
    ],
}

ITEMS = [
    "lamp", "chair", "table", "sofa", "mirror", "carpet", "curtain", "shelf", "vase", "clock",
    "bench", "stool", "desk", "bed", "kettle", "rug", "candle", "basket", "pillow", "blanket",
    "drawer", "frame", "ladder", "hammock",
]  # fmt: skip


ROWS = {
    f"{label}-{number}": {"text": text, "label": label}
    for label, texts in TEXTS.items()
    for number, text in enumerate(texts)
}


def changed(**rows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """All rows, some of them with other values, some added."""
    told = {name.replace("_", "-"): row for name, row in rows.items()}
    return {**ROWS, **{name: {**ROWS.get(name, {}), **row} for name, row in told.items()}}


class Desk:
    """A project, the tasks it handed over, and the annotators' export file."""

    def __init__(
        self, folder: Path, write: WriteJsonl, rows: list[dict[str, Any]], task: str
    ) -> None:
        self.folder, self.write, self.rows = folder, write, rows
        self.project = new_project(folder / "p", task=task)
        self.pull()
        self.answers: dict[str, list[dict[str, Any]]] = {}
        self.number = 0

    def pull(self) -> None:
        self.project.pull([str(self.write(self.folder / "logs.jsonl", self.rows))])
        self.project.filter()

    def push(self, **options: Any) -> dict[str, dict[str, Any]]:
        """Queues everything and hands it over; returns the tasks by source id."""
        entries = self.project.queue(budget=500, audit=0, kind=options.get("kind")).entries
        path = self.folder / "tasks.json"
        path.unlink(missing_ok=True)
        by_file.push_to_file(self.project.store, path, **options)
        tasks = {task["data"]["curate_id"]: task for task in orjson.loads(path.read_bytes())}
        return {e.source_id: tasks[e.task_key] for e in entries}

    def answer(
        self, task: Mapping[str, Any], result: list[dict[str, Any]], by: int = 1, **more: Any
    ) -> int:
        self.number += 1
        at = f"2026-11-24T04:{self.number // 60:02}:{self.number % 60:02}Z"
        self.answers.setdefault(task["data"]["curate_id"], []).append({
            "id": self.number, "completed_by": {"id": by, "email": f"{by}@example.org"},
            "created_at": at, "updated_at": at, "was_cancelled": False, "lead_time": 12.5,
            "result": result, **more,
        })  # fmt: skip
        return self.number

    def sync(self) -> ledger.SyncResult:
        path = self.folder / "export.json"
        tasks = [
            {"id": zlib.crc32(key.encode()), "data": {"curate_id": key, "text": "x"},
             "annotations": found}
            for key, found in self.answers.items()
        ]  # fmt: skip
        path.write_text(json.dumps(tasks), encoding="utf-8")
        return by_file.sync_from_file(self.project.store, path)

    def examples(self) -> dict[str, dict[str, Any]]:
        return {r["source_id"]: r for r in self.project.table("examples").to_pylist()}

    def reasons(self) -> dict[str, str | None]:
        names = {r["example_id"]: k for k, r in self.examples().items()}
        found = self.project.table("verdicts").to_pylist()
        return {names[r["example_id"]]: r["reason"] for r in found}


def choice(value: str, name: str = "label", **more: Any) -> list[dict[str, Any]]:
    return [{"from_name": name, "type": "choices", "value": {"choices": [value]}, **more}]


def curate(project: Project, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(project.folder), *arguments])  # type: ignore[arg-type]

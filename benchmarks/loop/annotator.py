"""Somebody who types commands in a project, and somebody who answers the tasks that come of it."""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from measured import Stage, child

Labels = Mapping[str, str]
"""Label by the id that a row has in the file."""

ALL = 1_000_000
"""A budget that nothing exhausts."""

WITNESSES = ["mislabel", "contradiction"]


@dataclass
class Curator:
    """Somebody who types commands in a project folder.

    Attributes:
        folder: of the project.
        took: the last run of each command, the start of the program included.
        answers: how many the annotator has given so far.
    """

    folder: Path
    took: dict[str, Stage] = field(default_factory=dict)
    answers: int = 0

    def __call__(self, *command: str) -> Any:
        print(f"  {self.folder.name}: curate {' '.join(command)[:80]}", file=sys.stderr)
        stage = child("-m", "curate", "-C", str(self.folder), *command, "--json")
        self.took[" ".join(command[: 2 if command[0] == "label" else 1])] = stage
        return stage.printed

    @classmethod
    def starts(cls, folder: Path) -> Curator:
        child("-m", "curate", "init", str(folder), "--task", "classification")
        return cls(folder)

    def copied(self, name: str) -> Curator:
        """Returns somebody who goes on from here in a folder of their own."""
        folder = self.folder.with_name(name)
        shutil.copytree(self.folder, folder)
        return Curator(folder)

    def writes(self, name: str, lines: Iterable[Mapping[str, Any]]) -> str:
        """Returns the path of a JSON Lines file beside the project."""
        path = self.folder.with_name(name)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return str(path)

    def vectors(self) -> dict[str, Any]:
        """Returns the vectors that `curate embed` stored, by the id of the row in the file."""
        from curate import Project

        project = Project(self.folder)
        vector = {r["input_hash"]: r["vector"] for r in project.table("embeddings").to_pylist()}
        names = {r["example_id"]: r["source_id"] for r in project.table("examples").to_pylist()}
        return {
            names[row["example_id"]]: np.array(vector[row["input_hash"]], np.float32)
            for row in project.table("example_inputs").to_pylist()
        }


def answered(curator: Curator, entries: Sequence[Mapping[str, Any]], truth: Labels) -> Any:
    """Hands the queue over, answers every task by the truth, and takes the answers in."""
    source_id = {entry["task_key"]: entry["source_id"] for entry in entries}
    tasks_file, export_file = (curator.folder / name for name in ("tasks.json", "export.json"))
    tasks_file.unlink(missing_ok=True)
    curator("label", "push", "--to-file", str(tasks_file))
    tasks = json.loads(tasks_file.read_text(encoding="utf-8"))
    labels = [truth[source_id[task["data"]["curate_id"]]] for task in tasks]
    exported = export(tasks, labels, after=curator.answers)
    curator.answers += len(exported)
    export_file.write_text(json.dumps(exported), encoding="utf-8")
    return curator("label", "sync", "--from-file", str(export_file))


def export(
    tasks: Sequence[Mapping[str, Any]], labels: Sequence[str], *, after: int
) -> list[dict[str, Any]]:
    """Returns Label Studio's JSON export of tasks that one annotator has answered by hand."""
    begun = datetime(2026, 1, 5, 9, tzinfo=UTC)
    made = []
    for number, (task, label) in enumerate(zip(tasks, labels, strict=True), after + 1):
        at = (begun + timedelta(seconds=10 * number)).isoformat().replace("+00:00", "Z")
        result = {
            "id": f"a{number}", "from_name": "label", "to_name": "text", "type": "choices",
            "origin": "manual", "value": {"choices": [label]},
        }  # fmt: skip
        annotation = {
            "id": number, "completed_by": 1, "result": [result], "was_cancelled": False,
            "ground_truth": False, "created_at": at, "updated_at": at, "lead_time": 10.0,
            "task": number,
        }  # fmt: skip
        made.append({"id": number, **task, "annotations": [annotation], "drafts": []})
    return made


def paid(entries: Iterable[Mapping[str, Any]], wrong: set[str]) -> dict[str, tuple[int, int]]:
    """Returns detector -> (errors, entries), by the detector that put an entry where it is."""
    asked: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for entry in entries:
        spoke = ["audit"] if entry["audit"] else entry["detectors"]
        name = "mislabel and contradiction" if spoke[:2] == WITNESSES else spoke[0]
        asked[name] += 1
        found[name] += entry["source_id"] in wrong
    return {name: (found[name], many) for name, many in asked.items()}

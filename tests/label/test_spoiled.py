"""An export in which values went wrong: what is wrong is told, and everything else counts."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from desk import Desk, choice, curate
from spoiled import spoil

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
Result = list[dict[str, Any]]


def relabel(task: Mapping[str, Any], who: int) -> Result:
    return choice(("red", "blue")[who % 2])


def review(task: Mapping[str, Any], who: int) -> Result:
    return [
        {"from_name": "rating", "type": "rating", "value": {"rating": 1 + who}},
        {"from_name": "corrected", "type": "textarea", "value": {"text": [f"Better {who}."]}},
        *choice("keep", "verdict"),
    ]


def preference(task: Mapping[str, Any], who: int) -> Result:
    return choice("AB"[who % 2], "preference")


def spans(task: Mapping[str, Any], who: int) -> Result:
    text = task["data"]["text"]
    at = text.index("A-")
    value = {"start": at, "end": at + 3, "text": text[at : at + 3], "labels": ["order"]}
    return [
        {"id": "s1", "from_name": "span", "to_name": "text", "type": "labels", "value": value},
        {"from_id": "s1", "to_id": "s1", "type": "relation", "direction": "right"},
    ]


def several(task: Mapping[str, Any], who: int) -> Result:
    return [{"from_name": "label", "type": "choices", "value": {"choices": ["red", "blue"]}}]


ANSWERS = {
    "relabel": relabel, "several": several, "review": review, "preference": preference,
    "spans": spans,
}  # fmt: skip
TASKS = {"relabel": "classification", "several": "classification", "spans": "extraction"}


class Spoiling:
    """A project with a few tasks, and exports of it that are spoiled one after the other."""

    def __init__(self, folder: Path, write: WriteJsonl, kind: str) -> None:
        rows: list[dict[str, Any]] = [
            {"id": f"r{n}", "prompt": f"🎉 Order A-{n} of question {n % 6 // 2}?", "rating": 1,
             "response": f'{{"order": "A-{n}"}}' if kind == "spans" else f"Answer {n}."}
            for n in range(6)
        ]  # fmt: skip
        for n, row in enumerate(rows):
            if kind == "preference":
                row |= {"prompt": f"Question {n // 2} about it?", "rating": 5}
            if kind in ("relabel", "several"):
                row |= {"label": ("red", "blue")[n % 2], "prompt": f"Question {n // 2} about it?"}
            if kind == "several":
                row["label"] = [row["label"]]
        if kind == "several":
            (folder / "p").mkdir()
            (folder / "p" / "curate.toml").write_text(
                '[project]\nname = "p"\ntask = "classification"\nmulti_label = true\n', "utf-8"
            )
        self.kind, self.answer = kind, ANSWERS[kind]
        self.desk = Desk(folder, write, rows, TASKS.get(kind, "sft"))
        if kind == "preference":
            self.desk.project.dedupe(near=None)
        self.tasks = list(self.desk.push(kind="relabel" if kind == "several" else kind).values())
        assert len(self.tasks) >= 3
        self.path = folder / "export.json"

    def export(self, turn: int) -> list[dict[str, Any]]:
        """Returns an export with new annotations: nothing of an earlier one is in it."""
        at = f"2026-{1 + turn // 28 % 12:02}-{1 + turn % 28:02}T04:00:00.123456Z"
        return [
            {"id": number, "data": task["data"], "updated_at": at, "drafts": [], "annotations": [
                {"id": 1000 * turn + 10 * number + who, "completed_by": who, "lead_time": 2.5,
                 "was_cancelled": False, "created_at": at, "updated_at": at,
                 "result": self.answer(task, who)}
                for who in (1, 2)
            ]}
            for number, task in enumerate(self.tasks, 1)
        ]  # fmt: skip

    def sync(self, tasks: list[Any]) -> Any:
        self.path.write_text(json.dumps(tasks), encoding="utf-8")
        return curate(self.desk.project, "label", "sync", "--from-file", str(self.path))

    def counted(self) -> dict[str, Counter[tuple[int, str | None]]]:
        """Returns the annotations of each task that count, and what decisions follow from them."""
        with self.desk.project.store.read_database() as con:
            rows = con.execute(
                "SELECT a.task_key, a.annotation_id, a.problem, d.kind "
                "FROM annotations a LEFT JOIN decisions d "
                "ON d.task_key = a.task_key AND d.annotation_id = a.annotation_id "
                "AND NOT d.withdrawn WHERE NOT a.withdrawn"
            ).fetchall()
        found: dict[str, Counter[tuple[int, str | None]]] = {}
        for key, number, problem, decision in rows:
            found.setdefault(key, Counter())[number, problem or decision] += 1
        return found

    def run(self, seed: int, turn: int) -> None:
        clean = self.export(turn)
        tasks, touched = spoil(clean, random.Random(seed))
        result = self.sync(tasks)
        where = f"{self.kind}, seed {seed}"
        assert result.exception is None or isinstance(result.exception, SystemExit), where
        assert result.exit_code == 0 or len(touched) == len(clean), f"{where}: {result.output}"
        counted = self.counted()
        for place, task in enumerate(clean):
            if place in touched:
                continue
            right = {
                (a["id"], decision) for a in task["annotations"] for decision in DECIDED[self.kind]
            }
            there = counted[task["data"]["curate_id"]]
            assert {told for told in there if told[0] // 1000 == turn} == right, where
        for told in counted.values():
            assert set(told.values()) == {1}, f"{where}: counted twice"


DECIDED = {
    "relabel": ["relabel"], "several": ["relabel"], "review": ["rate", "correct", "keep"],
    "preference": ["prefer"], "spans": ["spans", "correct"],
}  # fmt: skip


@pytest.mark.parametrize("kind", ANSWERS)
def test_spoiled_exports(tmp_path: Path, write_jsonl: WriteJsonl, kind: str) -> None:
    spoiling = Spoiling(tmp_path, write_jsonl, kind)
    for turn in range(1, 6):
        spoiling.run(turn, turn)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ANSWERS)
def test_many_spoiled_exports(tmp_path: Path, write_jsonl: WriteJsonl, kind: str) -> None:
    spoiling = Spoiling(tmp_path, write_jsonl, kind)
    for turn in range(1, 1 + int(os.environ.get("CURATE_TEST_SPOILED_EXPORTS", "12"))):
        spoiling.run(1000 + turn, turn)

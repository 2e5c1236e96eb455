"""What annotators answered, as a table that anybody can check."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from curate.label import by_file
from desk import Desk, choice, curate

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
Part = dict[str, Any]

SECRET = "the order of Kim"


def note(text: str) -> Part:
    return {"from_name": "note", "type": "textarea", "value": {"text": [text]}}


def handed_over(desk: Desk, **options: Any) -> dict[str, dict[str, Any]]:
    asked = desk.project.queue(**{"budget": 100, "audit": 0, **options})
    path = desk.folder / f"tasks-{desk.number}.json"
    path.unlink(missing_ok=True)
    by_file.push_to_file(desk.project.store, path)
    sent = {t["data"]["curate_id"]: t for t in orjson.loads(path.read_bytes())}
    return {e.source_id: sent[e.task_key] for e in asked.entries}


@pytest.fixture
def answered(tmp_path: Path, write_jsonl: WriteJsonl) -> Desk:
    """Three annotators and four tasks; a skip, a problem, a deleted answer, and an odd note."""
    rows = [
        {"id": f"r{n}", "prompt": f"Question {n}: {SECRET}?", "label": "=red" if n % 2 else "blue"}
        for n in range(12)
    ]
    desk = Desk(tmp_path, write_jsonl, rows, "classification")
    tasks = handed_over(desk, audit=4, budget=4)
    one, two, three, four = sorted(tasks)
    for person, said in ((1, "=red"), (2, "=red"), (3, "blue")):
        desk.answer(tasks[one], [*choice(said), note('+1, "sure"\nyes')], by=person)
    desk.answer(tasks[two], choice("blue"), by=1)
    desk.answer(tasks[two], [], by=2, was_cancelled=True)
    desk.answer(tasks[three], choice("nosuch"), by=3)
    desk.answer(tasks[three], choice("__unusable__"), by=1)
    desk.answer(tasks[four], choice("blue"), by=1)
    desk.answer(tasks[four], choice("=red"), by=2)
    desk.answer(tasks[two], choice("blue"), by=3)
    desk.sync()
    del desk.answers[tasks[two]["data"]["curate_id"]][0]
    desk.sync()
    return desk


def exported(desk: Desk, *arguments: str) -> list[dict[str, str]]:
    said = curate(desk.project, "label", "export", *arguments)
    assert said.exit_code == 0, said.output
    return list(csv.DictReader(io.StringIO(said.stdout_bytes.decode(), newline="")))


def agreement(rows: list[dict[str, str]], row: dict[str, str]) -> str:
    """The share of others that say the same of the task, counted plainly."""
    if not row["answer"] or row["withdrawn"] == "true":
        return ""
    others = [
        other["answer"]
        for other in rows
        if other["task_key"] == row["task_key"] and other["annotator"] != row["annotator"]
        and other["answer"] and other["withdrawn"] == "false"
    ]  # fmt: skip
    return str(others.count(row["answer"]) / len(others)) if others else ""


def test_a_row_is_an_annotation_and_what_it_decides(answered: Desk) -> None:
    rows = exported(answered)
    assert len(rows) == 10
    examples = {r["example_id"]: k for k, r in answered.examples().items()}
    assert all(examples[row["example_id"]] == row["source_id"] for row in rows)
    names = sorted({row["source_id"] for row in rows})
    told = [
        (names.index(r["source_id"]), r["annotator"], r["decision"], r["answer"], r["settled"])
        for r in rows
    ]
    assert told == [
        (0, "1", "relabel", "'=red", "'=red"),
        (0, "2", "relabel", "'=red", "'=red"),
        (0, "3", "relabel", "blue", "'=red"),
        (1, "1", "relabel", "blue", "blue"),
        (1, "2", "", "", "blue"),
        (1, "3", "relabel", "blue", "blue"),
        (2, "1", "drop", "drop", "drop"),
        (2, "3", "", "", "drop"),
        (3, "1", "relabel", "blue", ""),
        (3, "2", "relabel", "'=red", ""),
    ]
    assert [row["agreement"] for row in rows] == [agreement(rows, row) for row in rows]
    assert {row["agreement"] for row in rows} == {"", "0.0", "0.5"}
    assert [row["skipped"] for row in rows].count("true") == 1
    assert [row["withdrawn"] for row in rows] == ["false"] * 3 + ["true"] + ["false"] * 6
    assert "'nosuch' is no label" in rows[7]["problem"]
    assert rows[0]["note"] == '\'+1, "sure"\nyes'
    assert {(row["seconds"], row["gold"], row["right"]) for row in rows} == {("12.5", "false", "")}
    assert rows[0]["made_at"] == "2026-11-24T04:00:01Z"


def test_texts_of_the_logs_come_only_where_they_are_wanted(answered: Desk) -> None:
    without = curate(answered.project, "label", "export").stdout
    assert SECRET not in without
    rows = exported(answered, "--texts")
    assert all(row["text"].endswith(f": {SECRET}?") for row in rows)


def test_files_are_whole_and_the_same_each_time(answered: Desk, tmp_path: Path) -> None:
    path = tmp_path / "out" / "answers.csv"
    said = curate(answered.project, "label", "export", "--output", str(path))
    assert said.stdout == (
        f"label export  10 rows of 10 answers to 4 tasks by 3 annotators, to {path}\n"
        "  of them 1 skipped, 1 withdrawn, 1 with a problem\n"
    )
    body = path.read_bytes()
    assert body.startswith(b"\xef\xbb\xbfexample_id,") and body.endswith(b"\r\n")
    assert body.count(b"\r\n") == 11 and [p.name for p in path.parent.iterdir()] == [path.name]
    plain = curate(answered.project, "label", "export").stdout_bytes
    assert body == b"\xef\xbb\xbf" + plain
    curate(answered.project, "label", "export", "--output", str(path))
    assert path.read_bytes() == body
    other = tmp_path / "answers.json"
    told = curate(answered.project, "label", "export", "--output", str(other), "--json")
    assert json.loads(told.stdout) == {
        "output": str(other), "format": "json", "rows": 10, "annotations": 10, "tasks": 4,
        "annotators": 3, "skipped": 1, "withdrawn": 1, "problems": 1, "gold": 0,
        "adjudications": 0,
    }  # fmt: skip
    rows = json.loads(other.read_text("utf-8"))
    assert [row["answer"] for row in rows][:3] == ["=red", "=red", "blue"]
    assert (rows[0]["agreement"], rows[0]["skipped"], rows[0]["right"]) == (0.5, False, None)
    assert curate(answered.project, "label", "export", "--format", "json").stdout_bytes == (
        other.read_bytes()
    )


def test_what_cannot_be_written_is_said(answered: Desk, tmp_path: Path) -> None:
    said = curate(answered.project, "label", "export", "--output", str(tmp_path / "answers.xlsx"))
    assert (said.exit_code, "--format csv" in said.stderr) == (2, True)
    assert "'xlsx'" in said.stderr
    said = curate(answered.project, "label", "export", "--json")
    assert (said.exit_code, "--output" in said.stderr) == (2, True)
    assert exported(answered, "--kind", "review") == []


@pytest.mark.slow
def test_gold_questions_and_adjudications_are_marked(answered: Desk) -> None:
    rows = exported(answered)
    tie = rows[-1]["source_id"]
    tasks = handed_over(answered, adjudicate=True)
    answered.answer(tasks[tie], [*choice("=red"), note("Clear.")], by=3)
    answered.sync()
    (task,) = handed_over(answered, gold=1, budget=1).values()
    answered.answer(task, choice("=red"), by=1)
    answered.answer(task, choice("blue"), by=2)
    answered.sync()
    rows = exported(answered)
    assert len(rows) == 13
    judged = [row for row in rows if row["adjudication"] == "true"]
    assert [(r["annotator"], r["answer"], r["note"], r["settled"]) for r in judged] == [
        ("3", "'=red", "Clear.", "'=red")
    ]
    gold = [row for row in rows if row["gold"] == "true"]
    assert [row["right"] for row in gold] in (["true", "false"], ["false", "true"])
    assert {row["agreement"] for row in gold} == {"0.0"}


@pytest.mark.slow
def test_a_better_answer_and_a_mark_are_texts_too(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    rows = [
        {"id": f"r{n}", "prompt": f"Order 8{n} is late", "response": '{"order": "1"}', "rating": 5}
        for n in range(4)
    ]
    desk = Desk(tmp_path, write_jsonl, rows, "extraction")
    name, task = next(iter(handed_over(desk, audit=2, budget=2).items()))
    value = {"start": 6, "end": 8, "text": f"8{name[1]}", "labels": ["order"]}
    desk.answer(task, [{"from_name": "span", "type": "labels", "value": value}], by=1)
    bad = {**value, "start": 0, "end": 2}
    desk.answer(task, [{"from_name": "span", "type": "labels", "value": bad}], by=2)
    desk.sync()
    order = f"8{name[1]}"
    told = {r["decision"]: (r["answer"], r["settled"]) for r in exported(desk)}
    assert told["spans"] == ("order: 6 to 8", "order: 6 to 8")
    assert told["correct"] == ("15 characters", "15 characters")
    assert order not in [r["problem"] for r in exported(desk)][-1]
    told = {r["decision"]: r["answer"] for r in exported(desk, "--texts")}
    assert told["spans"] == f"order: {order}"
    assert told["correct"] == f'{{"order": "{order}"}}'
    assert repr(order) in [r["problem"] for r in exported(desk, "--texts")][-1]

"""The round trip with files: answers become decisions, and people outrank machines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from curate.errors import ConfigError
from curate.label import by_file
from curate.pull.options import PullOptions
from desk import Desk, choice
from program import Program

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]


def row(n: int, **more: Any) -> dict[str, Any]:
    return {"id": f"r{n}", "prompt": f"Question {n} about a thing?", "response": f"Answer {n}.",
            **more}  # fmt: skip


@pytest.fixture
def labels(tmp_path: Path, write_jsonl: WriteJsonl) -> Desk:
    """Three inputs with copies: two red and one blue of each."""
    rows = [row(n, label=("red", "blue")[n % 2]) for n in range(20)]
    for n in (0, 2, 4):
        rows += [row(100 + n, prompt=rows[n]["prompt"], label="red")]
        rows += [row(200 + n, prompt=rows[n]["prompt"], label="blue")]
    return Desk(tmp_path, write_jsonl, rows, "classification")


@pytest.fixture
def answers(tmp_path: Path, write_jsonl: WriteJsonl) -> Desk:
    rows = [row(n, rating=5) for n in range(30)] + [row(30 + n, rating=1) for n in range(6)]
    return Desk(tmp_path, write_jsonl, rows, "sft")


def red_too(labels: Desk) -> tuple[str, dict[str, Any]]:
    """Returns the red copy that is asked once an annotator has said that the blue one is right."""
    tasks = labels.push()
    assert {"r0", "r100", "r200"} & tasks.keys() == {"r200"}, "one task per input, the odd one out"
    labels.answer(tasks["r200"], choice("blue"))
    labels.sync()
    tasks = labels.push()
    (red,) = {"r0", "r100", "r200"} & tasks.keys()
    return red, tasks[red]


@pytest.mark.slow
def test_a_label_is_corrected_and_so_are_copies_that_carry_what_was_seen(labels: Desk) -> None:
    red, task = red_too(labels)
    labels.answer(task, choice("blue", origin="prediction-changed"))
    result = labels.sync()
    assert (result.new, dict(result.decisions), result.problems) == (1, {"relabel": 1}, ())
    found = labels.examples()
    assert [found[k]["label"] for k in ("r0", "r100", "r200", "r2")] == ["blue"] * 3 + ["red"]
    (copy,) = {"r0", "r100"} - {red}
    story = labels.project.why(copy)
    assert [(d["kind"], d["value"]) for d in story["decisions"]] == [("relabel", "blue")]
    assert story["decisions"][0]["from_id"] == found[red]["example_id"]
    text = CliRunner().invoke(Program(), ["-C", str(labels.project.folder), "why", red]).stdout  # type: ignore[arg-type]
    assert "relabel blue  2026-11-24 by annotator 1" in text
    assert 'shown: "red" and (people gave a copy of it the label "blue"), changed' in text

    labels.answers.clear()
    labels.answers[task["data"]["curate_id"]] = []
    assert labels.sync().withdrawn == 1
    found = labels.examples()
    assert [found[k]["label"] for k in ("r0", "r100", "r200")] == ["red", "red", "blue"]


@pytest.mark.slow
def test_the_same_answers_again_change_nothing_and_an_edit_replaces(labels: Desk) -> None:
    tasks = labels.push()
    labels.answer(tasks["r200"], choice("red"))
    labels.sync()
    before = labels.project.store.state_digest()
    again = labels.sync()
    assert (again.new, again.changed, again.same) == (0, 0, 1)
    assert labels.project.store.state_digest() == before
    (answered,) = labels.answers.values()
    answered[0] |= {"result": choice("blue"), "updated_at": "2026-11-24T05:00:00Z"}
    assert labels.sync().changed == 1
    assert labels.examples()["r200"]["label"] == "blue"
    kept = labels.project.table("decisions").to_pylist()
    assert [(d["value"], d["withdrawn_run_id"] is None) for d in kept] == [
        ("red", False),
        ("blue", True),
    ]
    assert labels.project.table("annotation_history").num_rows == 1


@pytest.mark.slow
def test_annotators_who_disagree_settle_nothing_until_a_third_one_answers(labels: Desk) -> None:
    tasks = labels.push()
    labels.answer(tasks["r200"], choice("red"), by=1)
    labels.answer(tasks["r200"], choice("blue"), by=2)
    labels.sync()
    assert labels.examples()["r200"]["label"] == "blue"
    asked = labels.project.queue(budget=50, audit=0).entries
    (again,) = [e for e in asked if e.source_id == "r200"]
    assert again.detectors[0] == "annotators"
    assert again.round == 2
    assert again.task_key != tasks["r200"]["data"]["curate_id"]
    labels.answer(tasks["r200"], choice("red"), by=3)
    labels.sync()
    assert labels.examples()["r200"]["label"] == "red"
    assert {r["annotator"] for r in labels.project.table("annotators").to_pylist()} == {1, 2, 3}
    assert "example.org" not in labels.project.store.path.read_bytes().decode("latin-1")


@pytest.mark.slow
def test_what_a_copys_answer_settled_is_not_asked(labels: Desk) -> None:
    red, task = red_too(labels)
    labels.answer(task, choice("blue"))
    labels.sync()
    (copy,) = {"r0", "r100"} - {red}
    assert labels.examples()[copy]["label"] == "blue"
    asked = labels.project.queue(budget=99, audit=0).entries
    assert copy not in {e.source_id for e in asked}


def test_skips_foreign_answers_and_nonsense_decide_nothing(labels: Desk) -> None:
    tasks = labels.push()
    labels.answer(tasks["r200"], [], was_cancelled=True)
    labels.answer(tasks["r202"], choice("purple"))
    labels.answer({"data": {"curate_id": "somebody else's"}}, choice("red"))
    result = labels.sync()
    assert (result.new, result.skipped, result.foreign) == (2, 1, 1)
    ((_, said),) = result.problems
    assert "'purple' is no label of this project" in said
    assert labels.project.table("decisions").num_rows == 0


@pytest.mark.slow
def test_unusable_is_dropped_and_stays_out(labels: Desk) -> None:
    tasks = labels.push()
    labels.answer(tasks["r200"], choice("__unusable__"))
    labels.sync()
    assert labels.reasons()["r200"] == "dropped"
    assert "dropped by a human" in CliRunner().invoke(
        Program(), ["-C", str(labels.project.folder), "status"]  # type: ignore[arg-type]
    ).stdout  # fmt: skip


@pytest.mark.slow
def test_ratings_corrections_and_keeps_reach_the_exported_file(answers: Desk) -> None:
    tasks = answers.push()
    low = sorted(k for k in tasks if k in {f"r{n}" for n in range(30, 36)})
    better, kept, bad = low[:3]
    answers.answer(tasks[better], [
        {"from_name": "rating", "type": "rating", "value": {"rating": 2}},
        {"from_name": "corrected", "type": "textarea", "value": {"text": ["A better answer."]}},
    ])  # fmt: skip
    answers.answer(tasks[kept], choice("keep", "verdict"))
    answers.answer(tasks[bad], [{"from_name": "rating", "type": "rating", "value": {"rating": 2}}])
    answers.sync()
    reasons = answers.reasons()
    assert (reasons[better], reasons[kept], reasons[bad]) == (None, None, "low_rating")
    made = answers.project.export("set")
    lines = [*map(orjson.loads, (made.folder / "train.jsonl").read_bytes().splitlines())]
    lines += [*map(orjson.loads, (made.folder / "test.jsonl").read_bytes().splitlines())]
    said = {line["prompt"][-1]["content"]: line["completion"][0]["content"] for line in lines}
    by = answers.examples()
    assert said[by[better]["query"]] == "A better answer."
    assert said[by[kept]["query"]] == by[kept]["response"]
    assert by[bad]["query"] not in said


@pytest.mark.slow
def test_a_decision_on_content_that_changed_does_not_count(answers: Desk) -> None:
    tasks = answers.push()
    key = next(k for k in tasks if k in {f"r{n}" for n in range(30, 36)})
    answers.answer(tasks[key], choice("keep", "verdict"))
    answers.sync()
    assert answers.reasons()[key] is None
    next(r for r in answers.rows if r["id"] == key)["response"] = "Another answer."
    answers.pull()
    assert answers.reasons()[key] == "low_rating"
    again = {e.source_id: e for e in answers.project.queue(budget=99, audit=0).entries}
    assert again[key].task_key != tasks[key]["data"]["curate_id"]


@pytest.mark.slow
def test_a_preferred_answer_drops_the_other(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    rows = [row(n, prompt=f"Question {n // 2} about it?", rating=5) for n in range(40)]
    desk = Desk(tmp_path, write_jsonl, rows, "sft")
    desk.project.dedupe(near=None)
    tasks = desk.push(kind="preference")
    entries = {e["example_id"]: e for e in desk.project.table("tasks").to_pylist()}
    name, task = next(iter(tasks.items()))
    entry = entries[desk.examples()[name]["example_id"]]
    desk.answer(task, choice("B", "preference"))
    desk.sync()
    by_id = {r["example_id"]: k for k, r in desk.examples().items()}
    shown = [by_id[entry["example_id"]], by_id[entry["other_id"]]]
    first, second = reversed(shown) if entry["swapped"] else shown
    assert desk.reasons()[first] == "not_preferred"
    assert desk.reasons()[second] is None


@pytest.mark.slow
def test_of_three_better_answers_that_differ_the_newest_counts(answers: Desk) -> None:
    tasks = answers.push()
    name = next(k for k in sorted(tasks) if k in {f"r{n}" for n in range(30, 36)})
    before = answers.examples()[name]["response"]
    for who in (1, 2, 3):
        text = {"text": [f"Better, {who}."]}
        answers.answer(
            tasks[name], [{"from_name": "corrected", "type": "textarea", "value": text}], by=who
        )
        answers.sync()
        now = answers.examples()[name]["response"]
        assert now == {1: "Better, 1.", 2: before, 3: "Better, 3."}[who]
        if who == 2:
            again = {e.source_id: e for e in answers.project.queue(budget=99, audit=0).entries}
            assert again[name].detectors[0] == "annotators"


@pytest.mark.slow
def test_preferences_are_settled_pair_by_pair(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    """The winner of one pair loses the next one, and the loser of the first stays out."""
    rows = [row(n, prompt=f"Question {n // 3} about it?", rating=5) for n in range(60)]
    desk = Desk(tmp_path, write_jsonl, rows, "sft")
    desk.project.dedupe(near=None)
    asked: list[tuple[str, str]] = []
    for best in (1, 0):
        tasks = desk.push(kind="preference")
        entries = {e["task_key"]: e for e in desk.project.table("tasks").to_pylist()}
        by_id = {r["example_id"]: r["source_id"] for r in desk.examples().values()}
        task = next(t for k, t in tasks.items() if int(k[1:]) < 3)
        entry = entries[task["data"]["curate_id"]]
        pair = (by_id[entry["example_id"]], by_id[entry["other_id"]])
        asked.append(pair)
        winner = min(pair) if best else max(pair)
        first = (winner == pair[0]) != entry["swapped"]
        for who in (1, 2):
            desk.answer(task, choice("A" if first else "B", "preference"), by=who)
        desk.sync()
    assert len(set(asked)) == 2
    losers = {max(asked[0]), min(asked[1])}
    reasons = desk.reasons()
    assert {n for n in ("r0", "r1", "r2") if reasons[n] == "not_preferred"} == losers
    assert len(losers) == 2


@pytest.mark.slow
def test_marked_spans_become_the_answer(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    rows = [
        row(n, prompt=f"🎉 Order A-{n} of {n} May", response=f'{{"order": "A-{n}", "day": "x"}}',
            rating=1)
        for n in range(9)
    ]  # fmt: skip
    desk = Desk(tmp_path, write_jsonl, rows, "extraction")
    tasks = desk.push()
    name, task = next((k, t) for k, t in tasks.items() if "predictions" in t)
    (prefilled,) = task["predictions"][0]["result"]
    text = task["data"]["text"]
    at = text.index("May") - 2
    day = {**prefilled, "value": {"start": at, "end": at + 5, "text": text[at : at + 5],
                                  "labels": ["day"]}}  # fmt: skip
    desk.answer(task, [prefilled, day])
    desk.sync()
    said = json.loads(desk.examples()[name]["response"])
    assert said == {"day": text[at : at + 5], "order": prefilled["value"]["text"]}
    assert desk.reasons()[name] is None


@pytest.mark.slow
def test_the_command_line(labels: Desk, tmp_path: Path) -> None:
    def curate(*arguments: str) -> Any:
        here = ["-C", str(labels.project.folder), *arguments]
        return CliRunner().invoke(Program(), here)  # type: ignore[arg-type]

    assert "Next: curate queue --kind relabel" in curate("label", "push", "--to-file", "x").stderr
    said = curate("queue", "--budget", "20").stdout
    assert "20 tasks to relabel, 20 of them an audit sample" in said
    out = tmp_path / "out" / "tasks.json"
    said = curate("label", "push", "--to-file", str(out)).stdout
    assert f"20 tasks to relabel, to {out}   (20 without a hint, 0 with an" in said
    assert (tmp_path / "out" / "tasks.xml").read_text(encoding="utf-8").startswith("<View")
    junk = tmp_path / "junk.json"
    junk.write_text('{"a": 1}', encoding="utf-8")
    result = curate("label", "sync", "--from-file", str(junk))
    assert result.exit_code == 2
    assert "Next: export the project from Label Studio as JSON" in result.stderr
    again = curate("label", "push", "--to-file", str(out))
    assert again.exit_code == 0
    assert "handed over before: 20" in again.stdout
    first = out.read_bytes()
    out.unlink()
    assert "nothing is queued" in curate("label", "push", "--to-file", str(out)).stderr
    assert "20 tasks" in curate("label", "push", "--to-file", str(out), "--again").stdout
    assert sorted(map(str, orjson.loads(out.read_bytes()))) == sorted(map(str, orjson.loads(first)))
    assert "--kind" in curate("label", "push", "--kind", "nonsense").stderr
    never = {"id": 1, "created_at": "never"}
    junk.write_text(json.dumps([{"data": {"curate_id": "x"}, "annotations": [never]}]))
    said = curate("label", "sync", "--from-file", str(junk)).stderr
    assert "handed over by another project" in said


@pytest.mark.slow
def test_half_of_the_annotators_drop_nothing_and_the_question_goes_back(labels: Desk) -> None:
    tasks = labels.push()
    name = next(iter(sorted(tasks)))
    labels.answer(tasks[name], choice("__unusable__"), by=1)
    labels.answer(tasks[name], choice("green" if name == "x" else "red"), by=2)
    before = labels.examples()[name]["label"]
    labels.sync()
    assert labels.reasons()[name] != "dropped"
    assert labels.examples()[name]["label"] == before
    again = {e.source_id: e for e in labels.project.queue(budget=99, audit=0).entries}
    assert again[name].detectors[0] == "annotators"
    labels.answer(tasks[name], choice("__unusable__"), by=3)
    labels.sync()
    assert labels.reasons()[name] == "dropped"
    (out,) = [r for r in labels.project.why(name)["reasons"] if r["reason"] == "dropped"]
    assert out["evidence"] == "by annotator 1"


@pytest.mark.slow
def test_what_is_held_out_by_then_is_pushed_without_a_hint(labels: Desk) -> None:
    labels.project.queue(budget=99, audit=0)
    entries = [e for e in labels.project.table("tasks").to_pylist() if not e["blind"]]
    known = {r["example_id"]: r for r in labels.examples().values()}
    chosen = known[entries[0]["example_id"]]
    held = labels.folder / "held.jsonl"
    labels.write(held, [{"id": "h", "prompt": chosen["query"], "label": chosen["label"]}])
    labels.project.pull([str(held)], PullOptions(heldout=True))
    path = labels.folder / "held-tasks.json"
    by_file.push_to_file(labels.project.store, path)
    tasks = {t["data"]["text"]: t for t in orjson.loads(path.read_bytes())}
    assert "predictions" not in tasks[chosen["query"]]
    assert tasks[chosen["query"]]["data"]["reason"] == ""
    assert sum("predictions" in t for t in tasks.values()) == len(entries) - 1
    stored = {e["task_key"]: e for e in labels.project.table("tasks").to_pylist()}
    assert stored[tasks[chosen["query"]]["data"]["curate_id"]]["blind"]


@pytest.mark.slow
def test_why_tells_which_answer_counts(labels: Desk) -> None:
    tasks = labels.push()
    name = next(iter(sorted(tasks)))
    labels.answer(tasks[name], choice("red"))
    labels.answer(tasks[name], choice("blue"))
    labels.sync()
    _, counts = labels.answers[tasks[name]["data"]["curate_id"]]
    counts |= {"result": choice("red"), "updated_at": "2026-11-24T05:00:00Z"}
    labels.sync()
    run = CliRunner().invoke(Program(), ["-C", str(labels.project.folder), "why", name])  # type: ignore[arg-type]
    lines = [
        line for line in run.stdout.splitlines() if " relabel " in line and "round" not in line
    ]
    said = [(line.split()[2], line.rpartition("(")[2].partition(",")[0]) for line in lines]
    assert said[:2] == [("red", "a later answer of theirs counts)"), ("blue", "edited")]


def test_a_push_to_a_file_that_was_typed_twice_or_killed_goes_on(
    tmp_path: Path, write_jsonl: WriteJsonl, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path, write_jsonl, [
        {"id": f"r{n}", "prompt": f"Question {n} about a thing?", "label": "red"} for n in range(9)
    ], "classification")  # fmt: skip
    desk.project.queue(budget=6)
    path = tmp_path / "tasks.json"

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(by_file, "mark", killed)
        with pytest.raises(KeyboardInterrupt):
            by_file.push_to_file(desk.project.store, path)
    body = path.read_bytes()
    first = by_file.push_to_file(desk.project.store, path)
    assert (first.tasks, first.known) == (6, 0)
    again = by_file.push_to_file(desk.project.store, path)
    assert (again.tasks, again.known) == (0, 6)
    assert path.read_bytes() == body
    assert {r["state"] for r in desk.project.table("tasks").to_pylist()} == {"sent"}
    desk.rows.append({"id": "new", "prompt": "Something new?", "label": "red"})
    desk.pull()
    desk.project.queue(budget=200)
    with pytest.raises(ConfigError, match="is there already"):
        by_file.push_to_file(desk.project.store, path)

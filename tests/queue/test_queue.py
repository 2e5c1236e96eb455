"""The queue: what is asked first, once per duplicate group, and an audit that says nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from curate.errors import ConfigError
from curate.label import by_file, kinds
from curate.project import Project
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from curate.queue.queue import QueueResult
from program import Program
from projects import WriteJsonl, new_project
from questions import SUBJECTS, answered, handed_over, made, row

pytestmark = pytest.mark.store


def names(found: QueueResult) -> list[str]:
    return [entry.source_id for entry in found.entries]


@pytest.fixture
def rated(tmp_path: Path, write_jsonl: WriteJsonl) -> Project:
    """Answers, 60 of them good, 12 rated low, 4 unrated; r70 and r71 are one example."""
    rows = [row(n) for n in range(60)]
    rows += [row(60 + n, rating=1 + n % 2) for n in range(12)]
    rows += [row(80 + n, rating=None) for n in range(4)]
    rows[-6] |= {"prompt": rows[-5]["prompt"], "response": rows[-5]["response"]}
    project = new_project(tmp_path / "p")
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
    project.filter()
    return project


@pytest.fixture
def labelled(tmp_path: Path, write_jsonl: WriteJsonl) -> Project:
    """Labelled questions; two inputs have copies that disagree, three have no label."""
    rows = [row(n, label=("red", "blue")[n % 2], rating=None) for n in range(60)]
    rows += [row(100 + n, prompt=rows[n]["prompt"], label="green", rating=None) for n in range(2)]
    rows += [row(200 + n, label=None, rating=None) for n in range(3)]
    project = new_project(tmp_path / "p", task="classification")
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
    project.filter()
    return project


def test_low_ratings_are_worth_a_better_answer_once_per_group(rated: Project) -> None:
    rated.export("set")
    found = rated.queue(budget=50, audit=0)
    assert (found.kind, found.audit) == ("review", 0)
    by = {e.source_id: e for e in found.entries}
    sides = {r["example_id"]: r["side"] for r in rated.table("split_ledger").to_pylist()}
    held_out = [e for e in found.entries if e.side == "test"]
    assert [e.place for e in found.entries] == list(range(1, len(found.entries) + 1))
    assert found.entries[: len(held_out)] == tuple(held_out), "what is held out comes first"
    assert all(e.blind and e.detectors[0] == "held_out" for e in held_out)
    assert all(sides[e.example_id] == e.side for e in found.entries)
    low = [e for e in found.entries if e.detectors[0] == "low_rating"]
    assert low
    assert [e.score for e in low] == sorted(e.score for e in low)
    assert all("worth a better answer" in e.why and not e.blind for e in low)
    assert len({"r70", "r71"} & by.keys()) == 1


def test_contradictions_and_missing_labels_are_asked(labelled: Project) -> None:
    found = labelled.queue(budget=30, audit=0)
    assert found.kind == "relabel"
    detectors = {e.source_id: e.detectors[0] for e in found.entries}
    assert len({"r0", "r100"} & detectors.keys()) == 1, "one text, one task"
    assert len({"r1", "r101"} & detectors.keys()) == 1
    assert sum(name == "contradiction" for name in detectors.values()) == 2
    missing = {k for k in detectors if k.startswith("r20")}
    assert missing == {"r200", "r201", "r202"}
    assert len(found.entries) == 5, "and nothing that no detector speaks for"


@pytest.mark.slow
def test_an_audit_is_drawn_from_what_is_kept_and_says_nothing(labelled: Project) -> None:
    found = labelled.queue(budget=100)
    drawn = [e for e in found.entries if e.audit]
    assert len(drawn) == found.audit == 20
    assert all(e.blind for e in drawn)
    assert labelled.queue(budget=100).entries == found.entries
    other = labelled.queue(budget=100, seed=1)
    assert {e.example_id for e in other.entries if e.audit} != {e.example_id for e in drawn}
    kept = {r["example_id"] for r in labelled.table("verdicts").to_pylist() if not r["reason"]}
    assert {e.example_id for e in drawn} <= kept
    bigger = labelled.queue(budget=100, audit=30)
    more = {e.example_id for e in bigger.entries if e.audit}
    assert len({e.example_id for e in drawn} & more) >= 18, "lots are kept when a sample grows"


@pytest.mark.slow
def test_the_same_queue_again_changes_nothing(labelled: Project) -> None:
    labelled.queue(budget=25)
    before = labelled.store.state_digest()
    labelled.queue(budget=25)
    assert labelled.table("runs").to_pylist()[-1]["outcome"] == "unchanged"
    assert labelled.store.state_digest() == before


@pytest.mark.slow
def test_what_was_handed_over_is_not_queued_again(labelled: Project, tmp_path: Path) -> None:
    first = labelled.queue(budget=4, audit=0)
    by_file.push_to_file(labelled.store, tmp_path / "tasks.json")
    second = labelled.queue(budget=30, audit=0)
    assert second.waiting == 4
    assert not {e.example_id for e in first.entries} & {e.example_id for e in second.entries}


def test_two_answers_to_one_question_are_a_preference(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = [row(n, prompt=f"Question {n // 2} about a thing?") for n in range(20)]
    project = new_project(tmp_path / "p")
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
    project.filter()
    found = project.queue(kind="preference", budget=50)
    assert len(found.entries) == 10
    assert all(e.other_id and e.other_id != e.example_id for e in found.entries)
    assert {e.swapped for e in found.entries} == {True, False}


def test_what_cannot_be_queued_is_said(labelled: Project) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'relabel'"):
        labelled.queue(kind="relable")
    with pytest.raises(ConfigError, match="an audit of 9 does not fit into a budget of 5"):
        labelled.queue(budget=5, audit=9)


# -- once per duplicate group ----------------------------------------------------------------------


@pytest.mark.slow
def test_the_other_copy_is_asked_only_where_the_answer_contradicts_it(labelled: Project) -> None:
    given = {"r0": "red", "r100": "green", "r1": "blue", "r101": "green"}
    asked = labelled.queue(budget=30, audit=0)
    (first,), (second,) = {"r0", "r100"} & {*names(asked)}, {"r1", "r101"} & {*names(asked)}
    (like_first,), (like_second,) = {"r0", "r100"} - {first}, {"r1", "r101"} - {second}
    handed_over(labelled)
    assert names(labelled.queue(budget=30, audit=0)) == [], "somebody thinks about the text"
    answered(labelled, asked, {first: [given[like_first]], second: [given[second]]})
    again = labelled.queue(budget=30, audit=0)
    assert names(again) == [like_second], "the other text has one label by now"
    (entry,) = again.entries
    assert entry.detectors[0] == "near_decision"
    assert entry.suggested == given[second]
    assert entry.why == f'people gave a copy of it the label "{given[second]}"'
    handed_over(labelled)
    answered(labelled, again, {like_second: [given[second]]})
    assert names(labelled.queue(budget=30, audit=0)) == []


@pytest.mark.slow
def test_a_skipped_text_is_not_asked_again_by_its_copies(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = [row(n, label=("red", "blue")[n % 2], rating=None) for n in range(8)]
    rows += [row(10 + n, prompt="What is that?", label=None, rating=None) for n in range(3)]
    project = made(tmp_path, write_jsonl, rows, "classification")
    asked = project.queue(audit=0)
    (name,) = names(asked)
    handed_over(project)
    answered(project, asked, {name: [None]})
    assert names(project.queue(audit=0)) == []


@pytest.mark.slow
def test_a_corrected_answer_is_not_asked_again_by_its_copies(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = [row(n) for n in range(8)]
    rows += [row(10 + n, prompt="And what is that?", response="No.", rating=1) for n in range(3)]
    project = made(tmp_path, write_jsonl, rows, "sft")
    asked = project.queue(audit=0)
    (name,) = names(asked)
    handed_over(project)
    answered(project, asked, {name: ["It is a lamp."]}, "corrected")
    assert "It is a lamp." in {r["response"] for r in project.table("examples").to_pylist()}
    assert names(project.queue(audit=0)) == []


@pytest.mark.slow
def test_what_is_alike_is_offered_once_a_label_is_changed(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    text = "could you please tell me when the parcel that i ordered on monday will be here"
    rows = [row(n, prompt=text + " now" * n, label="refund", rating=None) for n in (0, 1)]
    rows += [row(10 + n, label=("red", "refund")[n % 2], rating=None) for n in range(20)]
    rows += [row(40, label="delivery", rating=None)]
    project = made(tmp_path, write_jsonl, rows, "classification")
    project.dedupe()
    asked = project.queue(budget=50, audit=50)
    (one,) = {"r0", "r1"} & set(names(asked))
    handed_over(project)
    answered(project, asked, {one: ["delivery"]})
    (entry,) = project.queue(audit=0).entries
    assert {one, entry.source_id} == {"r0", "r1"}
    assert (entry.given, entry.suggested) == ("refund", "delivery"), "asked, not changed"
    assert entry.detectors[0] == "near_decision"
    assert entry.why == 'people gave one that is alike the label "delivery"'


# -- ties and disagreements ------------------------------------------------------------------------


@pytest.mark.slow
def test_a_tie_goes_back_when_nobody_is_asked_yet_who_breaks_it(labelled: Project) -> None:
    asked = labelled.queue(budget=30, audit=0)
    handed_over(labelled)
    answered(labelled, asked, {"r200": ["red", "blue"], "r201": ["red"], "r202": ["red", "red"]})
    again = labelled.queue(budget=30, audit=0)
    assert [(e.source_id, e.detectors[0], e.round) for e in again.entries] == [
        ("r200", "annotators", 2)
    ]
    assert again.entries[0].why == "annotators disagree: blue or red"
    handed_over(labelled)
    assert names(labelled.queue(budget=30, audit=0)) == [], "the second round is out"
    answered(labelled, again, {"r200": ["__none__", "__none__", None]})
    third = labelled.queue(budget=30, audit=0)
    assert [(e.source_id, e.round) for e in third.entries] == [("r200", 3)]
    handed_over(labelled)
    answered(labelled, third, {"r200": [None, None, "green"]})
    (fourth,) = labelled.queue(budget=30, audit=0).entries
    assert fourth.why == "annotators disagree: blue or green or red"


@pytest.mark.slow
def test_two_ratings_far_apart_need_a_third_one(rated: Project) -> None:
    asked = rated.queue(budget=50, audit=0)
    one, two, *_ = [e.source_id for e in asked.entries if e.detectors[0] == "low_rating"]
    handed_over(rated)
    answered(rated, asked, {one: [1, 4], two: [3, 4]}, "rating")
    again = rated.queue(budget=50, audit=0)
    assert [(e.source_id, e.why) for e in again.entries] == [(one, "annotators disagree: 1 or 4")]
    handed_over(rated)
    answered(rated, again, {one: [None, None, 4]}, "rating")
    assert names(rated.queue(budget=50, audit=0)) == []


@pytest.mark.slow
def test_a_pair_goes_back_too(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    rows = [row(n, prompt=f"Question {n // 2} about a thing?") for n in range(8)]
    project = made(tmp_path, write_jsonl, rows, "preference")
    asked = project.queue()
    one, two, three, _ = names(asked)
    handed_over(project)
    answered(project, asked, {one: ["A", "B"], two: ["tie"], three: ["B", "B"]}, "preference")
    again = project.queue()
    assert [(e.source_id, e.detectors, e.round) for e in again.entries] == [
        (one, ("annotators",), 2)
    ]
    handed_over(project)
    assert names(project.queue()) == []


@pytest.mark.slow
def test_the_better_answer_meets_the_next_one(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    rows = [row(n, prompt="What is it?", rating=None) for n in range(3)]
    project = made(tmp_path, write_jsonl, [*rows, row(9)], "preference")
    asked = project.queue()
    (first,) = asked.entries
    handed_over(project)
    answered(project, asked, {first.source_id: ["B" if first.swapped else "A"]}, "preference")
    (second,) = project.queue().entries
    assert first.example_id in (second.example_id, second.other_id)
    assert first.other_id not in (second.example_id, second.other_id)


@pytest.mark.slow
def test_raters_who_labelled_otherwise_are_asked_about(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = [row(n, label=("red", "blue")[n % 2], rating=None) for n in range(8)]
    project = made(tmp_path, write_jsonl, rows, "classification")
    said = [("r0", "ann", "red"), ("r0", "bob", "blue"), ("r1", "ann", "red"), ("r2", "bob", "red")]
    late = [{"id": name, "rater": who, "label": value} for name, who, value in said]
    path = str(write_jsonl(tmp_path / "late.jsonl", late))
    project.pull([path], PullOptions(declared=Declared("feedback", {"key": "id"})))
    (entry,) = project.queue(audit=0).entries
    assert (entry.source_id, entry.why) == ("r0", "raters disagree: blue or red")
    drawn = {*names(project.queue(budget=8, audit=8))}
    assert "r3" in drawn
    assert not {"r1", "r2"} & drawn, "somebody has labelled them"
    (entry,) = project.queue(audit=0).entries
    handed_over(project)
    assert names(project.queue(audit=0)) == []


# -- in which order --------------------------------------------------------------------------------


def suspicious() -> list[dict[str, Any]]:
    """Questions of three kinds; one has a wrong label, one has, and a copy that says so."""
    ways = ("Where is my {}?", "I have a question about the {} of last week", "{} please")
    rows = [
        row(100 * a + 10 * b + c, prompt=way.format(what), label=name, rating=None)
        for a, (name, things) in enumerate(SUBJECTS.items())
        for b, what in enumerate(things)
        for c, way in enumerate(ways)
    ]
    by = {r["id"]: r for r in rows}
    by["r0"]["label"], by["r130"]["label"] = "password", "delivery"
    return [*rows, row(900, prompt=by["r0"]["prompt"], label="delivery", rating=None)]


@pytest.mark.slow
def test_two_witnesses_come_before_one(
    tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any
) -> None:
    project = made(tmp_path, write_jsonl, suspicious(), "classification")
    whole_path(project)
    found = project.queue(audit=0)
    assert not found.missing
    assert [issue.source_id for issue in project.mislabels().issues][:2] == ["r130", "r0"]
    first, second = found.entries[:2]
    assert (first.source_id, first.detectors[:2]) == ("r0", ("mislabel", "contradiction"))
    assert first.suggested == "delivery"
    assert (second.source_id, second.detectors[0]) == ("r130", "mislabel")
    assert "r900" not in names(found), "its text is asked already"


@pytest.mark.slow
def test_a_wrong_held_out_label_comes_before_anything_of_train(
    tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any
) -> None:
    rows = [
        {**r, "split": "test" if r["id"] in ("r1", "r130", "r210") else "train"}
        for r in suspicious()
    ]
    project = made(tmp_path, write_jsonl, rows, "classification")
    whole_path(project)
    found = project.queue(audit=0)
    first, second = found.entries[:2]
    assert (first.source_id, first.side, first.detectors[0]) == ("r130", "test", "mislabel")
    assert first.blind
    assert (second.source_id, second.side, second.blind) == ("r0", "train", False)
    assert all(e.side == "train" for e in found.entries if "mislabel" in e.detectors[1:])
    task = handed_over(project)[0]
    assert task["data"]["curate_id"] == first.task_key
    assert (task["data"]["reason"], task.get("predictions")) == ("", None), "asked without a hint"


@pytest.mark.slow
def test_the_queue_says_what_each_detector_is_worth(labelled: Project) -> None:
    asked = labelled.queue(budget=30, audit=0)
    handed_over(labelled)
    answered(labelled, asked, {"r200": ["red"], "r201": ["blue"]})
    command = ["-C", str(labelled.folder), "queue", "--budget", "9", "--audit", "0"]
    result = CliRunner().invoke(Program(), [*command, "--json"])  # type: ignore[arg-type]
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout)["shares"] == []
    rows = [row(300 + n, label=None, rating=None) for n in range(9)]
    logs = labelled.folder.parent / "more.jsonl"
    logs.write_bytes(b"".join(orjson.dumps(r) + b"\n" for r in rows))
    labelled.pull([str(logs)])
    labelled.filter()
    result = CliRunner().invoke(Program(), [*command, "--json"])  # type: ignore[arg-type]
    (told,) = json.loads(result.stdout)["shares"]
    assert (told["name"], told["reviewed"], told["changed"]) == ("no_label", 2, 2)
    assert told["tasks"] <= told["available"] <= 9
    assert told["expected"] == pytest.approx(3 / 4)
    text = CliRunner().invoke(Program(), command).stdout  # type: ignore[arg-type]
    assert "detector  tasks  of  reviewed  changed  expected" in text
    assert " 75%" in text


def whole_path(project: Project) -> None:
    project.embed()
    project.dedupe()
    project.cluster()
    project.mislabels()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["relabel", "review"])
def test_no_order_of_rows_and_no_number_of_threads_changes_the_queue(
    kind: str, tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any
) -> None:
    found = []
    for number, threads in enumerate((1, 4)):
        rows = suspicious()[:: (1, -1)[number]]
        folder = tmp_path / str(number)
        made(folder, write_jsonl, rows, "classification")
        project = Project(folder / "p", threads=threads)
        whole_path(project)
        found.append(project.queue(kind=kind, budget=30, audit=5))
    assert found[0].entries
    assert found[0] == found[1]


# -- nothing to go by ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [name for name in kinds.names() if kinds.get(name).decides])
@pytest.mark.parametrize("task", ["classification", "sft"])
def test_an_empty_project_has_an_empty_queue(kind: str, task: str, tmp_path: Path) -> None:
    found = new_project(tmp_path / "p", task=task).queue(kind=kind)
    assert (found.entries, found.found, found.waiting) == ((), 0, 0)


@pytest.mark.slow
def test_what_was_not_looked_for_is_said_with_the_command(labelled: Project, encoder: Any) -> None:
    def said() -> str:
        command = ["-C", str(labelled.folder), "queue", "--budget", "5", "--audit", "0"]
        return CliRunner().invoke(Program(), command).stdout  # type: ignore[arg-type]

    assert "note: no label is suspected yet: curate run" in said()
    assert "note: no vectors, so nothing to tell edge cases by: curate run" in said()
    labelled.embed()
    assert "note: no label is suspected yet: curate mislabels" in said()
    labelled.cluster()
    labelled.mislabels()
    assert "note:" not in said()
    asked = labelled.queue(audit=0)
    handed_over(labelled)
    answered(labelled, asked, {names(asked)[0]: ["red"]})
    assert "note: labels have changed since they were judged: curate mislabels" in said()


def test_a_budget_larger_than_what_there_is(rated: Project) -> None:
    found = rated.queue(budget=10_000)
    assert len({e.example_id for e in found.entries}) == len(found.entries) < 80
    assert found.audit == sum(e.audit for e in found.entries)


@pytest.mark.slow
def test_an_answer_that_could_bring_nothing_in_is_not_asked_for(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = [row(n, label=("red", "blue")[n % 2], rating=None) for n in range(8)]
    rows += [row(10, prompt="What is that?", label=None, rating=None)]
    rows += [row(11, prompt="How are you?", label="purple", rating=None)]
    rows += [row(12, prompt="Too long " * 50_000, label=None, rating=None)]
    rows += [row(13, prompt="Who is that?", label=None, error="timeout", rating=None)]
    project = made(tmp_path, write_jsonl, rows, "classification")
    toml = project.folder / "curate.toml"
    text = toml.read_text().replace("# labels", 'labels = ["red", "blue"]  #')
    toml.write_text(text + "\n[export]\ntest_size = 0\n")
    project.filter()
    found = {e.source_id: e.why for e in project.queue(audit=0).entries}
    assert found == {"r10": "it has no label", "r11": "its label is none of the project's"}
    rows = [row(1, rating=1), row(2, prompt="Too long " * 50_000, rating=1)]
    answers = made(tmp_path / "answers", write_jsonl, rows, "sft")
    assert names(answers.queue(audit=0)) == ["r1"]


def test_audited_tasks_are_told_from_held_out_ones_by_nothing(labelled: Project) -> None:
    labelled.export("set")
    asked = labelled.queue(budget=60)
    audited = {e.task_key for e in asked.entries if e.audit}
    tasks = handed_over(labelled)
    drawn = [t for t in tasks if t["data"]["curate_id"] in audited]
    assert len(drawn) == len(audited) == 20
    assert {tuple(t) for t in drawn} == {("data",)}
    assert {t["data"]["reason"] for t in drawn} == {""}
    assert {tuple(t["data"]) for t in tasks} == {tuple(drawn[0]["data"])}
    assert "audit" not in (labelled.folder / "tasks.json").read_text(encoding="utf-8")

"""What annotators disagree on goes to somebody else, who sees what they said and decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from curate.label import by_file
from desk import Desk, choice, curate

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
Part = dict[str, Any]


def note(text: str) -> Part:
    return {"from_name": "note", "type": "textarea", "value": {"text": [text]}}


def rating(stars: int, *more: Part) -> list[Part]:
    return [{"from_name": "rating", "type": "rating", "value": {"rating": stars}}, *more]


def corrected(text: str) -> Part:
    return {"from_name": "corrected", "type": "textarea", "value": {"text": [text]}}


def handed_over(desk: Desk, **options: Any) -> dict[str, dict[str, Any]]:
    """Queues and writes the file; returns the tasks by source id, each with its `entry`."""
    asked = desk.project.queue(**{"budget": 100, **options})
    if not asked.entries:
        return {}
    path = desk.folder / f"tasks-{desk.number}-{asked.kind}.json"
    path.unlink(missing_ok=True)
    by_file.push_to_file(desk.project.store, path)
    sent = {t["data"]["curate_id"]: t for t in orjson.loads(path.read_bytes())}
    return {e.source_id: {**sent[e.task_key], "entry": e} for e in asked.entries}


@pytest.fixture
def desk(tmp_path: Path, write_jsonl: WriteJsonl) -> Desk:
    """Texts with a label, of which an audit asks."""
    rows = [
        {"id": f"r{n}", "prompt": f"Question {n} about a thing?", "label": label}
        for n, label in enumerate(["red", "blue", "green"] * 8)
    ]
    return Desk(tmp_path, write_jsonl, rows, "classification")


def tied(desk: Desk, count: int = 1) -> list[str]:
    """Annotators 1 and 2 disagree about some texts; returns their source ids, train first."""
    tasks = handed_over(desk, budget=12, audit=12)
    order = sorted(tasks, key=lambda n: tasks[n]["entry"].side, reverse=True)
    for name in order[:count]:
        desk.answer(tasks[name], [*choice("red"), note("They want money back.")], by=1)
        desk.answer(tasks[name], choice("blue"), by=2)
    for name in order[count:]:
        desk.answer(tasks[name], choice("red"), by=1)
    desk.sync()
    return order[:count]


def label(desk: Desk, name: str) -> Any:
    return desk.examples()[name]["label"]


def settled(desk: Desk, name: str) -> dict[str, Any] | None:
    example = desk.examples()[name]["example_id"]
    rows = desk.project.table("settled").to_pylist()
    return next((r for r in rows if r["example_id"] == example), None)


def problems(desk: Desk) -> list[tuple[int, str]]:
    return [(p.annotator, p.why) for p in desk.project.label_problems()]


def test_the_page_shows_what_each_said_and_nothing_that_a_model_said(desk: Desk) -> None:
    (name,) = tied(desk)
    tasks = handed_over(desk, adjudicate=True)
    assert list(tasks) == [name]
    task, entry = tasks[name], tasks[name]["entry"]
    assert task["data"]["reason"] == (
        "Annotators disagree. Your answer decides.\n"
        "Annotator A: blue.\n"
        "Annotator B: red. Note: They want money back."
    )
    assert "predictions" not in task
    assert (entry.suggested, entry.adjudicates, entry.round, entry.audit) == (
        None,
        (1, 2),
        2,
        False,
    )
    # It waits for an answer: nobody is asked the same in another way.
    assert handed_over(desk, audit=0) == handed_over(desk, adjudicate=True) == {}


@pytest.mark.slow
def test_an_adjudicator_decides_alone_whatever_becomes_of_the_votes(desk: Desk) -> None:
    (name,) = tied(desk)
    assert settled(desk, name) is None
    task = handed_over(desk, adjudicate=True)[name]
    desk.answer(task, choice("green"), by=3)
    result = desk.sync()
    assert (dict(result.decisions), result.problems) == ({"relabel": 1}, ())
    assert label(desk, name) == "green"
    assert (settled(desk, name) or {})["annotator"] == 3
    assert curate(desk.project, "why", name).stdout.count("(somebody adjudicated)") == 2
    # Both now say the same, a fourth votes with them, and one of them is deleted.
    votes = next(a for key, a in desk.answers.items() if len(a) == 2)
    votes[0]["result"], votes[0]["updated_at"] = choice("blue"), "2026-12-01T00:00:00Z"
    assert desk.sync().changed == 1
    assert label(desk, name) == "green"
    votes.append({**votes[1], "id": 999, "completed_by": {"id": 4}})
    desk.sync()
    assert label(desk, name) == "green"
    del votes[:]
    desk.sync()
    assert label(desk, name) == "green"
    assert handed_over(desk, adjudicate=True) == {}
    # Once it is deleted, nobody has decided.
    desk.answers[task["data"]["curate_id"]][0]["result"] = []
    desk.answers[task["data"]["curate_id"]][0]["updated_at"] = "2026-12-02T00:00:00Z"
    desk.sync()
    assert settled(desk, name) is None


@pytest.mark.slow
def test_what_is_asked_after_an_adjudication_counts_beside_it(desk: Desk) -> None:
    (name,) = tied(desk)
    task = handed_over(desk, adjudicate=True)[name]
    desk.answer(task, choice("green"), by=3)
    # Had one of those who disagree been asked once more meanwhile, that would be no vote.
    with desk.project.store.write() as con:
        for key, round_, adjudicates in (("again", 3, None), ("late", 4, [1, 2])):
            con.execute(
                "INSERT INTO tasks SELECT * REPLACE (? AS task_key, ? AS round, ? AS adjudicates) "
                "FROM tasks WHERE task_key = ?",
                [key, round_, adjudicates, task["data"]["curate_id"]],
            )
    desk.answer({"data": {"curate_id": "late"}}, choice("blue"), by=2)
    desk.sync()
    assert label(desk, name) == "green"
    desk.answer({"data": {"curate_id": "again"}}, choice("red"), by=4)
    desk.sync()
    assert settled(desk, name) is None
    desk.answer({"data": {"curate_id": "again"}}, choice("green"), by=1)
    desk.sync()
    assert label(desk, name) == "green"


@pytest.mark.slow
def test_one_who_disagreed_only_votes_again(desk: Desk) -> None:
    (name,) = tied(desk)
    task = handed_over(desk, adjudicate=True)[name]
    desk.answer(task, choice("green"), by=2)
    result = desk.sync()
    assert dict(result.decisions) == {"relabel": 1}
    why = (
        "annotator 2 is one of those who disagreed, and cannot adjudicate: it is one more vote. "
        "Somebody else has to decide: curate queue --adjudicate"
    )
    assert [what for _, what in result.problems] == [why]
    assert problems(desk) == [(2, why)]
    assert result.unread == 1
    assert settled(desk, name) is None
    # Reading it once more changes nothing.
    again = desk.sync()
    assert (again.new, again.changed, again.same, again.unread) == (0, 0, 14, 1)
    # It stays open: the same task, or a new one, for somebody else.
    task = handed_over(desk, adjudicate=True)[name]
    assert "Annotator A: green.\nAnnotator B: red." in task["data"]["reason"]
    assert task["entry"].round == 3
    desk.answer(task, choice("blue"), by=3)
    desk.sync()
    assert (label(desk, name), problems(desk)) == ("blue", [])


@pytest.mark.slow
def test_one_who_gives_in_ends_the_dispute(desk: Desk) -> None:
    (name,) = tied(desk)
    task = handed_over(desk, adjudicate=True)[name]
    desk.answer(task, choice("red"), by=2)
    desk.sync()
    assert (label(desk, name), problems(desk)) == ("red", [])
    assert handed_over(desk, adjudicate=True) == {}
    # Whoever else answers the task still decides.
    desk.answer(task, choice("green"), by=3)
    desk.sync()
    assert label(desk, name) == "green"


@pytest.mark.slow
def test_two_adjudicators_who_disagree_are_adjudicated(desk: Desk) -> None:
    (name,) = tied(desk)
    task = handed_over(desk, adjudicate=True)[name]
    desk.answer(task, choice("green"), by=3)
    desk.answer(task, choice("red"), by=4)
    desk.sync()
    assert settled(desk, name) is None
    task = handed_over(desk, adjudicate=True)[name]
    assert task["entry"].adjudicates == (1, 2, 3, 4)
    assert "Annotator A: green.\nAnnotator B: red." in task["data"]["reason"]
    desk.answer(task, choice("blue"), by=5)
    desk.sync()
    assert label(desk, name) == "blue"


@pytest.mark.slow
def test_agreement_is_told_by_those_who_had_not_read_the_others(desk: Desk) -> None:
    names = tied(desk, 3)
    (before,) = desk.project.label_status().agreement
    assert (before.questions, before.same, before.tied) == (3, 0, 3)
    for name, task in handed_over(desk, adjudicate=True).items():
        desk.answer(task, choice("red"), by=2 if name == names[0] else 3)
    desk.sync()
    assert [label(desk, name) for name in names] == ["red"] * 3
    (after,) = desk.project.label_status().agreement
    assert after.tied == 1, "the one that nobody else has decided"
    assert replace(after, tied=3) == before


@pytest.mark.slow
def test_a_changed_text_takes_the_adjudication_with_it(desk: Desk) -> None:
    (name,) = tied(desk)
    desk.answer(handed_over(desk, adjudicate=True)[name], choice("green"), by=3)
    desk.sync()
    desk.rows = [{**r, "prompt": "What about that?"} if r["id"] == name else r for r in desk.rows]
    desk.pull()
    assert settled(desk, name) is None
    task = handed_over(desk, audit=0)[name]
    assert task["entry"].detectors[0] == "stale"
    desk.answer(task, choice("blue"), by=1)
    desk.sync()
    assert label(desk, name) == "blue"


@pytest.mark.slow
def test_what_was_said_with_a_hint_gives_none_to_copies_that_are_held_out(desk: Desk) -> None:
    """A vote with a hint makes the adjudication one: nothing blind follows from it."""
    desk.rows.append({"id": "copy", "prompt": "Question 0 about a thing?", "label": "green"})
    desk.pull()
    tasks = handed_over(desk, audit=0)
    (name,) = [n for n in tasks if n in ("r0", "copy")]
    for person, said in ((1, "red"), (2, "blue")):
        desk.answer(tasks[name], choice(said), by=person)
    desk.sync()
    entry = handed_over(desk, adjudicate=True)[name]["entry"]
    assert (entry.side, entry.blind) == ("train", False)


@pytest.mark.slow
def test_a_review_is_adjudicated_as_a_whole(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    rows = [
        {"id": f"r{n}", "prompt": f"Question {n} about a thing?", "response": f"Answer {n}.",
         "rating": 5}
        for n in range(8)
    ]  # fmt: skip
    desk = Desk(tmp_path, write_jsonl, rows, "sft")
    tasks = handed_over(desk, budget=4, audit=4)
    far, apart, texts, _ = sorted(tasks, key=lambda n: tasks[n]["entry"].side, reverse=True)
    desk.answer(tasks[far], rating(1), by=1)
    desk.answer(tasks[far], rating(5), by=2)
    desk.answer(tasks[apart], choice("drop", "verdict"), by=1)
    desk.answer(tasks[apart], rating(4), by=2)
    desk.answer(tasks[texts], rating(2, corrected("Better."), note("Rude.")), by=1)
    desk.answer(tasks[texts], rating(2, corrected("Best.")), by=2)
    desk.sync()
    asked = handed_over(desk, adjudicate=True)
    assert asked.keys() == {far, apart, texts}
    shown = {name: task["data"]["reason"].splitlines()[1:] for name, task in asked.items()}
    assert shown[far] == ["Annotator A: 1 of 5 stars.", "Annotator B: 5 of 5 stars."]
    assert shown[apart] == ["Annotator A: 4 of 5 stars.", "Annotator B: drop."]
    assert shown[texts] == [
        "Annotator A: a better answer: Best.; 2 of 5 stars.",
        "Annotator B: a better answer: Better.; 2 of 5 stars. Note: Rude.",
    ]
    desk.answer(asked[far], rating(4), by=3)
    desk.answer(asked[apart], rating(2), by=3)
    desk.answer(asked[texts], rating(3), by=3)
    desk.sync()
    found = [settled(desk, name) or {} for name in (far, apart, texts)]
    assert [(r["verdict"], r["rating"], r["correction"]) for r in found] == [
        (None, 4, None), (None, 2, None), (None, 3, None)
    ]  # fmt: skip
    assert handed_over(desk, adjudicate=True) == {}


@pytest.mark.slow
def test_a_pair_is_adjudicated(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    rows = [
        {"id": f"{who}{n}", "prompt": f"Question {n} about a thing?", "rating": stars,
         "response": f"{who} {n}."}
        for who, stars in (("a", 5), ("b", 4)) for n in range(6)
    ]  # fmt: skip
    desk = Desk(tmp_path, write_jsonl, rows, "preference")
    name, task = next(iter(handed_over(desk, budget=1).items()))
    this = "B" if task["entry"].swapped else "A"
    desk.answer(task, choice(this, "preference"), by=1)
    desk.answer(task, choice("both_bad", "preference"), by=2)
    desk.sync()
    asked = handed_over(desk, adjudicate=True)
    assert list(asked) == [name]
    again = "B" if asked[name]["entry"].swapped else "A"
    assert asked[name]["data"]["reason"].splitlines()[1:] == [
        f"Annotator A: {again} is better.", "Annotator B: both are bad."
    ]  # fmt: skip
    desk.answer(asked[name], choice("tie", "preference"), by=2)
    desk.sync()
    assert [p for p, _ in problems(desk)] == [2]
    desk.answer(asked[name], choice("both_bad", "preference"), by=3)
    desk.sync()
    assert problems(desk) == []
    (pair,) = desk.project.table("settled_pairs").to_pylist()
    assert (pair["preferred"], pair["annotator"]) == ("both_bad", 3)


def test_the_command_asks_of_ties_alone(desk: Desk) -> None:
    names = tied(desk, 2)
    said = curate(desk.project, "queue", "--adjudicate").stdout
    assert "2 tasks to relabel" in said and "note:" not in said
    assert said.count("Annotator A: blue. Annotator B: red.") == 2
    result = desk.project.queue(adjudicate=True, gold=5, audit=5)
    assert sorted(e.source_id for e in result.entries) == sorted(names)

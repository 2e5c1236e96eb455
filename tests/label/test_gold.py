"""Gold questions measure annotators, and change nothing that follows from answers."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from curate.export.options import ExportSettings
from curate.label import by_file, gold
from desk import Desk, choice, curate

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
Part = dict[str, Any]


def texts(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"id": f"r{n}", "prompt": f"Question {n} about a thing?", "response": f"Answer {n}."} | more
        for n in range(count)
    ]


def rating(stars: int, *more: Part) -> list[Part]:
    return [{"from_name": "rating", "type": "rating", "value": {"rating": stars}}, *more]


def handed_over(desk: Desk, **options: Any) -> tuple[Any, dict[str, dict[str, Any]]]:
    """Queues and writes the file; returns the queue, and its tasks by key."""
    asked = desk.project.queue(**{"budget": 100, "audit": 0, **options})
    path = desk.folder / f"tasks-{desk.number}-{asked.kind}.json"
    by_file.push_to_file(desk.project.store, path, kind=options.get("kind"))
    return asked, {t["data"]["curate_id"]: t for t in orjson.loads(path.read_bytes())}


def settled_labels(desk: Desk, people: Iterable[int] = (1, 2)) -> list[str]:
    """Two annotators give the same label to all that is asked; returns the source ids."""
    asked, tasks = handed_over(desk, audit=12)
    for entry in asked.entries:
        for person in people:
            desk.answer(tasks[entry.task_key], choice("blue"), by=person)
    desk.sync()
    return [e.source_id for e in asked.entries]


@pytest.fixture
def desk(tmp_path: Path, write_jsonl: WriteJsonl) -> Desk:
    """Sixteen texts with one label, and one with another."""
    rows = [{**row, "label": "red"} for row in texts(16)]
    rows.append({"id": "b", "prompt": "Something else?", "label": "blue"})
    return Desk(tmp_path, write_jsonl, rows, "classification")


def version(desk: Desk, name: str) -> dict[str, bytes]:
    made = desk.project.export(
        name, ExportSettings(formats=("classification",), min_train=0, min_test=0)
    )
    return {f.name: f.read_bytes() for f in made.folder.iterdir() if f.suffix == ".jsonl"}


@pytest.mark.slow
def test_gold_questions_are_blind_scattered_and_like_any_other_task(desk: Desk) -> None:
    settled = settled_labels(desk)
    more = [{**row, "id": f"n{row['id']}", "prompt": f"Another {row['prompt']}", "label": label}
            for label in ("red", "blue") for row in texts(14)]  # fmt: skip
    desk.rows += [{**row, "id": row["id"] + row["label"]} for row in more]
    desk.pull()
    asked, tasks = handed_over(desk, gold=5, audit=6, budget=20)
    gold_entries = [e for e in asked.entries if e.expected]
    assert asked.gold == 5 and len(asked.entries) == 20
    assert {e.source_id for e in gold_entries} <= set(settled)
    assert [(e.why, e.suggested, e.blind, e.audit, e.detectors) for e in gold_entries] == [
        ("", None, True, False, ())
    ] * 5
    # Neither keys, nor values, nor what is filled in tells them from audited tasks.
    blind = [e for e in asked.entries if e.blind]
    assert len(blind) >= 11
    assert len({frozenset(tasks[e.task_key]["data"]) for e in asked.entries}) == 1
    for entry in blind:
        task = tasks[entry.task_key]
        assert "predictions" not in task and task["data"]["reason"] == ""
        assert len(task["data"]["curate_id"]) == 32
    places = [e.place for e in gold_entries]
    assert places != list(range(min(places), min(places) + 5))
    # What waits for an answer is not asked once more, and who answered others is asked again.
    again = desk.project.queue(budget=20, audit=0, gold=20)
    assert not {e.source_id for e in gold_entries} & {
        e.source_id for e in again.entries if e.expected
    }
    assert again.gold == len(settled) - 5


def test_the_queue_says_how_many_are_gold_and_what_they_lack(desk: Desk) -> None:
    settled = settled_labels(desk)
    said = curate(desk.project, "queue", "--gold", "50", "--audit", "0", "--budget", "60").stdout
    assert f"{len(settled)} gold questions; " in said
    assert f"note: {len(settled)} of 50 gold questions: no more examples are settled by two" in said
    told = json.loads(curate(desk.project, "queue", "--gold", "3", "--json").stdout)
    assert told["gold"] == 3
    assert sum(e["expected"] == '[["relabel","blue"]]' for e in told["entries"]) == 3


@pytest.mark.slow
def test_nothing_follows_from_an_answer_to_a_gold_question(desk: Desk) -> None:
    settled_labels(desk)
    before = version(desk, "before")
    status = desk.project.label_status()
    labels = {k: r["label"] for k, r in desk.examples().items()}
    asked, tasks = handed_over(desk, gold=12, budget=12)
    sides = {e.side for e in asked.entries if e.expected}
    assert sides == {"train", "test"}
    for person, said in ((1, "red"), (2, "__unusable__"), (3, "blue")):
        for entry in asked.entries:
            if entry.expected:
                desk.answer(tasks[entry.task_key], choice(said), by=person)
    result = desk.sync()
    assert (result.new, dict(result.decisions), result.problems) == (36, {}, ())
    after = desk.project.label_status()
    assert {k: r["label"] for k, r in desk.examples().items()} == labels
    assert version(desk, "after") == before
    assert (after.agreement, after.detectors, after.error_rates, after.origins) == (
        status.agreement, status.detectors, status.error_rates, status.origins
    )  # fmt: skip
    assert [(g.annotator, g.right, g.answered) for g in after.gold] == [
        (1, 0, 12), (2, 0, 12), (3, 12, 12)
    ]  # fmt: skip
    assert desk.project.queue(budget=100, audit=0).found == 0


def wilson(right: int, answered: int) -> tuple[float, float]:
    """Wilson's interval as statsmodels writes it, with the quantile of the normal distribution."""
    z, p = 1.959963984540054, right / answered
    denominator = 1 + z**2 / answered
    centre = (p + z**2 / (2 * answered)) / denominator
    half = z / denominator * math.sqrt(p * (1 - p) / answered + z**2 / (4 * answered**2))
    return centre - half, centre + half


@pytest.mark.slow
def test_shares_are_told_from_ten_answers_on(desk: Desk) -> None:
    settled_labels(desk)
    asked, tasks = handed_over(desk, gold=12, budget=12)
    entries = [e for e in asked.entries if e.expected]
    for n, entry in enumerate(entries):
        desk.answer(tasks[entry.task_key], choice("red" if n < 3 else "blue"), by=1)
        if n < 9:
            desk.answer(tasks[entry.task_key], choice("blue"), by=2)
        else:
            desk.answer(tasks[entry.task_key], [], by=2, was_cancelled=True)
    # The newest answer to a question counts; a deleted one does not.
    desk.answer(tasks[entries[0].task_key], choice("blue"), by=1)
    desk.sync()
    one, two = desk.project.label_status().gold
    assert (one.right, one.answered, one.skipped, one.share) == (10, 12, 0, 10 / 12)
    assert (one.low, one.high) == pytest.approx(wilson(10, 12), abs=1e-12)
    assert (two.right, two.answered, two.skipped) == (9, 9, 3)
    assert (two.share, two.low, two.high) == (None, None, None)
    said = curate(desk.project, "label", "status").stdout
    assert "83%" in said and f"{one.low:.0%} to {one.high:.0%}" in said and "too few" in said
    del desk.answers[entries[4].task_key][:]
    desk.sync()
    assert [(g.right, g.answered) for g in desk.project.label_status().gold] == [(9, 11), (8, 8)]


def test_what_is_expected_is_what_was_settled_when_it_was_asked(desk: Desk) -> None:
    settled_labels(desk)
    asked, tasks = handed_over(desk, gold=1, budget=1)
    (entry,) = asked.entries
    first = next(key for key in desk.answers if key != entry.task_key)
    for answer in desk.answers[first]:
        answer["result"], answer["updated_at"] = choice("red"), "2026-12-01T00:00:00Z"
    desk.answer(tasks[entry.task_key], choice("blue"), by=4)
    desk.sync()
    assert [(g.right, g.answered) for g in desk.project.label_status().gold] == [(1, 1)]


def test_one_annotator_settles_no_gold_question_and_a_told_label_does(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = [{**row, "label": "red" if n % 2 else "blue"} for n, row in enumerate(texts(12))]
    desk = Desk(tmp_path, write_jsonl, rows, "classification")
    asked, tasks = handed_over(desk, audit=6, budget=6)
    for entry in asked.entries:
        desk.answer(tasks[entry.task_key], choice("red"), by=1)
    desk.sync()
    assert desk.project.queue(audit=0, gold=9).gold == 0
    free = next(r["id"] for r in rows if r["id"] not in {e.source_id for e in asked.entries})
    told = write_jsonl(
        tmp_path / "told.jsonl",
        [
            {
                "request_id": free,
                "label": "blue",
                "rater": "kim",
                "created_at": "2026-11-01T00:00:00Z",
            }
        ],
    )
    said = curate(desk.project, "pull", str(told), "--as", "feedback", "--key", "request_id",
                  "--rater", "human_expert")  # fmt: skip
    assert said.exit_code == 0, said.output
    (entry,) = [e for e in desk.project.queue(audit=0, gold=9).entries if e.expected]
    assert (entry.source_id, entry.expected) == (free, '[["relabel","blue"]]')
    # A label that can be chosen no more cannot be expected.
    toml = desk.project.folder / "curate.toml"
    text = toml.read_text("utf-8")
    toml.write_text(text.replace("[project]\n", '[project]\nlabels = ["red"]\n'), "utf-8")
    assert desk.project.queue(audit=0, gold=9).gold == 0


def test_gold_questions_that_are_blind_alone_are_told() -> None:
    blind, other = {"blind": True}, {"blind": False}
    (note,) = gold.shortcomings(1, [blind], [other])
    assert "annotators can tell them" in note[0]
    assert gold.shortcomings(1, [blind], [other, blind]) == ()
    assert gold.shortcomings(1, [blind], []) == gold.shortcomings(0, [], [other]) == ()


RIGHT: list[tuple[list[Any], list[Any], bool]] = [
    ([["relabel", "red"]], [["relabel", "red"]], True),
    ([["relabel", "red"]], [["relabel", "blue"]], False),
    ([["relabel", "red"]], [["drop", None]], False),
    ([["drop", None]], [["drop", None]], True),
    ([["drop", None]], [["relabel", "red"]], False),
    ([["relabel", '["a","b"]']], [["relabel", '["b","a"]']], True),
    ([["relabel", '["a","b"]']], [["relabel", '["a"]']], False),
    ([["relabel", "[]"]], [["relabel", "[]"]], True),
    ([["rate", "3.5"]], [["rate", "4"]], True),
    ([["rate", "3.5"]], [["rate", "2"]], False),
    ([["rate", "4"]], [["rate", "3"], ["correct", "better"], ["keep", None]], True),
    ([["rate", "1"]], [["rate", "1"], ["drop", None]], False),
    ([["rate", "4"]], [["keep", None]], False),
    ([["prefer", "tie"]], [["prefer", "tie"]], True),
    ([["prefer", "id1"]], [["prefer", "id2"]], False),
    ([["correct", '{"order": "88"}']], [["spans", "[]"], ["correct", '{"order": ["88"]}']], True),
    ([["correct", '{"order": "88"}']], [["correct", '{"order": "8"}']], False),
    ([["correct", "{}"]], [["spans", "[]"], ["correct", "{}"]], True),
]


@pytest.mark.parametrize(("expected", "answer", "right"), RIGHT)
def test_what_is_right(expected: list[Any], answer: list[Any], right: bool) -> None:
    assert gold.is_right(expected, answer) is right


@pytest.mark.slow
def test_ratings_are_right_within_a_star(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    desk = Desk(tmp_path, write_jsonl, texts(8, rating=5), "sft")
    asked, tasks = handed_over(desk, audit=6, budget=6)
    said = [(3, 4), (2, 2), (1, 4), (5, 4), (5, 5), (1, 1)]
    for entry, stars in zip(asked.entries, said, strict=True):
        for person, given in enumerate(stars, 1):
            desk.answer(tasks[entry.task_key], rating(given), by=person)
    desk.sync()
    # Two that are far apart have settled nothing.
    asked, tasks = handed_over(desk, gold=9, kind="review")
    wanted = {e.source_id: json.loads(e.expected) for e in asked.entries if e.expected}
    assert sorted(float(v) for ((_, v),) in wanted.values()) == [1, 2, 3.5, 4.5, 5]
    for entry in asked.entries:
        if entry.expected:
            desk.answer(tasks[entry.task_key], rating(3), by=3)
    desk.sync()
    (record,) = desk.project.label_status().gold
    assert (record.right, record.answered) == (2, 5)


@pytest.mark.slow
def test_pairs_are_asked_again_and_all_of_them_blindly(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = texts(8, rating=5) + [
        {**row, "id": f"o{row['id']}", "response": f"Other {row['response']}"}
        for row in texts(8, rating=4)
    ]
    desk = Desk(tmp_path, write_jsonl, rows, "preference")
    asked, tasks = handed_over(desk, budget=4)
    shown = {e.task_key: e for e in asked.entries}
    for key, entry in shown.items():
        for person in (1, 2):
            desk.answer(tasks[key], choice("B" if entry.swapped else "A", "preference"), by=person)
    desk.sync()
    asked, tasks = handed_over(desk, gold=4)
    mine = [e for e in asked.entries if e.expected]
    assert len(mine) == 4 and len(asked.entries) == 8
    assert {t["data"]["reason"] for t in tasks.values()} == {""}
    for entry in mine:
        assert json.loads(entry.expected) == [["prefer", entry.example_id]]
        right = "B" if entry.swapped else "A"
        desk.answer(tasks[entry.task_key], choice(right, "preference"), by=1)
        desk.answer(tasks[entry.task_key], choice("tie", "preference"), by=2)
    before = version_of_pairs(desk)
    desk.sync()
    assert version_of_pairs(desk) == before
    records = desk.project.label_status().gold
    assert [(r.annotator, r.right, r.answered) for r in records] == [(1, 4, 4), (2, 0, 4)]


def version_of_pairs(desk: Desk) -> list[dict[str, Any]]:
    return list(desk.project.table("settled_pairs").to_pylist())


@pytest.mark.slow
def test_marked_values_are_right_wherever_they_were_marked(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = [
        {"id": f"r{n}", "prompt": f"Order {n}0{n} is late, order {n}0{n}!", "rating": 5,
         "response": json.dumps({"order": f"{n}0{n}"})}
        for n in range(1, 7)
    ]  # fmt: skip
    desk = Desk(tmp_path, write_jsonl, rows, "extraction")
    asked, tasks = handed_over(desk, audit=4, budget=4)

    def mark(key: str, last: bool = False) -> list[Part]:
        text = tasks[key]["data"]["text"]
        value = text.split()[1]
        start = text.rindex(value) if last else text.index(value)
        return [{"from_name": "span", "type": "labels", "value": {
            "start": start, "end": start + 3, "text": value, "labels": ["order"]}}]  # fmt: skip

    for entry in asked.entries:
        for person in (1, 2):
            desk.answer(tasks[entry.task_key], mark(entry.task_key), by=person)
    desk.sync()
    asked, tasks = handed_over(desk, gold=4)
    mine = [e for e in asked.entries if e.expected]
    assert len(mine) == 4
    for entry in mine:
        desk.answer(tasks[entry.task_key], mark(entry.task_key, last=True), by=1)
        desk.answer(tasks[entry.task_key], choice("nothing", "verdict"), by=2)
    desk.sync()
    records = desk.project.label_status().gold
    assert [(r.annotator, r.right, r.answered) for r in records] == [(1, 4, 4), (2, 0, 4)]


def test_nested_answers_and_lists_are_compared_as_json() -> None:
    expected = [("correct", '{"customer": {"name": "Ann"}, "items": [1, 2]}')]
    assert gold.is_right(expected, [("correct", '{"items": [2, 1], "customer": {"name": "Ann"}}')])
    assert not gold.is_right(expected, [("correct", '{"customer": {"name": "Bob"}}')])
    assert gold.is_right([("correct", '[{"a": 1}]')], [("correct", '[{"a": 1}]')])
    assert not gold.is_right([("correct", '[{"a": 1}]')], [("correct", '{"a": 1}')])

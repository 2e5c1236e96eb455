"""What `curate why` tells of an example's labelling, and every key that names an example."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from curate.cli.why import lines, render_story
from curate.errors import ConfigError
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from desk import Desk, choice
from program import Program

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

LATER = "2026-11-24T05:00:00Z"


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


def note(text: str) -> dict[str, Any]:
    return {"from_name": "note", "to_name": "text", "type": "textarea", "value": {"text": [text]}}


def said(desk: Desk, *arguments: str) -> Result:
    command = ["-C", str(desk.project.folder), "why", *arguments]
    return CliRunner().invoke(Program(), command)  # type: ignore[arg-type]


def story(desk: Desk, key: str) -> dict[str, Any]:
    result = said(desk, key, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    return dict(orjson.loads(result.stdout))


def of_kind(text: str, what: str) -> list[str]:
    return [line[14:] for line in text.splitlines() if line[2:].startswith(f"{what} ")]


def key_of(task: Mapping[str, Any]) -> str:
    return str(task["data"]["curate_id"])


def answered(desk: Desk, task: Mapping[str, Any]) -> list[dict[str, Any]]:
    return desk.answers[key_of(task)]


# -- what is told ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_notes_skips_and_what_is_not_understood_are_told_in_the_order_of_time(labels: Desk) -> None:
    task = labels.push()["r200"]
    labels.answer(task, [note("cannot tell")], by=4, was_cancelled=True)
    labels.answer(task, [*choice("red"), note("said so\non the phone")], by=2)
    labels.answer(task, choice("green"), by=9)
    labels.answer(task, [], by=5)
    labels.sync()
    told = story(labels, "r200")
    found = [
        (a["annotation_id"], a["decisions"], a["note"], a["skipped"], a["problem"])
        for a in told["annotations"]
    ]
    assert found == [
        (1, [], "cannot tell", True, None),
        (2, [{"kind": "relabel", "value": "red"}], "said so\non the phone", False, None),
        (3, [], None, False, "not understood: 'green' is no label of this project"),
        (4, [], None, False, "nothing was answered"),
    ]
    assert len({a["annotator"] for a in told["annotations"]}) == 4
    assert told["annotations"][1]["result"][0]["value"] == {"choices": ["red"]}
    assert (told["label"], told["logged_label"], told["label_by"]) == ("red", "blue", "annotators")
    text = said(labels, "r200").stdout
    assert of_kind(text, "label") == ["red by annotators; blue as logged"]
    skipped, red, green, nothing = of_kind(text, "answer")
    assert skipped.startswith("skipped  2026-11-24 by annotator 1, 12 s, annotation 1, ")
    assert skipped.endswith('; note: "cannot tell"')
    assert red.startswith("relabel red  2026-11-24 by annotator 2, 12 s, annotation 2, shown: ")
    assert red.endswith('; note: "said so on the phone"')
    assert green.startswith("not understood: 'green' is no label of this project  2026-11-24 by ")
    assert nothing.startswith("nothing was answered  2026-11-24 by annotator 4")
    (asked,) = of_kind(text, "asked")
    assert asked.startswith(f"relabel, round 1, task {key_of(task)[:12]}, by file: sent, 4 answers")


@pytest.mark.slow
def test_why_it_cannot_be_judged_and_tags_are_told(labels: Desk) -> None:
    task = labels.push()["r200"]
    labels.answer(task, choice("ambiguous", "cannot"))
    tags = {"from_name": "tags", "type": "choices", "value": {"choices": ["odd", "long"]}}
    labels.answer(task, [*choice("context", "cannot"), tags], by=2, was_cancelled=True)
    labels.sync()
    told = [(a["cannot"], a["tags"]) for a in story(labels, "r200")["annotations"]]
    assert told == [("ambiguous", []), ("context", ["odd", "long"])]
    first, second = of_kind(said(labels, "r200").stdout, "answer")
    assert first.startswith("cannot be judged: more than one answer is right  2026-11-24 by ann")
    assert second.startswith("cannot be judged: context is missing  ") and second.endswith(
        "; tags: odd, long"
    )


@pytest.mark.slow
def test_a_tie_says_who_said_what_until_it_is_broken(labels: Desk) -> None:
    task = labels.push()["r200"]
    for by, value in ((1, "red"), (2, "blue"), (3, "red"), (4, "blue")):
        labels.answer(task, choice(value), by=by)
    labels.sync()
    told = story(labels, "r200")
    assert told["ties"] == [
        {"about": "verdict", "other_id": None, "said": [
            {"value": "blue", "annotators": [2, 4]}, {"value": "red", "annotators": [1, 3]},
        ]}
    ]  # fmt: skip
    assert told["label_by"] == "log"
    text = said(labels, "r200").stdout
    assert of_kind(text, "tie") == [
        'annotators disagree, so nothing follows: "blue" by annotator 2, 4; "red" by annotator 1, 3'
    ]
    assert of_kind(text, "label") == ["blue, as logged"]
    labels.answer(task, choice("__unusable__"), by=5)
    labels.sync()
    assert [s["value"] for s in story(labels, "r200")["ties"][0]["said"]] == ["blue", "drop", "red"]
    labels.answer(task, choice("red"), by=6)
    labels.sync()
    assert story(labels, "r200")["ties"] == []


@pytest.mark.slow
def test_editions_and_deletions_are_told_with_what_they_said(labels: Desk) -> None:
    task = labels.push()["r200"]
    labels.answer(task, [*choice("red"), note("first thought")])
    labels.answer(task, choice("green"), by=2)
    labels.sync()
    answered(labels, task)[0] |= {"result": choice("blue"), "updated_at": "2026-11-24T05:00:01Z"}
    answered(labels, task)[1] |= {"result": choice("red"), "updated_at": LATER}
    labels.sync()
    edits = max(r["run_id"] for r in labels.project.table("annotations").to_pylist())
    del answered(labels, task)[1]
    labels.sync()
    gone = max(r["run_id"] for r in labels.project.table("annotations").to_pylist())
    assert gone > edits
    told = [
        (a["annotation_id"], [d["value"] for d in a["decisions"]], a["note"], a["ended"],
         a["ended_run_id"])
        for a in story(labels, "r200")["annotations"]
    ]  # fmt: skip
    assert told == [
        (1, ["red"], "first thought", "edited", edits),
        (2, [], None, "edited", edits),
        (2, ["red"], None, "deleted", gone),
        (1, ["blue"], None, None, None),
    ]
    first, second, last, third = of_kind(said(labels, "r200").stdout, "answer")
    assert first.endswith(f'note: "first thought" (edited, run {edits})')
    assert "not understood" in second and second.endswith(f"(edited, run {edits})")
    assert third.startswith("relabel blue") and ", run " not in third
    assert last.endswith(f"(no longer in export.json, run {gone})")


@pytest.mark.slow
def test_an_answer_that_comes_back_and_one_that_is_understood_later(labels: Desk) -> None:
    task = labels.push()["r200"]
    labels.answer(task, choice("red"))
    labels.answer(task, choice("green"), by=2)
    labels.sync()
    red = answered(labels, task).pop(0)
    toml = labels.project.folder / "curate.toml"
    toml.write_text(
        '[project]\ntask = "classification"\nlabels = ["red", "blue", "green"]\n', encoding="utf-8"
    )
    labels.sync()
    labels.answers[key_of(task)].append(red | {"updated_at": LATER})
    labels.sync()
    told = [
        (a["annotation_id"], [d["value"] for d in a["decisions"]], a["ended"])
        for a in story(labels, "r200")["annotations"]
    ]
    assert told == [
        (1, ["red"], "deleted"), (2, [], "read again"), (2, ["green"], None), (1, ["red"], None)
    ]  # fmt: skip
    first = of_kind(said(labels, "r200").stdout, "answer")[1]
    assert "not understood" in first and "(understood since, run " in first


@pytest.mark.slow
def test_a_decision_that_was_taken_back_alone_is_told_with_its_run(labels: Desk) -> None:
    task = labels.push()["r200"]
    labels.answer(task, choice("red"))
    labels.sync()
    with labels.project.store.write() as con:  # as a command that takes decisions back leaves it
        con.execute("UPDATE decisions SET withdrawn = true, withdrawn_run_id = 1")
    (told,) = story(labels, "r200")["annotations"]
    assert (told["ended"], told["ended_run_id"]) == ("withdrawn", 1)
    assert told["decisions"] == [{"kind": "relabel", "value": "red"}]
    command = labels.project.table("runs").to_pylist()[0]["command"]
    (line,) = of_kind(said(labels, "r200").stdout, "answer")
    assert line.endswith(f" (withdrawn by curate {command}, run 1)")


@pytest.mark.slow
def test_answers_of_lost_tasks_and_about_other_contents_are_told(answers: Desk) -> None:
    task = answers.push()["r30"]
    rated = [{"from_name": "rating", "type": "rating", "value": {"rating": 2}}]
    better = [{"from_name": "corrected", "type": "textarea", "value": {"text": ["Better."]}}]
    answers.answer(task, rated + better)
    answers.sync()
    with answers.project.store.write() as con:  # as a sync finds it when a server has lost it
        con.execute("UPDATE tasks SET state = 'gone' WHERE task_key = ?", [key_of(task)])
    told = story(answers, "r30")
    assert [(t["state"], t["answers"]) for t in told["tasks"]] == [("gone", 1)]
    assert [d["kind"] for d in told["annotations"][0]["decisions"]] == ["correct", "rate"]
    text = said(answers, "r30").stdout
    assert "gone from the server, 1 answer" in of_kind(text, "asked")[0]
    assert of_kind(text, "answer")[0].startswith("correct Better.; rate 2  2026-11-24 by annotator")
    answers.rows[30]["response"] = "Something else."
    answers.pull()
    told = story(answers, "r30")
    assert (told["annotations"][0]["stale"], told["tasks"][0]["stale"]) == (True, True)
    text = said(answers, "r30").stdout
    assert of_kind(text, "answer")[0].endswith(" (its content has changed)")


@pytest.mark.slow
def test_labels_by_feedback_are_told_beside_the_logs(labels: Desk, write_jsonl: WriteJsonl) -> None:
    labels.answer(labels.push()["r200"], choice("red"))
    labels.sync()
    late = [{"id": "r1", "label": "red"}, {"id": "r200", "label": "green"}]
    path = write_jsonl(labels.folder / "late.jsonl", late)
    labels.project.pull([str(path)], PullOptions(source="logs", declared=Declared("feedback")))
    assert of_kind(said(labels, "r1").stdout, "label") == ["red by feedback; blue as logged"]
    told = story(labels, "r200")
    names = ("label", "corrected_label", "logged_label", "label_by")
    assert [told[name] for name in names] == ["red", "green", "blue", "annotators"]
    assert of_kind(said(labels, "r200").stdout, "label") == [
        "red by annotators; green by feedback; blue as logged"
    ]


@pytest.mark.slow
def test_preferences_are_told_of_both_answers(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    rows = [row(n, prompt=f"Question {n // 2} about a thing?", rating=4) for n in range(8)]
    desk = Desk(tmp_path, write_jsonl, rows, "preference")
    name, task = next(iter(desk.push(kind="preference").items()))
    for by, value in ((1, "A"), (2, "B")):
        desk.answer(task, choice(value, "preference"), by=by)
    desk.sync()
    mine = story(desk, name)
    other = story(desk, mine["tasks"][0]["other_id"])
    assert other["tasks"][0]["other_id"] == mine["example_id"]
    assert len(mine["annotations"]) == len(other["annotations"]) == 2
    ids = {mine["example_id"], other["example_id"]}
    assert {a["decisions"][0]["value"] for a in mine["annotations"]} == ids
    assert {s["value"] for s in mine["ties"][0]["said"]} == ids
    text = said(desk, name).stdout
    beside = f"annotators disagree beside {other['example_id'][:12]}, so nothing follows: "
    (tie,) = of_kind(text, "tie")
    assert tie.startswith(beside) and '"this answer" by ' in tie and '"the other" by ' in tie
    assert f"prefer {other['example_id'][:12]}  " in text


@pytest.mark.slow
def test_long_lists_are_shortened_for_people_alone(labels: Desk) -> None:
    task = labels.push()["r200"]
    for by in range(1, 16):
        labels.answer(task, choice("red"), by=by)
    labels.sync()
    short, whole = said(labels, "r200").stdout, said(labels, "r200", "--all").stdout
    assert len(of_kind(whole, "answer")) == 15 == len(story(labels, "r200")["annotations"])
    first, *newest = of_kind(short, "answer")
    name = labels.examples()["r200"]["example_id"][:12]
    assert first == f"... 3 earlier: curate why {name} --all"
    assert newest == of_kind(whole, "answer")[3:]
    told = labels.project.why("r200")
    told["versions"] = [
        {"name": "v", "version": n, "side": "train", "line": 1, "reason": None, "evidence": None}
        for n in range(20)
    ]
    told["duplicates"] = [
        {"what": "survivor of", "other": f"{n:064}", "method": "exact", "similarity": 1.0}
        for n in range(20)
    ]
    text = render_story(told, 5)
    assert of_kind(text, "version")[0].startswith("... 15 earlier") and "v v19" in text
    assert of_kind(text, "duplicate")[-1].startswith("... and 15 more: curate why ")
    assert len(lines(told)) == len(render_story(told, None).splitlines()) - 3


# -- keys ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_key_of_its_tasks_and_answers_names_an_example(labels: Desk) -> None:
    task = labels.push()["r200"]
    labels.number = 76
    labels.answer(task, choice("red"))
    labels.sync()
    name = labels.examples()["r200"]["example_id"]
    number = zlib.crc32(key_of(task).encode())
    keys = (key_of(task), key_of(task)[:8], key_of(task)[:8].upper(), "annotation:77",
            "Annotation:77", f"task:{number}")  # fmt: skip
    for key in keys:
        assert labels.project.why(key)["example_id"] == name, key
    with pytest.raises(ConfigError, match="no example has an id that begins with"):
        labels.project.why(key_of(task)[:7])
    with labels.project.store.write() as con:
        con.execute("UPDATE tasks SET task_id = 7000 WHERE task_key = ?", [key_of(task)])
        con.execute("UPDATE annotations SET annotation_id = 987654321012345")
    assert labels.project.why("task:7000")["example_id"] == name
    assert labels.project.why("987654321012345")["example_id"] == name


@pytest.mark.slow
def test_plain_digits_are_an_annotation_where_nothing_else_matches(labels: Desk) -> None:
    task = labels.push()["r200"]
    ids = sorted(e["example_id"] for e in labels.examples().values())
    digit = next(d for d in "0123456789" if sum(i.startswith(d) for i in ids) > 1)
    labels.number = int(digit) - 1 if digit != "0" else 0
    number = labels.answer(task, choice("red"))
    labels.sync()
    refused = said(labels, digit)
    assert refused.exit_code == 2
    first = next(i for i in ids if i.startswith(digit))
    assert f"Next: curate why {first[:12]}" in refused.stderr
    assert (f"or curate why annotation:{digit}" in refused.stderr) == (str(number) == digit)
    labels.rows.append(row(1000, id="777", label="red"))
    labels.pull()
    assert labels.project.why("777")["source_id"] == "777"


@pytest.mark.slow
def test_what_means_several_examples_is_told_with_them(
    labels: Desk, write_jsonl: WriteJsonl
) -> None:
    tasks = labels.push()
    labels.number = 76
    labels.answer(tasks["r200"], choice("red"))
    labels.number = 76
    labels.answer(tasks["r202"], choice("red"))
    labels.sync()
    ids = sorted(labels.examples()[name]["example_id"] for name in ("r200", "r202"))
    refused = said(labels, "annotation:77")
    assert (refused.exit_code, refused.stdout) == (2, "")
    listed = f"2 examples have an annotation of number 77: {ids[0][:12]} (file), {ids[1][:12]}"
    assert listed in refused.stderr and f"Next: curate why {ids[0][:12]}" in refused.stderr
    twice = write_jsonl(labels.folder / "other.jsonl", [row(3, label="red")])
    labels.project.pull([str(twice)], PullOptions(source="other"))
    refused = said(labels, "r3").stderr
    assert "2 examples have the source id 'r3': " in refused
    assert "(logs)" in refused and "(other)" in refused


@pytest.mark.parametrize(
    ("key", "why", "next_step"),
    [
        ("annotation:", "'annotation:' has no number", "curate label problems"),
        ("annotation:x7", "has no number: expected annotation:77", "curate label problems"),
        ("task:-3", "has no number: expected task:77", "curate label problems"),
        ("annotation:99", "no annotation here has the number 99", "curate label sync"),
        ("task:99", "no task here has the number 99", "curate label sync"),
        ("task:99999999999999999999999", "has no number", "curate label problems"),
        ("8888888888", "no annotation is number 8888888888", "curate why task:8888888888"),
        ("99999999999999999999999", "no example has an id", "curate status --rejects"),
        ("\u0667", "no example has an id", "curate status --rejects"),
    ],
)
def test_keys_that_mean_nothing(labels: Desk, key: str, why: str, next_step: str) -> None:
    refused = said(labels, key)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert why in refused.stderr and next_step in refused.stderr.partition("Next: ")[2]


def test_a_task_whose_example_is_gone(labels: Desk) -> None:
    task = labels.push()["r200"]
    with labels.project.store.write() as con:
        con.execute("DELETE FROM calls WHERE source_id = 'r200'")
    refused = said(labels, key_of(task))
    assert refused.exit_code == 2
    assert "which is no longer here" in refused.stderr and "Next: curate runs" in refused.stderr

"""What is said beside an answer: notes, tags, ratings by name, and that it cannot be judged."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import orjson
import pytest

from curate.errors import ConfigError
from curate.label import interface, kinds
from curate.label import tasks as questions
from curate.label.controls import by_name
from curate.label.remarks import Remarks, remarks
from curate.label.team import Team, team_of
from desk import Desk, choice, curate
from projects import WriteJsonl

MANY = [f"label {n}" for n in range(77)]
ROW: dict[str, Any] = {
    "task_key": "k1", "example_id": "x", "other_id": "y", "swapped": False, "blind": False,
    "query": "Where is it?", "context": "", "response": "It comes.", "other_response": "B",
    "label_seen": MANY[70], "suggested": MANY[3], "probability": 0.9, "why": "3 of 5 say so",
    "near_labels": [MANY[8], "not of this project", MANY[3], MANY[11], MANY[12], MANY[13]],
    "vocabulary": MANY,
}  # fmt: skip


def rows_of(names: list[str]) -> list[dict[str, Any]]:
    """Questions that have two labels each: both are asked about."""
    asked = [{"id": f"r{n}", "text": f"{('Parcel', 'Refund')[n % 2]} question number {n}?",
              "label": names[n % len(names)]} for n in range(6 * len(names))]  # fmt: skip
    return asked + [{**row, "id": f"c{row['id']}", "label": names[0]} for row in asked]


@pytest.fixture
def labels(tmp_path: Path, write_jsonl: WriteJsonl) -> Desk:
    return Desk(tmp_path, write_jsonl, rows_of(["delivery", "refund"]), "classification")


def note(text: str) -> dict[str, Any]:
    return {"from_name": "note", "type": "textarea", "value": {"text": [text]}}


def stars(name: str, rating: int) -> dict[str, Any]:
    return {"from_name": f"rubric {name}", "type": "rating", "value": {"rating": rating}}


def set_up(desk: Desk, section: str) -> None:
    with (desk.project.folder / "curate.toml").open("a", encoding="utf-8") as file:
        file.write(section)


@pytest.mark.parametrize("kind", kinds.names())
def test_every_page_ends_with_them(kind: str) -> None:
    team = Team(rubric=("Helpful", "Tone & more"), tags=("pii", "off topic"))
    root = ET.fromstring(interface.config(kind, MANY, team=team))
    names = {e.get("name"): e for e in root.iter() if e.get("name")}
    assert {"note", "cannot", "tags"} <= names.keys()
    assert [c.get("value") for c in names["tags"]] == ["pii", "off topic"]
    rated = [name for name in names if name and name.startswith("rubric ")]
    assert rated == (["rubric Helpful", "rubric Tone & more"] if kind == "review" else [])
    plain = ET.fromstring(interface.config(kind, MANY))
    assert "tags" not in {e.get("name") for e in plain.iter()}


def test_what_is_said_is_read() -> None:
    result = [*choice("pii", "tags"), note(" Two lines \n of it"), stars("Helpful", 4)]
    read = remarks(by_name(result))
    assert read == Remarks("Two lines \n of it", None, ("pii",), {"Helpful": 4})
    with pytest.raises(ValueError, match="a rating of 9"):
        remarks(by_name([stars("Helpful", 9)]))


@pytest.mark.parametrize("kind", kinds.names())
def test_who_cannot_judge_has_decided_nothing(kind: str) -> None:
    filled = [*choice(MANY[70]), {"from_name": "rating", "value": {"rating": 1}}]
    result = [*filled, *choice("ambiguous", "cannot")]
    answer = questions.understand(kind, result, ROW, MANY)
    assert answer.cannot == "ambiguous"
    assert (answer.decisions, answer.problem) == ((), None)


def test_a_note_does_not_make_an_accepted_label_one_by_hand() -> None:
    result = [*choice(MANY[70], origin="prediction"), {**note("sure"), "origin": "manual"}]
    answer = questions.understand("relabel", result, ROW, MANY)
    assert answer == questions.Answer((("relabel", MANY[70]),), "prediction")


def test_reasons_and_tags_are_counted(labels: Desk) -> None:
    tasks = labels.push(prefill="none")
    first, second, third, fourth, *_ = tasks.values()
    labels.answer(first, choice("context", "cannot") + choice("refund"))
    labels.answer(second, [], was_cancelled=True)
    labels.answer(third, [*choice("refund"), *choice("pii", "tags"), note("odd")])
    labels.answer(fourth, [*choice("knowledge", "cannot"), *choice("pii", "tags")])
    result = labels.sync()
    assert (result.new, result.skipped, dict(result.decisions)) == (4, 3, {"relabel": 1})
    told = curate(labels.project, "label", "status").stdout
    assert "skipped to relabel: 1 context is missing, 1 not known well enough, 1 without" in told
    assert "tags of relabel: 1 pii" in told
    stored = orjson.loads(curate(labels.project, "label", "status", "--json").stdout)
    assert {"kind": "relabel", "control": "tags", "value": "pii", "count": 1} in stored["remarks"]
    progress = stored["progress"][0]
    assert (progress["answered"], progress["skipped"]) == (1, 3)


def test_an_edited_answer_takes_the_reason_back(labels: Desk) -> None:
    (task, *_) = labels.push(prefill="none").values()
    number = labels.answer(task, choice("context", "cannot"))
    labels.sync()
    said = labels.answers[task["data"]["curate_id"]][0]
    said.update(result=choice("refund"), updated_at="2026-11-25T00:00:00Z")
    result = labels.sync()
    assert (result.changed, dict(result.decisions)) == (1, {"relabel": 1})
    (row,) = [r for r in labels.project.table("annotations").to_pylist()
              if r["annotation_id"] == number]  # fmt: skip
    assert not row["skipped"]


# -- labels that come first ------------------------------------------------------------------------


def test_likely_labels_come_first_on_the_keys_from_one() -> None:
    likely = questions.question("relabel", ROW, "given").data["likely"]
    names = [MANY[n] for n in (3, 8, 11, 12, 13)]
    assert likely == [{"value": n, "hotkey": str(k)} for k, n in enumerate(names, 1)]
    bare = questions.question("relabel", ROW, "none").data["likely"]
    assert [one["value"] for one in bare][:2] == [MANY[70], MANY[3]], "nothing is filled in"
    assert questions.question("relabel", {**ROW, "blind": True}, "given").data["likely"] == []


def test_few_labels_keep_their_places() -> None:
    few = ET.fromstring(interface.config("relabel", MANY[:12]))
    assert "likely" not in {e.get("name") for e in few.iter()}
    assert [e.get("hotkey") for e in few.iter("Choice")][:3] == ["1", "2", "3"]
    many = ET.fromstring(interface.config("relabel", MANY[:13]))
    assert "likely" in {e.get("name") for e in many.iter()}
    assert not {e.get("hotkey") for e in many.iter("Choice")} & {*"12345"}


def test_a_likely_label_is_the_answer_whatever_is_filled_in() -> None:
    result = [*choice(MANY[70], origin="prediction"), *choice(MANY[3], "likely", origin="manual")]
    answer = questions.understand("relabel", result, ROW, MANY)
    assert answer.decisions == (("relabel", MANY[3]),)
    several = {**ROW, "multi_label": True}
    answer = questions.understand("relabel", result, several, MANY)
    assert answer.decisions == (("relabel", f'["{MANY[3]}","{MANY[70]}"]'),)
    unusable = [*choice(MANY[70]), *choice("__unusable__", "likely")]
    for row in (ROW, several):
        answer = questions.understand("relabel", unusable, row, MANY)
        assert answer.decisions == (("drop", None),)


def test_labels_of_the_same_cluster_are_likely(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    names = [f"kind {n}" for n in range(14)]
    desk = Desk(tmp_path, write_jsonl, rows_of(names), "classification")
    desk.project.embed()
    desk.project.cluster()
    tasks = desk.push(prefill="given")
    shown = [t["data"]["likely"] for t in tasks.values()]
    assert max(len(likely) for likely in shown) == 5
    assert {one["value"] for likely in shown for one in likely} <= {*names}


# -- what a team writes ----------------------------------------------------------------------------


def test_what_a_team_writes_reaches_its_annotators(labels: Desk) -> None:
    set_up(labels, '[label]\nrubric = ["Helpful"]\ntags = ["pii"]\n')
    set_up(labels, '[label.hints]\nrefund = "Money <back>"\n')
    (labels.project.folder / "guidelines.md").write_text("# Rules\n\n- one <b>x</b>\n")
    labels.push(prefill="none")
    page = (labels.folder / "tasks.html").read_text()
    assert "<h1>Rules</h1>" in page
    assert "one &lt;b&gt;x&lt;/b&gt;" in page
    assert "<b>refund</b>: Money &lt;back&gt;" in page
    root = ET.fromstring((labels.folder / "tasks.xml").read_text())
    hints = {c.get("value"): c.get("hint") for c in root.iter("Choice")}
    assert hints["refund"] == "Money <back>"
    assert "pii" in hints
    assert curate(labels.project, "label", "status").exit_code == 0, "the section has these keys"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("rubric = 3", "3: expected a list of names"),
        ('tags = ["a", ""]', "expected a list of names"),
        ('tags = ["$a"]', "begins with $"),
        ('tags = ["a", "a"]', "twice"),
        ('tags = ["a\\u001b"]', "has a character that no page can show"),
        ('rubric = ["a\\u0000"]', "has a character that no page can show"),
        ('hints = {a = "b\\u001b"}', "has a character that no page can show"),
        ('hints = ["a"]', "expected a table"),
    ],
)
def test_what_a_team_cannot_want_is_named_with_its_line(line: str, said: str, labels: Desk) -> None:
    set_up(labels, f"\n[label]\n{line}\n")
    with pytest.raises(ConfigError, match=r"line .*label") as error:
        team_of(labels.project.folder)
    assert said in str(error.value)


def test_guidelines_that_are_no_text_are_refused(labels: Desk) -> None:
    (labels.project.folder / "guidelines.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"guidelines\.md"):
        team_of(labels.project.folder)

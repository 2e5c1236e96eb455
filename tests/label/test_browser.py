"""What annotators see in a browser, and that the clicks they make are understood."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from browser import Annotator
from curate.label import interface
from curate.label import tasks as questions
from curate.label.controls import by_name
from curate.label.remarks import Remarks, remarks
from curate.label.team import Team
from labelstudio import LabelStudio
from office import Office

pytestmark = pytest.mark.e2e

WHY = "4 of 5 neighbours say otherwise"
ANSWER = "It was sent on 3 May.\n\n1. Check   your account\n2. Ask your bank"
ROW: dict[str, Any] = {
    "task_key": "k1", "example_id": "x", "other_id": "y", "swapped": False, "blind": False,
    "query": "Where is my parcel?", "context": "", "response": ANSWER, "other_response": "No idea.",
    "label_seen": "delivery", "suggested": "refund", "probability": 0.9, "why": WHY,
}  # fmt: skip
LABELS = ["refund", "delivery", "other"]
FIELDS = ["order", "day"]
ORDERED = "🎉🎉 é\r\nOrder 88-1203 came\non 3 May, at last."
ORDER = {**ROW, "query": ORDERED, "response": '{"day": "3 May"}'}


@pytest.fixture(scope="module")
def anna(chromium: Any, label_studio: LabelStudio) -> Iterator[Annotator]:
    made = Annotator(chromium, label_studio, label_studio.annotator("anna"))
    yield made
    made.close()
    assert made.elsewhere == [], "asked other machines"


class Work:
    """A project with one task, open before an annotator."""

    def __init__(
        self, server: LabelStudio, anna: Annotator, kind: str, row: dict[str, Any],
        names: list[str] | None = None, prefill: str = "given", team: Team = Team(),  # noqa: B008
    ) -> None:  # fmt: skip
        self.server, self.anna, self.kind, self.row = server, anna, kind, row
        self.names = names or {"relabel": LABELS, "spans": FIELDS}.get(kind, [])
        asked = questions.question(kind, row, prefill)
        task = {"data": asked.data, "predictions": list(asked.predictions)}
        self.project, (self.task,) = server.project(
            interface.config(kind, self.names, team=team), [task], title=kind,
            expert_instruction=interface.instructions(kind), show_instruction=True,
            show_collab_predictions=True,
        )  # fmt: skip
        anna.open(self.project, self.task)

    def shot(self, name: str) -> None:
        self.anna.screenshot(f"{self.kind}-{name}")

    def answer(self, key: str | None = None) -> questions.Answer:
        """Submits, and returns what the stored answer means."""
        self.anna.submit(key)
        (listed,) = self.server.tasks(self.project)
        (annotation,) = listed["annotations"]
        return questions.understand(self.kind, annotation["result"], self.row, self.names)


@pytest.fixture
def work(label_studio: LabelStudio, anna: Annotator) -> Any:
    return lambda kind, row, *more: Work(label_studio, anna, kind, row, *more)


@pytest.mark.parametrize("row", [ROW, {**ROW, "context": "user: Hello\nassistant: Which order?"}])
@pytest.mark.parametrize("kind", ["relabel", "review", "preference"])
def test_reason_context_and_text_are_shown_where_there_are_some(
    kind: str, row: dict[str, Any], work: Any, anna: Annotator
) -> None:
    made = work(kind, row)
    made.shot("context" if row["context"] else "prefilled")
    text = anna.reads()
    assert f"Why you are asked\n{WHY}" in text
    assert "Earlier in the conversation" not in text, "it is among the turns"
    assert row["context"] in text
    assert text.count(row["query"]) == 1
    assert text.count("Check   your account\n") == (kind != "relabel"), "as it is, and once"


@pytest.mark.parametrize("kind", ["relabel", "review", "preference", "spans"])
def test_a_blind_task_gives_no_hint(kind: str, work: Any, anna: Annotator) -> None:
    made = work(kind, {**(ORDER if kind == "spans" else ROW), "blind": True}, None, "model")
    made.shot("blind")
    assert "Why" not in anna.reads()
    assert WHY not in anna.page.content()
    assert (anna.chosen(), anna.marked()) == ([], [])


def test_a_prefilled_label_is_accepted(work: Any, anna: Annotator) -> None:
    made = work("relabel", ROW)
    assert anna.chosen() == ["delivery"]
    assert made.answer() == questions.Answer((("relabel", "delivery"),), "prediction")


def test_a_prefilled_label_is_changed_with_the_mouse(work: Any, anna: Annotator) -> None:
    made = work("relabel", ROW, None, "model")
    assert anna.chosen() == ["refund"]
    anna.choose("other")
    made.shot("changed")
    assert made.answer() == questions.Answer((("relabel", "other"),), "prediction-changed")


def test_a_label_is_given_with_a_key(work: Any, anna: Annotator) -> None:
    made = work("relabel", {**ROW, "blind": True})
    anna.press("2")
    assert made.answer() == questions.Answer((("relabel", "delivery"),), "manual")


def test_a_text_is_unusable(work: Any, anna: Annotator) -> None:
    made = work("relabel", ROW)
    anna.press("0")
    assert made.answer() == questions.Answer((("drop", None),), "prediction-changed")


def test_nothing_is_stored_without_an_answer(
    work: Any, anna: Annotator, label_studio: LabelStudio
) -> None:
    made = work("relabel", {**ROW, "blind": True})
    anna.page.get_by_label("Submit current annotation").click()
    anna.page.get_by_text("Pick one label").wait_for()
    assert label_studio.tasks(made.project)[0]["annotations"] == []


def test_one_of_many_labels_is_found_by_typing(work: Any, anna: Annotator) -> None:
    many = [f"label_{n}_of_many_with_a_name" for n in range(76)]
    work("relabel", ROW)
    find = anna.editor.get_by_placeholder("Find a label")
    assert not find.is_visible(), "three need no search"
    made = work("relabel", {**ROW, "label_seen": many[70]}, many)
    made.shot("many")
    assert anna.chosen() == [many[70]]
    find.fill("l_33")
    made.shot("many-found")
    assert [n for n, label in enumerate(many) if label in anna.reads()] == [33]
    find.press("Enter")
    assert made.answer() == questions.Answer((("relabel", many[33]),), "prediction-changed")


MANY = [f"label_{n}_of_many_with_a_name" for n in range(77)]


def find_by_keys(anna: Annotator, typed: str) -> None:
    """Finds a label and leaves the box, by keys alone."""
    anna.press("Shift+F")
    anna.editor.locator(".curate-find input:focus").wait_for()
    anna.page.keyboard.type(typed)
    anna.press("Enter")
    anna.press("Tab")
    anna.editor.locator(".curate-leave:focus").wait_for()


@pytest.mark.parametrize("blind", [True, False])
def test_one_of_77_labels_is_given_by_keys_alone(blind: bool, work: Any, anna: Annotator) -> None:
    made = work("relabel", {**ROW, "label_seen": MANY[70], "blind": blind}, MANY)
    find_by_keys(anna, "l_33")
    assert made.answer("Control+Enter").decisions == (("relabel", MANY[33]),)


def test_a_likely_label_is_given_with_a_key_and_taken_back(work: Any, anna: Annotator) -> None:
    row = {**ROW, "label_seen": MANY[70], "suggested": MANY[5], "near_labels": [MANY[9]]}
    made = work("relabel", row, MANY)
    made.shot("likely")
    anna.press("2")
    made.shot("likely-chosen")
    assert made.answer("Control+Enter").decisions == (("relabel", MANY[9]),)
    anna.open(made.project, made.task)
    anna.editor.locator("input:checked").first.wait_for()
    anna.press("1")
    assert made.answer("Control+Enter").decisions == (("relabel", MANY[5]),)
    anna.open(made.project, made.task)
    anna.editor.locator("input:checked").first.wait_for()
    anna.press("1")
    find_by_keys(anna, "l_33")
    assert made.answer("Control+Enter").decisions == (("relabel", MANY[33]),)


def test_a_task_that_knows_no_likely_labels_is_answered(
    work: Any, anna: Annotator, label_studio: LabelStudio
) -> None:
    data = dict(questions.question("relabel", ROW, "given").data)
    del data["likely"]
    project, (task,) = label_studio.project(interface.config("relabel", LABELS), [{"data": data}])
    newer = {"label_config": interface.config("relabel", [*LABELS, *MANY])}
    label_studio.request("PATCH", f"/api/projects/{project}/", json=newer)
    anna.open(project, task)
    find_by_keys(anna, "refund")
    assert anna.submit("Control+Enter")["result"][0]["value"] == {"choices": ["refund"]}


@pytest.mark.parametrize("kind", ["relabel", "review", "preference", "compare", "spans"])
def test_who_cannot_judge_says_why_with_a_key(kind: str, work: Any, anna: Annotator) -> None:
    made = work(kind, ORDER if kind == "spans" else ROW)
    anna.press("Shift+Digit2")
    made.shot("cannot")
    assert made.answer("Control+Enter").cannot == "knowledge"


def test_what_a_team_asks_beside_the_answer_is_read(work: Any, anna: Annotator) -> None:
    made = work("review", ROW, None, "given", Team(rubric=("Tone & more",), tags=("pii", "b")))
    anna.rate(4)
    anna.editor.locator(".curate-row .ant-rate-star").nth(1).click()
    anna.choose("pii")
    anna.editor.locator(".curate-remarks textarea, .curate-remarks input[type=text]").last.fill(
        "odd"
    )
    made.shot("remarks")
    assert made.answer() == questions.Answer((("rate", "4"),), "manual")
    (listed,) = made.server.tasks(made.project)
    said = remarks(by_name(listed["annotations"][0]["result"]))
    assert said == Remarks("odd", None, ("pii",), {"Tone & more": 2})


def test_an_answer_is_rated_and_left_as_it_is(work: Any, anna: Annotator) -> None:
    made = work("review", ROW)
    anna.rate(4)
    assert made.answer() == questions.Answer((("rate", "4"),), "manual")


def test_an_answer_is_rated_and_bettered(work: Any, anna: Annotator) -> None:
    made = work("review", {**ROW, "blind": True})
    anna.rate(2)
    better = "On 3 May.\n\n  Ask your bank."
    anna.rewrite(better)
    made.shot("bettered")
    assert made.answer() == questions.Answer((("rate", "2"), ("correct", better)), "manual")


def test_an_answer_that_was_given_is_changed(work: Any, anna: Annotator) -> None:
    made = work("review", ROW)
    anna.rate(2)
    anna.rewrite("First try.")
    anna.submit()
    anna.open(made.project, made.task)
    anna.rate(3)
    anna.rewrite("Second\ntry.")
    made.shot("changed")
    answer = made.answer()
    assert answer == questions.Answer((("rate", "3"), ("correct", "Second\ntry.")), "manual")


@pytest.mark.parametrize("response", ["one\r\ntwo \r\n", "  a\n\n\nb  ", "<b>é</b> 🎉 $text &amp;"])
def test_an_answer_that_was_clicked_into_is_no_correction(
    response: str, work: Any, anna: Annotator
) -> None:
    made = work("review", {**ROW, "response": response})
    anna.rate(5)
    anna.rewrite("something else")
    anna.editor.locator(".ant-collapse textarea").fill(response)
    assert made.answer() == questions.Answer((("rate", "5"),), "manual")


def test_an_answer_is_dropped_without_a_rating(work: Any, anna: Annotator) -> None:
    made = work("review", ROW)
    anna.press("k")
    assert anna.chosen() == ["Keep"]
    anna.choose("Drop")
    assert anna.chosen() == ["Drop"]
    made.shot("dropped")
    assert made.answer() == questions.Answer((("drop", None),), "manual")


@pytest.mark.parametrize(
    ("swapped", "said", "value"),
    [(False, "A is better", "x"), (True, "A is better", "y"), (True, "Equally good", "tie"),
     (False, "Both are bad", "both_bad")],
)  # fmt: skip
def test_one_of_two_answers_is_better(
    swapped: bool, said: str, value: str, work: Any, anna: Annotator
) -> None:
    made = work("preference", {**ROW, "swapped": swapped})
    first, second = anna.reads().split("Answer B")
    assert ("No idea." in first, "No idea." in second) == (swapped, not swapped)
    anna.choose(said)
    assert made.answer() == questions.Answer((("prefer", value),), "manual")


def test_prefilled_spans_are_seen_and_another_is_marked(work: Any, anna: Annotator) -> None:
    made = work("spans", ORDER)
    assert anna.marked() == [("day", "3 May")]
    assert f"Why you are asked\n{WHY}" in anna.reads()
    anna.mark("order", "88-1203")
    made.shot("marked")
    answer = made.answer()
    assert answer.problem is None
    assert dict(answer.decisions)["correct"] == '{"day": "3 May", "order": "88-1203"}'
    at = ORDERED.index("88-1203")
    assert f'[{at}, {at + 7}, "order"]' in dict(answer.decisions)["spans"]
    assert answer.origin == "manual"


def test_a_prefilled_span_is_removed(work: Any, anna: Annotator) -> None:
    made = work("spans", ORDER)
    anna.mark("order", "88-1203")
    anna.editor.get_by_text("3 May").click()
    anna.press("Backspace")
    assert anna.marked() == [("order", "88-1203")]
    assert dict(made.answer().decisions)["correct"] == '{"order": "88-1203"}'


def test_nothing_is_to_be_extracted(work: Any, anna: Annotator) -> None:
    made = work("spans", {**ORDER, "blind": True})
    anna.choose("Nothing to extract")
    assert made.answer() == questions.Answer((("spans", "[]"), ("correct", "{}")), "manual")


def test_code_in_a_text_is_text(work: Any, anna: Annotator) -> None:
    said: list[str] = []
    anna.page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    text = "<script>alert(1)</script><img src=x onerror=alert(2)> $reason {{7*7}} &lt; 🎉"
    work("relabel", {**ROW, "query": text, "why": text, "context": text})
    assert anna.reads().count(text) == 3
    assert said == []


def test_a_task_is_skipped_with_a_key(work: Any, anna: Annotator) -> None:
    made = work("relabel", ROW)
    anna.stream(made.project)
    anna.press("Escape")
    assert anna.submit("Control+Space")["was_cancelled"]
    (listed,) = made.server.tasks(made.project)
    assert [a["result"] for a in listed["annotations"] if not a["was_cancelled"]] == []


@pytest.mark.parametrize("kind", ["relabel", "review", "preference", "spans"])
def test_instructions_come_first_and_keys_submit(kind: str, work: Any, anna: Annotator) -> None:
    made = work(kind, ORDER if kind == "spans" else ROW)
    anna.stream(made.project)
    anna.page.get_by_text("Skip what you cannot judge").wait_for()
    made.shot("instructions")
    anna.press("Escape")
    if kind == "review":
        anna.rate(3)
    if kind == "preference":
        anna.press("2")
    anna.submit("Control+Enter")
    (listed,) = made.server.tasks(made.project)
    (annotation,) = listed["annotations"]
    answer = questions.understand(kind, annotation["result"], made.row, made.names)
    assert answer.problem is None
    assert answer.decisions


# -- from the queue to the exported file -----------------------------------------------------------


def _rows(task: str) -> list[dict[str, Any]]:
    """Examples of which the first dozen are worth asking about."""
    rows = []
    for n in range(40):
        low = {"rating": 1 if n < 12 else 5}
        said = {"id": f"r{n}", "prompt": f"Where is parcel A-{n} of the {n}th?"}
        if task == "classification":
            rows.append({**said, "label": "delivery"})
            rows += [{**said, "id": f"c{n}", "label": "refund"}] if n < 12 else []
        elif task == "extraction":
            rows.append({**said, "response": f'{{"order": "A-{n}"}}', **low})
        else:
            rows.append({**said, "response": f"It is on its way, {n}.", **low})
            rows += [{**said, "id": f"c{n}", "response": f"No idea, {n}.", "rating": 5}]
    return rows


TASKS = {
    "relabel": "classification", "review": "sft", "preference": "sft", "spans": "extraction",
}  # fmt: skip


@pytest.fixture(scope="module", params=TASKS)
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory,
    label_studio: LabelStudio,
) -> Office:  # fmt: skip
    """A project with its queue on the server, for each kind of work."""
    kind, task = request.param, TASKS[request.param]
    made = Office(tmp_path_factory.mktemp(kind), label_studio, _rows(task), task)
    made.kind = kind
    made.project.dedupe(near=None)
    made.queue(kind=kind)
    assert made.push(kind=kind).exit_code == 0
    return made


def _click(anna: Annotator, kind: str, task: dict[str, Any]) -> tuple[set[str], str]:
    """Answers with the mouse; returns the kinds of decision that follow, and the origin."""
    if kind == "relabel":
        label = task["ledger"]["label_seen"]
        assert anna.chosen() == [label], "what the log says is filled in"
        anna.choose("delivery" if label == "refund" else "refund")
        return {"relabel"}, "prediction-changed"
    if kind == "review":
        anna.rate(2)
        anna.rewrite("It comes on Monday.")
        return {"rate", "correct"}, "manual"
    if kind == "preference":
        anna.choose("A is better")
        return {"prefer"}, "manual"
    assert anna.marked(), "what the log says is marked"
    anna.mark("order", "parcel")
    return {"spans", "correct"}, "manual"


def test_an_answer_by_mouse_reaches_the_exported_file(office: Office, anna: Annotator) -> None:
    tasks = office.tasks(office.kind)
    name = min(n for n, t in tasks.items() if t["ledger"]["side"] == "train")
    task = tasks[name]
    anna.open(office.number(office.kind), task["id"])
    assert task["ledger"]["why"] in anna.reads()
    decided, origin = _click(anna, office.kind, task)
    anna.screenshot(f"{office.kind}-synced")
    anna.submit()
    result = office.sync()
    assert (result["new"], result["problems"]) == (1, [])
    assert set(result["decisions"]) == decided
    (stored,) = office.project.table("annotations").to_pylist()
    assert stored["origin"] == origin
    assert stored["seconds"] > 0
    why = office.curate("why", name).stdout
    assert "by annotator 1" in why
    assert task["ledger"]["why"] in why
    rows, example = office.exported(), office.examples()[name]
    if office.kind == "relabel":
        assert {r["label"] for r in rows if r["text"] == example["query"]} == {
            "delivery", "refund",
        } - {task["ledger"]["label_seen"]}  # fmt: skip
        return
    said = [r["completion"][0]["content"] for r in rows
            if r["prompt"][-1]["content"] == example["query"]]  # fmt: skip
    if office.kind == "review":
        assert "It comes on Monday." in said
    elif office.kind == "preference":
        assert task["data"]["response_b"] not in said
    else:
        assert said == [f'{{"order": ["parcel", "A-{name[1:]}"]}}']


def test_a_held_out_task_gives_no_hint(office: Office, anna: Annotator) -> None:
    tasks = office.tasks(office.kind)
    name = min(n for n, t in tasks.items() if t["ledger"]["side"] == "test")
    anna.open(office.number(office.kind), tasks[name]["id"])
    anna.screenshot(f"{office.kind}-held-out")
    assert "Why" not in anna.reads()
    assert tasks[name]["ledger"]["why"] not in anna.reads(), "the list beside it tells of others"
    assert tasks[name]["data"]["reason"] == ""
    assert (anna.chosen(), anna.marked()) == ([], [])

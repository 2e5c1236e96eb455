"""The page of a real server shows every stored word, runs none of it, and fetches nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from browser import Annotator
from curate.label import interface
from curate.label import tasks as questions
from labelstudio import LabelStudio
from shown_talks import ANSWER, CALLS, HOSTILE, LOGS, ROW, missing

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def anna(chromium: Any, label_studio: LabelStudio) -> Iterator[Annotator]:
    made = Annotator(chromium, label_studio, label_studio.annotator("anna"))
    yield made
    made.close()
    assert made.elsewhere == [], "asked other machines"


def row_of(messages: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    asked = [m["content"] for m in messages if m["role"] == "user"][-1]
    output = json.dumps(messages[-1:])
    return {
        **ROW, "query": asked, "messages": json.dumps(messages[:-1]), "output": output,
        "response": messages[-1]["content"], "other_output": output, "why": "rated 1 of 5", **more,
    }  # fmt: skip


def opened(
    server: LabelStudio, anna: Annotator, kind: str, row: dict[str, Any], *dropped: str
) -> tuple[int, int]:
    asked = questions.question(kind, row, "given")
    data = {name: value for name, value in asked.data.items() if name not in dropped}
    names = {"relabel": ["refund", "delivery"], "spans": ["order", "day"]}.get(kind, [])
    number, (task,) = server.project(interface.config(kind, names), [{"data": data}], title=kind)
    anna.open(number, task)
    return number, task


def shown(anna: Annotator) -> str:
    """Returns the text of the pages, folded turns included, a line a block."""
    anna.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    return "\n".join(anna.editor.locator(".curate-page").all_inner_texts())


@pytest.mark.parametrize("name", LOGS)
@pytest.mark.parametrize("kind", ["review", "relabel", "preference", "compare"])
def test_the_page_shows_what_is_stored(
    kind: str, name: str, label_studio: LabelStudio, anna: Annotator
) -> None:
    messages = LOGS[name]
    opened(label_studio, anna, kind, row_of(messages))
    for width, height in ((1366, 768), (1920, 1080)):
        anna.page.set_viewport_size({"width": width, "height": height})
        anna.screenshot(f"{kind}-{name}-{width}")
    assert anna.editor.locator(".curate-question").count() == 1
    assert anna.editor.locator(".curate-plain:visible").count() == 0
    assert "Earlier in the conversation" not in anna.reads()
    stored = messages[:-1] if kind == "relabel" else messages
    assert missing(shown(anna), stored) == []


@pytest.mark.parametrize("kind", ["relabel", "review", "spans"])
def test_panels_that_nobody_uses_are_away(
    kind: str, label_studio: LabelStudio, anna: Annotator
) -> None:
    opened(label_studio, anna, kind, {**ROW, "query": "Order 88, please.", "response": "{}"})
    panels = anna.page.locator(".lsf-sidepanels__wrapper:visible").count()
    assert (panels > 0) == (kind == "spans"), "what is marked is listed there"


def test_a_long_question_takes_a_third_of_the_screen(
    label_studio: LabelStudio, anna: Annotator
) -> None:
    asked = "\n\n".join(f"Line {n} of a long question." for n in range(200))
    talk = [{"role": "user", "content": asked}, {"role": "assistant", "content": "Yes."}]
    opened(label_studio, anna, "review", row_of(talk))
    for width, height in ((1366, 768), (1920, 1080)):
        anna.page.set_viewport_size({"width": width, "height": height})
        anna.screenshot(f"review-long-{width}")
        box = anna.editor.locator(".curate-question").bounding_box()
        assert box and box["height"] <= height / 3
    assert missing(shown(anna), talk) == []


def test_earlier_turns_unfold_with_a_click(label_studio: LabelStudio, anna: Annotator) -> None:
    opened(label_studio, anna, "review", row_of(LOGS["chat"]))
    first = anna.editor.get_by_text("where is parcel A-0?")
    assert not first.is_visible()
    assert anna.editor.get_by_text("Never promise a date.").is_visible()
    anna.editor.get_by_text("turns more").click()
    assert first.is_visible()


def test_right_to_left_is_laid_out_so(label_studio: LabelStudio, anna: Annotator) -> None:
    opened(label_studio, anna, "review", row_of(LOGS["arabic"]))
    sides = anna.editor.locator(".curate-body").evaluate_all(
        "parts => parts.map(part => getComputedStyle(part).direction)"
    )
    assert sides == ["rtl"] * 3


@pytest.mark.parametrize("kind", ["review", "preference", "spans"])
def test_nothing_of_a_log_runs_or_is_fetched(
    kind: str, label_studio: LabelStudio, anna: Annotator
) -> None:
    hostile = "\n\n".join(HOSTILE)
    call = {"id": hostile, "type": "function",
            "function": {"name": hostile, "arguments": json.dumps({hostile: hostile})}}  # fmt: skip
    messages = [
        {"role": "system", "content": hostile},
        {"role": "user", "content": hostile, "name": hostile},
        {"role": "assistant", "content": hostile, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": hostile, "content": hostile},
        {"role": "user", "content": hostile},
        {"role": "assistant", "content": hostile, "reasoning_content": hostile, "refusal": hostile},
    ]
    opened(label_studio, anna, kind, row_of(messages, why=hostile))
    anna.screenshot(f"{kind}-hostile")
    stored = [messages[0]] if kind == "spans" else messages
    assert missing(shown(anna), stored) == []
    anna.page.wait_for_timeout(500)
    assert "owned" not in anna.page.title()
    assert anna.elsewhere == []
    inside = "img, script, style, iframe, svg, link, a, math, template, [onclick], [onerror]"
    assert anna.editor.locator(".curate-page").locator(inside).count() == 0
    at = anna.page.url
    for part in anna.editor.locator(".curate-page u:visible").all()[:4]:
        part.click()
    assert anna.page.url == at


@pytest.mark.parametrize("kind", ["review", "relabel", "preference", "compare", "spans"])
def test_a_task_of_before_is_shown_as_it_was(
    kind: str, label_studio: LabelStudio, anna: Annotator
) -> None:
    row = row_of([{"role": "user", "content": "Where is it?"},
                  {"role": "assistant", "content": "In hall 7."}])  # fmt: skip
    pages = ("conversation", "earlier", "answer", "answer_a", "answer_b")
    asked = questions.question(kind, {**row, "context": "user: Hello"}, "given")
    old = {name: value for name, value in asked.data.items() if name not in pages}
    plain = re.sub(r"<HyperText[^>]*/>", "", interface.config(kind, ["a", "b"]))
    number, (task,) = label_studio.project(plain, [{"data": old}], title=kind)
    renewed = {"label_config": interface.config(kind, ["a", "b"])}
    label_studio.request("PATCH", f"/api/projects/{number}/", json=renewed)
    anna.open(number, task)
    anna.screenshot(f"{kind}-before")
    text = anna.reads()
    assert "Where is it?" in text
    assert ("user: Hello" in text) == (kind != "spans")
    assert ("In hall 7." in text) == (kind in ("review", "preference", "compare"))


def test_a_call_is_bettered_as_a_call(label_studio: LabelStudio, anna: Annotator) -> None:
    row = {**CALLS, "messages": json.dumps([{"role": "user", "content": "q"}])}
    number, _ = opened(label_studio, anna, "review", row)
    assert "find" in shown(anna) and '"city": "Bonn"' in shown(anna)
    anna.rate(2)
    anna.editor.get_by_text("Write a better answer").click()
    box = anna.editor.locator(".ant-collapse textarea")
    assert json.loads(box.input_value()) == [
        {"name": "find", "arguments": {"city": "Bonn", "days": 2}}
    ]
    anna.screenshot("review-call")
    box.fill(box.input_value().replace("Bonn", "Köln"))
    anna.submit()
    (listed,) = label_studio.tasks(number)
    (annotation,) = listed["annotations"]
    answer = questions.understand("review", annotation["result"], row, [])
    assert answer.problem is None
    ((_, stars), (kind, value)) = answer.decisions
    assert (stars, kind) == ("2", "correct")
    (call,) = json.loads(value or "")["tool_calls"]
    assert call["id"] == ANSWER["tool_calls"][0]["id"]
    assert json.loads(call["function"]["arguments"]) == {"city": "Köln", "days": 2}

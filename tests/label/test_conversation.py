"""Every word of a conversation is on the page, and nothing of a log is more than a word there."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from curate.label import conversation, tasks, tool_calls
from desk import Desk
from projects import WriteJsonl
from shown_talks import ANSWER, CALLS, HOSTILE, LOGS, ROW, missing


class Page(HTMLParser):
    """Reads a page as a browser does."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.text += "\n" * (tag in ("div", "p", "pre"))
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("name", LOGS)
def test_every_word_is_shown_in_its_order(name: str) -> None:
    messages = LOGS[name]
    page = Page(conversation.conversation(messages[:-1]) + conversation.answer(messages[-1]))
    assert missing(page.text, messages) == []
    assert page.attributes <= {"class", "dir", "start"}


def test_a_word_that_is_not_shown_is_missed() -> None:
    assert missing("one three", [{"role": "user", "content": "one two three"}])[:1] == ["two"]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_a_log_is_more_than_text(text: str) -> None:
    turn = {"role": "user", "content": text}
    call = {"function": {"name": text, "arguments": json.dumps({text: text})}}
    says = {"role": "assistant", "content": text, "reasoning_content": text, "refusal": text,
            "tool_calls": [call], "name": text}  # fmt: skip
    tool = {"role": "tool", "name": text, "content": text}
    page = Page(conversation.conversation([turn, says, tool, {"role": text, "content": text}]))
    assert not {*page.tags} - {
        "b", "blockquote", "br", "code", "details", "div", "em", "hr", "li", "ol", "p", "pre",
        "span", "strong", "summary", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
    }  # fmt: skip
    assert page.attributes <= {"class", "dir", "start"}
    assert missing(page.text, [{"role": "user", "content": text}]) == []


def test_markdown_is_laid_out_and_loses_no_sign() -> None:
    text = (
        '| a | b |\n|--|--|\n| 1 | 2 |\n\n```sql\nSELECT  1\n```\n\\(x\\) &lt; [l](http://a/b "t")'
    )
    page = Page(conversation.answer({"role": "assistant", "content": text}))
    assert {"table", "pre"} <= {*page.tags}
    for shown in ("sql", "SELECT  1\n", r"\(x\)", "&lt;", "l (http://a/b t)"):
        assert shown in page.text


@pytest.mark.parametrize(
    "text",
    [
        "| a | b |\n|---|---|\n| 1 | 2 | beyond |",
        "> " * 40 + "deep",
        "- " * 40 + "deep",
        "[//]: # (a comment)\n[one]: http://two/three 'four'",
        "[http://a/b](http://a/b) <http://c/d> ![e](f 'g')",
        "```python title=x\ncode\n``` \nafter",
        "~~~\nnever closed",
        "<!-- hidden --> <b>bold</b> &copy; &#65;",
        "a  \nb\\\nc\\*d\\*",
    ],
)
def test_no_mark_up_takes_words_away(text: str) -> None:
    page = Page(conversation.answer({"role": "assistant", "content": text}))
    assert missing(page.text, [{"role": "assistant", "content": text}]) == []


def test_long_histories_are_folded_between_the_system_prompt_and_the_last_turns() -> None:
    talk = [{"role": "user" if n % 2 else "assistant", "content": f"turn{n}"} for n in range(1, 30)]
    html = conversation.conversation([{"role": "system", "content": "SYS"}, *talk])
    before, folded = html.split("<details")
    inside, after = folded.split("</details>")
    assert "SYS" in before and "25 turns more" in inside
    assert [t for t in (f"turn{n}<" for n in range(1, 30)) if t in after] == [
        f"turn{n}<" for n in range(26, 30)
    ]
    assert html.count("curate-question") == 1
    assert "curate-question" in after.split("turn29<")[0].split("turn28<")[1]


def test_the_question_of_a_long_agent_run_stays_open() -> None:
    steps = [{"role": "tool", "content": f"step{n}"} for n in range(20)]
    html = conversation.conversation([{"role": "user", "content": "ask"}, *steps])
    assert html.index("ask") < html.index("<details") < html.index("step0<")


def test_spans_show_what_was_said_before_the_text_that_is_marked() -> None:
    messages = [{"role": "system", "content": "SYS"}, {"role": "user", "content": "ask"}]
    row = {**ROW, "query": "ask", "messages": json.dumps(messages)}
    earlier = tasks.question("spans", row, "none").data["earlier"]
    assert "SYS" in earlier and "ask" not in earlier
    row = {**ROW, "query": "ask", "messages": json.dumps(messages[1:])}
    assert tasks.question("spans", row, "none").data["earlier"] == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [([{"type": "image_url", "image_url": {"url": "http://a/b.png"}}], "image_url"),
     ("a\x1b[0m", "U+001B"), ("x" * 200_001, "200,001")],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["review", "relabel", "preference", "compare"])
def test_a_turn_that_cannot_be_shown_refuses_the_task(kind: str, content: Any, said: str) -> None:
    messages = [{"role": "system", "content": content}, {"role": "user", "content": "q"}]
    rows = [{**ROW, "query": "q", "messages": json.dumps(messages)}]
    made, ((_, why),) = tasks.build_tasks(kind, rows, "none")
    assert made == [] and said in why


def test_an_answer_that_calls_a_tool_is_shown_as_a_call() -> None:
    data = tasks.question("review", CALLS, "none").data
    for shown in ("One moment.", "find", '"city": "Bonn"'):
        assert shown in Page(data["answer"]).text
    assert json.loads(data["response"]) == [
        {"name": "find", "arguments": {"city": "Bonn", "days": 2}}
    ]
    pair = {**CALLS, "swapped": True}
    shown = tasks.question("preference", pair, "none").data
    assert "find" in shown["answer_b"] and "find" not in shown["answer_a"]


def left(text: str) -> tasks.Answer:
    part = {"from_name": "corrected", "type": "textarea", "value": {"text": [text]}}
    return tasks.understand("review", [part], CALLS, [])


def test_a_better_call_stays_a_call() -> None:
    better = [{"name": "find", "arguments": {"city": "Köln"}}]
    ((kind, value),) = left(json.dumps(better)).decisions
    assert kind == "correct"
    assert json.loads(value or "") == {
        "tool_calls": [{"type": "function", "id": "c7",
                        "function": {"name": "find", "arguments": '{"city":"Köln"}'}}]
    }  # fmt: skip


def test_a_call_that_nobody_changed_is_no_correction() -> None:
    assert left(tool_calls.editable(ANSWER)).problem == "nothing was answered"
    assert left('[{"arguments":{"days":2,"city":"Bonn"},"name":"find"}]').decisions == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It rains in Bonn.", "a tool call was replaced by prose"),
        ('[{"name": "find", "arguments": {"city": "B"}', "no JSON"),
        ('[{"name": "find", "arguments": {"days": 2}}]', "find.city is missing"),
        ('[{"name": "find", "arguments": {"city": 3}}]', "find.city"),
        ('[{"name": "look", "arguments": {}}]', "was not offered"),
        ('[{"name": "find", "arguments": "Bonn"}]', "no JSON object"),
        ('[{"city": "Bonn"}]', "has no name"),
        ('[{"name": "find", "args": {}}]', "not 'args'"),
        ("[]", "no tool call is left"),
    ],
)
def test_what_is_no_call_that_the_tool_takes_is_a_problem(text: str, said: str) -> None:
    answer = left(text)
    assert answer.decisions == ()
    assert said in (answer.problem or "")


def test_what_came_after_the_answer_is_folded_below_it(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    def said(*texts: str) -> list[dict[str, str]]:
        return [{"role": ("user", "assistant")[n % 2], "content": t} for n, t in enumerate(texts)]

    rows = [
        {"id": "first", "messages": said("Where is it?", "In hall 7."), "rating": 1},
        {"id": "second", "messages": said("Where is it?", "In hall 7.", "No, it is not.", "Sorry."),
         "rating": 1},
        {"id": "other", "messages": said("Who paid it?", "Ann did."), "rating": 1},
        {"id": "odd", "messages": said("Who paid it?", "Ann did.", "\x1b[31mRight.", "Fine!"),
         "rating": 5},
    ]  # fmt: skip
    desk = Desk(tmp_path, write_jsonl, rows, "sft")
    tasks = desk.push()
    first = tasks["first"]["data"]["answer"]
    assert "What came after: 2 turns" in first
    assert first.index("In hall 7.") < first.index("No, it is not.") < first.index("Sorry.")
    assert "It cannot be shown: character U+001B" in tasks["other"]["data"]["answer"]
    assert "No, it is not." not in tasks["first"]["data"]["conversation"]

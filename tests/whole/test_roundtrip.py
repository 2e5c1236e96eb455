"""What an export writes, a pull reads back: the same conversation, tool calls, tools and label."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate import formats
from curate.formats import Example, Inexpressible
from curate.messages import query_and_context, text_of
from curate.project import Project
from curate.pull.interactions import RowBuilder
from curate.pull.mapping import Declared, guess
from curate.pull.options import PullOptions
from projects import WriteJsonl

TEXTS = st.one_of(
    st.sampled_from(["", "null", "5", "2026-01-02", '{"a":1}', "a\u2028b\x00c", "\U0001f4e6"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
SAID = TEXTS.filter(bool)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e6, 1e6) | TEXTS,
    lambda inside: st.lists(inside, max_size=2) | st.dictionaries(TEXTS, inside, max_size=2),
    max_leaves=4,
)
ARGUMENTS = st.dictionaries(TEXTS, VALUES, max_size=2)
NAMES = st.sampled_from(["track", "refund_order", "f"])


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@st.composite
def calls(draw: Any, first: int) -> list[dict[str, Any]]:
    made = draw(st.lists(st.tuples(NAMES, ARGUMENTS), min_size=1, max_size=2))
    return [
        {
            "id": f"call{first + n:05}",
            "type": "function",
            "function": {"name": name, "arguments": compact(arguments)},
        }
        for n, (name, arguments) in enumerate(made)
    ]


@st.composite
def conversations(draw: Any) -> list[dict[str, Any]]:
    """A conversation as it is stored, that ends with the answer: text or tool calls."""
    system = draw(st.none() | TEXTS)
    talk = [] if system is None else [{"role": "system", "content": system}]
    called = 1
    for turn in range(draw(st.integers(1, 4))):
        talk.append({"role": "user", "content": draw(TEXTS if turn else SAID)})
        for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
            asked = draw(calls(called))
            called += len(asked)
            beside = draw(st.none() | SAID)
            talk.append({"role": "assistant", "content": beside, "tool_calls": asked})
            for call in asked:
                result = {"role": "tool", "content": draw(TEXTS), "tool_call_id": call["id"]}
                talk.append(result)
        talk.append({"role": "assistant", "content": draw(TEXTS)})
    if called > 1 and draw(st.booleans()):
        while talk[-1]["role"] != "assistant" or "tool_calls" not in talk[-1]:
            talk.pop()  # the answer is the call itself
    return talk


TOOLS = st.lists(
    NAMES.map(lambda name: {"type": "function", "function": {"name": name, "parameters": {}}}),
    max_size=2,
)


def example(talk: list[dict[str, Any]], tools: Any, label: str | None = None) -> Example:
    *messages, answer = talk
    query, _ = query_and_context(messages)
    said = text_of(answer["content"])
    return Example(
        "ab12", "logs", messages, [answer], query, said, label, 4.0, False, tools, (), True, "c1"
    )


def read_back(row: dict[str, Any]) -> dict[str, Any]:
    """Returns the one interaction that a pull makes of a line."""
    document = orjson.loads(orjson.dumps(row))
    builder = RowBuilder(guess([document], Declared()), b"salt")
    (made,) = builder.from_document(document)
    for name in ("messages", "output", "tools"):
        made[name] = orjson.loads(made[name]) if made[name] else None
    return made


def without_ids(talk: list[dict[str, Any]]) -> list[dict[str, Any]]:
    bare = [{k: v for k, v in message.items() if k != "tool_call_id"} for message in talk]
    for message in bare:
        if calls := message.get("tool_calls"):
            message["tool_calls"] = [{k: v for k, v in c.items() if k != "id"} for c in calls]
    return bare


REFUSED = {
    "openai-chat": ("no answer", "an empty turn"),
    "trl-prompt-completion": ("no answer",),
    "sharegpt": ("no answer", "text beside a tool call", "a turn of the tool after"),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(talk=conversations(), tools=st.none() | TOOLS)
def test_a_conversation_comes_back(name: str, talk: list[dict[str, Any]], tools: Any) -> None:
    try:
        row = formats.get(name).row(example(talk, tools))
    except Inexpressible as what:
        assert str(what).startswith(REFUSED[name])
        return
    made = read_back(row)
    back = [*made["messages"], *made["output"]]
    if name == "sharegpt":  # it has no ids, and no system prompt that says nothing
        talk = [m for m in without_ids(talk) if m != {"role": "system", "content": ""}]
    if name == "sharegpt" and talk[0]["role"] == "system" and not talk[0]["content"].strip():
        talk = talk[1:]
    assert back == talk
    assert made["tools"] == (tools or None)
    assert made["response"] == text_of(talk[-1]["content"])


def is_plain(text: str) -> bool:
    """Returns whether a cell is one text: blanks are nothing, and JSON may be many messages."""
    return bool(text.strip()) and text.lstrip()[:1] not in ("{", "[")


@settings(max_examples=100, deadline=None)
@given(asked=SAID.filter(is_plain), said=SAID.filter(is_plain))
def test_a_record_comes_back(asked: str, said: str) -> None:
    talk = [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]
    made = read_back(formats.get("records").row(example(talk, None)))
    assert [*made["messages"], *made["output"]] == talk


def is_label(text: str) -> bool:
    """Returns whether a text can be a label: an object is what somebody said of one."""
    return bool(text.strip()) and not text.lstrip().startswith("{")


@settings(max_examples=100, deadline=None)
@given(asked=SAID.filter(is_plain), label=SAID.filter(is_label))
def test_a_label_comes_back(asked: str, label: str) -> None:
    talk = [{"role": "user", "content": asked}, {"role": "assistant", "content": "x"}]
    made = read_back(formats.get("classification").row(example(talk, None, label)))
    assert (made["query"], made["label"]) == (asked, label)


CALL = {"id": "c1", "type": "function", "function": {"name": "track", "arguments": '{"id":7}'}}
TALK = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello!"},
    {"role": "user", "content": "Where is it?"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "content": "At sea.", "tool_call_id": "c1"},
    {"role": "assistant", "content": "On a ship."},
]


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_file_comes_back(
    name: str, tmp_path: Path, write_jsonl: WriteJsonl, new_store: Callable[[Path], Any]
) -> None:
    tools = [{"type": "function", "function": {"name": "track", "parameters": {}}}]
    rows = [
        formats.get(name).row(example([*TALK[:-1], {**TALK[-1], "content": f"{n}"}], tools))
        for n in range(5)
    ]
    new_store(tmp_path)
    project = Project(tmp_path)
    result = project.pull([str(write_jsonl(tmp_path / "train.jsonl", rows))], PullOptions())
    assert (result.new, result.rejected) == (5, {})
    stored = project.table("interactions").to_pylist()
    assert sorted(row["response"] for row in stored) == list("01234")
    for row in stored:
        talk = [*orjson.loads(row["messages"]), *orjson.loads(row["output"])]
        wanted = [*TALK[:-1], {**TALK[-1], "content": row["response"]}]
        assert (without_ids(talk) if name == "sharegpt" else talk) == (
            without_ids(wanted) if name == "sharegpt" else wanted
        )
        assert orjson.loads(row["tools"]) == tools

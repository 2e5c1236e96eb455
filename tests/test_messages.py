from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from curate.messages import (
    canonical,
    chain_hashes,
    parse_messages,
    parse_tools,
    query_and_context,
    text_of,
)
from curate.pull.contents import UnknownShape, content_of


def u(text: Any) -> dict[str, Any]:
    return {"role": "user", "content": text}


def a(text: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


SYSTEM = {"role": "system", "content": "be nice"}
REQUEST = {
    "model": "m",
    "messages": [SYSTEM, u("hi")],
    "tools": [{"type": "function"}],
    "user": "ann",
}
RESPONSE = {
    "id": "r1", "created": 1_700_000_000, "model": "m-1",
    "choices": [{"message": a("one"), "finish_reason": "stop"}, {"message": a("two")}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 0},
}  # fmt: skip


@pytest.mark.parametrize(
    ("values", "messages", "output"),
    [
        ({"query": "q", "response": "r"}, [u("q")], [a("r")]),
        ({"query": "q"}, [u("q")], None),
        ({"query": 5, "response": 7.0}, [u("5")], [a("7")]),
        ({"query": "q", "response": {"content": "r"}}, [u("q")], [a("r")]),
        ({"query": "q", "response": "r", "system": "be nice"}, [SYSTEM, u("q")], [a("r")]),
        ({"messages": [SYSTEM, u("q")], "response": "r", "system": "x"},
         [SYSTEM, u("q")], [a("r")]),
        ({"messages": [u("q"), a("r")]}, [u("q")], [a("r")]),
        ({"messages": json.dumps([u("q"), a("r")])}, [u("q")], [a("r")]),
        ({"messages": [u("q")]}, [u("q")], None),
        ({"messages": [u("q"), a("r")], "response": "r"}, [u("q")], [a("r")]),
        ({"messages": [u("q"), a("x")], "response": "r"}, [u("q"), a("x")], [a("r")]),
        ({"messages": [u("q"), a("r")], "query": "q", "response": "r"}, [u("q")], [a("r")]),
        ({"messages": [u("p"), a("x")], "query": "q", "response": "r"},
         [u("p"), a("x"), u("q")], [a("r")]),
        ({"messages": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "r"}]},
         [u("q")], [a("r")]),
        ({"messages": "plain text"}, [u("plain text")], None),
        ({"messages": []}, [], None),
        ({"messages": {}, "response": "r"}, [], [a("r")]),
        ({"request": REQUEST, "response": RESPONSE}, [SYSTEM, u("hi")], [a("one"), a("two")]),
        ({"request": json.dumps(REQUEST), "response": json.dumps(RESPONSE)},
         [SYSTEM, u("hi")], [a("one"), a("two")]),
        ({"messages": [u("hi")], "response": RESPONSE}, [u("hi")], [a("one"), a("two")]),
        ({"query": REQUEST, "response": RESPONSE}, [SYSTEM, u("hi")], [a("one"), a("two")]),
        ({"request": "plain", "response": "r"}, [u("plain")], [a("r")]),
        ({"request": {"prompt": "p"}, "response": {"choices": [{"text": "r"}]}},
         [u("p")], [a("r")]),
        ({"query": "q", "response": {"choices": []}}, [u("q")], None),
        ({}, [], None),
    ],
)  # fmt: skip
def test_what_a_call_said(values: Any, messages: Any, output: Any) -> None:
    found = content_of(values)
    assert (found.messages, found.output) == (messages, output)


def test_a_body_that_nobody_knows_is_no_turn() -> None:
    with pytest.raises(UnknownShape, match=r"request has .*colour"):
        content_of({"request": {"colour": "p"}, "response": "r"})
    with pytest.raises(UnknownShape, match="response has keys k"):
        content_of({"query": "q", "response": {"k": 1}})


def test_raw_bodies_say_the_rest() -> None:
    found = content_of({"request": REQUEST, "response": RESPONSE})
    assert found.fields == {
        "id": "r1", "model": "m", "user": "ann", "tools": REQUEST["tools"],
        "created_at": 1_700_000_000, "finish_reason": "stop", "finish_reasons": ["stop", None],
            "input_tokens": 3, "output_tokens": 0,
    }  # fmt: skip


def test_an_error_body_is_no_answer() -> None:
    found = content_of(
        {"query": "q", "response": {"error": {"message": "overloaded", "type": "server"}}}
    )
    assert (found.messages, found.output) == ([u("q")], None)
    assert found.fields == {"status": "error", "error": "overloaded"}


def test_tool_calls_are_kept() -> None:
    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}], "junk": 1}
    result = {"role": "tool", "content": "5", "tool_call_id": "1"}
    found = content_of({"messages": [u("q"), call, result, a("r")]})
    assert found.messages == [u("q"), {k: v for k, v in call.items() if k != "junk"}, result]
    assert found.output == [a("r")]


NESTED = {"type": "function", "function": {"name": "f", "arguments": '{"b":1,"a":[0.5]}'}}


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "tool_calls": [NESTED]},
        {"role": "assistant", "content": "", "tool_calls": [NESTED]},
        {"role": "assistant", "content": None, "tool_calls": [
            {"function": {"name": "f", "arguments": {"b": 1, "a": [0.5]}}}]},
        {"role": "assistant", "tool_calls": [{"name": "f", "arguments": {"b": 1, "a": [0.5]}}]},
        {"role": "assistant", "content": None, "function_call": NESTED["function"]},
        {"from": "function_call", "value": '{"name": "f", "arguments": {"b": 1, "a": [0.5]}}'},
        {"from": "function_call", "value": '[{"name": "f", "arguments": {"b": 1, "a": [0.5]}}]'},
    ],
)  # fmt: skip
def test_tool_calls_are_stored_in_one_form(message: Any) -> None:
    wanted = {"role": "assistant", "content": None, "tool_calls": [NESTED]}
    assert parse_messages([message]) == [wanted]


def test_ids_and_text_beside_calls_are_kept() -> None:
    message = {"role": "assistant", "content": "Wait.", "tool_calls": [{"id": "1", **NESTED}]}
    assert parse_messages([message]) == [message]
    assert parse_messages([{"from": "function_call", "value": "f(1)"}]) == [a("f(1)")]
    result = {"role": "function", "name": "f", "content": {"ok": True}}
    assert parse_messages([result]) == [{"role": "tool", "name": "f", "content": '{"ok":true}'}]


@pytest.mark.parametrize("flat", [{"name": "f"}, {"type": "function", "name": "f"}])
def test_tools_are_stored_in_one_form(flat: Any) -> None:
    nested = {"type": "function", "function": {"name": "f"}}
    for logged in ([flat], [nested], json.dumps([flat])):
        assert parse_tools(logged) == [nested]
    assert parse_tools("null") is None and parse_tools("") is None
    assert parse_tools(["f"]) == ["f"] and parse_tools("f, g") == ["f, g"]


def test_a_message_may_be_the_response() -> None:
    answer = {"role": "assistant", "tool_calls": [NESTED]}
    output = content_of({"query": "q", "response": answer}).output
    assert output == [{"role": "assistant", "content": None, "tool_calls": [NESTED]}]


@pytest.mark.parametrize(
    "value", [None, 5, "x", "[", [], [1], [{"content": "x"}], [{"role": 1}], {"role": "user"}]
)
def test_what_is_no_list_of_messages(value: Any) -> None:
    assert parse_messages(value) is None


def test_the_query_and_what_was_said_before() -> None:
    talk = [
        SYSTEM,
        u("1"),
        a("2"),
        u("3"),
        {"role": "tool", "content": "t"},
        a("4"),
        u("5"),
        a("6"),
    ]
    assert query_and_context(talk) == ("5", "3\n4")
    assert query_and_context([u("1"), u("2")]) == ("2", "1")
    assert query_and_context([u("1")]) == ("1", "")
    assert query_and_context([SYSTEM, a("x")]) == ("", "")
    called = {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}
    assert query_and_context([u("1"), called, u("2")]) == ("2", "1\n")


def test_text_of_parts() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {}}, "b"]
    assert text_of(parts) == "a\nb" and text_of(None) == "" and text_of("x") == "x"
    assert text_of(["", "part one", {"type": "text", "text": ""}]) == "part one"


def test_a_longer_call_goes_on_from_a_shorter_one() -> None:
    _, first = chain_hashes([u("1")], [a("2")])
    chain, second = chain_hashes([SYSTEM, u("1"), a("2"), u("3")], [a("4")])
    assert chain == [first] and second != first
    assert chain_hashes([u("1"), a("2")], None) == ([first], "")
    state = b'["user","1",null]["assistant","2",null]'
    assert first == hashlib.sha256(state).hexdigest()[:32]


def test_canonical_json() -> None:
    assert canonical({"b": 1, "a": {"d": "é", "c": None}}) == '{"a":{"c":null,"d":"é"},"b":1}'
    assert json.loads(canonical({"n": 2**70, "b": b"\x01"})) == {"n": 2**70, "b": "01"}

from __future__ import annotations

import json
from typing import Any

import pytest

from curate.messages import parse_messages
from curate.pull.bodies.bodies import read_request, read_response

FUNCTION = {"name": "f", "arguments": '{"b":1}'}
NESTED = {"type": "function", "function": FUNCTION}


def u(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def a(content: Any, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **more}


@pytest.mark.parametrize(
    "messages",
    [
        [u("q"), a("r")],
        [u(5), a(7.0), u(True), u("")],
        [{"role": "developer", "content": "x"}, {"role": "critic", "content": "y"}],
        [{"from": "human", "value": "q"}, {"from": "gpt", "value": "r"}],
        [{"from": "function_call", "value": '{"name": "f", "arguments": {"b": 1}}'}],
        [{"from": "function_call", "value": "f(1)"}, {"from": "observation", "value": "2"}],
        [a(None, tool_calls=[NESTED]), {"role": "tool", "content": {"ok": True}, "name": "f"}],
        [a("", tool_calls=[{"id": "1", "name": "f", "arguments": {"b": [1]}}])],
        [a(None, function_call=FUNCTION)],
        [a(None, tool_calls=[{"id": "1"}])],
        [a(None, refusal="No."), a("x", refusal=None), a(None), {"role": "assistant"}],
        [u([{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "u"}}])],
        [u(["a", "b"]), a([{"type": "text", "text": "a"}, {"type": "refusal", "refusal": "n"}])],
        [u("<b>bold</b>"), a("if a < b: <b>x</b>"), u("<think>not mine</think>")],
        [u('{"name": "Bob", "role": "manager"}'), a('{"answer": 5}'), u("[1, 2]")],
        [{"role": "tool", "content": '[{"type": "text", "text": "x"}]', "tool_call_id": "1"}],
        [a(None, audio={"id": "a1", "transcript": "Hello."})],
    ],
)
def test_what_was_right_stays_the_same(messages: Any) -> None:
    for value in (messages, json.dumps(messages), {"messages": messages}):
        body = read_request(value)
        assert body is not None
        assert body.messages == parse_messages(messages)
        assert body.unread == {}


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (a("108", reasoning_content="9*12"), a("108", reasoning_content="9*12")),
        (a("108", reasoning="9*12"), a("108", reasoning_content="9*12")),
        (a("<think>9*12</think>108"), a("108", reasoning_content="9*12")),
        (a("\n<thinking>\n9*12\n</thinking>\n\n108"), a("108", reasoning_content="9*12")),
        (a("<reasoning>9</reasoning><think>12</think>108"), a("108", reasoning_content="9\n12")),
        (a("9*12\n</think>\n\n108"), a("108", reasoning_content="9*12")),
        (a("9*12</think>108"), a("108", reasoning_content="9*12")),
        (a("<think>\n\n</think>\n\n108"), a("108")),
        (a("<think>9*1"), a("", reasoning_content="9*1")),
        (a("Close it with `</think>`."), a("Close it with `</think>`.")),
        (a("```\n<think>x</think>\n```"), a("```\n<think>x</think>\n```")),
        (a('<details type="reasoning" done="true">\n<summary>Thought</summary>\n> 9*12\n'
           "</details>\n108"), a("108", reasoning_content="9*12")),
        (a([{"type": "text", "text": "<think>9</think>1"}]),
         a([{"type": "text", "text": "1"}], reasoning_content="9")),
        (a("<think>9</think>", tool_calls=[NESTED]),
         a(None, tool_calls=[NESTED], reasoning_content="9")),
        (a("x", tool_calls=[{"name": "f", "args": {"b": 1}}]), a("x", tool_calls=[NESTED])),
        (a(json.dumps(a("r"))), a("r")),
        (a(json.dumps([{"type": "text", "text": "r"}])), a([{"type": "text", "text": "r"}])),
    ],
)  # fmt: skip
def test_thoughts_calls_and_inner_messages(message: Any, wanted: Any) -> None:
    for body in (read_response(message), read_response({"choices": [{"message": message}]})):
        assert body is not None and body.output == [wanted]
    body = read_request([u("q"), message])
    assert body is not None and body.messages == [u("q"), wanted]


def test_a_response_with_choices() -> None:
    body = read_response({
        "id": "c1", "object": "chat.completion", "created": 17, "model": "m", "user": "ann",
        "choices": [
            {"message": a("one", annotations=[{"url": "x"}]), "finish_reason": "stop",
             "logprobs": {"content": [1]}},
            {"message": a("two"), "finish_reason": "length"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 0, "cost": 0.5,
                  "prompt_tokens_details": {"cached_tokens": 2}},
    })  # fmt: skip
    assert body is not None
    assert body.messages is None and body.output == [a("one"), a("two")]
    assert body.fields == {
        "id": "c1", "model": "m", "created_at": 17, "input_tokens": 3, "output_tokens": 0,
        "cost_usd": 0.5, "finish_reason": "stop", "finish_reasons": ["stop", "length"],
    }  # fmt: skip
    assert body.unread == {
        "output": {"0": {"annotations": [{"url": "x"}]}},
        "response": {
            "usage": {"prompt_tokens_details": {"cached_tokens": 2}},
            "choices": {"0": {"logprobs": {"content": [1]}}},
        },
    }


def test_a_request_with_tools_and_a_user() -> None:
    body = read_request({
        "model": "m", "messages": [u("q")], "functions": [{"name": "f"}], "temperature": 0,
        "user": "ann", "safety_identifier": "s", "metadata": {"user_id": "b", "k": "v"},
    })  # fmt: skip
    assert body is not None and body.messages == [u("q")]
    tools = [{"type": "function", "function": {"name": "f"}}]
    assert body.fields == {"model": "m", "user": "ann", "tools": tools}
    assert body.unread == {"request": {"temperature": 0, "metadata": {"k": "v"}}}


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({"error": {"message": "overloaded", "type": "server"}}, "overloaded"),
        ({"error": {"code": 429, "message": ""}}, "429"),
        ({"object": "error", "message": "too long"}, "too long"),
    ],
)
def test_an_error_is_no_answer(value: Any, error: str) -> None:
    body = read_response(value)
    assert body is not None and body.output is None
    assert body.fields == {"status": "error", "error": error}


@pytest.mark.parametrize(
    "value",
    [
        [u("q"), {"role": "assistant", "contnt": "x"}],
        [u("q"), {"role": "assistant", "content": None, "body": "x"}],
        [u({"text": "q"})], [u([{"type": "hologram", "data": 1}])], [u([{"type": "text"}])],
        [{"role": 5, "content": "q"}], [u("q"), "r"], [u("q"), None], ["q"], [5],
        [a(None, tool_calls="f")], [a(None, tool_calls=[{"type": "function", "fn": {}}])],
        {"messages": "x"}, {"messages": {"role": "user"}}, {"messages": [1]},
        [a('{"role": "assistant", "contnt": "x"}')], [a("data: {\"x\": 1}\n\n")], "plain", 5, True,
    ],
)  # fmt: skip
def test_what_is_not_understood(value: Any) -> None:
    assert read_request(value) is None


def test_nothing_says_nothing() -> None:
    for value in (None, "", {}, []):
        for read in (read_request, read_response):
            body = read(value)
            assert body is not None
            assert (body.messages, body.output, body.fields, body.unread) == (None, None, {}, {})
    filtered = read_response({"choices": [{"message": None, "finish_reason": "content_filter"}]})
    assert filtered is not None and filtered.output is None
    assert filtered.fields["finish_reason"] == "content_filter"


@pytest.mark.parametrize(
    "value",
    ["x", [1], {"messages": 1}, {"messages": "x"}, {"messages": []}, {"messages": [{"role": 1}]}],
)
def test_what_is_no_request_body(value: Any) -> None:
    assert read_request(value) is None


@pytest.mark.parametrize("value", ["x", [1], {"choices": 1}, {"error": "x"}, {"error": None}])
def test_what_is_no_response_body(value: Any) -> None:
    assert read_response(value) is None

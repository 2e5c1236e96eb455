from __future__ import annotations

from typing import Any

import pytest

from curate.pull.bodies.bodies import read_request, read_response

USE = {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}
CALL = {"id": "t1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}


def test_a_request_with_tools() -> None:
    body = read_request({
        "model": "claude-x", "max_tokens": 9, "metadata": {"user_id": "ann", "k": "v"},
        "system": [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "q"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "Let me look."}, USE]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t1", "is_error": False,
                 "content": [{"type": "text", "text": "5"}]},
                {"type": "text", "text": "go on"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "One."},
                                              {"type": "text", "text": "Two."}]},
        ],
        "tools": [{"name": "f", "description": "d", "input_schema": {"type": "object"}},
                  {"type": "web_search_20250305", "name": "web_search"}],
    })  # fmt: skip
    assert body is not None and body.messages == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "q"}]},
        {"role": "assistant", "content": "Let me look.", "tool_calls": [CALL]},
        {"role": "tool", "content": "5", "tool_call_id": "t1"},
        {"role": "user", "content": "go on"},
        {"role": "assistant", "content": "One.\nTwo."},
    ]
    parameters = {"name": "f", "description": "d", "parameters": {"type": "object"}}
    assert body.fields == {
        "model": "claude-x", "user": "ann", "tools": [{"type": "function", "function": parameters}],
    }  # fmt: skip
    assert body.unread == {
        "request": {"max_tokens": 9, "metadata": {"k": "v"}},
        "tools": {"1": {"type": "web_search_20250305", "name": "web_search"}},
    }


def test_a_message_with_thoughts_and_a_call() -> None:
    body = read_response({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x",
        "content": [{"type": "thinking", "thinking": "hm", "signature": "s"},
                    {"type": "redacted_thinking", "data": "zz"},
                    {"type": "text", "text": "Fi", "citations": None},
                    {"type": "text", "text": "ve.", "citations": [{"url": "u"}]}, USE],
        "stop_reason": "tool_use", "stop_sequence": None,
        "usage": {"input_tokens": 20, "output_tokens": 11, "cache_read_input_tokens": 4},
    })  # fmt: skip
    assert body is not None and body.output == [
        {"role": "assistant", "content": "Five.", "tool_calls": [CALL], "reasoning_content": "hm"},
    ]
    assert body.fields == {
        "id": "msg_1", "model": "claude-x", "input_tokens": 20, "output_tokens": 11,
        "finish_reason": "tool_use", "finish_reasons": ["tool_use"],
    }  # fmt: skip
    assert body.unread == {
        "output": {"0": {"parts": [{"type": "redacted_thinking", "data": "zz"}]}},
        "response": {"usage": {"cache_read_input_tokens": 4}},
    }


@pytest.mark.parametrize(
    ("value", "output", "fields"),
    [
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, None,
         {"status": "error", "error": "Overloaded"}),
        ({"completion": " Hi.", "stop_reason": "stop_sequence", "model": "claude-2"},
         [{"role": "assistant", "content": "Hi."}],
         {"model": "claude-2", "finish_reason": "stop_sequence",
          "finish_reasons": ["stop_sequence"]}),
        ({"type": "message", "content": [], "stop_reason": "refusal"}, None,
         {"finish_reason": "refusal", "finish_reasons": ["refusal"]}),
    ],
)  # fmt: skip
def test_other_answers(value: Any, output: Any, fields: Any) -> None:
    body = read_response(value)
    assert body is not None and (body.output, body.fields) == (output, fields)


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "tool_use", "id": "t1", "input": {}}], [{"type": "thinking", "thought": "x"}],
        [{"type": "tool_result", "content": "5"}], [{"type": "hologram"}], [5], {"type": "text"},
    ],
)  # fmt: skip
def test_blocks_that_are_not_understood(content: Any) -> None:
    assert read_response({"type": "message", "role": "assistant", "content": content}) is None
    assert (
        read_request({"system": "s", "messages": [{"role": "user", "content": [content]}]}) is None
    )

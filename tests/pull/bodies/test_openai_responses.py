from __future__ import annotations

from typing import Any

import pytest

from curate.pull.bodies.bodies import read_request, read_response

CALL = {"type": "function_call", "id": "fc", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}
NESTED = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
RESPONSE = {
    "id": "resp_2", "object": "response", "created_at": 17, "status": "completed", "model": "m",
    "instructions": "Be kind.", "previous_response_id": "resp_1",
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "q"}]},
        {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "hm"}]},
        CALL,
        {"type": "function_call_output", "call_id": "c1", "output": "5"},
        {"type": "web_search_call", "id": "w", "status": "completed"},
    ],
    "output": [
        {"type": "reasoning", "id": "r2", "summary": [{"type": "summary_text", "text": "so"}]},
        {"type": "message", "id": "m", "role": "assistant", "status": "completed",
         "content": [{"type": "output_text", "text": "Fi", "annotations": []},
                     {"type": "output_text", "text": "ve."}]},
        {**CALL, "call_id": "c2"},
    ],
    "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": True},
              {"type": "web_search"}],
    "usage": {"input_tokens": 30, "output_tokens": 12, "total_tokens": 42,
              "output_tokens_details": {"reasoning_tokens": 4}},
    "metadata": {"user": "ann", "k": "v"}, "store": True, "conversation": {"id": "conv_1"},
}  # fmt: skip


def test_a_stored_response_has_both_sides() -> None:
    body = read_response(RESPONSE)
    assert body is not None
    assert body.messages == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": None, "reasoning_content": "hm", "tool_calls": [NESTED]},
        {"role": "tool", "content": "5", "tool_call_id": "c1"},
    ]
    assert body.output == [
        {"role": "assistant", "content": "Five.", "reasoning_content": "so",
         "tool_calls": [{**NESTED, "id": "c2"}]},
    ]  # fmt: skip
    function = {"name": "f", "parameters": {"type": "object"}, "strict": True}
    assert body.fields == {
        "id": "resp_2", "model": "m", "status": "completed", "created_at": 17, "user": "ann",
        "input_tokens": 30, "output_tokens": 12, "previous": "resp_1", "session": "conv_1",
        "tools": [{"type": "function", "function": function}],
    }  # fmt: skip
    assert body.unread == {
        "tools": {"1": {"type": "web_search"}},
        "messages": {"4": {"item": {"type": "web_search_call", "id": "w", "status": "completed"}}},
        "response": {
            "usage": {"output_tokens_details": {"reasoning_tokens": 4}},
            "metadata": {"k": "v"}, "store": True,
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "messages"),
    [
        ({"model": "m", "input": "q"}, [{"role": "user", "content": "q"}]),
        ({"input": [{"role": "developer", "content": "d"}, {"role": "user", "content": "q"}]},
         [{"role": "system", "content": "d"}, {"role": "user", "content": "q"}]),
        ({"model": "m", "input": [{"role": "user", "content": [
            {"type": "input_text", "text": "q"},
            {"type": "input_image", "image_url": "u", "detail": "low"}]}]},
         [{"role": "user", "content": [
             {"type": "text", "text": "q"},
             {"type": "image_url", "image_url": {"url": "u", "detail": "low"}}]}]),
    ],
)  # fmt: skip
def test_requests(request_: Any, messages: Any) -> None:
    body = read_request(request_)
    assert body is not None and body.messages == messages


def test_answers_that_are_no_text() -> None:
    refused = [{"type": "message", "role": "assistant",
                "content": [{"type": "refusal", "refusal": "No."}]}]  # fmt: skip
    body = read_response(refused)
    assert body is not None
    assert body.output == [{"role": "assistant", "content": None, "refusal": "No."}]
    cut = {"object": "response", "status": "incomplete", "output": [],
           "incomplete_details": {"reason": "max_output_tokens"}}  # fmt: skip
    body = read_response(cut)
    assert body is not None and body.output is None
    assert body.fields == {
        "status": "incomplete", "finish_reason": "max_output_tokens",
        "finish_reasons": ["max_output_tokens"],
    }  # fmt: skip
    failed = {"object": "response", "status": "failed", "output": [],
              "error": {"code": "server_error", "message": "boom"}}  # fmt: skip
    body = read_response(failed)
    assert body is not None and body.output is None
    assert body.fields == {"status": "failed", "error": "boom"}
    body = read_response({"id": "resp_1", "output_text": "Hi.", "model": "m"})
    assert body is not None and body.output == [{"role": "assistant", "content": "Hi."}]
    for odd in ([{"type": "function_call", "arguments": "{}"}], {"object": "response"},
                {"object": "response", "output": [{"type": "hologram"}]}):  # fmt: skip
        assert read_response(odd) is None

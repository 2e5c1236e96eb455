"""OpenTelemetry's parts, Vercel's messages and Ollama's lines."""

from __future__ import annotations

from typing import Any

import pytest

from curate.pull.bodies.bodies import read_request, read_response

CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}


def test_otel_parts() -> None:
    body = read_request([
        {"role": "user", "parts": [{"type": "text", "content": "q"},
                                   {"type": "uri", "modality": "image", "uri": "http://x/y.png"}]},
        {"role": "assistant", "parts": [{"type": "reasoning", "content": "hm"},
            {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "result": {"b": 2}}]},
    ])  # fmt: skip
    assert body is not None and body.messages == [
        {"role": "user", "content": [{"type": "text", "text": "q"},
                                     {"type": "image_url", "image_url": {"url": "http://x/y.png"}}]},
        {"role": "assistant", "content": None, "tool_calls": [CALL], "reasoning_content": "hm"},
        {"role": "tool", "content": '{"b":2}', "tool_call_id": "c1"},
    ]  # fmt: skip
    body = read_request(
        [{"type": "text", "content": "Be kind."}, {"type": "text", "content": "Brief."}]
    )
    assert body is not None and body.messages == [{"role": "system", "content": "Be kind.\nBrief."}]
    for part in ({"type": "text"}, {"type": "text", "content": 5}, {"type": "odd", "content": "x"}):
        assert read_request([{"role": "user", "parts": [part]}]) is None


def test_vercel_messages_with_tools_beside_their_results() -> None:
    tool = {"toolCallId": "c1", "input": {"a": 1}, "state": "output-available", "output": {"b": 2}}
    wanted = [
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "content": '{"b":2}', "tool_call_id": "c1", "name": "f"},
        {"role": "assistant", "content": "Two."},
    ]
    text = {"type": "text", "text": "Two."}
    for part in ({"type": "tool-f", **tool}, {"type": "dynamic-tool", "toolName": "f", **tool}):
        parts = [{"type": "step-start"}, part, {"type": "step-start"}, text,
                 {"type": "source-url", "url": "u"}]  # fmt: skip
        for steps in (parts, [p for p in parts if p["type"] != "step-start"]):
            body = read_request([{"id": "m1", "role": "assistant", "parts": steps}])
            assert body is not None and body.messages == wanted
            assert body.unread == {"messages": {"2": {"parts": [parts[-1]]}}}
    invoked = {
        "toolCallId": "c1",
        "toolName": "f",
        "args": {"a": 1},
        "state": "result",
        "result": {"b": 2},
    }
    older = {"role": "assistant", "content": "Two.", "toolInvocations": [invoked]}
    body = read_request([older])
    assert body is not None and body.messages == wanted


def test_a_vercel_result() -> None:
    body = read_response({
        "text": "Hi.", "finishReason": "stop", "toolCalls": [
            {"toolCallId": "c1", "toolName": "f", "args": {"a": 1}}],
        "usage": {"promptTokens": 7, "completionTokens": 3}, "warnings": [],
    })  # fmt: skip
    assert body is not None
    assert body.output == [{"role": "assistant", "content": "Hi.", "tool_calls": [CALL]}]
    assert body.fields == {
        "input_tokens": 7, "output_tokens": 3, "finish_reason": "stop", "finish_reasons": ["stop"],
    }  # fmt: skip


@pytest.mark.parametrize(
    "part",
    [{"type": "tool-f"}, {"type": "text", "txt": "x"}, {"type": "file"}, {"x": 1}, {"type": "odd"}],
)
def test_parts_that_are_not_understood(part: Any) -> None:
    assert read_request([{"id": "m1", "role": "assistant", "parts": [part]}]) is None


def test_ollama() -> None:
    line = {"model": "m", "created_at": "2026-09-01T10:00:00Z"}
    last = {**line, "done": True, "done_reason": "stop", "prompt_eval_count": 7, "eval_count": 3,
            "total_duration": 5_000_000}  # fmt: skip
    wanted = {
        "model": "m", "created_at": "2026-09-01T10:00:00Z", "input_tokens": 7, "output_tokens": 3,
        "latency_ms": 5.0, "finish_reason": "stop", "finish_reasons": ["stop"],
    }  # fmt: skip
    for key, said in (("message", {"role": "assistant", "content": "Ha"}), ("response", "Ha")):
        other = {"role": "assistant", "content": "llo"} if key == "message" else "llo"
        body = read_response([{**line, key: said, "done": False}, {**last, key: other}])
        assert body is not None and body.output == [{"role": "assistant", "content": "Hallo"}]
        assert body.fields == wanted
        body = read_response({**last, key: said})
        assert body is not None and body.output == [{"role": "assistant", "content": "Ha"}]
        assert body.fields == wanted


def test_parts_of_librechat() -> None:
    body = read_response({"role": "assistant", "content": [
        {"type": "think", "think": "wet"},
        {"type": "tool_call",
         "tool_call": {"id": "c1", "name": "f", "args": '{"a":1}', "output": "5"}},
        {"type": "text", "text": "Then the aquarium."},
    ]})  # fmt: skip
    assert body is not None and body.output == [
        {"role": "assistant", "content": None, "tool_calls": [CALL], "reasoning_content": "wet"},
        {"role": "tool", "content": "5", "tool_call_id": "c1", "name": "f"},
        {"role": "assistant", "content": "Then the aquarium."},
    ]

from __future__ import annotations

from typing import Any

import pytest

from curate.pull.bodies.bodies import read_request, read_response


def test_a_request_with_functions() -> None:
    body = read_request({
        "systemInstruction": {"parts": [{"text": "Be kind."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "q"}, {"fileData": {
                "mimeType": "application/pdf", "fileUri": "gs://b/x.pdf"}}]},
            {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"a": 1}}}]},
            {"role": "function", "parts": [
                {"functionResponse": {"name": "f", "response": {"rows": [1]}}}]},
        ],
        "tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]},
                  {"googleSearch": {}}],
        "generationConfig": {"topK": 3},
    })  # fmt: skip
    assert body is not None and body.messages == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "q"}, {"type": "file", "file": {
            "file_data": "gs://b/x.pdf", "media_type": "application/pdf"}}]},
        {"role": "assistant", "content": None, "tool_calls": [
            {"type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}]},
        {"role": "tool", "content": '{"rows":[1]}', "name": "f"},
    ]  # fmt: skip
    function = {"name": "f", "parameters": {"type": "OBJECT"}}
    assert body.fields == {"tools": [{"type": "function", "function": function}]}
    assert body.unread == {"request": {"generationConfig": {"topK": 3}}}


def test_several_candidates_and_thoughts() -> None:
    body = read_response({
        "candidates": [
            {"content": {"role": "model", "parts": [{"text": "hm", "thought": True},
                                                    {"text": "Fi"}, {"text": "ve."}]},
             "finishReason": "STOP", "safetyRatings": [{"category": "x"}]},
            {"content": {"parts": [{"text": "5"}]}, "finishReason": "MAX_TOKENS", "index": 1}],
        "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 3,
                          "thoughtsTokenCount": 2, "totalTokenCount": 12},
        "modelVersion": "gemini-x", "responseId": "g1", "createTime": "2026-09-01T10:00:00Z",
    })  # fmt: skip
    assert body is not None and body.output == [
        {"role": "assistant", "content": "Five.", "reasoning_content": "hm"},
        {"role": "assistant", "content": "5"},
    ]
    assert body.fields == {
        "id": "g1", "model": "gemini-x", "created_at": "2026-09-01T10:00:00Z",
        "input_tokens": 7, "output_tokens": 5,
        "finish_reason": "STOP", "finish_reasons": ["STOP", "MAX_TOKENS"],
    }  # fmt: skip
    assert body.unread == {"response": {
        "usage": {"thoughtsTokenCount": 2},
        "candidates": {"0": {"safetyRatings": [{"category": "x"}]}},
    }}  # fmt: skip


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        ({"promptFeedback": {"blockReason": "SAFETY"}},
         {"status": "error", "error": "blocked: SAFETY"}),
        ({"prompt_feedback": {"block_reason": "OTHER"}, "candidates": []},
         {"status": "error", "error": "blocked: OTHER"}),
        ({"candidates": [{"finishReason": "SAFETY"}]},
         {"finish_reason": "SAFETY", "finish_reasons": ["SAFETY"]}),
        ({"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED"}},
         {"status": "error", "error": "quota"}),
    ],
)  # fmt: skip
def test_no_answer(value: Any, fields: Any) -> None:
    body = read_response(value)
    assert body is not None and body.output is None and body.fields == fields


@pytest.mark.parametrize(
    "part", [{"txt": "x"}, {"text": 5}, {"functionCall": {"args": {}}}, {"inlineData": {}}, "x", {}]
)
def test_parts_that_are_not_understood(part: Any) -> None:
    assert read_response({"candidates": [{"content": {"parts": [part]}}]}) is None
    assert read_request({"contents": [{"role": "user", "parts": [part]}]}) is None

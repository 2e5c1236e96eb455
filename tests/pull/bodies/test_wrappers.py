from __future__ import annotations

import json
from typing import Any

import pytest

from curate.pull.bodies.bodies import is_envelope, read_request, read_response

YES = [{"role": "assistant", "content": "Yes."}]


@pytest.mark.parametrize(
    "answer",
    [
        {"text": "Yes.", "sources": ["a"], "score": 0.4, "usage": {"n": 1}},
        {"query": "Open?", "result": "Yes.", "source_documents": [{"page": 2}]},
        {"status": "success", "data": "Yes.", "errors": []},
        {"type": "message", "text": "Yes.", "createdAt": "2026-01-01"},
        {"answer": "Yes.", "follow_ups": ["Until when?"]},
        {"messages": [{"role": "assistant", "content": "Yes."}], "next": "end"},
    ],
)
def test_an_answer_beside_what_is_no_answer(answer: dict[str, Any]) -> None:
    body = read_response(answer)
    assert body is not None and body.output == YES


@pytest.mark.parametrize(
    "answer",
    [
        [{"generated_text": "Yes."}],
        {"data": {"choices": [{"text": "Yes."}]}},
        {"output": {"text": "Yes."}},
        {"response": "Yes.", "usage": {"total_tokens": 4}},
        {"result": {"output": "Yes."}, "requestId": "r1"},
        {"outputText": "Yes."},
    ],
)
def test_what_a_server_put_around_an_answer_is_taken_off_texts_too(answer: Any) -> None:
    text = json.dumps(answer)
    for value in (answer, text):
        body = read_response(value)
        assert body is not None and body.output == YES
    assert is_envelope(text)


@pytest.mark.parametrize(
    "other",
    [
        {"text": "Open?", "intent": {"name": "hours"}, "entities": []},
        {"text": "Open?", "segments": [{"start": 0}], "language": "en"},
        {"message": "Unauthorized", "statusCode": 401},
        {"status": "error", "message": "no such model"},
        {"type": "invoice", "content": "Two rooms."},
        {"data": {"text": "Open?"}, "event": "asked"},
    ],
)
def test_a_text_that_is_a_part_of_something_else_is_no_answer(other: dict[str, Any]) -> None:
    assert read_response(other) is None


@pytest.mark.parametrize(
    "text",
    [
        '{"messages": {"first": "Open?"}}',
        '{"model": "m", "choices": {"0": "Yes"}}',
        '{"generations": [[{"text": "Yes"',
        '{"model": "m", "candidates": [{"content": {"pa',
        '{"contents": [{"parts": [{"te',
        '{"delta": {"content": "Ye',
        '{"id": "msg_1", "ty',
        '{"output": [{"type": "message", "id',
    ],
)
def test_a_broken_envelope_is_one(text: str) -> None:
    assert is_envelope(text)
    assert read_response(text) is None


@pytest.mark.parametrize(
    "text",
    [
        '{"question": "Which?", "choices": {"A": "red"}}',
        '{"choices": ["red", "blue"]}',
        '{"candidates": [{"name": "Ann", "sco',
        '{"content": [{"type": "hotel", "na',
        '{"delta": 0.4}',
        '{"contents": "salt"}',
        '{"messages": 3, "unread": 1}',
    ],
)
def test_json_that_only_shares_a_key_is_no_envelope(text: str) -> None:
    assert not is_envelope(text)


def test_parts_that_hold_null_are_empty() -> None:
    refusal = {"type": "refusal", "refusal": None}
    said = {"role": "assistant", "content": [{"type": "text", "text": "Yes."}, refusal]}
    body = read_response(said)
    assert body is not None and (body.output, body.unread) == (YES, {})
    null = {"type": "text", "text": None, "annotations": []}
    asked = read_request([{"role": "user", "content": [null, {"type": "text", "text": "Open?"}]}])
    assert asked is not None and asked.messages == [{"role": "user", "content": "Open?"}]
    assert read_request([{"role": "user", "content": [{"type": "text"}]}]) is None

from __future__ import annotations

import json
from typing import Any

from curate.sources.presets import named
from platform_rows import only_row

ASKED = {
    "model": "claude-sonnet-4",
    "max_tokens": 100,
    "system": "Museum guide.",
    "messages": [{"role": "user", "content": "Where are the maps?"}],
}
SAID: dict[str, Any] = {
    "id": "msg_a",
    "type": "message",
    "role": "assistant",
    "content": [{"type": "text", "text": "On floor two."}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 9, "output_tokens": 5},
}
OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
LOGGED = {"request_id": "q-1", "ts": "2026-09-08T09:00:00Z", "request": ASKED, "response": SAID}
FAILED = {"request_id": "q-2", "request": ASKED, "response": OVERLOADED}
TEXTS = {"request_body": json.dumps(ASKED), "response_body": json.dumps(SAID), "latency_ms": 80}
STORED = {**SAID, "messages": ASKED["messages"], "system": "Museum guide.", "hall": "east"}
BATCHED = {"custom_id": "m-1", "params": ASKED}
RESULT = {"custom_id": "m-1", "result": {"type": "succeeded", "message": SAID}}
ERRORED = {"custom_id": "m-2", "result": {"type": "errored", "error": OVERLOADED}}
EXPIRED = {"custom_id": "m-3", "result": {"type": "expired"}}
TRACED = {**LOGGED, "trace_id": "t-1"}
THOUGHT = {"type": "thinking", "thinking": "Maps are near the stairs.", "signature": "s"}
FULL_REQUEST = {
    **{**ASKED, "metadata": {"user_id": "guest-9"}},
    "tools": [{"name": "rooms", "input_schema": {"type": "object"}}],
}
FULL_RESPONSE = {**SAID, "content": [THOUGHT, *SAID["content"]]}
FULL = {**LOGGED, "request": FULL_REQUEST, "response": FULL_RESPONSE}
FULL_BATCH = [
    {"custom_id": "m-1", "params": FULL_REQUEST},
    {"custom_id": "m-1", "result": {"type": "succeeded", "message": FULL_RESPONSE}},
]
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "anthropic": [LOGGED, FAILED, TEXTS, STORED, SAID, TRACED, FULL],
    "anthropic-batch": [BATCHED, RESULT, ERRORED, EXPIRED, *FULL_BATCH],
}


def test_a_logged_pair_keeps_its_columns() -> None:
    rest = {key: value for key, value in LOGGED.items() if key != "request_id"}
    assert only_row("anthropic", LOGGED) == {**rest, "id": "q-1"}


def test_the_logs_own_id_comes_before_that_of_the_answer() -> None:
    plain = {"request": ASKED, "response": SAID}
    assert only_row("anthropic", plain)["id"] == "msg_a"
    assert only_row("anthropic", {**plain, "id": 7, "request_id": "q-3"})["id"] == 7
    assert only_row("anthropic", {**plain, "call_id": "k-1"})["id"] == "k-1"


def test_other_names_of_the_pair_are_read() -> None:
    row = only_row("anthropic", TEXTS)
    assert (row["request"], row["response"]) == (TEXTS["request_body"], TEXTS["response_body"])
    assert set(row) == {"id", "request", "response", "latency_ms"}


def test_an_error_is_no_answer() -> None:
    assert only_row("anthropic", FAILED) == {
        "id": "q-2",
        "request": ASKED,
        "status": "error",
        "error": "Overloaded",
    }


def test_a_stored_message_has_its_question_beside_it() -> None:
    assert only_row("anthropic", STORED) == {
        "id": "msg_a",
        "hall": "east",
        "request": {"messages": ASKED["messages"], "system": "Museum guide."},
        "response": SAID,
    }


def test_a_batch_is_halves_of_calls() -> None:
    assert only_row("anthropic-batch", BATCHED) == {"id": "m-1", "request": ASKED}
    assert only_row("anthropic-batch", RESULT) == {
        "id": "m-1",
        "response": SAID,
        "status": "succeeded",
    }
    assert named("anthropic-batch")[0].halves


def test_a_result_that_failed_is_no_answer() -> None:
    errored, expired = only_row("anthropic-batch", ERRORED), only_row("anthropic-batch", EXPIRED)
    assert errored == {"id": "m-2", "status": "errored", "error": "Overloaded"}
    assert expired == {"id": "m-3", "status": "expired", "error": "expired"}

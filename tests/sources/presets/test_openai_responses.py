from __future__ import annotations

from typing import Any

from platform_rows import only_row

MESSAGE = {
    "type": "message",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "At 9."}],
}
STORED = {
    "id": "resp_a",
    "object": "response",
    "created_at": 1757300000,
    "status": "completed",
    "model": "gpt-5-mini",
    "instructions": "Be brief.",
    "previous_response_id": "resp_0",
    "conversation": {"id": "conv_1"},
    "input": "When does the pool open?",
    "output": [MESSAGE],
    "text": {"format": {"type": "text"}},
    "tools": [],
    "usage": {"input_tokens": 12, "output_tokens": 4},
    "user": "member-7",
    "metadata": {"branch": "north", "user_id": "member-7"},
}
FAILED = {
    "id": "resp_b",
    "object": "response",
    "status": "failed",
    "error": {"code": "server_error", "message": "try later"},
    "output": [],
    "input": "And on Sunday?",
}
PAIR = {
    "ts": "2026-09-08T09:00:00Z",
    "request": {"model": "gpt-5-mini", "input": "Is there a sauna?"},
    "response": {"id": "resp_c", "object": "response", "status": "completed", "output": [MESSAGE]},
}
FULL = {
    **STORED,
    "tools": [{"type": "function", "name": "hours", "parameters": {}}],
    "output": [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "It is Monday."}]},
        MESSAGE,
    ],
}
EXAMPLES: dict[str, list[dict[str, Any]]] = {"openai-responses": [STORED, FAILED, PAIR, FULL]}


def test_a_stored_response_is_a_call() -> None:
    assert only_row("openai-responses", STORED) == {
        "metadata": {"branch": "north"},
        "text": {"format": {"type": "text"}},
        "id": "resp_a",
        "request": {"input": "When does the pool open?", "instructions": "Be brief."},
        "response": {
            "object": "response",
            "output": [MESSAGE],
            "status": "completed",
            "usage": {"input_tokens": 12, "output_tokens": 4},
            "model": "gpt-5-mini",
            "id": "resp_a",
        },
        "session": "conv_1",
        "user": "member-7",
        "previous": "resp_0",
        "created_at": 1757300000,
        "model": "gpt-5-mini",
        "status": "completed",
    }


def test_a_failed_response_has_an_error_and_no_answer() -> None:
    assert only_row("openai-responses", FAILED) == {
        "id": "resp_b",
        "request": {"input": "And on Sunday?"},
        "status": "failed",
        "error": "try later",
    }


def test_a_logged_pair_is_a_call() -> None:
    row = only_row("openai-responses", PAIR)
    assert row["request"] == {"input": "Is there a sauna?"}
    assert row["response"]["output"] == [MESSAGE]
    assert (row["id"], row["created_at"]) == ("resp_c", "2026-09-08T09:00:00Z")

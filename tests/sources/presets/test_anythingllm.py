from __future__ import annotations

from typing import Any

from conversation_rows import preset, rows

EXPORTED: dict[str, Any] = {
    "id": 4,
    "username": "person-41",
    "workspace": "Law",
    "prompt": "What is a tort?",
    "response": "A civil wrong.",
    "sent_at": "2026-09-11T08:00:00.000Z",
    "rating": "GOOD",
    "attachments": [],
}
EMBED: dict[str, Any] = {
    "id": "5",
    "workspace": "Law",
    "prompt": "And a crime?",
    "response": '{"text": "A public one.", "sources": [{"title": "Book"}], "type": "chat"}',
    "sent_at": "2026-09-11T08:02:00.000Z",
}
STORED: dict[str, Any] = {
    "id": 6,
    "workspaceId": 2,
    "prompt": "Thanks",
    "response": '{"text": "You are welcome.", "metrics": {"prompt_tokens": 9, "duration": 0.5}}',
    "include": True,
    "user_id": 41,
    "thread_id": 3,
    "feedbackScore": False,
    "createdAt": 1757577600000,
}
EXAMPLES = {"anythingllm": [EXPORTED, EMBED, STORED]}


def test_an_exported_chat_is_a_call() -> None:
    assert rows("anythingllm", EXPORTED) == [
        {
            "id": "4",
            "query": "What is a tort?",
            "response": "A civil wrong.",
            "created_at": "2026-09-11T08:00:00.000Z",
            "user": "person-41",
            "rating": "GOOD",
            "workspace": "Law",
            "attachments": [],
        }
    ]
    assert preset("anythingllm").scale == "GOOD=5,BAD=1"


def test_dashes_are_no_rating_and_nobody_is_no_user() -> None:
    (row,) = rows("anythingllm", {**EXPORTED, "rating": "--", "username": "API"})
    assert not {"rating", "user"} & set(row)


def test_an_answer_that_is_kept_with_its_sources_is_its_text() -> None:
    assert rows("anythingllm", EMBED) == [
        {
            "id": "5",
            "query": "And a crime?",
            "response": "A public one.",
            "created_at": "2026-09-11T08:02:00.000Z",
            "workspace": "Law",
            "sources": [{"title": "Book"}],
        }
    ]
    (stored,) = rows("anythingllm", STORED)
    assert stored == {
        "id": "6",
        "query": "Thanks",
        "response": "You are welcome.",
        "created_at": 1757577600000,
        "session": "thread-3",
        "user": "41",
        "rating": "BAD",
        "input_tokens": 9,
        "latency_ms": 500.0,
        "sources": None,
    }


def test_an_answer_that_is_json_on_purpose_stays() -> None:
    (row,) = rows("anythingllm", {**EXPORTED, "response": '{"tort": true}'})
    assert row["response"] == '{"tort": true}'

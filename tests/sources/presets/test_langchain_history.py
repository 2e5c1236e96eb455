from __future__ import annotations

import json
from typing import Any

from conversation_rows import rows, talk

N8N: dict[str, Any] = {
    "id": 12,
    "session_id": "s1",
    "message": {"type": "human", "content": "Book a table.", "additional_kwargs": {}},
}
TOOL_CALL: dict[str, Any] = {
    "id": 13,
    "session_id": "s1",
    "message": json.dumps(
        {
            "type": "ai",
            "data": {
                "content": "",
                "tool_calls": [{"id": "t1", "name": "book", "args": {"at": 8}}],
                "response_metadata": {"model_name": "gpt-4o", "finish_reason": "tool_calls"},
                "usage_metadata": {"input_tokens": 5, "output_tokens": 2},
            },
        }
    ),
    "created_at": "2026-09-05T10:00:00",
}
RESULT: dict[str, Any] = {
    "id": 14,
    "session_id": "s1",
    "message": {"type": "tool", "content": "done", "tool_call_id": "t1"},
}
MONGO: dict[str, Any] = {
    "_id": {"$oid": "66f1"},
    "SessionId": "s2",
    "History": '{"type": "ai", "data": {"content": [{"type": "text", "text": "Booked."}]}}',
}
SESSION: dict[str, Any] = {
    "sessionId": "s3",
    "messages": [
        {"type": "human", "data": {"content": "Hi."}},
        {"type": "ai", "data": {"content": "Hello.", "id": "run-1"}},
    ],
}
EXAMPLES = {"langchain-history": [N8N, TOOL_CALL, RESULT, MONGO, SESSION]}


def test_rows_of_messages_are_turns_in_the_order_of_their_numbers() -> None:
    assert rows("langchain-history", N8N, "turns") == [
        {"id": "12", "session": "s1", "role": "user", "text": "Book a table.", "order": 12}
    ]
    call = {"name": "book", "arguments": '{"at":8}'}
    assert rows("langchain-history", TOOL_CALL, "turns") == [
        {
            "id": "13",
            "session": "s1",
            "role": "assistant",
            "order": 13,
            "text": [
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"id": "t1", "type": "function", "function": call}],
                }
            ],
            "created_at": "2026-09-05T10:00:00",
            "model": "gpt-4o",
            "finish_reason": "tool_calls",
            "input_tokens": 5,
            "output_tokens": 2,
        }
    ]
    (result,) = rows("langchain-history", RESULT, "turns")
    assert result["text"] == [{"role": "tool", "tool_call_id": "t1", "content": "done"}]


def test_rows_of_a_collection_without_numbers() -> None:
    assert rows("langchain-history", MONGO, "turns") == [
        {"id": "66f1", "session": "s2", "role": "assistant", "text": "Booked."}
    ]


def test_a_session_in_one_document_is_a_call_for_each_answer() -> None:
    assert rows("langchain-history", SESSION) == [
        {"id": "run-1", "session": "s3", "messages": talk("Hi.", "Hello.")}
    ]

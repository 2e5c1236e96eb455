from __future__ import annotations

import json
from typing import Any

from conversation_rows import rows, talk

ASKED = {"id": "m1", "role": "user", "parts": [{"type": "text", "text": "Oslo now?"}]}
PARTS: list[dict[str, Any]] = [
    {"type": "step-start"},
    {"type": "reasoning", "text": "ask the tool"},
    {
        "type": "tool-weather",
        "toolCallId": "t1",
        "state": "output-available",
        "input": {"city": "Oslo"},
        "output": {"c": 4},
    },
    {"type": "text", "text": "Four degrees."},
]
CHAT: dict[str, Any] = {
    "id": "chat-1",
    "userId": "person-6",
    "title": "Oslo",
    "messages": [ASKED, {"id": "m2", "role": "assistant", "parts": PARTS}],
}
ODD: dict[str, Any] = {
    "id": "chat-2",
    "messages": [
        {"id": "m0", "role": "assistant", "parts": [{"type": "text", "text": "Welcome."}]},
        {
            "id": "m1",
            "role": "user",
            "parts": [
                {"type": "file", "mediaType": "image/png", "url": "https://example.org/a.png"}
            ],
        },
        {"id": "m2", "role": "assistant", "parts": [{"type": "step-start"}]},
    ],
}
ROW: dict[str, Any] = {
    "id": "m2",
    "chatId": "chat-1",
    "role": "assistant",
    "parts": json.dumps([{"type": "text", "text": "Four degrees."}]),
    "attachments": "[]",
    "createdAt": "2026-09-05 10:00:00",
}
VOTE = {"chatId": "chat-1", "messageId": "m2", "isUpvoted": "false"}
ASKED_ROW = {**ROW, "id": "m1", "role": "user", "parts": ASKED["parts"]}
EXAMPLES = {"vercel": [CHAT, ODD, ASKED_ROW, ROW, VOTE]}


def test_parts_are_read_apart() -> None:
    call = {"name": "weather", "arguments": '{"city":"Oslo"}'}
    assert rows("vercel", CHAT) == [
        {
            "id": "m2",
            "session": "chat-1",
            "user": "person-6",
            "title": "Oslo",
            "messages": [
                *talk("Oslo now?"),
                {
                    "role": "assistant",
                    "content": None,
                    "reasoning_content": "ask the tool",
                    "tool_calls": [{"id": "t1", "type": "function", "function": call}],
                },
                {"role": "tool", "tool_call_id": "t1", "content": '{"c":4}'},
                {"role": "assistant", "content": "Four degrees."},
            ],
        }
    ]


def test_greetings_and_empty_answers_are_no_calls() -> None:
    assert rows("vercel", ODD) == [
        "answer without a question",
        "empty answer",
        "conversation without an answer",
    ]


def test_rows_of_the_database_are_turns_and_votes_feedback() -> None:
    assert rows("vercel", ROW, "turns") == [
        {
            "id": "m2",
            "session": "chat-1",
            "role": "assistant",
            "text": "Four degrees.",
            "created_at": "2026-09-05 10:00:00",
            "attachments": "[]",
        }
    ]
    assert rows("vercel", VOTE, "feedback") == [
        {"key": "m2", "rating": "down", "rater_type": "user"}
    ]

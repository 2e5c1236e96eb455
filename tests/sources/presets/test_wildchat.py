from __future__ import annotations

import json
from typing import Any

from conversation_rows import rows, talk

WILDCHAT: dict[str, Any] = {
    "conversation_hash": "h1",
    "model": "gpt-4",
    "timestamp": "2026-04-09T00:02:53",
    "conversation": [
        {"role": "user", "content": "One?", "hashed_ip": "ab", "toxic": False, "timestamp": None},
        {
            "role": "assistant",
            "content": "Two.",
            "hashed_ip": None,
            "timestamp": "2026-04-09T00:01",
        },
        {"role": "user", "content": "More?", "hashed_ip": "ab", "timestamp": None},
        {"role": "assistant", "content": "Three.", "timestamp": None},
    ],
    "turn": 2,
    "language": "English",
    "hashed_ip": "ab",
    "header": {"user-agent": "Browser"},
}
LMSYS: dict[str, Any] = {
    "conversation_id": "l1",
    "model": "vicuna-13b",
    "conversation": json.dumps(talk("Ja?", "Nein.")),
    "turn": 1,
    "language": "German",
    "openai_moderation": [],
    "redacted": False,
}
EXAMPLES = {"wildchat": [WILDCHAT, LMSYS]}


def test_each_answer_is_a_call_and_the_last_has_the_name_of_the_conversation() -> None:
    about = {"session": "h1", "model": "gpt-4", "user": "ab", "turn": 2, "language": "English"}
    assert rows("wildchat", WILDCHAT) == [
        {
            **about,
            "id": "h1#1",
            "messages": talk("One?", "Two."),
            "created_at": "2026-04-09T00:01",
        },
        {
            **about,
            "id": "h1",
            "messages": talk("One?", "Two.", "More?", "Three."),
            "created_at": "2026-04-09T00:02:53",
        },
    ]


def test_lmsys_has_neither_time_nor_user() -> None:
    assert rows("wildchat", LMSYS) == [
        {
            "id": "l1",
            "session": "l1",
            "model": "vicuna-13b",
            "messages": talk("Ja?", "Nein."),
            "turn": 1,
            "language": "German",
            "openai_moderation": [],
            "redacted": False,
        }
    ]


def test_a_conversation_without_an_answer_is_left_out() -> None:
    asked = {**LMSYS, "conversation": talk("Ja?")}
    assert rows("wildchat", asked) == ["conversation without an answer"]

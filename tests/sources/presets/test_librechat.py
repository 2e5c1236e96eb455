from __future__ import annotations

from typing import Any

from conversation_rows import preset, rows, talk

ROOT = "00000000-0000-0000-0000-000000000000"
ASKED: dict[str, Any] = {
    "_id": {"$oid": "77a1"},
    "messageId": "q1",
    "conversationId": "c1",
    "user": "person-77",
    "parentMessageId": ROOT,
    "isCreatedByUser": True,
    "sender": "User",
    "text": "Where is the key?",
    "createdAt": {"$date": {"$numberLong": "1789034600000"}},
}
ANSWERED: dict[str, Any] = {
    "messageId": "a1",
    "conversationId": "c1",
    "user": "person-77",
    "parentMessageId": "q1",
    "isCreatedByUser": False,
    "sender": "GPT",
    "model": "gpt-4o",
    "text": "",
    "content": [
        {"type": "think", "think": "look it up"},
        {
            "type": "tool_call",
            "tool_call": {"id": "t1", "name": "find", "args": '{"what":"key"}', "output": "shelf"},
        },
        {"type": "text", "text": {"value": "On the shelf."}},
    ],
    "createdAt": "2026-09-10T10:00:05.000Z",
    "feedback": {"rating": "thumbsDown", "tag": {"key": "inaccurate"}, "text": "it is not"},
}
FAILED = {**ANSWERED, "messageId": "a2", "content": None, "text": "No quota.", "error": True}
ROW = {
    "sender": "User",
    "text": "Hi.",
    "isCreatedByUser": "true",
    "error": "false",
    "unfinished": "false",
    "messageId": "q9",
    "parentMessageId": ROOT,
    "createdAt": "2026-09-10T10:00:00.000Z",
}
EXPORT: dict[str, Any] = {
    "conversationId": "c1",
    "endpoint": "openAI",
    "title": "Key",
    "recursive": True,
    "options": {"model": "gpt-4o-mini"},
    "messagesTree": [
        {
            **ASKED,
            "parentMessageId": None,
            "children": [
                {
                    "messageId": "b1",
                    "isCreatedByUser": False,
                    "text": "Upstairs.",
                    "feedback": {"rating": "thumbsUp"},
                    "children": [],
                },
                {**FAILED, "children": None},
            ],
        }
    ],
}
LIST: dict[str, Any] = {
    "conversationId": "c2",
    "title": "List",
    "messages": [
        {"messageId": "m1", "isCreatedByUser": True, "text": "One?"},
        {"messageId": "m2", "isCreatedByUser": False, "text": "Two."},
    ],
}
EXAMPLES = {"librechat": [ASKED, ANSWERED, FAILED, ROW, EXPORT, LIST]}
CALL = {"name": "find", "arguments": '{"what":"key"}'}


def test_a_message_is_a_turn_with_its_feedback() -> None:
    assert rows("librechat", ASKED, "turns") == [
        {
            "id": "q1",
            "parent": ROOT,
            "session": "c1",
            "role": "user",
            "text": "Where is the key?",
            "created_at": "1789034600000",
            "user": "person-77",
        }
    ]
    assert rows("librechat", ANSWERED, "turns") == [
        {
            "id": "a1",
            "parent": "q1",
            "session": "c1",
            "role": "assistant",
            "text": [
                {
                    "role": "assistant",
                    "content": None,
                    "reasoning_content": "look it up",
                    "tool_calls": [{"id": "t1", "type": "function", "function": CALL}],
                },
                {"role": "tool", "tool_call_id": "t1", "content": "shelf"},
                {"role": "assistant", "content": "On the shelf."},
            ],
            "created_at": "2026-09-10T10:00:05.000Z",
            "user": "person-77",
            "model": "gpt-4o",
            "rating": "thumbsDown",
            "comment": "it is not",
            "tag": "inaccurate",
        }
    ]
    assert preset("librechat", "turns").scale == "thumbsUp=5,thumbsDown=1"


def test_a_failed_answer_says_so_and_has_no_text() -> None:
    (row,) = rows("librechat", FAILED, "turns")
    assert (row["status"], row["error"], row.get("text")) == ("error", "No quota.", None)


def test_rows_of_a_table_are_turns_without_a_conversation() -> None:
    (row,) = rows("librechat", ROW, "turns")
    assert (row["id"], row["role"], row["text"]) == ("q9", "user", "Hi.")
    assert "session" not in row


def test_an_exported_tree_is_a_call_for_each_answer() -> None:
    about = {"session": "c1", "endpoint": "openAI", "title": "Key", "recursive": True}
    assert rows("librechat", EXPORT) == [
        {
            **about,
            "id": "b1",
            "messages": talk("Where is the key?", "Upstairs."),
            "model": "gpt-4o-mini",
            "rating": "thumbsUp",
        },
        {
            **about,
            "id": "a2",
            "messages": talk("Where is the key?"),
            "model": "gpt-4o",
            "created_at": "2026-09-10T10:00:05.000Z",
            "user": "person-77",
            "rating": "thumbsDown",
            "comment": "it is not",
            "tag": "inaccurate",
            "status": "error",
            "error": "No quota.",
        },
    ]


def test_an_exported_list_is_read_in_its_order() -> None:
    assert rows("librechat", LIST) == [
        {"id": "m2", "session": "c2", "messages": talk("One?", "Two."), "title": "List"}
    ]

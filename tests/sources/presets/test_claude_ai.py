from __future__ import annotations

from typing import Any

from conversation_rows import rows, talk

LIST: dict[str, Any] = {
    "uuid": "conv-1",
    "name": "Bread",
    "account": {"uuid": "person-3"},
    "created_at": "2026-09-05T10:00:00Z",
    "chat_messages": [
        {
            "uuid": "h1",
            "text": "Is this enough flour?",
            "content": [{"type": "text", "text": "Is this enough flour?"}],
            "sender": "human",
            "attachments": [{"file_name": "list.txt", "extracted_content": "500 g flour"}],
        },
        {
            "uuid": "a1",
            "text": "",
            "content": [
                {"type": "thinking", "thinking": "check"},
                {"type": "tool_use", "id": None, "name": "scale", "input": {"of": "flour"}},
                {
                    "type": "tool_result",
                    "name": "scale",
                    "content": [{"type": "text", "text": "500"}],
                },
                {"type": "text", "text": "Yes, it is."},
            ],
            "sender": "assistant",
            "created_at": "2026-09-05T10:00:05Z",
        },
    ],
}
ZEROS = "00000000-0000-4000-8000-000000000000"


def turn(name: str, parent: str, sender: str, text: str) -> dict[str, Any]:
    return {"uuid": name, "parent_message_uuid": parent, "sender": sender, "text": text}


TREE: dict[str, Any] = {
    "uuid": "conv-2",
    "name": "",
    "chat_messages": [
        turn("h1", ZEROS, "human", "One?"),
        turn("a1", "h1", "assistant", "Two."),
        turn("a2", "h1", "assistant", "Three."),
        turn("h2", "a1", "human", "More?"),
        turn("a3", "h2", "assistant", "  "),
    ],
}
EMPTY: dict[str, Any] = {"uuid": "conv-3", "name": "", "chat_messages": []}
EXAMPLES = {"claude-ai": [LIST, TREE, EMPTY]}


def test_blocks_are_read_apart_and_attached_text_belongs_to_the_question() -> None:
    call = {"name": "scale", "arguments": '{"of":"flour"}'}
    assert rows("claude-ai", LIST) == [
        {
            "id": "a1",
            "session": "conv-1",
            "user": "person-3",
            "name": "Bread",
            "created_at": "2026-09-05T10:00:05Z",
            "messages": [
                *talk("Is this enough flour?\n\n500 g flour"),
                {
                    "role": "assistant",
                    "content": None,
                    "reasoning_content": "check",
                    "tool_calls": [{"id": "call_1", "type": "function", "function": call}],
                },
                {"role": "tool", "tool_call_id": "call_1", "content": "500"},
                {"role": "assistant", "content": "Yes, it is."},
            ],
        }
    ]


def test_branches_are_calls_of_their_own_and_empty_answers_none() -> None:
    about = {"session": "conv-2", "name": ""}
    assert rows("claude-ai", TREE) == [
        {**about, "id": "a1", "messages": talk("One?", "Two.")},
        {**about, "id": "a2", "messages": talk("One?", "Three.")},
        "empty answer",
    ]
    assert rows("claude-ai", EMPTY) == ["conversation without an answer"]

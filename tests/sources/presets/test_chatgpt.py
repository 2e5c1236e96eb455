from __future__ import annotations

from typing import Any

from conversation_rows import rows, talk


def node(name: str, parent: str | None, message: dict[str, Any] | None) -> dict[str, Any]:
    return {"id": name, "parent": parent, "children": [], "message": message}


def message(role: str, content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"author": {"role": role, "metadata": {}}, "content": content, **more}


def text(*parts: Any) -> dict[str, Any]:
    return {"content_type": "text", "parts": list(parts)}


HIDDEN = {"is_visually_hidden_from_conversation": True}
NODES = [
    node("client-created-root", None, None),
    node("s", "client-created-root", message("system", text(""), metadata=HIDDEN)),
    node("p", "s", message("user", {"content_type": "user_editable_context"}, metadata={})),
    node("u1", "p", message("user", text("Sum 2 and 3."), create_time=1757000001.5)),
    node(
        *("t", "u1"),
        message("assistant", {"content_type": "thoughts", "thoughts": [{"content": "Add them."}]}),
    ),
    node(
        *("k", "t"),
        message("assistant", {"content_type": "code", "text": "2+3"}, recipient="python"),
    ),
    node("o", "k", message("tool", {"content_type": "execution_output", "text": "5"})),
    node(
        *("r", "o"),
        message("assistant", {"content_type": "reasoning_recap", "content": "Thought for 3s"}),
    ),
    node(
        *("a1", "r"),
        message(
            "assistant",
            text("It is 5."),
            id="msg-a1",
            recipient="all",
            end_turn=True,
            create_time=1757000009.0,
            metadata={"model_slug": "gpt-5", "finish_details": {"type": "stop"}},
        ),
    ),
    node("a2", "u1", message("assistant", text("Five."), create_time=1757000010)),
]
TREE: dict[str, Any] = {
    "title": "Sum",
    "create_time": 1757000000.0,
    "mapping": {each["id"]: each for each in NODES},
    "current_node": "a1",
    "conversation_id": "conv-1",
    "id": "conv-1",
}
PICTURE = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://f1"}
ODD: dict[str, Any] = {
    "title": None,
    "id": "conv-2",
    "mapping": {
        "x": node(
            "x",
            "y",
            message("user", {"content_type": "multimodal_text", "parts": [PICTURE, "What?"]}),
        ),
        "y": node("y", "x", message("assistant", text("A cat."), end_turn=None)),
        "z": node("z", "gone", message("assistant", text(""))),
        "w": None,
    },
}
FEEDBACK: dict[str, Any] = {
    "id": "msg-a1",
    "conversation_id": "conv-1",
    "user_id": "user-55",
    "rating": "thumbs_down",
    "create_time": "2026-09-05T10:00:00Z",
    "content": '{"tags": ["not_true"], "text": "off by one"}',
    "evaluation_name": None,
}
EXAMPLES = {"chatgpt": [TREE, ODD, FEEDBACK]}


def test_each_answer_is_a_call_with_tools_and_thoughts_before_it() -> None:
    call = {"name": "python", "arguments": '{"input":"2+3"}'}
    assert rows("chatgpt", TREE) == [
        {
            "id": "msg-a1",
            "session": "conv-1",
            "title": "Sum",
            "messages": [
                *talk("Sum 2 and 3."),
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"id": "k", "type": "function", "function": call}],
                    "reasoning_content": "Add them.",
                },
                {"role": "tool", "tool_call_id": "k", "content": "5"},
                {"role": "assistant", "content": "It is 5."},
            ],
            "created_at": 1757000009.0,
            "model": "gpt-5",
            "finish_reason": "stop",
        },
        {
            "id": "a2",
            "session": "conv-1",
            "title": "Sum",
            "messages": talk("Sum 2 and 3.", "Five."),
            "created_at": 1757000010,
        },
    ]


def test_cycles_pictures_and_empty_answers() -> None:
    asked = [
        {"type": "image_url", "image_url": {"url": "file-service://f1"}},
        {"type": "text", "text": "What?"},
    ]
    assert rows("chatgpt", ODD) == [
        {
            "id": "y",
            "session": "conv-2",
            "title": None,
            "messages": [
                {"role": "user", "content": asked},
                {"role": "assistant", "content": "A cat."},
            ],
        },
        "answer without a question",
    ]


def test_feedback_joins_by_the_message() -> None:
    (row,) = rows("chatgpt", FEEDBACK, "feedback")
    assert row == {
        "key": "msg-a1",
        "rating": "thumbs down",
        "comment": "off by one",
        "rater": "user-55",
        "rater_type": "user",
        "created_at": "2026-09-05T10:00:00Z",
        "conversation_id": "conv-1",
        "evaluation_name": None,
        "tags": ["not_true"],
    }

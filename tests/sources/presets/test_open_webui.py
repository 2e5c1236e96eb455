from __future__ import annotations

import json
from typing import Any

from conversation_rows import preset, rows, talk

THINKING = (
    '<details type="reasoning" done="true" duration="2">\n'
    "<summary>Thought for 2 seconds</summary>\n"
    "&gt; Two boxes,\n&gt; I think.\n</details>\nTwo boxes."
)
TOOL = (
    '<details type="tool_calls" done="true" id="call_9" name="stock" '
    'arguments="&quot;{\\&quot;item\\&quot;: \\&quot;box\\&quot;}&quot;" '
    'result="&quot;seven&quot;"><summary>Tool Executed</summary></details>\nSeven are left.'
)


def node(name: str, parent: str | None, role: str, content: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "parentId": parent,
        "childrenIds": [],
        "role": role,
        "content": content,
    } | more


TREE = {
    "a": node("a", None, "user", "How many boxes?", timestamp=1757000001),
    "b": node("b", "a", "assistant", THINKING, timestamp=1757000002, model="qwen3"),
    "c": node(
        *("c", "a", "assistant", "Three boxes."),
        timestamp=1757000003,
        model="llama3",
        annotation={"rating": -1, "comment": "wrong", "reason": "not_factually_correct"},
        usage={"prompt_tokens": 11, "completion_tokens": 4},
    ),
    "d": node("d", "b", "user", "And in stock?", timestamp=1757000004),
    "e": node("e", "d", "assistant", TOOL, timestamp=1757000005, model="qwen3"),
}
CHAT: dict[str, Any] = {
    "id": "chat-7",
    "user_id": "person-7",
    "title": "Boxes",
    "chat": {
        "title": "Boxes",
        "models": ["qwen3"],
        "params": {"system": "Be short."},
        "history": {"messages": TREE, "currentId": "e"},
        "messages": [TREE["a"], TREE["b"], TREE["d"], TREE["e"]],
    },
    "created_at": 1757000000,
}
ODD: dict[str, Any] = {
    "id": "chat-8",
    "chat": json.dumps(
        {
            "history": {
                "messages": {
                    "x": node("x", "z", "user", "Hello?"),
                    "y": node("y", "x", "assistant", "", error={"content": "no model"}),
                    "z": node("z", "y", "assistant", "Round."),
                    "n": None,
                    "l": node("l", "lost", "assistant", "Nobody asked."),
                }
            }
        }
    ),
}
FEEDBACK: dict[str, Any] = {
    "id": "fb-7",
    "user_id": "person-7",
    "type": "rating",
    "data": {"rating": 1, "comment": "", "reason": "well_written", "details": {"rating": 3}},
    "meta": {"message_id": "c", "chat_id": "chat-7", "message_index": 1},
    "snapshot": {"chat": CHAT},
    "created_at": 1757000100,
}
BARE = {**FEEDBACK, "snapshot": None}
MESSAGE: dict[str, Any] = {
    "id": "chat-7-c",
    "chat_id": "chat-7",
    "user_id": "person-7",
    "role": "assistant",
    "parent_id": "a",
    "content": '"Three boxes."',
    "model_id": "llama3",
    "done": True,
    "usage": {"input_tokens": 11, "output_tokens": 4},
    "created_at": 1757000003,
}
QUESTION = {
    **{**MESSAGE, "model_id": None, "usage": None, "parent_id": None},
    **{"id": "chat-7-a", "role": "user", "content": '"How many boxes?"'},
}
EXAMPLES = {"open-webui": [CHAT, ODD, FEEDBACK, BARE, CHAT["chat"], QUESTION, MESSAGE]}
THOUGHT = {
    "role": "assistant",
    "content": "Two boxes.",
    "reasoning_content": "Two boxes,\nI think.",
}


def test_each_answer_of_the_tree_is_a_call_with_its_path() -> None:
    about = {"session": "chat-7", "user": "person-7", "system": "Be short.", "title": "Boxes"}
    assert rows("open-webui", CHAT) == [
        {
            **about,
            "id": "b",
            "messages": [*talk("How many boxes?"), THOUGHT],
            "created_at": 1757000002,
            "model": "qwen3",
        },
        {
            **about,
            "id": "c",
            "messages": talk("How many boxes?", "Three boxes."),
            "created_at": 1757000003,
            "model": "llama3",
            "rating": -1,
            "comment": "wrong",
            "reason": "not_factually_correct",
            "input_tokens": 11,
            "output_tokens": 4,
        },
        {
            **about,
            "id": "e",
            "messages": [
                *talk("How many boxes?"),
                THOUGHT,
                *talk("And in stock?"),
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {
                            "id": "call_9",
                            "type": "function",
                            "function": {"name": "stock", "arguments": '{"item": "box"}'},
                        }
                    ],
                },
                {"role": "tool", "tool_call_id": "call_9", "content": "seven"},
                {"role": "assistant", "content": "Seven are left."},
            ],
            "created_at": 1757000005,
            "model": "qwen3",
        },
    ]


def test_cycles_failures_and_lost_parents_neither_hang_nor_raise() -> None:
    assert rows("open-webui", ODD) == [
        {
            "id": "y",
            "session": "chat-8",
            "messages": [{"role": "assistant", "content": "Round."}, *talk("Hello?")],
            "status": "error",
            "error": "no model",
        },
        {"id": "z", "session": "chat-8", "messages": talk("Hello?", "Round.")},
        "answer without a question",
    ]


def test_feedback_is_of_the_rated_answer_alone() -> None:
    for document in (
        FEEDBACK,
        {k: json.dumps(v) if isinstance(v, dict) else v for k, v in FEEDBACK.items()},
    ):
        assert rows("open-webui", document) == [
            {
                "id": "c",
                "session": "chat-7",
                "user": "person-7",
                "system": "Be short.",
                "messages": talk("How many boxes?", "Three boxes."),
                "created_at": 1757000003,
                "model": "llama3",
                "rating": 1,
                "input_tokens": 11,
                "output_tokens": 4,
                "type": "rating",
                "reason": "well_written",
                "details": {"rating": 3},
            }
        ]


def test_feedback_that_names_no_answer_of_its_chat_is_left_out() -> None:
    lost = {**FEEDBACK, "meta": {**FEEDBACK["meta"], "message_id": "q"}}
    assert rows("open-webui", lost) == ["feedback on an answer that its chat does not have"]
    assert rows("open-webui", BARE) == ["feedback without its chat"]


def test_feedback_joins_by_the_message() -> None:
    assert rows("open-webui", BARE, "feedback") == [
        {
            "key": "c",
            "rating": 1,
            "rater": "person-7",
            "rater_type": "user",
            "created_at": 1757000100,
            "type": "rating",
            "reason": "well_written",
        }
    ]
    assert preset("open-webui", "feedback").scale == "-1..1"


def test_rows_of_messages_are_turns() -> None:
    assert rows("open-webui", MESSAGE, "turns") == [
        {
            "id": "c",
            "parent": "a",
            "session": "chat-7",
            "role": "assistant",
            "text": "Three boxes.",
            "created_at": 1757000003,
            "model": "llama3",
            "user": "person-7",
            "input_tokens": 11,
            "output_tokens": 4,
            "done": True,
        }
    ]

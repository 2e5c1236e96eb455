from __future__ import annotations

from typing import Any

from conversation_rows import preset, rows, talk

TICKET: dict[str, Any] = {
    "id": 35,
    "subject": "Broken lamp",
    "requester_id": 700,
    "submitter_id": 700,
    "assignee_id": 901,
    "via": {"channel": "email", "source": {"from": {"address": "p@example.org"}}},
    "tags": ["lamp"],
    "satisfaction_rating": {"score": "bad", "comment": "slow", "id": 4},
    "comments": [
        {"id": 1, "author_id": 700, "body": "It is broken.", "public": True, "created_at": "T1"},
        {"id": 2, "author_id": 901, "body": "Known fault?", "public": False, "created_at": "T2"},
        {"id": 3, "author_id": 901, "body": "We send one.", "public": True, "created_at": "T3"},
        {"id": 4, "author_id": 700, "body": "Thank you.", "public": True, "created_at": "T4"},
        {"id": 5, "author_id": 902, "body": "Welcome.", "public": True, "created_at": "T5"},
        {"id": 6, "author_id": -1, "body": "Solved.", "public": True, "created_at": "T6"},
    ],
}
WRAPPED: dict[str, Any] = {
    "ticket": {"id": 36, "description": "Hi", "requester_id": 700, "satisfaction_rating": None},
    "comments": [
        {"id": 1, "author_id": 700, "body": "Hi"},
        {"id": 2, "author_id": 701, "body": "Me too."},
    ],
    "users": [{"id": 701, "role": "end-user"}],
}


def said(sender: str, text: str, name: str) -> dict[str, Any]:
    return {
        "type": "chat.msg",
        "sender_type": sender,
        "msg": text,
        "msg_id": name,
        "timestamp": name,
    }


CHAT: dict[str, Any] = {
    "id": "2109.1",
    "type": "chat",
    "visitor": {"id": "v-3", "email": "p@example.org"},
    "session": {"ip": "192.0.2.7"},
    "department_name": "Sales",
    "rating": "good",
    "comment": "quick",
    "history": [
        {"type": "chat.memberjoin", "nick": "visitor:1"},
        said("Visitor", "Hello.", "n1"),
        said("Visitor", "Is it red?", "n2"),
        said("Agent", "Yes.", "n3"),
        said("Agent", "And blue.", "n4"),
        {"type": "chat.rating", "new_rating": "good"},
    ],
}
MESSAGING: dict[str, Any] = {
    "conversation": {"id": "conv-2"},
    "messages": [
        {
            "id": "x1",
            "received": "2026-09-05T10:00:00Z",
            "author": {"type": "user", "userId": "person-1"},
            "content": {"type": "text", "text": "Open?"},
        },
        {
            "id": "x2",
            "received": "2026-09-05T10:00:09Z",
            "author": {"type": "business", "displayName": "Bot"},
            "content": {"type": "text", "text": "Yes."},
        },
    ],
}
EXAMPLES = {"zendesk": [TICKET, WRAPPED, CHAT, MESSAGING]}


def test_public_comments_of_agents_answer_the_requester() -> None:
    about = {
        "session": "35",
        "user": "700",
        "subject": "Broken lamp",
        "tags": ["lamp"],
        "channel": "email",
    }
    assert rows("zendesk", TICKET) == [
        {
            **about,
            "id": "3",
            "messages": talk("It is broken.", "We send one."),
            "created_at": "T3",
        },
        {
            **about,
            "id": "5",
            "messages": talk("It is broken.", "We send one.", "Thank you.", "Welcome."),
            "created_at": "T5",
            "rating": "bad",
            "comment": "slow",
        },
    ]
    assert preset("zendesk").scale == "good=5,bad=1"


def test_other_customers_are_no_agents() -> None:
    assert rows("zendesk", WRAPPED) == ["conversation without an answer"]


def test_an_offered_rating_is_none() -> None:
    offered = {**TICKET, "satisfaction_rating": {"score": "offered"}}
    assert all("rating" not in row for row in rows("zendesk", offered))


def test_a_chat_is_read_by_runs_of_one_side() -> None:
    assert rows("zendesk", CHAT) == [
        {
            "id": "n4",
            "session": "2109.1",
            "user": "v-3",
            "messages": talk("Hello.\nIs it red?", "Yes.\nAnd blue."),
            "created_at": "n4",
            "rating": "good",
            "comment": "quick",
            "type": "chat",
            "department_name": "Sales",
        }
    ]


def test_a_conversation_of_messaging() -> None:
    assert rows("zendesk", MESSAGING) == [
        {
            "id": "x2",
            "session": "conv-2",
            "messages": talk("Open?", "Yes."),
            "created_at": "2026-09-05T10:00:09Z",
        }
    ]

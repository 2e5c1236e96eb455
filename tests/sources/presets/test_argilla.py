from __future__ import annotations

from typing import Any

from conversation_rows import rows

FIELDS = {"instruction": "Name a tree.", "response": "Oak."}


def answer(value: Any, person: str, status: str | None = "submitted") -> dict[str, Any]:
    return {"value": value, "user_id": person} | ({"status": status} if status else {})


NESTED: dict[str, Any] = {
    "id": "rec-1",
    "fields": FIELDS,
    "metadata": {"session_id": "s-4", "length": 2},
    "suggestions": {"quality": {"value": 1, "score": 0.9, "agent": "judge"}},
    "responses": {
        "quality": [answer(4, "p1", None), answer(2, "p2", None)],
        "correction": [answer("A beech.", "p2", None)],
        "topics": [answer(["tree", "plant"], "p1", None)],
        "why": [answer("short", "p1", None)],
    },
    "vectors": {},
    "_server_id": "u-1",
}
FIRST: dict[str, Any] = {
    "id": "u-2",
    "external_id": "rec-2",
    "fields": {"prompt": "Two?", "completion": "Three."},
    "metadata": None,
    "responses": [
        {"user_id": "p1", "values": {"quality": {"value": 3}}, "status": "submitted"},
        {"user_id": "p2", "values": {"quality": {"value": 5}}, "status": "discarded"},
        {"user_id": "p3", "values": None, "status": "draft"},
    ],
    "suggestions": [],
    "inserted_at": "2026-09-13T09:00:00",
}
FLAT: dict[str, Any] = {
    "id": "rec-3",
    "prompt": "Two?",
    "response": "Three.",
    "quality.responses": [4, 1],
    "quality.responses.users": ["p1", "p2"],
    "quality.responses.status": ["submitted", "draft"],
    "quality.suggestion": 2,
    "quality.suggestion.score": 0.5,
    "_server_id": "u-3",
}
HUB: dict[str, Any] = {
    "external_id": "rec-4",
    "text": "Good day",
    "metadata": "{}",
    "label": {
        "user_id": ["p1", None],
        "value": ["polite", "rude"],
        "status": ["submitted", "draft"],
    },
    "label-suggestion": "rude",
    "label-suggestion-metadata": {"agent": "m"},
}
EXAMPLES = {"argilla": [NESTED, FIRST, FLAT, HUB]}


def piece(kind: str, name: str, value: Any, rater: str, **more: Any) -> dict[str, Any]:
    scale = {"scale": "1-5"} if kind == "rating" else {}
    about = {"rater_type": "expert", "rater": rater, "created_at": None}
    return {"kind": kind, "name": name, "value": value, **scale, **about, **more}


def test_all_annotators_of_all_questions_are_kept_and_no_suggestion() -> None:
    assert rows("argilla", NESTED) == [
        {
            "id": "rec-1",
            "query": "Name a tree.",
            "response": "Oak.",
            "session": "s-4",
            "length": 2,
            "ratings": [
                piece("rating", "quality", 4, "p1", comment="short"),
                piece("label", "topics", '["plant","tree"]', "p1"),
                piece("rating", "quality", 2, "p2"),
                piece("correction", "correction", "A beech.", "p2"),
            ],
        }
    ]


def test_the_first_version_lists_by_person_and_drafts_do_not_count() -> None:
    at = "2026-09-13T09:00:00"
    assert rows("argilla", FIRST) == [
        {
            "id": "u-2",
            "query": "Two?",
            "response": "Three.",
            "created_at": at,
            "ratings": [piece("rating", "quality", 3, "p1", created_at=at)],
        }
    ]


def test_flat_rows_have_columns_for_their_questions() -> None:
    assert rows("argilla", FLAT) == [
        {
            "id": "rec-3",
            "query": "Two?",
            "response": "Three.",
            "ratings": [piece("rating", "quality", 4, "p1")],
        }
    ]
    assert rows("argilla", HUB) == [
        {"id": "rec-4", "query": "Good day", "ratings": [piece("label", "label", "polite", "p1")]}
    ]


def test_feedback_joins_by_the_record() -> None:
    assert rows("argilla", FLAT, "feedback") == [
        {"key": "rec-3", "name": "quality", "rating": 4, "rater": "p1", "rater_type": "expert"}
    ]

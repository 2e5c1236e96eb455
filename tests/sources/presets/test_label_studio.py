from __future__ import annotations

from typing import Any

from conversation_rows import rows

DATA = {"request_id": "r-1", "prompt": "Cancel it.", "completion": "Done.", "channel": "web"}


def result(kind: str, name: str, value: dict[str, Any], about: str = "text") -> dict[str, Any]:
    return {"type": kind, "from_name": name, "to_name": about, "value": value}


TASK: dict[str, Any] = {
    "id": 5,
    "inner_id": 1,
    "project": 2,
    "data": DATA,
    "annotations": [
        {
            "id": 1,
            "completed_by": 31,
            "created_at": "2026-09-13T08:05:00Z",
            "was_cancelled": False,
            "result": [
                result("textarea", "note", {"text": ["too short"]}, "answer"),
                result("rating", "quality", {"rating": 2}),
                result("choices", "intent", {"choices": ["cancel"]}),
            ],
        },
        {
            "id": 2,
            "completed_by": {"id": 32, "email": "b@example.org"},
            "created_at": "2026-09-13T08:01:00Z",
            "result": [
                result("choices", "intent", {"choices": ["stop", "cancel"]}),
                result("textarea", "better", {"text": ["It is cancelled."]}, "answer"),
            ],
        },
        {
            "id": 3,
            "completed_by": 33,
            "was_cancelled": True,
            "result": [result("rating", "quality", {"rating": 5})],
        },
    ],
    "predictions": [{"result": [result("rating", "quality", {"rating": 1})]}],
}
PLAIN: dict[str, Any] = {
    "id": 6,
    "inner_id": 2,
    "data": {"text": "Hello"},
    "annotations": [],
    "predictions": [],
}
MIN: dict[str, Any] = {
    **DATA,
    "id": 5,
    "intent": "cancel",
    "stars": [{"rating": 4}],
    "topics": {"choices": ["b", "a"]},
    "annotator": 31,
    "annotation_id": 1,
    "created_at": "2026-09-13T08:05:00Z",
    "updated_at": "2026-09-13T08:05:00Z",
    "lead_time": 3.5,
}
CSV: dict[str, Any] = {
    "annotation_id": "1",
    "annotator": "b@example.org",
    "completion": "Done.",
    "created_at": "2026-09-13T08:05:00Z",
    "fix": "It is cancelled.",
    "id": "5",
    "intent": "cancel",
    "lead_time": "3.5",
    "prompt": "Cancel it.",
    "stars": '[{"rating": 4}]',
    "updated_at": "2026-09-13T08:05:00Z",
}
EXAMPLES = {"label-studio": [TASK, PLAIN, MIN, CSV]}


def piece(kind: str, name: str, value: Any, rater: str, at: str, **more: Any) -> dict[str, Any]:
    scale = {"scale": "1-5"} if kind == "rating" else {}
    about = {"rater_type": "expert", "rater": rater, "created_at": f"2026-09-13T{at}Z"}
    return {"kind": kind, "name": name, "value": value, **scale, **about, **more}


def test_every_annotation_counts_by_the_names_of_its_controls() -> None:
    assert rows("label-studio", TASK) == [
        {
            "id": "r-1",
            "query": "Cancel it.",
            "response": "Done.",
            "created_at": "2026-09-13T08:01:00Z",
            "channel": "web",
            "ratings": [
                piece("rating", "quality", 2, "31", "08:05:00", comment="too short"),
                piece("label", "intent", "cancel", "31", "08:05:00"),
                piece("label", "intent", '["cancel","stop"]', "32", "08:01:00"),
                piece("correction", "better", "It is cancelled.", "32", "08:01:00"),
            ],
        }
    ]


def test_a_task_without_annotations_is_a_call_still() -> None:
    assert rows("label-studio", PLAIN) == [{"id": "6", "query": "Hello"}]


def test_flat_exports_are_read_by_what_their_columns_hold() -> None:
    (row,) = rows("label-studio", MIN)
    assert row["ratings"] == [
        piece("label", "intent", "cancel", "31", "08:05:00"),
        piece("rating", "stars", 4, "31", "08:05:00"),
        piece("label", "topics", '["a","b"]', "31", "08:05:00"),
    ]
    assert (row["id"], row["channel"]) == ("r-1", "web")
    (row,) = rows("label-studio", CSV)
    assert row["ratings"] == [
        piece("correction", "fix", "It is cancelled.", "b@example.org", "08:05:00"),
        piece("label", "intent", "cancel", "b@example.org", "08:05:00"),
        piece("rating", "stars", 4, "b@example.org", "08:05:00"),
    ]
    assert (row["query"], row["response"]) == ("Cancel it.", "Done.")


def test_feedback_joins_by_the_id_in_the_data() -> None:
    feedback = rows("label-studio", TASK, "feedback")
    assert [row["key"] for row in feedback] == ["r-1"] * 4
    assert feedback[0] == {
        "key": "r-1",
        "name": "quality",
        "rating": 2,
        "comment": "too short",
        "rater": "31",
        "rater_type": "expert",
        "created_at": "2026-09-13T08:05:00Z",
    }

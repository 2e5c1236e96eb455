from __future__ import annotations

import json
from typing import Any

import pytest

from curate.sources.presets import LeftOut
from platform_rows import FULL_ANSWER, FULL_REQUEST, only_row, parts

ASKED = [{"role": "user", "content": "Which bus goes to the lake?"}]
SAID = {"role": "assistant", "content": "Line 12."}
GENERATION: dict[str, Any] = {
    "id": "o-1",
    "trace_id": "tr-9",
    "project_id": "p",
    "environment": "live",
    "type": "GENERATION",
    "parent_observation_id": "",
    "start_time": "2026-09-02 08:00:00.000000",
    "end_time": "2026-09-02 08:00:01.250000",
    "name": "answer",
    "level": "DEFAULT",
    "status_message": "",
    "input": json.dumps(ASKED),
    "output": json.dumps(SAID),
    "provided_model_name": "gpt-4o-mini",
    "usage_details": {"input": 14, "output": 3, "total": 17},
    "total_cost": 0.00002,
    "latency": 1.25,
    "tool_definitions": {"timetable": json.dumps({"description": "d", "parameters": {}})},
    "user_id": "rider-1",
    "session_id": "s-9",
    "metadata": {"region": "north", "user_email": "rider@example.org"},
}
ROW = {
    "project_id": "p",
    "environment": "live",
    "type": "GENERATION",
    "name": "answer",
    "metadata": {"region": "north"},
    "id": "o-1",
    "trace": "tr-9",
    "messages": json.dumps(ASKED),
    "response": json.dumps(SAID),
    "tools": [{"name": "timetable", "description": "d", "parameters": {}}],
    "session": "s-9",
    "user": "rider-1",
    "created_at": "2026-09-02 08:00:00.000000",
    "latency_ms": 1250.0,
    "model": "gpt-4o-mini",
    "input_tokens": 14,
    "output_tokens": 3,
    "cost_usd": 0.00002,
}
CORE = {  # what is there where no group of fields is chosen
    "id": "o-2",
    "trace_id": "tr-9",
    "project_id": "p",
    "type": "RETRIEVER",
    "parent_observation_id": "o-0",
    "start_time": "2026-09-02 08:00:00.000000",
    "end_time": None,
}
FAILED: dict[str, Any] = {
    "id": "o-3",
    "traceId": "tr-8",
    "projectId": "p",
    "type": "GENERATION",
    "startTime": "2026-09-02T08:00:00.000Z",
    "endTime": "2026-09-02T08:00:00.500Z",
    "level": "ERROR",
    "statusMessage": "context too long",
    "input": {"messages": ASKED},
    "output": "Line",
    "model": "gpt-4o",
    "inputTokens": "9",
    "totalCost": "0",
    "userId": "rider-2",
    "sessionId": "s-8",
}
EXPORTED: dict[str, Any] = {
    "id": "tr-7",
    "timestamp": "2026-09-02T09:00:00.000Z",
    "name": "bot",
    "projectId": "p",
    "sessionId": "s-7",
    "userId": "rider-3",
    "input": "Is line 12 late?",
    "output": "No.",
    "tags": ["web"],
    "bookmarked": False,
    "public": False,
    "totalCost": "0.00003",
    "latency": 0.5,
    "thumbs": ["1"],
    "tone_judge": ["0.4", "0.6"],
}
DETAILED: dict[str, Any] = {
    "id": "tr-6",
    "timestamp": "2026-09-02T09:00:00.000Z",
    "projectId": "p",
    "public": False,
    "sessionId": "s-6",
    "userId": "rider-4",
    "input": "Where to?",
    "output": "Home.",
    "observations": [
        {**FAILED, "id": "o-5", "level": "DEFAULT", "startTime": "2026-09-02T09:00:01.000Z"},
        {"id": "o-6", "traceId": "tr-6", "type": "TOOL", "startTime": "2026-09-02T09:00:02.000Z"},
        {**FAILED, "id": "o-7", "level": "DEFAULT", "startTime": "2026-09-02T09:00:03.000Z"},
    ],
    "scores": [
        {"name": "liked", "value": 1, "dataType": "BOOLEAN", "source": "API", "comment": "nice"},
        {
            "name": "tone",
            "value": 2,
            "stringValue": "kind",
            "dataType": "CATEGORICAL",
            "source": "ANNOTATION",
            "observationId": "o-5",
            "authorUserId": "staff-1",
        },
    ],
}
THUMB: dict[str, Any] = {
    "id": "sc-a",
    "timestamp": "2026-09-02 10:00:00.000000",
    "project_id": "p",
    "trace_id": "tr-9",
    "observation_id": "o-1",
    "session_id": None,
    "name": "was-it-right",
    "value": 0.0,
    "string_value": "False",
    "data_type": "BOOLEAN",
    "source": "API",
    "comment": None,
}
JUDGED = {**THUMB, "name": "accuracy", "value": 0.7, "data_type": "NUMERIC", "source": "EVAL"}
STARS = {**THUMB, "name": "stars", "value": 4, "data_type": "NUMERIC", "string_value": None}
CODED = {**STARS, "name": "length", "value": 120}
CATEGORY = {
    **{"id": "sc-b", "traceId": "tr-8", "observationId": None, "name": "topic", "value": 1},
    **{"stringValue": "transport", "dataType": "CATEGORICAL", "source": "ANNOTATION"},
    **{"authorUserId": "staff-1", "timestamp": "2026-09-02T10:00:00Z", "comment": "sure"},
}
CORRECTION = {**CATEGORY, "name": "output", "dataType": "CORRECTION", "stringValue": "Line 14."}
TYPED = {  # of the newer API
    **{"id": "sc-c", "name": "liked", "value": True, "dataType": "BOOLEAN", "source": "API"},
    "subject": {"kind": "observation", "id": "o-1", "traceId": "tr-9"},
}
OF_SESSION = {**THUMB, "trace_id": None, "observation_id": None, "session_id": "s-9"}
FULL = {**GENERATION, "input": FULL_REQUEST["messages"], "output": FULL_ANSWER}
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "langfuse": [
        *(GENERATION, CORE, FAILED, EXPORTED, DETAILED, THUMB, JUDGED, STARS, CODED),
        *(CATEGORY, CORRECTION, TYPED, OF_SESSION, FULL),
    ]
}


def test_a_generation_is_a_call() -> None:
    assert only_row("langfuse", GENERATION) == ROW


def test_a_generation_of_a_csv_file_is_the_same_call() -> None:
    texts = {k: json.dumps(v) if isinstance(v, dict) else str(v) for k, v in GENERATION.items()}
    row = only_row("langfuse", texts)
    assert row == {**ROW, "cost_usd": "2e-05"}


def test_other_observations_are_no_calls() -> None:
    assert parts("langfuse", CORE) == [LeftOut("RETRIEVER")]


def test_a_failed_generation_has_an_error_and_no_answer() -> None:
    assert only_row("langfuse", FAILED) == {
        "projectId": "p",
        "type": "GENERATION",
        "partial_output": "Line",
        "id": "o-3",
        "trace": "tr-8",
        "request": {"messages": ASKED},
        "session": "s-8",
        "user": "rider-2",
        "created_at": "2026-09-02T08:00:00.000Z",
        "latency_ms": 500.0,
        "model": "gpt-4o",
        "input_tokens": "9",
        "cost_usd": "0",
        "status": "error",
        "error": "context too long",
    }


def test_an_exported_trace_has_its_scores_in_columns() -> None:
    assert only_row("langfuse", EXPORTED) == {
        "name": "bot",
        "projectId": "p",
        "tags": ["web"],
        "bookmarked": False,
        "public": False,
        "id": "tr-7",
        "trace": "tr-7",
        "ratings": [
            {"kind": "rating", "name": "thumbs", "value": "1", "rater_type": "user"},
            {"kind": "rating", "name": "tone_judge", "value": "0.4", "rater_type": "llm"},
            {"kind": "rating", "name": "tone_judge", "value": "0.6", "rater_type": "llm"},
        ],
        "query": "Is line 12 late?",
        "response": "No.",
        "session": "s-7",
        "user": "rider-3",
        "created_at": "2026-09-02T09:00:00.000Z",
        "is_root": True,
        "latency_ms": 500.0,
        "cost_usd": "0.00003",
    }


def test_a_trace_with_its_observations_is_their_calls() -> None:
    first, tool, last = parts("langfuse", DETAILED)
    assert tool == LeftOut("TOOL")
    assert not isinstance(first, LeftOut) and not isinstance(last, LeftOut)
    assert (first["id"], first["session"], first["user"]) == ("o-5", "s-8", "rider-2")
    assert first["ratings"] == [
        {
            "kind": "label",
            "name": "tone",
            "value": "kind",
            "rater": "staff-1",
            "rater_type": "expert",
        }
    ]
    assert last["ratings"] == [
        {"kind": "rating", "name": "liked", "value": True, "rater_type": "user", "comment": "nice"}
    ]


def test_a_thumb_is_a_users_rating() -> None:
    assert only_row("langfuse", THUMB) == {
        **{key: value for key, value in THUMB.items() if key != "comment"},
        "data_type": "BOOLEAN",
        "key": "o-1",
        "trace": "tr-9",
        "name": "was-it-right",
        "rating": False,
        "rater_type": "user",
        "created_at": "2026-09-02 10:00:00.000000",
    }


@pytest.mark.parametrize(
    ("score", "rater", "rating"),
    [
        (JUDGED, "llm", 0.7),
        (STARS, "user", 4),
        (CODED, "unknown", 120),
        (TYPED, "user", True),
        ({**THUMB, "name": "llm-judge"}, "llm", False),
        ({**STARS, "source": "ANNOTATION"}, "user", 4),
        ({**CODED, "source": "ANNOTATION"}, "expert", 120),
    ],
)
def test_who_rated_follows_from_source_and_name(
    score: dict[str, Any], rater: str, rating: Any
) -> None:
    row = only_row("langfuse", score)
    assert (row["rater_type"], row["rating"], row["key"]) == (rater, rating, "o-1")


def test_categories_and_corrections_are_no_ratings() -> None:
    label, correction = only_row("langfuse", CATEGORY), only_row("langfuse", CORRECTION)
    assert label == {
        **CATEGORY,
        "data_type": "CATEGORICAL",
        "trace": "tr-8",
        "name": "topic",
        "label": "transport",
        "comment": "sure",
        "rater": "staff-1",
        "rater_type": "expert",
        "created_at": "2026-09-02T10:00:00Z",
    }
    assert correction["correction"] == "Line 14."
    assert not {"rating", "label"} & set(correction)


def test_a_score_of_a_session_belongs_to_no_call() -> None:
    assert parts("langfuse", OF_SESSION) == [LeftOut("score of a session")]

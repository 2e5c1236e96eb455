from __future__ import annotations

from typing import Any

import pytest

from curate.sources.presets import LeftOut, named
from platform_rows import FULL_REQUEST, FULL_RESPONSE, only_row, parts

THUMB = "helicone-score-feedback"
ASKED = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Is parking free?"}]}
SAID = {"object": "chat.completion", "choices": [{"message": {"content": "After six."}}]}
REQUEST: dict[str, Any] = {
    "request_id": "h-1",
    "request_created_at": "2026-09-13T10:00:00+00:00",
    "response_created_at": "2026-09-13T10:00:01+00:00",
    "request_body": ASKED,
    "response_body": SAID,
    "response_status": 200,
    "request_user_id": "driver-1",
    "request_properties": {"helicone-session-id": "hs-1", "Zone": "B"},
    "request_path": "https://api.openai.com/v1/chat/completions",
    "feedback_rating": False,
    "feedback_id": "f-1",
    "scores": {"helpfulness": {"value": 80, "valueType": "integer"}},
    "delay_ms": 950,
    "prompt_tokens": 5,
    "completion_tokens": 3,
    "costUSD": 0.0002,
    "request_model": "gpt-4o",
    "response_model": "gpt-4o-2024",
    "signed_body_url": "https://s3/secret",
    "llmSchema": {"request": ASKED},
}
CANCELLED = {
    **{"request_id": "h-2", "request_created_at": "2026-09-13T10:05:00+00:00"},
    **{"request_body": ASKED, "response_body": None, "response_status": -3, "delay_ms": None},
}
EMBEDDED = {**REQUEST, "request_path": "https://api.openai.com/v1/embeddings?x=1"}
FULL = {**REQUEST, "request_body": FULL_REQUEST, "response_body": FULL_RESPONSE}
EXAMPLES: dict[str, list[dict[str, Any]]] = {"helicone": [REQUEST, CANCELLED, EMBEDDED, FULL]}


def test_a_request_is_a_call() -> None:
    assert only_row("helicone", REQUEST) == {
        "response_created_at": "2026-09-13T10:00:01+00:00",
        "request_path": "https://api.openai.com/v1/chat/completions",
        "properties": {"Zone": "B"},
        "id": "h-1",
        "request": ASKED,
        "response": SAID,
        "session": "hs-1",
        "user": "driver-1",
        "ratings": [
            {
                **{"kind": "rating", "name": "feedback", "value": False},
                **{"rater_type": "user", "scale": "thumbs"},
            },
            {"kind": "rating", "name": "helpfulness", "value": 80, "rater_type": "code"},
        ],
        "created_at": "2026-09-13T10:00:00+00:00",
        "latency_ms": 950,
        "model": "gpt-4o-2024",
        "input_tokens": 5,
        "output_tokens": 3,
        "cost_usd": 0.0002,
        "status": 200,
    }
    assert named("helicone")[0].scale is None  # of the thumb only, not of the scores


@pytest.mark.parametrize(
    ("given", "scores", "expected"),
    [
        (True, {THUMB: {"value": 0}}, [("feedback", True, "thumbs")]),
        (None, {THUMB: {"value": 0}}, [("feedback", False, "thumbs")]),
        (None, {"accuracy": {"value": 1}}, [("accuracy", 1, None)]),
        (False, {"accuracy": 80}, [("feedback", False, "thumbs"), ("accuracy", 80, None)]),
    ],
)
def test_the_thumb_is_a_rating_beside_scores(
    given: object, scores: dict[str, Any], expected: list[tuple[object, ...]]
) -> None:
    row = only_row("helicone", {**REQUEST, "feedback_rating": given, "scores": scores})
    assert [(r["name"], r["value"], r.get("scale")) for r in row["ratings"]] == expected
    raters = {r["name"]: r["rater_type"] for r in row["ratings"]}
    assert raters == {n: "user" if n == "feedback" else "code" for n, *_ in expected}


def test_a_cost_has_several_names() -> None:
    for name in ("cost", "cost_usd", "costUSD"):
        row = only_row("helicone", {**CANCELLED, "response_path": "/", name: 0.1})
        assert (row["cost_usd"], "cost" in row) == (0.1, False)


def test_a_failure_has_an_error_and_no_answer() -> None:
    assert only_row("helicone", CANCELLED) == {
        "id": "h-2",
        "request": ASKED,
        "created_at": "2026-09-13T10:05:00+00:00",
        "status": -3,
        "error": "status -3",
    }


def test_an_error_body_is_no_answer() -> None:
    refused = {**REQUEST, "response_body": {"error": {"message": "busy"}}, "response_status": "503"}
    row = only_row("helicone", refused)
    assert (row["status"], row["error"], "response" in row) == ("503", "busy", False)


def test_embeddings_are_no_calls() -> None:
    assert parts("helicone", EMBEDDED) == [LeftOut("embeddings")]

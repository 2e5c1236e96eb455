from __future__ import annotations

import json
from typing import Any

from curate.sources.presets import LeftOut
from platform_rows import only_row, parts

ASKED = {"contents": [{"role": "user", "parts": [{"text": "Do tulips like shade?"}]}]}
SAID = {"candidates": [{"content": {"role": "model", "parts": [{"text": "No, sun."}]}}]}
LOGGED: dict[str, Any] = {
    "endpoint": "projects/p/locations/l/publishers/google/models/gemini-2.5-flash",
    "deployed_model_id": "",
    "logging_time": "2026-09-11T07:00:02Z",
    "request_id": 4711,
    "request_payload": [json.dumps(ASKED)],
    "response_payload": [json.dumps(SAID)],
    "model": "publishers/google/models/gemini-2.5-flash",
    "model_version": "001",
    "api_method": "generateContent",
    "full_request": ASKED,
    "full_response": SAID,
    "metadata": {"request_latency": 812.5},
    "otel_log": None,
}
PAYLOADS = {
    "deployed_model_id": "9",
    "logging_time": "2026-09-11 07:00:02 UTC",
    "request_id": "4712",
    "request_payload": [json.dumps(ASKED)],
    "response_payload": [json.dumps(SAID)],
}
FAILED = {**LOGGED, "full_response": {"error": {"code": 429, "message": "Quota exceeded"}}}
EMBEDDED = {**LOGGED, "api_method": "embedContent"}
PREDICTED = {
    "key": "line-1",
    "request": ASKED,
    "response": SAID,
    "status": "",
    "processed_time": "2026-09-11T09:00:00Z",
}
REFUSED = {"request": ASKED, "response": {}, "status": "Bad Request: no role"}
FULL = {
    **LOGGED,
    "full_request": {
        **{**ASKED, "systemInstruction": {"parts": [{"text": "Be brief."}]}},
        "tools": [{"functionDeclarations": [{"name": "plants"}]}],
    },
    "full_response": {
        "candidates": [
            {
                "content": {
                    "role": "model",
                    "parts": [{"text": "Tulips want light.", "thought": True}, {"text": "No."}],
                },
                "finishReason": "STOP",
            }
        ],
        "usageMetadata": {"promptTokenCount": 6, "candidatesTokenCount": 3},
    },
}
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "vertex": [LOGGED, PAYLOADS, FAILED, EMBEDDED, PREDICTED, REFUSED, FULL]
}


def test_a_logged_row_is_a_call() -> None:
    assert only_row("vertex", LOGGED) == {
        "endpoint": "projects/p/locations/l/publishers/google/models/gemini-2.5-flash",
        "model_version": "001",
        "api_method": "generateContent",
        "metadata": {"request_latency": 812.5},
        "id": 4711,
        "request": ASKED,
        "response": SAID,
        "created_at": "2026-09-11T07:00:02Z",
        "model": "gemini-2.5-flash",
        "latency_ms": 812.5,
    }


def test_payloads_are_read_where_nothing_else_is() -> None:
    assert only_row("vertex", PAYLOADS) == {
        "deployed_model_id": "9",
        "id": "4712",
        "request": ASKED,
        "response": SAID,
        "created_at": "2026-09-11 07:00:02 UTC",
    }


def test_a_failure_has_an_error_and_no_answer() -> None:
    row = only_row("vertex", FAILED)
    assert (row["status"], row["error"], "response" in row) == ("error", "Quota exceeded", False)


def test_embeddings_are_no_calls() -> None:
    assert parts("vertex", EMBEDDED) == [LeftOut("embedContent")]


def test_a_line_of_batch_predictions_is_a_call() -> None:
    assert only_row("vertex", PREDICTED) == {
        "id": "line-1",
        "request": ASKED,
        "response": SAID,
        "created_at": "2026-09-11T09:00:00Z",
    }
    assert only_row("vertex", REFUSED) == {
        "request": ASKED,
        "status": "error",
        "error": "Bad Request: no role",
    }

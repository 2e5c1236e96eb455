from __future__ import annotations

import json
from typing import Any

from curate.sources.presets import LeftOut
from platform_rows import FULL_REQUEST, FULL_RESPONSE, only_row, parts

ASKED = {"messages": [{"role": "user", "content": "Do you fix clocks?"}], "model": "gpt-4o"}
SAID = {"choices": [{"message": {"role": "assistant", "content": "Yes."}}]}


def span(number: int, kind: str, **attributes: Any) -> dict[str, Any]:
    """Returns a span, whose attributes MLflow keeps as JSON texts."""
    said = {"mlflow.spanType": kind, **attributes}
    return {
        "name": kind.lower(),
        "trace_id": "b3RoZXI=",
        "span_id": f"sp-{number}",
        "parent_span_id": "sp-0",
        "start_time_unix_nano": 1789000000000000000 + number,
        "end_time_unix_nano": 1789000000500000000 + number,
        "status": {"code": "STATUS_CODE_OK", "message": ""},
        "attributes": {key: json.dumps(value) for key, value in said.items()},
    }


CHAT = span(
    1,
    "CHAT_MODEL",
    **{
        "mlflow.spanInputs": ASKED,
        "mlflow.spanOutputs": SAID,
        "mlflow.chat.tokenUsage": {"input_tokens": 6, "output_tokens": 1},
    },
)
SECOND = span(2, "LLM", **{"mlflow.spanInputs": "And watches?", "mlflow.spanOutputs": "No."})
THUMB = {
    "assessment_name": "thumbs_up",
    "source": {"source_type": "HUMAN", "source_id": "owner@example.org"},
    "feedback": {"value": True},
    "rationale": "quick",
    "create_time": "2026-09-12T08:00:00Z",
}
JUDGED = {
    "name": "relevance",
    "source": {"source_type": "LLM_JUDGE", "source_id": "gpt-4o"},
    "feedback": {"value": "yes"},
    "span_id": "sp-1",
}
EXPECTED = {
    "assessment_name": "expected_response",
    "source": {"source_type": "HUMAN"},
    "expectation": {"value": "No, only watches."},
}
REPLACED = {**THUMB, "valid": False}
TRACE: dict[str, Any] = {
    "info": {
        "trace_id": "tr-1",
        "state": "OK",
        "request_time": "2026-09-12T07:00:00Z",
        "execution_duration": "1.5s",
        "request_preview": "Do you",
        "trace_metadata": {
            "mlflow.trace.session": "chat-1",
            "mlflow.trace.user": "owner-1",
            "mlflow.source.name": "app.py",
        },
        "tags": {"mlflow.traceName": "help"},
        "assessments": [THUMB, JUDGED, EXPECTED, REPLACED],
    },
    "data": {"spans": [span(0, "CHAIN"), CHAT, SECOND]},
}
OLD: dict[str, Any] = {
    "request_id": "tr-2",
    "timestamp_ms": 1789000000000,
    "execution_time_ms": 700,
    "status": "OK",
    "request": json.dumps({"question": "Do you fix clocks?"}),
    "response": json.dumps({"answer": "Yes."}),
    "request_metadata": {"mlflow.trace.session": "chat-2"},
    "spans": [span(0, "CHAIN")],
    "tags": [{"key": "env", "value": "live"}],
}
FAILED = {**OLD, "status": "TraceStatus.ERROR", "response": None, "spans": None}
SCORER = {**OLD, "tags": {"mlflow.sourceScorer": "relevance"}}
FRAME = {
    "trace_id": "tr-1",
    "trace": json.dumps(TRACE),
    "request": json.dumps(ASKED),
    "response": json.dumps(SAID),
    "state": "OK",
    "execution_duration": 1500,
    "assessments": [],
}
CLAUDE = {
    **FRAME,
    "trace": None,
    "trace_metadata": {},
    "request": {"messages": [], "max_tokens": 9},
    "response": {"type": "message", "role": "assistant", "content": []},
}
FULL = {
    **TRACE,
    "data": {
        "spans": [
            span(
                3,
                "CHAT_MODEL",
                **{"mlflow.spanInputs": FULL_REQUEST, "mlflow.spanOutputs": FULL_RESPONSE},
            )
        ]
    },
}
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "mlflow": [
        TRACE,
        OLD,
        FAILED,
        SCORER,
        FRAME,
        CLAUDE,
        FULL,
    ]
}


def test_the_spans_of_models_are_calls_of_the_trace() -> None:
    chain, first, last = parts("mlflow", TRACE)
    assert chain == LeftOut("CHAIN")
    assert first == {
        "name": "chat_model",
        "attributes": {
            "mlflow.spanType": '"CHAT_MODEL"',
            "mlflow.chat.tokenUsage": {"input_tokens": 6, "output_tokens": 1},
        },
        "metadata": {"mlflow.source.name": "app.py", "mlflow.traceName": "help"},
        "id": "tr-1/sp-1",
        "trace": "tr-1",
        "request": json.dumps(ASKED),
        "response": SAID,
        "ratings": [{"kind": "rating", "name": "relevance", "value": "yes", "rater_type": "llm"}],
        "created_at": 1789000000000000001,
        "session": "chat-1",
        "user": "owner-1",
        "model": "gpt-4o",
        "input_tokens": 6,
        "output_tokens": 1,
        "latency_ms": 500.0,
    }
    assert not isinstance(last, LeftOut)
    assert (last["query"], last["response"]) == ("And watches?", "No.")


def test_what_is_said_of_a_trace_is_said_of_its_last_call() -> None:
    last = parts("mlflow", TRACE)[-1]
    assert not isinstance(last, LeftOut)
    assert last["ratings"] == [
        {
            "kind": "rating",
            "name": "thumbs_up",
            "value": True,
            "rater_type": "user",
            "rater": "owner@example.org",
            "comment": "quick",
            "created_at": "2026-09-12T08:00:00Z",
        },
        {
            "kind": "correction",
            "name": "expected_response",
            "value": "No, only watches.",
            "rater_type": "expert",
        },
    ]


def test_a_trace_without_a_span_of_a_model_is_one_call() -> None:
    assert only_row("mlflow", OLD) == {
        "metadata": {"env": "live"},
        "id": "tr-2",
        "trace": "tr-2",
        "request": OLD["request"],
        "response": OLD["response"],
        "session": "chat-2",
        "created_at": 1789000000000,
        "latency_ms": 700.0,
    }


def test_a_failed_trace_has_an_error_and_no_answer() -> None:
    row = only_row("mlflow", FAILED)
    assert (row["status"], row["error"], "response" in row) == ("error", "error", False)


def test_a_row_with_the_whole_trace_is_read_from_it() -> None:
    ids = [part if isinstance(part, LeftOut) else part["id"] for part in parts("mlflow", FRAME)]
    assert ids == [LeftOut("CHAIN"), "tr-1/sp-1", "tr-1/sp-2"]


def test_traces_of_scorers_are_no_calls() -> None:
    assert parts("mlflow", SCORER) == [LeftOut("trace of a scorer")]

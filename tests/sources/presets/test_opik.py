from __future__ import annotations

from typing import Any

from curate.sources.presets import LeftOut
from platform_rows import only_row, parts

SPAN: dict[str, Any] = {
    "id": "sp-1",
    "trace_id": "tr-1",
    "parent_span_id": None,
    "project_id": "p",
    "type": "llm",
    "start_time": "2026-06-13T10:00:00.000Z",
    "input": {"messages": [{"role": "user", "content": "Is it open?"}]},
    "output": {"choices": [{"message": {"role": "assistant", "content": "No."}}]},
    "model": "gpt-4o",
    "usage": {"prompt_tokens": 5, "completion_tokens": 2},
}
TRACE: dict[str, Any] = {
    "id": "tr-1",
    "project_id": "p",
    "start_time": "2026-06-13T10:00:00.000Z",
    "end_time": "2026-06-13T10:00:02.000Z",
    "input": {"input": "Is it open?"},
    "output": {"output": "No."},
    "thread_id": "th-1",
    "created_by": "ann@shop.example",
    "metadata": {"user_id": "buyer-1", "shop": "north"},
    "feedback_scores": [
        {"name": "relevance", "value": 0.9, "source": "online_scoring"},
        {"name": "helpful", "value": 4, "source": "ui", "created_by": "ann@shop.example"},
    ],
}
FAILED = {**SPAN, "output": None, "error_info": {"exception_type": "Timeout", "message": "slow"}}
TOOL = {**SPAN, "type": "tool"}
EXAMPLES: dict[str, list[dict[str, Any]]] = {"opik": [SPAN, TRACE, FAILED, TOOL]}


def test_a_span_of_a_model_is_a_call() -> None:
    row = only_row("opik", SPAN)
    assert (row["id"], row["trace"], row["model"]) == ("sp-1", "tr-1", "gpt-4o")
    assert (row["request"], row["response"]) == (SPAN["input"], SPAN["output"])
    assert (row["input_tokens"], row["output_tokens"], "is_root" in row) == (5, 2, False)


def test_a_trace_is_a_root_with_its_scores() -> None:
    row = only_row("opik", TRACE)
    assert (row["is_root"], row["trace"], row["session"]) == (True, "tr-1", "th-1")
    assert (row["user"], row["latency_ms"], row["metadata"]) == ("buyer-1", 2000, {"shop": "north"})
    raters = {piece["name"]: (piece["value"], piece["rater_type"]) for piece in row["ratings"]}
    assert raters == {"relevance": (0.9, "llm"), "helpful": (4, "expert")}
    assert "created_by" not in row


def test_a_failure_has_an_error_and_no_answer() -> None:
    row = only_row("opik", FAILED)
    assert (row["status"], row["error"], "response" in row) == ("error", "slow", False)


def test_other_spans_are_no_calls() -> None:
    assert parts("opik", TOOL) == [LeftOut("tool span")]

from __future__ import annotations

from typing import Any

from curate.sources.presets import LeftOut
from platform_rows import FULL_REQUEST, FULL_RESPONSE, only_row, parts

ASKED = [{"role": "user", "content": "Can I return shoes?"}]
SPAN: dict[str, Any] = {
    "id": "row-1",
    "span_id": "sp-1",
    "root_span_id": "sp-0",
    "span_parents": ["sp-0"],
    "_xact_id": "1",
    "created": "2026-09-14T10:00:00.000Z",
    "project_id": "p",
    "span_attributes": {"name": "Chat Completion", "type": "llm"},
    "input": ASKED,
    "output": [{"index": 0, "message": {"role": "assistant", "content": "Within 30 days."}}],
    "expected": "Within 14 days.",
    "error": None,
    "scores": {"user_rating": 1, "Factuality": 0.6, "empty": None},
    "metadata": {"model": "gpt-4o", "session_id": "s-1", "user_id": "buyer-1", "shop": "north"},
    "metrics": {"start": 1789380000.0, "end": 1789380001.5, "prompt_tokens": 6},
}
LOGGED = {
    **{"id": "row-2", "span_id": "sp-2", "root_span_id": "sp-2", "is_root": True},
    **{"span_attributes": {"type": "task"}, "input": "Can I?", "output": "Yes."},
    "expected": {"answer": "No."},
}
FAILED = {**SPAN, "output": None, "error": "Error: 429"}
TOOL = {**SPAN, "span_attributes": {"name": "lookup", "type": "tool"}}
INNER = {**SPAN, "span_attributes": {"name": "step", "type": "task"}}
SCORER = {**SPAN, "span_attributes": {"type": "llm", "purpose": "scorer"}}
PAGE = {"events": [SPAN, TOOL], "cursor": "x"}
FULL = {**SPAN, "input": FULL_REQUEST["messages"], "output": FULL_RESPONSE["choices"]}
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "braintrust": [SPAN, LOGGED, FAILED, TOOL, INNER, SCORER, PAGE, FULL]
}


def test_a_span_of_a_model_is_a_call() -> None:
    assert only_row("braintrust", SPAN) == {
        "span_id": "sp-1",
        "span_parents": ["sp-0"],
        "_xact_id": "1",
        "project_id": "p",
        "name": "Chat Completion",
        "metadata": {"shop": "north"},
        "id": "row-1",
        "trace": "sp-0",
        "messages": ASKED,
        "response": {"choices": SPAN["output"]},
        "ratings": [
            {
                "kind": "rating",
                "name": "user_rating",
                "value": 1,
                "rater_type": "user",
                "scale": "0-1",
            },
            {
                "kind": "rating",
                "name": "Factuality",
                "value": 0.6,
                "rater_type": "llm",
                "scale": "0-1",
            },
            {
                "kind": "correction",
                "value": "Within 14 days.",
                "name": "expected",
                "rater_type": "expert",
            },
        ],
        "session": "s-1",
        "user": "buyer-1",
        "created_at": "2026-09-14T10:00:00.000Z",
        "latency_ms": 1500.0,
        "model": "gpt-4o",
        "input_tokens": 6,
    }


def test_what_the_program_logged_at_the_root_is_a_call() -> None:
    assert only_row("braintrust", LOGGED) == {
        "span_id": "sp-2",
        "is_root": True,
        "expected": {"answer": "No."},
        "id": "row-2",
        "trace": "sp-2",
        "query": "Can I?",
        "response": "Yes.",
    }


def test_a_failure_has_an_error_and_no_answer() -> None:
    row = only_row("braintrust", FAILED)
    assert (row["status"], row["error"], "response" in row) == ("error", "Error: 429", False)


def test_other_spans_are_no_calls() -> None:
    assert parts("braintrust", TOOL) == [LeftOut("tool")]
    assert parts("braintrust", INNER) == [LeftOut("task")]
    assert parts("braintrust", SCORER) == [LeftOut("score")]


def test_a_page_holds_several() -> None:
    assert parts("braintrust", PAGE) == [only_row("braintrust", SPAN), LeftOut("tool")]


def test_a_root_is_marked_and_the_span_of_a_model_is_not() -> None:
    root, call = parts("braintrust", {"events": [LOGGED, {**SPAN, "is_root": True}]})
    assert isinstance(root, dict) and root["is_root"] is True
    assert isinstance(call, dict) and "is_root" not in call

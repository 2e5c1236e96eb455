from __future__ import annotations

from typing import Any

import pytest

from curate.sources.presets import LeftOut
from platform_rows import FULL_REQUEST, FULL_RESPONSE, only_row, parts

ASKED = [{"role": "user", "content": "May I bring a dog?"}]
SAID = {"id": "c-1", "object": "chat.completion", "choices": [{"message": {"content": "Yes."}}]}
SPENT: dict[str, Any] = {
    "request_id": "c-1",
    "call_type": "acompletion",
    "api_key": "hash-1",
    "spend": 0.0003,
    "prompt_tokens": 5,
    "completion_tokens": 2,
    "startTime": "2026-09-06T06:00:00.000Z",
    "endTime": "2026-09-06T06:00:00.750Z",
    "model": "gpt-4o-mini",
    "user": "team-lead",
    "end_user": "visitor-1",
    "requester_ip_address": "10.0.0.7",
    "metadata": {"user_api_key_user_id": "team-lead", "user_api_key_team_id": "t-1"},
    "messages": ASKED,
    "response": SAID,
    "session_id": "s-1",
    "status": "success",
    "proxy_server_request": {"tools": [{"type": "function", "function": {"name": "rules"}}]},
}
HIDDEN = {
    **SPENT,
    "messages": "{}",
    "proxy_server_request": {"url": "http://x", "body": {"messages": ASKED, "model": "m"}},
}
FAILED = {
    **{**SPENT, "response": "{}", "status": "failure"},
    "metadata": {"error_information": {"error_message": "budget exceeded", "error_code": "400"}},
}
EMBEDDING = {**SPENT, "call_type": "aembedding"}
PAYLOAD: dict[str, Any] = {
    "id": "c-2",
    "trace_id": "tr-2",
    "call_type": "responses",
    "status": "failure",
    "response_cost": 0.0,
    "startTime": 1757138400.5,
    "endTime": 1757138401.0,
    "model": "gpt-4.1",
    "end_user": "visitor-2",
    "messages": "May I bring a cat?",
    "response": "",
    "error_str": "litellm.Timeout: slow",
    "model_parameters": {"temperature": 0, "user": "visitor-2"},
    "hidden_params": {"api_base": "x"},
}
OLD = {k: SPENT[k] for k in ("request_id", "call_type", "spend", "startTime", "endTime", "user")}
FULL = {**SPENT, "messages": FULL_REQUEST["messages"], "response": FULL_RESPONSE}
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "litellm": [SPENT, HIDDEN, FAILED, EMBEDDING, PAYLOAD, OLD, FULL]
}


def test_a_row_of_spend_logs_is_a_call() -> None:
    assert only_row("litellm", SPENT) == {
        "call_type": "acompletion",
        "metadata": {"user_api_key_team_id": "t-1"},
        "id": "c-1",
        "messages": ASKED,
        "tools": [{"type": "function", "function": {"name": "rules"}}],
        "response": SAID,
        "session": "s-1",
        "user": "visitor-1",
        "created_at": "2026-09-06T06:00:00.000Z",
        "latency_ms": 750.0,
        "model": "gpt-4o-mini",
        "input_tokens": 5,
        "output_tokens": 2,
        "cost_usd": 0.0003,
        "status": "success",
    }


def test_the_question_is_in_the_request_where_messages_are_empty() -> None:
    row = only_row("litellm", HIDDEN)
    assert row["request"] == {"messages": ASKED, "model": "m"}
    assert "messages" not in row


def test_a_failure_has_an_error_and_no_answer() -> None:
    row = only_row("litellm", FAILED)
    assert (row["status"], row["error"]) == ("failure", "budget exceeded")
    assert "response" not in row


def test_a_payload_is_a_call() -> None:
    assert only_row("litellm", PAYLOAD) == {
        "call_type": "responses",
        "model_parameters": {"temperature": 0},
        "id": "c-2",
        "query": "May I bring a cat?",
        "trace": "tr-2",
        "user": "visitor-2",
        "created_at": 1757138400.5,
        "latency_ms": 500.0,
        "model": "gpt-4.1",
        "cost_usd": 0.0,
        "status": "failure",
        "error": "litellm.Timeout: slow",
    }


def test_a_row_without_texts_is_no_call() -> None:
    hidden = "call without its content, which store_prompts_in_spend_logs turns on"
    assert parts("litellm", OLD) == [LeftOut(hidden)]


@pytest.mark.parametrize("kind", ["aembedding", "moderation", "image_generation", "arerank"])
def test_other_calls_are_left_out(kind: str) -> None:
    assert parts("litellm", {**SPENT, "call_type": kind}) == [LeftOut(kind)]


@pytest.mark.parametrize("kind", ["", "completion", "anthropic_messages", "/chat/completions"])
def test_these_are_calls(kind: str) -> None:
    assert only_row("litellm", {**SPENT, "call_type": kind})["id"] == "c-1"

from __future__ import annotations

from typing import Any

from curate.sources.presets import LeftOut
from platform_rows import only_row, parts

CHAT: dict[str, Any] = {
    "trace_id": "t-1",
    "span_id": "s-1",
    "name": "openai.chat",
    "start_time": "2026-09-10T06:00:00Z",
    "end_time": "2026-09-10T06:00:00.250Z",
    "attributes": {
        "llm.request.type": "chat",
        "traceloop.workflow.name": "help",
        "traceloop.association.properties.session_id": "s-a",
        "traceloop.association.properties.user_id": "cook-1",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": "How long do eggs boil?",
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": "Six minutes.",
        "gen_ai.completion.0.finish_reason": "stop",
        "gen_ai.completion.1.content": "Seven.",
        "llm.request.functions.0.name": "timer",
        "llm.request.functions.0.parameters": '{"type":"object"}',
        "gen_ai.usage.prompt_tokens": 7,
        "gen_ai.usage.completion_tokens": 3,
        "llm.usage.total_tokens": 10,
    },
}
WORKFLOW = {
    **{"trace_id": "t-1", "span_id": "s-0"},
    "attributes": {
        "traceloop.span.kind": "workflow",
        "traceloop.entity.input": '{"args": ["How long?"]}',
    },
}
EMBEDDING = {
    **{"trace_id": "t-1", "span_id": "s-2"},
    "attributes": {"llm.request.type": "embedding", "gen_ai.prompt.0.content": "eggs"},
}
FAILED = {
    **{"trace_id": "t-1", "span_id": "s-3", "status": {"code": "ERROR"}},
    "attributes": {
        "llm.request.type": "chat",
        "gen_ai.prompt.0.content": "How long?",
        "gen_ai.prompt.0.role": "user",
    },
    "events": [{"name": "exception", "attributes": {"exception.message": "timed out"}}],
}
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "traceloop": [CHAT, WORKFLOW, EMBEDDING, FAILED],
}


def test_a_span_of_a_model_is_a_call() -> None:
    first = {"role": "assistant", "content": "Six minutes."}
    second = {"role": "assistant", "content": "Seven."}
    assert only_row("traceloop", CHAT) == {
        "name": "openai.chat",
        "attributes": {
            "llm.request.type": "chat",
            "traceloop.workflow.name": "help",
            "llm.usage.total_tokens": 10,
        },
        "id": "s-1",
        "trace": "t-1",
        "messages": [{"role": "user", "content": "How long do eggs boil?"}],
        "response": {
            "choices": [
                {"index": 0, "message": first, "finish_reason": "stop"},
                {"index": 1, "message": second, "finish_reason": None},
            ]
        },
        "tools": [
            {"type": "function", "function": {"name": "timer", "parameters": {"type": "object"}}}
        ],
        "created_at": "2026-09-10T06:00:00Z",
        "session": "s-a",
        "user": "cook-1",
        "model": "gpt-4o",
        "input_tokens": 7,
        "output_tokens": 3,
        "latency_ms": 250.0,
    }


def test_workflows_and_embeddings_are_no_calls() -> None:
    assert parts("traceloop", WORKFLOW) == [LeftOut("workflow")]
    assert parts("traceloop", EMBEDDING) == [LeftOut("embedding")]


def test_a_failure_has_an_error_and_no_answer() -> None:
    row = only_row("traceloop", FAILED)
    assert (row["status"], row["error"], "response" in row) == ("error", "timed out", False)

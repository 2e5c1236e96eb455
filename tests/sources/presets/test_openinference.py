from __future__ import annotations

import json
from typing import Any

from curate.sources.presets import LeftOut
from platform_rows import only_row, parts

SCHEMA = {"type": "function", "function": {"name": "weather"}}
REST: dict[str, Any] = {
    "name": "ChatCompletion",
    "context": {"trace_id": "t-1", "span_id": "s-1"},
    "span_kind": "LLM",
    "parent_id": "s-0",
    "start_time": "2026-09-09T07:00:00+00:00",
    "end_time": "2026-09-09T07:00:00.400000+00:00",
    "status_code": "OK",
    "status_message": "",
    "attributes": {
        "openinference.span.kind": "LLM",
        "llm.model_name": "gpt-4o",
        "llm.invocation_parameters": '{"temperature": 0}',
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.contents.0.message_content.type": "text",
        "llm.input_messages.0.message.contents.0.message_content.text": "Rain today?",
        "llm.input_messages.1.message.role": "tool",
        "llm.input_messages.1.message.tool_call_id": "c-0",
        "llm.input_messages.1.message.content": "dry",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c-1",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "weather",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"d":1}',
        "llm.tools.0.tool.json_schema": json.dumps(SCHEMA),
        "llm.token_count.prompt": 8,
        "llm.token_count.completion": 3,
        "llm.cost.total": 0.001,
        "input.value": "{}",
        "input.mime_type": "application/json",
        "session.id": "s-a",
        "user.id": "walker-1",
        "annotations.0.annotation.name": "tone",
        "annotations.0.annotation.annotator_kind": "HUMAN",
        "annotations.0.annotation.score": 1,
    },
    "events": [],
}
FRAME: dict[str, Any] = {
    "name": "llm",
    "span_kind": "LLM",
    "parent_id": None,
    "start_time": "2026-09-09T07:00:00+00:00",
    "end_time": None,
    "status_code": "ERROR",
    "status_message": "quota",
    "context.span_id": "s-2",
    "context.trace_id": "t-2",
    "attributes.llm.input_messages": [{"message.role": "user", "message.content": "Rain?"}],
    "attributes.llm.output_messages": None,
    "attributes.openinference.span.kind": "LLM",
    "attributes.metadata": {"user_id": "walker-1", "zone": 4},
    "attributes.retrieval.documents": None,
}
NESTED = {
    **{"context.span_id": "s-3", "context.trace_id": "t-3", "span_kind": "LLM"},
    "attributes": {
        "llm": {
            "input_messages": [{"message": {"role": "user", "content": "Rain?"}}],
            "output_messages": [{"message": {"role": "assistant", "content": "No."}}],
        }
    },
}
CHAIN = {**FRAME, "span_kind": "CHAIN", "attributes.openinference.span.kind": "CHAIN"}
VALUES = {
    "trace_id": "t-4",
    "span_id": "s-4",
    "attributes": {
        "openinference.span.kind": "LLM",
        "input.value": "Rain?",
        "output.value": "No.",
    },
}
ANNOTATION: dict[str, Any] = {
    "id": "an-1",
    "span_id": "s-1",
    "name": "correctness",
    "annotator_kind": "HUMAN",
    "result": {"label": "right", "score": 1.0, "explanation": "checked"},
    "source": "APP",
    "user_id": "staff-1",
    "created_at": "2026-09-09T08:00:00Z",
}
JUDGED = {
    **{"span_id": "s-1", "annotation_name": "relevance", "annotator_kind": "LLM"},
    **{"result.label": "off", "result.score": None, "result.explanation": "drifts"},
}
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "openinference": [
        *(REST, FRAME, NESTED, CHAIN, VALUES),
        *(ANNOTATION, JUDGED),
    ]
}


def test_flattened_messages_are_messages() -> None:
    call = {
        "id": "c-1",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"d":1}'},
    }
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    assert only_row("openinference", REST) == {
        "name": "ChatCompletion",
        "span_kind": "LLM",
        "attributes": {
            "openinference.span.kind": "LLM",
            "llm.invocation_parameters": {"temperature": 0},
            "input.mime_type": "application/json",
        },
        "id": "s-1",
        "trace": "t-1",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Rain today?"}]},
            {"role": "tool", "content": "dry", "tool_call_id": "c-0"},
        ],
        "response": {"choices": [{"index": 0, "message": message, "finish_reason": None}]},
        "tools": [SCHEMA],
        "ratings": [{"kind": "rating", "name": "tone", "value": 1, "rater_type": "expert"}],
        "created_at": "2026-09-09T07:00:00+00:00",
        "session": "s-a",
        "user": "walker-1",
        "model": "gpt-4o",
        "input_tokens": 8,
        "output_tokens": 3,
        "cost_usd": 0.001,
        "latency_ms": 400.0,
    }


def test_a_row_of_a_data_frame_that_failed() -> None:
    assert only_row("openinference", FRAME) == {
        "name": "llm",
        "span_kind": "LLM",
        "attributes": {"openinference.span.kind": "LLM", "metadata": {"zone": 4}},
        "id": "s-2",
        "trace": "t-2",
        "messages": [{"role": "user", "content": "Rain?"}],
        "created_at": "2026-09-09T07:00:00+00:00",
        "status": "error",
        "error": "quota",
    }


def test_nested_messages_are_messages() -> None:
    row = only_row("openinference", NESTED)
    assert row["messages"] == [{"role": "user", "content": "Rain?"}]
    answer = {"role": "assistant", "content": "No."}
    assert row["response"] == {"choices": [{"index": 0, "message": answer, "finish_reason": None}]}


def test_values_stand_in_where_there_are_no_messages() -> None:
    row = only_row("openinference", VALUES)
    assert (row["query"], row["response"]) == ("Rain?", "No.")


def test_a_span_that_hides_its_texts_is_no_call() -> None:
    said = {"openinference.span.kind": "LLM", "input.value": "__REDACTED__"}
    hidden = {**VALUES, "attributes": {**said, "output.value": "__REDACTED__"}}
    assert parts("openinference", hidden) == [LeftOut("LLM span without its content")]


def test_other_kinds_are_no_calls() -> None:
    assert parts("openinference", CHAIN) == [LeftOut("CHAIN")]


def test_an_annotation_of_a_person_is_an_experts() -> None:
    assert only_row("openinference", ANNOTATION) == {
        **ANNOTATION,
        "key": "s-1",
        "name": "correctness",
        "rating": 1.0,
        "comment": "checked",
        "rater": "staff-1",
        "rater_type": "expert",
        "created_at": "2026-09-09T08:00:00Z",
    }


def test_an_annotation_of_a_model_is_the_models() -> None:
    assert only_row("openinference", JUDGED) == {
        **JUDGED,
        "key": "s-1",
        "name": "relevance",
        "label": "off",
        "comment": "drifts",
        "rater_type": "llm",
    }

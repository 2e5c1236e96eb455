from __future__ import annotations

import json
from typing import Any

import pytest

from curate.sources.presets import LeftOut
from platform_rows import only_row, parts

ASKED = [{"role": "user", "parts": [{"type": "text", "content": "Is the museum open?"}]}]
SAID = [{"role": "assistant", "parts": [{"type": "text", "content": "Until six."}]}]


def pairs(**attributes: Any) -> list[dict[str, Any]]:
    """Returns attributes as OTLP writes them; `__` stands for a dot."""

    def any_value(value: Any) -> dict[str, Any]:
        if isinstance(value, list):
            return {"arrayValue": {"values": [any_value(item) for item in value]}}
        if isinstance(value, dict):
            inner = [{"key": key, "value": any_value(item)} for key, item in value.items()]
            return {"kvlistValue": {"values": inner}}
        return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}

    return [{"key": k.replace("__", "."), "value": any_value(v)} for k, v in attributes.items()]


def batch(*spans: dict[str, Any], **resource: Any) -> dict[str, Any]:
    scopes = [{"scope": {"name": "instrument"}, "spans": list(spans)}]
    return {
        "resourceSpans": [{"resource": {"attributes": pairs(**resource)}, "scopeSpans": scopes}]
    }


def span(number: int, **attributes: Any) -> dict[str, Any]:
    return {
        "traceId": "aa" * 16,
        "spanId": f"{number:016x}",
        "name": "chat gpt-4o",
        "startTimeUnixNano": "1788859200000000000",
        "endTimeUnixNano": "1788859200750000000",
        "attributes": pairs(**attributes),
        "status": {},
    }


CHAT = span(
    1,
    gen_ai__operation__name="chat",
    gen_ai__request__model="gpt-4o",
    gen_ai__response__model="gpt-4o-2024",
    gen_ai__conversation__id="conv-1",
    user__id="guest-1",
    gen_ai__usage__input_tokens=12,
    gen_ai__usage__output_tokens=4,
    gen_ai__response__finish_reasons=["stop"],
    gen_ai__input__messages=json.dumps(ASKED),
    gen_ai__output__messages=json.dumps(SAID),
    gen_ai__tool__definitions=json.dumps([{"type": "function", "name": "hours"}]),
    app__hall="east",
)
EVALUATION = {
    "name": "gen_ai.evaluation.result",
    "timeUnixNano": "1788859260000000000",
    "attributes": pairs(
        gen_ai__evaluation__name="relevance",
        gen_ai__evaluation__score__value=4,
        gen_ai__evaluation__explanation="fits",
    ),
}
THUMB = {
    "name": "gen_ai.evaluation.result",
    "attributes": pairs(
        gen_ai__evaluation__name="user_feedback", gen_ai__evaluation__score__label="yes"
    ),
}
OLDER = span(
    2,
    gen_ai__system="openai",
    gen_ai__prompt__0__role="system",
    gen_ai__prompt__0__content="Be brief.",
    gen_ai__prompt__1__role="user",
    gen_ai__prompt__1__content="And tomorrow?",
    gen_ai__completion__0__role="assistant",
    gen_ai__completion__0__finish_reason="tool_calls",
    gen_ai__completion__0__tool_calls__0__id="call-1",
    gen_ai__completion__0__tool_calls__0__name="hours",
    gen_ai__completion__0__tool_calls__0__arguments='{"day":"tomorrow"}',
    gen_ai__usage__prompt_tokens=9,
)
FAILED = {
    **span(3, gen_ai__operation__name="chat", gen_ai__input__messages=json.dumps(ASKED)),
    "status": {"code": 2, "message": "deadline exceeded"},
}
TOOL = span(4, gen_ai__operation__name="execute_tool")
HTTP = span(5, http__request__method="GET")
EVENTS = {
    **span(6, gen_ai__operation__name="chat"),
    "events": [
        {"name": "gen_ai.system.message", "attributes": pairs(content="Be kind.")},
        {"name": "gen_ai.user.message", "attributes": pairs(content="Is it open?")},
        {
            "name": "gen_ai.choice",
            "attributes": pairs(message={"content": "Yes."}, finish_reason="stop"),
        },
    ],
}
DETAILS = {
    **span(7, gen_ai__operation__name="chat"),
    "events": [
        {
            "name": "gen_ai.client.inference.operation.details",
            "attributes": pairs(gen_ai__input__messages=ASKED, gen_ai__output__messages=SAID),
        }
    ],
}
INFERENCE = span(
    8,
    openinference__span__kind="LLM",
    llm__input_messages__0__message__role="user",
    llm__input_messages__0__message__content="Is it open?",
    output__value="Yes.",
)
VERCEL = span(
    9,
    operation__name="ai.generateText.doGenerate",
    ai__prompt__messages=json.dumps([{"role": "user", "content": "Is it open?"}]),
    ai__response__text="Yes.",
    ai__response__finishReason="stop",
    ai__model__id="gpt-4o",
    ai__usage__promptTokens=4,
    ai__telemetry__metadata__sessionId="s-9",
    gen_ai__request__model="gpt-4o",
)
VERCEL_OUTER = span(10, operation__name="ai.generateText", ai__prompt='{"prompt":"Is it open?"}')
TRACES = batch({**CHAT, "events": [EVALUATION, THUMB]}, OLDER, service__name="bot")
SNAKE = {
    "resource_spans": [
        {
            "scope_spans": [
                {
                    "spans": [
                        {
                            "trace_id": "t-1",
                            "span_id": "s-1",
                            "start_time_unix_nano": 1788859200000000000,
                            "end_time_unix_nano": 1788859201000000000,
                            "attributes": [
                                {
                                    "key": "gen_ai.input.messages",
                                    "value": {"string_value": json.dumps(ASKED)},
                                }
                            ],
                        }
                    ]
                }
            ]
        }
    ]
}
LOGS = {
    "resourceLogs": [
        {
            "scopeLogs": [
                {
                    "logRecords": [
                        {
                            "timeUnixNano": "1788859200000000000",
                            "traceId": "t-2",
                            "spanId": "s-2",
                            "eventName": "gen_ai.client.inference.operation.details",
                            "attributes": pairs(
                                gen_ai__operation__name="chat",
                                gen_ai__input__messages=ASKED,
                                gen_ai__output__messages=SAID,
                            ),
                        },
                        {
                            "timeUnixNano": "1788859260000000000",
                            "traceId": "t-2",
                            "spanId": "s-2",
                            "eventName": "gen_ai.evaluation.result",
                            "attributes": EVALUATION["attributes"],
                        },
                    ]
                }
            ]
        }
    ]
}
DOTTED: dict[str, Any] = {
    "trace_id": "t-3",
    "span_id": "s-3",
    "name": "chat",
    "start_time": "2026-09-08T12:00:00Z",
    "end_time": "2026-09-08T12:00:02Z",
    "status_code": "OK",
    "attributes": {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": ASKED,
        "gen_ai.output.messages": json.dumps(SAID),
        "enduser.id": "guest-3",
    },
}
NESTED = {
    **DOTTED,
    "attributes": {
        "gen_ai": {
            "operation": {"name": "chat"},
            "input": {"messages": ASKED},
            "output": {"messages": json.dumps(SAID)},
        },
        "enduser": {"id": "guest-3"},
    },
}
COLUMNS = {
    **{key: value for key, value in DOTTED.items() if key != "attributes"},
    **{f"attributes.{key}": value for key, value in DOTTED["attributes"].items()},
}
BARE = {"span_id": "s-4", "trace_id": "t-4", "gen_ai.prompt": "Open?", "gen_ai.completion": "Yes."}
CLICKHOUSE = {
    "Timestamp": "2026-09-08 12:00:00.000000000",
    "TraceId": "t-5",
    "SpanId": "s-5",
    "ParentSpanId": "",
    "SpanName": "chat gpt-4o",
    "ResourceAttributes": {"service.name": "bot"},
    "SpanAttributes": {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": json.dumps(ASKED),
    },
    "Duration": 1500000000,
    "StatusCode": "Error",
    "StatusMessage": "refused",
    "Events.Name": ["gen_ai.evaluation.result"],
    "Events.Attributes": [
        {"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.value": "0.5"}
    ],
}
CONSOLE = {
    "name": "chat",
    "context": {"trace_id": "0x01", "span_id": "0x02", "trace_state": "[]"},
    "kind": "SpanKind.CLIENT",
    "start_time": "2026-09-08T12:00:00Z",
    "status": {"status_code": "UNSET"},
    "attributes": {"gen_ai.operation.name": "embeddings"},
    "resource": {"attributes": {"service.name": "bot"}},
}
PLAIN_SPAN = {
    **{"trace_id": "t-6", "span_id": "s-6", "name": "GET /", "start_time": "2026-09-08T12:00:00Z"},
    "attributes": {"http.method": "GET"},
}
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "otel-genai": [
        *(TRACES, batch(FAILED, TOOL, HTTP), batch(HTTP), batch(INFERENCE, VERCEL), SNAKE, LOGS),
        *(DOTTED, NESTED, COLUMNS, BARE, CLICKHOUSE, CONSOLE, PLAIN_SPAN),
    ]
}


def test_a_span_is_a_call() -> None:
    row = parts("otel-genai", TRACES)[0]
    assert row == {
        "name": "chat gpt-4o",
        "scope": "instrument",
        "resource": {"service.name": "bot"},
        "attributes": {"gen_ai.operation.name": "chat", "app.hall": "east"},
        "id": "0000000000000001",
        "trace": "aa" * 16,
        "messages": json.dumps(ASKED),
        "response": json.dumps(SAID),
        "tools": json.dumps([{"type": "function", "name": "hours"}]),
        "ratings": [
            {
                "kind": "rating",
                "name": "relevance",
                "value": 4,
                "rater_type": "llm",
                "comment": "fits",
                "created_at": "1788859260000000000",
            },
            {"kind": "rating", "name": "user_feedback", "value": "yes", "rater_type": "user"},
        ],
        "created_at": "1788859200000000000",
        "session": "conv-1",
        "user": "guest-1",
        "model": "gpt-4o-2024",
        "finish_reason": "stop",
        "input_tokens": 12,
        "output_tokens": 4,
        "latency_ms": 750.0,
    }


def test_numbered_prompts_and_completions_are_messages() -> None:
    row = parts("otel-genai", TRACES)[1]
    assert not isinstance(row, LeftOut)
    assert row["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "And tomorrow?"},
    ]
    call = {
        "id": "call-1",
        "type": "function",
        "function": {"name": "hours", "arguments": '{"day":"tomorrow"}'},
    }
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    assert row["response"] == {
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]
    }
    assert row["input_tokens"] == 9


def test_failures_and_other_spans() -> None:
    failed, tool, http = parts("otel-genai", batch(FAILED, TOOL, HTTP))
    assert not isinstance(failed, LeftOut)
    assert (failed["status"], failed["error"]) == ("error", "deadline exceeded")
    assert failed["messages"] == json.dumps(ASKED) and "response" not in failed
    assert tool == LeftOut("execute_tool")
    assert http == LeftOut("span of no model call")


def test_a_span_that_keeps_its_texts_to_itself_is_no_call() -> None:
    bare = span(1, gen_ai__operation__name="chat", gen_ai__request__model="gpt-4o")
    variable = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
    hidden = LeftOut(f"call without its content, which {variable} turns on")
    assert parts("otel-genai", batch(bare)) == [hidden]


def test_messages_stand_in_events_too() -> None:
    one, whole = parts("otel-genai", batch(EVENTS, DETAILS))
    assert not isinstance(one, LeftOut) and not isinstance(whole, LeftOut)
    assert one["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Is it open?"},
    ]
    answer = {"role": "assistant", "content": "Yes."}
    assert one["response"] == {
        "choices": [{"index": 0, "message": answer, "finish_reason": "stop"}]
    }
    assert (whole["messages"], whole["response"]) == (ASKED, SAID)


def test_other_conventions_in_the_same_batch() -> None:
    inference, vercel, outer = parts("otel-genai", batch(INFERENCE, VERCEL, VERCEL_OUTER))
    assert not isinstance(inference, LeftOut) and not isinstance(vercel, LeftOut)
    assert inference["messages"] == [{"role": "user", "content": "Is it open?"}]
    assert inference["response"] == "Yes."
    assert vercel["messages"] == json.dumps([{"role": "user", "content": "Is it open?"}])
    answer = {"role": "assistant", "content": "Yes."}
    assert vercel["response"] == {
        "choices": [{"index": 0, "message": answer, "finish_reason": None}]
    }
    assert (vercel["finish_reason"], vercel["input_tokens"]) == ("stop", 4)
    assert (vercel["session"], vercel["model"]) == ("s-9", "gpt-4o")
    assert outer == LeftOut("ai.generateText")


def test_snake_case_is_the_same_protocol() -> None:
    assert only_row("otel-genai", SNAKE) == {
        "id": "s-1",
        "trace": "t-1",
        "messages": json.dumps(ASKED),
        "created_at": 1788859200000000000,
        "latency_ms": 1000.0,
    }


def test_a_log_record_of_details_is_a_call_with_its_evaluations() -> None:
    row, evaluation = parts("otel-genai", LOGS)
    assert not isinstance(row, LeftOut)
    assert (row["id"], row["messages"], row["response"]) == ("s-2", ASKED, SAID)
    assert [piece["name"] for piece in row["ratings"]] == ["relevance"]
    assert evaluation == LeftOut("gen_ai.evaluation.result")


@pytest.mark.parametrize("document", [DOTTED, NESTED, COLUMNS])
def test_rows_of_spans_in_each_form(document: dict[str, Any]) -> None:
    assert only_row("otel-genai", document) == {
        "name": "chat",
        "attributes": {"gen_ai.operation.name": "chat"},
        "id": "s-3",
        "trace": "t-3",
        "messages": ASKED,
        "response": json.dumps(SAID),
        "created_at": "2026-09-08T12:00:00Z",
        "user": "guest-3",
        "latency_ms": 2000.0,
    }


def test_a_table_of_clickhouse() -> None:
    assert only_row("otel-genai", CLICKHOUSE) == {
        "SpanName": "chat gpt-4o",
        "resource": {"service.name": "bot"},
        "attributes": {"gen_ai.operation.name": "chat"},
        "id": "s-5",
        "trace": "t-5",
        "messages": json.dumps(ASKED),
        "ratings": [{"kind": "rating", "name": "tone", "value": "0.5", "rater_type": "llm"}],
        "created_at": "2026-09-08 12:00:00.000000000",
        "status": "error",
        "error": "refused",
        "latency_ms": 1500.0,
    }


def test_plain_texts_are_a_question_and_an_answer() -> None:
    row = only_row("otel-genai", BARE)
    assert (row["query"], row["response"]) == ("Open?", "Yes.")


def test_rows_of_other_spans_are_no_calls() -> None:
    assert parts("otel-genai", CONSOLE) == [LeftOut("embeddings")]
    assert parts("otel-genai", PLAIN_SPAN) == [LeftOut("span of no model call")]

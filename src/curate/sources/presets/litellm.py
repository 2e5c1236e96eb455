"""LiteLLM: the proxy's table of spend logs, and the payload that its loggers write to files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from curate.sources.presets import Fields, LeftOut, Part, Preset
from curate.sources.presets._rows import (
    asked,
    columns,
    failure,
    first,
    is_blank,
    mapping,
    milliseconds,
    number,
    opened,
    row,
    without,
)

# Source: litellm/types/utils.py, CallTypes; each also with a leading `a` for asynchronous.
_CALLS = frozenset(
    (
        *("completion", "text_completion", "responses", "anthropic_messages"),
        *("generate_content", "chat/completions", "generate_content_stream", "chat"),
        *("completions", "messages", "v1/chat/completions", "v1/messages", "v1/responses"),
        *("v1/completions",),
    )
)
_USED = (
    *("request_id", "id", "messages", "response", "proxy_server_request", "end_user", "session_id"),
    *("startTime", "endTime", "completionStartTime", "spend", "response_cost", "prompt_tokens"),
    *("completion_tokens", "request_duration_ms", "response_time", "model", "status", "trace_id"),
    *("user", "api_key", "error_str", "error_information", "requester_ip_address", "hidden_params"),
    *("model_parameters", "model_map_information"),
)


def _fits(document: Fields) -> bool:
    if "call_type" not in document:
        return False
    logged = "request_id" in document and bool({"spend", "api_key", "startTime"} & set(document))
    ours = {"response_cost", "model_map_information", "hidden_params", "model_parameters"}
    return logged or ("startTime" in document and bool(ours & set(document)))


def _rows(document: Fields) -> Iterable[Part]:
    kind = str(document.get("call_type") or "").strip("/")
    if kind and kind not in _CALLS and kind.removeprefix("a") not in _CALLS:
        yield LeftOut(kind)
        return
    call = _call(document)
    if call.keys() & {"messages", "query", "request", "response", "error"}:
        yield call
    else:
        yield LeftOut("call without its content, which store_prompts_in_spend_logs turns on")


def _call(document: Fields) -> dict[str, Any]:
    about = mapping(document.get("metadata"))
    body = _request(document)
    error = _error(document, about)
    failed = error is not None
    start, end = document.get("startTime"), document.get("endTime")
    latency = number(document.get("request_duration_ms"))
    fields = {
        "id": first(document, "request_id", "id"),
        **_question(document.get("messages"), body),
        "response": None if failed else document.get("response"),
        "session": document.get("session_id"),
        "trace": document.get("trace_id"),
        "user": document.get("end_user"),
        "created_at": start,
        "latency_ms": milliseconds(start, end) if latency is None else latency,
        "model": document.get("model"),
        "input_tokens": document.get("prompt_tokens"),
        "output_tokens": document.get("completion_tokens"),
        "cost_usd": first(document, "spend", "response_cost"),
        "status": first(document, "status") or about.get("status"),
        "error": error,
    }
    parameters = without(
        mapping(document.get("model_parameters")), "tools", "functions", "messages"
    )
    return row({**without(document, *_USED), "model_parameters": parameters}, fields)


def _request(document: Fields) -> Mapping[str, Any]:
    """Returns the body of the request as the proxy got it, which it stores bare or in a `body`."""
    request = mapping(document.get("proxy_server_request"))
    return mapping(request["body"]) if "body" in request else request


def _question(messages: Any, body: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the question: the messages where they are stored, else the request's body."""
    if is_blank(messages) or ("input" in body and "messages" not in body):
        return {"request": body}
    tools = {key: first(body, key) for key in ("tools", "functions")}
    return {**asked(messages), "tools": tools["tools"] or tools["functions"]}


def _error(document: Fields, about: Mapping[str, Any]) -> Any:
    status = str(first(document, "status") or about.get("status")).lower()
    said = (
        *(failure(document.get("error_str")), failure(document.get("error_information"))),
        *(failure(about.get("error_information")), _error_of(document.get("response"))),
    )
    error = next((text for text in said if text is not None), None)
    return error or ("failure" if status == "failure" else None)


def _error_of(response: Any) -> Any:
    found = opened(response)
    return failure(found.get("error")) if isinstance(found, Mapping) else None


PRESETS = [
    Preset(
        name="litellm",
        version=1,
        what="LiteLLM: LiteLLM_SpendLogs rows, StandardLoggingPayload files",
        source="https://docs.litellm.ai/docs/proxy/logging_spec",
        date="2026-11-29",
        fits=_fits,
        fields=columns(
            *(
                "id",
                "messages",
                "query",
                "request",
                "response",
                "tools",
                "session",
                "trace",
                "user",
            ),
            *("created_at", "latency_ms", "model", "input_tokens", "output_tokens", "cost_usd"),
            *("status", "error"),
        ),
        rows=_rows,
    )
]

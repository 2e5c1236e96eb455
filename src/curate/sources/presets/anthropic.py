"""Anthropic's Messages API: logs of a request beside its response, messages, and its batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from curate.sources.presets import Fields, Part, Preset
from curate.sources.presets._rows import (
    GATEWAYS,
    USERS,
    columns,
    failure,
    first,
    is_blank,
    mapping,
    opened,
    row,
    without,
)

# Under these a log keeps its own id of a call, which other tables know it by.
_IDS = (
    *("id", "interaction_id", "log_id", "call_id", "request_id", "uuid", "row_id", "run_id"),
    *("requestId", "logId", "callId", "_id"),
)
_PAIRS = (("request", "response"), ("request_body", "response_body"), ("input", "output"))
_TRACED = frozenset(("span_id", "trace_id", "traceId", "span_attributes"))
_PARAMETERS = ("messages", "system", "tools", "max_tokens")


def _is_request(value: Any) -> bool:
    found = mapping(value)
    return "messages" in found and (
        "max_tokens" in found or str(found.get("model", "")).startswith("claude")
    )


def _is_message(value: Any) -> bool:
    found = mapping(value)
    written = found.get("role") == "assistant" and isinstance(opened(found.get("content")), list)
    return written and (found.get("type") == "message" or "stop_reason" in found)


def _is_error(value: Any) -> bool:
    found = mapping(value)
    return found.get("type") == "error" and "error" in found


def _pair(document: Fields) -> tuple[str, str] | None:
    for asked, answered in _PAIRS:
        answer = document.get(answered)
        if asked == "input" and _TRACED & set(document):
            continue  # a tracing platform's own row
        if _is_message(answer) or (_is_request(document.get(asked)) and _is_error(answer)):
            return asked, answered
    return None


def _fits(document: Fields) -> bool:
    if GATEWAYS & set(document):
        return False
    return _is_message(document) or _pair(document) is not None


def _rows(document: Fields) -> Iterable[Part]:
    pair = _pair(document)
    if pair is None:
        yield _stored(document)
    else:
        asked, answered = pair
        own = next((key for key in _IDS if not is_blank(document.get(key))), "id")
        fields = {
            "id": first(document, own) or mapping(document[answered]).get("id"),
            "request": document.get(asked),
            "user": first(document, *USERS),
            **_outcome(document[answered]),
        }
        yield row(without(document, asked, answered, own), fields)


def _stored(document: Fields) -> Part:
    """Returns the row of a message that may have its request's parameters beside it."""
    request = {key: document[key] for key in _PARAMETERS if not is_blank(document.get(key))}
    answer = {
        key: opened(document[key])
        for key in ("id", "type", "role", "content", "model", "stop_reason", "usage")
        if not is_blank(document.get(key))
    }
    rest = without(document, *_PARAMETERS, "type", "role", "content", "stop_reason", "usage")
    asked = mapping(document.get("request")) or request
    fields = {"id": document.get("id"), "request": asked, "response": answer}
    return row(without(rest, "request"), fields)


def _outcome(answer: Any) -> dict[str, Any]:
    error = failure(mapping(answer).get("error"))
    if _is_error(answer) or error is not None:
        return {"status": "error", "error": error or "error"}
    return {"response": answer}


def _fits_batch(document: Fields) -> bool:
    if is_blank(document.get("custom_id")):
        return False
    if "params" in document:
        return "messages" in mapping(document["params"])
    kind = mapping(document.get("result")).get("type")
    return kind in ("succeeded", "errored", "canceled", "expired")


def _batch_rows(document: Fields) -> Iterable[Part]:
    result: Mapping[str, Any] = mapping(document.get("result"))
    kind = result.get("type")
    failed = kind is not None and kind != "succeeded"
    error = failure(result.get("error")) or kind
    fields = {
        "id": document.get("custom_id"),
        "request": document.get("params"),
        "response": None if failed else result.get("message"),
        "status": kind,
        "error": error if failed else None,
    }
    yield row(without(document, "custom_id", "params", "result"), fields)


_DATE = "2026-11-29"

PRESETS = [
    Preset(
        name="anthropic",
        version=2,
        what="Anthropic Messages API: {request, response} logs and stored messages",
        source="https://docs.anthropic.com/en/api/messages",
        date=_DATE,
        fits=_fits,
        fields={
            **{name: name for name in ("id", "request", "response", "status", "error")},
            **{"query": "", "messages": ""},
        },
        rows=_rows,
    ),
    Preset(
        name="anthropic-batch",
        version=1,
        what="Anthropic Message Batches: requests and results",
        source="https://docs.anthropic.com/en/api/retrieving-message-batch-results",
        date=_DATE,
        fits=_fits_batch,
        fields=columns("id", "request", "response", "status", "error"),
        rows=_batch_rows,
        halves=True,
    ),
]

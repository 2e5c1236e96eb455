"""Vertex AI and Gemini: rows of request-response logging, and lines of batch predictions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from curate.sources.presets import Fields, LeftOut, Part, Preset
from curate.sources.presets._rows import (
    USERS,
    failure,
    first,
    is_blank,
    listing,
    mapping,
    number,
    opened,
    row,
    without,
)

_FIELDS = (
    *("id", "request", "response", "created_at", "user", "model", "latency_ms", "status", "error"),
)
# The last of them are columns of people's own logs.
_TIMES = ("request_time", "logging_time", "processed_time", "created_at", "timestamp")
_LOGGED = ("full_request", "full_response", "request_payload", "response_payload")
_USED = (
    *(*_LOGGED, "request", "response", "request_id", "request_time", "logging_time", "model"),
    *("otel_log", "key", "status", "processed_time"),
)


def _is_logged(document: Fields) -> bool:
    if {"full_request", "full_response"} <= set(document):
        return True
    payloads = {"request_payload", "response_payload"} <= set(document)
    return payloads and bool({"deployed_model_id", "logging_time"} & set(document))


def _is_predicted(document: Fields) -> bool:
    request, response = mapping(document.get("request")), mapping(document.get("response"))
    answered = bool({"candidates", "promptFeedback"} & set(response)) or not response
    return "contents" in request and answered


def fits(document: Fields) -> bool:
    """Returns whether a document is a logged or a predicted pair of request and response."""
    return _is_logged(document) or _is_predicted(document)


def _rows(document: Fields) -> Iterable[Part]:
    method = str(document.get("api_method") or "")
    if "embed" in method.lower():
        yield LeftOut(method)
        return
    request = _body(document, "full_request", "request_payload", "request")
    response = _body(document, "full_response", "response_payload", "response")
    error = failure(mapping(response).get("error")) or _status(document)
    about = mapping(document.get("metadata"))
    fields = {
        "id": first(document, "request_id", "key") or mapping(response).get("responseId"),
        "request": request,
        "response": None if error else response,
        "created_at": first(document, *_TIMES),
        "user": first(document, *USERS),
        "model": str(document.get("model") or "").rsplit("/", 1)[-1],
        "latency_ms": number(about.get("request_latency")),
        "status": "error" if error else None,
        "error": error,
    }
    yield row(without(document, *_USED), fields)


def _body(document: Fields, *keys: str) -> Any:
    """Returns the body under the first key that has one; older rows keep it in a list of texts."""
    for key in keys:
        value = document.get(key)
        items = listing(value)
        if key.endswith("_payload") and len(items) == 1:
            value = opened(items[0])
        if not is_blank(value):
            return value
    return None


def _status(document: Fields) -> Any:
    """Returns why a line of a batch failed: its status is empty where it did not."""
    return None if is_blank(document.get("status")) else failure(document["status"])


PRESETS = [
    Preset(
        name="vertex",
        version=2,
        what="Vertex AI request-response logging (BigQuery), Gemini batch predictions",
        source="https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/"
        "request-response-logging",
        date="2026-11-29",
        fits=fits,
        # A log of one's own may hold such a pair, too: what stands beside it is looked for.
        fields={**{name: name for name in _FIELDS}, "query": "", "messages": ""},
        rows=_rows,
    )
]

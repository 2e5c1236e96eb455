"""OpenAI's Responses API: stored response objects, and logs of a request beside its response."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from curate.sources.presets import Fields, Part, Preset
from curate.sources.presets._rows import (
    GATEWAYS,
    SESSIONS,
    USERS,
    failure,
    first,
    is_blank,
    listing,
    mapping,
    opened,
    row,
    without,
)

_ASKED = ("input", "instructions", "tools")
_ANSWERED = ("object", "output", "status", "usage", "incomplete_details", "output_text")
_USED = (
    *(*_ASKED, *_ANSWERED, "id", "created_at", "model", "previous_response_id", "conversation"),
    *("error", "user", "safety_identifier", "prompt_cache_key"),
)
_FIELDS = (
    *("id", "request", "response", "session", "user", "previous", "created_at", "model"),
    *("status", "error"),
)
_TIMES = ("created_at", "timestamp", "ts", "time", "start_time")
_PAIRS = (("request", "response"), ("request_body", "response_body"))


def _is_response(value: Any) -> bool:
    found = mapping(value)
    return found.get("object") == "response" and "output" in found


def _pair(document: Fields) -> tuple[str, str] | None:
    return next((pair for pair in _PAIRS if _is_response(document.get(pair[1]))), None)


def _fits(document: Fields) -> bool:
    if GATEWAYS & set(document):
        return False
    return _is_response(document) or _pair(document) is not None


def _rows(document: Fields) -> Iterable[Part]:
    pair = _pair(document)
    if pair is None:
        yield _row(document, {})
    else:
        asked, answered = pair
        body = {**mapping(document.get(asked)), **mapping(document[answered])}
        yield _row(body, without(document, asked, answered))


def _row(body: Mapping[str, Any], around: Mapping[str, Any]) -> dict[str, Any]:
    about = mapping(body.get("metadata"))
    error = failure(body.get("error"))
    failed = error is not None or body.get("status") in ("failed", "cancelled")
    conversation = opened(body.get("conversation"))
    if isinstance(conversation, Mapping):
        conversation = conversation.get("id")
    answer = {key: body[key] for key in (*_ANSWERED, "model", "id") if not is_blank(body.get(key))}
    fields = {
        "id": body.get("id"),
        "request": {key: body[key] for key in _ASKED if not is_blank(body.get(key))},
        "response": answer if listing(body.get("output")) and not failed else None,
        "session": conversation or first({**about, **around}, *SESSIONS),
        "user": first({**about, **around, **body}, "safety_identifier", *USERS),
        "previous": body.get("previous_response_id"),
        "created_at": first(body, "created_at") or first(around, *_TIMES),
        "model": body.get("model"),
        "status": body.get("status"),
        "error": error,
    }
    used = (*SESSIONS, *USERS, *_TIMES)
    return row({**without(around, *used), **without(body, *_USED)}, fields)


PRESETS = [
    Preset(
        name="openai-responses",
        version=1,
        what="OpenAI Responses API: stored response objects, or {request, response} of them",
        source="https://platform.openai.com/docs/api-reference/responses/object",
        date="2026-11-29",
        fits=_fits,
        fields={**{name: name for name in _FIELDS}, "query": "", "messages": ""},
        rows=_rows,
    )
]

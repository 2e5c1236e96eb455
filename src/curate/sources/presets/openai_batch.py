"""OpenAI's Batch API: lines of requests, of answers and of errors, joined by `custom_id`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from curate.sources.presets import Fields, LeftOut, Part, Preset
from curate.sources.presets._rows import (
    columns,
    failure,
    is_blank,
    mapping,
    number,
    opened,
    row,
    without,
)

_CALLS = ("completions", "responses", "messages", "")
_REQUEST = frozenset({"custom_id", "method", "url", "body"})
_ANSWER = frozenset({"id", "custom_id", "response", "error"})


def _is_request(document: Fields) -> bool:
    body = mapping(document.get("body"))
    return set(document) <= _REQUEST and (
        "url" in document or bool({"messages", "input"} & set(body))
    )


def _is_answer(document: Fields) -> bool:
    response, error = opened(document.get("response")), opened(document.get("error"))
    if not set(document) <= _ANSWER or not {"response", "error"} & set(document):
        return False
    answered = isinstance(response, Mapping) and bool({"body", "status_code"} & set(response))
    failed = is_blank(response) and isinstance(error, Mapping) and bool(error)
    return answered or failed


def fits(document: Fields) -> bool:
    """Returns whether a document is a line of a batch: of its input, output or error file."""
    if is_blank(document.get("custom_id")):
        return False
    return _is_request(document) if "body" in document else _is_answer(document)


def rows(document: Fields) -> Iterable[Part]:
    """Yields the half of a call that a line holds."""
    yield _request(document) if "body" in document else _answer(document)


def _request(document: Fields) -> Part:
    api = str(document.get("url") or "").rstrip("/").rsplit("/", 1)[-1]
    if api not in _CALLS:
        return LeftOut(api)
    fields = {"id": document.get("custom_id"), "request": document["body"]}
    return row(without(document, "custom_id", "body", "method"), fields)


def _answer(document: Fields) -> Part:
    response = mapping(document.get("response"))
    body = opened(response.get("body"))
    if _is_vectors(body):
        return LeftOut("embeddings")
    code = number(response.get("status_code"))
    error = failure(document.get("error")) or failure(mapping(body).get("error"))
    failed = error is not None or (code is not None and code >= 400)
    fields = {
        "id": document.get("custom_id"),
        "response": None if failed else body,
        "status": "error" if failed else None,
        "error": (error or f"HTTP {code:.0f}") if failed else None,
    }
    rest = {"batch_request_id": document.get("id"), "request_id": response.get("request_id")}
    return row(rest, fields)


def _is_vectors(body: Any) -> bool:
    found = mapping(body)
    items = found.get("data")
    return found.get("object") == "list" and isinstance(items, list)


PRESETS = [
    Preset(
        name="openai-batch",
        version=1,
        what="OpenAI Batch API: input, output and error files (also of servers that speak it)",
        source="https://platform.openai.com/docs/guides/batch",
        date="2026-11-29",
        fits=fits,
        fields=columns("id", "request", "response", "status", "error"),
        rows=rows,
        halves=True,
    )
]

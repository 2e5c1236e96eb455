"""AnythingLLM: exported chats of workspaces and embeds, and rows of its database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curate.sources.presets import Fields, Part, Preset
from curate.sources.presets._values import (
    as_dict,
    mapped,
    milliseconds,
    name_of,
    row,
    text_in,
    without,
)

_USED = (
    *("id", "prompt", "response", "sent_at", "createdAt", "lastUpdatedAt", "username", "rating"),
    *("feedbackScore", "user_id", "usersId", "user", "thread_id", "api_session_id", "session_id"),
    *("connection_information", "workspaceId", "include"),
)
_NOBODY = ("API", "unknown user")
"""What stands in the column of users where no user asked."""


def _is_export(document: Fields) -> bool:
    return {"workspace", "prompt", "response", "sent_at"} <= set(document)


def _is_chat(document: Fields) -> bool:
    names = set(document)
    place = {"workspaceId", "feedbackScore"} <= names or {"embed_id", "session_id"} <= names
    return place and {"prompt", "response", "include"} <= names


def _call(document: Fields) -> Iterator[Part]:
    body = as_dict(document.get("response"))
    is_body = _is_body(body)
    metrics = as_dict(body.get("metrics")) if is_body else {}
    user = name_of(document.get("username"))
    computed = {
        "id": name_of(document.get("id")),
        "query": _text(document.get("prompt")),
        "response": _text(document.get("response")),
        "created_at": document.get("sent_at", document.get("createdAt")),
        "session": _session(document),
        "user": None if user in _NOBODY else user or name_of(document.get("user_id")),
        "rating": _rating(document),
        "model": text_in(metrics.get("model")),
        "input_tokens": metrics.get("prompt_tokens"),
        "output_tokens": metrics.get("completion_tokens"),
        "latency_ms": milliseconds(metrics.get("duration")),
    }
    rest: dict[str, Any] = without(document, _USED)
    if is_body:
        rest["sources"] = body.get("sources")
    yield row(rest, computed)


def _is_body(body: Fields) -> bool:
    """Returns whether an object is what the platform wraps around an answer."""
    keys = {"text", "sources", "textResponse", "metrics", "attachments"} & set(body)
    return bool(keys) or body.get("type") == "chat"


def _text(value: Any) -> str | None:
    body = as_dict(value)
    return text_in(body.get("text")) if _is_body(body) else text_in(value)


def _session(document: Fields) -> str | None:
    for name in ("thread_id", "api_session_id", "session_id"):
        if (value := name_of(document.get(name))) is not None:
            return f"thread-{value}" if name == "thread_id" else value
    return None


def _rating(document: Fields) -> str | None:
    word = text_in(document.get("rating"))
    if word is not None:
        return word if word.strip("- ") else None  # `--` is no rating
    score = str(document.get("feedbackScore")).casefold()
    return {"true": "GOOD", "1": "GOOD", "false": "BAD", "0": "BAD"}.get(score)


PRESETS = [
    Preset(
        name="anythingllm",
        version=1,
        what="AnythingLLM: exported chats (JSON, CSV), rows of workspace_chats and embed_chats",
        source="Mintplex-Labs/anything-llm: server/utils/helpers/chat/convertTo.js",
        date="2026-11-29",
        fits=lambda d: _is_export(d) or _is_chat(d),
        fields=mapped(
            "interactions",
            *("id", "query", "response", "created_at", "session", "user", "rating", "model"),
            *("input_tokens", "output_tokens", "latency_ms"),
        ),
        rows=_call,
        scale="GOOD=5,BAD=1",
    ),
]

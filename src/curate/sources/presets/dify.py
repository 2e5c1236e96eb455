"""Dify: messages of its console, API and database, logs as CSV, and its export of feedback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curate.messages import Message
from curate.sources.presets import Fields, Part, Preset
from curate.sources.presets._values import (
    as_dict,
    dicts,
    first_text,
    mapped,
    milliseconds,
    name_of,
    row,
    text_in,
    without,
)

_MARKS = {
    *("message_tokens", "answer_tokens", "provider_response_latency", "from_source"),
    *("from_end_user_id", "from_account_id", "feedbacks", "agent_thoughts", "message_files"),
    *("annotation_hit_history", "retriever_resources", "user_rating", "admin_rating"),
    *("message_metadata", "workflow_run_id", "invoke_from", "user_feedback", "admin_feedback"),
}
_USED = (
    *("id", "message_id", "query", "answer", "message", "conversation_id", "from_end_user_id"),
    *("from_account_id", "from_account_name", "from_end_user_session_id", "end_user_id"),
    *("account_id", "from_account", "user", "feedbacks", "feedback", "annotation", "created_at"),
    *("user_rating", "admin_rating", "message_tokens", "answer_tokens", "annotation_hit_history"),
    *("provider_response_latency", "total_price", "currency", "status", "error", "agent_thoughts"),
    *("user_feedback", "admin_feedback", "model_id"),
)


def _is_message(document: Fields) -> bool:
    names = set(document)
    return {"query", "answer", "conversation_id"} <= names and bool(_MARKS & names)


def _is_rating(document: Fields) -> bool:
    return {"feedback_rating_raw", "user_query", "ai_response", "message_id"} <= set(document)


def _ratings_in(document: Fields) -> list[Fields]:
    return [item for item in dicts(document.get("feedback_data")) if _is_rating(item)]


def _rows(document: Fields) -> Iterator[Part]:
    if _is_rating(document):
        yield _rated(document)
    elif ratings := _ratings_in(document):
        yield from map(_rated, ratings)
    else:
        yield _call(document)


def _call(document: Fields) -> Fields:
    people = [document.get(name) for name in ("from_end_user_id", "end_user_id")]
    people += [document.get(name) for name in ("from_account_id", "account_id")]
    error = text_in(document.get("error"))
    dollars = str(document.get("currency") or "USD").upper() == "USD"
    computed = {
        "id": name_of(document.get("id")) or name_of(document.get("message_id")),
        "messages": _messages(document),
        "response": text_in(document.get("answer")),
        "session": name_of(document.get("conversation_id")),
        "user": next((name for person in people if (name := name_of(person))), None),
        "created_at": document.get("created_at"),
        "model": text_in(document.get("model_id")),
        "input_tokens": document.get("message_tokens"),
        "output_tokens": document.get("answer_tokens"),
        "cost_usd": document.get("total_price") if dollars else None,
        "latency_ms": milliseconds(document.get("provider_response_latency")),
        "status": "error" if error else text_in(document.get("status")),
        "error": error,
        "ratings": _pieces_of_feedback(document) or None,
    }
    return row(without(document, _USED), computed)


def _messages(document: Fields) -> list[Message] | None:
    """Returns the question; with the prompt around it, where the log has it word by word.

    Source: langgenius/dify, api/core/prompt/utils/prompt_message_util.py: an item of `message` has
    a role, a text and files.
    """
    asked = _question(document)
    prompt = dicts(document.get("message"))
    messages = [
        {"role": item["role"], "content": text_in(item.get("text")) or ""}
        for item in prompt
        if item.get("role") in ("system", "user", "assistant") and isinstance(item["role"], str)
    ]
    is_whole = len(messages) == len(prompt)
    while messages and messages[-1]["role"] == "assistant":
        messages.pop()  # the console adds the answer to what was asked
    if is_whole and messages and messages[-1]["content"] == asked:
        return messages
    return [{"role": "user", "content": asked}] if asked else None


def _question(document: Fields) -> str | None:
    """Returns what was asked; apps without a chat have it in their one input."""
    inputs = as_dict(document.get("inputs"))
    texts = [text for value in inputs.values() if (text := text_in(value))]
    only = texts[0] if len(texts) == 1 else None
    return first_text(document.get("query"), inputs.get("query"), only)


def _pieces_of_feedback(document: Fields) -> list[dict[str, Any]]:
    listed = dicts(document.get("feedbacks"))
    own = as_dict(document.get("feedback"))
    pieces = [_rating(item) for item in [*listed, own] if text_in(item.get("rating"))]
    for source in ("user", "admin"):
        names = (f"{source}_rating", f"{source}_feedback")
        value = first_text(*map(document.get, names))
        if value in ("like", "dislike"):
            pieces.append(_rating({"rating": value, "from_source": source}))
    annotation = as_dict(document.get("annotation"))
    if text := first_text(annotation.get("content"), annotation.get("answer")):
        correction = {
            "kind": "correction",
            "name": "annotation",
            "value": text,
            "rater_type": "expert",
            "rater": _account(annotation.get("account")),
            "created_at": annotation.get("created_at"),
        }
        pieces.append(row({}, correction))
    return pieces


def _rating(feedback: Fields) -> dict[str, Any]:
    is_admin = feedback.get("from_source") == "admin"
    end_user = name_of(feedback.get("from_end_user_id"))
    account = _account(feedback.get("from_account")) or name_of(feedback.get("from_account_id"))
    piece = {
        "kind": "rating",
        "name": "admin" if is_admin else "user",
        "value": feedback.get("rating"),
        "scale": _SCALE,
        "rater_type": "expert" if is_admin else "user",
        "rater": account if is_admin else end_user or account,
        "comment": text_in(feedback.get("content")),
        "created_at": feedback.get("created_at"),
    }
    return row({}, piece)


def _account(value: Any) -> str | None:
    account = as_dict(value)
    return name_of(account.get("id")) or name_of(account.get("email"))


_CUT = 500
"""Characters of an answer after which the export of feedback cuts it."""


def _rated(document: Fields) -> Fields:
    answer = text_in(document.get("ai_response"))
    is_cut = answer is not None and len(answer) == _CUT + 3 and answer.endswith("...")
    rating = _rating(
        {
            "rating": document.get("feedback_rating_raw"),
            "from_source": document.get("feedback_source"),
            "from_end_user_id": document.get("from_end_user_id"),
            "from_account_id": document.get("from_account_name"),
            "content": document.get("feedback_comment"),
            "created_at": document.get("feedback_date"),
        }
    )
    asked = text_in(document.get("user_query"))
    computed = {
        "id": name_of(document.get("message_id")),
        "messages": [{"role": "user", "content": asked}] if asked else None,
        "response": answer,
        "session": name_of(document.get("conversation_id")),
        "created_at": document.get("message_date"),
        "finish_reason": "length" if is_cut else None,
        "ratings": [rating],
    }
    return row({"app_name": document.get("app_name")}, computed)


def _feedback(document: Fields) -> Iterator[Part]:
    for item in [document] if _is_rating(document) else _ratings_in(document):
        call = _rated(item)
        piece = call["ratings"][0]
        computed = {"key": call.get("id"), "rating": piece.get("value"), **without(piece, _PIECE)}
        yield row({"app_name": item.get("app_name")}, computed)


_PIECE = ("kind", "value", "scale")
_SCALE = "like=5,dislike=1"

PRESETS = [
    Preset(
        name="dify",
        version=1,
        what="Dify: messages of an app's logs (JSON, CSV, database) and its export of feedback",
        source="langgenius/dify: api/fields/conversation_fields.py, "
        "api/services/feedback_service.py, pull request 7968",
        date="2026-11-29",
        fits=lambda d: _is_message(d) or _is_rating(d) or bool(_ratings_in(d)),
        fields=mapped(
            "interactions",
            *("id", "messages", "response", "session", "user", "created_at", "model", "error"),
            *("input_tokens", "output_tokens", "cost_usd", "latency_ms", "status", "ratings"),
            "finish_reason",
        ),
        rows=_rows,
    ),
    Preset(
        name="dify",
        version=1,
        what="Dify: its export of feedback, joined by the rated message",
        source="langgenius/dify: api/services/feedback_service.py",
        date="2026-11-29",
        fits=lambda d: _is_rating(d) or bool(_ratings_in(d)),
        fields=mapped(
            "feedback",
            *("key", "name", "rating", "comment", "rater", "rater_type", "created_at"),
        ),
        rows=_feedback,
        kind="feedback",
        scale=_SCALE,
    ),
]

"""What presets share: opening JSON text, taking columns, and rows without what names people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from curate.kernels.user_ids import is_user_key
from curate.sources.presets import Fields, Part

# What only a preset says, since bodies do not: never guessed from what else there is.
_CALL = (
    *("messages", "query", "response", "request", "chosen", "rejected", "label", "rating"),
    *("comment", "ratings", "correction", "group", "split", "status", "error", "trace", "previous"),
)
_FEEDBACK = (
    *("key", "trace", "name", "rating", "label", "correction", "comment", "rater"),
    *("rater_type", "created_at"),
)
SESSIONS = ("session_id", "sessionId", "conversation_id", "conversationId", "thread_id", "threadId")
USERS = ("user_id", "userId", "end_user", "end_user_id", "user")

# Marks of a platform's own row around the bodies of an API.
GATEWAYS = frozenset(
    (
        *("request_created_at", "call_type", "run_type", "trace_metadata", "request_metadata"),
        *("assessments", "custom_id"),
    )
)

_DEEPEST = 8
_LAST_SECOND = 1e11


def opened(value: Any) -> Any:
    """Returns what a JSON text holds, however often it was encoded; other values as they are."""
    for _ in range(_DEEPEST):
        if not isinstance(value, str):
            return value
        text = value.strip()
        if text[:1] + text[-1:] not in ("{}", "[]", '""') or len(text) < 2:
            return value
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            return value
    return value


def mapping(value: Any) -> Mapping[str, Any]:
    """Returns the object that a value is or holds as JSON text; an empty one where it is none."""
    value = opened(value)
    return value if isinstance(value, dict | Mapping) else {}  # a dict is told faster


def listing(value: Any) -> Sequence[Any]:
    """Returns the list that a value is or holds as JSON text; an empty one where it is none."""
    value = opened(value)
    return value if isinstance(value, list) else []


def is_blank(value: Any) -> bool:
    """Returns whether a value says nothing: null, not a number, empty, or the text of such."""
    if isinstance(value, str):
        return value.strip() in ("", "{}", "[]", "null", "None", '""')
    if isinstance(value, float):
        return value != value
    return value is None or (isinstance(value, Mapping | list) and not value)


def first(document: Mapping[str, Any], *keys: str) -> Any:
    """Returns the first value that says something, None where there is none."""
    for key in keys:
        if key in document and not is_blank(document[key]):
            return document[key]
    return None


def columns(*names: str) -> dict[str, str]:
    """Returns a map of a call's fields that stand under their own names.

    None of the others is to be guessed, except those that are also looked for inside bodies.
    """
    return {**dict.fromkeys(_CALL, ""), **{name: name for name in names}}


def feedback_columns(*names: str) -> dict[str, str]:
    """Returns a map of fields of feedback that stand under their own names, and of no others."""
    return {**dict.fromkeys(_FEEDBACK, ""), **{name: name for name in names}}


def row(rest: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a row of fields that say something, and of what else is kept, without people."""
    kept = {key: value for key, value in impersonal(rest).items() if key not in fields}
    return {**kept, **{key: value for key, value in fields.items() if not is_blank(value)}}


def feedback_row(document: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the row of a piece of feedback: its fields, and its columns, which people may map."""
    said = {key: value for key, value in fields.items() if not is_blank(value)}
    return {**without(document, *fields), **said}


def without(document: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """Returns a document without some of its keys."""
    return {key: value for key, value in document.items() if key not in keys}


def impersonal(document: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what says something in a document, without keys that name people, at any depth."""
    kept = {k: _impersonal(value) for k, value in document.items() if not is_user_key(k)}
    return {key: value for key, value in kept.items() if not is_blank(value)}


def _impersonal(value: Any) -> Any:
    found = opened(value)
    if isinstance(found, Mapping):
        return impersonal(found)
    if isinstance(found, list) and any(isinstance(item, Mapping | list) for item in found):
        return [_impersonal(item) for item in found]
    return value


def asked(value: Any) -> dict[str, Any]:
    """Returns a question under the field for its form: messages, a request's body, or a text."""
    found = opened(value)
    if isinstance(found, Mapping):
        return {"request": value}
    return {"messages": value} if isinstance(found, list) else {"query": found}


def opened_once(value: Any) -> Any:
    """Returns what a JSON text holds, where it was encoded once: a text in it stays the text."""
    try:
        return orjson.loads(value) if isinstance(value, str) else value
    except orjson.JSONDecodeError:
        return value


def number(value: Any) -> float | None:
    """Returns a number or the number that a text is, else None."""
    if isinstance(value, bool) or is_blank(value):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def instant(value: Any) -> datetime | None:
    """Returns a time: ISO 8601, or seconds, milli-, micro- or nanoseconds since 1970; in UTC."""
    amount = number(value)
    try:
        if isinstance(value, datetime):
            moment = value
        elif amount is not None:
            for _ in range(3):
                amount = amount / 1000 if abs(amount) > _LAST_SECOND else amount
            return datetime.fromtimestamp(amount, UTC)
        else:
            moment = datetime.fromisoformat(str(value).strip().removesuffix(" UTC"))
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def milliseconds(start: Any, end: Any) -> float | None:
    """Returns how long it took from one time to another, None where one of them is missing."""
    began, ended = instant(start), instant(end)
    return None if began is None or ended is None else (ended - began).total_seconds() * 1000


def failure(value: Any) -> str | None:
    """Returns the message of an error: of its text, of `{message}`, or of `{error: ...}`."""
    found = opened(value)
    for _ in range(_DEEPEST):
        if isinstance(found, Mapping):
            found = first(found, "message", "error_message", "error", "detail", "code", "type")
        elif isinstance(found, list):
            found = found[0] if found else None
    if isinstance(found, bool | Mapping | list) or is_blank(found) or found == 0:
        return None
    return str(found)


def is_page(fits: Callable[[Fields], bool], *keys: str) -> Callable[[Fields], bool]:
    """Returns a fingerprint of documents of a kind, and of the pages of an API that list them."""

    def fits_all(document: Fields) -> bool:
        items = page_items(document, *keys)
        return all(fits(item) for item in items) if items else fits(document)

    return fits_all


def of_pages(
    rows: Callable[[Fields], Iterable[Part]], *keys: str
) -> Callable[[Fields], Iterable[Part]]:
    """Returns a function that takes documents apart, and the pages of an API that list them."""

    def rows_of_all(document: Fields) -> Iterable[Part]:
        for item in page_items(document, *keys) or [document]:
            yield from rows(item)

    return rows_of_all


def page_items(document: Fields, *keys: str) -> list[Mapping[str, Any]]:
    """Returns the documents that a page lists under one of these keys, none for no page."""
    for key in keys:
        items = listing(document.get(key))
        if items and all(isinstance(item, Mapping) for item in items):
            return list(items)
    return []

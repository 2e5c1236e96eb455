"""Reads values that logs hold in several notations, and puts the rows of presets together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from curate.sources.presets import Fields

_ANY = ("label", "rating", "comment", "correction", "created_at")
_CALL = (
    *("id", *_ANY, "ratings", "session", "group", "rank", "user", "trace", "split", "model"),
    *("finish_reason", "status", "error", "input_tokens", "output_tokens", "cost_usd"),
    "latency_ms",
)
_FIELDS = {
    "interactions": (
        *("messages", "query", "response", "request", "system", "tools", "chosen", "rejected"),
        *("previous", *_CALL),
    ),
    "turns": ("text", "role", "order", "parent", *_CALL),
    "feedback": ("key", "trace", "name", "data_type", "rater", "rater_type", *_ANY),
}
_LEVELS = 4


def mapped(kind: str, *names: str) -> dict[str, str]:
    """Returns a field map in which the columns of these names are the fields of these names.

    All other fields are switched off: what else a platform writes is not guessed at.
    """
    return {**dict.fromkeys(_FIELDS[kind], ""), **{name: name for name in names}}


def row(rest: Fields, computed: Fields) -> dict[str, Any]:
    """Returns a row of what was read of a document, and of the rest of it as metadata.

    A value that is missing stands in neither, so that nothing else takes its place.
    """
    kept = {name: value for name, value in rest.items() if name not in computed}
    return {**kept, **{name: value for name, value in computed.items() if value is not None}}


def without(document: Fields, names: Iterable[str]) -> dict[str, Any]:
    """Returns a document without the columns of these names."""
    dropped = set(names)
    return {name: value for name, value in document.items() if name not in dropped}


def opened(value: Any) -> Any:
    """Returns a value; JSON text that holds an object or a list is parsed, also within quotes."""
    if not isinstance(value, str):
        return value
    for _ in range(_LEVELS):
        if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "[", '"'):
            return value
        try:
            inner = orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
        if not isinstance(inner, Mapping | list | str):
            return value
        if isinstance(inner, str) and inner.lstrip()[:1] not in ("{", "[", '"'):
            return value  # a text that stands in quotes
        value = inner
    return value


def json_value(value: Any) -> Any:
    """Returns the value of a column of JSON, which some tables give as its text: `"Hello"`."""
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def as_dict(value: Any) -> Mapping[str, Any]:
    """Returns an object, or the one that stands as JSON text; an empty one where it is neither."""
    value = opened(value)
    return value if isinstance(value, dict | Mapping) else {}  # a dict is told faster


def as_list(value: Any) -> list[Any]:
    """Returns a list, or the one that stands as JSON text; an empty one where it is neither."""
    value = opened(value)
    return value if isinstance(value, list) else []


def dicts(value: Any) -> list[Mapping[str, Any]]:
    """Returns the objects of a list, or of one that stands as JSON text."""
    return [item for item in as_list(value) if isinstance(item, Mapping)]


def plain(value: Any) -> Any:
    """Returns the value of MongoDB's extended JSON, such as `{"$oid": ...}`; others as they are.

    Source: MongoDB Extended JSON v2.
    """
    for _ in range(_LEVELS):
        if not isinstance(value, Mapping) or len(value) != 1:
            return value
        (key, inner), *_ = value.items()
        if key not in ("$oid", "$date", "$numberLong", "$numberInt", "$numberDouble"):
            return value
        value = inner
    return value


def name_of(value: Any) -> str | None:
    """Returns an id as text: a string, a number, or MongoDB's; None where it is no id."""
    value = plain(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None


def text_in(value: Any) -> str | None:
    """Returns a text that is not blank, else None."""
    return value if isinstance(value, str) and value.strip() else None


def first_text(*values: Any) -> str | None:
    """Returns the first text that is not blank, None where there is none."""
    return next((text for value in values if (text := text_in(value))), None)


def is_true(value: Any) -> bool:
    """Returns whether a value says yes: true, 1, or the text of one of them."""
    return value is True or str(value).strip().casefold() in ("true", "1", "1.0", "t", "yes")


def number(value: Any) -> float | None:
    """Returns a number or a numeric text as a float, else None."""
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def milliseconds(seconds: Any) -> float | None:
    """Returns a duration in seconds as milliseconds, None where it is no number."""
    duration = number(seconds)
    return None if duration is None else round(duration * 1000, 3)

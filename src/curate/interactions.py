"""Turns one logged document into one interaction as the store keeps it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import orjson

from curate.mapping import FieldMap
from curate.messages import (
    Message,
    chain_hashes,
    parse_messages,
    parse_request,
    parse_response,
    query_and_context,
    split_answer,
    text_of,
)
from curate.rating import as_number, is_blank
from curate.text import digest

Row = dict[str, Any]

TEXT_FIELDS = ("model", "finish_reason", "status", "error")
NUMBER_FIELDS = {"input_tokens": int, "output_tokens": int, "cost_usd": float, "latency_ms": float}
_NOT_ROW = {"rating_value", "rating_scale", "rating_norm", "correction"}


class RowBuilder:
    """Builds staging rows from documents that are read by one field map.

    Args:
        mapping: which column is which field.
        salt: key of the HMAC that user ids are stored under.
    """

    def __init__(self, mapping: FieldMap, salt: bytes) -> None:
        self._get = mapping.getters()
        self._mapped = {column for column in mapping.fields.values()}
        self._scale = mapping.rating_scale()
        self._salt = salt
        self._users: dict[str, str] = {}
        self.unreadable_times = 0
        self.unplaced_ratings = 0

    def value(self, fields: Mapping[str, Any], name: str) -> Any:
        """Returns a field of a document, None where it is not mapped, absent or blank."""
        get = self._get.get(name)
        value = get(fields) if get else None
        return None if is_blank(value) else value

    def text(self, fields: Mapping[str, Any], name: str) -> str | None:
        """Returns a field as text, None where it is absent or blank."""
        return as_text(self.value(fields, name))

    def from_call(self, fields: Mapping[str, Any]) -> Row:
        """Returns the row of a document that is one call."""
        messages, output, found = self._content(fields)
        return self.build(fields, messages, output, found)

    def _content(
        self, fields: Mapping[str, Any]
    ) -> tuple[list[Message], list[Message] | None, dict[str, Any]]:
        raw_query, raw_response = self.value(fields, "query"), self.value(fields, "response")
        raw_messages = self.value(fields, "messages")
        request = parse_request(self.value(fields, "request")) or parse_request(raw_query)
        response = parse_response(raw_response)
        found = {**(response or {}), **{k: v for k, v in (request or {}).items() if v is not None}}
        messages = found.pop("messages", None) or parse_messages(raw_messages)
        if messages is None:
            messages = parse_messages(raw_query) or _user_turn(raw_query or raw_messages)
        elif request is None and raw_query is not None and raw_messages is not None:
            messages = [*messages, *_unless_last(messages, _user_turn(raw_query))]
        output = found.pop("output", None)
        if response is None and raw_response is not None:
            output = parse_messages(raw_response) or _assistant(raw_response)
        if output is None and "response" not in self._get:
            messages, output = split_answer(messages)
        system = self.text(fields, "system")
        if system and not any(m["role"] == "system" for m in messages):
            messages = [{"role": "system", "content": system}, *messages]
        return messages, output, found

    def build(
        self,
        fields: Mapping[str, Any],
        messages: list[Message],
        output: list[Message] | None,
        found: Mapping[str, Any] | None = None,
    ) -> Row:
        """Returns the row of a call with its messages and answer; the rest comes from the fields."""
        found = found or {}
        created_at = self._time(self.value(fields, "created_at") or found.get("created_at"))
        session = self.text(fields, "session")
        source_id = self.text(fields, "id") or as_text(found.get("id"))
        chain, call_hash = ([], None) if session else chain_hashes(messages, output)
        query, context = query_and_context(messages)
        tools = self.value(fields, "tools") or found.get("tools")
        content = canonical([messages, output, tools])
        base = canonical([messages, output, created_at and created_at.isoformat(), session])
        row: Row = {
            "source_id": source_id,
            "base_id": None if source_id else digest(base),
            "messages": canonical(messages),
            "output": canonical(output) if output else None,
            "query": query,
            "context": context,
            "response": text_of(output[0]["content"]) if output else None,
            "label": self.text(fields, "label"),
            "created_at": created_at,
            "session_id": session,
            "group_key": self.text(fields, "group"),
            "user_key": self._user_key(self.value(fields, "user") or found.get("user")),
            "given_split": self.text(fields, "split"),
            "tools": canonical(tools) if tools else None,
            "metadata": canonical({k: v for k, v in fields.items() if k not in self._mapped}),
            "call_hash": call_hash or None,
            "chain": chain,
            "content_hash": hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest(),
            "correction": self.text(fields, "correction"),
        }
        for name in TEXT_FIELDS:
            row[name] = self.text(fields, name) or as_text(found.get(name))
        for name, kind in NUMBER_FIELDS.items():
            number = as_number(self.value(fields, name) or found.get(name))
            row[name] = None if number is None else kind(number)
        row["row_hash"] = digest(canonical({k: v for k, v in row.items() if k not in _NOT_ROW}))
        row.update(self.rating(fields))
        return row

    def rating(self, fields: Mapping[str, Any]) -> Row:
        """Returns the rating of a document: its value as logged, its scale, its place 0..1."""
        value = self.value(fields, "rating")
        if value is None:
            return dict.fromkeys(("rating_value", "rating_scale", "rating_norm"))
        norm = self._scale.normalise(value) if self._scale else None
        self.unplaced_ratings += norm is None
        scale = self._scale.name if self._scale else None
        return {"rating_value": as_text(value), "rating_scale": scale, "rating_norm": norm}

    def time(self, fields: Mapping[str, Any]) -> datetime | None:
        """Returns the document's time, naive UTC, None where there is none that can be read."""
        return self._time(self.value(fields, "created_at"))

    def _time(self, value: Any) -> datetime | None:
        if is_blank(value):
            return None
        parsed = parse_time(value)
        self.unreadable_times += parsed is None
        return parsed

    def _user_key(self, user: Any) -> str | None:
        name = as_text(user)
        if name is None:
            return None
        if name not in self._users:
            self._users[name] = hmac.new(self._salt, name.encode(), "sha256").hexdigest()[:32]
        return self._users[name]

    def user_key(self, fields: Mapping[str, Any], name: str) -> str | None:
        """Returns a person's id as it is stored: an HMAC under the project's salt."""
        return self._user_key(self.value(fields, name))


def parse_time(value: Any) -> datetime | None:
    """Returns a time as naive UTC: ISO 8601, or seconds or milliseconds since 1970.

    A time without a zone is UTC. Returns None where the value is not a time.
    """
    if isinstance(value, datetime):
        return _utc(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    number = as_number(value)
    try:
        if number is not None:
            # Later than the year 5000 in seconds means milliseconds.
            seconds = number / 1000 if abs(number) > 1e11 else number
            return _utc(datetime.fromtimestamp(seconds, UTC))
        return _utc(datetime.fromisoformat(str(value).strip().removesuffix(" UTC")))
    except (ValueError, OverflowError, OSError):
        return None


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def canonical(value: Any) -> str:
    """Returns a value as JSON text with sorted keys; what JSON has no word for becomes a string."""
    try:
        return orjson.dumps(value, default=_as_json, option=_OPTIONS).decode()
    except orjson.JSONEncodeError:
        # Integers past 64 bits are the one thing that JSON can say and orjson cannot.
        import json

        return json.dumps(value, default=_as_json, ensure_ascii=False, sort_keys=True)


_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


def _as_json(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else str(value)


def as_text(value: Any) -> str | None:
    """Returns a cell as text: strings as they are, whole floats without `.0`, the rest as JSON."""
    if is_blank(value):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return canonical(value) if isinstance(value, dict | list | bool) else str(value)


def _user_turn(value: Any) -> list[Message]:
    text = as_text(value)
    return [] if text is None else [{"role": "user", "content": text}]


def _assistant(value: Any) -> list[Message]:
    if isinstance(value, Mapping) and "content" in value:
        return parse_messages([{**value, "role": "assistant"}]) or []
    return [{"role": "assistant", "content": as_text(value)}]


def _unless_last(messages: list[Message], turn: list[Message]) -> list[Message]:
    same = messages[-1]["role"] == "user" and text_of(messages[-1]["content"]) == turn[0]["content"]
    return [] if same else turn

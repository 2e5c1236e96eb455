"""Turns one logged document into one interaction as the store keeps it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from curate.mapping import FieldMap, steps
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
from curate.messages import canonical as canonical
from curate.rating import as_number, is_blank
from curate.text import digest

Row = dict[str, Any]
Values = dict[str, Any]

TEXT_FIELDS = ("model", "finish_reason", "status", "error")
NUMBER_FIELDS = {"input_tokens": int, "output_tokens": int, "cost_usd": float, "latency_ms": float}
# What a row says beside its content; messages, answer and tools are in the content hash.
_HASHED = (
    *("source_id", "content_hash", "label", "created_at", "session_id", "group_key", "user_key"),
    *("given_split", "metadata", *TEXT_FIELDS, *NUMBER_FIELDS),
)
_INTEGER_LIMIT = 2**63


class RowBuilder:
    """Builds staging rows from documents that are read by one field map.

    Args:
        mapping: which column is which field.
        salt: key of the HMAC that user ids are stored under.
    """

    def __init__(self, mapping: FieldMap, salt: bytes) -> None:
        self._getters = list(mapping.getters().items())
        self._mapped = set(mapping.fields.values())
        self._scale = mapping.rating_scale()
        self._salt = salt
        self._user_way = steps(mapping.fields.get("user", ""))
        self._users: dict[str, str] = {}
        self.unreadable_times = 0
        self.unplaced_ratings = 0

    def values(self, fields: Mapping[str, Any]) -> Values:
        """Returns what a document has of the mapped fields, without those that are blank."""
        values: Values = {}
        for name, get in self._getters:
            value = get(fields)
            if value is not None and not is_blank(value):
                values[name] = value
        return values

    def from_call(self, fields: Mapping[str, Any]) -> Row:
        """Returns the row of a document that is one call."""
        values = self.values(fields)
        messages, output, found = content_of(values)
        return self.build(fields, {**found, **values}, messages, output)

    def build(
        self,
        fields: Mapping[str, Any],
        values: Values,
        messages: list[Message],
        output: list[Message] | None,
    ) -> Row:
        """Returns the row of a call with its messages and answer; the rest is in the values."""
        created_at = self.time(values)
        session = as_text(values.get("session"))
        source_id = as_text(values.get("id"))
        chain, call_hash = ([], "") if session else chain_hashes(messages, output)
        query, context = query_and_context(messages)
        said, answer, tools = canonical(messages), _json(output), _json(values.get("tools"))
        row: Row = {
            "source_id": source_id,
            "base_id": None,
            "messages": said,
            "output": answer,
            "query": query,
            "context": context,
            "response": text_of(output[0]["content"]) if output else None,
            "label": as_text(values.get("label")),
            "created_at": created_at,
            "session_id": session,
            "group_key": as_text(values.get("group")),
            "user_key": self.user_key(values.get("user")),
            "given_split": as_text(values.get("split")),
            "tools": tools,
            "metadata": canonical(self._unmapped(fields)),
            "call_hash": call_hash or None,
            "chain": chain,
            "content_hash": _sha256(f"[{said},{answer or 'null'},{tools or 'null'}]"),
            "correction": as_text(values.get("correction")),
        }
        if source_id is None:
            at = canonical([created_at and created_at.isoformat(), session])
            row["base_id"] = digest(f"[{said},{answer or 'null'},{at[1:]}")
        for name in TEXT_FIELDS:
            row[name] = as_text(values.get(name))
        for name, kind in NUMBER_FIELDS.items():
            row[name] = _number(values[name], kind) if name in values else None
        row["row_hash"] = digest(canonical([row[name] for name in _HASHED]))
        row.update(self.rating(values))
        return row

    def _unmapped(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the columns that are no field; a user id inside of one of them is left out."""
        rest = {k: v for k, v in fields.items() if k not in self._mapped}
        nested = len(self._user_way) > 1 and self._user_way[0] in rest
        return _without(rest, self._user_way) if nested else rest

    def rating(self, values: Values) -> Row:
        """Returns the rating of a document: its value as logged, its scale, its place 0..1."""
        value = values.get("rating")
        if value is None:
            return {"rating_value": None, "rating_scale": None, "rating_norm": None}
        norm = self._scale.normalise(value) if self._scale else None
        self.unplaced_ratings += norm is None
        scale = self._scale.name if self._scale else None
        return {"rating_value": as_text(value), "rating_scale": scale, "rating_norm": norm}

    def time(self, values: Values) -> datetime | None:
        """Returns the document's time, naive UTC, None where there is none that can be read."""
        value = values.get("created_at")
        if value is None:
            return None
        parsed = parse_time(value)
        self.unreadable_times += parsed is None
        return parsed

    def user_key(self, person: Any) -> str | None:
        """Returns a person's id as it is stored: an HMAC under the project's salt."""
        name = as_text(person)
        if name is None:
            return None
        if name not in self._users:
            self._users[name] = hmac.new(self._salt, name.encode(), "sha256").hexdigest()[:32]
        return self._users[name]


def _without(value: Any, way: Sequence[str]) -> Any:
    """Returns a nested value without what stands at the end of a path."""
    step, further = way[0], way[1:]
    if isinstance(value, Mapping) and step in value:
        rest = {k: v for k, v in value.items() if k != step}
        return {**rest, step: _without(value[step], further)} if further else rest
    if isinstance(value, list) and step.lstrip("-").isdigit() and abs(int(step)) < len(value):
        n = int(step) % len(value)
        inner = [_without(value[n], further)] if further else []
        return [*value[:n], *inner, *value[n + 1 :]]
    return value


def content_of(values: Values) -> tuple[list[Message], list[Message] | None, Values]:
    """Returns the messages and the answer of a call, and what raw bodies say of other fields."""
    raw_query, raw_response = values.get("query"), values.get("response")
    raw_request, raw_messages = values.get("request"), values.get("messages") or None
    request = parse_request(raw_request) or parse_request(raw_query)
    response = parse_response(raw_response)
    parts = [*(response or {}).items(), *(request or {}).items()]
    found = {name: value for name, value in parts if not is_blank(value)}
    if request is None and raw_query is None and raw_messages is None:
        raw_query = raw_request
    messages = found.pop("messages", None) or parse_messages(raw_messages)
    if messages is None:
        messages = parse_messages(raw_query) or _user_turn(
            raw_messages if raw_query is None else raw_query
        )
        raw_query = None
    output = found.pop("output", None)
    if response is None and raw_response is not None:
        output = parse_messages(raw_response) or _assistant(raw_response)
    if output is None:
        messages, output = split_answer(messages)
    messages = _without_answer(messages, output)
    if request is None and raw_query is not None:
        messages = [*messages, *_unless_last(messages, _user_turn(raw_query))]
    system = as_text(values.get("system"))
    if system and not any(m["role"] == "system" for m in messages):
        messages = [{"role": "system", "content": system}, *messages]
    return messages, output, found


_LAST_SECOND = 1e11


def parse_time(value: Any) -> datetime | None:
    """Returns a time as naive UTC: ISO 8601, or seconds, milli-, micro- or nanoseconds since 1970.

    A time without a zone is UTC. Returns None where the value is not a time.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    text = str(value).strip()
    # Eight digits are a date: as seconds they would lie in 1970.
    number = None if len(text) == 8 and text.isdecimal() else as_number(value)
    try:
        if isinstance(value, datetime):
            return _utc(value)
        if number is None:
            return _utc(datetime.fromisoformat(text.removesuffix(" UTC")))
        # Later than the year 5000 in seconds means milliseconds (or micro-, or nanoseconds).
        for _ in range(3):
            number = number / 1000 if abs(number) > _LAST_SECOND else number
        return _utc(datetime.fromtimestamp(number, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _number(value: Any, kind: type[int] | type[float]) -> float | None:
    number = as_number(value)
    return kind(number) if number is not None and abs(number) < _INTEGER_LIMIT else None


def _json(value: Any) -> str | None:
    return canonical(value) if value else None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


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
    last = messages[-1] if messages else {"role": "", "content": None}
    same = last["role"] == "user" and text_of(last["content"]) == turn[0]["content"]
    return [] if same else turn


def _without_answer(messages: list[Message], output: list[Message] | None) -> list[Message]:
    """Returns messages without the answer, where a log has it in both places."""
    if not output or not messages or messages[-1]["role"] != "assistant":
        return messages
    same = text_of(messages[-1]["content"]) == text_of(output[0]["content"])
    return messages[:-1] if same and messages[-1].get("tool_calls") is None else messages

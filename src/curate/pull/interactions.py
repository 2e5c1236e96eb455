"""Turns one logged document into one interaction as the store keeps it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from curate import messages
from curate.messages import (
    Message,
    as_json,
    canonical,
    chain_hashes,
    decoded,
    parse_messages,
    parse_request,
    parse_response,
    parse_tools,
    query_and_context,
    split_answer,
    text_of,
    trained_turns,
)
from curate.pull.mapping import FieldMap, columns_of, steps
from curate.pull.rating import as_number, is_blank
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
# The same, of the few rows that have it.
_RARE = ("document", "preference", "rank")
# What a document says of its call as a whole, or of the first answer; not of a further one.
_OF_CALL = {"id", "rating", "correction", "rank", "finish_reason", *NUMBER_FIELDS}
# What would be said of an answer, and cannot be said of the two sides of a preference.
_OF_ANSWER = {"chosen", "rejected", "response", "rating", "correction", "rank"}
_INTEGER_LIMIT = 2**63


class RowBuilder:
    """Builds staging rows from documents that are read by one field map.

    Args:
        mapping: which column is which field.
        salt: key of the HMAC that user ids are stored under.
    """

    def __init__(self, mapping: FieldMap, salt: bytes) -> None:
        self._getters = list(mapping.getters().items())
        self._mapped = {part for path in mapping.fields.values() for part in columns_of(path)}
        self._scale = mapping.rating_scale()
        self._salt = salt
        self._user_way = steps(mapping.fields.get("user", ""))
        self._users: dict[str, str] = {}
        self.unreadable_times = 0
        self.unplaced_ratings = 0
        self.unread_ranks = 0

    def values(self, fields: Mapping[str, Any]) -> Values:
        """Returns what a document has of the mapped fields, without those that are blank."""
        values: Values = {}
        for name, get in self._getters:
            value = get(fields)
            if value is not None and not is_blank(value):
                values[name] = value
        return values

    def from_document(self, fields: Mapping[str, Any]) -> list[Row] | str:
        """Returns the rows of a document, or why it has none.

        It is one call, or a call for each answer that its weights train; each output of a call is
        a row, and each side of a preference.
        """
        values = self.values(fields)
        if "chosen" in values or "rejected" in values:
            return self._preference(fields, values)
        rows = [row for part in _trained(values) for row in self._rows(fields, part)]
        return rows or "all-weights-zero"

    def from_call(self, fields: Mapping[str, Any]) -> Row:
        """Returns the row of a document's one call and its first answer."""
        return self._rows(fields, self.values(fields))[0]

    def _rows(self, fields: Mapping[str, Any], values: Values) -> list[Row]:
        messages, output, contents = content_of(values)
        values = {**contents, **values}
        if output and len(output) > 1 and all(m["role"] == "assistant" for m in output):
            return self._several(fields, values, messages, output)
        return [self.build(fields, values, messages, output)]

    def _preference(self, fields: Mapping[str, Any], values: Values) -> list[Row] | str:
        sides = values.get("chosen"), values.get("rejected")
        values = {name: value for name, value in values.items() if name not in _OF_ANSWER}
        prompt, ending, contents = content_of({**values, **messages.transcript_prompt(values)})
        read = messages.sides(prompt, *sides, ending=ending)
        if isinstance(read, str):
            return read
        return self._several(fields, {**contents, **values}, *read, sides=messages.SIDES)

    def _several(
        self,
        fields: Mapping[str, Any],
        values: Values,
        messages: list[Message],
        answers: list[Message],
        sides: Sequence[str | None] = (),
    ) -> list[Row]:
        """Returns a row for each answer to one prompt; what is said of the call goes to the first.

        They stay together: what has no session and no group gets a group of its own.
        """
        ends = values.get("finish_reasons") or ()
        name = as_text(values.get("id"))
        common: Values = {"document": name or digest(canonical([messages, answers]))}
        if not values.keys() & {"session", "group"}:
            common["group"] = digest(canonical(messages))
        rows = []
        for number, answer in enumerate(answers, 1):
            own = values if number == 1 else {k: v for k, v in values.items() if k not in _OF_CALL}
            if number > 1 and number <= len(ends):
                own["finish_reason"] = ends[number - 1]
            if name and number > 1:
                own["id"] = f"{name}#{number}"
            side = sides[number - 1] if sides else None
            rows.append(
                self.build(fields, {**own, **common, "preference": side}, messages, [answer])
            )
        return rows

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
        prompt, answer = canonical(messages), _json(output)
        definitions = parse_tools(values.get("tools"))
        row: Row = {
            "source_id": source_id,
            "base_id": None,
            "messages": prompt,
            "output": answer,
            "query": query,
            "context": context,
            "response": text_of(output[0]["content"]) if output else None,
            "label": as_text(values.get("label")),
            "created_at": created_at,
            "session_id": session,
            "group_key": as_text(values.get("group")),
            "document": values.get("document"),
            "preference": values.get("preference"),
            "rank": as_number(values.get("rank")),
            "user_key": self.user_key(values.get("user")),
            "given_split": as_text(values.get("split")),
            # As the model was shown them: the order of their keys counts for nothing else.
            "tools": as_json(definitions) if definitions else None,
            "metadata": canonical(self._unmapped(fields)),
            "call_hash": call_hash or None,
            "chain": chain,
            "content_hash": _sha256(
                f"[{prompt},{answer or 'null'},{_json(definitions) or 'null'}]"
            ),
            "correction": as_text(values.get("correction")),
        }
        if source_id is None:
            at = canonical([created_at and created_at.isoformat(), session])
            row["base_id"] = digest(f"[{prompt},{answer or 'null'},{at[1:]}")
        for name in TEXT_FIELDS:
            row[name] = as_text(values.get(name))
        for name, kind in NUMBER_FIELDS.items():
            row[name] = _number(values[name], kind) if name in values else None
        rare = {name: row[name] for name in _RARE if row[name] is not None}
        row["row_hash"] = digest(canonical([row[n] for n in _HASHED] + ([rare] if rare else [])))
        self.unread_ranks += row["rank"] is None and "rank" in values
        row.update(self.rating(values))
        return row

    def _unmapped(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the columns that are no field; a user id inside of one of them is left out."""
        rest = {k: v for k, v in fields.items() if k not in self._mapped}
        is_nested = len(self._user_way) > 1 and self._user_way[0] in rest
        return _without(rest, self._user_way) if is_nested else rest

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
        moment = parse_time(value)
        self.unreadable_times += moment is None
        return moment

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


def _trained(values: Values) -> list[Values]:
    """Returns the values of each call that a document stands for: one, or as its weights say.

    The first has the document's id, the others that id with `#2`, `#3`; a correction is of the
    last answer.
    """
    messages = decoded(values.get("messages"))
    ends = None if {"response", "request"} & values.keys() else trained_turns(messages)
    if ends is None:
        return [values]
    parts = []
    for number, end in enumerate(ends, 1):
        part = {**values, "messages": messages[: end + 1]}
        if source_id := as_text(values.get("id")):
            part["document"] = source_id
            part["id"] = source_id if number == 1 else f"{source_id}#{number}"
        if end != ends[-1]:
            part.pop("correction", None)
        parts.append(part)
    return parts


def content_of(values: Values) -> tuple[list[Message], list[Message] | None, Values]:
    """Returns the messages and the answer of a call, and what raw bodies say of other fields."""
    raw_query, raw_response = values.get("query"), values.get("response")
    raw_request, raw_messages = values.get("request"), values.get("messages") or None
    request = parse_request(raw_request) or parse_request(raw_query)
    response = parse_response(raw_response)
    parts = [*(response or {}).items(), *(request or {}).items()]
    contents = {name: value for name, value in parts if not is_blank(value)}
    if request is None and raw_query is None and raw_messages is None:
        raw_query = raw_request
    messages = contents.pop("messages", None) or parse_messages(raw_messages)
    if messages is None:
        messages = parse_messages(raw_query) or _user_turn(
            raw_messages if raw_query is None else raw_query
        )
        raw_query = None
    output = contents.pop("output", None)
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
    return messages, output, contents


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
    if isinstance(value, Mapping) and ("content" in value or "tool_calls" in value):
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

"""Turns one logged document into one interaction as the store keeps it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from curate import messages
from curate.kernels.user_ids import names_masked
from curate.messages import (
    Message,
    as_json,
    canonical,
    chain_hashes,
    decoded,
    parse_messages,
    parse_tools,
    query_and_context,
    spoken,
    text_of,
    trained_turns,
)
from curate.pull.bodies.bodies import opened, read_request, read_response
from curate.pull.contents import (
    UnknownShape,
    Values,
    as_text,
    content_of,
    reason_of,
    written,
)
from curate.pull.mapping import FieldMap
from curate.pull.paths import columns_of, steps
from curate.pull.rated_messages import answers_in, ratings_in
from curate.pull.raters import rater_type
from curate.pull.rating import Scale, as_number, is_blank, parse_scale
from curate.pull.times import parse_time
from curate.pull.users import UserKeys, names_in
from curate.text.text import digest

Row = dict[str, Any]

TEXT_FIELDS = ("model", "finish_reason", "status", "error")
NUMBER_FIELDS = {"input_tokens": int, "output_tokens": int, "cost_usd": float, "latency_ms": float}
TEXTS = {
    **{"id": "source_id", "label": "label", "group": "group_key", "trace": "trace_id"},
    **{"split": "given_split"},
    **{name: name for name in TEXT_FIELDS},
}
_NOTHING = dict.fromkeys(("base_id", *TEXTS.values(), *NUMBER_FIELDS))
# What a row says beside its content; messages, answer and tools are in the content hash.
HASHED = (
    *("source_id", "content_hash", "label", "created_at", "session_id", "group_key", "user_key"),
    *("given_split", "metadata", *TEXT_FIELDS, *NUMBER_FIELDS),
)
# The same, of the few rows that have it.
_RARE = ("document", "preference", "rank", "trace_id")
# What a document says of its call as a whole, or of the first answer; not of a further one.
_OF_CALL = {
    *("id", "rating", "ratings", "comment", "correction", "rank", "finish_reason"),
    *NUMBER_FIELDS,
}
# What would be said of an answer, and cannot be said of the two sides of a preference.
_OF_ANSWER = {
    *("chosen", "rejected", "response", "rating", "ratings", "comment", "correction", "rank"),
}
# An object that a program wrote with str(), or a list of them.
_PRINTED = re.compile(r"\[?\{.+\}\]?|\['.*'\]", re.DOTALL)
_NUMBERS = frozenset((int, float, bool))
# How the text of an object or of a list begins; white space may stand before it.
OPENING = frozenset(("{", "[", '"', " ", "\t", "\n", "\r"))
# What rows and feedback are joined on, which may not know the user: the same text for the same.
JOINING = frozenset(("id", "key", "trace", "previous", "parent"))
ONE_WORD = frozenset(
    (
        *("id", "key", "session", "group", "trace", "previous", "split", "rating", "rank", "label"),
        *("model", "finish_reason", "status", "comment", "name", "data_type", "rater_type"),
        *("parent", "order"),
    )
)
"""Fields of one word or number: an object there is something else, and is kept as metadata."""
_INTEGER_LIMIT = 2**63


class RowBuilder:
    """Builds staging rows from documents that are read by one field map.

    Args:
        mapping: which column is which field.
        salt: key of the HMAC that user ids are stored under.
        watched: fields that the user named, to count the documents that have nothing there.
        computed: columns that a preset made for a field, which are no metadata.
    """

    def __init__(
        self,
        mapping: FieldMap,
        salt: bytes,
        watched: frozenset[str] = frozenset(),
        computed: Iterable[str] = (),
    ) -> None:
        self.getters = list(mapping.getters().items())
        self.mapping = mapping
        self.mapped = {part for path in mapping.fields.values() for part in columns_of(path)}
        self.mapped.update(computed)
        self.scale = mapping.rating_scale()
        self.users = UserKeys(salt)
        self.user_way = steps(mapping.fields.get("user", ""))
        self.watched = watched
        self.missing = dict.fromkeys(watched, 0)
        self.documents = 0
        self.objects: Counter[str] = Counter()
        self.unreadable_times = 0
        self.unplaced_ratings = 0
        self.unread_ranks = 0
        self.unread_numbers = 0

    def values(
        self, fields: Mapping[str, Any], document: Mapping[str, Any] | None = None
    ) -> Values:
        """Returns what a row has of the mapped fields, without those that are blank.

        Args:
            fields: columns of the row.
            document: what a preset took the row from, in which named paths are looked for, too.
        """
        values: Values = {}
        self.documents += 1
        for name, get in self.getters:
            value = get(fields)
            if self.watched and name in self.watched:
                if value is None and document is not None:
                    value = get(document)
                self.missing[name] += is_blank(value)
            if value is not None and not is_blank(value):
                values[name] = self.users.in_id(value) if name in JOINING else value
        return self._single(values)

    def _single(self, values: Values) -> Values:
        """Returns values in which a field of one word or number holds no object and no list."""
        for name in values.keys() & ONE_WORD:
            value = self.single(name, values[name])
            if value is None:
                values.setdefault("unread", {})[name] = values.pop(name)
            else:
                values[name] = value
        return values

    def single(self, name: str, value: Any) -> Any:
        """Returns a value of one word or number, out of a list of one; others are counted.

        Labels may be several. None stands for an object and for a list of more.
        """
        if type(value) in _NUMBERS or (type(value) is str and value[:1] not in OPENING):
            return value  # as most are
        inner = opened(value)
        if isinstance(inner, str) and _PRINTED.fullmatch(inner):
            inner = {}
        if not isinstance(inner, list | Mapping):
            return value
        is_list = isinstance(inner, list)
        if is_list and name == "label" and not any(isinstance(v, list | Mapping) for v in inner):
            return value
        alone = opened(inner[0]) if is_list and len(inner) == 1 else None
        if alone is None or isinstance(alone, list | Mapping):
            self.objects[name] += 1
            return None
        return alone

    def from_document(
        self, fields: Mapping[str, Any], document: Mapping[str, Any] | None = None
    ) -> list[Row] | str:
        """Returns the rows of a document, or why it has none.

        It is one call, or a call for each answer that its weights train; each output of a call is
        a row, and each side of a preference.
        """
        values = self.values(fields, document)
        try:
            if "chosen" in values or "rejected" in values:
                return self._preference(fields, values)
            rows = [row for part in _trained(values) for row in self._rows(fields, part)]
        except UnknownShape as error:
            return f"unknown-shape: {self.shown(error, fields, values)}"
        return rows or "all-weights-zero"

    def shown(self, error: UnknownShape, fields: Mapping[str, Any], values: Values) -> str:
        """Returns what is wrong with a document without the ids of its user."""
        return names_masked(str(error), names_in([fields, {"user": values.get("user")}]))

    def joining_id(self, value: Any) -> str | None:
        """Returns an id as it is stored of a value that was logged."""
        return as_text(self.users.in_id(value))

    def session_ids(self, session: str) -> list[str]:
        """Returns what a conversation of a table may be called in the store."""
        forms = (session, self.users.in_id(session), self.users.key(session))
        return list(dict.fromkeys(forms))

    def from_call(self, fields: Mapping[str, Any]) -> Row:
        """Returns the row of a document's one call and its first answer.

        Raises:
            UnknownShape: its messages or its answer are of no shape that is known.
        """
        return self._rows(fields, self.values(fields))[0]

    def _rows(self, fields: Mapping[str, Any], values: Values) -> list[Row]:
        content = content_of(values, self.mapping.encoded)
        if content.fields or content.unread:
            said = self._single(dict(content.fields))
            unread = {**said.pop("unread", {}), **values.get("unread", {}), **content.unread}
            values = {**said, **values, **({"unread": unread} if unread else {})}
        messages, output = content.messages, content.output
        if output and len(output) > 1 and all(m["role"] == "assistant" for m in output):
            return self._several(fields, values, messages, output)
        return [self.build(fields, values, messages, output)]

    def _preference(self, fields: Mapping[str, Any], values: Values) -> list[Row] | str:
        sides = [_side(name, values.get(name)) for name in messages.SIDES]
        values = {name: value for name, value in values.items() if name not in _OF_ANSWER}
        content = content_of({**values, **messages.transcript_prompt(values)}, self.mapping.encoded)
        read = messages.sides(content.messages, *sides, ending=content.output)
        if isinstance(read, str):
            return read
        return self._several(fields, {**content.fields, **values}, *read, sides=messages.SIDES)

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
        session = self._session(values)
        definitions = parse_tools(values.get("tools"))
        row: Row = {
            **_NOTHING,
            **content_columns(messages, output, definitions, session),
            "created_at": created_at,
            "session_id": session,
            "document": values.get("document"),
            "preference": values.get("preference"),
            "rank": as_number(values.get("rank")),
            "user_key": self.user_key(values.get("user")),
            # As the model was shown them: the order of their keys counts for nothing else.
            "tools": as_json(definitions) if definitions else None,
            "metadata": canonical(self._unmapped(fields, values)),
            "correction": self.written(values.get("correction")),
        }
        for name, value in values.items():
            if name in TEXTS:
                row[TEXTS[name]] = as_text(value)
            elif name in NUMBER_FIELDS:
                row[name] = number_of(value, NUMBER_FIELDS[name])
                self.unread_numbers += row[name] is None
        if session is None and ("previous" in self.mapping.fields or "previous" in values):
            self._link(row, values)
        if row["source_id"] is None:
            at = canonical([created_at and created_at.isoformat(), session])
            said, replied = canonical(spoken(messages)), _json(output and spoken(output))
            row["base_id"] = digest(f"[{said},{replied or 'null'},{at[1:]}")
        if "group" in values:
            row["group_key"] = self.users.in_name(row["group_key"], self._user(values))
        if "error" in values:
            row["error"] = self._error(values)
        row["row_hash"] = row_hash(row)
        self.unread_ranks += row["rank"] is None and "rank" in values
        row.update(self.rating(values))
        if entries := self._entries(values, row):
            row["feedback"] = entries
        return row

    def written(self, correction: Any) -> str | None:
        """Returns the text of a correction; one of an unknown shape is counted."""
        text = written(correction)
        if text is None and not is_blank(correction):
            self.objects["correction"] += 1
        return text

    def _session(self, values: Values) -> str | None:
        """Returns the session; where a log takes the user for it, the user is not shown."""
        session, user = as_text(values.get("session")), self._user(values)
        if session and session == user:
            return self.users.key(session)
        # Of turns, some say who spoke and others do not; they are one conversation.
        user = None if self.mapping.kind == "turns" else user
        return self.users.in_name(session, user)

    def _user(self, values: Values) -> str | None:
        return as_text(values.get("user"))

    def _error(self, values: Values) -> str | None:
        """Returns why a call failed, without the ids of people."""
        error = reason_of(values.get("error"))
        if error is None:
            return None
        return self.users.in_name(self.users.hidden(error), self._user(values))

    def _link(self, row: Row, values: Values) -> None:
        """Joins a call to the one that it says it continues."""
        before, own = as_text(values.get("previous")), as_text(values.get("id"))
        row["chain"] = [*row["chain"], *([digest(f"call {before}")] if before else [])]
        row["call_hash"] = digest(f"call {own}")

    def _unmapped(self, fields: Mapping[str, Any], values: Values) -> dict[str, Any]:
        """Returns the columns that are no field, and what no reader takes; users are hashed."""
        rest = {k: v for k, v in fields.items() if k not in self.mapped}
        rest.update(values.get("unread") or {})
        if len(self.user_way) > 1 and self.user_way[0] in rest:
            rest = _without(rest, self.user_way)
        names = names_in([rest, {"user": values.get("user")}]) if rest else frozenset()
        return self.users.hidden(rest, names) if rest else rest

    def rating(self, values: Values) -> Row:
        """Returns the rating of a document: its value as logged, its scale, its place 0..1."""
        value = values.get("rating")
        # With a comment it is an entry of its own; what a preset found knows who gave it.
        if value is None or "comment" in values or _has_rating(values):
            return {"rating_value": None, "rating_scale": None, "rating_norm": None}
        placed = self.placed(value, self.scale)
        return {
            "rating_value": placed["value"],
            "rating_scale": placed["scale"],
            "rating_norm": placed["norm"],
        }

    def placed(self, value: Any, scale: Scale | None) -> Row:
        """Returns a rating as feedback has it: its value, its scale, its place 0..1."""
        norm = scale.normalise(value) if scale else None
        if norm is None:
            self.unplaced_ratings += 1
        return {"value": as_text(value), "scale": scale and scale.name, "norm": norm}

    def _entries(self, values: Values, row: Row) -> list[Row]:
        """Returns the feedback that stands inside a document beside its plain rating."""
        said = values.get("ratings")
        if said is None and "comment" not in values:
            return []
        entries = [e for e in said if isinstance(e, Mapping)] if isinstance(said, list) else []
        if "rating" in values and "comment" in values and not _has_rating(values):
            own = {"value": values["rating"], "comment": values["comment"], "own": True}
            entries = [*entries, own]
        rows: dict[str, Row] = {}
        for entry in entries:
            made = self._entry(entry)
            if made is not None:
                same = [made[k] for k in ("kind", "name", "rater_type", "rater_key", "created_at")]
                rows[repr(same)] = made
        return list(rows.values())

    def _entry(self, entry: Mapping[str, Any]) -> Row | None:
        kind, value = str(entry.get("kind", "rating")), entry.get("value")
        if is_blank(value):
            return None
        value = self.written(value) if kind == "correction" else self.single(kind, value)
        if value is None:
            return None
        word = as_text(entry.get("rater_type"))
        row: Row = {
            "kind": kind,
            "name": as_text(entry.get("name")),
            "comment": as_text(self.single("comment", entry.get("comment"))),
            "rater_type": "human_user" if word is None else rater_type(word) or "unknown",
            "rater_key": self.user_key(entry.get("rater")),
            "created_at": self.time({"created_at": entry.get("created_at")}),
            "value": as_text(value),
        }
        if kind == "rating":
            placed = self.placed(value, self._scale_of(entry))
            row.update(value=placed["value"], scale=placed["scale"], rating_norm=placed["norm"])
        return row

    def _scale_of(self, entry: Mapping[str, Any]) -> Scale | None:
        if entry.get("own"):
            return self.scale
        if entry.get("scale"):
            return parse_scale(str(entry["scale"]))
        return self.mapping.rating_scale(str(entry.get("name")))

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
        return None if name is None else self.users.key(name)


def content_columns(
    messages: list[Message],
    output: list[Message] | None,
    definitions: list[Any] | None,
    session: str | None,
) -> Row:
    """Returns the columns of a row that follow from its messages, its answer and its tools."""
    chain, call_hash = ([], "") if session else chain_hashes(messages, output)
    query, context = query_and_context(messages)
    prompt, answer = canonical(messages), _json(output)
    # What the model thought is kept, and is no part of what it said.
    said, replied = prompt, answer
    if "reasoning_content" in prompt or "reasoning_content" in (answer or ""):
        said, replied = canonical(spoken(messages)), _json(output and spoken(output))
    return {
        "messages": prompt,
        "output": answer,
        "query": query,
        "context": context,
        "response": text_of(output[0]["content"]) if output else None,
        "call_hash": call_hash or None,
        "chain": chain,
        "content_hash": _sha256(f"[{said},{replied or 'null'},{_json(definitions) or 'null'}]"),
    }


def row_hash(row: Row) -> str:
    """Returns a hash of all that a row says."""
    rare = {name: row[name] for name in _RARE if row[name] is not None}
    return digest(canonical([row[name] for name in HASHED] + ([rare] if rare else [])))


def _has_rating(values: Values) -> bool:
    """Returns whether the feedback inside a document has a rating that a person may have given."""
    entries = values.get("ratings")
    if not isinstance(entries, list):
        return False
    ratings = [e for e in entries if isinstance(e, Mapping) and e.get("kind", "rating") == "rating"]
    return any(rater_type(str(e.get("rater_type"))) not in ("llm", "code") for e in ratings)


def _side(name: str, value: Any) -> Any:
    """Returns a side of a preference, which is a text, a message or a list of messages.

    Raises:
        UnknownShape: it is something else.
    """
    if value is None or isinstance(value, str):
        return value
    whole = [{"role": "assistant", **value}] if isinstance(value, Mapping) else value
    if isinstance(whole, list) and parse_messages(whole):
        return value
    body = read_response(value) or read_request(value)
    if body is None or not (body.messages or body.output):
        raise UnknownShape(name, value)
    return [*(body.messages or []), *(body.output or [])]


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
    """Returns the values of each call that a document stands for.

    That is one, or as many as its weights train, or one for each answer where some are rated. The
    first has the document's id, the others that id with `#2`, `#3`; a correction is of the
    last answer.
    """
    messages = decoded(values.get("messages"))
    ends = None if {"response", "request"} & values.keys() else trained_turns(messages)
    entries: dict[int, Values] = {}
    if "ratings" in values and values["ratings"] is values.get("messages"):
        values = {name: value for name, value in values.items() if name != "ratings"}
        entries = ratings_in(messages)
        ends = answers_in(messages) if entries and ends is None else ends
    if ends is None:
        return [values]
    parts = []
    for number, end in enumerate(ends, 1):
        part = {**values, "messages": messages[: end + 1]}
        if end in entries:
            part["ratings"] = [entries[end]]
        if source_id := as_text(values.get("id")):
            part["document"] = source_id
            part["id"] = source_id if number == 1 else f"{source_id}#{number}"
        if end != ends[-1]:
            part.pop("correction", None)
        parts.append(part)
    return parts


def number_of(value: Any, kind: type[int] | type[float]) -> float | None:
    """Returns a count or a cost as it is stored, None where it is no number or no such number."""
    number = as_number(value)
    if number is None or abs(number) >= _INTEGER_LIMIT or (kind is int and number % 1):
        return None
    return kind(number)


def _json(value: Any) -> str | None:
    return canonical(value) if value else None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

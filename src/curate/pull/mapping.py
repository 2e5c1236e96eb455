"""Which column of a log is which field, guessed from common names and shown before it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from curate.errors import ConfigError, unknown_name
from curate.messages import ROLES
from curate.pull.rating import Scale, guess_scale, is_blank, parse_scale
from curate.text import digest

Kind = Literal["interactions", "turns", "feedback"]


_CALL: dict[str, tuple[str, ...]] = {
    "id": (
        "id",
        "interaction_id",
        "request_id",
        "log_id",
        "call_id",
        "completion_id",
        "uuid",
        "message_id",
        "row_id",
    ),
    "messages": ("messages", "prompt_messages", "chat_messages", "conversations"),
    "query": (
        "query",
        "prompt",
        "input",
        "question",
        "text",
        "user_message",
        "user_input",
        "instruction",
        "utterance",
    ),
    "response": (
        "response",
        "output",
        "completion",
        "answer",
        "reply",
        "assistant_message",
        "model_output",
        "generation",
        "response_body",
        "resp_payload",
    ),
    "chosen": ("chosen", "preferred_output", "chosen_response"),
    "rejected": ("rejected", "non_preferred_output", "rejected_response"),
    "request": ("request", "request_body", "req_payload"),
    "system": ("system_prompt", "system_message", "system"),
    "tools": ("tools", "functions"),
    "label": ("label", "intent", "category", "class"),
}
# Source: LLaMA-Factory, data/README.md: the prompt is the instruction, a new line, and the input.
_ALPACA = ("instruction", "input")
_ANY: dict[str, tuple[str, ...]] = {
    "rating": (
        "human_rating",
        "rating",
        "user_rating",
        "turn_rating",
        "stars",
        "thumbs",
        "thumb",
        "score",
    ),
    "correction": ("corrected_response", "correction", "edited_response"),
    "created_at": (
        "created_at",
        "timestamp",
        "ts",
        "created",
        "created_date",
        "datetime",
        "time",
        "date",
        "start_time",
        "started_at",
    ),
}
_ABOUT: dict[str, tuple[str, ...]] = {
    "session": (
        "session_id",
        "conversation_id",
        "thread_id",
        "chat_id",
        "dialogue_id",
        "dialog_id",
        "session",
        "conversation",
        "thread",
    ),
    "group": (),
    "rank": (),
    "user": ("user_id", "user", "uid", "end_user", "customer_id"),
    "split": ("split", "subset", "fold"),
    "model": ("model", "model_name", "response_model"),
    "finish_reason": ("finish_reason", "stop_reason"),
    "status": ("status",),
    "error": ("error", "error_message"),
    "input_tokens": ("input_tokens", "prompt_tokens"),
    "output_tokens": ("output_tokens", "completion_tokens"),
    "cost_usd": ("cost_usd", "cost", "total_cost", "response_cost"),
    "latency_ms": ("latency_ms", "delay_ms", "duration_ms"),
}
_TURN: dict[str, tuple[str, ...]] = {
    "id": ("message_id", "turn_id", "id", "uuid"),
    "text": ("text", "message", "content", "utterance", "body"),
    "role": ("role", "speaker", "author", "sender", "agent"),
    "order": ("turn", "turn_index", "turn_number", "position", "sequence", "order", "index"),
    "parent": ("parent_id",),
    "label": ("label", "intent", "category"),
}
_FEEDBACK: dict[str, tuple[str, ...]] = {
    "key": ("request_id", "interaction_id", "id", "log_id", "call_id", "completion_id"),
    "label": ("label", "corrected_label", "intent", "category"),
    "comment": ("comment", "note", "explanation"),
    "rater": ("rater", "rated_by", "annotator", "user_id", "user", "author"),
    "rater_type": ("rater_type", "annotator_kind"),
}
FIELDS: dict[Kind, dict[str, tuple[str, ...]]] = {
    "interactions": {**_CALL, **_ANY, **_ABOUT},
    "turns": {**_TURN, **_ANY, **_ABOUT},
    "feedback": {**_FEEDBACK, **_ANY, "created_at": ("rated_at", *_ANY["created_at"])},
}
# Guessed only by name and value together: their names alone mean too many things.
_MAX_ROLES = 12
_MAX_SHOWN = 12


@dataclass(frozen=True)
class FieldMap:
    """How one source is read: field -> column, the rating scale, role words -> roles."""

    kind: Kind
    fields: Mapping[str, str]
    scale: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def reading(self) -> str:
        """Returns a digest of everything that decides what a document becomes."""
        parts = [self.kind, sorted(self.fields.items()), self.scale, sorted(self.roles.items())]
        return digest(repr(parts))

    def as_dict(self) -> dict[str, Any]:
        """Returns the map in the form that is stored and printed."""
        return {"fields": dict(self.fields), "scale": self.scale, "roles": dict(self.roles)}

    def rating_scale(self) -> Scale | None:
        """Returns the scale of the rating column, or None where it is unknown."""
        return parse_scale(self.scale) if self.scale else None

    def getters(self) -> dict[str, Callable[[Mapping[str, Any]], Any]]:
        """Returns for each mapped field a function that takes it out of a document."""
        return {name: _getter(column) for name, column in self.fields.items()}


@dataclass(frozen=True)
class Declared:
    """What the user said about a source; everything else is guessed."""

    kind: Kind = "interactions"
    fields: Mapping[str, str] = field(default_factory=dict)
    scale: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Returns the declaration in the form that is stored."""
        return {"fields": dict(self.fields), "scale": self.scale, "roles": dict(self.roles)}


def guess(
    sample: Sequence[Mapping[str, Any]],
    declared: Declared,
    *,
    fresh: Declared | None = None,
    before: Declared | None = None,
) -> FieldMap:
    """Returns the field map for a sample of documents; what was declared comes first.

    An empty column name (`--map rating=`) switches a guess off.

    Args:
        sample: documents of the source.
        declared: what the user said, now or in an earlier pull.
        fresh: what the user said now, where that is less; only its columns must be in the sample.
        before: how the last pull read the source; it fills what the sample leaves open.

    Raises:
        ConfigError: a declared field or column does not exist, or the scale is unreadable.
    """
    columns = list(dict.fromkeys(name for document in sample for name in document))
    _check(fresh or declared, columns)
    fields = dict(declared.fields)
    by_name = {_folded(column): column for column in reversed(columns)}
    if before and before.fields.get("id") in columns:
        fields.setdefault("id", before.fields["id"])  # another id would make other examples
    columns_used = set(fields.values())
    for name, aliases in FIELDS[declared.kind].items():
        column = next(
            (by_name[a] for a in aliases if by_name.get(a) not in (None, *columns_used)), None
        )
        if name not in fields and column is not None:
            fields[name] = column
            columns_used.add(column)
    if not {"label", "rating"} & set(declared.fields) and _is_thumb(fields, sample, before):
        fields["rating"] = fields.pop("label")
    for name, column in (before.fields if before else {}).items():
        if column not in columns_used:
            fields.setdefault(name, column)
    if fields.get("query") in (by_name.get(a) for a in _ALPACA) and "query" not in declared.fields:
        asked = [by_name[a] for a in _ALPACA if a in by_name]
        fields["query"] = "+".join(asked)
    if not _is_preference(fields, sample):
        for name in {"chosen", "rejected"} - set(declared.fields):
            fields.pop(name, None)
    fields = {name: column for name, column in fields.items() if column}
    notes = _unread(declared.kind, fields, columns)
    if fields.get("rating") == "score" and "rating" not in declared.fields:
        notes.append("score is read as people's rating; if a model gave it: --map rating=")
    has_id = "id" in declared.fields or (before is not None and "id" in before.fields)
    if "id" in fields and not has_id and _repeats(fields["id"], sample):
        notes.append(f"{fields['id']} repeats with other content: not taken as the id")
        del fields["id"]
    scale = declared.scale
    if scale is None and "rating" in fields:
        scale = _scale(fields["rating"], sample, before.scale if before else None, notes)
    roles = {} if declared.kind != "turns" else _roles(fields.get("role"), sample, declared.roles)
    return FieldMap(declared.kind, fields, scale, roles, tuple(notes))


def _is_preference(fields: Mapping[str, str], sample: Sequence[Mapping[str, Any]]) -> bool:
    """Returns whether both sides of a preference are there, as texts or messages."""
    if not {"chosen", "rejected"} <= set(fields):
        return False
    get = _getter(fields["chosen"])
    values = [value for value in map(get, sample) if not is_blank(value)]
    return all(isinstance(value, str | list | Mapping) for value in values)


def _is_thumb(
    fields: Mapping[str, str], sample: Sequence[Mapping[str, Any]], before: Declared | None
) -> bool:
    """Returns whether the label beside a prompt and its completion says if the answer is good.

    Source: TRL documentation, dataset formats, unpaired preference.
    """
    names = {name: _folded(fields.get(name, "")) for name in ("query", "response", "label")}
    if "rating" in fields or list(names.values()) != ["prompt", "completion", "label"]:
        return False
    get = _getter(fields["label"])
    values = [value for value in map(get, sample) if not is_blank(value)]
    was_rating = before is not None and before.fields.get("rating") == fields["label"]
    return all(isinstance(value, bool) for value in values) and (bool(values) or was_rating)


_NEEDED: dict[Kind, tuple[str, ...]] = {
    "interactions": ("query", "messages", "response", "request", "chosen"),
    "turns": ("text",),
    "feedback": ("key",),
}


def _unread(kind: Kind, fields: Mapping[str, str], columns: Sequence[str]) -> list[str]:
    """Returns what to say where none of the columns that hold the text of a log was found."""
    needed = _NEEDED[kind]
    if not columns or any(name in fields for name in needed):
        return []
    listing = ", ".join(columns[:_MAX_SHOWN]) + (", ..." if len(columns) > _MAX_SHOWN else "")
    return [
        f"no column was read as {'/'.join(needed[:3])}. Columns seen: {listing}. "
        f"Next: say which it is with --map {needed[0]}=COLUMN"
    ]


def _check(declared: Declared, columns: Sequence[str]) -> None:
    if declared.scale:
        parse_scale(declared.scale)
    for name, column in declared.fields.items():
        if name not in FIELDS[declared.kind]:
            raise ConfigError(f"--map: {unknown_name('field', name, FIELDS[declared.kind])}")
        tops = {steps(part)[0] for part in columns_of(column)} if column else set()
        if columns and column and column not in columns and not tops <= set(columns):
            raise ConfigError(f"--map {name}={column}: {unknown_name('column', column, columns)}")


def extended(mapping: FieldMap, late: Sequence[Mapping[str, Any]]) -> FieldMap:
    """Returns a map with the fields that only later documents have; what it has stays."""
    if not late:
        return mapping
    declared = Declared(mapping.kind, mapping.fields, mapping.scale, mapping.roles)
    more = guess(late, declared, fresh=Declared(mapping.kind))
    return more if more.fields != mapping.fields else mapping


def _scale(
    column: str, sample: Sequence[Mapping[str, Any]], before: str | None, notes: list[str]
) -> str | None:
    get = _getter(column)
    values = [value for value in map(get, sample) if not is_blank(value)]
    if before and None not in map(parse_scale(before).normalise, values):
        return before  # a few values would fit other scales too
    scale = guess_scale(values)
    if scale is None and (words := sorted({str(v) for v in values if not is_blank(v)})):
        notes.append(
            f"the scale of {column} is not clear from {', '.join(words[:6])}: ratings are stored "
            "but count as unrated until you declare it, for example --scale 0-10"
        )
    return scale.name if scale else None


def _roles(
    column: str | None, sample: Sequence[Mapping[str, Any]], declared: Mapping[str, str]
) -> dict[str, str]:
    """Returns role word -> user/assistant; empty where every turn answers the one before."""
    if column is None:
        return {}
    get = _getter(column)
    words = list(dict.fromkeys(str(get(d)) for d in sample if not is_blank(get(d))))[:_MAX_ROLES]
    roles = {word: ROLES[word.casefold()] for word in words if word.casefold() in ROLES}
    # In a table of two speakers, USER and SYSTEM, the system is the one that answers.
    if "assistant" not in roles.values():
        roles = {w: "assistant" if role == "system" else role for w, role in roles.items()}
    roles.update(declared)
    return roles if {"user", "assistant"} <= set(roles.values()) else {}


def _repeats(column: str, sample: Sequence[Mapping[str, Any]]) -> bool:
    get = _getter(column)
    first_of: dict[Any, Mapping[str, Any]] = {}
    other = sum(
        1 for document in sample if first_of.setdefault(str(get(document)), document) != document
    )
    # A few are a log's own corrections (same id, later text); many mean that it is no id.
    return other > max(2, len(sample) // 20)


def _folded(column: str) -> str:
    return column.strip().casefold().replace(" ", "_").replace("-", "_").replace(".", "_")


def steps(path: str) -> list[str]:
    """Returns the steps of a column path: `$.a.b[0]` is a, b, 0."""
    return path.removeprefix("$.").replace("[", ".").replace("]", "").split(".")


def columns_of(path: str) -> list[str]:
    """Returns the columns that a field is read from: one, or several joined as `A+B`."""
    parts = path.split("+")
    return parts if len(parts) > 1 and all(parts) else [path]


def _getter(path: str) -> Callable[[Mapping[str, Any]], Any]:
    """Returns a function that finds a column, or a dotted path such as `$.usage.total[0]`.

    `A+B` is the texts of two columns, one below the other; a column of that name comes first.
    """
    way = steps(path)
    if len(parts := columns_of(path)) > 1:
        getters = [_getter(part) for part in parts]

        def joined(document: Mapping[str, Any]) -> Any:
            if path in document:
                return document[path]
            values = [value for get in getters if not is_blank(value := get(document))]
            return "\n".join(map(str, values)) if len(values) > 1 else next(iter(values), None)

        return joined
    if way == [path]:
        return lambda document: document.get(path)

    def get(document: Mapping[str, Any]) -> Any:
        if path in document:
            return document[path]
        value: Any = document
        for step in way:
            if isinstance(value, Mapping):
                value = value.get(step)
            elif isinstance(value, list) and step.lstrip("-").isdigit():
                index = int(step)
                value = value[index] if -len(value) <= index < len(value) else None
            else:
                return None
        return value

    return get


def parse_pairs(option: str, pairs: Iterable[str]) -> dict[str, str]:
    """Returns `name=value` texts of a repeatable option as a dict.

    Raises:
        ConfigError: a text has no `=`.
    """
    result = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"{option} {pair!r}: expected NAME=VALUE")
        result[name.strip()] = value.strip()
    return result

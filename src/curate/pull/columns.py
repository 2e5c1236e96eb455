"""Which columns of a sample can be which field: by their names, and by what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from shlex import quote
from typing import Any

from curate.messages import decoded
from curate.pull.bodies.bodies import read_request
from curate.pull.fields import ALPACA, CONTENT, FIELDS, TALK, Kind
from curate.pull.histories import read_history
from curate.pull.paths import columns_of, getter, present, steps
from curate.pull.raters import rater_type
from curate.pull.rating import is_blank
from curate.sources.presets import Preset
from curate.text.text import folded

Sample = Sequence[Mapping[str, Any]]


_MAX_SHOWN = 12
_PARTS_OF_CALL = ("messages", "query", "request", "response")
# From so many documents on, a session that all share is taken for the name of a project.
_MANY = 20


def recognised(
    kind: Kind,
    given: Mapping[str, str],
    sample: Sample,
    before: Mapping[str, str],
    preset: Preset | None,
) -> dict[str, str]:
    """Returns the given fields, and those whose columns are recognised by name and values."""
    fields = dict(given)
    by_name = {folded(c): c for document in reversed(sample) for c in reversed(list(document))}
    if before.get("id") in by_name.values():
        fields.setdefault("id", before["id"])  # another id would make other examples
    # A preset says all that was asked and answered; beside it only the rest is guessed.
    closed = {*CONTENT, "id", "ratings", "previous"} if preset else set()
    for name, aliases in FIELDS[kind].items():
        if name in fields or name in closed or name == "history":
            continue
        free = [by_name[a] for a in aliases if by_name.get(a) not in (None, *fields.values())]
        fitting = [c for c in free if takes(name, c, by_name, sample)]
        column = _usual(fitting, sample) if fitting else None
        if column is None and name in _IDENTIFIED:
            column = next((way for c in free if (way := _id_within(c, sample))), None)
        if column is not None:
            fields[name] = column
    if preset or kind != "interactions":
        return fields
    return _with_parts(fields, given, by_name, sample)


def _with_parts(
    fields: dict[str, str],
    given: Mapping[str, str],
    by_name: Mapping[str, str],
    sample: Sample,
) -> dict[str, str]:
    """Returns fields whose questions may stand in several columns, or beside their history."""
    if "messages" in fields and "query" in fields and "query" not in given:
        asked = fields["query"]
        if holds_lists(asked, sample) and not _holds_requests(asked, sample):
            del fields["query"]  # the template of a prompt, not what was asked
    if not {"messages", "query", "request", "chosen"} & set(fields):
        talk = [by_name[name] for name in TALK if name in by_name]
        if column := next((c for c in talk if holds_lists(c, sample)), None):
            fields["messages"] = column
    alpaca = [
        by_name[name] for name in ALPACA if name in by_name and _is_text(name, by_name, sample)
    ]
    if fields.get("query") in alpaca and "query" not in given:
        fields["query"] = "+".join(alpaca)
    if "query" in fields and not {"messages", "request", "history"} & set(fields):
        before = [by_name[n] for n in FIELDS["interactions"]["history"] if n in by_name]
        before = [c for c in before if c not in fields.values()]
        if column := next((c for c in before if _holds_histories(c, sample)), None):
            fields["history"] = column
    return fields


def _is_text(name: str, by_name: Mapping[str, str], sample: Sample) -> bool:
    """Returns whether a column is a part of an instruction: a context is, beside one, as a text."""
    is_beside = ALPACA[0] in by_name or name != "context"
    return is_beside and (name != "context" or _is_plain(by_name[name], sample))


# Fields that name one thing, which a log may hold as an object with its id.
_IDENTIFIED = ("session", "user", "trace")


_NAMES_WITHIN = ("id", "_id", "uuid", "user_id", "session_id", "external_id")


def _id_within(column: str, sample: Sample) -> str | None:
    """Returns the path to the id of what a column holds as objects, such as `{"id": "s1"}`."""
    values = [decoded(value) for value in present(column, sample)]
    if not values or not all(isinstance(value, Mapping) for value in values):
        return None
    way = next((n for n in _NAMES_WITHIN if all(not is_blank(v.get(n)) for v in values)), None)
    quoted = f'"{column}"' if "." in column else column
    return None if way is None else f"$.{quoted}.{way}"


def _holds_requests(column: str, sample: Sample) -> bool:
    """Returns whether all that a column holds is what a model was shown: messages, a body."""
    return all(read_request(decoded(value)) is not None for value in present(column, sample))


def _holds_histories(column: str, sample: Sample) -> bool:
    return all(read_history(value) is not None for value in present(column, sample))


# Fields whose value is one text or number: a list or an object there is something else.
_SCALARS = (
    *("session", "user", "rating", "group", "model", "trace", "previous", "split", "status"),
    "role",
)


def _usual(columns: Sequence[str], sample: Sample) -> str:
    """Returns the first of some columns that is not rare beside the others."""
    if len(columns) == 1:
        return columns[0]
    counts = {column: len(present(column, sample)) for column in columns}
    return next(c for c in columns if 2 * counts[c] >= max(counts.values()))


_OBJECTS = (list, Mapping)


def _is_rare(odd: Sequence[bool]) -> bool:
    """Returns whether at most half of the values are odd, which costs those and no others."""
    return 2 * sum(odd) <= len(odd)


def takes(name: str, column: str, by_name: Mapping[str, str], sample: Sample) -> bool:
    """Returns whether the values of a column can be a field's, which its name alone suggests."""
    values = present(column, sample)
    if name == "label":
        parts = [value if isinstance(value, list) else [value] for value in map(decoded, values)]
        return _is_rare([any(isinstance(part, _OBJECTS) for part in whole) for whole in parts])
    if name == "rating" and folded(column) == "score" and any(map(_JUDGES.search, by_name)):
        return False
    if name in _SCALARS and not _is_rare([isinstance(decoded(v), _OBJECTS) for v in values]):
        return False
    if name == "rater_type":
        known = [rater_type(word) is not None for word in {str(value) for value in values}]
        return folded(column) not in _VAGUE or (any(known) and 2 * sum(known) >= len(known))
    if name in ("name", "data_type"):
        return "value" in by_name or folded(column) not in ("name", "type")
    is_named = not by_name.keys().isdisjoint(FIELDS["feedback"]["name"])
    return not (name == "rating" and folded(column) == "value" and not is_named)


# What has one of these names says who rated where most of its words do.
_VAGUE = ("source", "type", "source_type")


# Beside one of these, a score is a model's or a metric's.
_JUDGES = re.compile(
    r"(?:^|_)(?:judges?|judge_model|graders?|evaluators?|evaluation|scorer|critic|metrics?"
    r"|reward_model|annotator_model)(?:_(?:model|name|id|type))?$"
)


def _is_plain(column: str, sample: Sample) -> bool:
    """Returns whether a column has values, and few of them are lists or objects."""
    values = [decoded(value) for value in present(column, sample)]
    return bool(values) and _is_rare([isinstance(value, _OBJECTS) for value in values])


def holds_lists(column: str, sample: Sample) -> bool:
    """Returns whether a column has values, and all of them are lists or objects."""
    values = [decoded(value) for value in present(column, sample)]
    return bool(values) and all(isinstance(value, list | Mapping) for value in values)


def shared_session(fields: Mapping[str, str], sample: Sample) -> str | None:
    """Returns what to ask where all rows share one session, as they do a project's id."""
    column = fields.get("session")
    values = [str(value) for value in present(column, sample)] if column else []
    if len(values) < 2 or len(set(values)) > 1:
        return None
    users = {str(value) for value in present(fields["user"], sample)} if "user" in fields else set()
    if len(values) < _MANY and len(users) < 2:
        return None  # one conversation is a log, too
    return (
        f"{column} is the same in all rows, as a project's id is: not taken as the session. "
        f"Next: --map session=COLUMN, or --map session={column} if it is one conversation"
    )


def is_preference(fields: Mapping[str, str], sample: Sample) -> bool:
    """Returns whether both sides of a preference are there, as texts or messages.

    An odd value among them costs its own row, not the preferences of all others.
    """
    if not {"chosen", "rejected"} <= set(fields):
        return False
    sides = [isinstance(v, str | list | Mapping) for v in present(fields["chosen"], sample)]
    return 2 * sum(sides) >= len(sides)


def is_thumb(fields: Mapping[str, str], sample: Sample, before: Mapping[str, str]) -> bool:
    """Returns whether the label beside a prompt and its completion says if the answer is good.

    Source: TRL documentation, dataset formats, unpaired preference.
    """
    names = {name: folded(fields.get(name, "")) for name in ("query", "response", "label")}
    if "rating" in fields or list(names.values()) != ["prompt", "completion", "label"]:
        return False
    values = present(fields["label"], sample)
    was_rating = before.get("rating") == fields["label"]
    return all(isinstance(value, bool) for value in values) and (bool(values) or was_rating)


_LIKE = {
    "rating": re.compile(
        r"(?:^|_)(?:ratings?|scores?|feedback|thumbs?|stars?|votes?|likes?|csat|nps|judge|grade|satisfaction)(?:_|$)"
    ),
    "session": re.compile(
        r"(?:^|_)(?:session|conversation|thread|chat|dialog|dialogue|convo?)(?:_|$)"
        r"|(?:^|_)(?:ticket|case|room|channel|visit|talk|incident)_(?:id|uuid|key|no|nr)$"
        r"|(?:^|_)sid$|^(?:ticket|case|room|channel|visit)$"
    ),
    "user": re.compile(
        r"(?:^|_)(?:users?|customer|visitor|member)(?:_|$)"
        r"|(?:^|_)(?:client(?:_?(?:name|no|nr|number))?|client_id|sender|kunden?(?:_?(?:id|nr|nummer))?"
        r"|(?:be)?nutzer(?:_?(?:id|name|nr|nummer))?|usuario|utilisateur|cliente)(?:_id)?$"
    ),
    "created_at": re.compile(r"(?:_at|time|date|timestamp|_on)$"),
}


def may_be_rating(column: str, sample: Sample) -> bool:
    """Returns whether a column looks like one of ratings."""
    is_named = _LIKE["rating"].search(folded(column)) or folded(column) in ("value", "rank")
    return bool(is_named) and _is_plain(column, sample)


def are_judged(columns: Iterable[str]) -> bool:
    """Returns whether a column beside the scores says that a model or a metric gave them."""
    return any(_JUDGES.search(folded(c)) or "judge" in folded(c) for c in columns)


def looks_like(name: str, column: str) -> bool:
    """Returns whether the name of a column looks like a rating, a session, a user or a time."""
    return _LIKE[name].search(folded(column)) is not None


def look_alikes(
    kind: Kind,
    fields: Mapping[str, str],
    sample: Sample,
    declared: Set[str],
) -> list[str]:
    """Returns what to say of columns that look like a rating, a session, a user or a time.

    Where the user said which it is, there is nothing to say of others.
    """
    used = {steps(part)[0] for path in fields.values() for part in columns_of(path) if steps(part)}
    used |= {part for path in fields.values() for part in columns_of(path)}
    columns = list(dict.fromkeys(c for document in sample for c in document if c not in used))
    inside = _inside(columns, sample)
    parts = []
    for name, pattern in _LIKE.items():
        if name not in FIELDS[kind] or name in (declared if name == "rating" else fields):
            continue
        like = [c for c in columns if pattern.search(folded(c)) and _is_plain(c, sample)]
        like += [path for path, names in inside.items() if _is_like(name, names)]
        if like:
            words = {"created_at": "a time"}.get(name, f"a {name}")
            option = quote(f"{name}={like[0]}")
            parts.append(f"{words}: {', '.join(like[:_MAX_SHOWN])} (--map {option})")
    if not parts:
        return []
    return [f"not read, though the name looks like {'; like '.join(parts)}"]


_DEEPEST = 4
_LOOKED_AT = 200
_VALUES = {"rating", "score", "value", "stars", "thumbs"}


def _inside(columns: Sequence[str], sample: Sample) -> dict[str, tuple[str, str]]:
    """Returns the paths to plain values in the objects of columns, each with its last two names."""
    found: dict[str, tuple[str, str]] = {}
    for document in sample[:_LOOKED_AT]:
        for column in columns:
            if isinstance(inner := decoded(document.get(column)), _OBJECTS):
                found.update(_leaves(inner, f"$.{_step(column)}", folded(column), _DEEPEST))
    return {path: names for path, names in found.items() if _is_plain(path, sample)}


def _leaves(value: Any, path: str, name: str, levels: int) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yields the path to each plain value in an object, or in the first object of a list."""
    if isinstance(value, list):
        value, path = (value or [None])[0], f"{path}[0]"
    if not isinstance(value, Mapping) or levels == 0:
        return
    for key, item in value.items():
        inner, way = decoded(item), f"{path}.{_step(str(key))}"
        if isinstance(inner, _OBJECTS):
            yield from _leaves(inner, way, folded(str(key)), levels - 1)
        elif not is_blank(item):
            yield way, (name, folded(str(key)))


def _step(key: str) -> str:
    return key if key.replace("-", "_").isidentifier() else f'"{key}"'


def _is_like(name: str, names: tuple[str, str]) -> bool:
    """Returns whether a value in an object looks like a field, by its key and the object's."""
    outer, key = names
    if _LIKE[name].search(key):
        return name != "rating" or not _is_comment(key)
    is_inside = _LIKE[name].search(outer) is not None
    return is_inside and key in (_VALUES if name == "rating" else _NAMES_WITHIN)


def _is_comment(key: str) -> bool:
    return key.endswith(("comment", "text", "reason", "at", "by", "id", "type", "name"))


def repeats(fields: Mapping[str, str], sample: Sample) -> bool:
    """Returns whether the ids of a sample stand for several calls each.

    A question and its answer in two documents are one call.
    """
    get = getter(fields["id"])
    parts = {name: getter(fields[name]) for name in _PARTS_OF_CALL if name in fields}
    first_of: dict[Any, Mapping[str, Any]] = {}
    other = 0
    for document in sample:
        if is_blank(get(document)) or isinstance(decoded(get(document)), _OBJECTS):
            continue  # a call without an id, which is no other one's
        first = first_of.setdefault(str(get(document)), document)
        if first != document:
            one, two = (
                {name for name, find in parts.items() if not is_blank(find(d))}
                for d in (first, document)
            )
            other += not one or not two or not one.isdisjoint(two)
    # A few are a log's own corrections (same id, later text); many mean that it is no id.
    return other > max(2, len(sample) // 20)

"""What to type where no column of a log says what was asked: paths where it seems to stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from curate.messages import decoded
from curate.pull.bodies.bodies import read_request, read_response
from curate.pull.fields import FIELDS, Kind
from curate.pull.rating import is_blank
from curate.text.text import folded

_DEEPEST = 6
_LOOKED_AT = 50
_ALSO = ("id", "session", "user", "rating", "created_at", "model")
_ENDINGS: dict[str, tuple[str, ...]] = {
    "messages": ("request_messages", "ai_input", "chatbot", "chat_messages", "messages"),
    "query": (),
    "response": ("response_messages", "ai_output_choices", "output_message", "bot_message"),
    "request": (),
    "text": (),
}
Way = tuple[str, ...]


def options_for(kind: Kind, rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Returns the `--map` options that find a question and an answer, None where there are none.

    Args:
        kind: of the rows.
        rows: of a sample.
    """
    if kind == "feedback":
        return None
    ways = dict.fromkeys(way for row in rows[:_LOOKED_AT] for way, _ in _leaves(row))
    found: dict[str, Way] = {}
    asked = ("messages", "request", "query") if kind == "interactions" else ("text",)
    for name in asked:
        if (way := _way(name, kind, ways, rows)) is not None:
            found[name] = way
            break
    bodies = _bodies(ways, rows) if kind == "interactions" else {}
    if not found and not bodies:
        return None
    (where,) = found.values() or (bodies["request"],)
    near = {way: None for way in ways if way[: len(where) - 1] == where[: len(where) - 1]}
    others = ("response",) if kind == "interactions" else ("role",)
    for name in (*others, *_ALSO):
        way = _way(name, kind, near, rows) or _way(name, kind, ways, rows)
        if way is not None and way not in found.values():
            found[name] = way
    if "response" not in found and (way := _opposite(where, ways, rows)) is not None:
        found["response"] = way
    if bodies and "response" not in found:  # their own parts are read with them
        inside = {n for n, way in found.items() if way[: len(bodies["request"])] in bodies.values()}
        found = {**bodies, **{n: w for n, w in found.items() if n not in {*asked, *inside}}}
    if kind == "interactions" and "response" not in found and "messages" not in found:
        return None
    # What stands at the top under its own name is found by itself.
    own = {name: way for name, way in found.items() if len(way) > 1 or name in (*asked, "response")}
    return " ".join(f"--map {_shown(name, way)}" for name, way in own.items())


def _bodies(ways: Mapping[Way, None], rows: Sequence[Mapping[str, Any]]) -> dict[str, Way]:
    """Returns where the whole request of a call stands and, beside it, its whole response."""
    opened = {way: [decoded(value) for value in _values(way, rows)] for way in ways}
    whole = {w: v for w, v in opened.items() if v and all(isinstance(i, Mapping) for i in v)}
    answers = [w for w, values in whole.items() if all(map(read_response, values))]
    for way in sorted(whole, key=len):
        beside = [a for a in answers if a[:-1] == way[:-1] and a != way]
        if beside and way not in answers and all(map(read_request, whole[way])):
            return {"request": way, "response": beside[0]}
    return {}


_OPPOSITES = (
    *(
        ("input", "output"),
        ("inputs", "outputs"),
        ("request", "response"),
        ("prompt", "completion"),
    ),
)


def _opposite(
    where: Way, ways: Mapping[Way, None], rows: Sequence[Mapping[str, Any]]
) -> Way | None:
    """Returns where an answer stands as its question does, such as `output.messages`."""
    for one, other in _OPPOSITES:
        way = tuple(other if step.casefold() == one else step for step in where)
        if way != where and way in ways and _fits("response", _values(way, rows)):
            return way
    return None


def _leaves(value: Any, way: Way = ()) -> Iterator[tuple[Way, Any]]:
    """Yields the ways to all values under keys, JSON text opened, those in lists left out."""
    inner = decoded(value)
    if not isinstance(inner, Mapping) or len(way) == _DEEPEST:
        return
    for key, item in inner.items():
        yield (*way, str(key)), item
        yield from _leaves(item, (*way, str(key)))


def _way(
    name: str, kind: Kind, ways: Mapping[Way, None], rows: Sequence[Mapping[str, Any]]
) -> Way | None:
    """Returns the way to a field that is the shortest, of the likeliest name, and fits."""
    names = (*FIELDS[kind].get(name, ()), *_ENDINGS.get(name, ()))
    likely = [way for way in ways if _plain(way[-1]) in names]
    likely.sort(key=lambda way: (len(way), names.index(_plain(way[-1]))))
    return next((way for way in likely if _fits(name, _values(way, rows))), None)


def _plain(key: str) -> str:
    return folded(key).rpartition("$")[2].strip("_")


def _values(way: Way, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    values = []
    for row in rows[:_LOOKED_AT]:
        value: Any = row
        for step in way:
            inner = decoded(value)
            value = inner.get(step) if isinstance(inner, Mapping) else None
        if not is_blank(value):
            values.append(value)
    return values


def _fits(name: str, values: Sequence[Any]) -> bool:
    """Returns whether values can be those of a field."""
    opened = [decoded(value) for value in values]
    structured = [v for v in opened if isinstance(v, Mapping | list)]
    if not opened or (name in ("messages", "request") and len(structured) < len(opened)):
        return False
    if name in ("messages", "request", "query", "text"):
        return all(read_request(value) is not None for value in structured)
    if name == "response":
        return all(read_response(value) is not None for value in structured)
    return not structured


def _shown(name: str, way: Way) -> str:
    if len(way) == 1 and way[0].isidentifier():
        return f"{name}={way[0]}"
    parts = (step if step.replace("-", "_").isidentifier() else f'"{step}"' for step in way)
    shown = f"{name}=$." + ".".join(parts)
    return f"'{shown}'"

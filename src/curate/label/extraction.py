"""Answers that are JSON: their fields by path, and where their values stand in a text.

A path names a value as annotators and spans do: `customer.name`, `items[0].price`. The values of a
plain list share the path of the list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from curate.contract.answers import unfenced

Steps = tuple[str | int, ...]
"""The keys and places in lists that lead to a value."""

MOST_ITEMS = 20
"""Objects of one list whose fields can be marked: each has labels of its own on the page."""

_PLAIN = r'[^.\[\]"$][^.\[\]"]*'
_STEP = re.compile(rf'\[(?P<place>\d+)\]|\[(?P<quoted>"(?:[^"\\]|\\.)*")\]|\.?(?P<key>{_PLAIN})')
_DEPTH = 12
_TOLD = {"string", "number", "integer"}


def read(response: str | None) -> Any:
    """Returns the object or list that an answer is, also in code fences; None where it is none."""
    try:
        value = json.loads(unfenced(response or ""))
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def leaves(value: Any, steps: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Yields the values that hold no others, with what leads to them."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*steps, key))
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for place, inner in enumerate(value):
            yield from leaves(inner, (*steps, place))
    elif isinstance(value, list) and value:
        yield from ((steps, inner) for inner in value)
    else:
        yield steps, value


def same(one: str | None, other: str | None) -> bool:
    """Returns whether two answers have the same values; a list of one is as good as its value."""
    return _values(one) == _values(other)


def _values(response: str | None) -> list[tuple[str, str]]:
    found = leaves(read(response))
    return sorted((path(steps), json.dumps(value)) for steps, value in found)


# -- paths -----------------------------------------------------------------------------------------


def path(steps: Steps) -> str:
    """Returns what leads to a value as a path; keys that would be misread are quoted."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(_PLAIN, step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step, ensure_ascii=False)}]"
    return text


def steps_of(name: str) -> Steps:
    """Returns what a path stands for; a name that is no path is a key."""
    steps: list[str | int] = []
    at = 0
    while at < len(name):
        found = _STEP.match(name, at)
        if not found or (found["key"] and (found[0][0] == ".") != bool(steps)):
            return (name,)
        if found["place"]:
            steps.append(int(found["place"]))
        else:
            steps.append(found["key"] or json.loads(found["quoted"]))
        at = found.end()
    return tuple(steps)


# -- what can be marked ----------------------------------------------------------------------------


def fields(response: str | None) -> list[tuple[str, Any]]:
    """Returns (path, value) of each text and number of an answer, without empty texts."""
    return [(path(steps), value) for steps, value in leaves(read(response)) if _is_told(value)]


def seen(responses: Iterable[str]) -> set[str]:
    """Returns the paths of what can be marked in some answers."""
    found = {steps for text in responses for steps, value in leaves(read(text)) if _is_told(value)}
    return {path(steps) for steps in found if can_be_marked(steps)}


def can_be_marked(steps: Steps) -> bool:
    """Returns whether there is a label for what stands there."""
    return bool(steps) and all(step < MOST_ITEMS for step in steps if isinstance(step, int))


def places(text: str, response: str | None) -> list[tuple[str, int, int]]:
    """Returns (path, start, end) of each value of an answer that stands in the text.

    Offsets count Unicode code points, as Label Studio's do; a value that stands there several times
    is marked the first time that nothing else covers. A list is marked as a whole or not at all.
    """
    values_of: dict[Steps, list[Any]] = {}
    for steps, value in leaves(read(response)):
        values_of.setdefault(steps, []).append(value)
    found: list[tuple[str, int, int]] = []
    for steps, values in values_of.items():
        taken = [(start, end) for _, start, end in found]
        spots: list[tuple[int, int]] = []
        for value in values:
            if not _is_told(value) or not can_be_marked(steps):
                break
            spot = _spot(text, value, [*taken, *spots])
            if spot is None:
                break
            spots.append(spot)
        else:
            found += [(path(steps), *spot) for spot in spots]
    return found


def _is_told(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool) and value != ""


def _spot(text: str, value: Any, taken: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    wanted = re.escape(value if isinstance(value, str) else json.dumps(value))
    if not isinstance(value, str):
        # 3 does not stand in 2023, nor in 3.5.
        wanted = rf"(?<!\w)(?<!\d[.,]){wanted}(?!\d|[.,]\d)"
    pattern, at = re.compile(wanted), 0
    while found := pattern.search(text, at):
        if not any(found.start() < end and start < found.end() for start, end in taken):
            return found.span()
        at = found.start() + 1
    return None


def markable(schema: Any) -> set[str]:
    """Returns the paths that a schema describes and that a text can have the value of."""
    return {
        path(steps)
        for steps, place in described(schema).items()
        if can_be_marked(steps) and (not place.types or place.types & _TOLD)
    }


# -- what a schema says ----------------------------------------------------------------------------


@dataclass(frozen=True)
class FieldTypes:
    """What a schema allows where no object is.

    Attributes:
        types: in JSON Schema's words, of a list those of its values; empty where it says nothing.
        is_list: whether a list stands there.
    """

    types: frozenset[str]
    is_list: bool


def described(schema: Any) -> dict[Steps, FieldTypes]:
    """Returns the places that a schema describes; of a list of objects, those of its first."""
    found: dict[Steps, FieldTypes] = {}
    _describe([schema], schema, (), found)
    return found


def at_first(steps: Steps) -> Steps:
    """Returns the same place in the first object of each list."""
    return tuple(0 if isinstance(step, int) else step for step in steps)


def _describe(
    parts: Sequence[Any], root: Any, steps: Steps, found: dict[Steps, FieldTypes]
) -> None:
    whole = [one for part in parts for one in _parts(part, root)]
    properties: dict[str, list[Any]] = {}
    for one in whole:
        for key, inner in (one.get("properties") or {}).items():
            properties.setdefault(key, []).append(inner)
    items = [one["items"] for one in whole if isinstance(one.get("items"), dict)]
    types = frozenset(name for one in whole for name in _types(one))
    if len(steps) > _DEPTH:
        return
    for key, inner in properties.items():
        _describe(inner, root, (*steps, key), found)
    if properties:
        return
    first: Steps = (*steps, 0)
    of_items: dict[Steps, FieldTypes] = {}
    if items:
        _describe(items, root, first, of_items)
    if first in of_items and not of_items[first].is_list:
        found[steps] = FieldTypes(of_items[first].types, is_list=True)
    elif of_items:
        found.update(of_items)
    else:
        found[steps] = FieldTypes(types, is_list="array" in types)


def _parts(schema: Any, root: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yields a schema and those that it is made of."""
    if not isinstance(schema, dict) or depth > _DEPTH:
        return
    yield schema
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        yield from _parts(_looked_up(root, reference), root, depth + 1)
    for word in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(word) or ():
            yield from _parts(part, root, depth + 1)


def _looked_up(root: Any, reference: str) -> Any:
    """Returns the part of a schema that a reference names; nothing where it is none of its own."""
    for step in reference[1:].split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        root = root.get(step) if isinstance(root, dict) else None
    return root


def _types(schema: Mapping[str, Any]) -> Iterator[str]:
    named = schema.get("type")
    if named is not None:
        yield from [named] if isinstance(named, str) else named
        return
    listed = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    if any(isinstance(value, str) for value in listed):
        yield "string"
    if any(isinstance(value, int | float) and not isinstance(value, bool) for value in listed):
        yield "number"
    if any(isinstance(value, bool) for value in listed):
        yield "boolean"

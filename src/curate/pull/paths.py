"""Paths into documents: how `--map` names a column, or a place inside of one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from curate.messages import as_json, decoded
from curate.pull.rating import is_blank

Getter = Callable[[Mapping[str, Any]], Any]

# A step of a path: a name in quotes, a place in brackets, or what stands between dots.
_STEP = re.compile(
    r"""\[["'](?P<bracket>.*?)["']\]|"(?P<quoted>[^"]*)"|\[(?P<place>-?\d+)\]|[^.\[\]"]+"""
)
_JSON = re.compile(r"json\((.+)\)")


def steps(path: str) -> list[str]:
    """Returns the steps of a column path: `$.a."b.c"[0]` is a, b.c, 0."""
    way = [
        next((part for part in match.groups() if part is not None), match[0])
        for match in _STEP.finditer(_inside(path).removeprefix("$"))
    ]
    return way or [path]


def columns_of(path: str) -> list[str]:
    """Returns the columns that a field is read from: one, or several joined as `A+B`."""
    parts = _inside(path).split("+")
    return parts if len(parts) > 1 and all(parts) else [_inside(path)]


def _inside(path: str) -> str:
    match = _JSON.fullmatch(path)
    return match[1] if match else path


def getter(path: str) -> Getter:
    """Returns a function that finds a column, or a path such as `$.usage.total[0]`.

    `A+B` is the texts of two columns, one below the other. `json(PATH)` is what stands there as
    JSON text, which says that an object is the answer itself. A column that has the name as it
    stands comes first; JSON text on the way is opened.
    """
    if match := _JSON.fullmatch(path):
        find = getter(match[1])

        def as_text(document: Mapping[str, Any]) -> Any:
            value = find(document)
            return as_json(value) if isinstance(value, dict | list) else value

        return as_text
    if len(parts := columns_of(path)) > 1:
        return _joined(path, [getter(part) for part in parts])
    way = steps(path)
    if way == [path]:
        return lambda document: document.get(path)
    return lambda document: document[path] if path in document else _follow(document, way)


def _joined(path: str, getters: list[Getter]) -> Getter:
    def joined(document: Mapping[str, Any]) -> Any:
        if path in document:
            return document[path]
        values = [value for get in getters if not is_blank(value := get(document))]
        return "\n".join(map(str, values)) if len(values) > 1 else next(iter(values), None)

    return joined


def _follow(value: Any, way: list[str]) -> Any:
    """Returns what stands at the end of a way, None where it leads nowhere.

    A key with dots in it needs no quotes where nothing else has its first part as a name.
    """
    place = 0
    while place < len(way):
        value, step = decoded(value), way[place]
        length = 1
        if isinstance(value, Mapping):
            if step not in value:
                length = _dotted(value, way[place:])
                step = ".".join(way[place : place + length])
            value = value.get(step)
        elif step.startswith("$") and value is not None:
            pass  # a wrapper such as $date, which reading took off
        elif isinstance(value, list) and step.lstrip("-").isdigit():
            index = int(step)
            value = value[index] if -len(value) <= index < len(value) else None
        else:
            return None
        place += length
    return value


def _dotted(value: Mapping[str, Any], way: list[str]) -> int:
    """Returns how many steps are one key with dots, 1 where there is no such key."""
    lengths = range(len(way), 1, -1)
    return next((n for n in lengths if ".".join(way[:n]) in value), 1)


def present(column: str, sample: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Returns the values that a column or path has in a sample."""
    get = getter(column)
    return [value for value in map(get, sample) if not is_blank(value)]

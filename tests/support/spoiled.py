"""Exports of Label Studio with values that went wrong."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

RUBBISH: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 7, 2**31, 2**63, -(2**70), 10**30, 0.5, -3.5, 1e308, float("nan"),
    float("inf"), "", " ", "x", "12", "-1", "NaN", "\ud83d", "a\udc00b", "\x00", "é🎉", "A" * 5000,
    "2026-13-45T99:99:99Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    [], {}, [None], [[]], [{}], {"": None}, {"id": "\ud83d"}, {"id": []}, ["red", "blue"],
    [1, 2], {"choices": "red"}, {"choices": [None]}, {"choices": {"red": 1}}, {"text": 7},
    {"rating": "many"},
)  # fmt: skip


def spoil(tasks: list[dict[str, Any]], chance: random.Random) -> tuple[list[Any], set[int]]:
    """Returns the tasks with one to three values gone wrong, and the places of those touched."""
    spoiled, touched = copy.deepcopy(tasks), set()
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(spoiled))
        touched.add(place)
        places = [(spoiled, place), *_places(spoiled[place])]
        holder, key = chance.choice(places)
        _spoil(holder, key, chance)
    return spoiled, touched


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = range(len(value)) if isinstance(value, list) else value
    for key in keys if isinstance(value, list | dict) else ():
        yield value, key
        yield from _places(value[key])


def _spoil(holder: Any, key: Any, chance: random.Random) -> None:
    how = chance.randrange(6)
    if how == 0 and isinstance(holder, dict):
        del holder[key]
    elif how == 1 and isinstance(holder[key], int | float):
        holder[key] = str(holder[key])
    elif how == 2:
        nested: Any = holder[key]
        for _ in range(chance.choice((1, 5, 200))):
            nested = [nested] if chance.random() < 0.5 else {"value": nested}
        holder[key] = nested
    elif how == 3 and isinstance(holder[key], list) and holder[key]:
        holder[key].append(copy.deepcopy(chance.choice(holder[key])))
    else:
        holder[key] = copy.deepcopy(chance.choice(RUBBISH))

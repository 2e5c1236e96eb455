"""Changes a document as bugs, other versions and careless exports do."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

from seeds import USER

Holder = Any
Place = tuple[Holder, Any]

# What a place may hold instead of what belongs there.
ODD: list[Any] = [
    None, True, 0, -7, 3.5, 10**30, "", "word", [], {}, [[]], [None], {"x": 1}, "{", "[1]", "null",
    {"role": "assistant", "content": {"a": 1}}, [{"role": "user"}], '{"role": "assistant"}',
    {"text": "word"}, ["word", 7], "NaN", "2026-13-45T99:00:00Z",
]  # fmt: skip
_NAMES = ("other", "text", "content", "message", "input", "output", "value", "data", "id", "score")


def places(value: Any, found: list[Place]) -> list[Place]:
    """Returns (container, key) of everything inside a value."""
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    for key, inner in pairs:
        found.append((value, key))
        places(inner, found)
    return found


def names_person(value: Any) -> bool:
    """Returns whether the planted person stands somewhere in a value."""
    return USER in json.dumps(value, default=str)


def mutated(document: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """Returns a copy with one to three places changed.

    A person stays under the key that names one: under another key nobody could know it.
    """
    document = copy.deepcopy(document)
    for _ in range(dice.choice([1, 1, 2, 3])):
        found = places(document, [])
        if found:
            _change(*dice.choice(found), found, dice)
    return document


def _change(holder: Holder, key: Any, found: list[Place], dice: random.Random) -> None:
    value = holder[key]
    if isinstance(value, str) and value[:1] in ("{", "[") and dice.random() < 0.6:
        inner = _loaded(value)
        if isinstance(inner, dict):
            holder[key] = json.dumps(mutated(inner, dice))
            return
    is_personal = names_person(value)
    kinds = PERSONAL if is_personal else (*PERSONAL, _rename, _swap, _repeat)
    dice.choice(kinds)(holder, key, found, dice)


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _drop(holder: Holder, key: Any, found: list[Place], dice: random.Random) -> None:
    del holder[key]


def _retype(holder: Holder, key: Any, found: list[Place], dice: random.Random) -> None:
    holder[key] = copy.deepcopy(dice.choice(ODD))


def _nest(holder: Holder, key: Any, found: list[Place], dice: random.Random) -> None:
    holder[key] = {dice.choice(["value", "inner", "content", "0"]): holder[key]}


def _list(holder: Holder, key: Any, found: list[Place], dice: random.Random) -> None:
    holder[key] = [holder[key]]


def _text(holder: Holder, key: Any, found: list[Place], dice: random.Random) -> None:
    holder[key] = json.dumps(holder[key])


def _python(holder: Holder, key: Any, found: list[Place], dice: random.Random) -> None:
    """Writes an object as a program does that takes str() of it."""
    if isinstance(holder[key], dict | list):
        holder[key] = str(holder[key])


def _truncate(holder: Holder, key: Any, found: list[Place], dice: random.Random) -> None:
    """Cuts a text off, or the JSON text of an object, as columns of a fixed width do."""
    value = holder[key]
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) > 2 and not text.startswith(USER[:3]):
        end = dice.randrange(1, len(text))
        if USER[:2] in text[end - len(USER) : end]:
            return  # half of an id is nobody's
        holder[key] = text[:end]


def _rename(holder: Holder, key: Any, found: list[Place], dice: random.Random) -> None:
    if isinstance(holder, dict):
        name = dice.choice([f"{key}x", key[1:], key.upper(), *_NAMES])
        if name not in holder or not names_person(holder[name]):
            holder[name] = holder.pop(key)


def _swap(holder: Holder, key: Any, found: list[Place], dice: random.Random) -> None:
    """Puts two values in each other's place."""
    other, name = dice.choice(found)
    one, two = copy.deepcopy(holder[key]), copy.deepcopy(other[name])
    if not names_person(two):
        holder[key] = two
        other[name] = one


def _repeat(holder: Holder, key: Any, found: list[Place], dice: random.Random) -> None:
    """Puts another value of the document in a place."""
    other, name = dice.choice(found)
    if not names_person(other[name]):
        holder[key] = copy.deepcopy(other[name])


Mutation = Callable[[Holder, Any, list[Place], random.Random], None]
PERSONAL: tuple[Mutation, ...] = (_drop, _retype, _nest, _list, _text, _python, _truncate)

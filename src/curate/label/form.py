"""The form beside a text that is marked: the fields of an answer that are no spans, as JSON.

One box of JSON, and not a control for each field: an interface is made once per project, and fields
come and go between its answers, as objects of lists do. JSON shows any shape, keeps types apart
(12, "12", true, null) and is checked against the contract when it comes back.

A corrected answer is made of both: the fields that are marked, and those of the form. So what
nobody marks and nobody touches stays as it was logged.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from curate.contract import schema as schemas
from curate.contract.answers import read_json
from curate.contract.infer import Values
from curate.contract.schema import Break
from curate.contract.terms import laid_out
from curate.label import extraction
from curate.label.extraction import FieldTypes, Steps
from curate.text.wording import shortened

_GONE = object()
# How answers are laid out that this was not written by.
_LAYOUTS: tuple[Mapping[str, Any], ...] = (
    {}, {"separators": (",", ":")}, {"indent": 2}, {"indent": 4},
)  # fmt: skip


def shown(row: Mapping[str, Any]) -> str:
    """Returns what stands in the form of a task: all that is not marked in its text.

    Without a hint that is every field that answers of this project have, with null for its value.
    """
    return _storable(laid_out(read_shape(row) if _is_empty(row) else _unmarked(row), is_open=True))


def shape(schema: Any, responses: Iterable[str]) -> str:
    """Returns the empty answer of a project as JSON, in the order that answers have.

    Args:
        schema: of the contract; None where there is none, and the answers tell.
        responses: logged answers.
    """
    seen = Values()
    for text in responses:
        if (value := extraction.read(text)) is not None:
            seen.add(value)
    usual = empty(seen.schema())
    return json.dumps(_ordered(empty(schema), usual) if schema else usual)


def empty(schema: Any) -> Any:
    """Returns the answer that a schema describes with null for each value."""
    shape: Any = None
    for steps in extraction.described(schema):
        shape = _put(shape, steps, None, "")
    return {} if shape is None else shape


def read_shape(row: Mapping[str, Any]) -> Any:
    """Returns the empty answer of a project, as the row of a task has it."""
    return json.loads(row.get("shape") or "{}")


def answer(text: str, marks: Sequence[tuple[str, str]], row: Mapping[str, Any]) -> tuple[str, bool]:
    """Returns the corrected answer, and whether it says anything.

    Args:
        text: what the annotator left in the form; empty where the page had none.
        marks: (path, text) of each span, in the order of the text.
        row: of the task.

    Raises:
        ValueError: the form cannot be read, or the answer is not what the project takes.
    """
    logged = extraction.read(row["response"])
    schema = row.get("schema")
    form = _read(text, logged, row) if text.strip() else _unread(row)
    if not _is_empty(row) and not schema:
        _check_kinds(form, logged, ())
    described = extraction.described(json.loads(schema)) if schema else {}
    for path, texts in _by_path(marks).items():
        steps = extraction.steps_of(path)
        value = _marked(path, texts, _seen(logged, steps), _place(described, steps))
        form = _put(form, steps, value, path)
    left = _pruned(form, logged, without_null=_is_empty(row))
    says_something = left is not _GONE and bool(left)
    merged = type(form)() if left is _GONE else left
    if schema:
        merged = _with_required(merged, schema, described)
    merged = _ordered(merged, logged)
    if logged is not None and json.dumps(merged) == json.dumps(logged):
        return row["response"], says_something
    if schema and merged and (broken := schemas.check_value(schema, merged)):
        raise ValueError(f"the contract does not take this: {_said(broken)}")
    return _json(merged, _layout(row["response"], logged)), says_something


# -- what is in the form ---------------------------------------------------------------------------


def _is_empty(row: Mapping[str, Any]) -> bool:
    """Returns whether a task has nothing filled in, so that null means: not there."""
    return bool(row.get("blind")) or row.get("prefill") == "none"


def _unread(row: Mapping[str, Any]) -> Any:
    return {} if _is_empty(row) else _unmarked(row)


def _unmarked(row: Mapping[str, Any]) -> Any:
    """Returns the logged answer without what is marked in the text."""
    logged = extraction.read(row["response"])
    if logged is None:
        return {}
    places = extraction.places(row["query"] or "", row["response"])
    # Where the interface has not all of the labels, nothing is marked.
    marked = {extraction.steps_of(path) for path, _, _ in places} if row.get("can_fill", 1) else ()
    found = _without(deepcopy(logged), {*marked}, ())
    return type(logged)() if found is _GONE else found


def _without(value: Any, marked: set[Steps], steps: Steps) -> Any:
    """Returns a value without what is marked, `_GONE` where that is all of it.

    Something is left in a list for each of its objects, as the next ones would move up.
    """
    if steps in marked:
        return _GONE
    if isinstance(value, dict) and value:
        inner = {key: _without(one, marked, (*steps, key)) for key, one in value.items()}
        return {key: one for key, one in inner.items() if one is not _GONE} or _GONE
    if isinstance(value, list) and value:
        kept = [_without(one, marked, (*steps, place)) for place, one in enumerate(value)]
        if all(one is _GONE for one in kept):
            return _GONE
        return [
            _nothing(was) if one is _GONE else one for one, was in zip(kept, value, strict=True)
        ]
    return value


def _nothing(value: Any) -> Any:
    return type(value)() if isinstance(value, dict | list) else None


def _read(text: str, logged: Any, row: Mapping[str, Any]) -> Any:
    value, found = read_json(text)
    if found:
        raise ValueError(f"the form is no JSON: {_said(found)}")
    try:
        json.dumps(value, allow_nan=False)
    except ValueError as error:
        raise ValueError("the form has a number that is too large") from error
    expected = type(read_shape(row)) if logged is None else type(logged)
    if not isinstance(value, dict) and not (isinstance(value, list) and expected is list):
        raise ValueError(f"the form is no JSON object: {shortened(text)!r}")
    return value


def _said(found: Break) -> str:
    return f"{found.path} {found.message}".strip()


def _check_kinds(value: Any, logged: Any, steps: Steps) -> None:
    """Checks that values are of the kind that the logged answer has there.

    Raises:
        ValueError: one is not.
    """
    kind, expected = _kind(value), _kind(logged)
    if "null" in (kind, expected):
        return
    if kind != expected:
        said = shortened(json.dumps(value, ensure_ascii=False), 40)
        where = extraction.path(steps) or "the form"
        raise ValueError(f"{where}: {said} is {kind}, where the answer has {expected}")
    if isinstance(value, dict):
        for key in [key for key in value if key in logged]:
            _check_kinds(value[key], logged[key], (*steps, key))
    elif isinstance(value, list) and len({_kind(one) for one in logged} - {"null"}) == 1:
        for place, one in enumerate(value):
            like = logged[min(place, len(logged) - 1)]
            _check_kinds(one, like, (*steps, place))


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    names = {str: "a text", int: "a number", float: "a number", dict: "an object", list: "a list"}
    return names.get(type(value), "null")


# -- what is marked --------------------------------------------------------------------------------


def _by_path(marks: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for path, text in marks:
        texts.setdefault(path, []).append(text)
    return texts


def _seen(logged: Any, steps: Steps) -> Any:
    """Returns the logged value at a place; in a list that is shorter, of its last object."""
    for step in steps:
        if isinstance(step, int) and isinstance(logged, list) and logged:
            logged = logged[min(step, len(logged) - 1)]
        else:
            logged = logged.get(step) if isinstance(logged, dict) else None
    return logged


def _place(described: Mapping[Steps, FieldTypes], steps: Steps) -> FieldTypes | None:
    return described.get(extraction.at_first(steps))


def _marked(path: str, texts: Sequence[str], logged: Any, place: FieldTypes | None) -> Any:
    """Returns the value of a field that was marked: of the type that it has elsewhere."""
    before = logged if isinstance(logged, list) else [logged]
    values = [_typed(path, text, before, place.types if place else frozenset()) for text in texts]
    if isinstance(logged, list):
        counts = [Counter(map(json.dumps, some)) for some in (values, logged)]
        at = {json.dumps(value): n for n, value in reversed([*enumerate(logged)])}
        in_order = sorted(values, key=lambda value: at.get(json.dumps(value), len(at)))
        return list(logged) if counts[0] == counts[1] else in_order
    is_one = (place is not None and not place.is_list) or logged is not None
    if len(values) == 1 or (is_one and len(set(values)) == 1):
        return values if place and place.is_list else values[0]
    return values


def _typed(path: str, text: str, before: Sequence[Any], types: frozenset[str]) -> Any:
    numbers = [v for v in before if isinstance(v, int | float) and not isinstance(v, bool)]
    is_text = "string" in types or (not types and not numbers)
    if text in before or not (numbers or types & {"number", "integer"} or not is_text):
        return text
    if re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", text, re.ASCII):
        value = json.loads(text)
        return next((number for number in numbers if number == value), value)
    if is_text:
        return text
    takes = "a number" if numbers or types & {"number", "integer"} else " or ".join(sorted(types))
    raise ValueError(
        f"{shortened(text)!r} is marked as {path}, which takes {takes}: take the mark away and "
        "write the value into the form"
    )


def _put(node: Any, steps: Steps, value: Any, path: str) -> Any:
    """Returns what is in a place with a value put into it; a list that is there gains the new ones.

    Raises:
        ValueError: what is there has no such place.
    """
    if not steps:
        if isinstance(node, list) and isinstance(value, list):
            return node + [one for one in value if one not in node]
        return value
    step, later = steps[0], steps[1:]
    fresh: Any = [] if isinstance(step, int) else {}
    if node is None or node is _GONE or node in ({}, []):
        node = fresh
    if type(node) is not type(fresh):
        said = shortened(json.dumps(node, ensure_ascii=False), 40)
        raise ValueError(f"{path} is marked, and the form has {said} in its place")
    if isinstance(step, int):
        node += [_GONE] * (step + 1 - len(node))
        node[step] = _put(node[step], later, value, path)
    else:
        node[step] = _put(node.get(step), later, value, path)
    return node


# -- the answer ------------------------------------------------------------------------------------


def _pruned(value: Any, logged: Any, *, without_null: bool) -> Any:
    """Returns a value without what only kept a place for marks, `_GONE` where nothing is left."""
    if value is _GONE or (without_null and value is None):
        return _GONE
    if isinstance(value, dict):
        inner = {
            key: _pruned(one, _seen(logged, (key,)), without_null=without_null)
            for key, one in value.items()
        }
        kept = {key: one for key, one in inner.items() if one is not _GONE}
        return _GONE if value and not kept else kept
    if isinstance(value, list):
        befores = [_at(logged, place) for place in range(len(value))]
        items = [
            _pruned(one, before, without_null=without_null)
            for one, before in zip(value, befores, strict=True)
        ]
        # Only in such lists was something left in place of what is marked.
        is_nested = isinstance(logged, list) and any(isinstance(one, dict | list) for one in logged)
        left = [
            one
            for one, before in zip(items, befores, strict=True)
            if one is not _GONE
            and not (is_nested and one in (None, {}, []) and before not in (None, {}, []))
        ]
        return _GONE if value and not left else left
    return value


def _with_required(value: Any, schema: str, described: Mapping[Steps, FieldTypes]) -> Any:
    """Returns an answer with null, or nothing in it, for fields that the contract requires.

    So a field that is not there is told in answers that have to name all of their fields.
    """
    while (broken := schemas.check_value(schema, value)) and broken.kind == "required":
        steps = _steps_of(broken.path, value)
        first = extraction.at_first(steps)
        inner = [one[len(first)] for one in described if one[: len(first)] == first != one]
        types = described.get(first)
        if types and "null" in types.types and not types.is_list:
            value = _put(value, steps, None, "")
        elif inner or (types and types.is_list):
            value = _put(value, steps, {} if inner and isinstance(inner[0], str) else [], "")
        else:
            break
    return value


def _steps_of(pointer: str, value: Any) -> Steps:
    """Returns what a JSON pointer into a value stands for."""
    steps: list[str | int] = []
    for name in pointer.split("/")[1:]:
        key = name.replace("~1", "/").replace("~0", "~")
        steps.append(int(key) if isinstance(value, list) else key)
        value = _seen(value, tuple(steps[-1:]))
    return tuple(steps)


def _at(logged: Any, place: int) -> Any:
    return logged[place] if isinstance(logged, list) and place < len(logged) else None


def _ordered(value: Any, logged: Any) -> Any:
    """Returns a value with its keys as they were logged, new ones behind them by name."""
    if isinstance(value, dict):
        before = list(logged) if isinstance(logged, dict) else []
        keys = [key for key in before if key in value] + sorted(value.keys() - {*before})
        return {key: _ordered(value[key], _seen(logged, (key,))) for key in keys}
    if isinstance(value, list):
        return [_ordered(one, _seen(logged, (place,))) for place, one in enumerate(value)]
    is_same = _kind(value) == _kind(logged) == "a number" and value == logged
    return logged if is_same else value


def _layout(response: str | None, logged: Any) -> Mapping[str, Any]:
    text = (response or "").strip()
    return next((some for some in _LAYOUTS if _json(logged, some) == text), {})


def _json(value: Any, layout: Mapping[str, Any]) -> str:
    return _storable(json.dumps(value, ensure_ascii=False, **layout))


def _storable(text: str) -> str:
    """Returns JSON with escapes for what no database or browser takes."""
    return re.sub("[\x7f\ufffe\uffff\ud800-\udfff]", lambda found: json.dumps(found[0])[1:-1], text)

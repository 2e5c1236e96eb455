"""JSON Schema, by the library `jsonschema`: whether a schema is one, and what of a value breaks it.

Nothing is fetched: a reference that leaves the schema is refused when it is read. Values of
`format` are checked where the library can. A schema without `$schema` is of draft 2020-12.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from curate.text.wording import shortened

_MESSAGE, _VALUE = 120, 60
_DATA = ("const", "enum", "default", "examples")
_CACHED = 512


@dataclass(frozen=True)
class Break:
    """What is wrong with an answer.

    Attributes:
        kind: in a word: a keyword of JSON Schema, or what the checks of texts and calls say.
        path: JSON pointer into the answer, "" for all of it; of a call, `tool.argument`.
        message: what is wrong there.
    """

    kind: str
    path: str
    message: str

    def __post_init__(self) -> None:
        # Half of a character pair, which JSON can escape, is no text to a database.
        for name in ("path", "message"):
            text = getattr(self, name).encode("utf-8", "replace").decode()
            object.__setattr__(self, name, text)


def problem(schema: str) -> tuple[str, str] | None:
    """Returns what makes a text no schema, as (path, message); None where it is one."""
    from jsonschema import SchemaError
    from jsonschema.validators import validator_for

    parsed = json.loads(schema)
    named = parsed.get("$schema") if isinstance(parsed, dict) else None
    if named is not None and validator_for({"$schema": str(named)}, default=None) is None:
        return "/$schema", f"{named!r} is no draft that can be checked; leave it out"
    kind = _class_of(parsed)
    try:
        kind.check_schema(parsed, format_checker=kind.FORMAT_CHECKER)
    except SchemaError as error:
        return pointer(error.absolute_path), shortened(error.message, _MESSAGE)
    return _lost_reference(parsed) or _endless(schema)


def _lost_reference(schema: Any) -> tuple[str, str] | None:
    """Returns the first reference that leads nowhere; nothing is fetched to find out."""
    from jsonschema_specifications import REGISTRY
    from referencing import Resource
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    if not isinstance(schema, dict):
        return None
    resource = Resource.from_contents(schema, default_specification=DRAFT202012)
    base = resource.id() or ""
    resolver = REGISTRY.with_resource(base, resource).resolver(base_uri=base)
    own_ids = any("$id" in part for path, part in _parts(schema) if path)
    for path, part in _parts(schema):
        reference = part.get("$ref")
        if not isinstance(reference, str) or own_ids:
            continue
        try:
            resolver.lookup(reference)
        except Unresolvable:
            return f"{path}/$ref", f"{reference!r} leads nowhere, and nothing is fetched"
    return None


def _endless(schema: str) -> tuple[str, str] | None:
    """Returns whether a schema refers to itself without a step into the value."""
    try:
        _validator(schema).is_valid({})
    except RecursionError:
        return "", "it refers to itself for ever"
    return None


def _parts(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the objects of a schema with their places, data aside."""
    if isinstance(schema, dict):
        yield path, schema
        for key, value in schema.items():
            if key not in _DATA:
                yield from _parts(value, f"{path}/{_escaped(key)}")
    elif isinstance(schema, list):
        for number, value in enumerate(schema):
            yield from _parts(value, f"{path}/{number}")


def unchecked_formats(schema: str) -> list[str]:
    """Returns the values of `format` in a schema that the library cannot check here."""
    parsed = json.loads(schema)
    known = _class_of(parsed).FORMAT_CHECKER.checkers
    named = {part["format"] for _, part in _parts(parsed) if isinstance(part.get("format"), str)}
    return sorted(named - set(known))


def _class_of(schema: Any) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import validator_for

    return validator_for(schema, default=Draft202012Validator)


@functools.lru_cache(_CACHED)
def _validator(schema: str) -> Any:
    """Returns the compiled validator of a schema."""
    from jsonschema_specifications import REGISTRY

    parsed = json.loads(schema)
    kind = _class_of(parsed)
    return kind(parsed, format_checker=kind.FORMAT_CHECKER, registry=REGISTRY)


def check_value(schema: str, value: Any) -> Break | None:
    """Returns what of a parsed value breaks a schema first; None where nothing does."""
    validator = _validator(schema)
    if next(validator.iter_errors(value), None) is None:
        return None
    from jsonschema.exceptions import best_match

    error = best_match(validator.iter_errors(value))
    keyword, path, instance = str(error.validator), list(error.absolute_path), error.instance
    if keyword == "required":
        missing = [name for name in error.validator_value if name not in instance]
        return Break(keyword, pointer([*path, missing[0]]), "is missing")
    if keyword == "additionalProperties" and error.validator_value is False:
        extra = _extra(error.schema, instance)
        return Break(keyword, pointer([*path, extra]), "is not in the contract")
    return Break(keyword, pointer(path), shortened(_message(error), _MESSAGE))


def _message(error: Any) -> str:
    """Returns what is wrong with a value; the value is told as JSON, not as Python has it."""
    seen = shortened(json.dumps(error.instance, ensure_ascii=False), _VALUE)
    if error.validator == "type":
        wanted = error.validator_value
        return f"{seen} is not of type {wanted if isinstance(wanted, str) else ' or '.join(wanted)}"
    if error.validator == "enum":
        return f"{seen} is none of {', '.join(map(json.dumps, error.validator_value))}"
    return str(error.message)


def _extra(schema: dict[str, Any], instance: dict[str, Any]) -> str:
    """Returns the first key of an object that its schema does not name."""
    patterns = schema.get("patternProperties", {})
    known = schema.get("properties", {})
    return next(
        key
        for key in instance
        if key not in known and not any(re.search(pattern, key) for pattern in patterns)
    )


def pointer(path: Sequence[Any]) -> str:
    """Returns a path of keys and places as a JSON pointer.

    Source: RFC 6901, section 3.
    """
    return "".join(f"/{_escaped(step)}" for step in path)


def _escaped(step: Any) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")

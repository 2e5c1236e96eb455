"""Whether an answer keeps a contract: its text, and the calls of tools that it makes.

Both are pure functions of what is given; what is wrong comes back as a `Break`.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from curate.contract import schema as schemas
from curate.contract.schema import Break, pointer
from curate.contract.terms import Contract
from curate.messages import Message, calls_of, canonical, declared_tools, function_of, text_of
from curate.text.wording import shortened

_CACHED = 512
_SHOWN = 60
_TRIES = 20
FENCED = re.compile(r"\s*```[\w+-]*[ \t]*\n(?P<inside>.*?)\n?[ \t]*```\s*", re.DOTALL)
_PYTHON = re.compile(r"'|(True|False|None)\b")


def check(
    answer: Sequence[Message], tools: Sequence[Any] | None, contract: Contract
) -> Break | None:
    """Returns what of an answer breaks a contract; None where nothing does.

    Args:
        answer: its messages in OpenAI's shape, normally one.
        tools: that were offered; None or none where the log does not say, and calls are not
            checked.
        contract: what the answer must look like. Schema and pattern are about an answer in words:
            of a message that calls tools, only the calls are checked.
    """
    if contract.tools and tools:
        for message in answer:
            if found := check_calls(message, tools):
                return found
    last = answer[-1] if answer else {}
    if calls_of(last) or not contract.has_form:
        return None
    return check_text(text_of(last.get("content")), contract)


def check_text(text: str, contract: Contract) -> Break | None:
    """Returns what of a text breaks a contract; None where nothing does."""
    if contract.pattern is not None:
        return _check_pattern(text, contract.pattern)
    if contract.schema is None:
        return None
    value, found = read_json(unfenced(text) if contract.fences else text)
    return found or schemas.check_value(contract.schema, value)


def unfenced(text: str) -> str:
    """Returns what stands in the block of code fences that a text is; a text without, as it is."""
    fenced = FENCED.fullmatch(text)
    return fenced["inside"] if fenced else text


def _check_pattern(text: str, pattern: str) -> Break | None:
    if re.fullmatch(pattern, text):
        return None
    if not text.strip():
        return Break("empty", "", "it is empty")
    return Break("pattern", "", f"{shortened(text, _SHOWN)!r} does not match the pattern")


# -- texts that should be JSON ---------------------------------------------------------------------


class _NotPlain(ValueError):
    """A text that Python reads and that is no JSON, or means two things."""


class _AsWritten(list[tuple[str, Any]]):
    """An object with its keys as they stand, repeated ones too."""


class _Constant:
    """NaN or Infinity, which JSON does not have."""

    def __init__(self, name: str) -> None:
        self.name = name


def read_json(text: str) -> tuple[Any, Break | None]:
    """Returns the value of a JSON text, or what makes it none.

    It is strict where readers differ: NaN and repeated keys are refused.

    Source: RFC 8259, sections 4 and 6.
    """
    try:
        try:
            return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse), None
        except _NotPlain:
            whole = json.loads(text, object_pairs_hook=_AsWritten, parse_constant=_Constant)
            return None, next(_oddities(whole, []))
    except json.JSONDecodeError as error:
        return None, _diagnose(text, error)
    except RecursionError:
        return None, Break("not-json", "", "it is nested too deep to be read")
    except ValueError:  # Python's own limit to the digits of an integer
        return None, Break("not-json", "", "a number has too many digits to be read")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _NotPlain
    return found


def _refuse(_name: str) -> None:
    raise _NotPlain


def _oddities(value: Any, path: list[Any]) -> Iterator[Break]:
    """Yields where a value that Python reads is no JSON, or has a key twice."""
    if isinstance(value, _Constant):
        yield Break("nan", pointer(path), f"{value.name} is no JSON")
    elif isinstance(value, _AsWritten):
        seen = set()
        for key, inner in value:
            if key in seen:
                yield Break("duplicate-key", pointer([*path, key]), "stands there twice")
            seen.add(key)
            yield from _oddities(inner, [*path, key])
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _oddities(inner, [*path, place])


def _diagnose(text: str, error: json.JSONDecodeError) -> Break:
    """Returns what a text is that should be JSON and cannot be read."""
    stripped = text.strip()
    if not stripped:
        return Break("empty", "", "it is empty")
    if stripped.startswith("```"):
        return Break("fenced", "", "the answer stands in code fences")
    if around := _around(text):
        return Break("prose", "", f"text around the JSON: {shortened(around, _SHOWN)!r}")
    if stripped[0] not in "{[":
        return Break("not-json", "", f"{shortened(text, _SHOWN)!r} is no JSON")
    place, where = text[error.pos :], f"at character {error.pos + 1:,}"
    if not place.strip() or error.msg.startswith("Unterminated string"):
        return Break("truncated", "", f"it ends within the JSON, {where}")
    if "trailing comma" in error.msg or _after_comma(text, error.pos):
        return Break("trailing-comma", "", f"a comma before the end, {where}")
    if _PYTHON.match(place):
        return Break("python", "", f"Python's notation, not JSON's, {where}")
    return Break("not-json", "", f"{error.msg} {where}")


def _after_comma(text: str, place: int) -> bool:
    return text[place : place + 1] in ("}", "]") and text[:place].rstrip().endswith(",")


def _around(text: str) -> str:
    """Returns what stands before a JSON object or list in a text, else what stands behind it."""
    decoder = json.JSONDecoder()
    for match in islice(re.finditer(r"[{\[]", text), _TRIES):
        start = match.start()
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            if start == len(text) - len(text.lstrip()):
                return ""  # JSON that is broken, whatever whole parts it has
            continue
        if value:
            return text[:start].strip() or text[end:].strip()
    return ""


# -- calls of tools --------------------------------------------------------------------------------

_TYPES = ("string", "number", "integer", "boolean", "array", "object", "null")


def check_calls(message: Message, tools: Sequence[Any]) -> Break | None:
    """Returns what the calls of a message break of what the offered tools take.

    Args:
        message: in OpenAI's shape; arguments are JSON text, or an object.
        tools: that were offered, in whatever API's words.
    """
    calls = calls_of(message)
    if not calls:
        return None
    offered, all_named = _parameters(canonical(list(tools)))
    for call in calls:
        function = function_of(call)
        name = str(function.get("name"))
        if name in offered:
            found = _check_arguments(name, function.get("arguments"), offered[name])
        elif all_named:
            names = shortened(", ".join(sorted(offered)), _SHOWN)
            found = Break("unknown-tool", name, f"was not offered; offered: {names}")
        else:
            found = None
        if found:
            return found
    return None


def _check_arguments(name: str, arguments: Any, schema: str | None) -> Break | None:
    found = None
    if isinstance(arguments, str):
        arguments, found = read_json(arguments)
    if not found and not isinstance(arguments, dict):
        found = Break("type", "", "they are no JSON object")
    if found:
        where = name + found.path.replace("/", ".")
        return Break("arguments-not-json", where, f"arguments: {found.message}")
    broken = schemas.check_value(schema, arguments) if schema is not None else None
    if not broken:
        return None
    message = broken.message
    if broken.kind == "additionalProperties":
        message = "is no argument of the tool"
    return Break(f"argument-{broken.kind}", name + broken.path.replace("/", "."), message)


@functools.lru_cache(_CACHED)
def _parameters(tools: str) -> tuple[dict[str, str | None], bool]:
    """Returns each offered tool's schema by its name, and whether all tools have a name.

    The schema is None where a tool declares none, or one that cannot be checked.
    """
    offered: dict[str, str | None] = {}
    all_named = True
    for declared in declared_tools(json.loads(tools)):
        name = declared.get("name")
        all_named &= isinstance(name, str)
        offered[str(name)] = _schema_of(declared)
    return offered, all_named


def _schema_of(declared: Message) -> str | None:
    """Returns the schema of a tool's parameters, under whatever name its API has for it."""
    found = declared.get("parameters") or declared.get("input_schema")
    found = found or declared.get("inputSchema") or declared.get("parametersJsonSchema")
    if isinstance(found, dict) and isinstance(found.get("json"), dict):  # Nova's
        found = found["json"]
    if not isinstance(found, dict):
        return None
    schema = canonical(_in_lower_case(found))
    return None if schemas.problem(schema) else schema


def _in_lower_case(schema: Any) -> Any:
    """Returns a schema of Gemini's in the words of JSON Schema: `STRING`, and `nullable`.

    Source: Gemini API reference, Schema: types in capitals, and `nullable` as in OpenAPI 3.0.
    """
    if isinstance(schema, list):
        return [_in_lower_case(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        key: value if key in ("enum", "const", "default", "examples") else _in_lower_case(value)
        for key, value in schema.items()
    }
    kind = found.get("type")
    if isinstance(kind, str) and kind.isupper() and kind.lower() in _TYPES:
        found["type"] = kind = kind.lower()
    if found.get("nullable") is True and isinstance(kind, str):
        found["type"] = [kind, "null"]
        if isinstance(found.get("enum"), list):
            found["enum"] = [*found["enum"], None]
    return found

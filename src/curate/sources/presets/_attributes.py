"""Attributes of spans: lists of key and value, nested objects or dotted keys become one flat form.

Source: OpenTelemetry protocol, common.proto (AnyValue in its JSON form); OpenInference, semantic
conventions (flattened lists).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.sources.presets._rows import listing, mapping, number, opened

Attributes = dict[str, Any]

# What these hold is one value, however deep it goes.
_WHOLE = frozenset(
    (
        *("input.value", "output.value", "metadata", "llm.invocation_parameters"),
        *("mlflow.spanInputs", "mlflow.spanOutputs", "mlflow.chat.tokenUsage"),
        *("mlflow.chat.usage", "gen_ai.input.messages", "gen_ai.output.messages"),
        *("gen_ai.system_instructions", "gen_ai.event.content"),
    )
)
_TEXTS = ("stringValue", "string_value", "boolValue", "bool_value", "bytesValue", "bytes_value")
_NUMBERS = ("intValue", "int_value", "doubleValue", "double_value")


def flat(value: Any) -> Attributes:
    """Returns attributes under dotted keys, whatever form they were written in."""
    found = opened(value)
    if isinstance(found, list):
        pairs = [item for item in found if isinstance(item, Mapping) and "key" in item]
        found = {str(item["key"]): any_value(item.get("value")) for item in pairs}
    result: Attributes = {}
    if isinstance(found, Mapping):
        _flatten("", found, result)
    return result


def _flatten(prefix: str, value: Mapping[str, Any], into: Attributes) -> None:
    for key, item in value.items():
        name = f"{prefix}{key}"
        if isinstance(item, Mapping) and item and name not in _WHOLE:
            _flatten(f"{name}.", item, into)
        elif item is not None:
            into[name] = item


def any_value(value: Any) -> Any:
    """Returns the plain value of an AnyValue, `{"stringValue": ...}`; another one as it is."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return value
    (kind, item), *_ = value.items()
    if kind in _TEXTS:
        return item
    if kind in _NUMBERS:
        amount = number(item)
        return int(item) if kind.startswith("int") and amount is not None else amount
    if kind in ("arrayValue", "array_value"):
        return [any_value(part) for part in listing(mapping(item).get("values"))]
    if kind in ("kvlistValue", "kvlist_value"):
        pairs = [mapping(pair) for pair in listing(mapping(item).get("values"))]
        return {str(pair["key"]): any_value(pair.get("value")) for pair in pairs if "key" in pair}
    return value


def under(attributes: Mapping[str, Any], prefix: str) -> Attributes:
    """Returns the attributes below a prefix, without it: those of an object, or of dotted keys."""
    start = f"{prefix}."
    dotted = {k.removeprefix(start): v for k, v in attributes.items() if k.startswith(start)}
    return {**mapping(attributes.get(prefix)), **dotted}


def numbered(attributes: Mapping[str, Any], prefix: str) -> list[Attributes]:
    """Returns a list that stands as `prefix.0.role`, `prefix.1.role`, or whole under `prefix`."""
    whole = opened(attributes.get(prefix))
    if isinstance(whole, list):
        return [dict(mapping(item)) for item in whole if mapping(item)]
    items: dict[int, Attributes] = {}
    for key, value in under(attributes, prefix).items():
        place, _, name = key.partition(".")
        if place.isdecimal():
            items.setdefault(int(place), {})[name] = value
    return [items[place] for place in sorted(items)]

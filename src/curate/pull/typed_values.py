"""Documents of databases that write the type of a value beside it: DynamoDB and Firestore.

Source: Amazon DynamoDB, AttributeValue, and its export to S3 (`Item`) and scan (`Items`); Cloud
Firestore REST API, Value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

_ABOUT_SCAN = {"Items", "Count", "ScannedCount", "ConsumedCapacity", "LastEvaluatedKey"}
_ABOUT_DOCUMENT = {"name", "fields", "createTime", "updateTime"}


def typed_documents(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]] | None:
    """Returns documents with plain values, None for a document of another kind."""
    if document.keys() == {"Item"} and _is_typed(document["Item"], _DYNAMODB):
        return [_plain(document["Item"], _DYNAMODB)]
    items = document.get("Items")
    is_scan = isinstance(items, list) and bool(items) and document.keys() <= _ABOUT_SCAN
    if is_scan and all(_is_typed(item, _DYNAMODB) for item in items or ()):
        return [_plain(item, _DYNAMODB) for item in items or ()]
    fields = document.get("fields")
    is_named = document.keys() <= _ABOUT_DOCUMENT and "name" in document
    if is_named and isinstance(fields, Mapping) and _is_typed(fields, _FIRESTORE):
        name = str(document["name"]).rpartition("/")[2]
        about = {key: document[key] for key in ("createTime",) if key in document}
        return [{"id": name, **about, **_plain(fields, _FIRESTORE)}]
    return None


def _is_typed(value: Any, types: Mapping[str, Any]) -> bool:
    """Returns whether all values of an object have their type beside them."""
    if not isinstance(value, Mapping) or not value:
        return False
    return all(
        isinstance(item, Mapping) and len(item) == 1 and next(iter(item)) in types
        for item in value.values()
    )


def _plain(value: Mapping[str, Any], types: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    return {key: _value(item, types) for key, item in value.items()}


def _value(item: Any, types: Mapping[str, Callable[[Any], Any]]) -> Any:
    if not isinstance(item, Mapping) or len(item) != 1:
        return item
    ((kind, inner),) = item.items()
    return types[kind](inner) if kind in types else item


def _number(text: Any) -> Any:
    try:
        return int(text)
    except (TypeError, ValueError):
        return float(text)


def _same(value: Any) -> Any:
    return value


def _nothing(_: Any) -> None:
    return None


_DYNAMODB: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("S", "B", "BOOL", "SS", "BS"), _same),
    "N": _number,
    "NS": lambda value: [_number(item) for item in value],
    "NULL": _nothing,
    "L": lambda value: [_value(item, _DYNAMODB) for item in value],
    "M": lambda value: _plain(value, _DYNAMODB),
}
_FIRESTORE: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("stringValue", "booleanValue", "doubleValue", "timestampValue"), _same),
    **dict.fromkeys(("bytesValue", "referenceValue", "geoPointValue"), _same),
    "integerValue": _number,
    "nullValue": _nothing,
    "arrayValue": lambda value: [_value(item, _FIRESTORE) for item in value.get("values", [])],
    "mapValue": lambda value: _plain(value.get("fields", {}), _FIRESTORE),
}

"""MongoDB Extended JSON: `{"$oid": ...}`, `{"$date": ...}` and their like as the values they are.

Source: github.com/mongodb/specifications, source/extended-json.md, versions 1 and 2.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def simplified(value: Any) -> Any:
    """Returns a JSON value without the wrappers of Extended JSON, at any depth.

    Only an object that is exactly such a wrapper is taken for one.
    """
    if isinstance(value, list):
        return [simplified(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if 1 <= len(value) <= 2 and (reader := _READERS.get(frozenset(value))):
        try:
            return reader(value)
        except (ValueError, TypeError, OverflowError, KeyError, binascii.Error):
            return dict(value)
    return {name: simplified(item) for name, item in value.items()}


def _date(value: Mapping[str, Any]) -> Any:
    """Returns a date as ISO text; in milliseconds, as canonical files and version 1 write it."""
    moment = simplified(value["$date"])
    if isinstance(moment, str) and not moment.lstrip("-").isdecimal():
        return moment
    time = _EPOCH + timedelta(milliseconds=int(moment))
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(value: Mapping[str, Any]) -> str:
    time = _EPOCH + timedelta(seconds=int(simplified(value["$timestamp"]["t"])))
    return time.isoformat().replace("+00:00", "Z")


def _binary(value: Mapping[str, Any]) -> str:
    """Returns UTF-8 bytes as their text, a UUID as it is written, other bytes as base64."""
    inner = value["$binary"]
    kind = inner["subType"] if isinstance(inner, Mapping) else value["$type"]
    encoded = str(inner["base64"] if isinstance(inner, Mapping) else inner)
    body = base64.b64decode(encoded, validate=True)
    if str(kind) in ("04", "4") and len(body) == 16:
        text = body.hex()
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
    try:
        return body.decode()
    except UnicodeDecodeError:
        return encoded


def _float(value: Mapping[str, Any]) -> float | str:
    text = str(value["$numberDouble"])
    # JSON has no number for these.
    return text if text in ("NaN", "Infinity", "-Infinity") else float(text)


def _only(name: str) -> Callable[[Mapping[str, Any]], Any]:
    def read(value: Mapping[str, Any]) -> str:
        if not isinstance(value[name], str):
            raise TypeError(name)
        return str(value[name])

    return read


_READERS: dict[frozenset[str], Callable[[Mapping[str, Any]], Any]] = {
    frozenset({"$oid"}): _only("$oid"),
    frozenset({"$uuid"}): _only("$uuid"),
    frozenset({"$symbol"}): _only("$symbol"),
    frozenset({"$numberDecimal"}): _only("$numberDecimal"),
    frozenset({"$numberInt"}): lambda value: int(value["$numberInt"]),
    frozenset({"$numberLong"}): lambda value: int(value["$numberLong"]),
    frozenset({"$numberDouble"}): _float,
    frozenset({"$date"}): _date,
    frozenset({"$timestamp"}): _seconds,
    frozenset({"$binary"}): _binary,
    frozenset({"$binary", "$type"}): _binary,
    frozenset({"$undefined"}): lambda _: None,
}

"""JSON Lines (`.jsonl`, `.ndjson`) and JSON (`.json`) files, plain, `.gz` or `.zst`."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import IO

import orjson

from curate.kernels.user_ids import masked
from curate.sources import Document, Location, Reject, source
from curate.sources.extended_json import simplified
from curate.sources.json_array import array_items
from curate.sources.streams import capped_lines, open_bytes, opened, too_large, unpacking

_BLANK = re.compile(r"[\s,]*")
BOM = b"\xef\xbb\xbf"
_DETAIL_CHARACTERS = 120
_LOOKED_AT = 20
# What Python's own JSON writer, which the deepest documents need, has room for.
_DEEPEST = 500
_TOO_DEEP = f"nested more than {_DEEPEST} levels deep"


_JSON_NAMES = {list: "list", str: "string", int: "number", float: "number", bool: "boolean"}
_JSON_NAMES[type(None)] = "null"


def lines(location: Location) -> Iterator[bytes]:
    """Yields the lines of a plain, gzip or zstd file as they are, of any length.

    Raises:
        SourceError: it cannot be read to its end.
    """
    with unpacking(location), open_bytes(location) as handle:
        yield from handle


@source("jsonl", ".jsonl", ".ndjson")
def read_jsonl(location: Location) -> Iterator[Document | Reject]:
    """Yields one document or reject per line that is not blank."""
    with opened(location) as handle:
        yield from _read_lines(handle, location.max_document)


def _read_lines(handle: IO[bytes], limit: int) -> Iterator[Document | Reject]:
    for number, line in enumerate(capped_lines(handle, limit), 1):
        if line is None:
            yield too_large(number, limit)
        elif line.strip():
            yield _document(number, line)


@source("json", ".json")
def read_json(location: Location) -> Iterator[Document | Reject]:
    """Yields the objects of an array, or the file's one document; a file of lines is read as such.

    An array without any object in it is one document that is not an object. A longer array than
    one document may be is cut into its items while it is read.
    """
    limit = location.max_document
    with opened(location) as handle:
        body = handle.read(limit + 1)
        if len(body) <= limit:
            yield from _whole(body, limit)
        elif body.lstrip()[:1] == b"[":
            for number, item in enumerate(array_items(body, handle, limit), 1):
                yield too_large(number, limit) if item is None else _document(number, item)
        elif _is_lines(body):
            yield from read_jsonl(location)
        else:
            yield too_large(1, limit)


def _whole(body: bytes, limit: int) -> Iterator[Document | Reject]:
    whole = _document(1, body)
    if isinstance(whole, Reject) and whole.reason == "not-an-object":
        items = orjson.loads(body)
        items = simplified(items) if _has_wrappers(body) else items
        if isinstance(items, list) and any(isinstance(item, dict) for item in items):
            for number, item in enumerate(items, 1):
                yield _accept(number, item)
            return
    elif isinstance(whole, Reject) and _is_lines(body):
        yield from _read_lines(io.BytesIO(body), limit)
        return
    elif isinstance(whole, Reject) and whole.reason == "bad-json":
        objects = _one_after_another(body)
        if len(objects) > 1:
            yield from objects
            return
    yield whole


def _one_after_another(body: bytes) -> list[Document | Reject]:
    """Returns the objects of a file that follow one another over several lines, as jq prints them.

    What follows a damaged place is one document that is no JSON.
    """
    text, at, decoder = body.decode("utf-8", "replace"), 0, json.JSONDecoder()
    found: list[Document | Reject] = []
    while at < len(text) and text[at : at + 1] == "{":
        try:
            _, end = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            end = len(text)
        found.append(_document(len(found) + 1, text[at:end].encode()))
        at = _BLANK.match(text, end).end()  # type: ignore[union-attr]
    return found


def _is_lines(body: bytes) -> bool:
    """Returns whether most of the first lines are an object each."""
    lines = [line for line in body.split(b"\n", _LOOKED_AT)[:_LOOKED_AT] if line.strip()]
    objects = sum(isinstance(parse(1, line), Document) for line in lines)
    return len(lines) > 1 and 2 * objects >= len(lines)


def _document(number: int, raw: bytes) -> Document | Reject:
    """Returns what a line holds, with the values that MongoDB wraps as they are."""
    found = parse(number, raw)
    if _has_wrappers(raw) and isinstance(found, Document):
        return _accept(number, simplified(found.fields))
    return found


def _has_wrappers(raw: bytes) -> bool:
    # One byte is found much faster than two.
    return b"$" in raw and b'"$' in raw


def parse(number: int, raw: bytes) -> Document | Reject:
    """Returns the object that a line holds, or why it holds none."""
    try:
        value = orjson.loads(raw)
        if raw.count(b"[") + raw.count(b"{") > _DEEPEST and _is_deep(value):
            return Reject(number, "too-large", _TOO_DEEP)
        return _accept(number, value)
    except orjson.JSONDecodeError as error:
        try:
            text = raw.decode()
        except UnicodeDecodeError as bad:
            return Reject(number, "not-utf8", f"byte {bad.start}: {bad.reason}")
        if "depth" in error.msg:
            return Reject(number, "too-large", _TOO_DEEP)
        shown = masked(text.strip()[: 4 * _DETAIL_CHARACTERS])
        excerpt = shown[:_DETAIL_CHARACTERS].replace("\x00", "\\0")
        return Reject(number, "bad-json", f"{error.msg} in {excerpt!r}")


def _is_deep(value: object) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(_DEEPEST):
        inside = [v.values() if isinstance(v, dict) else v for v in level]
        level = [v for values in inside for v in values if isinstance(v, dict | list)]
    return bool(level)


def _accept(number: int, value: object) -> Document | Reject:
    if isinstance(value, dict):
        return Document(number, value)
    return Reject(number, "not-an-object", f"a JSON {_JSON_NAMES[type(value)]}")

"""JSON Lines (`.jsonl`, `.ndjson`) and JSON (`.json`) files, plain, `.gz` or `.zst`."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import IO, cast

import orjson

from curate.errors import SourceError
from curate.sources import Document, Location, Reject, source

BOM = b"\xef\xbb\xbf"
_DETAIL_CHARACTERS = 120
_LOOKED_AT = 20
# What Python's own JSON writer, which the deepest documents need, has room for.
_DEEPEST = 500


_JSON_NAMES = {list: "list", str: "string", int: "number", float: "number", bool: "boolean"}
_JSON_NAMES[type(None)] = "null"


def open_bytes(location: Location) -> IO[bytes]:
    """Opens a plain, gzip or zstd file for reading bytes."""
    path = location.path
    if path.suffix.lower() == ".gz":
        return cast(IO[bytes], gzip.open(path))
    if path.suffix.lower() == ".zst":
        import zstandard

        return cast(IO[bytes], zstandard.open(path, "rb"))
    return path.open("rb")


def lines(location: Location) -> Iterator[bytes]:
    """Yields the lines of a plain, gzip or zstd file.

    Raises:
        SourceError: it cannot be read to its end.
    """
    import zstandard

    try:
        with open_bytes(location) as handle:
            # zstandard's reader has no line iterator of its own.
            stream = handle if hasattr(handle, "peek") else io.BufferedReader(handle)  # type: ignore[type-var]
            yield from stream
    except (EOFError, OSError, zlib.error, zstandard.ZstdError) as error:
        raise SourceError(f"cannot read {location.path}: {error}") from error


@source("jsonl", ".jsonl", ".ndjson")
def read_jsonl(location: Location) -> Iterator[Document | Reject]:
    """Yields one document or reject per line that is not blank."""
    for number, line in enumerate(lines(location), 1):
        if number == 1:
            line = line.removeprefix(BOM)
        if line.strip():
            yield parse(number, line)


@source("json", ".json")
def read_json(location: Location) -> Iterator[Document | Reject]:
    """Yields the objects of an array, or the file's one document; a file of lines is read as such.

    An array without any object in it is one document that is not an object.
    """
    body = b"".join(lines(location)).removeprefix(BOM)
    whole = parse(1, body)
    if isinstance(whole, Document):
        yield whole
        return
    if whole.reason == "not-an-object":
        items = orjson.loads(body)
        if isinstance(items, list) and any(isinstance(item, dict) for item in items):
            for number, item in enumerate(items, 1):
                yield _accept(number, item)
            return
    elif _is_lines(body):
        yield from read_jsonl(location)
        return
    yield whole


def _is_lines(body: bytes) -> bool:
    """Returns whether most of the first lines are an object each."""
    lines = [line for line in body.split(b"\n", _LOOKED_AT)[:_LOOKED_AT] if line.strip()]
    objects = sum(isinstance(parse(1, line), Document) for line in lines)
    return len(lines) > 1 and 2 * objects >= len(lines)


def parse(number: int, raw: bytes) -> Document | Reject:
    """Returns the object that a line holds, or why it holds none."""
    try:
        value = orjson.loads(raw)
        if raw.count(b"[") + raw.count(b"{") > _DEEPEST and _is_deep(value):
            return Reject(number, "bad-json", f"nested more than {_DEEPEST} levels deep")
        return _accept(number, value)
    except orjson.JSONDecodeError as error:
        try:
            text = raw.decode()
        except UnicodeDecodeError as bad:
            return Reject(number, "not-utf8", f"byte {bad.start}: {bad.reason}")
        excerpt = text.strip()[:_DETAIL_CHARACTERS].replace("\x00", "\\0")
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

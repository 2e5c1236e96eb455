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

_BOM = b"\xef\xbb\xbf"
_DETAIL_CHARACTERS = 120


def open_bytes(location: Location) -> IO[bytes]:
    """Opens a plain, gzip or zstd file for reading bytes."""
    path = location.path
    if path.suffix == ".gz":
        return cast(IO[bytes], gzip.open(path))
    if path.suffix == ".zst":
        import zstandard

        return cast(IO[bytes], zstandard.open(path, "rb"))
    return path.open("rb")


def _lines(location: Location) -> Iterator[bytes]:
    import zstandard

    try:
        with open_bytes(location) as handle:
            # zstandard's reader has no line iterator of its own.
            buffered = handle if hasattr(handle, "peek") else io.BufferedReader(handle)  # type: ignore[type-var]
            yield from buffered
    except (EOFError, OSError, zlib.error, zstandard.ZstdError) as error:
        raise SourceError(f"cannot read {location.path}: {error}") from error


@source("jsonl", ".jsonl", ".ndjson")
def read_jsonl(location: Location) -> Iterator[Document | Reject]:
    """Yields one document or reject per line that is not blank."""
    for number, line in enumerate(_lines(location), 1):
        if number == 1:
            line = line.removeprefix(_BOM)
        if line.strip():
            yield _parse(number, line)


@source("json", ".json")
def read_json(location: Location) -> Iterator[Document | Reject]:
    """Yields the objects of an array, or the file's one document; a file of lines is read as such.

    An array without any object in it is one document that is not an object.
    """
    body = b"".join(_lines(location)).removeprefix(_BOM)
    whole = _parse(1, body)
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
    first, _, rest = body.strip().partition(b"\n")
    return bool(rest) and isinstance(_parse(1, first), Document)


def _parse(number: int, raw: bytes) -> Document | Reject:
    try:
        return _accept(number, orjson.loads(raw))
    except orjson.JSONDecodeError as error:
        try:
            text = raw.decode()
        except UnicodeDecodeError as bad:
            return Reject(number, "not-utf8", f"byte {bad.start}: {bad.reason}")
        seen = text.strip()[:_DETAIL_CHARACTERS].replace("\x00", "\\0")
        return Reject(number, "bad-json", f"{error.msg} in {seen!r}")


def _accept(number: int, value: object) -> Document | Reject:
    if isinstance(value, dict):
        return Document(number, value)
    return Reject(number, "not-an-object", f"a JSON {type(value).__name__}")

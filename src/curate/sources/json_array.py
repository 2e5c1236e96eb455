"""A JSON array cut into its items while it is read, so that it need not fit into memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

_CHUNK = 1024 * 1024
_SPACE = re.compile(rb"[\s,]*+")
_SCALAR = re.compile(rb"[^,\]\s]*+")
_STRING = rb'[^"\\]*+(?:\\.[^"\\]*+)*+'
_INSIDE = re.compile(_STRING, re.DOTALL)
# Up to the next bracket, over whole strings; or to the quote of one that goes on.
_OUTSIDE = re.compile(rb'[^"{}\[\]]*+(?:"' + _STRING + rb'"[^"{}\[\]]*+)*+', re.DOTALL)


class _Value:
    """A nested value or a string whose end is looked for, piece by piece.

    Args:
        is_string: whether it is a string, whose first quote has been read.
    """

    def __init__(self, is_string: bool) -> None:
        self._depth, self._in_string, self._escaped = 0, is_string, False

    def end(self, data: bytes, at: int) -> int:
        """Returns the place after the value's last byte, or -1 where the data ends before it."""
        while at < len(data):
            if self._in_string:
                at = self._string_end(data, at)
                if at < 0 or self._depth == 0:
                    return at
                continue
            at = _OUTSIDE.match(data, at).end()  # type: ignore[union-attr]
            if at == len(data):
                break
            byte, at = data[at : at + 1], at + 1
            if byte == b'"':
                self._in_string = True
                continue
            self._depth += 1 if byte in b"[{" else -1
            if self._depth == 0:
                return at
        return -1

    def _string_end(self, data: bytes, at: int) -> int:
        at, self._escaped = at + self._escaped, False
        at = _INSIDE.match(data, at).end()  # type: ignore[union-attr]
        if at == len(data):
            return -1
        if data[at : at + 1] == b"\\":  # the last byte of a piece
            self._escaped = True
            return -1
        self._in_string = False
        return at + 1


def array_items(head: bytes, handle: IO[bytes], limit: int) -> Iterator[bytes | None]:
    """Yields the JSON text of each item of an array; None for one of more than so many bytes.

    What follows a damaged place is one item, which is no JSON.

    Args:
        head: the first bytes of the array.
        handle: the rest.
        limit: of one item, which is never held as a whole.
    """
    data, at = head, head.index(b"[") + 1
    while True:
        at = _SPACE.match(data, at).end()  # type: ignore[union-attr]
        if at == len(data):
            data, at = handle.read(_CHUNK), 0
            if not data:
                yield b"]"  # the array has no end: no JSON
                return
        elif data[at : at + 1] == b"]":
            if rest := (data[at + 1 :] + handle.read(_CHUNK)).strip():
                yield b"]" + rest[:limit]
            return
        elif data[at : at + 1] in b'[{"':
            item, data, at = _nested(data, at, handle, limit)
            yield item
            if not data:
                return
        else:
            item, data, at = _scalar(data, at, handle)
            yield item


def _nested(
    data: bytes, start: int, handle: IO[bytes], limit: int
) -> tuple[bytes | None, bytes, int]:
    """Returns an item, None where it is beyond the limit, and where the data goes on."""
    is_string = data[start : start + 1] == b'"'
    value, at, dropped = _Value(is_string), start + is_string, False
    while (end := value.end(data, at)) < 0:
        more = handle.read(_CHUNK)
        if not more:
            return (None if dropped else data[start : start + limit]), b"", 0
        dropped = dropped or len(data) - start > limit
        kept = b"" if dropped else data[start:]
        data, start, at = kept + more, 0, len(kept)
    dropped = dropped or end - start > limit
    return (None if dropped else data[start:end]), data, end


def _scalar(data: bytes, start: int, handle: IO[bytes]) -> tuple[bytes, bytes, int]:
    end = _SCALAR.match(data, start).end()  # type: ignore[union-attr]
    if end == len(data):
        data, start = data[start:] + handle.read(_CHUNK), 0
        end = _SCALAR.match(data, start).end()  # type: ignore[union-attr]
    return data[start:end] or data[start : start + 1], data, max(end, start + 1)

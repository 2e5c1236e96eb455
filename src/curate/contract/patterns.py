"""Regular expressions that would be tried for years on a text that they do not match."""

from __future__ import annotations

from collections.abc import Iterator
from re import _constants, _parser  # type: ignore[attr-defined]  # the only parser of Python's own
from typing import Any

_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)


def is_endless(pattern: str) -> bool:
    """Returns whether a repeat without an end is of a repeat alone, as in `(a+)+`.

    A text of n characters can be shared out among the two in 2^n ways, and where the rest does not
    match, each is tried. The inner repeat can always be left out: `a+` matches the same.

    Args:
        pattern: one that `re` can compile. Other expressions may take as long; they are not found.
    """
    return any(
        least_and_most[1] == _constants.MAXREPEAT and _is_repeat(inner)
        for *least_and_most, inner in _repeats(_parser.parse(pattern))
    )


def _repeats(node: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Yields (least, most, what) of each repeat in a part of an expression, however deep."""
    if isinstance(node, _parser.SubPattern):
        for kind, value in node:
            if kind in _REPEATS:
                yield value
            yield from _repeats(value)
    elif isinstance(node, list | tuple):
        for part in node:
            yield from _repeats(part)


def _is_repeat(part: Any) -> bool:
    """Returns whether one repeat of varying length may be all of a part: the rest may be empty."""
    needed = [n for n in range(len(part)) if part[n : n + 1].getwidth()[0] > 0]
    if len(needed) != 1:
        return False
    kind, value = part[needed[0]]
    if kind is _constants.SUBPATTERN:
        return _is_repeat(value[-1])
    return kind in _REPEATS and value[1] > max(value[0], 1)

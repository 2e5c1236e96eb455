"""Plain text tables, numbers right-aligned with thousands separators; and how a chance is said."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

WIDTH = 100


def table(header: Sequence[str], rows: Sequence[Sequence[Any]], *, markdown: bool = False) -> str:
    """Returns rows as an aligned table, each line ended; numbers and shares stand on the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    right = [bool(cells) and all(_is_number(row[c]) for row in cells) for c in range(len(header))]
    width = [max(len(line[c]) for line in [list(header), *cells]) for c in range(len(header))]

    def line(values: Sequence[str]) -> str:
        padded = [
            v.rjust(w) if r else v.ljust(w) for v, w, r in zip(values, width, right, strict=True)
        ]
        return f"| {' | '.join(padded)} |\n" if markdown else f"{'  '.join(padded).rstrip()}\n"

    rule = ""
    if markdown:
        marks = ["-" * (w - 1) + (":" if r else "-") for w, r in zip(width, right, strict=True)]
        rule = f"| {' | '.join(marks)} |\n"
    return line(header) + rule + "".join(line(row) for row in cells)


def percent(share: float) -> str:
    """Returns a probability as it is said: no estimate is certain."""
    if share < 0.01:
        return "under 1%"
    return f"{share:.0%}" if share < 0.995 else "over 99%"


def _cell(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "" if value is None else str(value)


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").replace("%", "").replace("-", "").isdigit()


def wrapped(text: str, indent: str = "  ") -> str:
    """Returns text in lines of at most 100 columns; all but the first are indented."""
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False) + "\n"


def shortened(text: str | None, width: int = 60) -> str:
    """Returns a text on one line, cut to a width."""
    text = " ".join((text or "").split())
    return text if len(text) <= width else text[: width - 3] + "..."


def counted(number: int, noun: str) -> str:
    """Returns a number with its noun, in the plural where it is not one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(counts: Mapping[str, int]) -> str:
    """Returns names with their numbers on one line: `English 1,200, Hangul 3`."""
    return ", ".join(f"{name} {number:,}" for name, number in counts.items())

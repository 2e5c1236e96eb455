"""Tables and code spans of Markdown whose texts are only read, whatever stands in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from curate.text.escaping import for_markdown, for_terminal

_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?%?")


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Returns rows as a table of Markdown, each line ended; columns of numbers stand right.

    Cells are texts, not Markdown: integers get thousands separators, None is an empty cell.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    lines = [[for_markdown(name) for name in header], *cells]
    columns = range(len(header))
    right = [bool(cells) and all(_NUMBER.fullmatch(row[c]) for row in cells) for c in columns]
    width = [max(3, *(len(line[c]) for line in lines)) for c in columns]
    marks = ["-" * (w - 1) + (":" if r else "-") for w, r in zip(width, right, strict=True)]
    padded = [
        [v.rjust(w) if r else v.ljust(w) for v, w, r in zip(line, width, right, strict=True)]
        for line in lines
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in [padded[0], marks, *padded[1:]])


def code(text: str) -> str:
    """Returns a text as a code span, for a line of Markdown and not for a cell of a table.

    The fence is longer than any run of backticks in the text, which therefore never ends it.
    """
    line = " ".join(for_terminal(text).split())
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    pad = " " if not line or "`" in (line[0], line[-1]) else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def _cell(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    text = "" if value is None else str(value)
    return text if _NUMBER.fullmatch(text) else for_markdown(text)

"""Sentences as they are printed, and how numbers and a chance are said."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from curate.text.escaping import for_terminal
from curate.text.tables import WIDTH as WIDTH
from curate.text.tables import one_line as one_line
from curate.text.tables import room as room
from curate.text.tables import table as table
from curate.text.tables import width as width


def percent(share: float) -> str:
    """Returns a probability as it is said: no estimate is certain."""
    if share < 0.01:
        return "under 1%"
    return f"{share:.0%}" if share < 0.995 else "over 99%"


def wrapped(text: str, indent: str = "  ") -> str:
    """Returns text in lines as wide as they may be; all but the first are indented."""
    # Escaped before its width is looked at: what is escaped is longer.
    shown = for_terminal(text)
    return textwrap.fill(shown, width(), subsequent_indent=indent, break_long_words=False) + "\n"


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

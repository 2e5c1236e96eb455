"""The one place where text for people is printed: nothing in it acts, and terminals get colour.

What is printed holds queries, labels, names of files and answers of servers. It is escaped here as
a whole, then styled by what it looks like, so no command has to remember either.
"""

from __future__ import annotations

import io
import logging
import os
import re
import shutil
import sys
import textwrap
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

import click

from curate.text.escaping import for_json, for_terminal
from curate.text.tables import WIDTH

if TYPE_CHECKING:
    from rich.console import Console

# What stands out, in the order in which it is looked for; rich's names of styles.
_STYLES = (
    (re.compile(r"^.*(?=\n *─[─ ]*$)", re.MULTILINE), "bold"),
    (re.compile(r"^ *─[─ ]*$", re.MULTILINE), "dim"),
    (re.compile(r"^(Error:|FAIL\b)|\bFAILED\b", re.MULTILINE), "bold red"),
    (re.compile(r"^ *(note|warning|careful):", re.MULTILINE), "yellow"),
    (re.compile(r"(?<=^Next: ).+", re.MULTILINE), "bold"),
    (re.compile(r"^\$ .+", re.MULTILINE), "bold"),
    (re.compile(r"«[^»\n]*»"), "bold"),  # a word that was searched for
)


def _nothing() -> None:
    pass


before_printing: Callable[[], None] = _nothing
"""Called before anything is printed: what shows how far a command is makes room."""


def may_act(stream: TextIO) -> bool:
    """Returns whether colours and bars may be drawn: on a terminal that can, if the user lets us.

    Source: https://no-color.org: a variable NO_COLOR that is not empty.
    """
    dumb = os.environ.get("TERM", "") in ("dumb", "unknown")
    return stream.isatty() and not dumb and not os.environ.get("NO_COLOR")


def console(stream: TextIO) -> Console:
    """Returns rich's console for a stream that may act."""
    from rich.console import Console

    return Console(
        file=stream, force_terminal=True, force_interactive=True, highlight=False,
        markup=False, emoji=False,
    )  # fmt: skip


def echo(text: str, *, err: bool = False) -> None:
    """Prints text for people as it is, with its newlines; on stderr if told so."""
    if text:
        before_printing()
        write(text, sys.stderr if err else sys.stdout)


def write(text: str, stream: TextIO) -> None:
    """Writes text for people to a stream, in colour where that may be."""
    # A stream that knows few characters gets the others as they would be typed.
    known = stream.encoding or "utf-8"
    shown = for_terminal(text).encode(known, "backslashreplace").decode(known)
    if stream.isatty():
        shown = "".join(map(_folded, shown.splitlines(keepends=True)))
    if may_act(stream):
        _print_styled(shown, stream)
    else:
        click.echo(shown, nl=False, file=stream)


def _folded(line: str) -> str:
    """Returns a line that is no wider than the terminal; commands, which are copied, stay whole."""
    columns = shutil.get_terminal_size((WIDTH, 24)).columns
    if len(line) <= columns or line.startswith(("$ ", "Next: ")):
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(
        line.rstrip("\n"), columns, subsequent_indent=indent, tabsize=4, replace_whitespace=False,
        break_long_words=False, break_on_hyphens=False,
    ) + "\n" * line.endswith("\n")  # fmt: skip


def _print_styled(shown: str, stream: TextIO) -> None:
    from rich.text import Text

    styled = Text(shown)
    for pattern, style in _STYLES:
        styled.highlight_regex(pattern, style)
    console(stream).print(styled, soft_wrap=True, end="")


def message(error: click.ClickException) -> str:
    """Returns what Click says of a mistake: usage, a hint, what is wrong."""
    page = _UsagePage()
    error.show(page)
    return page.getvalue()


class _UsagePage(io.StringIO):
    """A page for Click, which would take colours out of texts for any other file."""

    def isatty(self) -> bool:
        """Returns that it is a terminal."""
        return True


def print_json(text: str) -> None:
    """Prints JSON on stdout: the same value, of which nothing acts."""
    before_printing()
    click.echo(for_json(text).encode())


def print_data(data: bytes) -> None:
    """Prints a file on stdout byte for byte; on a terminal, where people read, as text."""
    if sys.stdout.isatty():
        echo(data.decode(errors="replace"))
    else:
        click.echo(data, nl=False)


class LogHandler(logging.Handler):
    """Prints what is logged on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        """Prints one record."""
        try:
            echo(f"{self.format(record)}\n", err=True)
        except (OSError, ValueError):  # nobody reads it
            self.handleError(record)


def print_traceback(
    kind: type[BaseException], error: BaseException, at: TracebackType | None
) -> None:
    """Prints a bug on stderr, as Python does: its message may quote a text."""
    echo("".join(traceback.format_exception(kind, error, at)), err=True)

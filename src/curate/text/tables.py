"""Tables of plain text, and how wide what they are read on is."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from curate.text.escaping import for_terminal

if TYPE_CHECKING:
    from rich.table import Table

WIDTH = 100
"""Columns where nobody says how many there are: in files and pipes."""

# What sentences may take of a terminal; tables and bars may take all of it.
_NARROWEST, _WIDEST = 40, 120
# So far commands indent a table.
_INDENT = 2
_GAP = 2
# Words up to so long are not broken; the first of these with which a table fits.
_UNBROKEN = (16, 12, 8)
_RULE = "─"


def terminal_width() -> int | None:
    """Returns the columns of the terminal that stdout is; None where it is none."""
    return shutil.get_terminal_size((WIDTH, 24)).columns if sys.stdout.isatty() else None


def width() -> int:
    """Returns how many columns a sentence may take."""
    return min(max(terminal_width() or WIDTH, _NARROWEST), _WIDEST)


def room(taken: int) -> int:
    """Returns how many columns a text may take in a line, beside what else is in it."""
    return max(width() - taken, _NARROWEST // 2)


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    cut: bool = False,
) -> str:
    """Returns rows as an aligned table, each line ended; numbers and shares stand on the right.

    On a terminal that is too narrow columns without a value go and texts are folded, numbers never.
    A rule below the header is drawn there. Elsewhere a table is as wide as it needs to be.

    Args:
        header: of each column.
        rows: as long as the header; numbers get separators of thousands.
        cut: whether texts are cut rather than folded.
    """
    from rich.table import Table
    from rich.text import Text

    columns, terminal = list(zip(*_cells([header, *rows]), strict=True)), terminal_width()
    space = None if terminal is None else terminal - _INDENT
    if space is not None and _taken(_widths(columns)) > space:
        columns = [column for column in columns if any(column[1:])] or columns
    widths, right = _widths(columns), _on_the_right(columns)
    least = widths if space is None else _least(columns, right, space, cut)
    grid = Table.grid(padding=(0, _GAP, 0, 0))
    for wide, narrow, is_right in zip(widths, least, right, strict=True):
        grid.add_column(justify="right" if is_right else "left", no_wrap=wide == narrow)
    fitting: Any = {"overflow": "ellipsis", "no_wrap": True} if cut else {"overflow": "fold"}
    for number, line in enumerate(zip(*columns, strict=True)):
        grid.add_row(*(Text(value, **fitting) for value in line))
        if number == 0 and space is not None and "utf" in (sys.stdout.encoding or "").lower():
            grid.add_row(*(Text(_RULE * w, no_wrap=True, overflow="crop") for w in widths))
    return _printed(grid, max(space or _taken(widths), _taken(least)))


def _widths(columns: Sequence[Sequence[str]]) -> list[int]:
    from rich.cells import cell_len

    return [max(map(cell_len, column)) for column in columns]


def _least(
    columns: Sequence[Sequence[str]], right: Sequence[bool], space: int, cut: bool
) -> list[int]:
    """Returns how narrow each column may get.

    Numbers stay whole, amounts and words where there is room. What is not folded is cut, so a date
    counts as an amount then.
    """
    widths = _widths(columns)
    words = [max(_widths([value.split(" ") for value in column])) for column in columns]
    longest = _UNBROKEN[0] - (0 if cut else 1)
    amounts = [r or _are_amounts(c[1:], longest) for c, r in zip(columns, right, strict=True)]
    for whole in (amounts, right):
        for unbroken in _UNBROKEN:
            least = [
                wide if is_whole else min(wide, word, unbroken)
                for wide, word, is_whole in zip(widths, words, whole, strict=True)
            ]
            if _taken(least) <= space:
                return least
    return least


def _taken(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _printed(grid: Table, columns: int) -> str:
    from rich.console import Console

    page = io.StringIO()
    console = Console(file=page, width=columns + _GAP, force_terminal=False, color_system=None)
    console.print(grid, crop=False)
    return "".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines())


def _cells(rows: Sequence[Sequence[Any]]) -> list[list[str]]:
    """Returns what stands in each cell: one line, of which nothing acts."""
    return [[one_line(for_terminal(_text(value))) for value in row] for row in rows]


def one_line(text: str) -> str:
    """Returns a text without breaks, which in a name would begin a line that looks like ours."""
    return text.replace("\n", " ").replace("\t", " ")


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "" if value is None else str(value)


def _on_the_right(columns: Sequence[Sequence[str]]) -> list[bool]:
    """Returns of each column whether it holds numbers below its head, and else only gaps."""
    values = [[value for value in column[1:] if value] for column in columns]
    return [bool(numbers) and all(map(_is_number, numbers)) for numbers in values]


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").replace("%", "").replace("-", "").isdigit()


def _are_amounts(values: Sequence[str], longest: int) -> bool:
    """Returns whether a column has times, intervals and numbers with units: `1,127 ms`."""
    return all(v.lstrip("+-")[:1].isdigit() and len(v) <= longest for v in values if v)

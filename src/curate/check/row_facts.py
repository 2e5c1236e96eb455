"""What the checks of a file need of a row that was read, apart from its texts and its tokens.

It depends on the row and its target alone, so that it can be kept beside the row; what is said of
a whole file is told from the facts of its rows. Most rows of a file have the same ones.
"""

from __future__ import annotations

from typing import NamedTuple

from curate.check.columns import ColumnFacts
from curate.check.rules import Problem


class RowFacts(NamedTuple):
    """What is known of a row.

    Attributes:
        shape: as which it was read.
        problems: rules of rows that it breaks.
        names: its classes, where it is to be classified.
        good: whether its answer was rated good; None where it is not rated.
        columns: what its columns hold.
        weighted: whether the row has a weight of its own.
    """

    shape: str
    problems: tuple[Problem, ...]
    names: tuple[str, ...]
    good: bool | None
    columns: tuple[ColumnFacts, ...]
    weighted: bool


class KnownRow(NamedTuple):
    """A row that was read before: its facts, its tokens, and how many bytes its line has."""

    facts: RowFacts
    tokens: int
    size: int

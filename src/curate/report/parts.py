"""What a block of the report is made of: numbers and texts, which know nothing of HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Spec = Mapping[str, Any]
"""A plot in Vega-Lite; its data stand beside it."""


class Percent(float):
    """A share of a table; people read it as a percentage."""


@dataclass(frozen=True)
class Sentence:
    """What a reader should know first, or what to do next."""

    text: str


@dataclass(frozen=True)
class Figures:
    """Single numbers, each as (name, number as it is said, what it means)."""

    figures: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        header: names of columns.
        rows: texts and numbers; None where there is nothing to say.
        caption: what one row is.
        more: rows that are left out.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[Any]]
    caption: str = ""
    more: int = 0


@dataclass(frozen=True)
class Plot:
    """A picture of rows.

    Attributes:
        caption: what it shows, for those who cannot see it, too.
        rows: what is drawn; the same names in each.
        spec: Vega-Lite, without data.
    """

    caption: str
    rows: Sequence[Mapping[str, Any]]
    spec: Spec


@dataclass(frozen=True)
class Quote:
    """A text of an example, and what it is called."""

    name: str
    text: str
    id: str = ""


@dataclass(frozen=True)
class Case:
    """One example under suspicion, with texts that speak for or against it."""

    title: str
    why: str
    quotes: Sequence[Quote]
    beside: Sequence[Quote] = ()


@dataclass(frozen=True)
class Facing:
    """Two texts side by side; what differs is marked."""

    title: str
    one: Quote
    other: Quote


@dataclass(frozen=True)
class MapOfInputs:
    """The inputs as points.

    Attributes:
        columns: one list a column, all of one length: x and y between 0 and 1, id, text, and for
            each of `colours` the place of its value in the list of values.
        colours: name -> values, in the order of the legend.
        of: points that there are; fewer are drawn where it is more than `len(x)`.
    """

    columns: Mapping[str, Sequence[Any]]
    colours: Mapping[str, Sequence[str]]
    of: int


Part = Sentence | Figures | Grid | Plot | Case | Facing | MapOfInputs


@dataclass(frozen=True)
class Block:
    """One question of the day, and its answer.

    Attributes:
        name: of the block, in links.
        title: the question.
        command: gives the same numbers.
        parts: the answer; empty where there is none yet.
        missing: what to type so that there is one.
    """

    name: str
    title: str
    command: str
    parts: Sequence[Part]
    missing: str

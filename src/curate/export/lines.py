"""The lines of a version: its items in the words of each format."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from curate.check.columns import is_date
from curate.errors import ConfigError
from curate.export.items import Items
from curate.formats import Example, Format, Inexpressible, Item, Pair
from curate.messages import canonical
from curate.privacy.redact import Redactor
from curate.text.text import digest

Redact = Callable[[Item], Item]
_Numbered = tuple[int, Item]


class Line(NamedTuple):
    """One line of each file of a side.

    Attributes:
        role: of its example: `example`, or `mixed` in; `pair` where it has two.
        example_ids: what it is made of: the example, or chosen and rejected of a pair.
        content: digest of what the item holds, whatever the format; empty where nobody asks.
        rows: its bytes in each format, in the order of the formats.
        row_hash: digest of those bytes.
        kept: its number among the lines that are kept of the last version; -1 where it is new.
    """

    item_id: str
    role: str
    example_ids: tuple[str, ...]
    content: str
    rows: tuple[bytes, ...]
    row_hash: str
    kept: int = -1


@dataclass(frozen=True)
class Draft:
    """The lines of a side as its items are, before anything in them is hidden.

    Attributes:
        items: what all formats can express, in the order of the file.
        lines: of each of them; without rows where nobody wants them. Those that were kept are as
            they were written, with what was hidden then.
        refused: what makes an item inexpressible, by its id.
    """

    items: Items
    lines: list[Line]
    refused: dict[str, str]

    def numbers(self) -> NDArray[np.int64]:
        """Returns the numbers of the lines among those that were kept, int64 (n,)."""
        return np.array([line.kept for line in self.lines], np.int64)


def draft(
    items: Items,
    used: Sequence[Format],
    kept: Mapping[int, Line],
    *,
    limit: int | None,
    lossy: bool,
    with_rows: bool = True,
    with_content: bool = True,
    progress: Callable[[Iterable[_Numbered]], Iterable[_Numbered]] = lambda items: items,
) -> Draft:
    """Returns the lines of the first items that all formats can express.

    Args:
        items: of one side, in the order of the file.
        used: the formats.
        kept: the lines of items that were written before, by place.
        limit: how many are wanted; None means all.
        lossy: leave out what cannot be expressed.
        with_rows: keep the rows, not only what the lines are of.
        with_content: the digest of what each item holds.
        progress: wraps the items that are new.

    Raises:
        ConfigError: an item cannot be expressed, and `lossy` is false; it names the item.
    """
    lines: dict[int, Line] = {}
    refusals: dict[str, str] = {}
    first: tuple[int, str] | None = None
    for place, item in _numbered(items, kept, progress, in_order=limit is not None):
        if len(lines) == limit:
            break
        if isinstance(item, Line):
            lines[place] = item
            continue
        rows: list[dict[str, Any]] = []
        try:
            for writer in used:
                rows.append(writer.row(item))
        except Inexpressible as what:
            refusals[item_id(item)] = str(what)
            if first is None or place < first[0]:
                first = place, _cannot(item, writer.name, str(what))
        else:
            content = _content(item) if with_content else ""
            lines[place] = _line(item, rows if with_rows else (), "example", content)
    if first and not lossy:
        raise ConfigError(first[1])
    places = sorted(lines)
    of = items if len(places) == len(items) else items.take(places)
    return Draft(of, [lines[place] for place in places], refusals)


def _numbered(
    items: Items,
    kept: Mapping[int, Line],
    progress: Callable[[Iterable[_Numbered]], Iterable[_Numbered]],
    *,
    in_order: bool,
) -> Iterator[tuple[int, Item | Line]]:
    """Yields (place, item, or its line where that was kept)."""
    new = [place for place in range(len(items)) if place not in kept]
    fresh = items.take(new) if kept else items
    # Only the first of them are wanted in their order; it is the quicker way to all.
    numbered = iter(progress(enumerate(fresh) if in_order else fresh.numbered()))
    if not in_order:
        yield from kept.items()
        yield from ((new[number], item) for number, item in numbered)
        return
    for place in range(len(items)):
        yield place, kept[place] if place in kept else next(numbered)[1]


def _line(item: Item, rows: Iterable[dict[str, Any]], role: str, content: str) -> Line:
    bodies = tuple(map(json_line, rows))
    row_hash = hashlib.sha256(b"".join(bodies)).hexdigest()[:32]
    if isinstance(item, Pair):
        ids = item.chosen.example_id, item.rejected.example_id
        return Line(item.pair_id, "pair", ids, content, bodies, row_hash)
    return Line(item.example_id, role, (item.example_id,), content, bodies, row_hash)


def name_only(items: Iterable[Item], role: str) -> list[Line]:
    """Returns the lines of items without their rows."""
    return [_line(item, (), role, "") for item in items]


def hide(
    lines: list[Line],
    items: Items,
    places: Sequence[int],
    used: Sequence[Format],
    redactor: Redactor,
) -> list[Line]:
    """Returns the lines with those at some places made anew, with placeholders in them.

    Args:
        lines: of the items, in their order.
        items: what the lines are of.
        places: where something is hidden now, or was hidden before.
        used: the formats.
        redactor: has looked at all that these follow from.
    """
    if not places:
        return lines
    made = make(items.take(places), used, redactor.redact)
    clean = {
        n: line._replace(content=lines[n].content) for n, line in zip(places, made, strict=True)
    }
    return [clean.get(place, line) for place, line in enumerate(lines)]


def _cannot(item: Item, name: str, what: str) -> str:
    kind, example = ("pair", item.chosen) if isinstance(item, Pair) else ("example", item)
    which = item_id(item)[:12]
    return (
        f"{kind} {which} holds {what}, which {name} cannot express. Next: curate why "
        f"{example.example_id[:12]}, another --format, or --lossy to leave such {kind}s out"
    )


def make(
    items: Iterable[Item], used: Sequence[Format], redact: Redact, role: str = "example"
) -> Iterator[Line]:
    """Yields the line of each item.

    Args:
        items: what all formats can express.
        used: the formats.
        redact: takes out of an item what must not leave.
        role: of an example in its line: `example`, or `mixed` in.
    """
    for item in items:
        clean = redact(item)
        yield _line(item, [writer.row(clean) for writer in used], role, _content(item))


def in_order(lines: Iterable[Line], seed: int) -> list[Line]:
    """Returns lines in the order of a file, which depends on seed and ids alone."""

    def place(line: Line) -> tuple[str, str]:
        return hashlib.sha256(f"{seed}|{line.item_id}".encode()).hexdigest(), line.item_id

    return sorted(lines, key=place)


def dated(lines: Iterable[Line], place: int) -> list[str]:
    """Returns the columns of the format at a place whose every text is a date, in order.

    Declared as text, `load_dataset` would still read times and write them in another way; declared
    as JSON it leaves them alone.
    """
    columns: set[str] | None = None
    for line in lines:
        row = orjson.loads(line.rows[place])
        keys = {key for key, value in row.items() if is_date(value)}
        columns = keys if columns is None else columns & keys
        if not columns:
            return []
    return sorted(columns or ())


def item_id(item: Item) -> str:
    """Returns the id of an example or a pair."""
    return item.pair_id if isinstance(item, Pair) else item.example_id


def json_line(row: dict[str, Any]) -> bytes:
    """Returns a row as the bytes of its line."""
    # What is kept is a copy: around its own result orjson leaves room for some thousand bytes.
    return orjson.dumps(row) + b"\n"


def _content(item: Item) -> str:
    if isinstance(item, Pair):
        return digest(_content(item.chosen) + _content(item.rejected))
    return digest(canonical(_said(item)))


def _said(example: Example) -> list[Any]:
    parts = [example.messages, example.output, example.label]
    # Only what a version of its kind differs in, so that the ids of other versions stay.
    return parts if example.good else [*parts, False]

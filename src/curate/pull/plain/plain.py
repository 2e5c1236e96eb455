"""Plain documents become rows many at once.

A document is plain where its texts are words and its fields single values, as most logs have them.
Everything else is made row by row, and both ways give the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curate.pull.contents import as_text
from curate.pull.interactions import NUMBER_FIELDS, TEXTS, RowBuilder, number_of
from curate.pull.maker import Maker
from curate.pull.pages import may_be_page
from curate.pull.plain.checks import odd_places
from curate.pull.plain.columns import Column, distinct, take, texts, without_blanks
from curate.pull.plain.content import base_ids, content, row_hashes
from curate.pull.plain.metadata import Metadata
from curate.pull.rating import Scale
from curate.pull.times import parse_time

Documents = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class PlainRows:
    """The rows of the documents that are plain.

    Attributes:
        places: of the documents among all.
        columns: of the rows.
        missing: field -> how many of them say nothing of it.
        unplaced: how many ratings have no place on the scale.
    """

    places: Sequence[int] = ()
    columns: Mapping[str, Column] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    unplaced: int = 0


def plain_maker(maker: Maker) -> PlainMaker | None:
    """Returns what makes plain documents many at once; None where no document may be plain."""
    builder = maker.builder
    is_nested = len(builder.user_way) > 1  # the user's id would stand in the metadata
    if not maker.takes_all or is_nested or "previous" in builder.mapping.fields:
        return None
    return PlainMaker(builder)


class PlainMaker:
    """Makes the rows of plain documents as one field map reads them.

    Args:
        builder: that makes the others, and counts for both what could not be read.
    """

    def __init__(self, builder: RowBuilder) -> None:
        self._builder = builder
        self._metadata = Metadata(builder.users, builder.mapped)
        self._pages: dict[tuple[str, ...], bool] = {}

    def make(self, documents: Documents) -> PlainRows:
        """Returns the rows of the documents that are plain; there may be none."""
        values = {name: without_blanks(map(get, documents)) for name, get in self._builder.getters}
        odd = odd_places(values, len(documents))
        odd.update(n for n, document in enumerate(documents) if self._is_page(document))
        places = [n for n in range(len(documents)) if n not in odd]
        values = {name: take(column, places) for name, column in values.items()}
        rows, unread = self._said(values, [documents[n] for n in places])
        if unread:
            read = [n for n in range(len(places)) if n not in unread]
            values, rows = (
                {name: take(column, read) for name, column in part.items()}
                for part in (values, rows)
            )
            places = take(places, read)
        return self._whole(places, values, rows) if places else PlainRows()

    def _whole(
        self, places: Sequence[int], values: Mapping[str, Column], rows: dict[str, Column]
    ) -> PlainRows:
        nothing: Column = [None] * len(places)
        rows |= content(values, rows.get("session_id", nothing))
        rows["row_hash"] = row_hashes(rows)
        rows["base_id"] = base_ids(rows)
        rows |= _ratings(values.get("rating", nothing), self._builder.scale)
        missing = {name: values[name].count(None) for name in self._builder.watched}
        pairs = zip(rows["rating_value"], rows["rating_norm"], strict=True)
        unplaced = sum(value is not None and norm is None for value, norm in pairs)
        return PlainRows(places, rows, missing, unplaced)

    def count(self, rows: PlainRows) -> None:
        """Adds rows that are taken to what the builder has counted."""
        self._builder.documents += len(rows.places)
        self._builder.unplaced_ratings += rows.unplaced
        for name, missing in rows.missing.items():
            self._builder.missing[name] += missing

    def _is_page(self, document: Mapping[str, Any]) -> bool:
        keys = tuple(document)
        if keys not in self._pages:
            self._pages[keys] = may_be_page(document)
        return self._pages[keys]

    def _said(
        self, values: Mapping[str, Column], documents: Documents
    ) -> tuple[dict[str, Column], set[int]]:
        """Returns what rows say beside their content, and the places where that is not plain."""
        users = texts(values.get("user", [None] * len(documents)))
        metadata = self._metadata.of(documents, users)
        unread = {place for place, text in enumerate(metadata) if text is None}
        key = self._builder.users.key
        rows: dict[str, Column] = {
            "metadata": metadata,
            "user_key": [None if user is None else key(user) for user in users],
        }
        for name, column in values.items():
            if name in TEXTS:
                rows[TEXTS[name]] = texts(column)
            elif name == "session":
                rows["session_id"] = texts(column)
            elif name in _READERS:
                read = _READERS[name]
                rows[name] = [None if value is None else read(value) for value in column]
                pairs = enumerate(zip(column, rows[name], strict=True))
                unread.update(n for n, (value, made) in pairs if made is None is not value)
        for name in {"session_id", "group_key"} & rows.keys():
            named = enumerate(zip(rows[name], users, strict=True))
            unread.update(n for n, (text, user) in named if text and user and user in text)
        return rows, unread


def _ratings(column: Column, scale: Scale | None) -> dict[str, Column]:
    name = scale and scale.name
    return {
        "rating_value": distinct(as_text, column),
        "rating_scale": [None if value is None else name for value in column],
        "rating_norm": distinct(scale.normalise, column) if scale else [None] * len(column),
    }


def _reader(kind: type[int] | type[float]) -> Callable[[Any], Any]:
    return lambda value: number_of(value, kind)


_READERS: dict[str, Callable[[Any], Any]] = {
    "created_at": parse_time,
    **{name: _reader(kind) for name, kind in NUMBER_FIELDS.items()},
}

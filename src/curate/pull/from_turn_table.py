"""Turn tables of databases: the conversations that a page of turns belongs to, assembled whole.

The turns of a conversation lie anywhere in a table, so those that a page lacks are fetched. A turn
that comes late has its conversation assembled anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from curate.errors import ConfigError
from curate.pull import staging
from curate.pull.contents import as_text
from curate.pull.database_table import Order, Row, Table
from curate.pull.dialects import Value
from curate.pull.interactions import Row as Made
from curate.pull.maker import Maker, Refusal
from curate.pull.mapping import FieldMap
from curate.pull.turns import Turn, assemble

FETCHED = 500
"""Conversations of one query: a parameter each, of which SQLite took 999 for long."""


@dataclass(frozen=True)
class TurnPage:
    """What a page of turns gave.

    Args:
        records: a record for each call and each turn that is refused.
        rows: the row of each record's line.
        sessions: the conversations that were assembled, all of whose calls are in the records.
        keys: of all turns that were looked at.
    """

    records: Sequence[staging.Record]
    rows: Sequence[Row]
    sessions: Sequence[str]
    keys: Sequence[str]


class TurnTable:
    """A table with a row per turn.

    Args:
        table: where the turns are.
        order: in which they are read.
        mapping: which column is which field.
        maker: makes rows by it.
        location: as the store has it.
        session_column: the table's, where a preset has another name for it.

    Raises:
        ConfigError: no column says which conversation a turn is of, or what was said.
    """

    def __init__(
        self,
        table: Table,
        order: Order,
        mapping: FieldMap,
        maker: Maker,
        location: str,
        session_column: str | None = None,
    ) -> None:
        columns = ", ".join(table.columns)
        named = {**mapping.fields, "session": session_column or mapping.fields.get("session")}
        wanted = (("session", "of which conversation it is"), ("text", "what was said"))
        for field, what in wanted[: 1 if mapping.preset else 2]:
            if named.get(field) not in table.columns:
                raise ConfigError(
                    f"which column of {location} says of a turn {what}? Next: --map "
                    f"{field}=COLUMN, one of {columns}"
                )
        self._session = table.column("--map session", str(named["session"]))
        self._table, self._order, self._location = table, order, location
        self._mapping, self._maker = mapping, maker
        self._assembled: set[str] = set()

    def begin(self) -> None:
        """Forgets what was assembled in the window before."""
        self._assembled.clear()

    def page(self, page: Sequence[Row], high: Value) -> TurnPage:
        """Returns the calls of the conversations of a page that this window has not had yet."""
        rows = [row for row in page if self._name(row) is None]
        named = {name: row for row in page if (name := self._name(row)) is not None}
        fresh = {name: row for name, row in named.items() if name not in self._assembled}
        values = [row.fields[self._session.name] for row in fresh.values()]
        for start in range(0, len(values), FETCHED):
            chunk = values[start : start + FETCHED]
            found = self._table.rows_with(self._order, self._session, chunk, high=high)
            rows.extend(found)
        self._assembled.update(fresh)
        keys = [as_text(row.key) or "" for row in rows]
        sessions = [form for name in fresh for form in self._maker.builder.session_ids(name)]
        return TurnPage(list(self._records(rows, keys)), rows, sessions, keys)

    def _name(self, row: Row) -> str | None:
        value = row.fields[self._session.name]
        return None if isinstance(value, bytes) else as_text(value)

    def _records(self, rows: Sequence[Row], keys: Sequence[str]) -> Iterator[staging.Record]:
        turns = []
        for line, row in enumerate(rows):
            if row.unreadable:
                yield self._refused(line, keys[line], "not-utf8", f"column {row.unreadable[0]}")
            elif self._name(row) is None:
                detail = "the conversation id is empty"
                yield self._refused(line, keys[line], "no-conversation", detail)
            else:
                for part in self._maker.parts(row.fields):
                    if isinstance(part, Refusal):
                        yield self._record(line, keys[line], part)
                        continue
                    values = self._maker.builder.values(part.fields, part.document)
                    turns.append(Turn(staging.NO_FILE, self._location, line, part.fields, values))
        for made in assemble(turns, self._mapping, self._maker.builder):
            line = made.turn.line
            if made.row is None:
                yield self._refused(line, keys[line], made.reason, made.detail)
            else:
                yield self._record(line, keys[line], made.row)

    def _refused(self, line: int, key: str, reason: str, detail: str) -> staging.Record:
        return self._record(line, key, Refusal(reason, detail))

    def _record(self, line: int, key: str, row: Made | Refusal) -> staging.Record:
        make = staging.made(row)
        return staging.Record(staging.NO_FILE, self._location, line, make, row_key=key)

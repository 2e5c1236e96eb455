"""A table or query of a database, read in the order of a cursor and a key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from curate.errors import ConfigError, SourceError, unknown_name
from curate.pull.dialects import (
    Column,
    DatabaseAddress,
    Value,
    decoded,
    dialect,
    earlier,
    now_like,
    quoted,
    understood,
)
from curate.text.text import digest

_MANY = 40


@dataclass(frozen=True)
class Order:
    """The two columns that a table is read in the order of."""

    cursor: Column
    key: Column


@dataclass(frozen=True)
class Row:
    """A row: its position, its fields, and which of them hold what is no text."""

    cursor: Value
    key: Value
    fields: dict[str, Any]
    unreadable: tuple[str, ...] = ()


class Table:
    """A table or query of a database, open for reading.

    Args:
        address: where the database is.
        con: a connection to it.
        table: the table's name, with its schema where it needs one.
        query: a query instead of a table.
    """

    def __init__(
        self, address: DatabaseAddress, con: Any, table: str | None, query: str | None
    ) -> None:
        self.address, self._con, self._dialect = address, con, dialect(address.scheme)
        if self._dialect.begin:
            self._run(self._dialect.begin)
        self._reference: Any = None
        if query:
            self.name = f"query-{digest(query)[:8]}"
            self._from = f"({query.strip().rstrip(';')}\n)"
        else:
            self._reference, self._from, self.name = self._find(table)
        with understood(address):
            cursor = con.cursor()
            cursor.execute(self._select("*", limit=0))
            columns = self._dialect.columns(cursor)
        self.columns = {column.name: column for column in columns}

    @property
    def is_query(self) -> bool:
        """Whether this is a query, which has a name of no meaning."""
        return self._reference is None

    def _find(self, table: str | None) -> tuple[Any, str, str]:
        """Returns how the catalogue, SQL and a person call a table."""
        if not self._dialect.tables:
            if not table:
                raise ConfigError("which table? Next: --table NAME, or a --query")
            return table, ".".join(map(quoted, table.split("."))), table
        tables = self._run(self._dialect.tables)
        names = sorted({person for *_, person in tables})
        listing = ", ".join(names[:_MANY]) + (", ..." if len(names) > _MANY else "")
        if not table and len(tables) != 1:
            raise ConfigError(
                f"{self.address.shown} has {len(tables)} tables: {listing or 'none'}. "
                "Next: say which with --table NAME, or give a --query"
            )
        name_typed = table or tables[0][-1]
        for reference, name, person in tables:
            if name_typed in (person, name, name.replace('"', "")):
                return reference, name, person
        raise ConfigError(f"{self.address.shown}: {unknown_name('table', name_typed, names)}")

    def column(self, option: str, name: str) -> Column:
        """Returns a column that the user named.

        Raises:
            ConfigError: there is no such column, or rows cannot be ordered by it.
        """
        if name not in self.columns:
            raise ConfigError(f"{option}: {unknown_name('column', name, self.columns)}")
        column = self.columns[name]
        if column.type and column.kind is None:
            raise ConfigError(
                f"{option} {name}: rows are not read in the order of a column of type "
                f"{column.type}. Next: a --query that casts it to text, a number or a time"
            )
        return column

    # -- reading -----------------------------------------------------------------------------------

    def _run(self, text: str, values: Any = None) -> list[tuple[Any, ...]]:
        with understood(self.address):
            cursor = self._con.cursor()
            try:
                cursor.execute(text, values) if values else cursor.execute(text)
                return self._dialect.rows(cursor)
            finally:
                cursor.close()

    def _select(
        self, what: str, where: Iterable[str] = (), order: str = "", limit: int | None = None
    ) -> str:
        # What and where name quoted columns; a query is the user's own, and may only read.
        text = f"SELECT {what} FROM {self._from} AS s"  # noqa: S608
        text += " WHERE " + " AND ".join(where) if where else ""
        text += f" ORDER BY {order}" if order else ""
        return text if limit is None else f"{text} LIMIT {limit}"

    def _fetch(self, where: list[str], values: _Values, order: str, limit: int | None) -> list[Any]:
        what = ", ".join(f"{c.select} AS {quoted(c.name)}" for c in self.columns.values())
        return self._run(self._select(what, where, order, limit), values.given)

    def page(
        self,
        order: Order,
        *,
        high: Value,
        low: Value | None = None,
        after: tuple[Value, Value] | None = None,
        limit: int,
    ) -> list[Row]:
        """Returns rows in order: those from `low`, or after a position, up to `high`."""
        values, where = self._values(), _present(order)
        if after is not None:
            where.append(self._after(order, after, values))
        elif low is not None:
            where.append(f"{order.cursor.quoted} >= {values.add(low, order.cursor)}")
        where.append(f"{order.cursor.quoted} <= {values.add(high, order.cursor)}")
        by = f"{order.cursor.quoted}, {order.key.quoted}"
        return [self._row(order, row) for row in self._fetch(where, values, by, limit)]

    def rows_with(
        self, order: Order, column: Column, values: Sequence[Value], *, high: Value
    ) -> list[Row]:
        """Returns the rows up to `high` that have one of some values in a column, in order."""
        bound, where = self._values(), _present(order)
        marks = ", ".join(bound.add(value, column) for value in values)
        where.append(f"{column.quoted} IN ({marks})")
        where.append(f"{order.cursor.quoted} <= {bound.add(high, order.cursor)}")
        by = f"{order.cursor.quoted}, {order.key.quoted}"
        return [self._row(order, row) for row in self._fetch(where, bound, by, None)]

    def sample(self, order: Order, limit: int, *, known: str | None = None) -> list[dict[str, Any]]:
        """Returns the newest rows, or the newest that have a value in the column `known`."""
        where = _present(order)
        if known is not None:
            where.append(f"{self.columns[known].quoted} IS NOT NULL")
        by = f"{order.cursor.quoted} DESC, {order.key.quoted} DESC"
        rows = self._fetch(where, self._values(), by, limit)
        return [self._row(order, row).fields for row in rows]

    def keys(
        self, order: Order, column: Column, *, high: Value, after: Value | None, limit: int
    ) -> list[tuple[Value, Value, bool]]:
        """Returns (key, value of a column, whether it is up to `high`) of rows after a key."""
        values = self._values()
        is_read = f"{order.cursor.quoted} <= {values.add(high, order.cursor)}"
        what = f"{order.key.select}, {column.select}, CASE WHEN {is_read} THEN 1 ELSE 0 END"
        where = [f"{order.key.quoted} IS NOT NULL"]
        if after is not None:
            where.append(f"{order.key.quoted} > {values.add(after, order.key)}")
        rows = self._run(self._select(what, where, order.key.quoted, limit), values.given)
        return [(key, decoded(value), bool(read)) for key, value, read in rows]

    def newest(self, order: Order, since: Value | None = None) -> Value | None:
        """Returns the greatest cursor value, where it is a time none later than the clock."""
        column, values = order.cursor, self._values()
        where = _present(order)
        if since is not None:
            where.append(f"{column.quoted} >= {values.add(since, column)}")
        if clock := self._dialect.clocks.get(column.type):
            where.append(f"{column.quoted} <= {clock}")
        value = self._greatest(column, where, values)
        if clock or value is None or (now := now_like(value)) is None or value <= now:
            return value
        where.append(f"{column.quoted} <= {values.add(now, column)}")
        return self._greatest(column, where, values)

    def _greatest(self, column: Column, where: list[str], values: _Values) -> Value | None:
        rows = self._run(
            self._select(column.select, where, f"{column.quoted} DESC", 1), values.given
        )
        return rows[0][0] if rows else None

    # -- what else there is to know ----------------------------------------------------------------

    def count_unplaced(self, order: Order) -> int:
        """Returns the number of rows that have no cursor value, or no key: they are never read."""
        sure = set()
        if self._dialect.not_null and not self.is_query:
            rows = self._run(self._dialect.not_null, [self._reference])
            sure = {name for (name,) in rows}
        cursor, key = order.cursor, order.key
        total = 0
        if cursor.name not in sure:
            total += self._count([f"{cursor.quoted} IS NULL"], self._values())
        if key.name not in sure and key != cursor:
            where = [f"{key.quoted} IS NULL", f"{cursor.quoted} IS NOT NULL"]
            total += self._count(where, self._values())
        return total

    def count_future(self, order: Order, high: Value | None) -> int:
        """Returns the number of rows whose cursor is later than the clock."""
        column, values = order.cursor, self._values()
        clock = self._dialect.clocks.get(column.type)
        if clock is None:
            if high is None or (now := now_like(high)) is None:
                return 0
            clock = values.add(now, column)
        return self._count([f"{column.quoted} > {clock}"], values)

    def _count(self, where: list[str], values: _Values) -> int:
        return int(self._run(self._select("count(*)", where), values.given)[0][0])

    def lacks_index(self, order: Order) -> str | None:
        """Returns the statement for the index that reading wants, None where it is there."""
        if self.is_query or not self._dialect.indexed:
            return None
        names = (order.cursor.name, order.key.name)
        query = self._dialect.indexed
        parameters: Any = [self._reference, *names]
        if "$table" in query:
            parameters = {"table": self._reference, "cursor": names[0], "key": names[1]}
        if self._run(query, parameters)[0][0]:
            return None
        columns = list(dict.fromkeys(names))
        index = quoted("_".join([self.name.rpartition(".")[2], *columns]))
        column_list = ", ".join(map(quoted, columns))
        return " ".join(("CREATE INDEX", index, "ON", self._from, f"({column_list})"))

    def open_seconds(self) -> float:
        """Returns the age of the oldest open transaction that may have written, 0 if unknown."""
        if not self._dialect.open_seconds:
            return 0.0
        return float(self._run(self._dialect.open_seconds)[0][0] or 0.0)

    def earlier(self, value: Value, by: float | Decimal, order: Order) -> Value:
        """Returns a cursor value less a number, or less so many seconds."""
        column = order.cursor
        if self._dialect.earlier and column.kind == "time":
            values = self._values()
            expression = self._dialect.earlier.format(
                value=values.add(value, column),
                seconds=values.add(f"{by} seconds", Column("", "text")),
                type=column.type,
            )
            return self._run("SELECT " + expression, values.given)[0][0]
        return earlier(value, by, column)

    # -- parts of queries --------------------------------------------------------------------------

    def _values(self) -> _Values:
        return _Values(self._dialect.bind)

    def _after(self, order: Order, position: tuple[Value, Value], values: _Values) -> str:
        c, k = order.cursor, order.key
        parts = {"{cv}": (position[0], c), "{kv}": (position[1], k)}
        text = self._dialect.after.replace("{c}", c.quoted).replace("{k}", k.quoted)
        # One by one, since a value that stands twice is bound twice where marks have no number.
        return re.sub(r"\{[ck]v\}", lambda mark: values.add(*parts[mark[0]]), text)

    def _row(self, order: Order, row: Sequence[Any]) -> Row:
        fields = {
            column.name: decoded(value, column.is_json)
            for column, value in zip(self.columns.values(), row, strict=True)
        }
        bad = tuple(name for name, value in fields.items() if isinstance(value, bytes))
        position = dict(zip(self.columns, row, strict=True))
        for column in (order.cursor, order.key):
            if isinstance(position[column.name], bytes):
                raise SourceError(
                    f"{self.address.shown}: {column.name} holds bytes, and rows are read in the "
                    f"order of texts, numbers or times. Next: a --query with hex({column.name})"
                )
        return Row(position[order.cursor.name], position[order.key.name], fields, bad)


class _Values:
    """The values of a query's parameters, in the order in which it names them."""

    def __init__(self, bind: str) -> None:
        self._bind = bind
        self.given: list[Value] = []

    def add(self, value: Value, column: Column) -> str:
        """Takes a value of a column and returns how the query writes it."""
        self.given.append(value)
        return self._bind.format(number=len(self.given), type=column.type)


@contextmanager
def open_table(
    address: DatabaseAddress, *, table: str | None, query: str | None
) -> Iterator[Table]:
    """Yields a table or query of a database, and closes the connection.

    Raises:
        RemoteUnavailable: the server does not answer.
        SourceError: it answers that it will not.
        ConfigError: there is no such table.
        MissingExtra: the database's driver is not installed.
    """
    with understood(address, connecting=True):
        con = dialect(address.scheme).connect(address)
    with closing(con):
        yield Table(address, con, table, query)


def _present(order: Order) -> list[str]:
    return [f"{column.quoted} IS NOT NULL" for column in dict.fromkeys([order.cursor, order.key])]

"""`curate pull postgresql://...`: the rows of a table become interactions or feedback.

A pull reads a window of the table in the order of a cursor (when a row last changed) and a key. The
rows of a page and the place where it ends are stored in one transaction, so a killed pull goes on
after its last page and no row counts twice. The window begins a while before the last one ended,
`lag`, because a transaction may stamp its rows long before it commits them; rows that are read
again change nothing. It ends at the newest row that is not later than the server's clock.
"""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import pairwise
from typing import Any

import duckdb

from curate import inputs
from curate.errors import ConfigError, SourceError
from curate.progress import Progress
from curate.pull import staging
from curate.pull.database_table import Order, Row, Table, open_table
from curate.pull.dialects import Column, Kind, Value, address, freeze, kind_of, thaw
from curate.pull.interactions import Row as Made
from curate.pull.interactions import as_text, parse_time
from curate.pull.known_sources import default_source, known_mapping, remember_mapping, summary_of
from curate.pull.maker import Maker
from curate.pull.mapping import Declared, FieldMap, guess, steps
from curate.pull.options import PullOptions, PullResult
from curate.pull.reconcile import Present, Withdrawn, withdraw
from curate.store import Run, Store, sql
from curate.text import digest

log = logging.getLogger(__name__)


PAGE_ROWS = 50_000
PAGE_BYTES = 128 * 2**20
LAG = "5m"
_SAMPLE = 1_000
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def pull_table(
    store: Store,
    locations: Sequence[str],
    *,
    options: PullOptions,
    on_mapping: Callable[[FieldMap], None],
    progress: Progress,
) -> PullResult:
    """Reads what is new and changed in a table or query, and returns what changed here.

    Raises:
        ConfigError: an option names a table, column or time that does not exist.
        SourceError: the database refuses, or two rows have the same cursor and key.
        RemoteUnavailable: the server does not answer; what was read is kept.
        GateFailed: `reconcile` would withdraw more than half without `yes`.
    """
    _refuse(locations, options)
    where = address(locations[0], store.folder)
    with open_table(where, table=options.table, query=options.query) as table:
        location = f"{where.shown}#{table.name}"
        with store.run("pull", {"locations": [location]}) as run:
            under_way = _TablePull(store, run, table, location, options, progress)
            on_mapping(under_way.mapping)
            return under_way.pull()


def _refuse(locations: Sequence[str], options: PullOptions) -> None:
    if len(locations) != 1:
        raise ConfigError("a database is pulled by itself: name one location")
    if options.heldout:
        raise ConfigError("an evaluation set is imported from files, not from a database")
    if options.declared.kind == "turns":
        raise ConfigError(
            "--turns reads files only, since a conversation's rows lie far apart in a table. Next: "
            "a --query with a row per call (json_agg the turns into a column named messages)"
        )


@dataclass(frozen=True)
class _State:
    """How far a table has been read, and how; `at` is where an unfinished window stands."""

    reading: str
    id_column: str
    cursor: str
    key: str
    high: Value
    at: tuple[Value, Value] | None = None


@dataclass(frozen=True)
class _Window:
    """What a pull reads: rows from `low` (None: the first) or after a position, up to `high`."""

    high: Value
    low: Value | None = None
    after: tuple[Value, Value] | None = None
    previous: Value | None = None


class _TablePull:
    """One pull of a table under way: how it is read, how far, and what has been counted."""

    def __init__(
        self,
        store: Store,
        run: Run,
        table: Table,
        location: str,
        options: PullOptions,
        progress: Progress,
    ) -> None:
        self.store, self.run, self.table, self.location = store, run, table, location
        self.said, self.progress = options.database, progress
        self.kind = options.declared.kind
        fields = dict(options.declared.fields)
        # The id of a feedback is not a field of it, but what tells its rows apart.
        key = self.said.key or (fields.pop("id", None) if self.kind == "feedback" else None)
        declared = dataclasses.replace(options.declared, fields=fields)
        with store.read() as con:
            self.source = options.source or default_source(con, options)
            self.known, before = known_mapping(con, self.source, declared)
            self.state = self._stored_state(con)
        self.order = self._order(key)
        self.mapping = self._map(declared, before)
        self.maker = Maker(self.mapping, options, store.folder)
        self.rater = options.rater
        self.reading = self._reading(self.mapping)
        self._settle_ids()
        self.begun = self.state
        self.documents, self.gone = 0, Withdrawn()
        self.total = staging.Merged()
        self.lag: float | Decimal = 0
        self.late: float | Decimal = 0
        self.open_seconds = 0.0

    # -- how it is read ----------------------------------------------------------------------------

    def _stored_state(self, con: duckdb.DuckDBPyConnection) -> _State | None:
        rows = con.execute(sql("pull/database/state"), self._named()).fetchall()
        if not rows:
            return None
        reading, id_column, cursor, key, high, at_cursor, at_key = rows[0]
        at = None if at_key is None else (thaw(at_cursor), thaw(at_key))
        return _State(reading, id_column, cursor, key, thaw(high), at)

    def _named(self) -> dict[str, Any]:
        return {"source": self.source, "kind": self.kind, "location": self.location}

    def _order(self, key: str | None) -> Order:
        state = self.state
        cursor = self.said.cursor or (state.cursor if state else None)
        key = key or (state.key if state else None)
        columns = ", ".join(self.table.columns)
        if not cursor:
            raise ConfigError(
                f"which column of {self.location} says when a row last changed? Next: --cursor "
                f"COLUMN, one of {columns}"
            )
        option = "--map id=COLUMN" if self.kind == "feedback" else "--key COLUMN"
        if not key:
            raise ConfigError(
                f"which column of {self.location} tells its rows apart? Next: {option}, one of "
                f"{columns}"
            )
        return Order(
            self.table.column("--cursor", cursor),
            self.table.column("--map id" if self.kind == "feedback" else "--key", key),
        )

    def _map(self, declared: Declared, before: Declared | None) -> FieldMap:
        fields = dict(self.known.fields)
        if self.kind != "feedback" and not fields.get("id"):
            earlier = (before.fields.get("id") if before else None) or ""
            has_it = steps(earlier)[0] in self.table.columns or earlier in self.table.columns
            fields["id"] = earlier if has_it else self.order.key.name
        before_now = dataclasses.replace(self.known, fields=fields)
        columns = [dict.fromkeys(self.table.columns)]  # an empty table has columns, too
        guessed = partial(guess, declared=before_now, fresh=declared, before=before)
        sample = self.table.sample(self.order, _SAMPLE)
        field_map = guessed(sample or columns)
        rating = field_map.fields.get("rating")
        if field_map.scale is None and self.state is None and rating in self.table.columns:
            # Ratings come late: the newest rows may have none yet.
            sample += self.table.sample(self.order, _SAMPLE, known=rating)
            field_map = guessed(sample or columns)
        self.page_rows = _page_rows(sample)
        return field_map

    def _reading(self, mapping: FieldMap) -> str:
        names = self.order.cursor.name, self.order.key.name
        return digest(repr([mapping.reading(), self.rater, *names]))

    def _settle_ids(self) -> None:
        """Begins anew where rows are read in another way; refuses other ids for the same rows."""
        key = self.order.key.name
        self.id_column = key if self.kind == "feedback" else self.mapping.fields["id"]
        if self.state is None or self.state.reading == self.reading:
            return
        if self._only_scale_is_new():
            self.state = dataclasses.replace(self.state, reading=self.reading)
            return
        confirmed = self.said.reconcile and self.said.yes
        if self.state.id_column != self.id_column and not confirmed:
            raise ConfigError(
                f"the rows of {self.location} are known by {self.state.id_column}; by "
                f"{self.id_column} each would be another one. Next: --source NAME for a source of "
                "its own, or --reconcile --yes to withdraw those that are here"
            )
        self.state = None

    def _only_scale_is_new(self) -> bool:
        """Returns whether a first rating has come, so that no row that is here has to change."""
        unrated = dataclasses.replace(self.mapping, scale=None)
        if self.state is None or self.state.reading != self._reading(unrated):
            return False
        parameters = {"source": self.source, "location": self.location}
        with self.store.read() as con:
            return not con.execute(sql("pull/database/rated"), parameters).fetchall()[0][0]

    # -- reading -----------------------------------------------------------------------------------

    def pull(self) -> PullResult:
        """Reads what an unfinished pull left, then a new window; withdraws what is gone."""
        for window in self._windows():
            for _ in self.progress(self._read(window), f"reading {self.location}"):
                pass
        if self.said.reconcile and self.state is not None:
            self.gone = self._reconcile(self.state.high)
        self.run.changed |= self.state != self.begun
        inputs.refresh(self.store, self.run)
        self.run.counts = {
            "source": self.source,
            "documents": self.documents,
            "new": self.total.new,
            "changed": self.total.changed,
            "withdrawn": self.gone.rows,
        }
        return self._result()

    def _windows(self) -> Iterator[_Window]:
        if self.state is not None and self.state.at is not None:
            yield _Window(self.state.high, after=self.state.at)
        previous = self.state.high if self.state else None
        self.open_seconds = self.table.open_seconds()
        high = self.table.newest(self.order, previous)
        high = previous if high is None else high
        if high is None:
            return  # the table is empty
        kind = kind_of(high, self.order.cursor)
        self.lag = span("--lag", self.said.lag or (LAG if kind == "time" else "0"), kind)
        low = None if previous is None else self.table.earlier(previous, self.lag, self.order)
        if low is not None and self.said.rescan:
            back = span("--rescan", self.said.rescan, kind)
            further = self.table.earlier(high, back, self.order)
            low = min(low, further, key=partial(_measure, kind=kind))
        yield _Window(high, low, previous=previous)

    def _read(self, window: _Window) -> Iterator[Row]:
        """Stores the rows of a window, a page a transaction, and yields them once they are."""
        after, limit = window.after, self.page_rows
        while True:
            rows = self.table.page(
                self.order, high=window.high, low=window.low, after=after, limit=limit + 1
            )
            self._refuse_ties(rows)
            page, more = rows[:limit], len(rows) > limit
            after = (page[-1].cursor, page[-1].key) if page else after
            self._store(page, window, after if more else None)
            log.info("%s: %s rows up to %s", self.location, len(page), after and after[0])
            yield from page
            if not more:
                return

    def _refuse_ties(self, rows: list[Row]) -> None:
        """A page ends after a cursor and a key: a second row with both would never be read."""
        for one, other in pairwise(rows):
            if (one.cursor, one.key) == (other.cursor, other.key):
                raise SourceError(
                    f"two rows of {self.location} have {self.order.key.name} = {one.key} and "
                    f"{self.order.cursor.name} = {one.cursor}. Next: --key COLUMN, one that tells "
                    "rows apart"
                )

    def _store(self, page: list[Row], window: _Window, at: tuple[Value, Value] | None) -> None:
        records = staging.page(
            staging.Record(
                staging.NO_FILE,
                self.location,
                number,
                partial(self._make, row),
                f"column {', '.join(row.unreadable)}" if row.unreadable else "",
                _key_text(row.key),
            )
            for number, row in enumerate(page)
        )
        names = self.id_column, self.order.cursor.name, self.order.key.name
        self.state = _State(self.reading, *names, window.high, at)
        with self.store.write() as con:
            parameters = {**self._named(), "table": self._feedback_of}
            merged = staging.merge_page(con, self.run, records, parameters)
            self._remember(con)
        self.run.changed |= merged.altered
        self.documents += len(page)
        self._count(merged, page, window)

    @property
    def _feedback_of(self) -> str:
        """What tells this table's feedback from that of others; a query may be edited."""
        return self.order.key.name if self.table.is_query else self.table.name

    def _make(self, row: Row) -> list[Made] | str:
        if row.unreadable:
            return "not-utf8"
        rows = self.maker.make(row.fields)
        if isinstance(rows, list) and any(part["source_id"] is None for part in rows):
            return "no-id"
        return rows

    def _remember(self, con: duckdb.DuckDBPyConnection) -> None:
        if self.state is None:
            return
        at = self.state.at
        con.execute(
            sql("pull/database/state_set"),
            {
                **self._named(),
                "reading": self.state.reading,
                "id_column": self.state.id_column,
                "cursor_column": self.state.cursor,
                "key_column": self.state.key,
                "high": freeze(self.state.high),
                "at_cursor": at and freeze(at[0]),
                "at_key": at and freeze(at[1]),
            },
        )
        remember_mapping(con, self.source, self.known, self.mapping)

    def _count(self, merged: staging.Merged, page: list[Row], window: _Window) -> None:
        for name in ("new", "changed", "unchanged", "repeated"):
            setattr(self.total, name, getattr(self.total, name) + getattr(merged, name))
        for reason, number in merged.rejected.items():
            self.total.rejected[reason] = self.total.rejected.get(reason, 0) + number
        # Rows that a rescan finds changed were not late: their cursor does not tell.
        first = merged.earliest["new" if self.said.rescan else "touched"]
        if window.previous is None or first is None:
            return
        kind = kind_of(window.high, self.order.cursor)
        behind = _measure(window.previous, kind) - _measure(page[first].cursor, kind)
        self.late = max(self.late, behind)

    # -- what is gone ------------------------------------------------------------------------------

    def _reconcile(self, high: Value) -> Withdrawn:
        rows = self.progress(self._present(high), f"keys of {self.location}")
        parameters = {**self._named(), "table": self._feedback_of}
        return withdraw(self.store, self.run, rows, named=parameters, confirmed=self.said.yes)

    def _present(self, high: Value) -> Iterator[Present]:
        """Yields every row that the table has, however old."""
        column, get = self._id_getter()
        after = None
        while True:
            rows = self.table.keys(self.order, column, high=high, after=after, limit=self.page_rows)
            for key, value, covered in rows:
                yield Present(get(value), _key_text(key), covered)
            if len(rows) < self.page_rows:
                return
            after = rows[-1][0]

    def _id_getter(self) -> tuple[Column, Callable[[Any], str | None]]:
        if self.kind == "feedback":
            return self.order.key, _key_text
        path = self.id_column
        name = path if path in self.table.columns else steps(path)[0]
        find = self.mapping.getters()["id"]
        return self.table.columns[name], lambda value: as_text(find({name: value}))

    # -- what to say -------------------------------------------------------------------------------

    def _result(self) -> PullResult:
        notes = [*self.maker.notes(self.total.repeated, "rows"), *self._notes()]
        with self.store.read() as con:
            summary = summary_of(con, self.source)
        total = self.total
        return PullResult(
            self.source,
            self.mapping,
            0,
            0,
            self.documents,
            total.new,
            total.changed,
            total.unchanged,
            total.rejected,
            tuple(notes),
            summary,
            self.gone.rows,
        )

    def _notes(self) -> Iterator[str]:
        cursor, key = self.order.cursor.name, self.order.key.name
        high = self.state.high if self.state else None
        if statement := self.table.lacks_index(self.order):
            yield (
                f"no index begins with {cursor}, {key}, so that every page reads the whole table. "
                f"Next: {statement}"
            )
        if count := self.table.count_unplaced(self.order):
            yield (
                f"{count:,} rows have no {cursor} or no {key} and are not read. Next: a --query "
                f"that gives them a time, such as COALESCE({cursor}, another column) AS "
                "changed_at, and --cursor changed_at"
            )
        if count := self.table.count_future(self.order, high):
            yield f"{count:,} rows have their {cursor} later than the clock: they wait for it"
        if high is not None:
            yield from self._lag_notes(kind_of(high, self.order.cursor))
        if self.gone.missing:
            yield (
                f"{self.gone.missing:,} rows of the table are not here, though their {cursor} is "
                "past: they were committed late. Next: --rescan 30d, as far back as needed, and a "
                "longer --lag"
            )

    def _lag_notes(self, kind: Kind) -> Iterator[str]:
        cursor, show = self.order.cursor.name, partial(_span_text, kind=kind)
        if kind != "time" and not self.said.lag:
            own = "--lag N, in its own unit, or " if kind == "number" else ""
            yield (
                f"{cursor} is a {kind}, so no lag is known: a row that is committed once a greater "
                f"one was read is missed. Next: {own}a time as --cursor"
            )
        if kind == "time" and self.open_seconds > self.lag:
            yield (
                f"a transaction has been open for {show(self.open_seconds)}, longer than --lag "
                f"{show(self.lag)}: what it commits may be missed. Next: a longer --lag, or "
                "--rescan 1d once it has ended"
            )
        if self.late * 2 > self.lag:
            yield (
                f"a row came {show(self.late)} late, and --lag is {show(self.lag)}: what comes "
                "later than that is missed. Next: a longer --lag"
            )


def _page_rows(sample: list[dict[str, Any]]) -> int:
    """Returns how many rows a page has, which must fit into memory a few times over."""
    size = sum(len(str(value)) for row in sample for value in row.values()) / max(1, len(sample))
    return int(max(1, min(PAGE_ROWS, PAGE_BYTES / max(1, size))))


def _key_text(key: Value) -> str:
    return as_text(key) or ""


def span(option: str, text: str, kind: Kind) -> float | Decimal:
    """Returns a length of time in seconds, or for a cursor of numbers a number.

    Raises:
        ConfigError: the text is not what the cursor can be counted back by.
    """
    if kind == "time":
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhdw])", text.strip())
        if not match:
            raise ConfigError(f"{option} {text!r}: expected a time such as 90s, 5m, 2h or 30d")
        return float(match[1]) * _UNITS[match[2]]
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal(-1)
    if not number.is_finite() or number < 0 or (kind == "text" and number):
        expectation = "a number, in its own unit" if kind == "number" else "0: it is text"
        raise ConfigError(f"{option} {text!r}: the cursor is no time, so expected {expectation}")
    return number


def _span_text(length: float | Decimal, kind: Kind) -> str:
    """Returns a length as `--lag` takes it."""
    if kind != "time":
        return f"{length:,}"
    whole = round(length)
    unit = next(u for u in ("d", "h", "m", "s") if whole % _UNITS[u] == 0)
    if unit == "s" and whole >= _UNITS["m"]:
        return f"{round(whole / _UNITS['m'])}m"
    return f"{whole // _UNITS[unit]}{unit}"


def _measure(value: Value, kind: Kind) -> Any:
    """Returns a cursor value as a number: of its own, or of seconds."""
    if kind == "number":
        return Decimal(str(value))
    when = parse_time(value) if kind == "time" else None
    return when.timestamp() if when else 0.0

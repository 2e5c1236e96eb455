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
import pyarrow as pa

from curate.errors import ConfigError, SourceError
from curate.inputs import inputs
from curate.progress import Progress
from curate.pull import merge, staging, undo_log
from curate.pull.contents import as_text
from curate.pull.database_table import Order, Row, Table, open_table
from curate.pull.dialects import Column, Kind, Value, address, freeze, kind_of, thaw
from curate.pull.fields import FIELDS
from curate.pull.from_turn_table import TurnTable
from curate.pull.guard import Impact, refuse_large
from curate.pull.interactions import Row as Made
from curate.pull.known_sources import default_source, known_mapping, remember_mapping, summary_of
from curate.pull.maker import Maker, Refusal
from curate.pull.mapping import Declared, FieldMap, guess
from curate.pull.options import PullOptions, PullResult
from curate.pull.paths import steps
from curate.pull.plain.plain import plain_maker
from curate.pull.preset_choice import choose_for_table, rows_of
from curate.pull.rating import is_blank
from curate.pull.reader_version import READER, older_reader_notes, read_by_older
from curate.pull.reconcile import Present, Withdrawn, withdraw
from curate.pull.times import parse_time
from curate.store import Run, Store, sql
from curate.text.text import digest, folded

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
        GateFailed: another reading would change, or `reconcile` withdraw, much of what is here,
            and nobody confirmed it.
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
    if options.database.since:
        raise ConfigError(
            "--since goes with a log platform. Next: of a table, a --query with a WHERE"
        )
    if options.declared.kind == "turns" and options.database.reconcile:
        raise ConfigError(
            "--reconcile does not go with --turns: what a turn that is gone was part of is not "
            "known. Next: --rescan 30d assembles the conversations that were active since then"
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
    reader: int | None = READER


@dataclass(frozen=True)
class _StagedPage:
    """What a page gives: rows to store, the table's rows that they are of, how they are named."""

    records: dict[str, pa.Table]
    rows: Sequence[Row]
    named: dict[str, Any]


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
        self.options, self.said, self.progress = options, options.database, progress
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
        self._begin_making()
        self.turns = None
        if self.kind == "turns":
            self.turns = TurnTable(
                table, self.order, self.mapping, self.maker, location, self._session_column()
            )
        self.reading = self._reading(self.mapping)
        self.begun = self.state
        self._settle_ids()
        self.documents, self.gone = 0, Withdrawn()
        self.total = merge.Merged()
        self.lag: float | Decimal = 0
        self.late: float | Decimal = 0
        self.open_seconds = 0.0

    # -- how it is read ----------------------------------------------------------------------------

    def _stored_state(self, con: duckdb.DuckDBPyConnection) -> _State | None:
        rows = con.execute(sql("pull/database/state"), self._named()).fetchall()
        if not rows:
            return None
        reading, id_column, cursor, key, high, at_cursor, at_key, reader = rows[0]
        at = None if at_key is None else (thaw(at_cursor), thaw(at_key))
        return _State(reading, id_column, cursor, key, thaw(high), at, reader)

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
        sample = self.table.sample(self.order, _SAMPLE)
        self.preset = choose_for_table(sample, self.kind, self.known.preset)
        fields = dict(self.known.fields)
        if self.kind != "feedback" and self.preset is None and not fields.get("id"):
            earlier = (before.fields.get("id") if before else None) or ""
            has_it = steps(earlier)[0] in self.table.columns or earlier in self.table.columns
            fields["id"] = earlier if has_it else self.order.key.name
        known = dataclasses.replace(self.known, fields=fields)
        field_map = self._guess(sample, known, declared, before)
        rating = field_map.fields.get("rating")
        if field_map.scale is None and self.state is None and rating in self.table.columns:
            # Ratings come late: the newest rows may have none yet.
            sample += self.table.sample(self.order, _SAMPLE, known=rating)
            field_map = self._guess(sample, known, declared, before)
        if field_map.roles and before:  # a word that the newest rows lack means what it meant
            roles = {**field_map.roles, **before.roles, **declared.roles}
            field_map = dataclasses.replace(field_map, roles=roles)
        self.page_rows = _page_rows(sample)
        return field_map

    def _guess(
        self,
        sample: list[dict[str, Any]],
        known: Declared,
        declared: Declared,
        before: Declared | None,
    ) -> FieldMap:
        rows = list(rows_of(sample, self.preset))
        documents = sample if self.preset else ()
        columns = [dict.fromkeys(self.table.columns)]  # an empty table has columns, too
        return guess(
            rows or columns,
            known,
            fresh=declared,
            before=before,
            preset=self.preset,
            documents=documents,
        )

    def _session_column(self) -> str | None:
        """Returns the column of the table that a preset takes the session from."""
        names = FIELDS["turns"]["session"]
        said = {folded(c): c for c in self.table.columns}
        return next((said[n] for n in names if n in said), None) if self.preset else None

    def _begin_making(self) -> None:
        named = self.known.fields if self.preset else None
        self.maker = Maker(self.mapping, self.options, self.store.folder, self.preset, named)
        self.plain = plain_maker(self.maker)
        self.find_id = self.mapping.getters().get("id")

    def _reading(self, mapping: FieldMap) -> str:
        names = self.order.cursor.name, self.order.key.name
        return digest(repr([mapping.reading(), self.options.rater, *names]))

    def _settle_ids(self) -> None:
        """Begins anew where rows are read in another way; refuses other ids for the same rows."""
        key = self.order.key.name
        # What a preset says is the id of a call follows from its row, which has a key.
        is_key = self.kind == "feedback" or self.preset is not None
        self.id_column = key if is_key else self.mapping.fields["id"]
        if self.state is None:
            return
        if self.state.reading == self.reading or self._only_scale_is_new():
            as_now = dataclasses.replace(self.state, reading=self.reading)
            self.state = None if self.options.reread else as_now
            return
        confirmed = self.said.reconcile and self.options.yes
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
        if self.begun is not None and self.state is None and not self.options.confirmed:
            self._refuse_large()
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
            "withdrawn": self.total.withdrawn + self.gone.rows,
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

    def _refuse_large(self) -> None:
        """Compares the table, read in another way, with what is here; stops what changes much."""
        impact = Impact()
        for window in self._windows():
            pages = (page for page, _ in self._pages(window))
            for page in self.progress(pages, f"comparing {self.location}"):
                staged = self._staged(page, window.high)
                with self.store.read() as con:
                    more = merge.page_impact(con, self.run, staged.records, staged.named)
                    impact = impact.plus(more)
                    older = read_by_older(con, self.source).get(self.source, 0)
                refuse_large(impact, self.source, so_far=True, read_by_older=older)
        self._begin_making()  # what was made so far is counted in notes

    def _read(self, window: _Window) -> Iterator[Row]:
        """Stores the rows of a window, a page a transaction, and yields them once they are."""
        for page, at in self._pages(window):
            self._store(page, window, at)
            yield from page

    def _pages(self, window: _Window) -> Iterator[tuple[list[Row], tuple[Value, Value] | None]]:
        """Yields the pages of a window, each with where it ends; None where the window does."""
        after, limit = window.after, self.page_rows
        if self.turns:
            self.turns.begin()
        while True:
            rows = self.table.page(
                self.order, high=window.high, low=window.low, after=after, limit=limit + 1
            )
            self._refuse_ties(rows)
            page, more = rows[:limit], len(rows) > limit
            after = (page[-1].cursor, page[-1].key) if page else after
            yield page, after if more else None
            log.info("%s: %s rows up to %s", self.location, len(page), after and after[0])
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

    def _staged(self, page: list[Row], high: Value) -> _StagedPage:
        """Returns what a page gives: its rows, or the conversations that its turns belong to."""
        named: dict[str, Any] = {**self._named(), "table": self._feedback_of}
        if self.turns is None:
            return _StagedPage(staging.page(self._records(page), self.plain), page, named)
        turned = self.turns.page(page, high)
        named |= {"sessions": turned.sessions, "row_keys": turned.keys}
        return _StagedPage(staging.page(turned.records), turned.rows, named)

    def _store(self, page: list[Row], window: _Window, at: tuple[Value, Value] | None) -> None:
        staged = self._staged(page, window.high)
        names = self.id_column, self.order.cursor.name, self.order.key.name
        reader = self.state.reader if self.state else READER
        self.state = _State(self.reading, *names, window.high, at, reader)
        with self.store.write() as con:
            merged = merge.merge_page(con, self.run, staged.records, staged.named)
            if merged.altered or self.state != self.begun:
                undo_log.keep_settings(con, self.run, **self._named())
            self._remember(con)
        self.run.changed |= merged.altered
        self.documents += len(page)
        self._count(merged, staged.rows, window)

    def _records(self, page: list[Row]) -> Iterator[staging.Record]:
        for number, row in enumerate(page):
            yield staging.Record(
                staging.NO_FILE,
                self.location,
                number,
                partial(self._make, row),
                f"column {', '.join(row.unreadable)}" if row.unreadable else "",
                _key_text(row.key),
                self._plain_document(row),
            )

    def _plain_document(self, row: Row) -> dict[str, Any] | None:
        """Returns what a row says, where it is not refused before it is made."""
        has_id = self.find_id is not None and not is_blank(self.find_id(row.fields))
        return row.fields if has_id and not row.unreadable else None

    @property
    def _feedback_of(self) -> str:
        """What tells this table's feedback from that of others; a query may be edited."""
        return self.order.key.name if self.table.is_query else self.table.name

    def _make(self, row: Row) -> list[Made | Refusal]:
        if row.unreadable:
            return [Refusal("not-utf8")]
        return [
            Refusal("no-id")
            if not isinstance(part, Refusal) and part["source_id"] is None
            else part
            for part in self.maker.make(row.fields)
        ]

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
                "reader": self.state.reader,
            },
        )
        remember_mapping(con, self.source, self.known, self.mapping)

    def _count(self, merged: merge.Merged, page: Sequence[Row], window: _Window) -> None:
        for name in ("new", "changed", "unchanged", "repeated", "withdrawn"):
            setattr(self.total, name, getattr(self.total, name) + getattr(merged, name))
        for reason, number in merged.rejected.items():
            self.total.rejected[reason] = self.total.rejected.get(reason, 0) + number
        # Rows that a rescan finds changed were not late: their cursor does not tell; nor does that
        # of an answer whose conversation has changed.
        first = merged.earliest["new" if self.said.rescan or self.turns else "touched"]
        if window.previous is None or first is None:
            return
        kind = kind_of(window.high, self.order.cursor)
        behind = _measure(window.previous, kind) - _measure(page[first].cursor, kind)
        self.late = max(self.late, behind)

    # -- what is gone ------------------------------------------------------------------------------

    def _reconcile(self, high: Value) -> Withdrawn:
        rows = self.progress(self._present(high), f"keys of {self.location}")
        parameters = {**self._named(), "table": self._feedback_of}
        return withdraw(self.store, self.run, rows, named=parameters, confirmed=self.options.yes)

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
        if self.kind == "feedback" or self.preset is not None:
            return self.order.key, _key_text
        path = self.id_column
        name = path if path in self.table.columns else steps(path)[0]
        find, build = self.mapping.getters()["id"], self.maker.builder
        return self.table.columns[name], lambda value: build.joining_id(find({name: value}))

    # -- what to say -------------------------------------------------------------------------------

    def _result(self) -> PullResult:
        notes = [*self.maker.notes(self.total.repeated, "rows"), *self._notes()]
        with self.store.read() as con:
            summary = summary_of(con, self.source)
            notes += older_reader_notes(con, self.source)
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
            total.withdrawn + self.gone.rows,
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
        if self.gone.missing and self.preset is None:  # it leaves rows out that are no calls
            yield (
                f"{self.gone.missing:,} rows of the table are not here, though their {cursor} is "
                "past: they were committed late. Next: --rescan 30d, as far back as needed, and a "
                "longer --lag"
            )

    def _lag_notes(self, kind: Kind) -> Iterator[str]:
        cursor, show = self.order.cursor.name, partial(span_text, kind=kind)
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


def span_text(length: float | Decimal, kind: Kind = "time") -> str:
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

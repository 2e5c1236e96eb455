"""`curate pull langfuse://`: what a log platform keeps becomes interactions and feedback.

A pull reads a window of each stream: from where the last one ended, less a while (`lag`, since a
platform may show a document long after the time that it bears), up to the server's clock. The rows
of a page and the cursor of the next one are stored in one transaction, so a killed pull goes on
after its last page and no document counts twice; documents that are read again change nothing.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import duckdb

from curate.errors import ConfigError, RemoteUnavailable
from curate.inputs import inputs
from curate.progress import Progress
from curate.pull import merge, staging, undo_log
from curate.pull.from_database import span, span_text
from curate.pull.interactions import Row
from curate.pull.known_sources import default_source, known_mapping, remember_mapping, summary_of
from curate.pull.maker import Maker, Refusal
from curate.pull.mapping import Declared, FieldMap, version_of
from curate.pull.options import PullOptions, PullResult
from curate.pull.times import parse_time
from curate.sources.platforms import (
    Connection,
    CursorLost,
    Item,
    Page,
    Platform,
    Stream,
    Window,
    platform_of,
)
from curate.sources.presets import Preset, named
from curate.store import Run, Store, sql
from curate.text.text import digest

log = logging.getLogger(__name__)

_SAME_CURSOR = 3
"""How often a server may name the same next page before it is out of order."""


def pull_platform(
    store: Store,
    locations: Sequence[str],
    *,
    options: PullOptions,
    on_mapping: Callable[[FieldMap], None],
    progress: Progress,
) -> PullResult:
    """Reads what is new in all streams of a platform, and returns what changed here.

    Raises:
        ConfigError: an option means nothing for a platform, or there are no keys.
        SourceError: the platform says no.
        RemoteUnavailable: it does not answer; what was read is kept.
    """
    platform = next(filter(None, map(platform_of, locations)))
    _refuse(platform, locations, options)
    connection = platform.connect(locations[0])
    location = f"{connection.shown}#{connection.project}"
    with store.run("pull", {"locations": [location]}) as run:
        pulls = [
            _StreamPull(store, run, platform, connection, stream, options, progress)
            for stream in platform.streams
        ]
        on_mapping(pulls[0].mapping)
        for under_way in pulls:
            under_way.pull()
        inputs.refresh(store, run)
        run.counts = {"source": pulls[0].source, **_counts(pulls)}
        return _result(store, pulls)


def _refuse(platform: Platform, locations: Sequence[str], options: PullOptions) -> None:
    """Refuses what means nothing for a platform."""
    scheme = f"{platform.schemes[0]}://"
    if len(locations) != 1:
        raise ConfigError(f"{scheme} is pulled by itself: name one location")
    if options.heldout:
        raise ConfigError(f"an evaluation set is imported from files, not from {scheme}")
    if options.declared.kind == "turns":
        raise ConfigError(f"{scheme} has calls with their messages: leave --turns away")
    if options.declared.kind == "feedback":
        raise ConfigError(f"{scheme} is read with its scores: leave --as feedback away")
    unread = {
        "--format": options.file_format,
        "--table": options.table,
        "--query": options.query,
        **{f"--{name}": getattr(options.database, name) for name in ("cursor", "key", "reconcile")},
    }
    if names := [name for name, value in unread.items() if value]:
        raise ConfigError(f"{', '.join(names)} means nothing for {scheme}")


@dataclass(frozen=True)
class _Extent:
    """How far a stream has been read, and how; `window` and `cursor` are of an unfinished pull.

    Everything from `since` (None: the beginning) to `high` (None: nothing yet) is here.
    """

    reading: str
    since: datetime | None = None
    high: datetime | None = None
    window: Window | None = None
    cursor: str | None = None

    @property
    def begins(self) -> datetime | None:
        """Where reading began, or was to begin; None: at the beginning."""
        return self.window.low if self.high is None and self.window else self.since

    def after(self, window: Window) -> _Extent:
        """Returns the state once a window has been read to its end."""
        since, high = window.low, window.high
        if self.high is not None:
            since = None if None in (since, self.since) else min(since, self.since)  # type: ignore[type-var]
            high = max(high, self.high)
        return _Extent(self.reading, since, high)


class _StreamPull:
    """The pull of one stream: how it is read, how far, and what has been counted."""

    def __init__(
        self,
        store: Store,
        run: Run,
        platform: Platform,
        connection: Connection,
        stream: Stream,
        options: PullOptions,
        progress: Progress,
    ) -> None:
        self.store, self.run, self.connection, self.stream = store, run, connection, stream
        self.said, self.progress, self.kind = options.database, progress, stream.kind
        self.location = f"{connection.shown}#{connection.project}/{stream.name}"
        self.feedback_of = f"{platform.name}/{connection.project}"
        self.lag = _length("--lag", self.said.lag or platform.lag)
        with store.read() as con:
            self.source = options.source or default_source(con, options)
            self.declared, _ = known_mapping(con, self.source, _declared(stream, options))
            state = self._stored_state(con)
        preset = _preset(stream)
        self.mapping = _mapping(preset, self.declared)
        self.maker = Maker(self.mapping, options, store.folder, preset)
        self.reading = digest(repr([self.mapping.reading(), options.rater]))
        # Documents that are read in another way are read again, as far back as they were.
        self.state = state if state and state.reading == self.reading else _Extent(self.reading)
        self.before = state
        self.documents, self.total, self.late = 0, merge.Merged(), 0.0

    def _stored_state(self, con: duckdb.DuckDBPyConnection) -> _Extent | None:
        rows = con.execute(sql("pull/platform/state"), self._named()).fetchall()
        if not rows:
            return None
        reading, since, high, low, upto, cursor = rows[0]
        window = None if upto is None else Window(low, upto)
        return _Extent(reading, since, high, window, cursor)

    def _named(self) -> dict[str, Any]:
        return {"source": self.source, "kind": self.kind, "location": self.location}

    # -- reading -----------------------------------------------------------------------------------

    def pull(self) -> None:
        """Reads what an unfinished pull left, then what is new, then what is further back."""
        for window, cursor in self._windows():
            for _ in self.progress(self._read(window, cursor), f"reading {self.location}"):
                pass
        self.run.changed |= self.state != self.before

    def _windows(self) -> Iterator[tuple[Window, str | None]]:
        now = self.connection.now
        if self.state.window is not None:
            yield self.state.window, self.state.cursor
        if self.state.high is None:
            yield Window(self._since(), now), None
            return
        low = self.state.high - self.lag
        if self.said.rescan:
            low = min(low, now - _length("--rescan", self.said.rescan))
        yield Window(low, max(now, self.state.high)), None
        since, begun = self._since(), self.state.since
        if begun is not None and (since is None or since < begun):
            yield Window(since, begun), None

    def _since(self) -> datetime | None:
        """Returns the time that the first pull begins at; None: the beginning."""
        text = self.said.since
        if text is None:
            return self.before.begins if self.before else None
        when = parse_time(text) if text[:4].isdecimal() and "-" in text else None
        since = when or self.connection.now - _length("--since", text)
        if self.before is None or self.before.high is None:
            return since
        return None if self.before.since is None else min(since, self.before.since)

    def _read(self, window: Window, cursor: str | None) -> Iterator[Item]:
        """Stores the documents of a window, a page a transaction, and yields them once they are."""
        repeated = 0
        while True:
            try:
                page = self.connection.page(self.stream, window, cursor)
            except CursorLost:
                log.info("%s: the cursor is lost, reading its window again", self.location)
                page = self.connection.page(self.stream, window, None)
            repeated = repeated + 1 if page.cursor is not None and page.cursor == cursor else 0
            if repeated == _SAME_CURSOR:
                raise RemoteUnavailable(
                    f"{self.location}: the server gives the same page again and again. Next: type "
                    "the command again later, which goes on where it was"
                )
            self._store(page, window)
            log.info("%s: %s documents", self.location, len(page.items))
            yield from page.items
            cursor = page.cursor
            if cursor is None:
                return

    def _store(self, page: Page, window: Window) -> None:
        previous = self.state.high
        records = staging.page(
            staging.Record(
                staging.NO_FILE,
                self.location,
                number,
                partial(self._make, item),
                item.unreadable,
                item.key,
            )
            for number, item in enumerate(page.items)
        )
        if page.cursor is None:
            self.state = self.state.after(window)
        else:
            self.state = dataclasses.replace(self.state, window=window, cursor=page.cursor)
        with self.store.write() as con:
            named = {**self._named(), "table": self.feedback_of}
            merged = merge.merge_page(con, self.run, records, named)
            if merged.altered or self.state != self.before:
                undo_log.keep_settings(con, self.run, **self._named(), is_platform=True)
            self._remember(con)
        self.run.changed |= merged.altered
        self.documents += len(page.items)
        self._count(merged, page, window, previous)

    def _make(self, item: Item) -> list[Row | Refusal]:
        if item.unreadable:
            return [Refusal("bad-json")]
        parts = self.maker.make(item.fields)
        return [p if isinstance(p, Refusal) or p["source_id"] else Refusal("no-id") for p in parts]

    def _remember(self, con: duckdb.DuckDBPyConnection) -> None:
        state = self.state
        con.execute(
            sql("pull/platform/state_set"),
            {
                **self._named(),
                "reading": state.reading,
                "since": state.since,
                "high": state.high,
                "low": state.window and state.window.low,
                "upto": state.window and state.window.high,
                "cursor": state.cursor,
            },
        )
        remember_mapping(con, self.source, self.declared, self.mapping)

    def _count(
        self, merged: merge.Merged, page: Page, window: Window, previous: datetime | None
    ) -> None:
        for name in ("new", "changed", "unchanged", "repeated"):
            setattr(self.total, name, getattr(self.total, name) + getattr(merged, name))
        for reason, number in merged.rejected.items():
            self.total.rejected[reason] = self.total.rejected.get(reason, 0) + number
        first = merged.earliest["new"]
        if first is None or previous is None or window.high <= previous or self.said.rescan:
            return
        # Within a page the order is not that of time, so this is at least one that came late.
        if (at := page.items[first].at) is not None:
            self.late = max(self.late, (previous - at).total_seconds())

    # -- what to say -------------------------------------------------------------------------------

    def notes(self) -> Iterator[str]:
        """Yields what a person should know about how the stream was read."""
        yield from self.maker.notes(self.total.repeated)
        if self.late * 2 > self.lag.total_seconds():
            yield (
                f"one of the {self.stream.name} came {span_text(self.late)} late, and --lag is "
                f"{span_text(self.lag.total_seconds())}: what comes later than that is missed. "
                "Next: a longer --lag, or --rescan 1d"
            )


def _declared(stream: Stream, options: PullOptions) -> Declared:
    """Returns what a user said about one stream: columns about calls, a scale about ratings."""
    if stream.kind == "interactions":
        return dataclasses.replace(options.declared, scale=None, scales={})
    return Declared("feedback", {}, options.declared.scale, scales=options.declared.scales)


def _preset(stream: Stream) -> Preset:
    return next(preset for preset in named(stream.preset) if preset.kind == stream.kind)


def _mapping(preset: Preset, declared: Declared) -> FieldMap:
    """Returns how the documents of a stream are read."""
    fields = {name: path for name, path in {**preset.fields, **declared.fields}.items() if path}
    scale, version = declared.scale or preset.scale, version_of(preset)
    return FieldMap(preset.kind, fields, scale, scales=declared.scales, preset=version)


def _length(option: str, text: str) -> timedelta:
    return timedelta(seconds=float(span(option, text, "time")))


def _counts(pulls: Sequence[_StreamPull]) -> dict[str, Any]:
    return {
        "documents": sum(each.documents for each in pulls),
        "new": sum(each.total.new for each in pulls),
        "changed": sum(each.total.changed for each in pulls),
    }


def _result(store: Store, pulls: Sequence[_StreamPull]) -> PullResult:
    """Returns what was done with the first stream, and with the others as notes."""
    calls = pulls[0]
    rejected: dict[str, int] = {}
    notes = []
    for each in pulls:
        for reason, number in each.total.rejected.items():
            rejected[reason] = rejected.get(reason, 0) + number
        if each is not calls:
            notes.append(
                f"{each.documents:,} {each.stream.name} ({each.total.new:,} new, "
                f"{each.total.changed:,} changed, {each.total.unchanged:,} already here)"
            )
        notes.extend(each.notes())
    with store.read() as con:
        summary = summary_of(con, calls.source)
    return PullResult(
        calls.source,
        calls.mapping,
        0,
        0,
        calls.documents,
        calls.total.new,
        calls.total.changed,
        calls.total.unchanged,
        rejected,
        tuple(dict.fromkeys(notes)),
        summary,
    )

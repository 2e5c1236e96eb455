"""`curate pull`: documents of files become interactions or feedback, or are listed as rejects.

Documents are staged chunk by chunk and merged in one transaction, so that a killed pull goes on
where it was and a reader never sees half of one.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate import buckets, inputs, staging
from curate.dialects import is_database
from curate.errors import ConfigError, unknown_name
from curate.files import Files, find_files
from curate.interactions import Row, RowBuilder, as_text
from curate.mapping import Declared, FieldMap, extended, guess, steps
from curate.messages import canonical
from curate.sources import Document, Location, Reject
from curate.store import Run, Store, sql
from curate.text import digest
from curate.turns import Turn, assemble

if TYPE_CHECKING:
    import duckdb

CHUNK_DOCUMENTS = 50_000
_SAMPLE_FIRST, _SAMPLE_OTHERS, _SAMPLE_FILES, _SAMPLE_LATE = 2_000, 100, 20, 5_000
RATERS = ("human_user", "human_expert", "llm", "code")
_RATERS = {
    **dict.fromkeys(("human_user", "user", "human", "end_user", "customer"), "human_user"),
    **dict.fromkeys(("human_expert", "expert", "annotator", "annotation"), "human_expert"),
    **dict.fromkeys(("llm", "model", "ai", "judge", "llm_judge", "eval"), "llm"),
    **dict.fromkeys(("code", "rule", "program"), "code"),
}

HELDOUT = "heldout"
"""What `given_split` says of an imported evaluation set."""

Progress = Callable[[Iterable[Any], str], Iterable[Any]]


def silent(items: Iterable[Any], _label: str) -> Iterable[Any]:
    """Shows no progress."""
    return items


@dataclass(frozen=True)
class Reading:
    """How the rows of a database are read; None means: as the last pull of the same table.

    Args:
        cursor: the column that says when a row last changed.
        key: the column that tells rows apart.
        lag: how far behind the newest row to look again (`5m`), for rows that are committed late.
        rescan: how far back to read again this time (`30d`).
        reconcile: whether to withdraw what the table no longer has.
        yes: whether that may be more than half.
    """

    cursor: str | None = None
    key: str | None = None
    lag: str | None = None
    rescan: str | None = None
    reconcile: bool = False
    yes: bool = False


@dataclass(frozen=True)
class PullOptions:
    """What the user said about a pull; None means: guess, or as the last pull of this source."""

    source: str | None = None
    declared: Declared = field(default_factory=Declared)
    file_format: str | None = None
    table: str | None = None
    query: str | None = None
    rater: str = "human_user"
    heldout: bool = False
    database: Reading = field(default_factory=Reading)


@dataclass(frozen=True)
class PullResult:
    """What a pull did, in counts."""

    source: str
    mapping: FieldMap
    files: int
    files_unchanged: int
    documents: int
    new: int
    changed: int
    unchanged: int
    rejected: dict[str, int]
    notes: tuple[str, ...]
    summary: dict[str, Any]
    withdrawn: int = 0


def pull(
    store: Store,
    locations: Sequence[str],
    *,
    options: PullOptions,
    on_mapping: Callable[[FieldMap], None] = lambda _: None,
    progress: Progress = silent,
) -> PullResult:
    """Reads files, globs and folders, or a table of a database, and returns what changed.

    Raises:
        SourceError: a location does not exist or cannot be read.
        TransportError: a bucket said no.
        RemoteUnavailable: a bucket or a database does not answer.
        ConfigError: an option names a column, format or scale that does not exist.
    """
    if rater_type(options.rater) is None:
        raise ConfigError(f"--rater: {unknown_name('rater type', options.rater, RATERS)}")
    if any(is_database(location, options.database.cursor) for location in locations):
        from curate.databases import pull_table

        return pull_table(
            store, locations, options=options, on_mapping=on_mapping, progress=progress
        )
    _refuse_reading(options)
    found = find_files(
        locations, file_format=options.file_format, table=options.table, query=options.query
    )
    files = Files(found, store.folder, options.file_format, progress)
    asked = {"locations": [buckets.address(n).shown if buckets.is_url(n) else n for n in locations]}
    with store.run("pull", asked) as run, files:
        with store.read() as con:
            source = options.source or default_source(con, options)
            if options.heldout and con.execute(sql("pull_logs_in"), {"source": source}).fetchall():
                raise ConfigError(
                    f"source {source!r} holds logs, and an evaluation set is a source of its own. "
                    "Next: leave --source away, or give another name"
                )
            known, before = known_mapping(con, source, options.declared)
        mapping, columns = _mapping(store, source, files, options, known, before)
        on_mapping(mapping)
        under_way = _Pull(store, run, source, known, mapping, files, options, progress, columns)
        if under_way.stage() and (more := extended(mapping, under_way.late)) != mapping:
            # A column that nobody had used in the sample: a first rating after months of logs.
            on_mapping(more)
            under_way = _Pull(store, run, source, known, more, files, options, progress, columns)
            under_way.stage()
        return under_way.finish()


class _Pull:
    """One pull under way: its files, how they are read, and what has been counted."""

    def __init__(
        self,
        store: Store,
        run: Run,
        source: str,
        declared: Declared,
        mapping: FieldMap,
        files: Files,
        options: PullOptions,
        progress: Progress,
        columns: set[str],
    ) -> None:
        self.store, self.run, self.source, self.mapping = store, run, source, mapping
        self.declared = declared
        self.opened, self.options, self.progress = files, options, progress
        self.files, self.contents = files.found, files.contents
        self.reading = _reading(mapping, options)
        contents = [self.contents[f] for f in self.files]
        self.pull_id = digest(repr([source, self.reading, contents]))
        self.maker = Maker(mapping, options, store.folder)
        self.documents = 0
        self.columns = columns
        self.late: list[dict[str, Any]] = []
        self.todo: list[int] = []

    def stage(self) -> bool:
        """Stages the documents of files that are new or changed; returns whether there are any."""
        done = _done(self.store, self.source, self.reading)
        self.todo = self._todo([self.contents[f] in done for f in self.files])
        if self.todo:
            records = self._records if self._by_document else self._turn_records
            staging.stage(
                self.store,
                self.pull_id,
                records(self.todo),
                chunk=CHUNK_DOCUMENTS,
                resumable=self._by_document,
            )
        return bool(self.todo)

    def finish(self) -> PullResult:
        """Merges what is staged, and brings the inputs up to date."""
        merged = self._merge(self.todo) if self.todo else staging.Merged()
        inputs.refresh(self.store, self.run)
        self.run.counts = {
            "source": self.source,
            "documents": self.documents,
            "new": merged.new,
            "changed": merged.changed,
        }
        return self._result(len(self.files) - len(self.todo), merged)

    @property
    def _by_document(self) -> bool:
        return self.mapping.kind != "turns"

    def _todo(self, unchanged: list[bool]) -> list[int]:
        """Returns the numbers of the files to read.

        Turn tables are read whole, as a conversation may span files. Rows without ids are numbered
        in file order, so a file before which something changed is read again.
        """
        numbers = [n for n, same in enumerate(unchanged) if not same]
        if not numbers:
            return []
        if not self._by_document:
            return list(range(len(self.files)))
        after = [self.contents[f][0] for f in self.files[numbers[0] :]]
        if self.mapping.kind == "interactions" and self._numbered(after):
            return list(range(numbers[0], len(self.files)))
        return numbers

    def _numbered(self, locations: list[str]) -> bool:
        if "id" not in self.mapping.fields:
            return True
        asked = {"source": self.source, "locations": locations}
        with self.store.read() as con:
            return bool(con.execute(sql("pull_numbered_rows"), asked).fetchall()[0][0])

    def _documents(self, todo: list[int]) -> Iterator[tuple[int, str, Document | Reject]]:
        for number in todo:
            location = self.files[number]
            name, _ = self.contents[location]
            for document in self.progress(self.opened.read(location), f"reading {name}"):
                self.documents += 1
                if isinstance(document, Document) and not self.columns.issuperset(document.fields):
                    self._notice(document.fields)
                yield number, name, document
            self.opened.let_go(location)

    def _notice(self, fields: dict[str, Any]) -> None:
        """Keeps documents with columns that the sample had not, up to a number."""
        if len(self.late) < _SAMPLE_LATE:
            self.late.append(fields)

    def _records(self, todo: list[int]) -> Iterator[staging.Record]:
        for number, name, document in self._documents(todo):
            if isinstance(document, Reject):
                yield _refused(number, name, document)
            else:
                make = partial(self.maker.make, document.fields)
                yield staging.Record(number, name, document.line, make)

    def _turn_records(self, todo: list[int]) -> Iterator[staging.Record]:
        turns = []
        for number, name, document in self._documents(todo):
            if isinstance(document, Reject):
                yield _refused(number, name, document)
            else:
                values = self.maker.builder.values(document.fields)
                turns.append(Turn(number, name, document.line, document.fields, values))
        for made in assemble(turns, self.mapping, self.maker.builder):
            at = (made.turn.file_number, made.turn.location, made.turn.line)
            if made.row is None:
                yield staging.Record(*at, partial(str, made.reason), made.detail)
            else:
                yield staging.Record(*at, partial(list, (made.row,)))

    def _merge(self, todo: list[int]) -> staging.Merged:
        files = [
            staging.PulledFile(number, *self.contents[f], number in todo)
            for number, f in enumerate(self.files)
        ]
        with self.store.write() as con:
            merged = staging.merge(
                con,
                self.run,
                source=self.source,
                kind=self.mapping.kind,
                reading=self.reading,
                files=files,
            )
            remember_mapping(con, self.source, self.declared, self.mapping)
        self.run.changed |= merged.altered
        return merged

    def _result(self, files_unchanged: int, merged: staging.Merged) -> PullResult:
        notes = self.maker.notes(merged.repeated)
        with self.store.read() as con:
            summary = summary_of(con, self.source)
        return PullResult(
            self.source,
            self.mapping,
            len(self.files),
            files_unchanged,
            self.documents,
            merged.new,
            merged.changed,
            merged.unchanged,
            merged.rejected,
            tuple(notes),
            summary,
        )


class Maker:
    """Makes the rows of documents as one field map reads them, and says what it could not place.

    Args:
        mapping: which column is which field.
        options: of the pull.
        folder: of the project, which has the salt of user ids.
    """

    def __init__(self, mapping: FieldMap, options: PullOptions, folder: Path) -> None:
        self.builder = RowBuilder(mapping, salt(folder))
        self._mapping, self._options = mapping, options
        self._unknown_raters: set[str] = set()

    def make(self, fields: dict[str, Any]) -> list[Row] | str:
        """Returns the rows of a document with these fields, or why it has none."""
        if self._mapping.kind == "feedback":
            return self._feedback(fields)
        rows = self.builder.from_document(fields)
        for row in rows if self._options.heldout and not isinstance(rows, str) else ():
            row["given_split"] = HELDOUT
        return rows

    def _feedback(self, fields: dict[str, Any]) -> list[Row] | str:
        values, build = self.builder.values(fields), self.builder
        key = as_text(values.get("key"))
        if key is None:
            return "no-key"
        common = {
            "source_id": key,
            "comment": as_text(values.get("comment")),
            "rater_type": self._rater(as_text(values.get("rater_type"))),
            "rater_key": build.user_key(values.get("rater")),
            "created_at": build.time(values),
        }
        rows = []
        rating = build.rating(values)
        if rating["rating_value"] is not None:
            rows.append(
                {
                    **common,
                    "kind": "rating",
                    "value": rating["rating_value"],
                    "scale": rating["rating_scale"],
                    "rating_norm": rating["rating_norm"],
                }
            )
        for kind in ("label", "correction"):
            if value := as_text(values.get(kind)):
                rows.append({**common, "kind": kind, "value": value})
        return rows or "no-feedback"

    def _rater(self, word: str | None) -> str:
        """Returns who gave a feedback; a word that is not known never counts as a human."""
        known = rater_type(self._options.rater if word is None else word)
        if known is None:
            self._unknown_raters.add(word or "")
        return known or "unknown"

    def notes(self, repeated: int, what: str = "documents") -> list[str]:
        """Returns what a person should know about how the documents were read."""
        notes = list(self._mapping.notes)
        if repeated:
            notes.append(f"{repeated:,} {what} have the id of a later one, which counts")
        if self._unknown_raters:
            notes.append(
                f"rater types not known: {', '.join(sorted(self._unknown_raters)[:6])}. Their "
                f"feedback does not count as human. Known: {', '.join(RATERS)}"
            )
        if self.builder.unplaced_ratings and self._mapping.scale:
            notes.append(
                f"{self.builder.unplaced_ratings:,} ratings lie outside the scale "
                f"{self._mapping.scale}: they count as unrated until you declare another --scale"
            )
        elif self.builder.unplaced_ratings and not any("the scale of" in n for n in notes):
            notes.append(
                f"{self.builder.unplaced_ratings:,} ratings count as unrated: their scale is not "
                "known until you declare it with --scale"
            )
        if self.builder.unread_ranks:
            notes.append(f"{self.builder.unread_ranks:,} ranks are no numbers: left empty")
        if self.builder.unreadable_times:
            notes.append(f"{self.builder.unreadable_times:,} times could not be read: left empty")
        return notes


def remember_mapping(
    con: duckdb.DuckDBPyConnection, source: str, declared: Declared, used: FieldMap
) -> None:
    """Stores what was declared about a source, and how it was read."""
    mapping = canonical({"declared": declared.as_dict(), "used": used.as_dict()})
    named = {"source": source, "kind": used.kind, "mapping": mapping}
    con.execute(sql("pull_mapping_set"), named)


def _refuse_reading(options: PullOptions) -> None:
    """Refuses options that mean nothing for files."""
    given = [
        f"--{name}"
        for name in ("cursor", "key", "lag", "rescan", "reconcile", "yes")
        if getattr(options.database, name)
    ]
    if given:
        raise ConfigError(
            f"{', '.join(given)} goes with a database: curate pull postgresql://... (of files, "
            "--key goes with --as feedback, and the id of calls is --map id=COLUMN)"
        )


def _reading(mapping: FieldMap, options: PullOptions) -> str:
    """Returns a digest of everything that decides what the documents of a file become."""
    return digest(repr([mapping.reading(), options.rater, options.heldout]))


def _done(store: Store, source: str, reading: str) -> set[tuple[str, str]]:
    """Returns the name and hash of the files of a source that were read in this way."""
    with store.read() as con:
        named = {"source": source, "reading": reading}
        return set(con.execute(sql("pull_files_done"), named).fetchall())


def _mapping(
    store: Store,
    source: str,
    files: Files,
    options: PullOptions,
    known: Declared,
    before: Declared | None,
) -> tuple[FieldMap, set[str]]:
    """Returns how the files are read, and the columns of the sample that says so.

    What is in a bucket is looked at only where it is new, as long as that is read as what is there
    was; otherwise all has to be read again anyway.
    """
    if before and files.any_remote and _agrees(options.declared, before):
        as_before = FieldMap(known.kind, before.fields, before.scale, before.roles)
        done = _done(store, source, _reading(as_before, options))
        fresh = [f for f in files.found if files.contents[f] not in done]
        if not fresh:
            return as_before, set()
        if known.kind != "turns":
            sample = _sample(files, fresh, options.declared)
            mapping = guess(sample, known, fresh=Declared(known.kind), before=before)
            if mapping.reading() == as_before.reading():
                return mapping, _columns(sample)
    sample = _sample(files, files.found, options.declared)
    return guess(sample, known, fresh=options.declared, before=before), _columns(sample)


def _agrees(declared: Declared, before: Declared) -> bool:
    """Returns whether what the user says now is how the last pull read the source."""
    fields = all(before.fields.get(name, "") == column for name, column in declared.fields.items())
    return (
        fields
        and declared.scale in (None, before.scale)
        and declared.roles.items() <= before.roles.items()
    )


def _columns(sample: Iterable[dict[str, Any]]) -> set[str]:
    return {name for document in sample for name in document}


def _sample(files: Files, chosen: Sequence[Location], declared: Declared) -> list[dict[str, Any]]:
    """Returns documents to guess from; it goes on until every declared column has been seen."""
    sample: list[dict[str, Any]] = []
    for number, location in enumerate(chosen[:_SAMPLE_FILES]):
        size = _SAMPLE_OTHERS if number else _SAMPLE_FIRST
        documents = islice(files.read(location), size)
        sample.extend(d.fields for d in documents if isinstance(d, Document))
    columns = [column for column in declared.fields.values() if column]
    seen = _columns(sample)
    missing = {steps(column)[0] for column in columns if column not in seen} - seen
    for location in chosen if missing else []:
        for document in files.read(location):
            if isinstance(document, Document) and not missing.isdisjoint(document.fields):
                sample.append(document.fields)
                missing -= set(document.fields)
            if not missing:
                return sample
    return sample


def default_source(con: duckdb.DuckDBPyConnection, options: PullOptions) -> str:
    """Returns the project's name for a source nobody named; feedback goes to the only one."""
    if options.heldout:
        return HELDOUT
    names = [row[0] for row in con.execute(sql("pull_sources")).fetchall() if row[0] != HELDOUT]
    if options.declared.kind != "feedback" or not names:
        return "logs"
    if len(names) > 1:
        raise ConfigError(
            f"feedback for which source? There are {', '.join(names)}. Next: --source NAME"
        )
    return str(names[0])


def known_mapping(
    con: duckdb.DuckDBPyConnection, source: str, declared: Declared
) -> tuple[Declared, Declared | None]:
    """Returns what was declared now or earlier, and how the last pull read this source."""
    rows = con.execute(sql("pull_mapping"), {"source": source, "kind": declared.kind}).fetchall()
    if not rows:
        return declared, None
    stored = json.loads(rows[0][0])
    earlier, used = (Declared(declared.kind, **stored[part]) for part in ("declared", "used"))
    known = Declared(
        declared.kind,
        {**earlier.fields, **declared.fields},
        declared.scale or earlier.scale,
        {**earlier.roles, **declared.roles},
    )
    return known, used


def summary_of(con: duckdb.DuckDBPyConnection, source: str) -> dict[str, Any]:
    """Returns what a source holds, in counts."""
    cursor = con.execute(sql("pull_summary"), {"source": source})
    names = [column[0] for column in cursor.description or []]
    summary = dict(zip(names, cursor.fetchall()[0], strict=True))
    crossing = con.execute(sql("pull_split_overlap"), {"source": source}).fetchall()
    summary["split_overlap"] = {f"{a} / {b}": count for a, b, count in crossing}
    summary["template"] = inputs.templates(con).get(source)
    return summary


def _refused(number: int, name: str, reject: Reject) -> staging.Record:
    return staging.Record(number, name, reject.line, partial(str, reject.reason), reject.detail)


def rater_type(word: str) -> str | None:
    """Returns the kind of rater that a word stands for, None where it is not known."""
    return _RATERS.get("_".join(word.casefold().replace("-", " ").replace("_", " ").split()))


def salt(folder: Path) -> bytes:
    """Returns the key that user ids are hashed with: `CURATE_SALT`, or the project's own file.

    The file is made at first use, with mode 600.
    """
    if value := os.environ.get("CURATE_SALT"):
        return value.encode()
    path = folder / ".curate-salt"
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32), encoding="ascii")
        fresh.replace(path)
    return path.read_bytes()

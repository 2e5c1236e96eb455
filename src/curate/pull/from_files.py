"""The pull of files: read, mapped, and merged chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

from curate import inputs
from curate.files.files import PullFiles
from curate.progress import Progress
from curate.pull import staging
from curate.pull.known_sources import remember_mapping, summary_of
from curate.pull.maker import Maker
from curate.pull.mapping import Declared, FieldMap, guess, steps
from curate.pull.options import PullOptions, PullResult
from curate.pull.turns import Turn, assemble
from curate.sources import Document, Location, Reject
from curate.store import Run, Store, sql
from curate.text import digest

CHUNK_DOCUMENTS = 50_000
_SAMPLE_FIRST, _SAMPLE_OTHERS, _SAMPLE_FILES, _SAMPLE_LATE = 2_000, 100, 20, 5_000


class FilePull:
    """One pull under way: its files, how they are read, and what has been counted."""

    def __init__(
        self,
        store: Store,
        run: Run,
        source: str,
        declared: Declared,
        mapping: FieldMap,
        files: PullFiles,
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
        parameters = {"source": self.source, "locations": locations}
        with self.store.read() as con:
            return bool(con.execute(sql("pull/numbered_rows"), parameters).fetchall()[0][0])

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


def _reading(mapping: FieldMap, options: PullOptions) -> str:
    """Returns a digest of everything that decides what the documents of a file become."""
    return digest(repr([mapping.reading(), options.rater, options.heldout]))


def _done(store: Store, source: str, reading: str) -> set[tuple[str, str]]:
    """Returns the name and hash of the files of a source that were read in this way."""
    with store.read() as con:
        parameters = {"source": source, "reading": reading}
        return set(con.execute(sql("pull/files_done"), parameters).fetchall())


def choose_mapping(
    store: Store,
    source: str,
    files: PullFiles,
    options: PullOptions,
    declared: Declared,
    before: Declared | None,
) -> tuple[FieldMap, set[str]]:
    """Returns how the files are read, and the columns of the sample that says so.

    What is in a bucket is looked at only where it is new, as long as that is read as what is there
    was; otherwise all has to be read again anyway.
    """
    if before and files.any_remote and _agrees(options.declared, before):
        as_before = FieldMap(declared.kind, before.fields, before.scale, before.roles)
        done = _done(store, source, _reading(as_before, options))
        fresh = [f for f in files.found if files.contents[f] not in done]
        if not fresh:
            return as_before, set()
        if declared.kind != "turns":
            sample = _sample(files, fresh, options.declared)
            mapping = guess(sample, declared, fresh=Declared(declared.kind), before=before)
            if mapping.reading() == as_before.reading():
                return mapping, _columns(sample)
    sample = _sample(files, files.found, options.declared)
    return guess(sample, declared, fresh=options.declared, before=before), _columns(sample)


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


def _sample(
    files: PullFiles, chosen: Sequence[Location], declared: Declared
) -> list[dict[str, Any]]:
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


def _refused(number: int, name: str, reject: Reject) -> staging.Record:
    return staging.Record(number, name, reject.line, partial(str, reject.reason), reject.detail)

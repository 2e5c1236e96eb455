"""The pull of files: read, mapped, and merged chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import duckdb

from curate.errors import CurateError, GateFailed
from curate.files.files import PullFiles
from curate.inputs import inputs
from curate.progress import Progress
from curate.pull import halves, merge, outer_spans, staging
from curate.pull.emptiness import StagedCalls, refuse
from curate.pull.known_sources import remember_mapping, summary_of
from curate.pull.maker import Maker, Refusal
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions, PullResult
from curate.pull.plain.plain import plain_maker
from curate.pull.reader_version import READER, older_reader_notes
from curate.pull.reading import FileReading, files_done
from curate.pull.turns import Turn, assemble
from curate.sources import Document, Reject
from curate.store import Run, Store, sql
from curate.text.text import digest

CHUNK_DOCUMENTS = 122_880
"""As many as DuckDB keeps together: what is stored in such chunks is not written again."""
_SAMPLE_LATE = 5_000


class FilePull:
    """One pull under way: its files, how they are read, and what has been counted."""

    def __init__(
        self,
        store: Store,
        run: Run,
        source: str,
        declared: Declared,
        reading: FileReading,
        files: PullFiles,
        options: PullOptions,
        progress: Progress,
    ) -> None:
        self.store, self.run, self.source, self.mapping = store, run, source, reading.mapping
        self.declared, self.chosen = declared, reading
        self.opened, self.options, self.progress = files, options, progress
        self.files, self.contents = files.found, files.contents
        self.reading = reading.mark(options)
        contents = [self.contents[f] for f in self.files]
        self.pull_id = digest(repr([source, self.reading, contents, READER, options.reread]))
        named = declared.fields
        self.maker = Maker(
            reading.mapping, options, store.folder, reading.preset, named, reading.scores
        )
        self.documents = 0
        self.held, self.halves, self.folded = StagedCalls(), 0, outer_spans.Folded()
        # With a preset, its rows have the columns that it gives them.
        self.columns = None if reading.preset else reading.columns
        self.staged = staging.staged_files(store.folder, self.pull_id)
        self.late: list[dict[str, Any]] = []
        self.todo: list[int] = []

    def stage(self) -> bool:
        """Stages the documents of files that are new or changed; returns whether there are any."""
        is_anew = self.options.reread
        done = set() if is_anew else files_done(self.store, self.source, self.reading)
        self.todo = self._todo([self.contents[f] in done for f in self.files])
        if self.todo:
            records = self._records if self._by_document else self._turn_records
            staging.stage(
                self.staged,
                records(self.todo),
                chunk=CHUNK_DOCUMENTS,
                resumable=self._by_document,
                plain=plain_maker(self.maker),
            )
        return bool(self.todo)

    def finish(self) -> PullResult:
        """Merges what is staged, and brings the inputs up to date.

        Raises:
            SourceError: nothing of it is of any use.
        """
        merged = merge.Merged()
        if self.todo:
            merged = self._merge()
        else:
            self.staged.clear()  # what a pull has left that was killed after its merge
        inputs.refresh(self.store, self.run)
        self.run.counts = {
            "source": self.source,
            "documents": self.documents,
            "new": merged.new,
            "changed": merged.changed,
            "withdrawn": merged.withdrawn,
        }
        return self._result(len(self.files) - len(self.todo), merged)

    def _merge(self) -> merge.Merged:
        try:
            with self.store.write() as con:
                self.staged.attach(con)
                self._refuse_nothing(con)
                merged = self._merge_staged(con)
        except GateFailed:
            raise  # who confirms it need not have it read again
        except CurateError:
            self.staged.clear()
            raise
        self.staged.clear()
        self.run.changed |= merged.altered
        return merged

    def _refuse_nothing(self, con: duckdb.DuckDBPyConnection) -> None:
        if self.mapping.kind == "interactions":
            preset = self.chosen.preset
            within = preset is not None and preset.halves
            self.halves = halves.join(con, self.source, within=within)
            self._fold(con)
        self.held = refuse(con, self.source, self.chosen, self.declared, self.options.only)

    def _fold(self, con: duckdb.DuckDBPyConnection) -> None:
        if self.chosen.preset is not None and self.chosen.preset.roots:
            staging.make_writable(con)
            self.folded = outer_spans.fold(con, self.source)
            self.maker.left_out["span that holds others"] += self.folded.roots

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
                self._notice(document)
                yield number, name, document
            self.opened.let_go(location)

    def _notice(self, document: Document | Reject) -> None:
        """Keeps documents with columns that the sample had not, up to a number."""
        if self.columns is None or isinstance(document, Reject):
            return
        if not self.columns.issuperset(document.fields) and len(self.late) < _SAMPLE_LATE:
            self.late.append(document.fields)

    def _records(self, todo: list[int]) -> Iterator[staging.Record]:
        for number, name, document in self._documents(todo):
            if isinstance(document, Reject):
                yield _refused(number, name, document)
            else:
                make = partial(self.maker.make, document.fields)
                fields = document.fields
                yield staging.Record(number, name, document.line, make, document=fields)

    def _turn_records(self, todo: list[int]) -> Iterator[staging.Record]:
        turns = []
        for number, name, document in self._documents(todo):
            if isinstance(document, Reject):
                yield _refused(number, name, document)
            else:
                for part in self.maker.parts(document.fields):
                    if isinstance(part, Refusal):
                        yield staging.Record(number, name, document.line, staging.made(part))
                        continue
                    values = self.maker.builder.values(part.fields, part.document)
                    turns.append(Turn(number, name, document.line, part.fields, values))
        for made in assemble(turns, self.mapping, self.maker.builder):
            at = (made.turn.file_number, made.turn.location, made.turn.line)
            if made.row is None:
                yield staging.Record(*at, staging.made(Refusal(made.reason, made.detail)))
            else:
                yield staging.Record(*at, staging.made(made.row))

    def _merge_staged(self, con: duckdb.DuckDBPyConnection) -> merge.Merged:
        files = [
            merge.PulledFile(number, *self.contents[f], number in self.todo)
            for number, f in enumerate(self.files)
        ]
        merged = merge.merge_files(
            con,
            self.run,
            source=self.source,
            kind=self.mapping.kind,
            reading=self.reading,
            files=files,
            reread=self.options.reread,
            confirmed=self.options.confirmed,
        )
        remember_mapping(con, self.source, self.declared, self.mapping)
        return merged

    def _result(self, files_unchanged: int, merged: merge.Merged) -> PullResult:
        repeated = max(0, merged.repeated - self.halves)
        notes = [*self.maker.notes(repeated), *self.held.notes(), *self.folded.notes()]
        with self.store.read() as con:
            summary = summary_of(con, self.source)
            notes += older_reader_notes(con, self.source)
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
            merged.withdrawn,
            left_out=self.opened.left_out([self.files[number] for number in self.todo]),
        )


def _refused(number: int, name: str, reject: Reject) -> staging.Record:
    refusal = Refusal(reject.reason, reject.detail)
    return staging.Record(number, name, reject.line, staging.made(refusal))

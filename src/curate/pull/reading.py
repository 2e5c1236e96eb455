"""How files are read: the preset and the field map that a sample of their documents asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from curate.errors import ConfigError, SourceError
from curate.files.files import PullFiles
from curate.messages import decoded, role_of
from curate.pull.fields import CONTENT
from curate.pull.maker import score_of
from curate.pull.mapping import Declared, FieldMap, guess
from curate.pull.options import PullOptions
from curate.pull.paths import columns_of, getter, present, steps
from curate.pull.preset_choice import NO_PRESET, choose, rows_of
from curate.pull.rated_messages import RATINGS, with_ratings
from curate.pull.rating import is_blank
from curate.pull.span_kinds import refuse_mixed
from curate.pull.turn_tables import refuse_turns
from curate.sources import MAX_DOCUMENT, Document, Location
from curate.sources.presets import Preset, whole
from curate.store import Store, sql
from curate.text.text import digest, folded

_SAMPLE_FIRST, _SAMPLE_OTHERS, _SAMPLE_FILES = 2_000, 100, 20

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class FileReading:
    """How the files of a pull are read.

    Args:
        mapping: which column is which field.
        preset: what takes documents apart; None where a document is a row.
        rows: of the sample that says so; empty where the last pull says it.
    """

    mapping: FieldMap
    preset: Preset | None = None
    rows: Sequence[Fields] = field(default=(), repr=False)

    @property
    def columns(self) -> set[str]:
        """The columns of the sample."""
        return columns_in(self.rows)

    @property
    def scores(self) -> set[str]:
        """The names of the scores that stand in the rows of the sample."""
        column = self.mapping.fields.get("ratings", "")
        if column == self.mapping.fields.get("messages"):
            return set()  # its items are messages
        listed = [row[column] for row in self.rows if isinstance(row.get(column), list)]
        return {name for entries in listed for name in map(score_of, entries) if name}

    def mark(self, options: PullOptions) -> str:
        """Returns a digest of everything that decides what the documents of a file become."""
        parts: list[Any] = [self.mapping.reading(), options.rater, options.heldout]
        parts += ["evict"] if options.evict else []
        parts += [sorted(options.only.items())] if options.only else []
        others = [options.where, options.encoding, options.max_document]
        parts += [] if others == [None, None, MAX_DOCUMENT] else others
        return digest(repr(parts))


def choose_reading(
    store: Store,
    source: str,
    files: PullFiles,
    options: PullOptions,
    declared: Declared,
    before: Declared | None,
) -> FileReading:
    """Returns how the files are read.

    What is in a bucket is looked at only where it is new, as long as that is read as what is there
    was; otherwise all has to be read again anyway.

    Raises:
        ConfigError: an option names a field, column, path or preset that there is not.
        SourceError: what the documents are cannot be said.
    """
    if before and files.any_remote and _agrees(options.declared, before):
        as_before = FieldMap(
            declared.kind,
            before.fields,
            before.scale,
            before.roles,
            (),
            before.scales,
            before.preset,
        )
        mark = FileReading(as_before).mark(options)
        done = files_done(store, source, mark)
        fresh = [f for f in files.found if files.contents[f] not in done]
        if not fresh:
            return FileReading(as_before)
        if declared.kind != "turns":
            reading = _guess(files, fresh, options.declared, declared, None, before)
            if reading.mark(options) == mark:
                return reading
    reading = _guess(files, files.found, options.declared, declared, options.declared, before)
    is_plain = reading.preset is None and reading.mapping.kind == "interactions"
    is_said = options.only or options.where or declared.preset == NO_PRESET
    if is_plain and not is_said:
        refuse_mixed(reading.rows)
    return reading


def files_done(store: Store, source: str, mark: str) -> set[tuple[str, str]]:
    """Returns the name and hash of the files of a source that were read in this way."""
    with store.read() as con:
        parameters = {"source": source, "reading": mark}
        return set(con.execute(sql("pull/files_done"), parameters).fetchall())


def _guess(
    files: PullFiles,
    chosen: Sequence[Location],
    named: Declared,
    declared: Declared,
    fresh: Declared | None,
    before: Declared | None,
) -> FileReading:
    documents = _sample(files, chosen)
    preset = choose(documents, declared.kind, declared.preset)
    rows = list(rows_of(documents, preset))
    rows += _further(files, chosen, named, rows, preset)
    mapping = guess(
        rows,
        declared,
        fresh=fresh or Declared(declared.kind),
        before=before,
        preset=preset,
        documents=documents if preset else (),
    )
    if preset and fresh:
        _refuse_content(fresh, preset, rows, documents)
    _refuse_empty(fresh, rows, documents)
    if mapping.kind == "interactions" and preset is None:
        refuse_turns(mapping, declared, rows)
        mapping = with_ratings(mapping, declared, before, rows)
        _refuse_rated_messages(mapping, declared, rows)
    return FileReading(mapping, preset, rows)


def _agrees(declared: Declared, before: Declared) -> bool:
    """Returns whether what the user says now is how the last pull read the source."""
    fields = all(before.fields.get(name, "") == column for name, column in declared.fields.items())
    return (
        fields
        and declared.scale in (None, before.scale)
        and declared.dates in (None, before.dates)
        and declared.preset in (None, (before.preset or "").split("@")[0])
        and declared.roles.items() <= before.roles.items()
        and declared.scales.items() <= before.scales.items()
    )


def columns_in(sample: Iterable[Fields]) -> set[str]:
    """Returns the columns of documents."""
    return {name for document in sample for name in document}


def _sample(files: PullFiles, chosen: Sequence[Location]) -> list[Fields]:
    """Returns documents to guess from: the beginning of the first files."""
    sample: list[Fields] = []
    for number, location in enumerate(chosen[:_SAMPLE_FILES]):
        size = _SAMPLE_OTHERS if number else _SAMPLE_FIRST
        documents = islice(files.read(location), size)
        sample.extend(d.fields for d in documents if isinstance(d, Document))
    return sample


def _further(
    files: PullFiles,
    chosen: Sequence[Location],
    named: Declared,
    rows: Sequence[Fields],
    preset: Preset | None,
) -> list[Fields]:
    """Returns rows past the sample that have what the user named and the sample has nowhere."""
    missing = {c: getter(c) for c in named.fields.values() if c and not present(c, rows)}
    more: list[Fields] = []
    for location in chosen if missing else []:
        for document in files.read(location):
            if not isinstance(document, Document):
                continue
            for row in rows_of([document.fields], preset):
                found = [c for c, get in missing.items() if not is_blank(get(row))]
                more += [row] if found else []
                missing = {c: get for c, get in missing.items() if c not in found}
            if not missing:
                return more
    return more


def _refuse_empty(
    named: Declared | None, rows: Sequence[Fields], documents: Sequence[Fields]
) -> None:
    """Refuses a column or path that was named and is empty in every row."""
    for name, column in (named.fields if named else {}).items():
        if column and rows and not present(column, rows) and not present(column, documents):
            way = steps(columns_of(column)[0])
            dotted = f'{name}=$.{way[0]}."{".".join(way[1:])}"' if len(way) > 2 else ""
            hint = f" (a key with dots is written --map '{dotted}')" if dotted else ""
            raise ConfigError(
                f"--map {name}={column} finds nothing in any row. Nothing was stored. Next: "
                f"another column or path{hint}, or --map {name}= if there is none"
            )


def _refuse_content(
    named: Declared, preset: Preset, rows: Sequence[Fields], documents: Sequence[Fields]
) -> None:
    """Refuses to look for messages in a document whose answers the preset takes out one by one."""
    for name in CONTENT:
        column = named.fields.get(name)
        if not column or preset.rows is whole or present(column, rows):
            continue
        several = any(len(list(rows_of([d], preset))) != 1 for d in documents)
        if several or any(_answers(value) > 1 for value in present(column, documents)):
            raise ConfigError(
                f"--map {name}={column}: the preset {preset.name} takes each call out of its "
                "document, and cannot say which call that would be of. Nothing was stored. Next: "
                f"without it, or with --preset none"
            )


def _refuse_rated_messages(mapping: FieldMap, declared: Declared, rows: Sequence[Fields]) -> None:
    """Refuses conversations whose answers are rated one by one, of which one call would be made."""
    column = mapping.fields.get("messages")
    if not column or "ratings" in mapping.fields or {"rating", "ratings"} & set(declared.fields):
        return
    ways: dict[str, None] = {}
    for value in present(column, rows):
        items = decoded(value)
        items = [i for i in items if isinstance(i, Mapping)] if isinstance(items, list) else []
        rated = [k for i in items for k in i if folded(k) in RATINGS and not is_blank(i[k])]
        if rated and _answers(items) == 1 and items[-1].get(rated[0]) is not None:
            ways[f"$.{column}[-1].{rated[0]}"] = None
        elif rated and _answers(items) > 1:
            raise SourceError(
                f"the messages in {column} are rated one by one ({rated[0]}), and a conversation "
                "would be one call with its last answer. Nothing was stored. Next: a file with a "
                "row for each message, and --turns; or --map rating= to read it without its ratings"
            )
    if ways:
        raise SourceError(
            f"the answers in {column} are rated. Nothing was stored. Next: --map "
            f"'rating={next(iter(ways))}', or --map rating= to read it without its ratings"
        )


def _answers(value: Any) -> int:
    """Returns how many answers of an assistant stand in a value."""
    items = decoded(value)
    words = (
        [str(i.get("role", i.get("from", ""))) for i in items if isinstance(i, Mapping)]
        if isinstance(items, list)
        else []
    )
    return sum(role_of(word) == "assistant" for word in words)

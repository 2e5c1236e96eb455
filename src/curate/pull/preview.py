"""`curate pull --dry-run`: the first calls of files as a person reads them; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from curate.errors import ConfigError
from curate.files.conditions import Condition
from curate.files.files import PullFiles, find_files
from curate.messages import text_of
from curate.progress import Progress, silent
from curate.pull.dialects import is_database
from curate.pull.interactions import Row
from curate.pull.known_sources import as_before, default_source, known_mapping
from curate.pull.maker import Maker, Part, Refusal, refusal
from curate.pull.mapping import FieldMap
from curate.pull.options import PullOptions
from curate.pull.reading import choose_reading
from curate.pull.turns import Turn, assemble
from curate.sources import Document
from curate.sources.platforms import platform_of
from curate.store import Store
from curate.text.notebook import Shown

EXAMPLES = 10
_TURNS_READ = 2_000
_ABOUT = ("session_id", "label", "rating_value", "correction", "model", "created_at", "error")


@dataclass(frozen=True)
class Spoken:
    """One message of an example: who says it, what, and whether it is the answer."""

    role: str
    text: str
    is_answer: bool = False


@dataclass(frozen=True)
class PullExample:
    """One call, or a piece of feedback, as it would be stored.

    Args:
        place: file and line.
        id: of the call at its source; None where it has none.
        turns: what was said, oldest first.
        about: what else is known of it.
        refused: why the document would not be stored; None where it would be.
    """

    place: str
    id: str | None
    turns: Sequence[Spoken] = ()
    about: dict[str, Any] | None = None
    refused: str | None = None


@dataclass(frozen=True)
class PullPreview(Shown):
    """How files would be read: the mapping, and the first examples."""

    mapping: FieldMap
    examples: Sequence[PullExample]
    notes: Sequence[str]


def preview(
    store: Store,
    locations: Sequence[str],
    *,
    options: PullOptions,
    progress: Progress = silent,
) -> PullPreview:
    """Returns the first calls of files as they would be read; stores nothing.

    Raises:
        ConfigError: an option names what there is not, or a location is not a file of this machine.
        SourceError: a file cannot be read, or it cannot be said what it is.
    """
    if any(is_database(n, options.database.cursor) or platform_of(n) for n in locations):
        raise ConfigError("--dry-run shows files; a database or a platform is pulled page by page")
    found = find_files(
        locations,
        file_format=options.file_format,
        table=options.table,
        query=options.query,
        encoding=options.encoding,
        max_document=options.max_document,
    )
    condition = Condition(options.where) if options.where else None
    files = PullFiles(found, store.folder, options.file_format, progress, condition)
    if files.any_remote:
        raise ConfigError("--dry-run shows files of this machine. Next: copy one here")
    with store.read() as con:
        source = options.source or default_source(con, options)
        options = as_before(con, source, options)
        declared, before = known_mapping(con, source, options.declared)
    reading = choose_reading(store, source, files, options, declared, before)
    named = declared.fields
    maker = Maker(reading.mapping, options, store.folder, reading.preset, named)
    rows = _turn_rows if reading.mapping.kind == "turns" else _rows
    examples = [_example(place, row) for place, row in islice(rows(files, maker), EXAMPLES)]
    return PullPreview(reading.mapping, examples, tuple(maker.notes(0)))


def _documents(files: PullFiles) -> Iterator[tuple[str, Document | Refusal]]:
    for location in files.found:
        for document in files.read(location):
            place = f"{location.path.name}:{document.line}"
            if isinstance(document, Document):
                yield place, document
            else:
                yield place, Refusal(document.reason, document.detail)


def _rows(files: PullFiles, maker: Maker) -> Iterator[tuple[str, Row | Refusal]]:
    for place, document in _documents(files):
        made = [document] if isinstance(document, Refusal) else maker.make(document.fields)
        for row in made:
            yield place, row


def _turn_rows(files: PullFiles, maker: Maker) -> Iterator[tuple[str, Row | Refusal]]:
    """Yields the calls of the conversations that the first turns are of."""
    turns = []
    for place, document in islice(_documents(files), _TURNS_READ):
        if isinstance(document, Refusal):
            yield place, document
            continue
        for part in maker.parts(document.fields):
            if isinstance(part, Part):
                values = maker.builder.values(part.fields, part.document)
                turns.append(Turn(0, place, document.line, part.fields, values))
    for made in assemble(turns, maker.mapping, maker.builder):
        row = made.row if made.row is not None else refusal(f"{made.reason}: {made.detail}")
        yield made.turn.location, row


def _example(place: str, row: Row | Refusal) -> PullExample:
    if isinstance(row, Refusal):
        return PullExample(place, None, refused=f"{row.reason}: {row.detail}".rstrip(": "))
    if "kind" in row:
        about = {k: row.get(k) for k in ("name", "value", "scale", "comment", "rater_type")}
        about = {"kind": row["kind"], **about}
        return PullExample(place, row["source_id"], (), _known(about))
    said = [(m, False) for m in orjson.loads(row["messages"])]
    said += [(m, True) for m in orjson.loads(row["output"] or "[]")]
    turns = [Spoken(str(m["role"]), _text(m), is_answer) for m, is_answer in said]
    about = {name: row.get(name) for name in _ABOUT}
    entries = [f"{e['kind']} {e['value']} ({e['rater_type']})" for e in row.get("feedback", ())]
    return PullExample(place, row["source_id"], turns, _known({**about, "feedback": entries}))


def _text(message: dict[str, Any]) -> str:
    parts = [text_of(message["content"]), message.get("refusal") or ""]
    for call in message.get("tool_calls") or ():
        function = call.get("function", {}) if isinstance(call, dict) else {}
        parts.append(f"{function.get('name')}({function.get('arguments')})")
    if thought := message.get("reasoning_content"):
        parts.append(f"[thought: {thought}]")
    return "\n".join(part for part in parts if part)


def _known(about: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in about.items() if value not in (None, [], "")}

"""Files that are not the project's logs, read as `pull` reads logs, and not stored.

Evaluation sets to keep out of train, and general data to mix into it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from curate.errors import ConfigError
from curate.files import buckets
from curate.files.files import find_files, sha256, shown
from curate.inputs import inputs
from curate.kernels.templates import NO_TEMPLATES, Templates, find
from curate.messages import decoded, parse_messages
from curate.pull.contents import UnknownShape
from curate.pull.interactions import Row, RowBuilder
from curate.pull.mapping import Declared, guess
from curate.sources import Document, Location, format_of, reader

_PROMPTS = ("query", "messages", "request")
_MAX_SHOWN = 12


@dataclass(frozen=True)
class FileRow:
    """One row of a file.

    Attributes:
        line: of the file, from 1.
        row: as `pull` would store it.
        inputs: normalised, as leaks and duplicates are judged by them: without the templates
            that rows of the file share, with them, and without those of the project.
        content: a hash that equal examples share.
    """

    line: int
    row: Row
    inputs: tuple[str, ...]
    content: str


@dataclass(frozen=True)
class Outside:
    """A file: its name without the folders that lead to the project, its hash, what is in it."""

    name: str
    sha256: str
    entries: tuple[FileRow, ...]
    refused: Mapping[str, int]

    @property
    def offered(self) -> int:
        """Returns how many documents the file has."""
        return len(self.entries) + sum(self.refused.values())


def read(
    text: str, folder: Path, *, task: str = "sft", templates: Templates = NO_TEMPLATES
) -> list[Outside]:
    """Returns the files that a location names, each with the rows that have a prompt.

    Args:
        text: a file, folder or glob as `pull` takes it; `FILE#COLUMN` says which column has the
            prompts, `FILE#query=COLUMN,response=COLUMN` what `--map` would.
        folder: of the project.
        task: of the project; where it is classification, the label is the answer.
        templates: of the project, which its own inputs are without.

    Raises:
        SourceError: there is no such file, or it cannot be read.
        ConfigError: no column of it has prompts, or no row.
    """
    location, declared = parse(text)
    if buckets.local_path(location) is None:
        raise ConfigError(
            f"{buckets.address(location).shown}: --against and --mix read files of this machine. "
            "Next: copy it here, and name the copy"
        )
    return [_read(file, declared, folder, task, templates) for file in find_files([location])]


def parse(text: str) -> tuple[str, Declared]:
    """Returns the location that a text names, and what it says of the columns."""
    location, mark, said = text.rpartition("#")
    if not mark or Path(text).exists():
        return text, Declared()
    if "=" not in said:
        # The column that was named is the whole prompt, whatever else the file has.
        return location, Declared(fields={**dict.fromkeys(_PROMPTS, ""), "query": said})
    pairs = [pair.partition("=") for pair in said.split(",")]
    return location, Declared(fields={name.strip(): column.strip() for name, _, column in pairs})


def _read(
    file: Location, declared: Declared, folder: Path, task: str, templates: Templates
) -> Outside:
    documents: list[Document] = []
    refusals: Counter[str] = Counter()
    for document in reader(format_of(file.path) or "")(file):
        if isinstance(document, Document):
            documents.append(document)
        else:
            refusals[document.reason] += 1
    builder = _builder(file, [d.fields for d in documents], declared)
    rows = []
    for document in documents:
        if reason := _unfit(builder.values(document.fields)):
            refusals[reason] += 1
            continue
        try:
            row = builder.from_call(document.fields)
        except UnknownShape:
            refusals["unknown-shape"] += 1
            continue
        if row["query"].strip():
            rows.append((document.line, row))
        else:
            refusals["no-prompt"] += 1
    if not rows:
        phrase = ", ".join(f"{n:,} {reason}" for reason, n in sorted(refusals.items()))
        raise ConfigError(
            f"{file.path}: no row has a prompt ({phrase or 'the file is empty'}). Next: name the "
            f"column that has it: {file.path}#COLUMN; of a list, one text: {file.path}#COLUMN[0]"
        )
    home = Path(shown(file, folder))
    name = home.name if home.is_absolute() else home.as_posix()
    return Outside(
        name, sha256(file.path), _entries(rows, task, templates), dict(sorted(refusals.items()))
    )


def _builder(file: Location, sample: list[dict[str, Any]], declared: Declared) -> RowBuilder:
    try:
        mapping = guess(sample, declared)
    except ConfigError as error:
        raise ConfigError(f"{file.path}: {error}") from error
    if sample and not any(name in mapping.fields for name in _PROMPTS):
        columns = list(dict.fromkeys(name for fields in sample for name in fields))
        more = ", ..." if len(columns) > _MAX_SHOWN else ""
        raise ConfigError(
            f"{file.path}: no column was read as the prompt. Columns seen: "
            f"{', '.join(columns[:_MAX_SHOWN])}{more}. Next: name it: {file.path}#COLUMN"
        )
    return RowBuilder(mapping, b"")  # the salt is for user ids, which stay behind


def _unfit(values: Mapping[str, Any]) -> str | None:
    """Returns why values are no prompt: a list of texts would be taken for one text."""
    messages = decoded(values.get("query"))
    return (
        "not-one-text" if isinstance(messages, list) and parse_messages(messages) is None else None
    )


def _entries(
    rows: Sequence[tuple[int, Row]], task: str, templates: Templates
) -> tuple[FileRow, ...]:
    answers = [row["label"] if task == "classification" else answer_of(row) for _, row in rows]
    batch = [
        {
            **{name: row[name] for name in ("query", "context", "messages", "output")},
            "example_id": "",
            "revision": "",
            "answer": answer,
        }
        for (_, row), answer in zip(rows, answers, strict=True)
    ]
    table = pa.Table.from_pylist(batch)
    own = find(row["query"] for _, row in rows)
    ways = [own, NO_TEMPLATES, templates]
    read = [inputs.rows_of(table, way).to_pylist() for way in ways]
    return tuple(
        FileRow(
            line, row, tuple(dict.fromkeys(one["text"] for one in same)), same[0]["example_hash"]
        )
        for (line, row), *same in zip(rows, *read, strict=True)
    )


def answer_of(row: Row) -> str:
    """Returns the text of a row's answer: corrected where the file has a correction."""
    return row["correction"] or row["response"] or ""

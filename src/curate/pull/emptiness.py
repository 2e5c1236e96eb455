"""A pull out of which nothing comes that can be learned from stores nothing, and says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any

import duckdb

from curate.errors import SourceError
from curate.messages import decoded
from curate.pull.bodies.bodies import read_response
from curate.pull.columns import are_judged, may_be_rating
from curate.pull.mapping import Declared, FieldMap
from curate.pull.paths import columns_of, present, steps
from curate.pull.reading import FileReading
from curate.pull.suggestions import options_for
from curate.store import sql

_MAX_SHOWN = 12
_UNREADABLE = (
    "Nothing was stored. Next: a file with a JSON object a line, without what a log puts before "
    "it, or its form with --format"
)
_PROSE = 12  # letters from which on a text with a blank in it is taken for prose


@dataclass(frozen=True)
class StagedCalls:
    """What is staged of calls: how many, and how many have no question or no answer."""

    calls: int = 0
    asked: int = 0
    learnable: int = 0
    unanswered: int = 0
    first_unasked: str | None = None
    first_unanswered: str | None = None

    def notes(self) -> list[str]:
        """Returns what to say of calls that lack a part."""
        parts = []
        if unasked := self.calls - self.asked:
            parts.append(f"{unasked:,} without a question (first: {self.first_unasked})")
        if self.unanswered:
            parts.append(f"{self.unanswered:,} without an answer (first: {self.first_unanswered})")
        return [f"of {self.calls:,} calls {', '.join(parts)}"] if parts else []


def contents(con: duckdb.DuckDBPyConnection) -> StagedCalls:
    """Returns what is staged of calls."""
    return StagedCalls(*con.execute(sql("pull/staging/contents")).fetchall()[0])


def refuse(
    con: duckdb.DuckDBPyConnection,
    source: str,
    reading: FileReading,
    declared: Declared,
    only: Mapping[str, Any],
) -> StagedCalls:
    """Returns what is staged of calls, unless nothing of it is of any use.

    Raises:
        SourceError: no document was understood, none has a question, or none has anything to learn
            or to judge while columns of text stand unread; or scores of several names would become
            one rating.
    """
    made, refused, not_understood, example = con.execute(sql("pull/staging/refusals")).fetchall()[0]
    is_no_log = str(example).startswith(("bad-json", "too-large")) and not _is_known(con, source)
    if refused and not made and (not_understood == refused or is_no_log):
        raise SourceError(
            f"none of the {refused:,} documents could be read, the first because of {example}. "
            f"{_next(reading, not_understood, example)}"
        )
    if "name" not in only:
        _refuse_names(con)
    held = contents(con)
    mapping = reading.mapping
    if mapping.kind == "turns" and "text" not in mapping.fields and made:
        raise SourceError(f"no column says what was said in a turn. {_stored(reading)}")
    halves = reading.preset is not None and reading.preset.halves
    if mapping.kind == "feedback" or not held.calls or halves:
        return held
    if not held.asked:
        raise SourceError(f"no document has a question. {_stored(reading)}")
    unread = unread_texts(mapping, reading.rows)
    said_so = declared.fields.get("response") == ""
    if not held.learnable and unread and not said_so:
        example = next((c for c in unread if _answers(c, reading.rows)), "COLUMN")
        raise SourceError(
            f"no document has an answer, a label or a correction, and {', '.join(unread)} stand"
            f"{'s' if len(unread) == 1 else ''} unread. Nothing was stored. Next: --map "
            f"response={example}, or --map response= if these are questions to be labelled"
        )
    return held


def _next(reading: FileReading, not_understood: int, example: str) -> str:
    """Returns what to type where no document could be read."""
    if not_understood:
        return _stored(reading)
    if example.startswith("too-large") and "--max-document" in example:
        return "Nothing was stored. Next: the same command with a greater --max-document"
    return _UNREADABLE


def _is_known(con: duckdb.DuckDBPyConnection, source: str) -> bool:
    """Returns whether anything was pulled of a source before."""
    return bool(con.execute(sql("pull/mapping_of"), {"source": source}).fetchall()[0][0])


def _refuse_names(con: duckdb.DuckDBPyConnection) -> None:
    names = con.execute(sql("pull/staging/score_names")).fetchall()
    if len(names) > 1:
        shown = [f"{name or 'no name'} ({count:,})" for name, count in names[:_MAX_SHOWN]]
        raise SourceError(
            f"scores of {len(names)} names would become one rating: {', '.join(shown)}. "
            f"Nothing was stored. Next: choose one with --only name={names[0][0]!r}"
        )


def _stored(reading: FileReading) -> str:
    """Returns that nothing was stored, what the file is taken for, and what to type."""
    name = reading.preset.name if reading.preset else None
    if name and not reading.rows:
        return (
            f"No document is one of the preset {name}. Nothing was stored. Next: --preset none to "
            "read the columns by their names, or name another: curate pull --presets"
        )
    taken = f"It is read with the preset {name}" if name else "No preset fits it"
    columns = list(dict.fromkeys(c for row in reading.rows for c in row))
    listing = ", ".join(columns[:_MAX_SHOWN]) + (", ..." if len(columns) > _MAX_SHOWN else "")
    needed = {"interactions": "query", "turns": "text", "feedback": "key"}[reading.mapping.kind]
    place = f"Nothing was stored. {taken}; columns: {listing or 'none'}. Next: "
    if {"key", "trace"} & set(reading.mapping.fields):
        return f"{place}say which column rates, with {_rating_option(reading, columns)}"
    if options := options_for(reading.mapping.kind, reading.rows):
        return f"{place}if it stands there, {options}; or name the platform: curate pull --presets"
    texts = unread_texts(reading.mapping, reading.rows)
    example = next((c for c in texts if _is_prose(c, reading.rows)), "COLUMN")
    return (
        f"{place}say where it is with --map {needed}={example} (a path such as $.input.text works "
        "too), or name the platform: curate pull --presets"
    )


def _rating_option(reading: FileReading, columns: Sequence[str]) -> str:
    """Returns the options that name the ratings of feedback whose calls are known."""
    used = set(reading.mapping.fields.values())
    likely = [c for c in columns if c not in used and may_be_rating(c, reading.rows)]
    option = f"--map rating={quote(likely[0]) if likely else 'COLUMN'}"
    if "rater_type" in reading.mapping.fields or not are_judged(columns):
        return option
    return f"{option} --rater llm (leave --rater away if people gave it)"


def unread_texts(mapping: FieldMap, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Returns the columns that no field takes and that hold prose, lists or objects."""
    used = {part for path in mapping.fields.values() for part in columns_of(path)}
    used |= {steps(part)[0] for part in used if steps(part)}
    columns = dict.fromkeys(c for row in rows for c in row if c not in used)
    return [c for c in columns if _is_text(c, rows)][:_MAX_SHOWN]


def _answers(column: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Returns whether what a column holds can be answers: texts, or what an API replies."""
    values = [decoded(value) for value in present(column, rows)]
    return all(read_response(v) is not None for v in values if isinstance(v, list | dict))


def _is_prose(column: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    return not any(isinstance(decoded(value), list | dict) for value in present(column, rows))


def _is_text(column: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    values = [decoded(value) for value in present(column, rows)]
    texts = [
        isinstance(v, list | dict) or (isinstance(v, str) and len(v) >= _PROSE and " " in v.strip())
        for v in values
        if v not in ([], {})
    ]
    return 2 * sum(texts) > len(texts)

"""`curate label export`: what annotators answered, a row per annotation and what it decides."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from curate.errors import ConfigError, unknown_name
from curate.files import files
from curate.label import gold, kinds, said
from curate.label.options import ANSWER_FORMATS
from curate.label.remarks import remarks_of
from curate.store import Store, fetch_arrow, sql
from curate.text.notebook import Shown

TEXTS = ("text", "response", "other_response")

_COLUMNS = (
    "example_id", "other_id", "source_id", "kind", "task_key", "round", "server", "annotation_id",
    "annotator", "decision", "answer", "note", "tags", "rubric", "cannot", "skipped", "seconds",
    "made_at", "updated_at",
    "withdrawn", "problem", "settled", "agreement", "gold", "right", "adjudication",
)  # fmt: skip

# What a spreadsheet takes for a formula; also as typed in East Asia.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@dataclass(frozen=True)
class AnswersExport(Shown):
    """What was exported.

    Attributes:
        output: the file; None for the standard output.
        rows: one for each annotation and what it decides.
        skipped: annotations that pass over their task; withdrawn: deleted on the server; problems:
            from which nothing follows, or not what was asked for.
        gold: answers to gold questions; adjudications: to what others disagree on.
    """

    output: str | None
    format: str
    rows: int
    annotations: int
    tasks: int
    annotators: int
    skipped: int
    withdrawn: int
    problems: int
    gold: int
    adjudications: int


def label_export(
    store: Store,
    output: Path | None = None,
    *,
    kind: str | None = None,
    file_format: str | None = None,
    texts: bool = False,
) -> tuple[AnswersExport, bytes]:
    """Returns what annotators answered as a file, which is written where one is named.

    Args:
        store: the project's store.
        output: the file to write; None for none.
        kind: of work; None for all.
        file_format: csv or json; None for what the file's name says, or csv.
        texts: whether texts of the logs are in it, and what annotators wrote on their basis.

    Raises:
        ConfigError: the name of the file says no format.
    """
    chosen = file_format or _format_of(output)
    with store.read() as con:
        parameters = {"kind": kind}
        annotations = fetch_arrow(con, sql("label/export/annotations"), parameters).to_pylist()
    order = {name: n for n, name in enumerate(kinds.names())}
    annotations.sort(key=lambda row: order[row["kind"]])
    rows = _rows(annotations, texts=texts)
    columns = [*_COLUMNS, *(TEXTS if texts else ())]
    body = _csv(columns, rows) if chosen == "csv" else _json(columns, rows)
    if output:
        # Without the mark Excel takes UTF-8 for the machine's own code page.
        mark = b"\xef\xbb\xbf" if chosen == "csv" else b""
        files.write_whole(output, mark + body)
    return _counts(output, chosen, rows, annotations), body


def _format_of(output: Path | None) -> str:
    if output is None:
        return "csv"
    ending = output.suffix.lower().removeprefix(".")
    if ending not in ANSWER_FORMATS:
        known = unknown_name("format", ending, ANSWER_FORMATS) if ending else "it has no ending"
        raise ConfigError(f"{output}: {known}. Next: --format csv, or json")
    return ending


def _rows(annotations: Sequence[Mapping[str, Any]], *, texts: bool) -> list[dict[str, Any]]:
    """Returns a row for each annotation and decision, in the order of the annotations."""
    votes = _votes(annotations)
    nothing: list[tuple[str | None, str | None]] = [(None, None)]
    return [
        _row(annotation, decision, value, votes, texts=texts)
        for annotation in annotations
        for decision, value in _decisions(annotation) or nothing
    ]


def _decisions(annotation: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    return [(d, v) for d, v in orjson.loads(annotation["answer"] or b"[]")]


def _about(decision: str | None) -> str | None:
    return "verdict" if decision in ("keep", "drop", "relabel") else decision


Votes = Mapping[tuple[str, str | None], Mapping[int, tuple[str | None, str | None]]]


def _votes(annotations: Sequence[Mapping[str, Any]]) -> Votes:
    """Returns what each annotator says last, per task and what it is about."""
    votes: dict[tuple[str, str | None], dict[int, tuple[str | None, str | None]]]
    votes = defaultdict(dict)
    for one in sorted(annotations, key=_edited):
        if not one["withdrawn"] and not one["skipped"]:
            for decision, value in _decisions(one):
                votes[one["task_key"], _about(decision)][one["annotator"]] = (decision, value)
    return votes


def _edited(one: Mapping[str, Any]) -> tuple[datetime, int]:
    return one["updated_at"] or one["made_at"] or datetime.min, one["annotation_id"]


def _row(
    one: Mapping[str, Any], decision: str | None, value: str | None, votes: Votes, *, texts: bool
) -> dict[str, Any]:
    seen = {**one, "query": one["text"] if one["is_current"] else None}
    others = [
        vote
        for annotator, vote in votes.get((one["task_key"], _about(decision)), {}).items()
        if annotator != one["annotator"] and decision and not one["withdrawn"]
    ]
    beside = remarks_of(orjson.loads(one["result"]))
    told = {
        **one,
        "decision": decision,
        "answer": said.plain(decision, value, seen, texts=texts) if decision else None,
        "note": beside.note or None,
        "tags": list(beside.tags),
        "rubric": dict(beside.rubric),
        "cannot": beside.cannot,
        "problem": _problem(one, texts=texts),
        "settled": _settled(one, seen, decision, texts=texts),
        "agreement": others.count((decision, value)) / len(others) if others else None,
        "gold": one["expected"] is not None,
        "right": _right(one),
        "adjudication": one["adjudicates"] is not None,
    }
    return {name: told[name] for name in (*_COLUMNS, *TEXTS)}


def _problem(one: Mapping[str, Any], *, texts: bool) -> str | None:
    """Returns what is wrong with an annotation, without the text that it says was marked."""
    problem: str | None = one["problem"]
    quote = "'\""
    if problem and not texts and kinds.get(one["kind"]).marks:
        places = [n for n, letter in enumerate(problem) if letter in quote]
        if len(places) > 1:
            return f"{problem[: places[0]]}...{problem[places[-1] + 1 :]}"
    return problem


def _settled(
    one: Mapping[str, Any], seen: Mapping[str, Any], decision: str | None, *, texts: bool
) -> str | None:
    """Returns what is settled today of what an answer is about; of a skipped one, of its task."""
    about = _about(decision) or kinds.get(one["kind"]).votes
    settled: dict[str, tuple[str, str | None]] = {
        "verdict": (one["verdict"], None) if one["verdict"] else ("relabel", one["label"]),
        "rate": ("rate", one["rating"] and f"{one['rating']:g}"),
        "correct": ("correct", one["correction"]),
        "spans": ("spans", one["spans"]),
        "prefer": ("prefer", one["preferred"]),
    }
    kind, value = settled[about]
    if value is None and kind not in ("keep", "drop"):
        return None
    return said.plain(kind, value, seen, texts=texts)


def _right(one: Mapping[str, Any]) -> bool | None:
    decisions = _decisions(one)
    if one["expected"] is None or not decisions:
        return None
    return gold.is_right(orjson.loads(one["expected"]), decisions)


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[name]) for name in columns] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """Returns a value as a cell; a text that a spreadsheet would compute begins with '."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        value = [f"{name}: {given}" for name, given in value.items()]
    if isinstance(value, list):
        value = "; ".join(value)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return _json_value(value)


def _json(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    lines = [
        json.dumps({name: _json_value(row[name]) for name in columns}, ensure_ascii=False)
        for row in rows
    ]
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode()


def _json_value(value: Any) -> Any:
    return f"{value.isoformat()}Z" if isinstance(value, datetime) else value


def _counts(
    output: Path | None,
    file_format: str,
    rows: Sequence[Mapping[str, Any]],
    annotations: Sequence[Mapping[str, Any]],
) -> AnswersExport:
    def count(name: str) -> int:
        return sum(one[name] not in (None, False) for one in annotations)

    return AnswersExport(
        output=str(output) if output else None,
        format=file_format,
        rows=len(rows),
        annotations=len(annotations),
        tasks=len({one["task_key"] for one in annotations}),
        annotators=len({one["annotator"] for one in annotations}),
        skipped=count("skipped"),
        withdrawn=count("withdrawn"),
        problems=count("problem"),
        gold=count("expected"),
        adjudications=count("adjudicates"),
    )

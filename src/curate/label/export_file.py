"""Files that Label Studio exported: what they are, and what to do with those of others."""

from __future__ import annotations

import csv
import json
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from curate.errors import ConfigError
from curate.label.reading import listed_of, moment
from curate.store import sql

_EXPORT_AGAIN = "Next: export the project from Label Studio as JSON"
# What JSON_MIN and CSV have of each annotation beside the data and the answers.
_FLAT = frozenset(
    ("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement")
)


def read_export(path: Path) -> tuple[list[Mapping[str, Any]], list[tuple[str, str]]]:
    """Returns the tasks of an export, and ("", why) of what stands among them and is none.

    Raises:
        ConfigError: it is no export with tasks, or one that leaves out who answered.
    """
    parsed = _parsed(path)
    items = parsed if isinstance(parsed, list) else []
    tasks = [item for item in items if _is_task(item)]
    if not tasks:
        flat = [item for item in items if isinstance(item, Mapping) and _is_flat(item)]
        if flat:
            raise ConfigError(_flat(path, "JSON_MIN", flat))
        what = "it holds no task" if parsed == [] else "not a list of tasks"
        raise ConfigError(f"{path}: {what}. {_EXPORT_AGAIN}")
    problems = [
        ("", f"item {number:,} of the file is no task")
        for number, item in enumerate(items, 1)
        if not _is_task(item)
    ]
    return tasks, problems


def key_of(task: Mapping[str, Any]) -> str:
    """Returns the `curate_id` of a task, empty where it has none."""
    key = task["data"].get("curate_id")
    return key if isinstance(key, str) and key.isascii() else ""


def written_at(tasks: Iterable[Mapping[str, Any]]) -> datetime | None:
    """Returns the newest time in an export: what happened later, it cannot know."""
    parts = [
        part
        for task in tasks
        for part in (task, *(a for a in listed_of(task) if isinstance(a, Mapping)))
    ]
    times = []
    for part in parts:
        for name in ("updated_at", "created_at"):
            try:
                times.append(moment(part.get(name)))
            except ValueError:
                continue
    return max((time for time in times if time), default=None)


def not_ours(
    con: duckdb.DuckDBPyConnection, path: Path, tasks: Sequence[Mapping[str, Any]]
) -> ConfigError:
    """Returns what to say of an export none of whose tasks is in the ledger."""
    if any(key_of(task) for task in tasks):
        return ConfigError(
            f"{path}: its tasks were handed over by another project, or before this one's store "
            "was made anew. Next: curate -C THAT-PROJECT label sync --from-file "
            f"{shlex.quote(str(path))}"
        )
    column = _key_column(con, [task["data"] for task in tasks])
    return ConfigError(
        f"{path}: none of its {len(tasks):,} tasks is curate's: they have no curate_id. Their "
        f"answers can be taken as feedback{_names(_controls(tasks))}. Next: curate pull "
        f"{shlex.quote(str(path))} --as feedback --key data.{column} --rater human_expert"
    )


def _parsed(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as text ({error}). {_EXPORT_AGAIN}") from error
    try:
        # A number of thousands of digits is rubbish of one place, and stops no file.
        return json.loads(text, parse_int=lambda digits: int(digits[:25]))
    except RecursionError as error:
        raise ConfigError(f"{path}: too many levels in one another. {_EXPORT_AGAIN}") from error
    except ValueError as error:
        head = text[:10_000].splitlines()[:2]
        for delimiter, name in ((",", "CSV"), ("\t", "TSV")):
            rows = list(csv.DictReader(head, delimiter=delimiter))
            if rows and _is_flat(rows[0]):
                raise ConfigError(_flat(path, name, rows)) from error
        raise ConfigError(f"{path}: no JSON ({error}). {_EXPORT_AGAIN}") from error


def _is_task(item: Any) -> bool:
    return isinstance(item, Mapping) and isinstance(item.get("data"), Mapping)


def _is_flat(item: Mapping[Any, Any]) -> bool:
    return "annotation_id" in item or {"annotator", "lead_time"} <= item.keys()


def _flat(path: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    columns = [c for c in rows[0] if isinstance(c, str) and c not in _FLAT]
    if "curate_id" in columns:
        return (
            f"{path}: an export as {name}, which leaves out who answered. {_EXPORT_AGAIN}, "
            "and sync that file"
        )
    return (
        f"{path}: an export as {name}, of tasks that are not curate's: they have no curate_id. "
        f"Their answers can be taken as feedback{_names(columns)}. Next: curate pull "
        f"{shlex.quote(str(path))} --as feedback --key COLUMN --map label=COLUMN --rater "
        "human_expert"
    )


def _names(columns: Sequence[str]) -> str:
    return f" (columns: {', '.join(columns[:10])})" if columns else ""


def _controls(tasks: Iterable[Mapping[str, Any]]) -> list[str]:
    """Returns the names of the controls that were answered."""
    names: dict[str, None] = {}
    for task in tasks:
        for annotation in listed_of(task):
            result = annotation.get("result") if isinstance(annotation, Mapping) else None
            for part in result if isinstance(result, list) else ():
                if isinstance(part, Mapping) and isinstance(part.get("from_name"), str):
                    names[part["from_name"]] = None
    return list(names)


def _key_column(con: duckdb.DuckDBPyConnection, rows: Sequence[Mapping[str, Any]]) -> str:
    """Returns the column whose values are ids of the logs, COLUMN where none is."""
    values = {
        (name, str(value))
        for row in rows
        for name, value in row.items()
        if isinstance(value, str | int) and len(str(value)) < 200 and str(value).isprintable()
    }
    ids = sorted({value for _, value in values})
    known = {row[0] for row in con.execute(sql("label/source_ids"), {"ids": ids}).fetchall()}
    counts = Counter(name for name, value in sorted(values) if value in known)
    return counts.most_common(1)[0][0] if counts else "COLUMN"

"""Annotations as Label Studio's JSON has them: of a listing, an export or a webhook.

Anything may stand there: people convert exports, and the server takes what it is sent. What cannot
be is a problem of that one annotation.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from curate.text.wording import shortened

_DEPTH = 40
# Halves of characters, and what ends a text in C: neither DuckDB nor PostgreSQL stores them.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Annotation:
    """One annotation of one task, as a server or an export file has it.

    Attributes:
        key: `curate_id` of the task.
        task_id: number of the task on the server.
        user: id of the annotator on the server.
        seconds: that it took.
        problem: why it cannot be read.
    """

    annotation_id: int
    key: str
    task_id: int | None
    user: str
    made_at: datetime | None
    updated_at: datetime | None
    skipped: bool
    seconds: float | None
    result: Sequence[Mapping[str, Any]]
    problem: str | None = None

    @property
    def edited_at(self) -> datetime | None:
        """When it was edited, or else made."""
        return self.updated_at or self.made_at


def read_annotations(
    key: str, task: Mapping[str, Any]
) -> tuple[list[Annotation], list[tuple[str, str]]]:
    """Returns the annotations of a task, and (task key, why) of those that have no number."""
    listed = task.get("annotations")
    if listed is not None and not isinstance(listed, list):
        return [], [(key, f"not understood: {_named(listed)} instead of a list of annotations")]
    annotations, problems = [], []
    for raw in listed_of(task):
        try:
            annotations.append(parse_annotation(key, raw, task.get("id")))
        except ValueError as error:
            problems.append((key, f"not understood, and not kept without a number: {error}"))
    return annotations, problems


def listed_of(task: Mapping[str, Any]) -> list[Any]:
    """Returns what stands in the list of annotations of a task, unread."""
    listed = task.get("annotations")
    return listed if isinstance(listed, list) else []


def parse_annotation(key: str, raw: Any, task_id: Any = None) -> Annotation:
    """Returns an annotation; where a part of it is wrong, with the problem.

    Raises:
        ValueError: it has no number, so that nothing can be kept of it.
    """
    if not isinstance(raw, Mapping):
        raise ValueError(f"{_named(raw)} instead of an annotation")
    try:
        number = whole(raw.get("id"))
    except ValueError as error:
        raise ValueError(f"id: {error}") from error
    problems: list[str] = []

    def part(name: str, read: Callable[[Any], Any], otherwise: Any = None) -> Any:
        try:
            return read(_storable(raw.get(name)))
        except ValueError as error:
            problems.append(f"{name}: {error}")
            return otherwise

    return Annotation(
        annotation_id=number,
        key=key,
        task_id=number_or_none(task_id),
        user=part("completed_by", _user, ""),
        made_at=part("created_at", moment),
        updated_at=part("updated_at", moment),
        skipped=part("was_cancelled", _flag, False),
        seconds=_seconds(raw.get("lead_time")),
        result=part("result", _result, ()),
        problem=f"not understood: {'; '.join(problems)}" if problems else None,
    )


def whole(value: Any) -> int:
    """Returns a whole number, also of a text or of 4.0, as tables write it.

    Raises:
        ValueError: it is none, or one that no server counts to.
    """
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
        return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
        raise ValueError(f"{_named(value)} instead of a whole number")
    return value


def number_or_none(value: Any) -> int | None:
    """Returns a whole number, None where there is none."""
    try:
        return whole(value)
    except ValueError:
        return None


def moment(value: Any) -> datetime | None:
    """Returns a time of Label Studio in UTC, None for none; one without a zone is in UTC.

    Raises:
        ValueError: it is no time.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError(f"{_named(value)} instead of a time")
    try:
        told = datetime.fromisoformat(value)
        return told.astimezone(UTC).replace(tzinfo=None) if told.tzinfo else told
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{_named(value)} instead of a time") from error


def _user(value: Any) -> str:
    name = (value.get("id") or value.get("email")) if isinstance(value, Mapping) else value
    if name is None:
        return "None"
    if isinstance(name, bool) or not isinstance(name, int | float | str):
        raise ValueError(f"{_named(name)} instead of an annotator")
    return str(int(name)) if isinstance(name, float) and name.is_integer() else str(name)


def _flag(value: Any) -> bool:
    if value not in (None, False, True):
        raise ValueError(f"{_named(value)} instead of true or false")
    return bool(value)


def _seconds(value: Any) -> float | None:
    """Returns the time that an answer took; a wrong one takes nothing from the answer."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and 0 <= value < 1e9 else None


def _result(value: Any) -> Sequence[Mapping[str, Any]]:
    parts = value or []
    if not isinstance(parts, list):
        raise ValueError(f"{_named(parts)} instead of a list")
    for part in parts:
        if not isinstance(part, Mapping):
            raise ValueError(f"it holds {_named(part)}")
    return parts


def _storable(value: Any, depth: int = 0) -> Any:
    """Returns a value that every store can hold.

    Raises:
        ValueError: some of it cannot be stored.
    """
    if isinstance(value, str):
        if bad := _UNSTORABLE.search(value):
            raise ValueError(f"a text holds U+{ord(bad.group()):04X}, which is no character")
    elif isinstance(value, int):
        if abs(value) >= 2**63:
            raise ValueError(f"{_named(value)} is too large")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is no number")
    elif isinstance(value, list | dict):
        if depth > _DEPTH:
            raise ValueError(f"more than {_DEPTH} levels in one another")
        for part in [*value, *value.values()] if isinstance(value, dict) else value:
            _storable(part, depth + 1)
    return value


def _named(value: Any) -> str:
    """Returns a value as a message shows it."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and abs(value) >= 2**63:
        return "a number of more than 18 digits"
    return shortened(repr(value), 40)

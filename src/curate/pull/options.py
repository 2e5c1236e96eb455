"""What a pull is asked for, and what it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from curate.pull.mapping import Declared, FieldMap

HELDOUT = "heldout"
"""What `given_split` says of an imported evaluation set."""


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

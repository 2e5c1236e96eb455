"""What a pull is asked for, and what it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curate.pull.mapping import Declared, FieldMap
from curate.sources import MAX_DOCUMENT
from curate.text.notebook import Shown

HELDOUT = "heldout"
"""What `given_split` says of an imported evaluation set."""

EVICT = "evict"
"""What it says of one before which the exported train examples give way that leak it."""


@dataclass(frozen=True)
class Reading:
    """How a database or a log platform is read; None means: as the last pull of the same table.

    Args:
        cursor: the column that says when a row last changed.
        key: the column that tells rows apart.
        lag: how far behind the newest row to look again (`5m`), for rows that are committed late.
        rescan: how far back to read again this time (`30d`).
        since: of a platform, how far back to begin (`30d`, or a date).
        reconcile: whether to withdraw what the table no longer has.
    """

    cursor: str | None = None
    key: str | None = None
    lag: str | None = None
    rescan: str | None = None
    since: str | None = None
    reconcile: bool = False


@dataclass(frozen=True)
class PullOptions:
    """What the user said about a pull; None means: guess, or as the last pull of this source.

    Args:
        source: the project's name for the logs.
        declared: fields, scales, roles and preset.
        file_format: where the file name does not say.
        table: of a database.
        query: instead of a table, or over files.
        rater: of feedback.
        only: field or column -> the values of which a row must have one.
        heldout: whether it is an evaluation set.
        evict: whether exported train examples give way to it.
        where: a condition that documents of files must meet.
        encoding: of text files; None: UTF-8.
        max_document: bytes from which on a document is refused.
        database: how the rows of a database are read.
        reread: whether what was read before is read again, and replaced.
        yes: whether much of the source may be changed or withdrawn.
    """

    source: str | None = None
    declared: Declared = field(default_factory=Declared)
    file_format: str | None = None
    table: str | None = None
    query: str | None = None
    rater: str = "human_user"
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    heldout: bool = False
    evict: bool = False
    where: str | None = None
    encoding: str | None = None
    max_document: int = MAX_DOCUMENT
    database: Reading = field(default_factory=Reading)
    reread: bool = False
    yes: bool = False

    @property
    def confirmed(self) -> bool:
        """Whether much of the source may be changed or withdrawn."""
        return self.yes or self.reread


@dataclass(frozen=True)
class PullResult(Shown):
    """What a pull did, in counts.

    Attributes:
        withdrawn: rows that were here and are no longer: their file or table no longer gives them.
    """

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
    left_out: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there are files, and no row in any, now or when they were read."""
        was_read = self.files_unchanged and self.mapping.fields
        return self.files > 0 and not (
            self.documents or self.withdrawn or self.left_out or was_read
        )

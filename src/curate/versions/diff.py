"""What moved between two versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from curate.store import Store, sql
from curate.text.notebook import Shown
from curate.versions.versions import find


@dataclass(frozen=True)
class SideDiff:
    """What moved on one side between two versions."""

    added: tuple[tuple[str, int], ...]
    removed: tuple[tuple[str, int], ...]
    changed: int
    added_ids: tuple[str, ...]
    removed_ids: tuple[str, ...]
    changed_ids: tuple[str, ...]


@dataclass(frozen=True)
class VersionDiff(Shown):
    """What moved between two versions, by file; `moved` counts examples that changed sides.

    Between train and validation no side changes: such a line is out of one file and in the other.
    Lines of other formats are other lines: without `same_formats` none counts as changed.
    """

    a: str
    b: str
    train: SideDiff
    test: SideDiff
    moved: int
    same_test: bool
    same_formats: bool
    validation: SideDiff


def diff(store: Store, a: str, b: str) -> VersionDiff:
    """Returns what moved from version `a` to version `b`, with the reasons.

    Raises:
        ConfigError: one of the versions does not exist.
    """
    first, second = find(store, a), find(store, b)
    with store.read() as con:
        rows = con.execute(
            sql("versions/diff_versions"),
            {
                "a_name": first.name,
                "a_version": first.version,
                "b_name": second.name,
                "b_version": second.version,
            },
        ).fetchall()
    same = first.formats == second.formats
    rows = [row for row in rows if same or row[1] != "changed"]
    rows = [part for row in rows for part in _files_of(row)]
    return VersionDiff(
        first.label,
        second.label,
        _side(rows, "train"),
        _side(rows, "test"),
        sum(1 for row in rows if row[1] == "moved"),
        first.test_id == second.test_id,
        same,
        _side(rows, "validation"),
    )


def _files_of(row: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Returns a row of the query for each file that it is about."""
    example, what, side, _ = row
    if what != "cut":
        return [row]
    other = "train" if side == "validation" else "validation"
    return [(example, "removed", other, f"in {side}"), (example, "added", side, f"was in {other}")]


def _side(rows: Sequence[tuple[Any, ...]], side: str) -> SideDiff:
    part = [row for row in rows if row[2] == side]

    def ids(what: str) -> tuple[str, ...]:
        return tuple(row[0] for row in part if row[1] == what)

    def reasons(what: str) -> tuple[tuple[str, int], ...]:
        return tuple(Counter(row[3] for row in part if row[1] == what).most_common())

    return SideDiff(
        reasons("added"),
        reasons("removed"),
        len(ids("changed")),
        ids("added"),
        ids("removed"),
        ids("changed"),
    )

"""What a pull must not do to a source unasked: replace or withdraw much of it.

A wrong file, mapping or database looks like a right one until what was there is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

from curate.errors import GateFailed
from curate.text.wording import counted

LARGEST_SHARE = 0.2
"""Of the rows of a source that a pull may change or withdraw unasked."""
FEWEST_ROWS = 3
"""Fewer rows than this are never asked about: of a small source, one or two are a large share."""


@dataclass(frozen=True)
class Impact:
    """What a merge would do to the rows that a source has here, in counts.

    Attributes:
        changed: rows whose text or label would be another one; an answer that was missing and
            comes now is no change.
        withdrawn: rows that would go.
        here: rows of the source before.
    """

    changed: int = 0
    withdrawn: int = 0
    here: int = 0

    def plus(self, other: Impact) -> Impact:
        """Returns what this part of a pull and another one would do to the same rows."""
        return Impact(
            self.changed + other.changed,
            self.withdrawn + other.withdrawn,
            max(self.here, other.here),
        )

    @property
    def is_large(self) -> bool:
        """Whether a person should be asked."""
        touched = self.changed + self.withdrawn
        return touched >= FEWEST_ROWS and touched > LARGEST_SHARE * self.here


def refuse_large(
    impact: Impact, source: str, *, so_far: bool = False, read_by_older: int = 0
) -> None:
    """Stops a pull that would change or withdraw much of a source.

    Args:
        impact: what it would do.
        source: to whose rows.
        so_far: whether that is only what is known yet.
        read_by_older: how many files and tables of the source an older reader has read.

    Raises:
        GateFailed: it would.
    """
    if impact.is_large:
        least = "at least " if so_far else ""
        older, confirm = "", "--yes"
        if read_by_older:
            older = (
                "an older reader, which may have understood less, read "
                f"{counted(read_by_older, 'file')} or tables of it; "
            )
            confirm = "--reread, which replaces what that has made"
        raise GateFailed(
            f"this pull would change {least}{impact.changed:,} and withdraw {impact.withdrawn:,} "
            f"of the {impact.here:,} rows of source {source!r}, more than {LARGEST_SHARE:.0%}: "
            f"{older}is it the right file, mapping and source? Nothing was stored. Next: if it is, "
            f"the same command with {confirm}; if it is another log, --source NAME"
        )

"""What people read about classes: how wrong each is, and which are confused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from curate.table import table, wrapped

if TYPE_CHECKING:
    from curate.classes import ClassesResult, ClassRow

_CLASSES, _PAIRS, _NAMED = 15, 10, 8


def classes(result: ClassesResult) -> str:
    """Returns the classes with most suspected labels, and the most costly pairs."""
    rows = result.classes
    text = (
        f"classes   {len(rows):,} in use: "
        f"{sum(c.likely for c in rows):,} labels likely wrong, "
        f"{sum(c.possible for c in rows):,} possibly, of {sum(c.judged for c in rows):,}\n"
    )
    if result.stale:
        text += "  note: labels have changed since they were judged: curate mislabels\n"
    head = ["class", "train", "test", "judged", "likely", "possible", "noise", "95%", "by"]
    text += table(head, [_row(c) for c in rows[:_CLASSES]])
    if len(rows) > _CLASSES:
        text += f"... and {len(rows) - _CLASSES:,} more: --json\n"
    for what, names in (
        ("listed, but no example has it", result.unused),
        ("only in test, so nothing can be learned of it", result.test_only),
        ("too rare to judge", [c.label for c in rows if c.too_rare]),
    ):
        text += wrapped(f"{what}: {_named(names)}") if names else ""
    return text + _pairs(result)


def _row(one: ClassRow) -> list[Any]:
    noise = one.noise
    said = ["", ""]
    if noise is not None:
        said = [f"{noise.share:.0%}", f"{noise.low:.0%} to {noise.high:.0%}"]
    by = "" if noise is None else f"{noise.of:,} audited" if one.audited else "estimate"
    counts = [one.train, one.test, one.judged, one.likely, one.possible]
    return [one.label, *counts, *said, by]


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")


def _pairs(result: ClassesResult) -> str:
    if not result.pairs:
        return "\nno two classes are confused\n"
    rows = [
        [p.a, p.b, p.a_as_b, p.b_as_a, p.likely, f"{p.cost:.1f}"] for p in result.pairs[:_PAIRS]
    ]
    head = ["confused", "with", "->", "<-", "likely", "expected wrong"]
    text = "\n" + table(head, rows)
    if len(result.pairs) > _PAIRS:
        text += f"... and {len(result.pairs) - _PAIRS:,} more: --json\n"
    for pair in (p for p in result.pairs if p.overlap):
        text += wrapped(pair.said)
    return text

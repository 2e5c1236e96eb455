"""What was exported, and what moved between the last two versions."""

from __future__ import annotations

from collections.abc import Sequence

from curate.report.blocks import block
from curate.report.parts import Grid, Part, Sentence
from curate.report.state import State
from curate.text.reasons import REASONS
from curate.versions import diff as version_diff
from curate.versions import versions as exported
from curate.versions.diff import VersionDiff
from curate.versions.versions import Version

_SHOWN = 20


@block(
    order=120,
    title="Versions, and what moved",
    command="curate versions; curate diff NAME@1 NAME@2",
    missing="no version yet: curate export NAME",
)
def versions(state: State) -> Sequence[Part]:
    """Returns the versions, and the last step of each dataset."""
    found = exported.versions(state.store)
    if not found:
        return ()
    grid = Grid(
        ("version", "train", "test", "formats", "exported", "content id"),
        [(state.hide(v.label), v.train, v.test, ", ".join(v.formats),
          f"{v.exported_at:%Y-%m-%d}", v.content_id[:12]) for v in found[::-1][:_SHOWN]],
        "exported versions, the newest first",
        max(0, len(found) - _SHOWN),
    )  # fmt: skip
    parts: list[Part] = [grid]
    for name in sorted({v.name for v in found}):
        last = [v for v in found if v.name == name][-2:]
        if len(last) == 2:
            parts += _step(state, *last)
    return parts


def _step(state: State, before: Version, after: Version) -> list[Part]:
    moved = version_diff.diff(state.store, before.label, after.label)
    rows = [
        (side, what, state.hide(REASONS.get(reason, reason)), number)
        for side in ("train", "test")
        for what in ("added", "removed")
        for reason, number in getattr(getattr(moved, side), what)
    ]
    head = ("file", "what", "why", "examples")
    caption = state.hide(f"from {before.label} to {after.label}")
    return [Sentence(state.hide(_told(moved))), Grid(head, rows, caption)]


def _told(moved: VersionDiff) -> str:
    def side(name: str) -> str:
        part = getattr(moved, name)
        return (
            f"{name} +{len(part.added_ids):,}, -{len(part.removed_ids):,}, {part.changed:,} changed"
        )

    same = "the same held-out part" if moved.same_test else "the held-out part has changed"
    return (
        f"{moved.a} to {moved.b}: {side('train')}; {side('test')}; {moved.moved:,} changed sides; "
        f"{same}."
    )

"""What people read about versions: exports, the list, checks, and what moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from curate import show_quality
from curate.show import wrapped
from curate.table import table

if TYPE_CHECKING:
    from curate.export import ExportResult
    from curate.versions import SideDiff, Verification, Version, VersionDiff


def export(result: ExportResult, dry_run: bool) -> str:
    """Returns what an export wrote."""
    title = (
        f"{result.name} v{result.version}   sha256 {result.content_id[:12]}...   "
        f"{result.train:,} train + {result.test:,} test\n"
    )
    notes = "".join(wrapped(f"  note: {note}", "    ") for note in result.notes)
    if dry_run:
        return title.rstrip("\n") + "   (dry run: nothing written)\n" + notes
    if not result.created:
        return title + "  unchanged: this is the latest version already\n" + notes
    text = title + notes
    for file in result.files:
        text += (
            f"  {result.folder / file['path']}   {file['format']}   {file['bytes'] / 1e6:,.1f} MB\n"
        )
    split = result.split
    text += (
        f"  leak check: passed (conversation, same input, near-duplicate from "
        f"{split['leak_threshold']})\n    withheld {split['withheld']:,}, quarantined "
        f"{split['quarantined']:,}, exposed {split['exposed']:,}\n"
    )
    text += f"  {show_quality.how_wrong(result.error_rates)}" if result.error_rates else ""
    if result.pending:
        text += f"  {result.pending:,} held-out examples wait for a good answer\n"
    if result.inexpressible:
        text += f"  {result.inexpressible:,} examples left out: the format cannot express them\n"
    before = f"curate diff {result.name}@{result.version - 1} {result.name}@{result.version}, or "
    return text + f"Next: {before if result.version > 1 else ''}curate verify {result.name}\n"


def versions(found: Sequence[Version]) -> str:
    """Returns the versions as a table."""
    if not found:
        return "No version yet. Next: curate export NAME\n"
    return table(
        ["version", "content id", "test id", "train", "test", "pending", "formats", "exported"],
        [
            [
                v.label,
                v.content_id[:12],
                v.test_id[:12],
                v.train,
                v.test,
                v.pending,
                ", ".join(v.formats),
                f"{v.exported_at:%Y-%m-%d %H:%M}",
            ]
            for v in found
        ],
    )


def verify(found: Sequence[Verification]) -> str:
    """Returns whether versions are intact."""
    text = ""
    for checked in found:
        state = "FAILED" if checked.problems else "intact"
        against = f", also against {', '.join(checked.earlier)}" if checked.earlier else ""
        text += (
            f"{checked.version.label}   {state}   {checked.files} files, {checked.train:,} "
            f"train + {checked.test:,} test, no leak{against}\n"
            if not checked.problems
            else f"{checked.version.label}   {state}\n"
        )
        text += "".join(wrapped(f"  {problem}", "    ") for problem in checked.problems)
    return text or "No version yet. Next: curate export NAME\n"


def diff(result: VersionDiff) -> str:
    """Returns what moved between two versions."""
    same = "the same held-out part" if result.same_test else "another held-out part"
    text = f"{result.a} -> {result.b}   {same}; {result.moved:,} moved between the sides\n"
    for name, side in (("train", result.train), ("test", result.test)):
        text += _side(name, side)
    return text


def _side(name: str, side: SideDiff) -> str:
    added, removed = sum(n for _, n in side.added), sum(n for _, n in side.removed)
    text = f"{name}   +{added:,} in, -{removed:,} out, {side.changed:,} changed\n"
    text += "".join(f"  +{n:,}  {reason}\n" for reason, n in side.added)
    text += "".join(f"  -{n:,}  {reason}\n" for reason, n in side.removed)
    shown = [*side.added_ids[:2], *side.removed_ids[:2], *side.changed_ids[:2]]
    return text + (f"  for example: curate why {shown[0][:12]}\n" if shown else "")

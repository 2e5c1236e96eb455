"""What people read about versions: exports, the list, checks, and what moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from curate import show_quality
from curate.table import counted, table, wrapped

if TYPE_CHECKING:
    from curate.export import ExportResult
    from curate.transport import Sent
    from curate.versions import SideDiff, Verification, Version, VersionDiff


def export(result: ExportResult, dry_run: bool) -> str:
    """Returns what an export wrote."""
    title = (
        f"{result.name} v{result.version}   sha256 {result.content_id[:12]}...   "
        f"{result.train:,} train + {result.test:,} test\n"
    )
    if not result.created and not dry_run:
        return title + "  unchanged: this is the latest version already\n" + _notes(result)
    if dry_run:
        title = title.rstrip("\n") + "   (dry run: nothing written)\n"
    text = title + _notes(result) + "".join(_file(result, file) for file in result.files)
    split = result.split
    text += (
        f"  leak check: passed (conversation, same input, near-duplicate from "
        f"{split['leak_threshold']})\n    withheld {split['withheld']:,}, quarantined "
        f"{split['quarantined']:,}, exposed {split['exposed']:,}\n"
    )
    text += f"  {show_quality.how_wrong(result.error_rates)}" if result.error_rates else ""
    if result.pending:
        text += f"  {result.pending:,} held-out examples wait for a good answer\n"
    text += _on_the_way(result)
    if dry_run:
        return text + "Next: the same command without --dry-run\n"
    before = f"curate diff {result.name}@{result.version - 1} {result.name}@{result.version}, or "
    return text + f"Next: {before if result.version > 1 else ''}curate verify {result.name}\n"


def _notes(result: ExportResult) -> str:
    return "".join(wrapped(f"  note: {note}", "    ") for note in result.notes)


def _file(result: ExportResult, file: Mapping[str, Any]) -> str:
    text = f"  {result.folder / file['path']}   {file['format']}   {file['bytes'] / 1e6:,.1f} MB\n"
    found = file["tokens"]
    if file["split"] == "test" or not found:
        return text
    about = "" if found["exact"] else ", an estimate"
    text += (
        f"    tokens p50 {found['p50']:,}, p95 {found['p95']:,}, p99 {found['p99']:,}, max "
        f"{found['max']:,} ({found['counter'] if found['exact'] else 'no tokenizer'}{about})\n"
    )
    if found["cut"]:
        text += f"    {found['cut']:,} rows are longer than {found['max_length']:,} tokens\n"
    return text


def _on_the_way(result: ExportResult) -> str:
    """Returns what was left out, mixed in, hidden and warned of."""
    text = ""
    if result.inexpressible:
        text += f"  {result.inexpressible:,} left out: the format cannot express them\n"
    for reason, n in result.pair_reasons:
        text += f"  {counted(n, 'pair')} left out: {reason.replace('_', ' ')}\n"
    if result.in_evaluations:
        train, test = (result.in_evaluations.get(side, 0) for side in ("train", "test"))
        text += f"  in the evaluation sets: {train:,} of train, left out; {test:,} of test, kept\n"
        for file in result.evaluations:
            refused = "".join(f", {n:,} {reason}" for reason, n in file["refused"].items())
            text += f"    {file['name']}: {counted(file['prompts'], 'prompt')}{refused}\n"
    for taken in result.mixed:
        text += (
            f"  mixed in: {taken['taken']:,} of {taken['available']:,} from {taken['source']}, "
            f"{taken['got']:.1%} of train"
        )
        refused = ", ".join(f"{n:,} {reason}" for reason, n in taken["left_out"].items())
        text += f" (left out: {refused})\n" if refused else "\n"
    if result.hidden:
        kinds = ", ".join(f"{n:,} {kind}" for kind, n in result.hidden.items())
        text += wrapped(f"  hidden behind placeholders: {kinds}", "    ")
    for rule, n in result.warnings.items():
        text += f"  warning: {rule}: {counted(n, 'line')}\n"
    return text


def sent(result: Sent) -> str:
    """Returns what of a version was sent, or would be."""
    what = f"{len(result.files):,} files, {result.bytes / 1e6:,.1f} MB"
    if result.state == "there":
        return f"{result.version} is there already: {result.to}   {what}\n"
    if result.state == "sent":
        return f"sent {result.version} to {result.to}   {what}\n"
    text = f"plan: {result.version} to {result.to}   {what}\n  {', '.join(result.files)}\n"
    return text + "Nothing was sent. Next: the same command with --yes\n"


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
    if not result.same_formats:
        text += (
            "  note: the formats differ, so which answers changed cannot be told from the lines\n"
        )
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

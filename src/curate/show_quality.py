"""What people read about human labelling: progress, agreement, and how wrong the data still is."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from curate.table import percent, table

if TYPE_CHECKING:
    from curate.agreement import Agreement
    from curate.audit import ErrorRate
    from curate.quality import Detector, LabelStatus

WIDTH = 100
_DIFFERING_SHOWN = 5


def label_status(result: LabelStatus) -> str:
    """Returns the state of all labelling."""
    if not result.progress:
        return "Nothing was queued yet. Next: curate queue\n"
    text = _progress(result)
    text += "".join(_agreement(part) for part in result.agreement)
    if result.detectors:
        rows = [
            [
                d.name.replace("_", " "),
                d.reviewed,
                d.changed,
                f"{d.changed / d.reviewed:.0%}",
                f"{d.found:,} of {d.wrong:,}" if d.wrong else "",
            ]
            for d in result.detectors
        ]
        head = ["detector", "reviewed", "changed", "precision", "caught in audits"]
        text += "\n" + table(head, rows)
    if result.error_rates:
        rates = [
            [r.side, r.examples, r.reviewed, r.audited, r.wrong]
            + [f"{share:.1%}" if r.told else "" for share in (r.rate, r.low, r.high)]
            + [r.more if r.told else ""]
            for r in result.error_rates
        ]
        head = ["side", "examples", "reviewed", "audited", "wrong", "still wrong", "from", "to"]
        text += "\n" + table([*head, "to halve"], rates)
    else:
        text += "\n" + how_wrong((), result.audits_waiting)
    return text + f"Next: {_next(result)}\n"


def _progress(result: LabelStatus) -> str:
    names = ("queued", "pending", "sent", "answered", "waiting", "skipped", "problems", "gone")
    rows = [
        [
            p.kind,
            *(getattr(p, name) for name in names),
            None if p.seconds is None else f"{p.seconds:,.0f}",
        ]
        for p in result.progress
    ]
    text = table(["kind", *names, "seconds"], rows)
    for o in result.origins:
        parts = [
            f"{n:,} {what}"
            for n, what in (
                (o.accepted, "accepted as prefilled"),
                (o.changed, "changed from it"),
                (o.by_hand, "made by hand"),
                (o.unknown, "of unknown origin"),
            )
            if n
        ]
        text += f"answers to {o.kind}: {', '.join(parts)}\n"
    return text


def _agreement(found: Agreement) -> str:
    alpha = "" if found.alpha is None else f", Krippendorff's alpha {found.alpha:.2f}"
    tied = f"; {found.tied:,} tied" if found.tied else ""
    said = (
        f"{found.kind}   {found.questions:,} questions with several answers; {found.same:.0%} of "
        f"pairs are the same{alpha} ({found.level}){tied}"
    )
    text = "\n" + textwrap.fill(said, WIDTH, subsequent_indent="  ") + "\n"
    head = ["annotator", "answers", "shared", "same as others", "as consensus", "quality"]
    weighed = any(a.quality is not None for a in found.annotators)
    rows = [
        [a.annotator, a.answers, a.shared]
        + [None if n is None else f"{n:.0%}" for n in (a.same, a.consensus, a.quality)]
        for a in found.annotators
    ]
    shown = len(head) if weighed else len(head) - 2
    text += textwrap.indent(table(head[:shown], [row[:shown] for row in rows]), "  ")
    for d in found.differing[:_DIFFERING_SHOWN]:
        most = "a tie" if d.majority is None else f"the majority's {d.majority!r}"
        text += f"  {d.example_id[:12]}  Dawid-Skene: {d.dawid_skene!r} at {percent(d.chance)}, "
        text += f"not {most}\n"
    if len(found.differing) > _DIFFERING_SHOWN:
        text += f"  ... and {len(found.differing) - _DIFFERING_SHOWN:,} more: --json\n"
    for one in found.doubted[:_DIFFERING_SHOWN]:
        text += f"  {one.example_id[:12]}  ask once more: like texts and annotators' quality say "
        text += f"{one.likely!r} at {percent(one.quality)}, not {one.majority!r}\n"
    if len(found.doubted) > _DIFFERING_SHOWN:
        text += f"  ... and {len(found.doubted) - _DIFFERING_SHOWN:,} more: --json\n"
    for note in found.notes:
        text += textwrap.fill(f"  note: {note}", WIDTH, subsequent_indent="    ") + "\n"
    return text


def how_wrong(rates: Sequence[ErrorRate], waiting: int = 0) -> str:
    """Returns the error rate that is left, in one line; `waiting` audited tasks have no answer."""
    if not rates and waiting:
        return f"how wrong: not measured yet; {waiting:,} audited tasks wait for an answer.\n"
    if not rates:
        return "how wrong: not measured yet. curate queue --budget 200 includes an audit sample.\n"
    said = [f"{r.side} {r.said if r.told else 'too little audited to tell'}" for r in rates]
    if len(rates) == 1:
        said.append(f"{'test' if rates[0].side == 'train' else 'train'} not measured")
    audited = sum(r.audited for r in rates)
    text = f"how wrong: {', '.join(said)}; {audited:,} audited"
    return textwrap.fill(text, WIDTH, subsequent_indent="  ") + "\n"


def reviewed(found: Sequence[Detector]) -> str:
    """Returns how often detectors were right so far, in one line; empty where nothing is known."""
    if not found:
        return ""
    text = "reviewed: " + "; ".join(f"{d.name.replace('_', ' ')} {precision(d)}" for d in found)
    return textwrap.fill(text, WIDTH, subsequent_indent="  ") + "\n"


def precision(found: Detector) -> str:
    """Returns how often a detector was right."""
    return f"{found.changed:,} of {found.reviewed:,} changed"


def _next(result: LabelStatus) -> str:
    waiting = sum(p.waiting for p in result.progress)
    if any(p.queued for p in result.progress):
        return "curate label push"
    return "curate label sync" if waiting else "curate queue"

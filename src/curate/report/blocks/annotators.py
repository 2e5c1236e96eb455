"""How far the labelling is, how long it takes, and how far annotators agree."""

from __future__ import annotations

from collections.abc import Sequence

from curate.label import agreement as label_agreement
from curate.label import gold
from curate.label import status as label_status
from curate.label.agreement import Agreement, Annotator
from curate.report import plots
from curate.report.blocks import block
from curate.report.parts import Grid, Part, Percent, Sentence
from curate.report.state import State


@block(
    order=90,
    title="How the labelling goes",
    command="curate label status",
    missing="nothing was queued yet: curate queue",
)
def annotators(state: State) -> Sequence[Part]:
    """Returns progress, seconds and agreement."""
    rows = label_status.progress(state.con)
    if not rows:
        return ()
    parts: list[Part] = [_progress(rows)]
    for found in label_agreement.agreement(state.con):
        parts += _agreement(found)
    records = gold.records(state.con)
    if records:
        head = ("kind", "annotator", "right", "answered", "share")
        cells = [(r.kind, r.annotator, r.right, r.answered,
                  "too few" if r.share is None else Percent(r.share)) for r in records]  # fmt: skip
        parts.append(Grid(head, cells, "gold questions"))
    return parts


def _progress(rows: Sequence[label_status.Progress]) -> Grid:
    names = ("queued", "sent", "answered", "waiting", "skipped", "problems")
    cells = [
        [one.kind, *(getattr(one, name) for name in names),
         "" if one.seconds is None else f"{one.seconds:,.0f}"]
        for one in rows
    ]  # fmt: skip
    return Grid(("kind", *names, "seconds a task, median"), cells, "tasks by kind of work")


def _agreement(found: Agreement) -> list[Part]:
    alpha = "" if found.alpha is None else f"; Krippendorff's alpha {found.alpha:.2f}"
    text = (
        f"{found.kind}: {found.questions:,} questions have several answers; {found.same:.0%} of "
        f"pairs are the same{alpha}; {found.tied:,} tied."
    )
    told = [one for one in found.annotators if one.same is not None]
    least = min(told, key=lambda one: (one.same or 0, one.annotator), default=None)
    if least and (least.same or 0) < max(one.same or 0 for one in told):
        text += f" Least like the others: annotator {least.annotator} ({least.same:.0%})."
    head = (
        "annotator",
        "answers",
        "shared",
        "same as others",
        "95% from",
        "to",
        "quality by cleanlab",
    )
    drawn = [
        {"value": f"annotator {one.annotator}", "share": one.same, "low": one.low,
         "high": one.high, "n": one.shared}
        for one in told
    ]  # fmt: skip
    parts: list[Part] = [Sentence(text)]
    if drawn:
        caption = f"{found.kind}: share of pairs of answers that are the same as another's"
        parts.append(plots.intervals(drawn, caption, "same as others"))
    return [
        *parts,
        Grid(head, [_row(one) for one in found.annotators], f"annotators, {found.kind}"),
    ]


def _row(one: Annotator) -> list[object]:
    shares = [one.same, one.low, one.high, one.quality]
    return [str(one.annotator), one.answers, one.shared,
            *(None if share is None else Percent(share) for share in shares)]  # fmt: skip

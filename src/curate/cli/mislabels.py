"""`curate mislabels`: finds labels that are likely wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli import words
from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.text.wording import counted, one_line, percent, room, shortened, table, wrapped

if TYPE_CHECKING:
    from curate.kernels.intervals import Share
    from curate.mislabels.classes import ClassesResult, ClassRow
    from curate.mislabels.evaluate import Evaluation, Scores
    from curate.mislabels.mislabels import MislabelsResult


@cli.command()
@click.option("--top", type=click.IntRange(1), default=10, show_default=True, help="Show so many.")
@click.option(
    "--detector",
    metavar="NAME",
    help="kernel (the default), or the stock ways: cleanlab-lr, datalab. It is remembered.",
)
@click.option(
    "--evaluate",
    cls=Once,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Say how well the stored suspicions find the errors of an audited sample; judge nothing.",
)
@click.option(
    "--classes", cls=Once, is_flag=True, help="Show classes and confusable pairs; judge nothing."
)
@json_option
@pass_context
def mislabels(
    context: Context,
    top: int,
    detector: str | None,
    evaluate: Path | None,
    classes: bool,
    as_json: bool,
) -> None:
    """Finds labels that the labels of like inputs speak against, worst first.

    \b
    Example: curate mislabels --top 50 --json
    """
    if evaluate and classes:
        raise click.UsageError("--evaluate and --classes are two questions: ask one at a time")
    if detector and (evaluate or classes):
        raise click.UsageError(
            "--detector judges anew, and these look at what is stored: first one"
        )
    if evaluate:
        measured = context.project().mislabels_evaluate(evaluate)
        show_result(measured, as_json, lambda: render_evaluation(measured))
        return
    if classes:
        seen = context.project().mislabels_classes()
        show_result(seen, as_json, lambda: render_classes(seen))
        return
    result = context.project().mislabels(top=top, detector=detector)
    show_result(result, as_json, lambda: render_mislabels(result))


def render_mislabels(result: MislabelsResult) -> str:
    """Returns the suspected labels, the worst first."""
    text = (
        f"mislabels   {result.judged:,} labels judged"
        + ("" if result.detector == "kernel" else f" by {result.detector}")
        + f": {result.likely:,} likely wrong, {result.possible:,} possibly"
        + (f", {result.contested:,} contested\n" if result.contested else "\n")
    )
    if result.note:
        text += f"  note: {result.note}\n"
    if result.too_rare:
        listing = ", ".join(result.too_rare[:6]) + (", ..." if len(result.too_rare) > 6 else "")
        text += wrapped(f"  note: too rare to judge: {listing}", "    ")
    if result.without_vector:
        text += f"  note: {result.without_vector:,} examples have no vector: curate embed\n"
    text += words.render_reviewed(result.reviewed)
    for issue in result.issues:
        text += f'  {issue.id[:12]}  "{shortened(issue.text, room(24))}"\n'
        chance = "" if issue.probability is None else f", {percent(issue.probability)}"
        better = f"  ->  {issue.suggested}" if issue.suggested else ""
        label = one_line(f"{issue.given}{better}")
        text += f"    {label}  ({issue.tier}, {issue.side}{chance})\n"
        text += wrapped(f"    {issue.reason}", "      ")
    return text


_CLASSES_SHOWN, _PAIRS_SHOWN, _NAMED_SHOWN = 15, 10, 8


def render_classes(result: ClassesResult) -> str:
    """Returns the classes with most suspected labels, and the most costly pairs."""
    rows = result.classes
    contested = sum(c.contested for c in rows)
    text = (
        f"classes   {len(rows):,} in use: "
        f"{sum(c.likely for c in rows):,} labels likely wrong, "
        f"{sum(c.possible for c in rows):,} possibly, "
        + (f"{contested:,} contested, " if contested else "")
        + f"of {sum(c.judged for c in rows):,}\n"
    )
    if result.stale:
        text += "  note: labels have changed since they were judged: curate mislabels\n"
    tiers = ["likely", "possible", "contested"]
    head = ["class", "train", "test", "judged", *tiers, "noise", "95%", "by audits"]
    text += table(head, [_class_row(c, result.answers_needed) for c in rows[:_CLASSES_SHOWN]])
    if len(rows) > _CLASSES_SHOWN:
        text += f"... and {len(rows) - _CLASSES_SHOWN:,} more: --json\n"
    for what, names in (
        ("listed, but no example has it", result.unused),
        ("only in test, so nothing can be learned of it", result.test_only),
        ("too rare to judge", [c.label for c in rows if c.too_rare]),
    ):
        text += wrapped(f"{what}: {_named(names)}") if names else ""
    return text + _class_pairs(result)


def _class_row(one: ClassRow, needed: int) -> list[Any]:
    noise, by = ["", ""], f"{one.answers:,} answers"
    if one.noise is not None:
        noise = [f"{one.noise.share:.0%}", f"{one.noise.low:.0%} to {one.noise.high:.0%}"]
    else:
        by = f"{counted(one.answers, 'answer')}; from {needed:,} on"
    by += f" ({one.answers_apart:,} contested)" if one.answers_apart else ""
    tiers = [one.likely, one.possible, one.contested]
    return [one.label, one.train, one.test, one.judged, *tiers, *noise, by]


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED_SHOWN]) + (", ..." if len(names) > _NAMED_SHOWN else "")


def _class_pairs(result: ClassesResult) -> str:
    if not result.pairs:
        return "\nno two classes are confused\n"
    rows = [
        [p.a, p.b, p.a_as_b, p.b_as_a, p.likely, f"{p.cost:.1f}"]
        for p in result.pairs[:_PAIRS_SHOWN]
    ]
    head = ["confused", "with", "->", "<-", "likely", "expected wrong"]
    text = "\n" + table(head, rows)
    if len(result.pairs) > _PAIRS_SHOWN:
        text += f"... and {len(result.pairs) - _PAIRS_SHOWN:,} more: --json\n"
    for pair in (p for p in result.pairs if p.overlap):
        text += wrapped(pair.said)
    return text


_FEW = 10


def render_evaluation(result: Evaluation) -> str:
    """Returns the figures of an audited sample, side by side."""
    text = f"evaluate   {result.file}: {counted(result.rows, 'row')}, {result.matched:,} matched\n"
    if result.unmatched:
        more = ", ..." if result.unmatched > len(result.unmatched_ids) else ""
        listing = f"{', '.join(result.unmatched_ids)}{more}"
        text += wrapped(f"  {result.unmatched:,} name no example here: {listing}", "    ")
    for count, what in (
        (result.repeated, "repeat another row"),
        (result.unanswered, "without an answer"),
        (result.refused, "cannot be read"),
    ):
        text += f"  {count:,} {what}\n" if count else ""
    if result.aside:
        phrase = ", ".join(f"{count:,} {why}" for why, count in result.aside.items())
        text += f"  aside, not up for judgement: {phrase}\n"
    if result.stale:
        text += "  note: labels have changed since they were judged: curate mislabels\n"
    return text + "".join(_side_of_audit(scores) for scores in result.sides)


def _side_of_audit(scores: Scores) -> str:
    text = f"\n{scores.side}   {scores.audited:,} labels audited, {scores.wrong:,} wrong\n"
    if scores.average:
        average = scores.average
        text += (
            f"  average precision {average.value:.2f} (95%: {average.low:.2f} to "
            f"{average.high:.2f}); random order {average.random:.2f}\n"
        )
    text += _depths(scores) if scores.wrong else "  none wrong: only the tiers tell something\n"
    tiers = [
        [t.name, t.labels, t.wrong.of, t.wrong.hits, _percent(t.wrong), _range(t.wrong)]
        for t in scores.tiers
    ]
    head = ["tier", "in all", "audited", "wrong", "share", "95%"]
    text += _indented(table(head, tiers))
    return text + "".join(wrapped(f"  {said}", "    ") for said in _notes(scores))


def _depths(scores: Scores) -> str:
    """Returns what reading so far finds: the shares of what is read, and of what is wrong."""
    rows = [
        [d.name, d.labels, f"{d.precision:.0%}", f"{d.recall or 0.0:.0%}", "" if d.scored else "*"]
        for d in scores.depths
    ]
    text = _indented(table(["read", "labels", "of them wrong", "of the wrong", ""], rows))
    if any(not d.scored for d in scores.depths):
        text += wrapped(
            "  * labels that are not suspected have no score: they come last, and this is the mean "
            "over all their orders",
            "    ",
        )
    return text


def _notes(scores: Scores) -> list[str]:
    phrases = []
    right = scores.suggestions
    if right.of:
        phrases.append(
            f"the suggestion was right for {right.hits:,} of {right.of:,} wrong labels that were "
            f"suspected ({_percent(right)}; 95%: {_range(right)})"
        )
    if not scores.random:
        more = "more" if scores.suspected > scores.suspected_of_all else "less"
        phrases.append(
            f"careful: not a random sample. {scores.suspected:.0%} of it is suspected, "
            f"{scores.suspected_of_all:.0%} of all, so what is read here is {more} often wrong "
            "than in the data: only the shares within a tier carry over, if it was drawn from "
            "blindly"
        )
    if 0 < scores.wrong < _FEW:
        phrases.append(f"careful: only {scores.wrong:,} wrong; a larger sample would say more")
    if scores.without_vector:
        phrases.append(
            f"{counted(scores.without_vector, 'label')} could not be judged: no vector (curate "
            "embed, then curate mislabels)"
        )
    return phrases


def _percent(part: Share) -> str:
    return f"{part.share:.0%}" if part.of else ""


def _range(part: Share) -> str:
    return f"{part.low:.0%} to {part.high:.0%}" if part.of else ""


def _indented(text: str) -> str:
    return "".join(f"  {line}" for line in text.splitlines(keepends=True))

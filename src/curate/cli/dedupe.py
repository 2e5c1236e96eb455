"""`curate dedupe`: finds duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from curate.cli import words
from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.options import AUTO, BY_TASK, REPORT, DedupeSettings
from curate.text.wording import counted, wrapped

if TYPE_CHECKING:
    from curate.dedupe.dedupe import DedupeResult
    from curate.dedupe.thresholds import Suggestion


class _Threshold(click.ParamType[float | str]):
    """A similarity, or `off`; `auto` where an encoder's default may stand."""

    name = "number|off"

    def __init__(self, *words: str) -> None:
        self.words = words

    def convert(self, value: Any, param: Any, ctx: Any) -> float | str:
        if value in ("off", *self.words):
            return str(value)
        try:
            return float(value)
        except (TypeError, ValueError):
            listing = ", ".join(("off", *self.words))
            self.fail(f"{value!r} is not a number, nor one of: {listing}", param, ctx)


@cli.command()
@click.option(
    "--exact",
    default=DedupeSettings.exact,
    show_default=True,
    metavar="WHAT",
    help="What is compared: example (messages and answer), input, or off.",
)
@click.option(
    "--near",
    type=_Threshold(),
    default=DedupeSettings.near,
    show_default=True,
    help="Jaccard similarity of inputs (token 3-grams) from which on one of two is out.",
)
@click.option(
    "--semantic",
    type=_Threshold(AUTO, REPORT, BY_TASK),
    default=BY_TASK,
    show_default=True,
    help="Cosine of inputs from which on one of two is out; auto: the encoder's own; report: from "
    "there on pairs are shown and nothing is out; by-task: report for classification, else auto.",
)
@click.option(
    "--suggest-threshold",
    cls=Once,
    is_flag=True,
    help="Show real pairs around candidate thresholds and what each would remove; change nothing.",
)
@json_option
@pass_context
def dedupe(context: Context, /, suggest_threshold: bool, as_json: bool, **options: Any) -> None:
    """Finds exact, near and semantic duplicates, and contradictions between copies.

    \b
    Example: curate dedupe --semantic 0.92 --suggest-threshold
    """
    chosen: dict[str, Any] = {
        name: None if value == "off" and name != "exact" else value
        for name, value in options.items()
    }
    if suggest_threshold:
        suggestions = context.project().suggest_thresholds(**chosen)
        show_result(suggestions, as_json, lambda: render_thresholds(suggestions))
        return
    result = context.project().dedupe(**chosen)
    show_result(result, as_json, lambda: render_dedupe(result))


def render_dedupe(result: DedupeResult) -> str:
    """Returns what deduplication found."""
    near, semantic = (_from(result.settings[name]) for name in ("near", "semantic"))
    text = f"dedupe      out as duplicates: {result.exact_dropped:,} exact, "
    text += f"{result.near_dropped:,} near{near}"
    if result.settings["semantic_removes"] or result.settings["semantic"] > 1:
        text += f", {result.semantic_dropped:,} semantic{semantic}\n"
    else:
        text += f"\n  reported, not out: {result.semantic_reported:,} semantic{semantic}\n"
    text += _around(result)
    if result.kept_apart:
        text += f"  kept apart by what differs: {counted(result.kept_apart, 'pair')}\n"
    text += "".join(wrapped(f"  note: {note}", "    ") for note in result.notes)
    issues = [
        f"{n:,} with {what}"
        for n, what in (
            (result.contradictory_labels, "a label that another copy of the input contradicts"),
            (result.contradictory_ratings, "ratings far apart"),
        )
        if n
    ]
    return text + (wrapped(f"  issues: {'; '.join(issues)}") if issues else "")


_APART = {
    "label": "their labels",
    "conversation": "one conversation",
    "order": "the order of words",
    "part": "words that do not agree over the whole",
    "script": "a script that the encoder cannot read",
    "word": "one word",
}


def _around(result: DedupeResult) -> str:
    """Returns real pairs around the semantic threshold, as the first run shows them."""
    if not result.around:
        return ""
    removes = result.settings["semantic_removes"]
    what = "one of two is out" if removes else "two count as the same"
    text = f"  pairs around {result.settings['semantic']:g}, from where on {what}:\n"
    for pair in result.around:
        why = _APART.get(pair.apart or "", pair.apart)
        apart = f"           kept apart by: {why}\n" if why else ""
        one, other = words.beside(pair.one, pair.other)
        text += f"    {pair.similarity:.3f}  {one}\n           {other}\n{apart}"
    return text


def _from(threshold: float) -> str:
    return f" (from {threshold:g})" if threshold <= 1 else " (off)"


def _kept_apart(part: Suggestion) -> str:
    """Returns how many pairs each kind of difference keeps apart, with one pair of each."""
    if not part.kept_apart:
        return ""
    text = f"  kept apart by what differs, from {part.apart_from:.2f} on:\n"
    for c in part.kept_apart:
        text += f"    {c.kind:<11} {c.pairs:>9,}   {words.render_differing(c.one, c.other)}\n"
        text += f"        {c.similarity:.3f}  {words.beside(c.one, c.other)[0]}\n"
    return text


def render_thresholds(suggestions: Sequence[Suggestion]) -> str:
    """Returns candidate thresholds, what each would remove, and pairs just above each."""
    text = ""
    for part in suggestions:
        what = "token 3-grams of inputs" if part.method == "near" else "meaning of inputs"
        text += f"{part.method}   ({what}; {part.examples:,} train examples pass all else)\n"
        shown: tuple[Any, ...] = ()
        for c in part.candidates:
            marks = [
                m
                for m, t in (("in force", part.current), ("valley", part.suggested))
                if t == c.threshold
            ]
            note = f"   <- {', '.join(marks)}" if marks else ""
            text += f"  {c.threshold:.2f}  {c.pairs:>9,} pairs  {-c.removes:>8,} examples{note}\n"
            fresh, shown = () if c.samples == shown else c.samples, c.samples
            for similarity, *pair in fresh:
                one, other = words.beside(pair[0], pair[1])
                text += f"        {similarity:.3f}  {one}\n               {other}\n"
        text += _kept_apart(part)
        removes: dict[float | None, int] = {c.threshold: c.removes for c in part.candidates}
        if part.suggested is None:
            text += "  no valley between copies and mere likeness, so only reading pairs can tell\n"
        elif removes.get(part.suggested) == removes.get(part.current, -1):
            text += f"  pairs are rarest around {part.suggested:g}: as what is in force\n"
        else:
            text += (
                f"  pairs are rarest around {part.suggested:g}, between copies and mere likeness. "
                f"Next: curate dedupe --{part.method} {part.suggested:g}\n"
            )
    return text or "Nothing to compare yet. Next: curate pull LOGS\n"

"""`curate evaluate`: tells whether a model is better, by the held-out part of a version."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.cli.options import FiniteRange
from curate.errors import ConfigError, GateFailed
from curate.evaluate.ask_options import AskConduct, Asked, AskSettings, Prices, parse_ask
from curate.options import GOOD_VERDICTS, LOGGED_BY, EvaluateSettings
from curate.text.wording import counted, listed, table, wrapped

if TYPE_CHECKING:
    from curate.evaluate.ask import AskPlan, AskResult
    from curate.evaluate.options import EvaluateResult, JudgedModel, ModelComparison, Slice

_WORDS = {
    "beats": "beats",
    "as_good_and_cheaper": "as good, and cheaper",
    "no": "no",
    "cannot_tell": "cannot tell",
}
_WORST = 6
_PREFERRED = "preferred"
_LONGER = 4


@cli.command()
@click.argument("version")
@click.option(
    "--answers",
    cls=Once,
    multiple=True,
    metavar="NAME=FILE",
    help='Answers of a model: lines with an "id" (or the "prompt") and an "answer"; repeatable.',
)
@click.option(
    "--ask",
    "asks",
    cls=Once,
    multiple=True,
    metavar="NAME=URL#MODEL",
    help="Ask an endpoint like OpenAI's for a model's answers; planned first, sent with --yes.",
)
@click.option("--yes", cls=Once, is_flag=True, help="Send the held-out prompts to the endpoints.")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 64),
    default=AskConduct.concurrency,
    show_default=True,
    help="Requests to an endpoint that are under way at once.",
)
@click.option("--budget", type=FiniteRange(0), help="USD that asking may cost at the most.")
@click.option(
    "--price",
    nargs=2,
    type=FiniteRange(0),
    metavar="IN OUT",
    help="USD per million tokens of prompts, and of answers.",
)
@click.option(
    "--max-tokens",
    type=click.IntRange(1),
    default=AskSettings.max_tokens,
    show_default=True,
    help="Of an answer that is asked for.",
)
@click.option(
    "--system",
    "systems",
    cls=Once,
    multiple=True,
    metavar="NAME=FILE",
    help="System prompt for a model that is asked, in place of a logged one; repeatable.",
)
@click.option(
    "--retry-refused", is_flag=True, help="Send prompts again that an endpoint did not take."
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help="File of mode 600 with the endpoint's key (default: CURATE_API_KEY).",
)
@click.option(
    "--from-logs", "from_logs", is_flag=True, help="Judge what production itself answered."
)
@click.option(
    "--by",
    type=click.Choice(LOGGED_BY),
    default="model",
    show_default=True,
    help="What the logged answers are told apart by.",
)
@click.option(
    "--general",
    cls=Once,
    metavar="FILE",
    help="General prompts with right answers, to see what a model has forgotten.",
)
@click.option(
    "--baseline",
    "baselines",
    multiple=True,
    metavar="NAME",
    help="Judge against this one only: random, majority, nearest, logged, or other answers.",
)
@click.option(
    "--review",
    cls=Once,
    type=click.IntRange(1),
    metavar="N",
    help="Let people compare the answers to N held-out examples, blind and side by side.",
)
@click.option("--metric", help="What verdicts go by; the usual one of the task by default.")
@click.option(
    "--margin",
    type=FiniteRange(0, 1),
    default=EvaluateSettings.margin,
    show_default=True,
    help="How much better a model has to be; a fraction.",
)
@click.option(
    "--trained-on",
    "trained_on",
    cls=Once,
    multiple=True,
    metavar="NAME=VERSION",
    help="Which version a model was trained on; repeatable.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=EvaluateSettings.seed,
    show_default=True,
    help="Of draws and resamples.",
)
@click.option(
    "--gate",
    is_flag=True,
    help="Exit with 3 unless every model beats its baselines, or is as good and cheaper.",
)
@json_option
@pass_context
def evaluate(
    context: Context,
    version: str,
    answers: Sequence[str],
    asks: Sequence[str],
    yes: bool,
    concurrency: int,
    budget: float | None,
    price: tuple[float, float] | None,
    max_tokens: int,
    systems: Sequence[str],
    retry_refused: bool,
    token_file: Path | None,
    from_logs: bool,
    by: str,
    general: str | None,
    baselines: Sequence[str],
    review: int | None,
    metric: str | None,
    margin: float,
    trained_on: Sequence[str],
    seed: int,
    gate: bool,
    as_json: bool,
) -> None:
    """Tells whether a model is better than what it is to replace, by held-out examples.

    The answers come from files. Baselines stand beside them: chance, the commonest answer, the
    answer of the nearest train example, and what production answered.

    \b
    Example: curate evaluate support@3 --answers tuned=tuned.jsonl --answers prompted=gpt.jsonl
    """  # fmt: skip
    from curate.evaluate.answers import parse_named
    from curate.evaluate.endpoint import api_key

    settings = EvaluateSettings(
        baselines=tuple(baselines),
        metric=metric,
        margin=margin,
        trained_on=dict(parse_named(one, "--trained-on") for one in trained_on),
        seed=seed,
        by=by if from_logs else None,
        general=general,
        review=review or 0,
    )
    named = [parse_named(one, "--answers") for one in answers]
    models = tuple(parse_ask(one) for one in asks)
    if len(dict(named)) < len(named):
        raise ConfigError("two sets of answers have one name. Next: name one otherwise")
    if systems and not models:
        raise ConfigError("--system is for a model that is asked. Next: --ask NAME=URL#MODEL")
    project, asked = context.project(), None
    if models:
        prices = Prices(*price) if price else None
        conduct = AskConduct(concurrency=concurrency, budget_usd=budget, prices=prices)
        asked = Asked(
            models, AskSettings(max_tokens=max_tokens), conduct, api_key(token_file),
            dict(_system(one) for one in systems), retry_refused,
        )  # fmt: skip
        plans = project.plan_asking(version, asked, general)
        if not yes and any(plan.to_send for plan in plans):
            show_result({"planned": plans}, as_json, lambda: render_plans(plans))
            return
    result = project.evaluate(version, dict(named), settings, asked)
    show_result(result, as_json, lambda: render_evaluation(result))
    if gate:
        _gate(result)


def _system(text: str) -> tuple[str, str]:
    """Returns whose system prompt it is, and the prompt."""
    from curate.evaluate.answers import parse_named

    name, file = parse_named(text, "--system")
    try:
        return name, Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--system {file}: {error}", option="system") from error


def _gate(result: EvaluateResult) -> None:
    if not result.comparisons:
        raise GateFailed("nothing was compared: no example has answers of two. Next: --baseline")
    # Where the right answers are production's own, nobody can be better than production.
    told = [one for one in result.comparisons if not one.circular]
    failed = [one for one in told if one.verdict not in GOOD_VERDICTS]
    if failed or not told:
        first = (failed or result.comparisons)[0]
        raise GateFailed(
            f"{first.candidate} against {first.baseline}, {first.metric}: {_WORDS[first.verdict]} "
            f"({len(failed)} of {counted(len(told), 'comparison')} failed)"
        )
    pairs = {(one.candidate, one.baseline) for one in told}
    for one in result.general:
        if one.high < 0 and (one.candidate, one.baseline) in pairs:
            raise GateFailed(
                f"{one.candidate} is worse than {one.baseline} on the general set: "
                f"{100 * one.difference:+.1f} points"
            )


def render_plans(plans: Sequence[AskPlan]) -> str:
    """Returns what would be sent to whom."""
    text = ""
    for plan in plans:
        again = f", {plan.asked_again:,} of them again" if plan.asked_again else ""
        cost = "" if plan.cost_usd is None else f", at most {plan.cost_usd:,.2f} USD"
        text += wrapped(
            f"{plan.name}   {counted(plan.to_send, 'held-out prompt')} would go to {plan.url} "
            f"(model {plan.model}){again}: about {plan.input_tokens:,} tokens, and at most "
            f"{plan.output_tokens:,} back{cost}; {plan.answered:,} of {plan.prompts:,} are answered"
        )
    return text + "Nothing was sent. Next: the same command with --yes\n"


def _replies(result: AskResult) -> Iterator[str]:
    """Yields what came of asking an endpoint."""
    again = f", {result.asked_again:,} of them again" if result.asked_again else ""
    cost = "" if result.cost_usd is None else f", {result.cost_usd:,.4f} USD"
    yield (
        f"{result.name}   {counted(result.asked, 'answer')} from {result.url}{again}, "
        f"{result.answered_before:,} were there; {counted(result.requests, 'request')}{cost}"
    )
    if result.repeated:
        yield f"note: requests that were repeated: {listed(result.repeated)}"
    if result.failed:
        yield f"note: prompts without an answer: {listed(result.failed)}"
    if result.cut:
        yield (
            f"note: {counted(result.cut, 'answer')} cut at {result.max_tokens:,} tokens. Next: "
            f"--max-tokens {_LONGER * result.max_tokens}, which asks for all of them anew"
        )
    if result.left:
        yield f"note: the budget left {result.left:,} prompts unasked"


def render_evaluation(result: EvaluateResult) -> str:
    """Returns an evaluation: scores, verdicts, the worst parts, and what is to be known."""
    text = "".join(wrapped(line) for one in result.asked for line in _replies(one))
    text += (
        f"{result.version.label}   {counted(result.held_out, 'held-out example')} of "
        f"{counted(result.conversations, 'conversation')}, looked at "
        f"{counted(result.looks, 'time')}{'; unchanged' if result.unchanged else ''}\n\n"
    )
    text += _scores(result)
    preferred = [one for one in result.comparisons if one.metric == _PREFERRED]
    if others := [one for one in result.comparisons if one.metric != _PREFERRED]:
        text += "\n" + _verdicts(others, "")
    if preferred:
        text += "\n" + _verdicts(preferred, _PREFERRED)
    if result.general:
        text += "\n" + _verdicts(result.general, "general set")
    if worst := _worst(result):
        text += "\n" + worst
    text += "".join(wrapped(note) for note in _notes(result))
    return text + "".join(wrapped(line) for line in _side_by_side(result))


def _scores(result: EvaluateResult) -> str:
    others = [n for n in _names(result.candidates) if n != result.metric]
    rows = [
        [
            one.name,
            one.answered,
            f"{one.scores[result.metric]:.1%}" if result.metric in one.scores else "",
            f"{one.low:.1%} to {one.high:.1%}",
            *(f"{one.scores[n]:.1%}" if n in one.scores else "" for n in others),
            *_cost(one),
        ]
        for one in result.candidates
    ]
    header = ["", "answers", result.metric, "95%", *others, "p50", "p95", "USD a call", "tokens"]
    used = [c for c in range(len(header)) if c < 4 or any(row[c] != "" for row in rows)]
    return table([header[c] for c in used], [[row[c] for c in used] for row in rows])


def _names(candidates: Sequence[JudgedModel]) -> list[str]:
    return list(dict.fromkeys(name for one in candidates for name in one.scores))


def _cost(one: JudgedModel) -> list[str]:
    return [
        "" if one.p50_ms is None else f"{one.p50_ms:,.0f} ms",
        "" if one.p95_ms is None else f"{one.p95_ms:,.0f} ms",
        "" if one.cost_usd is None else f"{one.cost_usd:.6f}",
        "" if one.tokens is None else f"{one.tokens:,.0f}",
    ]


def _verdicts(comparisons: Sequence[ModelComparison], title: str) -> str:
    rows = [
        [
            one.candidate,
            one.baseline,
            f"{100 * one.difference:+.1f}",
            f"{100 * one.low:+.1f} to {100 * one.high:+.1f}",
            one.n,
            _verdict(one),
        ]
        for one in comparisons
    ]
    return table([title, "against", "points", "95%", "n", "verdict"], rows)


def _verdict(one: ModelComparison) -> str:
    if one.note:
        return f"{_WORDS[one.verdict]}: {one.note}"
    more = f"; {one.n_needed:,} examples would" if one.n_needed else ""
    return _WORDS[one.verdict] + more


def _worst(result: EvaluateResult) -> str:
    names = {one.candidate for one in result.comparisons}
    score_of = {one.name: one.scores.get(result.metric, 1.0) for one in result.candidates}
    parts: list[Slice] = []
    for name in sorted(names):
        worse = [p for p in result.slices if p.candidate == name and p.score < score_of[name]]
        parts += worse[: math.ceil(_WORST / len(names))]
    if not parts:
        return ""
    parts.sort(key=lambda part: part.score)
    rows = [
        [p.candidate, p.by, p.value, p.n, f"{p.score:.1%}", f"{p.low:.1%} to {p.high:.1%}"]
        for p in parts
    ]
    return table(["worst parts", "by", "", "n", result.metric, "95%"], rows)


def _notes(result: EvaluateResult) -> Iterator[str]:
    for one in result.candidates:
        if one.kind == "baseline":
            continue
        if one.missing and one.kind != "logs":
            yield (
                f"note: {one.name} has no answer to {counted(one.missing, 'held-out example')}, "
                f"such as {one.missing_ids[0][:12]}; a good verdict has to hold where they are lost"
            )
        if one.late:
            yield (
                f"note: {counted(one.late, 'example')} were held out after {one.trained_on}, which "
                f"{one.name} was trained on, and may be known to it: left out"
            )
        if one.cost_usd is not None and one.costs_known < one.answered:
            yield (
                f"note: {one.name}: the cost of {one.costs_known:,} of {one.answered:,} answers is "
                "known; cheaper is who is so on nine of ten or more"
            )
        if one.twice:
            yield (
                f"note: {one.name} has two different answers to {one.twice:,}, such as "
                f"{one.twice_ids[0][:12]}; neither counts"
            )
        if one.unmatched:
            yield (
                f"note: {one.name}: {counted(one.unmatched, 'answer')} for no held-out example, "
                f"such as {', '.join(one.unmatched_ids)}"
            )
        if one.ambiguous:
            yield (
                f"note: {one.name}: {counted(one.ambiguous, 'answer')} for several examples with "
                "the same prompt; give them an id"
            )
        if one.remarks:
            yield f"note: {one.name}: {listed(one.remarks)}"
        if one.without_spans:
            yield f"note: {one.name}: {counted(one.without_spans, 'answer')} without spans: 0 each"
        if one.unread:
            yield f"note: {one.name}: lines without an answer: {listed(one.unread)}"
        if one.refused_wrongly or one.answered_wrongly:
            yield (
                f"note: {one.name} refuses {one.refused_wrongly:,} that are to be answered, and "
                f"answers {one.answered_wrongly:,} that are to be refused"
            )
        if one.failed and one.kind != "logs":
            yield (
                f"{one.name} failed {one.failed_count:,}; for example: "
                f"curate why {one.failed[0][:12]}"
            )
        if one.confusions and one.kind != "logs":
            parts = ", ".join(f"{a} as {b} ({n})" for a, b, n in one.confusions[:3])
            yield f"{one.name} takes {parts}"
    yield from (f"note: no baseline {name}: {why}" for name, why in result.absent.items())
    if result.corrected:
        yield (
            f"{result.metric} and verdicts are corrected by "
            f"{counted(result.corrected, 'audited held-out label')}; other figures and parts go by "
            "the labels as they are"
        )
    elif result.audit_note:
        yield f"note: {result.audit_note}"


def _side_by_side(result: EvaluateResult) -> Iterator[str]:
    """Yields how far people are with comparing answers, and what comes next."""
    for one in result.side_by_side:
        tied = f"; annotators tie about {one.tied:,}" if one.tied else ""
        yield (
            f"{one.candidate} and {one.baseline} side by side: {one.reviewed:,} of {one.drawn:,} "
            f"reviewed{tied} ({counted(one.differing, 'pair')} of answers differ)"
        )
    if any(one.queued for one in result.side_by_side):
        yield "Next: curate label push --kind compare"
    elif any(one.waiting for one in result.side_by_side):
        is_filed = any(one.filed for one in result.side_by_side)
        yield "Next: curate label sync" + (" --from-file EXPORT.json" if is_filed else "")
    elif any(one.tied for one in result.side_by_side):
        yield "Next: the same command with --review, which asks once more what annotators tie about"

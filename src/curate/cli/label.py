"""`curate label`: hands tasks to annotators and takes their answers."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.cli.options import KindOfWork, kind_option
from curate.cli.settings import Command
from curate.cli.terminal import print_data
from curate.cli.words import TASKS_SHOWN, render_how_wrong
from curate.errors import ConfigError
from curate.label.options import ANSWER_FORMATS, CANNOT, PREFILLS, RUBRIC, PushSettings
from curate.text.wording import counted, percent, table, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curate.kernels.span_f1 import SpanAgreement
    from curate.label.agreement import Agreement
    from curate.label.export_answers import AnswersExport
    from curate.label.gold import GoldRecord
    from curate.label.ledger import PushResult, SyncResult
    from curate.label.problems import AnswerProblem
    from curate.label.status import LabelStatus, RemarkCount


@cli.group()
def label() -> None:
    """The round trip to annotators.

    \b
    Example: curate label push --url http://127.0.0.1:8080
    """


PROBLEMS_SHOWN = 50

_url_option = click.option(
    "--url",
    envvar="LABEL_STUDIO_URL",
    show_envvar=True,
    metavar="URL",
    help="Of the Label Studio server, such as http://127.0.0.1:8080 (default: the only one known).",
)
_token_option = click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help="File of mode 600 with the access token (default: LABEL_STUDIO_API_KEY).",
)


class _PushCommand(Command):
    """`label push`, whose section says what the team wants on its pages."""

    def extra_keys(self, folder: Path) -> set[str]:
        """Returns what `[label]` may say beside the options, whatever the folder."""
        from curate.label.team import KEYS

        return set(KEYS)


@label.command(name="push", cls=_PushCommand)
@kind_option
@_url_option
@_token_option
@click.option(
    "--project",
    type=click.IntRange(1),
    help="Number of a project on the server to use (default: the one of before, or a new one).",
)
@click.option(
    "--name", default=PushSettings.name, metavar="NAME", help="Of the queue, if it has one."
)
@click.option("--annotators", type=click.IntRange(1), help="People who answer each task.")
@click.option("--yes", cls=Once, is_flag=True, help="Send; without it the plan is shown.")
@click.option(
    "--to-file",
    cls=Once,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Instead of a server: write Label Studio's import JSON here, the interface beside it.",
)
@click.option(
    "--again",
    cls=Once,
    is_flag=True,
    help="With --to-file: also what was written before, not answered yet.",
)
@click.option(
    "--prefill",
    type=click.Choice(PREFILLS),
    default=PushSettings.prefill,
    show_default=True,
    help="Which answer is filled in.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Your own labelling interface (XML).",
)
@json_option
@pass_context
def label_push(
    context: Context,
    /,
    url: str | None,
    token_file: Path | None,
    to_file: Path | None,
    again: bool,
    yes: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Hands the queue over to annotators: shows what would be sent, and sends it with --yes.

    \b
    Example: curate label push --url http://127.0.0.1:8080 --yes
             curate label push --to-file tasks.json
    """
    settings_typed = PushSettings(**settings)
    project = context.project()
    if to_file:
        result = project.label_push_to_file(to_file, settings_typed, again=again)
    else:
        result = project.label_push(url, settings_typed, token_file=token_file, send=yes)
    show_result(result, as_json, lambda: render_push(result))


@label.command(name="sync", cls=Command)
@_url_option
@_token_option
@click.option(
    "--full", cls=Once, is_flag=True, help="Look at every task again: notices deleted tasks too."
)
@click.option(
    "--from-file",
    cls=Once,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Instead of a server: read Label Studio's JSON export.",
)
@json_option
@pass_context
def label_sync(
    context: Context,
    url: str | None,
    token_file: Path | None,
    full: bool,
    from_file: Path | None,
    as_json: bool,
) -> None:
    """Takes in what was answered, edited and deleted since, and decides what follows from it.

    \b
    Example: curate label sync
             curate label sync --from-file export.json
    """
    project = context.project()
    if from_file:
        result = project.label_sync_from_file(from_file)
    else:
        result = project.label_sync(url, token_file=token_file, full=full)
    show_result(result, as_json, lambda: render_sync(result))


@label.command(name="status", cls=Command)
@json_option
@pass_context
def label_status(context: Context, as_json: bool) -> None:
    """Shows how far annotators are, how well they agree, and how wrong the data still is.

    \b
    Example: curate label status
    """
    result = context.project().label_status()
    show_result(result, as_json, lambda: render_status(result))


@label.command(name="problems", cls=Command)
@json_option
@pass_context
def label_problems(context: Context, as_json: bool) -> None:
    """Lists the answers that are not understood, until a newer one of the annotator is.

    \b
    Example: curate label problems
    """
    result = context.project().label_problems()
    show_result({"problems": result}, as_json, lambda: render_problems(result))


@label.command(name="export", cls=Command)
@click.option(
    "--output",
    cls=Once,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write (default: print it).",
)
@click.option("--kind", type=KindOfWork(), help="Of the work (default: all).")
@click.option(
    "--format",
    "file_format",
    cls=Once,
    type=click.Choice(ANSWER_FORMATS),
    help="Of the file (default: by its ending, or csv).",
)
@click.option("--texts", cls=Once, is_flag=True, help="With the texts of the logs.")
@json_option
@pass_context
def label_export(
    context: Context,
    output: Path | None,
    kind: str | None,
    file_format: str | None,
    texts: bool,
    as_json: bool,
) -> None:
    """Writes what annotators answered: a row for each annotation and what it decides.

    \b
    Example: curate label export --output answers.csv
    """
    if as_json and not output:
        raise ConfigError("--json counts what is in a file. Next: name the file with --output")
    result, body = context.project().label_export(
        output, kind=kind, file_format=file_format, texts=texts
    )
    if output:
        show_result(result, as_json, lambda: render_export(result))
    else:
        print_data(body)


def render_push(result: PushResult) -> str:
    """Returns what was handed over, or would be."""
    title = "label push  " if result.sent else "label push  plan: "
    text = f"{title}{counted(result.tasks, 'task')} to {result.kind}, to {result.to}"
    text += f"   ({result.blind:,} without a hint, {result.prefilled:,} with an answer filled in)\n"
    if result.known:
        text += f"  handed over before: {result.known:,}\n"
    if result.found:
        text += f"  there already, from a push that broke off: {result.found:,}\n"
    if result.answers and result.seconds is not None:
        minutes = result.answers * result.seconds / 60
        amount = f"{minutes / 60:,.1f} hours" if minutes >= 60 else f"{minutes:,.0f} minutes"
        text += f"  about {amount} of work: {counted(result.answers, 'answer')} at "
        text += f"{result.seconds:,.0f} seconds\n"
    text += "".join(wrapped(f"  note: {note}", "    ") for note in result.notes)
    for example, why in result.refused[:5]:
        text += wrapped(f"  refused: {example[:12]}: {why}", "    ")
    if len(result.refused) > TASKS_SHOWN:
        text += f"  ... and {len(result.refused) - TASKS_SHOWN:,} more: --json\n"
    if not result.sent and not result.tasks:
        return text + "Nothing is left to send. Next: curate label sync\n"
    if not result.sent:
        return text + "Nothing was sent. Next: the same command with --yes\n"
    from_file = "" if result.to.startswith("http") else " --from-file EXPORT.json"
    return text + f"Next: curate label sync{from_file}\n"


def render_sync(result: SyncResult) -> str:
    """Returns what came back."""
    text = f"label sync  {counted(result.new, 'new answer')}, {result.changed:,} changed, "
    text += f"{result.same:,} known, {result.withdrawn:,} withdrawn, {result.skipped:,} skipped\n"
    phrase = ", ".join(f"{n:,} {kind}" for kind, n in sorted(result.decisions.items()))
    text += f"  decisions: {phrase}\n" if phrase else ""
    text += "".join(wrapped(f"  note: {note}", "    ") for note in result.notes)
    if result.foreign:
        text += f"  {counted(result.foreign, 'answer')} to tasks that did not come from here\n"
    for key, what in result.problems[:TASKS_SHOWN]:
        task = f"task {key[:12]}: " if key else ""
        text += wrapped(f"  not counted: {task}{what}", "    ")
    if len(result.problems) > TASKS_SHOWN:
        text += f"  ... and {len(result.problems) - TASKS_SHOWN:,} more: --json\n"
    if result.unread:
        text += f"  {counted(result.unread, 'answer')} not understood in all\n"
        return text + "Next: curate label problems\n"
    return text + "Next: curate status\n"


def render_export(result: AnswersExport) -> str:
    """Returns what was written, and what of it decides nothing."""
    text = f"label export  {counted(result.rows, 'row')} of {counted(result.annotations, 'answer')}"
    text += f" to {counted(result.tasks, 'task')} by {counted(result.annotators, 'annotator')}"
    parts = [
        f"{number:,} {what}"
        for number, what in (
            (result.skipped, "skipped"),
            (result.withdrawn, "withdrawn"),
            (result.problems, "with a problem"),
            (result.gold, "to gold questions"),
            (result.adjudications, "to adjudications"),
        )
        if number
    ]
    text += f", to {result.output}\n"
    return text + (f"  of them {', '.join(parts)}\n" if parts else "")


def render_problems(problems: Sequence[AnswerProblem]) -> str:
    """Returns each answer that is not understood, and how to see what it is about."""
    text = f"label problems  {counted(len(problems), 'answer')} not understood\n"
    for one in problems[:PROBLEMS_SHOWN]:
        text += wrapped(
            f"  {one.kind} task {one.task_key[:12]}, annotation {one.annotation_id} by annotator "
            f"{one.annotator}, {one.server}: {one.why}   See: curate why {one.example_id[:12]}",
            "    ",
        )
    if len(problems) > PROBLEMS_SHOWN:
        text += f"  ... and {len(problems) - PROBLEMS_SHOWN:,} more: --json\n"
    if not problems:
        return text + "Next: curate label status\n"
    if all("curate queue --adjudicate" in one.why for one in problems):
        return text + "Next: curate queue --adjudicate\n"
    return text + "Next: correct the answers in Label Studio, then curate label sync\n"


_DIFFERING_SHOWN = 5


def render_status(result: LabelStatus) -> str:
    """Returns the state of all labelling."""
    if not result.progress:
        return "Nothing was queued yet. Next: curate queue\n"
    text = _progress(result)
    text += "".join(_agreement(part) for part in result.agreement)
    text += _gold(result.gold)
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
            + ([_rate(r.rate), f"{r.low:.1%}", f"{r.high:.1%}"] if r.told else ["", "", ""])
            + [r.more if r.told else ""]
            for r in result.error_rates
        ]
        head = ["side", "examples", "reviewed", "audited", "wrong", "still wrong", "from", "to"]
        text += "\n" + table([*head, "to halve"], rates)
    else:
        text += "\n" + render_how_wrong((), result.audits_waiting)
    return text + f"Next: {_next_of_status(result)}\n"


def _rate(rate: float) -> str:
    """Returns how wrong a side still is; that nothing was seen is not that there is nothing."""
    return f"{rate:.1%}" if rate else "none seen"


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
    if result.unread:
        text += f"{counted(result.unread, 'answer')} not understood: curate label problems\n"
    return text + _remarks(result)


def _said(control: str, value: str | None) -> str:
    if value is None:
        return "without a reason"
    return CANNOT.get(value, value) if control == "cannot" else value


def _remarks(result: LabelStatus) -> str:
    """Returns what annotators said beside their answers, a line per kind and control."""
    said: dict[tuple[str, str], list[RemarkCount]] = {}
    for one in result.remarks:
        said.setdefault((one.kind, one.control), []).append(one)
    text = ""
    for (kind, control), counts in said.items():
        if control.startswith(RUBRIC):
            people = sum(one.count for one in counts)
            mean = sum(int(one.value or 0) * one.count for one in counts) / people
            text += f"{control.removeprefix(RUBRIC)} of {kind}: {mean:.1f} of 5 stars, "
            text += f"{counted(people, 'rating')}\n"
        else:
            what = "skipped to" if control == "cannot" else "tags of"
            parts = [f"{one.count:,} {_said(control, one.value)}" for one in counts]
            text += wrapped(f"{what} {kind}: {', '.join(parts)}", "  ")
    return text


def _agreement(agreement: Agreement) -> str:
    alpha = "" if agreement.alpha is None else f", Krippendorff's alpha {agreement.alpha:.2f}"
    tied = f"; {agreement.tied:,} tied" if agreement.tied else ""
    of_all = agreement.spans
    marked = f"span F1 {_share(of_all)} (95%: {_interval(of_all)}); " if of_all else ""
    phrase = (
        f"{agreement.kind}   {agreement.questions:,} questions with several answers; {marked}"
        f"{agreement.same:.0%} of pairs are the same{alpha} ({agreement.level}){tied}"
    )
    text = "\n" + wrapped(phrase)
    spans = ["span F1", "95%"] if of_all else []
    head = ["annotator", "answers", "shared", *spans]
    head += ["same as others", "95%", "as consensus", "quality"]
    weighed = any(a.quality is not None for a in agreement.annotators)
    rows = [
        [a.annotator, a.answers, a.shared]
        + ([_share(a.spans), _interval(a.spans)] if of_all else [])
        + [None if a.same is None else f"{a.same:.0%}"]
        + [None if a.same is None else f"{a.low:.0%} to {a.high:.0%}"]
        + [None if n is None else f"{n:.0%}" for n in (a.consensus, a.quality)]
        for a in agreement.annotators
    ]
    shown = len(head) if weighed else len(head) - 2
    text += textwrap.indent(table(head[:shown], [row[:shown] for row in rows]), "  ")
    for d in agreement.differing[:_DIFFERING_SHOWN]:
        most = "a tie" if d.majority is None else f"the majority's {d.majority!r}"
        text += f"  {d.example_id[:12]}  Dawid-Skene: {d.dawid_skene!r} at {percent(d.chance)}, "
        text += f"not {most}\n"
    if len(agreement.differing) > _DIFFERING_SHOWN:
        text += f"  ... and {len(agreement.differing) - _DIFFERING_SHOWN:,} more: --json\n"
    for one in agreement.doubted[:_DIFFERING_SHOWN]:
        text += f"  {one.example_id[:12]}  ask once more: like texts and annotators' quality say "
        text += f"{one.likely!r} at {percent(one.quality)}, not {one.majority!r}\n"
    if len(agreement.doubted) > _DIFFERING_SHOWN:
        text += f"  ... and {len(agreement.doubted) - _DIFFERING_SHOWN:,} more: --json\n"
    for note in agreement.notes:
        text += wrapped(f"  note: {note}", "    ")
    return text


def _share(spans: SpanAgreement | None) -> str | None:
    return None if spans is None else f"{spans.f1:.0%}"


def _interval(spans: SpanAgreement | None) -> str | None:
    return None if spans is None else f"{spans.low:.0%} to {spans.high:.0%}"


def _gold(records: Sequence[GoldRecord]) -> str:
    """Returns how often each annotator was right on gold questions, where there were enough."""
    if not records:
        return ""
    rows = [
        [
            *(r.kind, r.annotator, r.right, r.answered, r.skipped),
            "too few" if r.share is None else f"{r.share:.0%}",
            None if r.share is None else f"{r.low:.0%} to {r.high:.0%}",
        ]
        for r in records
    ]
    head = ["gold questions", "annotator", "right", "answered", "skipped", "share", "95%"]
    return "\n" + table(head, rows)


def _next_of_status(result: LabelStatus) -> str:
    waiting = sum(p.waiting for p in result.progress)
    if queued := [p.kind for p in result.progress if p.queued]:
        return f"curate label push --kind {queued[0]}"
    return "curate label sync" if waiting else "curate queue"

"""`curate export`: writes the next version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from curate.cli import words
from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.cli.settings import Several
from curate.cli.terminal import echo
from curate.export.options import ExportSettings
from curate.options import GROUPS, SPLITS, SplitSettings
from curate.text.wording import counted, wrapped

if TYPE_CHECKING:
    from curate.export.options import ExportResult
    from curate.versions.send import Sent


class _Share(click.ParamType[float]):
    """A share, written as 3% or 0.03."""

    name = "SHARE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        text = str(value).strip()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = -1.0
        if not 0 < share < 1:
            self.fail(f"{text!r} is no share: write 3% or 0.03", param, ctx)
        return share


@cli.command()
@click.argument("name")
@click.option(
    "--format",
    "format",
    cls=Several,
    multiple=True,
    metavar="FORMAT",
    help="trl-prompt-completion, trl-dpo, trl-kto, openai-chat, openai-dpo, sharegpt, alpaca, "
    "classification, extraction, records; repeatable.",
)
@click.option(
    "--test-size",
    type=float,
    default=SplitSettings.test_size,
    show_default=True,
    help="Share of new split units that is held out.",
)
@click.option(
    "--leak-threshold",
    type=float,
    default=SplitSettings.leak_threshold,
    show_default=True,
    help="Jaccard similarity of inputs from which on two examples leak.",
)
@click.option(
    "--seed",
    type=int,
    default=SplitSettings.seed,
    show_default=True,
    help="Of the draw and the order.",
)
@click.option(
    "--group",
    type=click.Choice(GROUPS),
    default=SplitSettings.group,
    show_default=True,
    help="user: calls of one user stay on one side, where they have no group (--map group=COLUMN).",
)
@click.option(
    "--split",
    type=click.Choice(SPLITS),
    default=SplitSettings.split,
    show_default=True,
    help="time: of new units, the newest are held out.",
)
@click.option(
    "--val-size",
    type=float,
    help="Share of train units that goes into validation.jsonl instead: 0.1. It holds for the next "
    "exports of NAME; 0 ends it.",
)
@click.option("--limit", type=click.IntRange(1), help="At most so many train examples.")
@click.option(
    "--min-train",
    type=click.IntRange(0),
    default=ExportSettings.min_train,
    show_default=True,
    help="Fewest train examples (exit 3 below).",
)
@click.option(
    "--min-test",
    type=click.IntRange(0),
    default=ExportSettings.min_test,
    show_default=True,
    help="Fewest held-out examples (exit 3 below).",
)
@click.option(
    "--max-error",
    type=_Share(),
    help="How wrong train and test may be (3% or 0.03): the upper end of the 95% interval that "
    "audits give (exit 3 above, or without an audit).",
)
@click.option("--lossy", is_flag=True, help="Leave out what the format cannot express.")
@click.option(
    "--against",
    multiple=True,
    metavar="FILE",
    help="An evaluation set whose prompts must not be in train (FILE#COLUMN names its column); "
    "repeatable.",
)
@click.option(
    "--mix",
    multiple=True,
    metavar="FILE:SHARE",
    help="General data, as a share of train: general.jsonl:10%; repeatable.",
)
@click.option(
    "--mix-by",
    type=click.Choice(["rows", "tokens"]),
    default=ExportSettings.mix_by,
    show_default=True,
    help="What the share is of.",
)
@click.option("--target", metavar="TARGET", help="Whose rules the lines keep (curate check).")
@click.option(
    "--tokenizer",
    metavar="FILE",
    help="Counts tokens: a tokenizer.json, o200k_base, cl100k_base or estimate.",
)
@click.option(
    "--max-length", type=click.IntRange(1), help="Tokens that the trainer takes of a row."
)
@click.option(
    "--reasoning",
    is_flag=True,
    help="Keep what the model thought before an answer, as `reasoning_content`.",
)
@click.option(
    "--fresh",
    is_flag=True,
    help="Write nothing where a stage is not up to date (exit 3); without it they are named.",
)
@click.option(
    "--to",
    metavar="URL",
    help="Send the version to URL/NAME/vN too: a folder, or a bucket such as s3://bucket/data.",
)
@click.option(
    "--yes", cls=Once, is_flag=True, help="Send; without it --to shows what would be sent."
)
@click.option(
    "--dry-run", cls=Once, is_flag=True, help="Say what would be written, and write nothing."
)
@json_option
@pass_context
def export(
    context: Context,
    /,
    name: str,
    as_json: bool,
    to: str | None,
    yes: bool,
    dry_run: bool,
    **options: Any,
) -> None:
    """Writes the next version of a dataset: train.jsonl, test.jsonl, manifest, card, lineage.

    \b
    Examples: curate export support-sft --format openai-chat
              curate export support-sft --group user --split time
              curate export support-sft --to s3://bucket/data --yes
    """
    url = _checked(context, to, yes, dry_run)
    project = context.project()
    settings = _export_settings(context, options)
    on_stale = _ignore if as_json else _say_stale
    result = project.export(name, settings, dry_run=dry_run, on_stale=on_stale)
    if url is None:
        show_result(result, as_json, lambda: render_export(result, dry_run))
        return
    sent = project.send(f"{name}@{result.version}", url, yes=yes)
    both = {**vars(result), "sent": sent}
    text = render_export(result, False) + render_sent(sent)
    show_result(both, as_json, lambda: text)


def _say_stale(stages: tuple[str, ...]) -> None:
    from curate.stale import command

    echo(f"not up to date: {', '.join(stages)}. Next: {command(stages)}\n", err=True)


def _ignore(_: tuple[str, ...]) -> None:
    """Leaves it to the key `stale` of the JSON."""


def _checked(context: Context, to: str | None, yes: bool, dry_run: bool) -> str | None:
    """Returns where to send: as typed, or as curate.toml says, whose paths are in its folder."""
    source = click.get_current_context().get_parameter_source("to")
    if yes and not to:
        raise click.UsageError("--yes sends a version: say where with --to.")
    if dry_run and source is ParameterSource.COMMANDLINE:
        raise click.UsageError("--dry-run writes no version that --to could send.")
    if to is None or dry_run:
        return None
    if source is not ParameterSource.DEFAULT_MAP:
        return to
    from curate import config
    from curate.files.buckets import from_toml, is_url

    where = config.place(context.folder, "export", "to")
    return from_toml(to, where) if is_url(to) else str(context.folder / to)


def _export_settings(context: Context, options: dict[str, Any]) -> ExportSettings:
    names = ("test_size", "leak_threshold", "seed", "group", "split")
    split = SplitSettings(*(options.pop(name) for name in names))
    for name in ("against", "mix"):
        options[name] = tuple(_of_file(context, name, text) for text in options[name])
    if (tokenizer := options["tokenizer"]) and "." in tokenizer:
        options["tokenizer"] = _of_file(context, "tokenizer", tokenizer)
    return ExportSettings(tuple(options.pop("format")), split, **options)


def _of_file(context: Context, option: str, text: str) -> str:
    """Returns a path as typed; one that curate.toml names is in that file's folder."""
    source = click.get_current_context().get_parameter_source(option)
    return str(context.folder / text) if source is ParameterSource.DEFAULT_MAP else text


def render_export(result: ExportResult, dry_run: bool) -> str:
    """Returns what an export wrote."""
    validation = f"{result.validation:,} validation + " if result.validation else ""
    counts = f"{result.train:,} train + {validation}{result.test:,} test"
    name = f"sha256 {result.content_id[:12]}...   " if result.content_id else ""
    title = f"{result.name} v{result.version}   {name}{counts}\n"
    if not result.created:
        text = title + "  unchanged: this is the latest version already\n"
        return text + _notes(result) + words.render_unseen(result.unseen)
    if dry_run:
        title = title.rstrip("\n") + "   (dry run: nothing written)\n"
    text = title + _notes(result) + "".join(_file(result, file) for file in result.files)
    split = result.split
    text += (
        f"  leak check: passed (conversation, same input, near-duplicate from "
        f"{split['leak_threshold']})\n    withheld {split['withheld']:,}, quarantined "
        f"{split['quarantined']:,}, exposed {split['exposed']:,}\n"
    )
    text += _of_split(split) + words.render_unseen(result.unseen)
    text += f"  {words.render_how_wrong(result.error_rates)}" if result.error_rates else ""
    if result.pending:
        text += f"  {result.pending:,} held-out examples wait for a good answer\n"
    text += _on_the_way(result)
    if dry_run:
        return text + (
            "  not looked at: personal data and secrets, the rules of the target, tokens\n"
            "Next: the same command without --dry-run\n"
        )
    before = f"curate diff {result.name}@{result.version - 1} {result.name}@{result.version}, or "
    return text + f"Next: {before if result.version > 1 else ''}curate verify {result.name}\n"


def _of_split(split: Mapping[str, Any]) -> str:
    """Returns what the kind of split means for train."""
    text = ""
    if n := split["withheld_by_user"]:
        text += f"    {n:,} of these withheld since their users are in test\n"
    if n := split["published"]:
        text += f"    {n:,} of these withheld since an exported test file shows what they leak\n"
    if n := split["evicted"]:
        text += f"    {n:,} of these evicted: the late evaluation set has what they leak\n"
    if n := split["evicting"]:
        text += wrapped(
            f"  late evaluation set: {counted(n, 'test example')} that measure models trained on "
            "this version or a later one",
            "    ",
        )
    if split["split"] == "time":
        text += wrapped(
            f"  split by time: {split['newer_train']:,} train examples are newer than the oldest "
            f"test example; {split['untimed']:,} new examples without a time went to train",
            "    ",
        )
    return text


def _notes(result: ExportResult) -> str:
    return "".join(wrapped(f"  note: {note}", "    ") for note in result.notes)


def _file(result: ExportResult, file: Mapping[str, Any]) -> str:
    text = f"  {result.folder / file['path']}   {file['format']}   "
    if "bytes" not in file:
        return text + f"{counted(file['rows'], 'line')}\n"
    text += f"{file['bytes'] / 1e6:,.1f} MB\n"
    tokens = file["tokens"]
    if file["split"] != "train" or not tokens:
        return text
    about = "" if tokens["exact"] else ", an estimate"
    text += (
        f"    tokens p50 {tokens['p50']:,}, p95 {tokens['p95']:,}, p99 {tokens['p99']:,}, max "
        f"{tokens['max']:,} ({tokens['counter'] if tokens['exact'] else 'no tokenizer'}{about})\n"
    )
    if tokens["cut"]:
        text += f"    {tokens['cut']:,} rows are longer than {tokens['max_length']:,} tokens\n"
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
            refusals = "".join(f", {n:,} {reason}" for reason, n in file["refused"].items())
            text += f"    {file['name']}: {counted(file['prompts'], 'prompt')}{refusals}\n"
    for pool in result.mixed:
        text += (
            f"  mixed in: {pool['taken']:,} of {pool['available']:,} from {pool['source']}, "
            f"{pool['got']:.1%} of train"
        )
        refusals = ", ".join(f"{n:,} {reason}" for reason, n in pool["left_out"].items())
        text += f" (left out: {refusals})\n" if refusals else "\n"
    if result.hidden:
        kinds = ", ".join(f"{n:,} {kind}" for kind, n in result.hidden.items())
        text += wrapped(f"  hidden behind placeholders: {kinds}", "    ")
    for rule, n in result.warnings.items():
        text += f"  warning: {rule}: {counted(n, 'line')}\n"
    return text


def render_sent(result: Sent) -> str:
    """Returns what of a version was sent, or would be."""
    what = f"{len(result.files):,} files, {result.bytes / 1e6:,.1f} MB"
    if result.state == "there":
        return f"{result.version} is there already: {result.to}   {what}\n"
    if result.state == "sent":
        return f"sent {result.version} to {result.to}   {what}\n"
    text = f"plan: {result.version} to {result.to}   {what}\n  {', '.join(result.files)}\n"
    return text + "Nothing was sent. Next: the same command with --yes\n"

"""Commands about versions: export, versions, verify, diff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from curate.cli.group import Context, cli, json_option, pass_context, show_result
from curate.errors import GateFailed

if TYPE_CHECKING:
    from curate.export import ExportSettings


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
    multiple=True,
    metavar="FORMAT",
    help="trl-prompt-completion, trl-dpo, trl-kto, openai-chat, openai-dpo, sharegpt, alpaca, "
    "classification, extraction, records; repeatable.",
)
@click.option(
    "--test-size",
    type=float,
    default=0.1,
    show_default=True,
    help="Share of new split units that is held out.",
)
@click.option(
    "--leak-threshold",
    type=float,
    default=0.8,
    show_default=True,
    help="Jaccard similarity of inputs from which on two examples leak.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draw and the order.")
@click.option("--limit", type=click.IntRange(1), help="At most so many train examples.")
@click.option(
    "--min-train",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Fewest train examples (exit 3 below).",
)
@click.option(
    "--min-test",
    type=click.IntRange(0),
    default=1,
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
    default="rows",
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
    "--to",
    metavar="URL",
    help="Send the version to URL/NAME/vN too: a folder, or a bucket such as s3://bucket/data.",
)
@click.option("--yes", is_flag=True, help="Send; without it --to shows what would be sent.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
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
              curate export support-sft --to s3://bucket/data --yes
    """
    from curate import show_versions

    url = _checked(context, to, yes, dry_run)
    project = context.project()
    settings = _export_settings(context, options)
    result = project.export(name, settings, dry_run=dry_run)
    if url is None:
        show_result(result, as_json, lambda: show_versions.export(result, dry_run))
        return
    sent = project.send(f"{name}@{result.version}", url, yes=yes)
    both = {**vars(result), "sent": sent}
    text = show_versions.export(result, False) + show_versions.sent(sent)
    show_result(both, as_json, lambda: text)


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
    from curate.buckets import from_toml, is_url

    where = f"{context.folder / 'curate.toml'}: [export] to"
    return from_toml(to, where) if is_url(to) else str(context.folder / to)


def _export_settings(context: Context, options: dict[str, Any]) -> ExportSettings:
    from curate.export import ExportSettings
    from curate.split import SplitSettings

    names = ("test_size", "leak_threshold", "seed")
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


@cli.command()
@json_option
@pass_context
def versions(context: Context, as_json: bool) -> None:
    """Lists the exported versions.

    \b
    Example: curate versions --json
    """
    from curate import show_versions

    result = context.project().versions()
    show_result(result, as_json, lambda: show_versions.versions(result))


@cli.command()
@click.argument("version", required=False)
@json_option
@pass_context
def verify(context: Context, version: str | None, as_json: bool) -> None:
    """Recomputes hashes, counts and leaks of NAME, NAME@N or all versions (exit 3 on a problem).

    \b
    Example: curate verify support-sft@3
    """
    from curate import show_versions

    result = context.project().verify(version)
    show_result(result, as_json, lambda: show_versions.verify(result))
    if any(checked.problems for checked in result):
        raise SystemExit(GateFailed.exit_code)


@cli.command()
@click.argument("a")
@click.argument("b")
@json_option
@pass_context
def diff(context: Context, a: str, b: str, as_json: bool) -> None:
    """Shows what moved from version A to version B, and why.

    \b
    Example: curate diff support-sft@2 support-sft@3
    """
    from curate import show_versions

    result = context.project().diff(a, b)
    show_result(result, as_json, lambda: show_versions.diff(result))

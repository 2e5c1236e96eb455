"""`curate report`: writes one HTML file to look at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.errors import ConfigError

if TYPE_CHECKING:
    from curate.report.report import ReportResult


@cli.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to write it (default: reports/report.html in the project).",
)
@click.option("--open", "is_opened", cls=Once, is_flag=True, help="Open it in the browser.")
@click.option(
    "--personal-data", is_flag=True, help="Show it as it was logged; secrets stay hidden."
)
@json_option
@pass_context
def report(
    context: Context, output: Path | None, is_opened: bool, personal_data: bool, as_json: bool
) -> None:
    """Writes one HTML file that shows the day; it needs no network.

    \b
    Example: curate report --open
    """
    result = context.project().report(output, personal_data=personal_data)
    told = result.numbers() if as_json else result
    show_result(told, as_json, lambda: render_report(result, is_opened=is_opened))
    if is_opened and click.launch(str(result.path.resolve())):
        raise ConfigError(f"nothing here opens a browser. Next: open {result.path} in one")


def render_report(result: ReportResult, *, is_opened: bool = False) -> str:
    """Returns where the file is, and which questions have no answer yet."""
    text = (
        f"report      {result.path}   {result.bytes / 1e6:.1f} MB   sha256 {result.sha256[:12]}\n"
    )
    for block in result.blocks:
        if not block.parts:
            text += f"  {block.title}: {block.missing}\n"
    return text if is_opened else f"{text}Next: open it in a browser, or curate report --open\n"

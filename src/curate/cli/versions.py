"""`curate versions`: lists versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from curate.cli.group import Context, cli, json_option, pass_context, show_result
from curate.text.wording import WIDTH, table, width

if TYPE_CHECKING:
    from curate.versions.versions import Version


@cli.command()
@json_option
@pass_context
def versions(context: Context, as_json: bool) -> None:
    """Lists the exported versions.

    \b
    Example: curate versions --json
    """
    result = context.project().versions()
    show_result(result, as_json, lambda: render_versions(result))


def render_versions(versions: Sequence[Version]) -> str:
    """Returns the versions as a table."""
    if not versions:
        return "No version yet. Next: curate export NAME\n"
    shown, when = (12, "%Y-%m-%d %H:%M") if width() >= WIDTH else (8, "%Y-%m-%d")
    return table(
        ["version", "content id", "test id", "train", "test", "pending", "formats", "exported"],
        [
            [
                v.label,
                v.content_id[:shown],
                v.test_id[:shown],
                v.train,
                v.test,
                v.pending,
                ", ".join(v.formats),
                f"{v.exported_at:{when}}",
            ]
            for v in versions
        ],
    )

"""`curate versions`: lists versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from curate.cli.group import Context, cli, json_option, pass_context, show_result
from curate.text.wording import table

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
    return table(
        ["version", "content id", "test id", "train", "test", "pending", "formats", "exported"],
        [
            [
                v.label,
                v.content_id[:12],
                v.test_id[:12],
                v.train,
                v.test,
                v.pending,
                ", ".join(v.formats),
                f"{v.exported_at:%Y-%m-%d %H:%M}",
            ]
            for v in versions
        ],
    )

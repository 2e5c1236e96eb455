"""`curate cluster`: groups inputs by subject."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.cli.words import render_alarms
from curate.text.wording import counted, table, wrapped

if TYPE_CHECKING:
    from curate.cluster import ClusterResult


@cli.command()
@click.option(
    "--refit", cls=Once, is_flag=True, help="Find the clusters anew; ids stay by overlap."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the fit.")
@json_option
@pass_context
def cluster(context: Context, refit: bool, seed: int, as_json: bool) -> None:
    """Groups inputs by subject, names the groups, and assigns new inputs to them.

    \b
    Example: curate cluster --refit
    """
    result = context.project().cluster(refit=refit, seed=seed)
    show_result(result, as_json, lambda: render_cluster(result))


CLUSTERS_SHOWN = 12


def render_cluster(result: ClusterResult) -> str:
    """Returns the clusters, and what silences one."""
    fitted = "fitted anew" if result.fitted else "fit kept"
    text = (
        f"cluster     {counted(result.clusters, 'cluster')} ({fitted}), {result.assigned:,} inputs "
        "assigned\n"
    )
    rows = [
        [
            row.cluster_id,
            row.name[:36],
            row.examples,
            f"{row.mean_rating:.1f}" if row.mean_rating else "",
            f"{row.unrated:.0%}",
            row.train,
            row.test,
        ]
        for row in result.rows[:CLUSTERS_SHOWN]
    ]
    columns = ["id", "name", "examples", "rating", "unrated", "train", "test"]
    text += textwrap.indent(table(columns, rows), "  ") if rows else ""
    if len(result.rows) > CLUSTERS_SHOWN:
        text += (
            f"  ... and {len(result.rows) - CLUSTERS_SHOWN:,} smaller ones: curate cluster --json\n"
        )
    if result.without_vector:
        text += f"  note: {result.without_vector:,} inputs have no vector: curate embed\n"
    if result.found_in:
        text += f"  note: found in {result.found_in:,} inputs; others joined the nearest cluster\n"
    text += "".join(wrapped(f"  note: {note}", "    ") for note in result.notes)
    return text + render_alarms(result.alarms)

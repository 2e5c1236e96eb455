"""`curate status`: shows where every example stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from curate.cli import words
from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.cli.words import render_alarms
from curate.text.reasons import REASONS
from curate.text.wording import counted, table, wrapped

if TYPE_CHECKING:
    from curate.status import Status


@cli.command()
@click.option("--rejects", cls=Once, is_flag=True, help="List the documents that were refused.")
@json_option
@pass_context
def status(context: Context, rejects: bool, as_json: bool) -> None:
    """Shows where every example stands, and what to do next.

    \b
    Example: curate status --rejects
    """
    project = context.project()
    if rejects:
        refused = project.rejects(None if as_json else _REJECTS)
        show_result(refused, as_json, lambda: render_rejects(refused, project.reject_reasons()))
        return
    result = project.status()
    show_result(result, as_json, lambda: render_status(result))


_STATUS_CLUSTERS = 5
_STATUS_MODELS = 6
_REJECTS = 50


def render_rejects(rows: Sequence[Mapping[str, Any]], reasons: Mapping[str, int]) -> str:
    """Returns the refused documents, after how many there are for each reason."""
    if not rows:
        return "Nothing was refused.\n"
    total = sum(reasons.values())
    counts = ", ".join(f"{number:,} {reason}" for reason, number in reasons.items())
    text = wrapped(f"{counted(total, 'refused document')}: {counts}")
    text += table(
        ["file", "line", "reason", "detail"],
        [[r["location"], r["line"], r["reason"], (r["detail"] or "")[:60]] for r in rows],
    )
    if total > len(rows):
        text += f"... and {total - len(rows):,} more: curate status --rejects --json\n"
    return text


def render_status(status: Status) -> str:
    """Returns the funnel."""
    rows: list[list[Any]] = [[f"{status.interactions:,}", "interactions", "", ""]]
    rows += [
        [f"-{r.examples:,}", REASONS.get(r.reason, r.reason), f"-{r.train:,}", f"-{r.test:,}"]
        for r in status.funnel
    ]
    ready = "ready as single answers" if status.pairs[0] else "ready"
    rows.append([f"{status.train + status.test:,}", ready, f"{status.train:,}", f"{status.test:,}"])
    text = table(["", "", "train", "test"], rows)
    if not status.split_given:
        text += "sides of new examples as the next export would give them\n"
    if status.pending and not status.pairs[0]:
        text += f"{status.pending:,} held-out examples wait for a good answer\n"
    text += "".join(f"issue: {n:,} {kind.replace('_', ' ')}\n" for kind, n in status.issues)
    text += words.render_pairs_ready(status.pairs)
    if status.rejects:
        text += f"{counted(status.rejects, 'refused document')}: curate status --rejects\n"
    if status.unmatched_feedback:
        text += f"feedback that waits for its call: {status.unmatched_feedback:,}\n"
    if status.unchecked:
        text += f"{status.unchecked:,} examples are not filtered yet\n"
    if "filter" in status.stale:
        text += "curate.toml or a rule file says otherwise than the rules in force: curate run\n"
    if other := [stage for stage in status.stale if stage != "filter"]:
        text += f"not up to date: {', '.join(other)}\n"
    text += _size(status)
    text += (
        words.render_how_wrong(status.error_rates, status.audits_waiting)
        if status.train + status.test
        else ""
    )
    text += f"form: {status.form.said}\n" if status.form else ""
    text += words.render_reviewed(status.detectors) + _spread(status) + _models(status)
    if status.latest:
        text += f"exported: {', '.join(status.latest)}\n"
    return text + f"Next: {status.next}\n"


def _spread(status: Status) -> str:
    """Returns how production and train differ: the clusters at a glance, and what is thin."""
    text = ""
    if status.clusters:
        rows = [
            [c.cluster_id, c.name[:40], c.examples, c.train, c.test]
            for c in status.clusters[:_STATUS_CLUSTERS]
        ]
        text += table(["cluster", "name", "production", "train", "test"], rows)
        if len(status.clusters) > _STATUS_CLUSTERS:
            text += f"... and {len(status.clusters) - _STATUS_CLUSTERS:,} more: curate cluster\n"
    if thin := status.thin:
        more = f", and {len(thin) - 4:,} more" if len(thin) > 4 else ""
        text += wrapped(f"thin (under 10 in train): {', '.join(thin[:4])}{more}")
    return text + render_alarms(status.alarms)


def _models(status: Status) -> str:
    """Returns what production's models took in the last months."""
    rows = [
        [
            one.model or "(not said)",
            one.month or "",
            one.calls,
            "" if one.p50_ms is None else f"{one.p50_ms:,.0f} ms",
            "" if one.p95_ms is None else f"{one.p95_ms:,.0f} ms",
            "" if one.cost_usd is None else f"{one.cost_usd:,.2f}",
            one.tokens or "",
        ]
        for one in status.models[:_STATUS_MODELS]
    ]
    header = ["model", "month", "calls", "p50", "p95", "USD", "tokens"]
    used = [c for c in range(len(header)) if c < 3 or any(row[c] != "" for row in rows)]
    if not rows:
        return ""
    return table([header[c] for c in used], [[row[c] for c in used] for row in rows])


_RULE_OF_THUMB = "200-500 are the least for a narrow task, 1,000-2,000 reliable"
"""What practice says; of preference pairs it says nothing that holds for most (docs/status.md)."""


def _size(status: Status) -> str:
    """Returns how much there is to train on, beside what a rule of thumb says of the task."""
    if status.task == "preference":
        return (
            f"effective train size {counted(status.pairs[1], 'pair')}; no rule says how many do\n"
        )
    measured = ". Measured: curate curve" if status.labels else ""
    return wrapped(
        f"effective train size {status.train:,} (after duplicates); rule of thumb: "
        f"{_RULE_OF_THUMB}{measured}"
    )

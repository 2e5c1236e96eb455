"""`curate evaluations`: what was said of models so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from curate.cli.group import Context, cli, json_option, pass_context, show_result
from curate.text.wording import table

if TYPE_CHECKING:
    from curate.evaluate.looks import PastEvaluation


@cli.command()
@json_option
@pass_context
def evaluations(context: Context, as_json: bool) -> None:
    """Lists what models reached so far; figures of one held-out part can be compared.

    \b
    Example: curate evaluations --json
    """
    result = context.project().evaluations()
    show_result(result, as_json, lambda: render_evaluations(result))


def render_evaluations(evaluations: Sequence[PastEvaluation]) -> str:
    """Returns the models of all evaluations as a table."""
    if not evaluations:
        return "No evaluation yet. Next: curate evaluate NAME --answers tuned=answers.jsonl\n"
    rows = []
    for one in evaluations:
        metric = one.result["metric"]
        for model in one.result["candidates"]:
            if model["kind"] == "baseline":
                continue
            rows.append(
                [
                    one.version,
                    one.test_id[:12],
                    model["name"],
                    model["trained_on"] or "",
                    metric,
                    f"{model['scores'].get(metric, 0):.1%}",
                    f"{model['low']:.1%} to {model['high']:.1%}",
                    f"{one.at:%Y-%m-%d %H:%M}",
                ]
            )
    header = ["version", "test id", "model", "trained on", "metric", "score", "95%", "at"]
    return table(header, rows)

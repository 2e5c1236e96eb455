"""What models reached on the held-out part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curate.evaluate import looks
from curate.report import plots
from curate.report.blocks import block
from curate.report.parts import Grid, Part, Percent, Sentence
from curate.report.state import State

_WORDS = {
    "beats": "beats it", "as_good_and_cheaper": "as good, and cheaper", "no": "does not beat it",
    "cannot_tell": "cannot be told yet",
}  # fmt: skip


_KINDS = {
    "file": "answers from a file", "ask": "asked at its endpoint", "logs": "what production said",
    "baseline": "baseline",
}  # fmt: skip


@block(
    order=130,
    title="How good the models are",
    command="curate evaluations; curate evaluate NAME",
    missing="no model was evaluated yet: curate evaluate NAME --answers tuned=answers.jsonl",
)
def evaluations(state: State) -> Sequence[Part]:
    """Returns the models of the last evaluation of each version, against its baselines."""
    parts: list[Part] = []
    last = {one.version: one for one in looks.evaluations(state.store)}
    for one in reversed(last.values()):
        parts += _evaluation(state, one.version, one.result)
    missing = [name for name in state.status.latest if name not in last]
    if last and missing:
        names = state.hide(", ".join(missing))
        parts.insert(0, Sentence(f"Of the newest version no model is evaluated: {names}."))
    return parts


def _evaluation(state: State, version: str, result: Mapping[str, Any]) -> list[Part]:
    metric = result["metric"]
    models = [
        {"value": state.hide(m["name"]), "share": m["scores"].get(metric, 0.0), "low": m["low"],
         "high": m["high"], "n": m["answered"]}
        for m in result["candidates"]
    ]  # fmt: skip
    caption = f"{state.hide(version)}: {metric} of each model, with 95% intervals"
    scored = [
        (state.hide(m["name"]), _KINDS.get(m["kind"], m["kind"]), m["answered"],
         *map(Percent, (m["scores"].get(metric, 0.0), m["low"], m["high"])))
        for m in result["candidates"]
    ]  # fmt: skip
    head = ("model", "against", "difference, points", "95% from", "to", "examples", "so it")
    rows = [
        (state.hide(c["candidate"]), state.hide(c["baseline"]), _points(c["difference"]),
         _points(c["low"]), _points(c["high"]), c["n"], _WORDS.get(c["verdict"], c["verdict"]))
        for c in result["comparisons"]
    ]  # fmt: skip
    beats = [row for row in rows if row[-1] == _WORDS["beats"]]
    text = f"{state.hide(version)}, {result['held_out']:,} held-out examples, {metric}: "
    text += "; ".join(f"{row[0]} beats {row[1]} by {row[2]} points" for row in beats) or (
        "no model is known to beat a baseline"
    )
    return [
        Sentence(text + "."), plots.intervals(models, caption, metric),
        Grid(("model", "what it is", "answers", metric, "95% from", "to"), scored,
             f"{state.hide(version)}: models"),
        Grid(head, rows, f"{state.hide(version)}: candidates against baselines"),
    ]  # fmt: skip


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f}"

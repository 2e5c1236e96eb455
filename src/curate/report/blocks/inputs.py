"""The map of inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from curate.map import positions, unplaced
from curate.report.blocks import block
from curate.report.parts import MapOfInputs, Part, Sentence
from curate.report.state import State
from curate.store import sql
from curate.text.reasons import REASONS
from curate.text.wording import counted, shortened

MOST_POINTS = 40_000
"""Points that are drawn; of more, those with the lowest hashes are."""


_TEXT = 140
_NAMED = 300
_UNRATED = "not rated"


@block(
    order=50,
    title="The map: what people ask",
    command="curate map; curate browse",
    missing="no map is stored yet: curate map",
)
def inputs(state: State) -> Sequence[Part]:
    """Returns the inputs as points, near where they mean nearly the same."""
    table = positions(state.con)
    if not table.num_rows:
        return ()
    state.con.register("positions", table)
    rows = state.rows(sql("report/points"), {"most": MOST_POINTS})
    state.con.unregister("positions")
    texts = state.texts([row["example_id"] for row in rows])
    named = {
        "cluster": [_cluster(state, row) for row in rows],
        "rating": [_rating(row) for row in rows],
        "side": [_side(row) for row in rows],
        "suspicion": [row["suspicion"] or "none" for row in rows],
    }
    if any(row["label"] is not None for row in rows):
        named["label"] = [state.hide(row["label"]) or "no label" for row in rows]
    colours = {
        "cluster": _frequent(named["cluster"]),
        "rating": [*(str(n) for n in range(1, 6)), _UNRATED],
        "side": ["train", "test", *_frequent([v for v in named["side"] if v.startswith("out")])],
        "suspicion": [v for v in ("none", "possible", "likely", "rated", "contested")
                      if v in set(named["suspicion"])],
    }  # fmt: skip
    if "label" in named:
        colours["label"] = _frequent(named["label"])
    columns: dict[str, Sequence[Any]] = {
        "x": _scaled([row["x"] for row in rows]),
        "y": _scaled([row["y"] for row in rows]),
        "id": [row["example_id"][:12] for row in rows],
        "text": [shortened(texts[row["example_id"]].query, _TEXT) for row in rows],
    }
    for name, values in named.items():
        place = {value: n for n, value in enumerate(colours[name])}
        columns[name] = [place.get(value, len(place)) for value in values]
        if any(value not in place for value in values):
            colours[name] = [*colours[name], "others"]
    shown = MapOfInputs(columns, colours, state.status.interactions)
    if (missing := state.status.interactions - table.num_rows) <= 0:
        return [shown]
    return [
        Sentence(
            f"{missing:,} of {state.status.interactions:,} examples have no point: "
            + _why_no_point(state)
        ),
        shown,
    ]


def _why_no_point(state: State) -> str:
    if waiting := unplaced(state.con):
        return f"{counted(waiting, 'input')} came since. Next: curate map"
    return "no question, or no vector yet. Next: curate embed, then curate map"


def _scaled(values: Sequence[float]) -> list[float]:
    """Returns coordinates between 0 and 1, with as many digits as can be seen."""
    array = np.asarray(values, np.float64)
    low, high = array.min(), array.max()
    return [round(v, 4) for v in ((array - low) / max(high - low, 1e-9)).tolist()]


def _cluster(state: State, row: dict[str, Any]) -> str:
    if row["cluster_id"] is None:
        return "no cluster"
    return state.hide(f"{row['cluster_id']} {row['cluster_name']}")


def _rating(row: dict[str, Any]) -> str:
    rating = row["human_rating"]
    return _UNRATED if rating is None else str(round(rating))


def _side(row: dict[str, Any]) -> str:
    if row["file"]:
        return str(row["file"])
    return f"out: {REASONS.get(row['reason'], row['reason'] or 'in no file')}"


def _frequent(values: Sequence[str]) -> list[str]:
    counts = Counter(values)
    return sorted(counts, key=lambda name: (-counts[name], name))[:_NAMED]

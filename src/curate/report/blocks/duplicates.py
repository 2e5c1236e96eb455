"""Near copies and leaks, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from curate.report.blocks import block
from curate.report.parts import Facing, Part, Sentence
from curate.report.state import State
from curate.store import sql

_SHOWN = 8


@block(
    order=80,
    title="Duplicates and leaks",
    command="curate dedupe; curate status; curate report --json; of one example: curate why ID",
    missing="nothing is alike, or nothing was compared yet: curate dedupe",
)
def duplicates(state: State) -> Sequence[Part]:
    """Returns pairs with what differs marked."""
    limits = {"near": state.today.dedupe.near, "semantic": state.today.dedupe.semantic}
    most = {"most": _SHOWN}
    copies = state.rows(sql("report/duplicates"), most)
    leaks = state.rows(sql("report/leaks"), most)
    apart = state.rows(sql("report/kept_apart"), {**most, **limits})
    if not (copies or leaks or apart):
        return ()
    none = "Leaks: no train example is a copy of a held-out one, as far as likeness is measured."
    return [
        *(_section(state, leaks, "leak into test, and are withheld from train", "some of them")
          or [Sentence(none)]),
        *_section(state, copies, "are out as duplicates", "the least alike of them"),
        *_section(state, apart, "pairs of alike inputs are both in", "the most alike, with what "
                  "was taken for a difference; look whether it is one"),
    ]  # fmt: skip


def _section(state: State, rows: Sequence[dict[str, Any]], what: str, which: str) -> list[Part]:
    if not rows:
        return []
    total = f"{rows[0]['total']:,} {'' if what.startswith('pairs') else 'examples '}{what}. "
    total += f"Shown: {which}."
    return [Sentence(total), *_facing(state, rows)]


def _facing(state: State, rows: Sequence[dict[str, Any]]) -> list[Part]:
    quotes = state.quotes([row[name] for row in rows for name in ("one", "other")])
    return [
        Facing(
            f"{row['what']}, {row['similarity']:.3f}" if row["similarity"] else str(row["what"]),
            replace(quotes[row["one"]], name=row["one_is"]),
            replace(quotes[row["other"]], name=row["other_is"]),
        )
        for row in rows
        if row["one"] in quotes and row["other"] in quotes
    ]

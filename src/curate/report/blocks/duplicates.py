"""Near copies and leaks, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from curate.report.blocks import block
from curate.report.parts import Facing, Part, Sentence
from curate.report.state import State
from curate.store import sql
from curate.text.wording import counted

_SHOWN = 8
_SECTIONS = (
    ("report/duplicates", "out as duplicates", "the least alike that are out for likeness"),
    ("report/leaks", "withheld from train since they leak into test", "leaks"),
    ("report/kept_apart", "alike and kept apart", "alike, and both in: what differs matters"),
)


@block(
    order=80,
    title="Duplicates and leaks",
    command="curate dedupe; curate status; of one example: curate why ID",
    missing="nothing is alike, or nothing was compared yet: curate dedupe",
)
def duplicates(state: State) -> Sequence[Part]:
    """Returns pairs with what differs marked."""
    parts: list[Part] = []
    limits = {"near": state.today.dedupe.near, "semantic": state.today.dedupe.semantic}
    for query, what, which in _SECTIONS:
        parameters = {"most": _SHOWN, **(limits if query.endswith("apart") else {})}
        rows = state.rows(sql(query), parameters)
        if rows:
            number = counted(rows[0]["total"], "example")
            parts.append(Sentence(f"{number} {what}. Shown: {which}."))
            parts += _facing(state, rows)
    return parts


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

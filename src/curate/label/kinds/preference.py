"""`preference`: says which of two answers to one question is better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.label.controls import better_of_two
from curate.label.kinds import Decisions, Parts, kind


@kind(
    "preference",
    asks="say which of two answers is better",
    about="pair",
    default_for=("preference",),
    order=3,
    reads_answers=True,
    controls={"preference": "Choices"},
    shows=(
        "text",
        "context",
        "response_a",
        "response_b",
        "reason",
        "conversation",
        "answer_a",
        "answer_b",
    ),
    needs=("text", "response_a", "response_b"),
    instructions=(
        "Which answer would you rather get to this question? Length and order say nothing. If "
        "neither should be learned from, pick <b>Both are bad</b>.",
    ),
    votes="prefer",
    settled_by=(),
    # No audit draws pairs: reviews tell how good the answers are.
    audited_by="review",
)
def read(parts: Parts, row: Mapping[str, Any], _names: set[str]) -> Decisions:
    """Returns the example whose answer is better, or that neither is."""
    chosen = better_of_two(parts, row)
    named = {"this": row["example_id"], "other": row["other_id"]}
    return [("prefer", named.get(chosen, chosen))] if chosen else []

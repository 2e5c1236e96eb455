"""`compare`: says which of two models answered a held-out question better.

`curate evaluate --review` draws the questions. The answers are no examples, so nothing that is said
of them decides about one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.label.controls import better_of_two
from curate.label.kinds import Decisions, Parts, kind


@kind(
    "compare",
    asks="say which of two models' answers is better",
    about="models",
    order=4,
    controls={"preference": "Choices"},
    shows=("text", "context", "response_a", "response_b", "conversation", "answer_a", "answer_b"),
    needs=("text", "response_a", "response_b"),
    instructions=(
        "Which answer would you rather get to this question? Length and order say nothing, and "
        "nobody here knows who gave which. If neither helps, pick <b>Both are bad</b>.",
    ),
    votes="prefer",
    settled_by=(),
    queued_by="curate evaluate NAME --answers tuned=answers.jsonl --review 50",
)
def read(parts: Parts, row: Mapping[str, Any], _names: set[str]) -> Decisions:
    """Returns whether this answer is better, the other one, or neither."""
    chosen = better_of_two(parts, row)
    return [("prefer", chosen)] if chosen else []

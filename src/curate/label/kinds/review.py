"""`review`: rates an answer, and betters it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.label.controls import one_choice, stars, texts_of
from curate.label.kinds import Decisions, Parts, kind

# What is chosen -> what it does; a refusal that is right stays, as anything does that is kept.
_VERDICTS = {"keep": "keep", "refuse": "keep", "drop": "drop"}


@kind(
    "review",
    asks="rate the answer 1 to 5, and better it",
    about="answer",
    default_for=("sft",),
    order=2,
    reads_answers=True,
    controls={"rating": "Rating"},
    shows=("text", "context", "response", "reason", "conversation", "answer"),
    needs=("text", "response"),
    instructions=(
        "Give the answer 1 star (bad) to 5 stars (nothing to improve), as an answer to this "
        "question. Where you know a better one, open <b>Write a better answer</b> and change the "
        "text: a model will learn from what stands there. A call of a tool is JSON there, and has "
        "to stay one.",
        "<b>Keep</b> overrules all filters, <b>Drop</b> takes it out of the dataset. Usually you "
        "need neither. An answer that refuses is taken for a fault: where it should refuse, say "
        "<b>Refusing is right</b>.",
    ),
    votes="rate",
    settled_by=("verdict", "correction", "rating"),
    level="ordinal",
)
def read(parts: Parts, row: Mapping[str, Any], _names: set[str]) -> Decisions:
    """Returns the rating, the better answer where one was written, and the verdict."""
    decisions: Decisions = []
    for value in parts.get("rating", [])[:1]:
        decisions.append(("rate", str(stars(value["rating"]))))
    text = "\n".join(t for value in parts.get("corrected", []) for t in texts_of(value["text"]))
    # The box opens with the answer in it: what nobody edited comes back as it was, but for the way
    # in which browsers and people end lines.
    if better := _better(text, row):
        decisions.append(("correct", better))
    verdict = one_choice(parts, "verdict")
    if verdict not in (None, *_VERDICTS):
        raise ValueError(f"a verdict of {verdict!r}")
    return decisions + ([(_VERDICTS[verdict], None)] if verdict else [])


def _better(text: str, row: Mapping[str, Any]) -> str | None:
    """Returns the correction that a text is; None where nothing was changed.

    Raises:
        ValueError: the answer calls tools, and the text is no such call.
    """
    # The help knows the kinds of work, and reads no answers.
    from curate.label import shown, tool_calls

    if not text.strip():
        return None
    if shown.calls_tools(row):
        return tool_calls.correction(text, shown.judged(row), shown.offered(row))
    return text if _lines(text) != _lines(row["response"] or "") else None


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]

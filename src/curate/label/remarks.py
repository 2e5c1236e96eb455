"""What is said beside an answer: a note, tags, ratings by name, or that it cannot be judged.

Nothing follows from any of it for the example; it stays in the annotation, where it is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curate.label.controls import by_name, choices_of, one_choice, stars, texts_of
from curate.label.kinds import Parts
from curate.label.options import RUBRIC

BESIDE = ("note", "cannot", "tags")
"""Controls that stand beside the answer: what is in them does not say that it was changed."""


@dataclass(frozen=True)
class Remarks:
    """What was said beside an answer.

    Attributes:
        cannot: why it cannot be judged: context, knowledge, ambiguous or what an own interface has.
        rubric: stars, 1 to 5, by the name of what was rated.
    """

    note: str = ""
    cannot: str | None = None
    tags: tuple[str, ...] = ()
    rubric: Mapping[str, int] = field(default_factory=dict)


def remarks(parts: Parts) -> Remarks:
    """Returns what an annotation says beside its answer.

    Raises:
        KeyError: a control lacks its value.
        TypeError: a value is of another kind.
        ValueError: it is out of range, or several where there is one.
    """
    notes = [text for value in parts.get("note", []) for text in texts_of(value["text"])]
    rubric = {}
    for name, values in parts.items():
        if name.startswith(RUBRIC):
            for value in values[:1]:
                rubric[name.removeprefix(RUBRIC)] = stars(value["rating"])
    return Remarks(
        "\n".join(notes).strip(), one_choice(parts, "cannot"), tuple(choices_of(parts, "tags")),
        rubric,
    )  # fmt: skip


def remarks_of(result: Sequence[Mapping[str, Any]]) -> Remarks:
    """Returns what a stored annotation says beside its answer; nothing if it cannot be read."""
    try:
        return remarks(by_name(result))
    except (KeyError, TypeError, ValueError):
        return Remarks()

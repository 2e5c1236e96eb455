"""Which answers refuse, by the drop rule of that name: to refuse can be right, or wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from curate.evaluate.answers import AnswerSet
from curate.evaluate.heldout import HeldOut, answer_text
from curate.filters.rules import rules


@dataclass(frozen=True)
class Refusals:
    """Which held-out examples are refused: rightly, and by each set of answers."""

    right: frozenset[str]
    by: dict[str, frozenset[str]]

    def refusals(self, answers: AnswerSet) -> int:
        """Returns how many answers refuse."""
        return len(self.by[answers.name])

    def refused_wrongly(self, answers: AnswerSet) -> int:
        """Returns how many answers refuse where the right one does not."""
        return len(self.by[answers.name] - self.right)

    def answered_wrongly(self, answers: AnswerSet) -> int:
        """Returns how many answers do not refuse where the right one does."""
        return len((self.right & answers.answers.keys()) - self.by[answers.name])


def find(heldout: Sequence[HeldOut], sets: Sequence[AnswerSet]) -> Refusals:
    """Returns which right answers and which given ones refuse; a label never does."""
    texts = {("", one.example_id): one.text for one in heldout if one.answer}
    for answers in sets if texts else ():
        texts |= {(answers.name, k): answer_text(a.messages) for k, a in answers.answers.items()}
    found = _refusing(list(texts.values()))
    named = [key for key, refuses in zip(texts, found, strict=True) if refuses]
    by = {one.name: frozenset(k for name, k in named if name == one.name) for one in sets}
    return Refusals(frozenset(k for name, k in named if not name), by)


def _refusing(texts: Sequence[str]) -> list[bool]:
    """Returns for each text whether the drop rule says that it refuses."""
    numbers = [str(place) for place in range(len(texts))]
    with duckdb.connect() as con:
        table = pa.table(
            {
                "example_id": pa.array(numbers, pa.string()),
                "response": pa.array(texts, pa.string()),
                "task": pa.array(["sft"] * len(texts), pa.string()),
                "corrected": pa.array([False] * len(texts), pa.bool_()),
            }
        )
        con.register("candidates", table)
        found = {row[0] for row in con.execute(rules()["refusal"].query).fetchall()}
    return [number in found for number in numbers]

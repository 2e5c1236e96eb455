"""A general set beside the held-out part: what a model could before, and may have forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import permutations

import numpy as np

from curate.errors import ConfigError
from curate.evaluate import metrics
from curate.evaluate.answers import AnswerSet, documents_of, rows_of
from curate.evaluate.comparisons import compared
from curate.evaluate.heldout import HeldOut
from curate.evaluate.options import ModelComparison
from curate.kernels.paired_bootstrap import Bar
from curate.messages import decoded
from curate.text.text import digest


def read_general(location: str) -> list[HeldOut]:
    """Returns the examples of a general set: prompts with their right answers.

    Args:
        location: a file, folder or glob, of any kind that `curate pull` reads.

    Raises:
        SourceError: there is no such file, or it cannot be read.
        ConfigError: no line of it has a prompt and an answer.
    """
    unread: Counter[str] = Counter()
    found = []
    for documents in documents_of(location, unread):
        for document, row in rows_of(documents, unread):
            prompt = decoded(row["messages"]) or []
            if not prompt:
                continue
            answer = decoded(row["output"]) or [{"role": "assistant", "content": row["label"]}]
            name = row["source_id"] or f"{location}:{document.line}"
            # No id of the project's, whatever the file calls its lines.
            found.append(HeldOut(f"general-{digest(name)}", name, name, prompt, answer))
    if not found:
        raise ConfigError(
            f'{location} holds no prompt with an answer. Next: give each line a "prompt" and an '
            '"answer"'
        )
    return found


def judge(
    general: Sequence[HeldOut], given: Sequence[AnswerSet], margin: float, seed: int
) -> tuple[ModelComparison, ...]:
    """Returns each model against each other one, on what both answered of a general set.

    Each line is taken for a conversation of its own.
    """
    if not general:
        return ()
    metric = metrics.choose(None, general)
    scores = {
        one.name: metrics.scores(general, {k: a.messages for k, a in one.answers.items()})[metric]
        for one in given
    }
    each, bar = np.arange(len(general)), Bar(margin=margin)
    found = []
    for one, other in permutations(given, 2):
        unanswered = np.array([line.example_id not in one.answers for line in general], bool)
        told = compared(
            (one.name, other.name), metric, (scores[one.name], scores[other.name]), each,
            bar=bar, seed=seed, unanswered=unanswered,
        )  # fmt: skip
        found += [told] if told else []
    return tuple(found)

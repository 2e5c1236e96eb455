"""Prompts of a public benchmark, and how a copy of one may look in a log."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from curate.export.evaluation_sets import EvaluationSets, Prompt
from curate.text.text import normalise


def read(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def texts(data: Path, name: str, column: str) -> list[str]:
    """Returns the distinct texts of a column, in the order of the file, each as it is written."""
    rows = read(data / name)
    return list({normalise(row[column]): row[column] for row in rows if row.get(column)}.values())


def mmlu(data: Path) -> list[str]:
    """Returns the questions of MMLU-Redux."""
    return texts(data, "mmlu_redux/rows.jsonl.gz", "question")


def evaluation(prompts: list[str]) -> EvaluationSets:
    said = enumerate(map(normalise, prompts), 1)
    return EvaluationSets((), tuple(Prompt("eval.jsonl", n, (text,)) for n, text in said))


def one_word_changed(text: str, rng: Random) -> str:
    parts = text.split()
    parts[rng.randrange(len(parts))] = "thingumajig"
    return " ".join(parts)


COPIES: dict[str, Callable[[str, Random], str]] = {
    "verbatim": lambda text, _: text,
    "other case and white space": lambda text, _: "\n ".join(text.upper().split()),
    "without punctuation": lambda text, _: re.sub(r"[^\w\s]", " ", text),
    "one word changed": one_word_changed,
    "in a template (`Question: ... Answer:`)": lambda text, _: f"Question: {text} Answer:",
    "quoted in a longer request": lambda text, _: (
        "I am learning for an exam and stuck with one of the tasks. "
        f"{text} Explain how to get there, and which of the answers is right."
    ),
}

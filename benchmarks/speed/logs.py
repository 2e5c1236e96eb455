"""Logs of any size for timing: texts that people wrote, mixed anew, about 600 bytes a call."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "real_data"))

from raw_oracle import read

REPEATED = 0.1
"""Share of the calls whose question was asked before, in the same words or nearly so."""

_CATEGORIES = ("billing", "delivery", "returns", "account", "product", "other")


def sentences(data: Path) -> list[str]:
    """Returns the sentences of a set that people wrote, in a fixed order."""
    turns = read(data / "topical_chat_rated" / "turns.jsonl.gz")
    return sorted({turn["message"] for turn in turns})


def columns(texts: list[str], count: int, first: int = 0) -> Iterator[dict[str, Any]]:
    """Yields calls `first` up to `first + count`, with a column for each field.

    A call depends on its number only: a longer log begins with the shorter one.
    """
    start = datetime(2024, 1, 1)
    for number in range(first, first + count):
        rng = random.Random(number)
        yield {
            "id": f"call-{number:08d}",
            "created_at": f"{start + timedelta(seconds=37 * number):%Y-%m-%dT%H:%M:%SZ}",
            "user_id": f"user-{rng.randrange(1 + number // 20):06d}",
            "model": rng.choice(("large-2", "large-2", "small-1")),
            "prompt": _question(number, texts),
            "completion": _said(rng, texts, 230),
            "rating": rng.choice((1, 2, 3, 4, 4, 5, 5, 5)),
            "category": rng.choice(_CATEGORIES),
            "metadata": {"region": rng.choice(("eu", "us", "ap")), "version": rng.randrange(40)},
        }


def messages(texts: list[str], count: int, first: int = 0) -> Iterator[dict[str, Any]]:
    """Yields the same calls with their texts in a list of messages."""
    for row in columns(texts, count, first):
        said = (("system", "Answer in short."), ("user", row.pop("prompt")),
                ("assistant", row.pop("completion")))  # fmt: skip
        yield {**row, "messages": [{"role": role, "content": text} for role, text in said]}


SHAPES = {"columns": columns, "messages": messages}


def write(path: Path, data: Path, shape: str, count: int, first: int = 0) -> Path:
    """Writes a log as JSON lines, unless it is there, and returns its path."""
    if not path.exists():
        fresh = path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            for row in SHAPES[shape](sentences(data), count, first):
                file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
        fresh.rename(path)
    return path


def _question(number: int, texts: list[str]) -> str:
    """Returns the question of a call: of ten, one is an earlier one with few words changed."""
    rng = random.Random(-1 - number)
    if number and rng.random() < REPEATED:
        words = _question(rng.randrange(number), texts).split(" ")
        for _ in range(rng.choice((0, 0, 1, 3))):
            words[rng.randrange(len(words))] = rng.choice(rng.choice(texts).split())
        return " ".join(words)
    words = _said(rng, texts, 190).split(" ")
    # People's sentences are few: a word of another one in every fifth place makes new ones.
    for place in range(0, len(words), 5):
        words[place] = rng.choice(rng.choice(texts).split())
    return " ".join(words)


def _said(rng: random.Random, texts: list[str], characters: int) -> str:
    """Returns sentences in an order of their own, cut where a word ends."""
    said = ""
    while len(said) < characters:
        said += " " * bool(said) + rng.choice(texts)
    return said[:characters].rpartition(" ")[0] or said[:characters]

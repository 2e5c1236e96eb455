"""What the parts of the benchmark share: sections of RESULTS.md, tables, intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Bench:
    """What a section is measured with.

    Attributes:
        data: folder with the data sets.
        embedded: (name, texts) -> unit vectors, float32 (n, dim); each text is encoded once.
        folder: where pictures go, beside RESULTS.md; scratch: what is thrown away.
    """

    data: Path
    embedded: Callable[[str, list[str]], Any]
    folder: Path
    scratch: Path


@dataclass(frozen=True)
class Section:
    """One part of RESULTS.md.

    Attributes:
        title: its heading.
        text: Markdown below it.
        problems: goals that were missed, one sentence each.
    """

    title: str
    text: str
    problems: tuple[str, ...] = ()


def table(head: Sequence[str], lines: Sequence[Sequence[Any]]) -> str:
    def shown(cell: Any) -> str:
        if cell is None:
            return ""
        if isinstance(cell, int | np.integer):
            return f"{cell:,}"
        return f"{cell:.3f}" if isinstance(cell, float) else str(cell)

    marks = ["---", *("--:" for _ in head[1:])]
    parts = [head, marks, *([shown(cell) for cell in line] for line in lines)]
    return "\n".join("| " + " | ".join(part) + " |" for part in parts) + "\n"


def spread(values: Sequence[float], digits: int = 3) -> str:
    """Returns the mean of seeds, and the smallest and largest of them."""
    low, mean, high = min(values), float(np.mean(values)), max(values)
    return f"{mean:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def auroc(wanted: Any, score: Any) -> float:
    """Returns how often a wanted row scores higher than another one: 0.5 is chance."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(wanted, score))


def bootstrap(
    statistic: Callable[[Any], float], count: int, *, draws: int = 1_000, seed: int = 0
) -> tuple[float, float]:
    """Returns the 95% interval of a statistic of `count` rows, drawn anew with replacement."""
    rng = np.random.default_rng(seed)
    values = [statistic(rng.integers(0, count, count)) for _ in range(draws)]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)

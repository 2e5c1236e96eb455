"""How many wrong labels are found among so many reviews, by several ways of choosing these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from annotator import ALL, Curator, paid
from peers import datalab, logistic
from sets import raters, rows

from report import Bench

DRAWS = 1_000


@dataclass(frozen=True)
class Set:
    """Labelled texts of which some labels are wrong, and how many reviews there are.

    Attributes:
        lines: id, text and label, as they are pulled.
        wrong: the ids of those whose label is wrong.
    """

    name: str
    lines: list[dict[str, str]]
    wrong: set[str]
    budget: int


@dataclass(frozen=True)
class Found:
    """How many wrong labels each way of choosing what to review has found.

    Attributes:
        random: mean over draws, and the 2.5th and the 97.5th percentile.
        paid: errors and entries of each detector, over the whole queue.
    """

    of: Set
    queue: int
    audited: int
    logistic: int
    datalab: int
    random: tuple[float, int, int]
    paid: dict[str, tuple[int, int]]


def hint3(data: Path) -> Iterator[Set]:
    read = rows(data / "hint3_curekart_sofmattress" / "rows.jsonl.gz")
    for bot in ("curekart", "sofmattress"):
        mine = {f"{r['split']}-{r['row']}": r for r in read if r["bot"] == bot}
        lines = [{"id": n, "text": r["sentence"], "label": r["label_v1"]} for n, r in mine.items()]
        yield Set(bot, lines, {n for n, r in mine.items() if r["is_error"]}, 60)


def sentiment(data: Path) -> Iterator[Set]:
    """What one rater said of a text, wrong where the mean of all says otherwise."""
    for name in ("amazon_snippets", "tweets"):
        read = rows(data / "vader_multirater" / f"{name}.jsonl.gz")
        task = next(
            t for t in raters(Bench(data, _unembedded, data, data)) if t.name == f"{name}, draw 0"
        )
        lines = [
            {"id": f"r{n}", "text": r["text"], "label": label}
            for n, (r, label) in enumerate(zip(read, task.given, strict=True))
        ]
        yield Set(name, lines, {f"r{n}" for n in np.flatnonzero(task.wrong)}, 400)


def _unembedded(_name: str, texts: Sequence[str]) -> Any:
    return np.zeros((len(texts), 1))


def search(one: Set, curator: Curator) -> Found:
    """Returns what is found among the rows of a project that has been through `curate run`."""
    names = [line["id"] for line in one.lines]
    vectors = curator.vectors()
    wrong = np.array([n in one.wrong for n in names])
    labelled = np.stack([vectors[n] for n in names]), [line["label"] for line in one.lines]
    draws = [
        wrong[np.random.default_rng(seed).permutation(len(names))[: one.budget]].sum()
        for seed in range(DRAWS)
    ]
    low, high = np.percentile(draws, [2.5, 97.5]).astype(int)
    peers = {}
    for name, method in (("logistic", logistic), ("datalab", datalab)):
        peers[name] = int(wrong[method(*labelled).worst()[: one.budget]].sum())

    def queued(*options: str) -> Any:
        return curator("queue", *options)["entries"]

    budget = ("--budget", str(one.budget))
    mine, audited = queued(*budget, "--audit", "0"), queued(*budget)
    return Found(
        one,
        queue=sum(e["source_id"] in one.wrong for e in mine),
        audited=sum(e["source_id"] in one.wrong for e in audited),
        random=(float(np.mean(draws)), int(low), int(high)),
        paid=paid(queued("--budget", str(ALL), "--audit", "0"), one.wrong),
        **peers,
    )


def searched(data: Path, folder: Path) -> list[Found]:
    found = []
    for one in (*hint3(data), *sentiment(data)):
        curator = Curator.starts(folder / one.name)
        curator("pull", curator.writes(f"{one.name}.jsonl", one.lines))
        curator("run")
        found.append(search(one, curator))
    return found

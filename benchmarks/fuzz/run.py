"""Pulls mutated documents of every dialect and platform, and writes RESULTS.md.

Each document is a whole one of an independent writer or of the tests of a preset, with one to three
places dropped, renamed, retyped, nested, swapped, cut off, or written as JSON or Python text; a
fifth of them are untouched. Files of them are pulled with the command line. The oracle knows
nothing of the readers: see oracle.py.

    python benchmarks/fuzz/run.py [--documents 40000] [--size 400] [--seed 1] [--jobs 2]

Exit status 1: a document was read wrong, lost or ended a pull with an error of Python.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from itertools import cycle
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1] / "tests" / "support"), str(HERE.parents[1] / "src")]
sys.path.append(str(HERE.parent))
os.environ.setdefault("CURATE_THREADS", "1")

from measured import sources
from pulls import Fuzz, Outcome
from seeds import Group, groups

_SHOWN = 20


def tasks(documents: int, size: int, seed: int) -> Iterator[tuple[str, int, int]]:
    """Yields the group, the number of documents and the seed of one file after another."""
    names = [group.name for group in groups()]
    # There are as many dialects as presets.
    turn = [*names, *["dialects"] * (len(names) // 4)]
    for number, name in zip(range(-(-documents // size)), cycle(turn), strict=False):
        yield name, size, 1_000 * seed + number


def pulled(task: tuple[str, int, int]) -> tuple[str, Outcome]:
    """Returns what became of one file."""
    name, size, seed = task
    return name, _fuzz().pull(_groups()[name], size, seed)


@cache
def _fuzz() -> Fuzz:
    return Fuzz()


@cache
def _groups() -> dict[str, Group]:
    return {group.name: group for group in groups()}


def report(by_group: dict[str, Outcome], seconds: float, options: argparse.Namespace) -> str:
    """Returns the page of results."""
    total = Outcome()
    for outcome in by_group.values():
        total.add(outcome)
    names = ("stored", "refused", "left out", "refused together")
    rows = [
        f"| {name} | {each.counts.total():,} | "
        + " | ".join(f"{each.counts[column]:,}" for column in names)
        + f" | {each.untouched:,} | {len(each.faults):,} |"
        for name, each in [*by_group.items(), ("**all**", total)]
    ]
    reasons = [f"| {name} | {count:,} |" for name, count in total.reasons.most_common(_SHOWN)]
    return "\n".join([
        "# Mutated documents through the real pull",
        "",
        f"Written by `python benchmarks/fuzz/run.py --documents {options.documents} --size "
        f"{options.size} --seed {options.seed}` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; sources",
        f"{sources()}, Python {platform.python_version()}, duckdb {version('duckdb')}; "
        f"{seconds / 60:.0f} minutes, {os.cpu_count()} cores.",
        "",
        f"**{total.counts.total():,} documents, {total.texts:,} stored calls and pieces of "
        f"feedback: {len(total.faults):,} faults.**",
        "",
        "A fault is a text that nobody wrote (the envelope of an API, an object as text), a",
        "document of which nothing is said, an error of Python, a person's id in the store, or an",
        "untouched document that is read otherwise among mutated ones than alone.",
        "",
        "*left out*: counted in a note, or said in the row of another document (a turn, the half",
        "of a call). *refused together*: the whole file was refused, with what to type next.",
        "*untouched*: compared with themselves alone.",
        "",
        "| documents | all | stored | refused | left out | refused together | untouched | faults |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
        *rows,
        "",
        "## Why documents were refused",
        "",
        "| reason | documents |",
        "|---|--:|",
        *reasons,
        "",
        *(["## Faults", "", *(f"- `{fault:.500}`" for fault in total.faults[:_SHOWN]), ""]
          if total.faults else []),
    ])  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=40_000)
    parser.add_argument("--size", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    by_group: dict[str, Outcome] = defaultdict(Outcome)
    started = time.monotonic()
    todo = tasks(options.documents, options.size, options.seed)
    with ProcessPoolExecutor(options.jobs) as pool:
        for name, outcome in pool.map(pulled, todo):
            by_group[name].add(outcome)
            print(f"{name}: {dict(outcome.counts)}, {len(outcome.faults)} faults", flush=True)
            for fault in outcome.faults:
                print(f"  {fault:.2000}", flush=True)
    text = report(by_group, time.monotonic() - started, options)
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)
    return 1 if any(outcome.faults for outcome in by_group.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

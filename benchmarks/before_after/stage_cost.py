"""CPU time of stages on logs that both trees read alike, before and after in turn."""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cost import measure
from programs import CHECKOUT, Runner, checkout
from recipes import write

sys.path.append(str(Path(__file__).parents[1] / "real_data"))

from raw_oracle import read

LIMITS = {"pull": 1.03, "filter": 1.1, "dedupe": 1.1, "export": 1.1}
"""Most that a stage may take after, as a share of before; of `pull`, what runs differ by."""

STAGES = {
    "filter": ["filter", "--unrated", "keep"],
    "dedupe": ["dedupe"],
    "export": ["export", "talks", "--min-train", "0", "--min-test", "0"],
}


def plain_rows(texts: list[str], count: int) -> Iterator[dict[str, Any]]:
    """Yields calls with a column for each field, of about 640 bytes as JSON."""
    rng, start = random.Random(5), datetime(2024, 1, 1)
    for number in range(count):
        prompt, completion = _said(rng, texts, 180), _said(rng, texts, 300)
        yield {
            "id": f"call-{number:07d}",
            "prompt": prompt,
            "completion": completion,
            "rating": rng.randint(1, 5),
            "session": f"session-{number // 3:06d}",
            "created_at": f"{start + timedelta(seconds=37 * number):%Y-%m-%dT%H:%M:%SZ}",
        }


def message_rows(texts: list[str], count: int) -> Iterator[dict[str, Any]]:
    """Yields the same calls with their texts in a list of messages."""
    for row in plain_rows(texts, count):
        said = (("system", "Answer in short."), ("user", row.pop("prompt")),
                ("assistant", row.pop("completion")))  # fmt: skip
        yield {**row, "messages": [{"role": role, "content": text} for role, text in said]}


def _said(rng: random.Random, texts: list[str], characters: int) -> str:
    """Returns sentences that people wrote, in an order of its own, cut where a word ends."""
    parts: list[str] = []
    while sum(map(len, parts)) < characters:
        parts.append(rng.choice(texts))
    return " ".join(parts)[:characters].rpartition(" ")[0]


SHAPES = {"columns": plain_rows, "messages": message_rows}


def stage_cost(arguments: argparse.Namespace, commit: str) -> tuple[int, str]:
    """Measures; returns the exit status and the part of RESULTS.md."""
    trees = {"before": checkout(commit, arguments.folder.resolve()), "after": CHECKOUT}
    published = read(arguments.data / "topical_chat_rated" / "turns.jsonl.gz")
    texts = sorted({row["message"] for row in published})
    lines, failed = [], []
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        place = Path(folder)
        for name, make in SHAPES.items():
            log = f"{name}.jsonl"
            write(Runner(CHECKOUT, place), log, make(texts, arguments.rows))
            write(Runner(CHECKOUT, place), "few.jsonl", make(texts, 20))
            for which in trees:  # it compiles the modules, which no timed run shall do
                _whole(trees[which], place, "few.jsonl")
            size = (place / log).stat().st_size / arguments.rows
            found = _in_turn(trees, place, log, arguments.runs)
            for stage, usual in LIMITS.items():
                limit = arguments.margin or usual
                seconds = {which: [run[stage] for run in runs] for which, runs in found.items()}
                medians = {which: statistics.median(of) for which, of in seconds.items()}
                ratio = medians["after"] / medians["before"]
                pairs = [a / b for b, a in zip(seconds["before"], seconds["after"], strict=True)]
                if ratio > limit:
                    failed.append(f"{stage} of {name} takes {ratio:.2f} of the time before")
                shown = ", ".join(f"{pair:.2f}" for pair in pairs)
                lines.append(
                    f"| {name} | {size:,.0f} | {stage} | {medians['before']:.2f} "
                    f"| {medians['after']:.2f} | {ratio:.2f} | {limit} | {shown} |"
                )
    return int(bool(failed)), _report(arguments, commit, lines, failed)


def _in_turn(
    trees: dict[str, Path], place: Path, log: str, runs: int
) -> dict[str, list[dict[str, float]]]:
    """Returns the CPU seconds of each stage in new projects."""
    found: dict[str, list[dict[str, float]]] = {which: [] for which in trees}
    for number in range(runs):
        # Which goes first changes, so that neither always has the warmer machine.
        for which in [*trees][:: -1 if number % 2 else 1]:
            found[which].append(_whole(trees[which], place, log))
            said = ", ".join(f"{stage} {s:.2f} s" for stage, s in found[which][-1].items())
            print(f"{log} {number + 1} {which}: {said}", file=sys.stderr, flush=True)
    return found


def _whole(tree: Path, place: Path, log: str) -> dict[str, float]:
    folder, seconds = place / "project", {}
    folder.mkdir()
    Runner(tree, folder)("init", "p")
    for stage, argv in {"pull": ["pull", str(place / log)], **STAGES}.items():
        used = measure(tree, folder, argv)
        if used.exit_code:
            raise SystemExit(f"{tree.name}: {stage} of {log} ended with {used.exit_code}")
        seconds[stage] = used.cpu_seconds
    shutil.rmtree(folder)
    return seconds


def _report(arguments: argparse.Namespace, commit: str, lines: list[str], failed: list[str]) -> str:
    from run import after_revision, machine

    return "\n".join(
        [
            "## The cost of stages",
            "",
            f"Written by `python benchmarks/before_after/run.py stages --before {arguments.before} "
            f"--rows {arguments.rows} --runs {arguments.runs}` on {datetime.now(UTC):%Y-%m-%d}: "
            f"commit {commit[:12]} before, {after_revision()} after; {machine()}.",
            "",
            f"{arguments.rows:,} calls in a new project: texts of Topical-Chat with id, rating, "
            "session and time, as columns and as a list of messages; no vectors; one thread. CPU "
            f"seconds, user and system, of whole processes, before and after in turn, medians of "
            f"{arguments.runs}.",
            "",
            "| rows of | bytes each | stage | s before | s after | ratio | limit | of each pair |",
            "|---|--:|---|--:|--:|--:|--:|---|",
            *lines,
            "",
            *(f"- Not as it should be: {reason}" for reason in failed),
        ]
    )

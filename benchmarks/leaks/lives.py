"""One life of a log: pulled in parts, corrected, exported after each step, searched for leaks."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))

import leak_oracle as oracle
from measured import child
from mixed_logs import MixedLogs, Row


@dataclass
class World:
    """What was exported of one log, and what leaks in it.

    Attributes:
        counts: version -> (train, test, train rows that left as leaks, leaks of a random split).
        leaks: version of train, version of test, the two texts, their similarity.
    """

    counts: dict[str, tuple[int, int, int, int]] = field(default_factory=dict)
    leaks: list[tuple[str, str, str, str, float]] = field(default_factory=list)


class Logs:
    """One project, and the versions that it exported."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found = World()
        self._test: dict[str, list[str]] = {}
        child("-m", "curate", "init", str(folder / "p"), "--task", "sft")

    def curate(self, *arguments: str) -> object:
        """Runs one command on the project and returns what it prints."""
        return child("-m", "curate", "-C", str(self.folder / "p"), *arguments, "--json").printed

    def pull(self, name: str, rows: Iterable[Row]) -> None:
        """Writes rows to a file and pulls it."""
        path = self.folder / f"{name}.jsonl"
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        self.curate("pull", str(path), "--source", "log")

    def export(self, *options: str) -> None:
        """Exports the next version; its train is compared with the test files of all versions."""
        arguments = ("--format", "openai-chat", "--test-size", "0.2", *options)
        told = self.curate("export", "mixed", *arguments)
        if not told["created"]:  # in a small log a threshold may move nothing
            return
        version = f"v{told['version']}"
        made = self.folder / "p" / "datasets" / "mixed" / version
        train, test = (
            oracle.texts_of((made / f"{side}.jsonl").read_bytes().splitlines())
            for side in ("train", "test")
        )
        self._test[version] = test
        left = sum(n for reason, n in told["funnel"] if "leak" in reason)
        # The same lines without curate's sides: what the oracle finds where there is something.
        lines = random.Random(0).sample(train + test, len(train) + len(test))
        at_random = len(oracle.leaks(lines[len(test) :], lines[: len(test)]))
        self.found.counts[version] = (len(train), len(test), left, at_random)
        for held, texts in self._test.items():
            self.found.leaks += [(version, held, *pair) for pair in oracle.leaks(train, texts)]


def world(seed: int, rows: int, folder: Path) -> World:
    """Returns what a whole life of one log comes to."""
    made, logs = MixedLogs(seed, rows), Logs(folder)
    first, second, third = made.batches()
    logs.pull("first", first)
    logs.curate("filter", "--unrated", "keep")
    logs.export()
    logs.pull("second", second)
    logs.export()
    logs.pull("corrected", made.corrected())
    logs.export()
    logs.export("--leak-threshold", "0.6")
    logs.pull("third", third)
    logs.export("--leak-threshold", "0.8")
    return logs.found

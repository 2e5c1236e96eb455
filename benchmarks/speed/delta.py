"""What each stage costs in full, for what is new, and where nothing is: CPU and clock seconds.

    CURATE_TEST_DATA=/path/to/data python benchmarks/speed/delta.py 100000 1000

A log is pulled, and every stage run; then the calls that come after it are pulled, and every stage
run again; then `curate run` with nothing new. All of it also with half the log: what is new should
cost the same beside an older part of any size. The encoder is a cheap stand-in, so that what is
measured is all around it.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from logs import write
from measured import child

STAGES = ("pull", "filter", "embed", "dedupe", "cluster")
DATA = Path(os.environ.get("CURATE_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
_DIMENSIONS = 64
_COSINE = 0.97


# -- a cheap encoder -------------------------------------------------------------------------------


@dataclass(frozen=True)
class HashedWords:
    """An encoder without a model: the sum of a fixed vector for each word."""

    name: str = "hashed"
    digest: str = "hashed words"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns unit vectors, float32 (n, 64), one row per text."""
        rows = [np.sum([_vector(word) for word in text.split()], axis=0) for text in texts]
        sums = np.array(rows, np.float32)
        return sums / np.linalg.norm(sums, axis=1, keepdims=True)

    def windows(self, text: str) -> list[str]:
        """Returns the text: it is read whole."""
        return [text]


@cache
def _vector(word: str) -> NDArray[np.float32]:
    seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")
    return np.random.default_rng(seed).standard_normal(_DIMENSIONS).astype(np.float32)


def register() -> None:
    """Makes the stand-in an encoder like the packaged ones."""
    from curate.embed.kinds import encoder

    encoder("hashed", about="hashed words", module="numpy", extra="ml", order=9)(
        lambda _threads: HashedWords()
    )


# -- one stage in a process of its own -------------------------------------------------------------


def stage(name: str, folder: Path, log: str) -> dict[str, float]:
    """Runs one command and returns its seconds, `cpu` and `wall`, and its `peak_mib`.

    Of the CPU seconds, `verdicts` went into deriving the verdicts, which looks at all examples.
    """
    from curate.project import Project

    register()
    verdict_seconds = _timed_verdicts()
    if name == "pull":
        Project.init(folder)
    project = Project(folder, threads=1)
    work: dict[str, Any] = {
        "pull": lambda: project.pull(log),
        "filter": project.filter,
        "embed": lambda: project.embed(encoder="hashed"),
        "dedupe": lambda: project.dedupe(semantic=_COSINE),
        "cluster": project.cluster,
    }
    cpu, wall = time.process_time(), time.perf_counter()
    work[name]()
    seconds = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**seconds, "verdicts": sum(verdict_seconds), "peak_mib": peak}


def _timed_verdicts() -> list[float]:
    """Returns a list to which each derivation of verdicts adds its CPU seconds."""
    from curate.verdicts import verdicts

    seconds: list[float] = []
    derive = verdicts.from_nothing

    def timed(*arguments: Any, **keywords: Any) -> Any:
        start = time.process_time()
        today = derive(*arguments, **keywords)
        seconds.append(time.process_time() - start)
        return today

    verdicts.from_nothing = timed
    return seconds


# -- all of it -------------------------------------------------------------------------------------


def delta(count: int, new: int, data: Path = DATA, folder: Path | None = None) -> dict[str, Any]:
    """Returns what each stage cost of `count` calls, of `new` ones after them, and of none."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        work = Path(made)
        project = str(work / "project")
        logs = [
            write(work / "full.jsonl", data, "columns", count),
            write(work / "new.jsonl", data, "columns", new, count),
        ]
        parts = dict(zip(("full", "new", "none"), (*logs, logs[1]), strict=True))
        return {
            part: {name: _measured(name, project, str(log)) for name in STAGES}
            for part, log in parts.items()
        }


def _measured(name: str, project: str, log: str) -> dict[str, float]:
    return dict(child(__file__, "--stage", name, project, log).printed)


def table(whole: dict[str, Any], half: dict[str, Any]) -> str:
    """Returns the figures as a table: CPU seconds, and in brackets those of verdicts."""
    lines = [
        "| stage | full | new | share | growth | none |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name in STAGES:
        full, added, none = (whole[part][name] for part in ("full", "new", "none"))
        share, growth = _own(added) / _own(full), _own(added) / _own(half["new"][name])
        lines.append(
            f"| {name} | {_seconds(full)} | {_seconds(added)} | {share:.1%} | {growth:.2f} "
            f"| {_seconds(none)} |"
        )
    return "\n".join(lines)


def _own(cost: dict[str, float]) -> float:
    return cost["cpu"] - cost["verdicts"]


def _seconds(cost: dict[str, float]) -> str:
    return f"{cost['cpu']:.2f} ({cost['verdicts']:.2f})"


def main() -> None:
    """Prints the figures, or runs the one stage that is asked for."""
    if sys.argv[1] == "--stage":
        print(json.dumps(stage(sys.argv[2], Path(sys.argv[3]), sys.argv[4])))
        return
    count, new = int(sys.argv[1]), int(sys.argv[2])
    print(table(delta(count, new), delta(count // 2, new)))


if __name__ == "__main__":
    main()

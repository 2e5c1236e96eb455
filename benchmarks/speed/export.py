"""What `curate export` costs: all of it, again with nothing new, and again after 1% new rows.

    python benchmarks/speed/export.py 20000

In the same run the named peers write the same lines: `datasets.to_json`, and a loop over orjson
that sums the file.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import logs
from measured import Stage, child

DATA = Path(os.environ.get("CURATE_TEST_DATA", HERE.parents[2] / "shared" / "data"))
NEW = 0.01
EXPORT = ("export", "talks", "--min-train", "0", "--min-test", "0", "--json")
PEERS = ("orjson and sha256", "datasets.to_json")
HEAD = (
    "| what | lines | ms a line | seconds | CPU s | of the first | peak MiB |\n"
    "|---|--:|--:|--:|--:|--:|--:|"
)


@dataclass(frozen=True)
class Measured:
    """One export, or one peer: the lines of its version and what they cost.

    Attributes:
        full: CPU seconds of the first export, of which it takes a share; None of a peer.
    """

    what: str
    lines: int
    stage: Stage
    full: float | None = None

    def __str__(self) -> str:
        """Returns it as a row of a table."""
        stage, each = self.stage, 1000 * self.stage.seconds / max(self.lines, 1)
        share = f"{stage.cpu_seconds / self.full:.0%}" if self.full else ""
        return (
            f"| {self.what} | {self.lines:,} | {each:.3f} | {stage.seconds:.1f} | "
            f"{stage.cpu_seconds:.1f} | {share} | {stage.peak_mib:,.0f} |"
        )


def measure(count: int, data: Path = DATA) -> Iterator[Measured]:
    """Yields what exports of a log of so many calls cost, and what peers do on the same lines."""
    with tempfile.TemporaryDirectory() as folder:
        project, new = Path(folder) / "project", max(1, round(count * NEW))
        log = logs.write(Path(folder) / "log.jsonl", data, "columns", count)
        more = logs.write(Path(folder) / "more.jsonl", data, "columns", new, count)
        curate(project, "init", str(project))
        for command in (("pull", str(log), "--source", "app"), ("filter",), ("dedupe",)):
            curate(project, *command)
        first = exported("first export", project)
        full = first.stage.cpu_seconds
        yield replace(first, full=full)
        yield replace(exported("nothing new", project), full=full)
        for command in (("pull", str(more), "--source", "app"), ("dedupe",)):
            curate(project, *command)
        yield replace(exported(f"{NEW:.0%} new calls", project), full=full)
        made = project / "datasets" / "talks" / "v2" / "train.jsonl"
        for peer in PEERS:
            stage = child(__file__, "--peer", peer, str(made), str(Path(folder) / "peer.jsonl"))
            yield Measured(peer, stage.printed["lines"], _alone(stage))


def curate(project: Path, *arguments: str) -> Stage:
    """Runs a command in a process of its own."""
    where = () if arguments[0] == "init" else ("-C", str(project))
    return child("-m", "curate", *where, *arguments)


def exported(what: str, project: Path) -> Measured:
    """Exports, and returns what that cost."""
    stage = curate(project, *EXPORT)
    return Measured(what, stage.printed["train"] + stage.printed["test"], stage)


def _alone(stage: Stage) -> Stage:
    """Returns the seconds of the writing alone: what a peer imports and reads is not counted."""
    printed = stage.printed
    return Stage(printed, printed["seconds"], printed["cpu_seconds"], stage.peak_mib)


def peer(name: str, source: Path, target: Path) -> dict[str, Any]:
    """Writes lines that were read before as another program does, and returns what it took."""
    if name == PEERS[0]:
        rows: Any = [json.loads(line) for line in source.open("rb")]
    else:
        import datasets

        rows = datasets.load_dataset("json", data_files=str(source), split="train")
    begun, cpu = time.perf_counter(), time.process_time()
    if name == PEERS[0]:
        import orjson

        whole = hashlib.sha256()
        with target.open("wb") as file:
            for row in rows:
                line = orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
                whole.update(line)
                file.write(line)
    else:
        rows.to_json(str(target))
    took = {"seconds": time.perf_counter() - begun, "cpu_seconds": time.process_time() - cpu}
    return {"lines": len(rows), **took}


def main() -> None:
    """Prints a table for a number of calls; 20,000 where none is named."""
    if sys.argv[1:2] == ["--peer"]:
        print(json.dumps(peer(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    print(f"{count:,} calls\n")
    print(HEAD)
    for one in measure(count):
        print(one, flush=True)


if __name__ == "__main__":
    main()

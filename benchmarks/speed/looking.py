"""What it costs to look at a project, beside opening its file with DuckDB alone.

    python benchmarks/speed/looking.py 100000

A log is pulled, filtered and deduplicated; then each command runs in a process of its own, first on
the verdicts that were kept, then without them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import logs
from measured import Stage, child

DATA = Path(os.environ.get("CURATE_TEST_DATA", HERE.parents[2] / "shared" / "data"))
KEPT = "curate.verdicts.duckdb"
OPENING = (
    "import duckdb, sys; con = duckdb.connect(sys.argv[1], read_only=True); "
    "print(con.execute('SELECT min(interaction_id) FROM interactions').fetchall()[0][0])"
)


@dataclass(frozen=True)
class Look:
    """One command: its seconds by clock, the best of some times; CPU seconds of that time."""

    what: str
    seconds: float
    cpu_seconds: float

    def __str__(self) -> str:
        """Returns it as a row of a table."""
        return f"| {self.what} | {self.seconds:.2f} | {self.cpu_seconds:.2f} |"


def measure(count: int, data: Path = DATA, *, times: int = 3) -> Iterator[Look]:
    """Yields what each way to look at a project of so many calls costs."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        log = logs.write(folder / "log.jsonl", data, "columns", count)
        project = folder / "p"
        child("-m", "curate", "init", str(project))
        for command in (("pull", str(log)), ("filter",), ("dedupe",)):
            child("-m", "curate", "-C", str(project), *command)
        yield from looks(project, log.stat().st_size, times=times)


def looks(project: Path, logged: int, *, times: int) -> Iterator[Look]:
    """Yields what it costs to look at a project whose log has so many bytes."""
    opened = ("-c", OPENING, str(project / "curate.duckdb"))
    yield _best("opening the file with DuckDB", opened, times)
    example = child(*opened).printed.strip()
    for kept in (True, False):
        if not kept:
            (project / KEPT).unlink()
        for command in (("status",), ("why", example), ("versions",)):
            what = f"`{command[0]}`{'' if kept else ', derived from nothing'}"
            yield _best(what, ("-m", "curate", "-C", str(project), *command), times)
    yield _best("`queue`", ("-m", "curate", "-C", str(project), "queue"), times)
    for name in ("curate.duckdb", KEPT):
        size = (project / name).stat().st_size / logged
        print(f"{name}: {size:.2f} of the log", file=sys.stderr)


def _best(what: str, command: tuple[str, ...], times: int) -> Look:
    runs: list[Stage] = [child(*command) for _ in range(times)]
    best = min(runs, key=lambda run: run.seconds)
    return Look(what, best.seconds, best.cpu_seconds)


if __name__ == "__main__":
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    print(f"{calls:,} calls\n\n| what | seconds | CPU s |\n|---|--:|--:|")
    for look in measure(calls):
        print(look, flush=True)

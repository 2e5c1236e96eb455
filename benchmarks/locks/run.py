"""Looking beside work: who waits for locks, and how long; writes RESULTS.md beside this file.

One process pulls 200,000 rows, embeds their 5,000 inputs with the default encoder and suggests
thresholds. Meanwhile this process asks a `Project` for the status, over and over, and runs `curate
status` in processes of their own. Every process counts the seconds in which it waited for a lock.

    python benchmarks/locks/run.py [ROWS INPUTS]
"""

from __future__ import annotations

import json
import os
import platform
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from curate.project import Project

HERE = Path(__file__).parent
ROWS, INPUTS = 200_000, 5_000
WORDS = 2_000


@dataclass
class Stage:
    """What one command took, and what looking beside it took; all in seconds.

    Attributes:
        looks: answers of `status` while the command ran, half of them of a process of its own.
        longest: of these answers.
        reader_waits: for locks, all looks together.
        writer_waits: for locks, of the command.
    """

    name: str
    seconds: float = 0.0
    looks: list[float] = field(default_factory=list)
    reader_waits: float = 0.0
    writer_waits: float = 0.0

    def row(self) -> str:
        """Returns the line of the table."""
        longest = max(self.looks, default=0.0)
        return (
            f"| {self.name} | {self.seconds:.0f} | {len(self.looks)} | {longest:.1f} | "
            f"{self.reader_waits:.3f} | {self.writer_waits:.3f} |"
        )


def write_log(path: Path, rows: int, inputs: int) -> None:
    """Writes calls with random words, as many different inputs as are asked for."""
    rng = random.Random(0)
    words = [f"word{n}" for n in range(WORDS)]
    queries = [" ".join(rng.choices(words, k=14)) for _ in range(inputs)]
    with path.open("w", encoding="utf-8") as file:
        for n in range(rows):
            response = " ".join(rng.choices(words, k=30))
            call = {
                "id": n,
                "query": queries[n % inputs],
                "response": response,
                "rating": 1 + n % 5,
            }
            file.write(json.dumps(call) + "\n")


def command(folder: Path, *arguments: str) -> list[str]:
    """Returns a command line that counts its waits."""
    return [sys.executable, "-m", "curate", "-vv", "-C", str(folder), *arguments]


def waited(errors: str) -> float:
    """Returns how long a command with -vv has waited for locks."""
    return float(re.findall(r"waited ([0-9.]+) s for locks", errors)[-1])


def look(project: Project, stage: Stage) -> None:
    """Asks for the status here and in a process of its own."""
    before, begun = project.store.waited_seconds, time.monotonic()
    project.status()
    stage.looks.append(time.monotonic() - begun)
    begun = time.monotonic()
    shown = subprocess.run(
        command(project.folder, "status"), capture_output=True, text=True, check=True
    )
    stage.looks.append(time.monotonic() - begun)
    stage.reader_waits += project.store.waited_seconds - before + waited(shown.stderr)


def measure(project: Project, name: str, *arguments: str) -> Stage:
    """Runs a command and looks until it ends."""
    stage, begun = Stage(name), time.monotonic()
    errors = project.folder / "stderr"
    with (
        errors.open("w") as file,
        subprocess.Popen(
            command(project.folder, *arguments), stdout=subprocess.DEVNULL, stderr=file
        ) as worker,
    ):
        while worker.poll() is None:
            look(project, stage)
    if worker.returncode:
        raise SystemExit(errors.read_text())
    stage.seconds = time.monotonic() - begun
    stage.writer_waits = waited(errors.read_text())
    return stage


def main() -> int:
    """Measures all stages and writes the table."""
    rows, inputs = map(int, sys.argv[1:] or (ROWS, INPUTS))
    with tempfile.TemporaryDirectory() as name:
        project = Project.init(Path(name) / "project")
        log = Path(name) / "log.jsonl"
        write_log(log, rows, inputs)
        stages = [
            measure(project, f"pull, {rows:,} rows", "pull", str(log)),
            measure(project, f"embed, {inputs:,} inputs", "embed"),
            measure(project, "dedupe --suggest-threshold", "dedupe", "--suggest-threshold"),
        ]
    text = (
        "# Looking beside work\n\n"
        f"Written by `python benchmarks/locks/run.py` on {datetime.now(UTC):%Y-%m-%d}; Python "
        f"{platform.python_version()}, duckdb {version('duckdb')}, {os.cpu_count()} cores. "
        "Seconds. `looks` is how often `status` answered meanwhile, half of them in this process "
        "and half in processes of their own; `reader waits` is what all of them together waited "
        "for locks, "
        "`writer waits` what the command did.\n\n"
        "| command | seconds | looks | longest look | reader waits | writer waits |\n"
        "|---|--:|--:|--:|--:|--:|\n"
    )
    text += "".join(stage.row() + "\n" for stage in stages)
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)
    reader_waits = sum(stage.reader_waits for stage in stages)
    return int(reader_waits > 1 or any(stage.writer_waits for stage in stages))


if __name__ == "__main__":
    sys.exit(main())

"""50,000 calls and 20,000 late scores of a Langfuse of our own; writes RESULTS.md beside this file.

The server plays the documented lists with its own clock, and a share of all requests for a page
meets a fault: 429 with Retry-After, 500, 502, a cut reply, a page given twice, a slow one. Pulls
run in processes of their own, the first while calls still arrive, and are killed with SIGKILL
before any page that is asked for the first time, and at some moment after every fourth. In the end
the store must be what the generator says, a pull again must change nothing, and no key may stand
in any file of the project or in what was printed.

    python benchmarks/langfuse/run.py [CALLS SCORES]
"""

from __future__ import annotations

import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1] / "tests" / "support"), str(HERE.parent)]

import measured

from curate.project import Project
from langfuse import PUBLIC_KEY, SECRET_KEY, START, Data, Langfuse, calls_of, project, ratings_of

CALLS, SCORES = 50_000, 20_000
CHAOS, KILLED = 0.15, 0.25
SECRETS = (PUBLIC_KEY.encode(), SECRET_KEY.encode(), b"cGstbGYtMGE5Yy1wdWJsaWM")
CODE = "from curate.cli import main; main()"


@dataclass
class Ran:
    """What was done: pulls that ended by themselves, kills by where, and what was printed."""

    pulls: int = 0
    before: int = 0
    after: int = 0
    printed: bytes = b""
    seconds: list[float] = field(default_factory=list)
    struck: set[tuple[str, str]] = field(default_factory=set)


def pull(folder: Path, server: Langfuse, ran: Ran, rng: random.Random, kills: bool) -> bool:
    """Pulls once, and returns whether the pull came to its end."""
    process: Any = None
    ready = threading.Event()

    def before(_: int) -> None:
        path, given = server.asked[-1]
        page = path, given.get("cursor", given.get("toStartTime", given.get("toTimestamp", "")))
        if kills and page not in ran.struck:
            ran.struck.add(page)
            ran.before += 1
            ready.wait()
            process.kill()

    def after(_: int) -> None:
        if kills and rng.random() < KILLED:
            ran.after += 1
            ready.wait()
            threading.Timer(rng.random() * 0.3, process.kill).start()

    server.before_page, server.after_page = before, after
    begun = time.monotonic()
    command = [sys.executable, "-c", CODE, "-vv", "-C", str(folder), "pull", server.location]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    ready.set()
    ran.printed += process.communicate()[0]
    if process.returncode not in (0, -signal.SIGKILL):
        raise SystemExit(ran.printed[-2_000:].decode())
    if process.returncode == 0:
        ran.pulls += 1
        ran.seconds.append(time.monotonic() - begun)
    return process.returncode == 0


def run(folder: Path, server: Langfuse, data: Data) -> tuple[Ran, float]:
    """Pulls while documents arrive, killed again and again, and then until nothing is left."""
    ran, rng, begun = Ran(), random.Random(7), time.monotonic()
    calls = max(kept.at for kept in data.observations) - START
    for share in (0.4, 0.8, 1.0):
        server.now = START + share * calls + timedelta(minutes=1)
        pull(folder, server, ran, rng, kills=True)
    server.now = data.end
    while not pull(folder, server, ran, rng, kills=True):
        pass
    pull(folder, server, ran, rng, kills=False)
    return ran, time.monotonic() - begun


def check(folder: Path, data: Data, ran: Ran) -> None:
    """Stops where the store is not what the generator says, or a key stands somewhere."""
    project_ = Project(folder)
    table = project_.table("interactions")
    rows = table.select(
        ["source_id", "query", "response", "session_id", "model", "input_tokens", "output_tokens"]
    )
    calls = {row["source_id"]: tuple(row.values())[1:] for row in rows.to_pylist()}
    named = dict(zip(*(table[c].to_pylist() for c in ("interaction_id", "source_id")), strict=True))
    assert len(calls) == rows.num_rows and calls == calls_of(data), "calls differ"
    feedback = project_.table("feedback").to_pylist()
    given = sorted((named[row["interaction_id"]], row["rating_norm"] == 1) for row in feedback)
    assert given == ratings_of(data), "scores differ"
    for path in (p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        assert not [s for s in SECRETS if s in content], path
    assert not [s for s in SECRETS if s in ran.printed], "a key was printed"


def main() -> int:
    """Runs it and writes the figures."""
    calls, scores = map(int, sys.argv[1:] or (CALLS, SCORES))
    os.environ |= {"LANGFUSE_PUBLIC_KEY": PUBLIC_KEY, "LANGFUSE_SECRET_KEY": SECRET_KEY}
    os.environ |= {"no_proxy": "127.0.0.1", "PYTHONPATH": str(HERE.parents[1] / "src")}
    data = project(calls, scores, seed=11)
    with tempfile.TemporaryDirectory() as parent, Langfuse(data, chaos=CHAOS) as server:
        folder, calm = Path(parent, "killed"), Path(parent, "calm")
        Project.init(folder, task="sft")
        Project.init(calm, task="sft")
        ran, seconds = run(folder, server, data)
        check(folder, data, ran)
        faults, digest = dict(sorted(server.faults.items())), Project(folder).store.state_digest()
        pull(folder, server, ran, random.Random(), kills=False)
        assert Project(folder).store.state_digest() == digest, "a pull again changed something"
        again = ran.seconds[-1]
        server.chaos, pages = 0.0, server.pages
        pull(calm, server, whole := Ran(), random.Random(), kills=False)
        check(calm, data, whole)
        pages = server.pages - pages
    lines = [
        "# A Langfuse, read under faults and kills\n",
        f"Written by `python benchmarks/langfuse/run.py {calls} {scores}` on "
        f"{datetime.now(UTC):%Y-%m-%d}, sources {measured.sources()}; Python "
        f"{platform.python_version()}, duckdb {version('duckdb')}, {os.cpu_count()} cores that "
        "server and client share.\n",
        "| what | |",
        "|---|--:|",
        f"| calls, scores | {calls:,}, {scores:,} |",
        f"| SIGKILL before a page, at a moment after one | {ran.before:,}, {ran.after:,} |",
        f"| pulls that came to their end | {ran.pulls:,} |",
        f"| faults played | {', '.join(f'{n:,} x {name}' for name, n in faults.items())} |",
        "| calls and scores that differ from the generator's | 0 |",
        "| rows changed by one more pull | 0 |",
        "| files and printed lines with a key in them | 0 |",
        f"| seconds under faults and kills | {seconds:,.0f} |",
        f"| seconds of one pull without ({pages:,} pages) | {whole.seconds[0]:,.0f} |",
        f"| seconds of a pull with nothing new | {again:,.1f} |",
    ]
    (HERE / "RESULTS.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""CPU time of commands on one project, before and after in turn; and what they ask of DuckDB."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from programs import CHECKOUT, Runner, checkout, environment
from recipes import first_talks, write

sys.path.append(str(Path(__file__).parents[1] / "real_data"))

from raw_oracle import read

HERE = Path(__file__).parent
LIMITS = {"status": 1.0, "dedupe": 1.0, "export": 1.0, "queue": 0.65}
"""Most that a command may take after, as a share of before: the ratio that it is held to."""

NOISE = 1.05
"""What two runs of one program differ by, the best of three each."""


@dataclass(frozen=True)
class Used:
    """CPU seconds of one command, user and system, and how it ended."""

    cpu_seconds: float
    exit_code: int


@dataclass(frozen=True)
class Asked:
    """How often one command opened the project's file, and derived the verdicts."""

    attached: int
    verdicts: int


def commands(example: str) -> dict[str, list[str]]:
    """Returns the commands that are measured, in the order in which they are typed."""
    export = ["export", "talks", "--min-test", "0"]
    return {
        "dedupe": ["dedupe"],
        "dedupe again": ["dedupe"],
        "status": ["status"],
        "export --dry-run": [*export, "--dry-run"],
        "export": export,
        "export again": export,
        "queue": ["queue"],
        "why": ["why", example],
    }


def cost(arguments: argparse.Namespace, commit: str) -> tuple[int, str]:
    """Measures; returns the exit status and the part of RESULTS.md."""
    trees = {"before": checkout(commit, arguments.folder.resolve()), "after": CHECKOUT}
    base = _project(arguments, trees["before"], commit)
    if arguments.build_only:
        return 0, ""
    with duckdb.connect(str(base / "p" / "curate.duckdb"), read_only=True) as con:
        example, rows = con.execute(
            "SELECT min(interaction_id), count(*) FROM interactions"
        ).fetchall()[0]
    typed = commands(example)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        place = Path(folder)
        # The counting runs go first: they compile the modules, which no timed run shall do.
        asked = {which: _count(tree, base, place, typed) for which, tree in trees.items()}
        used: dict[str, dict[str, list[Used]]] = {}
        for number in range(arguments.runs):
            copies = {w: _copy(t, base, place / f"{w}{number}") for w, t in trees.items()}
            for name, argv in typed.items():
                for which, tree in trees.items():
                    _say(f"run {number + 1}, {which}: {name}")
                    found = measure(tree, copies[which], argv)
                    used.setdefault(name, {}).setdefault(which, []).append(found)
            for copy in copies.values():
                shutil.rmtree(copy)
    return _report(arguments, commit, rows, asked, used)


def _project(arguments: argparse.Namespace, tree: Path, commit: str) -> Path:
    """Returns a folder with a project that the commit has built, up to its clusters."""
    kept = arguments.folder.resolve() / "cost" / f"{commit[:12]}-{arguments.rows}"
    if kept.exists():
        return kept
    fresh = kept.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    rows = read(arguments.data / "topical_chat_rated" / "turns.jsonl.gz")
    curate = Runner(tree, fresh, watch=_say)
    log = write(curate, "log.jsonl", first_talks(rows, "conversation_id", arguments.rows))
    curate("init", "p")
    curate("-C", "p", "pull", log, "--turns")
    for stage in ("filter", "embed", "cluster"):
        curate("-C", "p", stage)
    fresh.rename(kept)
    return kept


def _copy(tree: Path, base: Path, place: Path) -> Path:
    """Returns a copy of the project, brought up to what the tree knows."""
    shutil.copytree(base, place)
    Runner(tree, place)("init", "p")
    return place


def measure(tree: Path, folder: Path, argv: list[str]) -> Used:
    """Runs a command on the project `p` in a folder and returns what it took.

    With one thread: what two of them take of the CPU differs by half from run to run.
    """
    command = [sys.executable, "-m", "curate", "-C", "p", *argv]
    with subprocess.Popen(
        command, cwd=folder, env=environment(tree, CURATE_THREADS="1"),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Used(usage.ru_utime + usage.ru_stime, process.returncode)


def _count(tree: Path, base: Path, place: Path, typed: dict[str, list[str]]) -> dict[str, Asked]:
    copy, found = _copy(tree, base, place / "counted"), {}
    for name, argv in typed.items():
        counts = place / "counts"
        counts.write_text("")
        path = os.pathsep.join([str(HERE / "counting"), str(tree / "src")])
        more = {"PYTHONPATH": path, "BEFORE_AFTER_COUNTS": str(counts)}
        _say(f"counting, {tree.name[:12]}: {name}")
        command = [sys.executable, "-m", "curate", "-C", "p", *argv]
        subprocess.run(
            command, cwd=copy, env={**environment(tree), **more},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        events = counts.read_text().split()
        found[name] = Asked(events.count("attach"), events.count("verdicts"))
    shutil.rmtree(copy)
    return found


def _report(
    arguments: argparse.Namespace,
    commit: str,
    rows: int,
    asked: dict[str, dict[str, Asked]],
    used: dict[str, dict[str, list[Used]]],
) -> tuple[int, str]:
    from run import after_revision, machine

    lines, failed = [], []
    for name, found in used.items():
        best = {which: min(u.cpu_seconds for u in runs) for which, runs in found.items()}
        codes = {u.exit_code for runs in found.values() for u in runs}
        ratio, limit = best["after"] / best["before"], LIMITS.get(name)
        if codes != {0}:
            failed.append(f"{name} ended with {sorted(codes - {0})[0]}")
        if limit and ratio > limit * NOISE:
            failed.append(f"{name} takes {ratio:.2f} of the time before; the limit is {limit}")
        counts = [asked[which][name] for which in ("before", "after")]
        lines.append(
            f"| {name} | {best['before']:.2f} | {best['after']:.2f} | {ratio:.2f} "
            f"| {limit or ''} | {counts[0].attached} | {counts[1].attached} "
            f"| {counts[0].verdicts} | {counts[1].verdicts} |"
        )
    text = "\n".join(
        [
            "## The cost",
            "",
            f"Written by `python benchmarks/before_after/run.py cost --before {arguments.before} "
            f"--runs {arguments.runs}` on {datetime.now(UTC):%Y-%m-%d}: commit {commit[:12]} "
            f"before, {after_revision()} after; {machine()}.",
            "",
            f"{rows:,} interactions of Topical-Chat, pulled, filtered, embedded and clustered by "
            "the commit before; each run works on copies. CPU seconds, user and system, of whole "
            f"processes, before and after in turn, the best of {arguments.runs}. `attached`: how "
            "often the project's file is opened; `derived`: how often verdicts are.",
            "",
            "| command | s before | s after | ratio | limit | attached before | after "
            "| derived before | after |",
            f"|---|{'--:|' * 8}",
            *lines,
            "",
            *(f"- Not as it should be: {reason}" for reason in failed),
        ]
    )
    return int(bool(failed)), text


def _say(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", file=sys.stderr, flush=True)

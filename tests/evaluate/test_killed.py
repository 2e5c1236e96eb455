"""`curate evaluate` killed at twenty moments: the rerun ends where an undisturbed run ends."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from curate.project import Project
from judged import answered_by, heldout_of, labelled_project, wrong

pytestmark = pytest.mark.slow

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
KILLS = 20

# Runs the command in a process that was forked when everything was imported, and dies at a moment.
DRIVER = """
import os, signal, sys, threading
import numpy, duckdb, pyarrow, scipy.special
import curate.evaluate.evaluate
from curate.cli import main

for line in sys.stdin:
    folder, after, *arguments = line.rstrip("\\n").split("\\t")
    child = os.fork()
    if child == 0:
        if float(after) >= 0:
            threading.Timer(float(after), lambda: os.kill(os.getpid(), signal.SIGKILL)).start()
        main(["-C", folder, *arguments])
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), file=sys.stderr, flush=True)
"""


def test_killed_at_any_moment_the_same_is_stored(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    made = labelled_project(tmp_path, write_jsonl, 240)
    heldout = heldout_of(made)
    files = [
        f"{name}={answered_by(tmp_path, name, heldout, answer)}"
        for name, answer in (
            ("tuned", lambda n, one: str(one.label)),
            ("other", lambda n, one: wrong(str(one.label)) if n % 4 == 0 else str(one.label)),
        )
    ]
    asked = ["evaluate", "set", "--answers", files[0], "--answers", files[1], "--review", "9"]
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip

    def run(folder: Path, after: float = -1.0) -> int:
        assert driver.stdin and driver.stderr
        driver.stdin.write("\t".join([str(folder), str(after), *asked]) + "\n")
        driver.stdin.flush()
        while True:
            line = driver.stderr.readline()
            if line.strip().lstrip("-").isdigit():
                return int(line)

    def fresh(name: str) -> Path:
        return Path(shutil.copytree(made.folder, tmp_path / name))

    try:
        took = []
        for name in ("first", "undisturbed"):
            folder, begun = fresh(name), time.monotonic()
            assert run(folder) == 0
            took.append(time.monotonic() - begun)
        expected = Project(tmp_path / "undisturbed").store.state_digest()
        tasks = Project(tmp_path / "undisturbed").table("tasks").num_rows
        assert tasks > 5
        died, rng = 0, random.Random(7)
        for number in range(KILLS):
            folder = fresh(f"p{number}")
            died += run(folder, min(took) * (number + rng.random()) / KILLS) == -signal.SIGKILL
            assert Project(folder).status().interactions == 240
            assert run(folder) == 0
            assert Project(folder).store.state_digest() == expected
            assert Project(folder).table("looks").num_rows == 2
            assert Project(folder).table("tasks").num_rows == tasks
        assert died >= KILLS // 2
    finally:
        driver.kill()
        driver.wait()

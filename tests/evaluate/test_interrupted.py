"""`curate evaluate --ask` interrupted at random moments: it ends soon, with what has arrived."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from endpoint import EndpointServer, hang, slow
from judged import labelled_project

pytestmark = pytest.mark.slow

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
INTERRUPTS, CONCURRENCY = 30, 4

# A process for each line, which has what was imported here.
DRIVER = """
import os, sys, threading
import duckdb, httpx, numpy, pyarrow, scipy.special
import curate.evaluate.evaluate
from curate.cli import main

for line in sys.stdin:
    if not (child := os.fork()):
        try:
            main(line.rstrip("\\n").split("\\t"))
        except SystemExit as error:
            os._exit(error.code)
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture
def driver() -> Iterator[subprocess.Popen[str]]:
    made = subprocess.Popen(
        [sys.executable, "-c", DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    yield made
    made.kill()
    made.wait()


def begin(driver: subprocess.Popen[str], *arguments: str) -> int:
    """Begins a command; returns its process."""
    assert driver.stdin and driver.stdout
    driver.stdin.write("\t".join(arguments) + "\n")
    driver.stdin.flush()
    return int(driver.stdout.readline())


def end(driver: subprocess.Popen[str], child: int) -> int:
    """Returns the exit code of a command, which is killed where it does not end soon."""
    assert driver.stdout
    late = threading.Timer(5, os.kill, (child, signal.SIGKILL))
    late.start()
    code = int(driver.stdout.readline())
    late.cancel()
    return code


def wait_for_calls(server: EndpointServer, model: str, count: int = 1) -> None:
    until = time.monotonic() + 30
    while sum(call.body["model"] == model for call in server.calls) < count:
        assert time.monotonic() < until
        time.sleep(0.002)


def test_an_interrupt_ends_it_soon_and_what_arrived_is_stored(
    tmp_path: Path, write_jsonl: WriteJsonl, driver: subprocess.Popen[str]
) -> None:
    made = labelled_project(tmp_path, write_jsonl, 240)
    draw, interrupted = random.Random(11), 0
    with EndpointServer() as server:
        server.fault = lambda call: hang if draw.random() < 0.05 else slow(0.03)
        for number in range(INTERRUPTS):
            ask = f"--ask=si={server.url}#m{number}"
            child = begin(driver, "-C", str(made.folder), "evaluate", "set", ask, "--yes")
            wait_for_calls(server, f"m{number}")
            time.sleep(draw.uniform(0, 0.4))
            # `timeout` sends the signal to the process, and then to its group.
            for _ in range(1 + number % 2):
                os.kill(child, signal.SIGINT)
            code = end(driver, child)
            assert code in (0, 130), f"after {number} interrupts"
            interrupted += code == 130
            said = sum(c.body["model"] == f"m{number}" and bool(c.said) for c in server.calls)
            with made.store.read_database() as con:
                query = "SELECT count(answer) FROM asks WHERE model = $model"
                ((stored,),) = con.execute(query, {"model": f"m{number}"}).fetchall()
            assert said - CONCURRENCY <= stored <= said
    assert interrupted > INTERRUPTS // 2

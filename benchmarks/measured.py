"""Programs in processes of their own, with their seconds and their peak memory."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Stage:
    """One command that was run: what it printed, its seconds by clock and CPU, its memory."""

    printed: Any
    seconds: float
    cpu_seconds: float
    peak_mib: float


def sources() -> str:
    """Returns a short digest of the package and its SQL, which says what was measured."""
    digest = hashlib.sha256()
    for folder in ("src", "sql"):
        for file in sorted((CHECKOUT / folder).rglob("*")):
            if file.suffix in (".py", ".sql"):
                digest.update(file.relative_to(CHECKOUT).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def child(*command: str) -> Stage:
    """Runs a Python program that prints JSON (or text) in a process of its own and measures it."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CURATE_")},
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": os.pathsep.join(
            [str(CHECKOUT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
        ),
    }
    # Linux counts the memory of the process that forks as the child's, so a small one does that.
    launcher = [sys.executable, __file__, *command]
    done = subprocess.run(launcher, stdout=subprocess.PIPE, env=environment, check=True)
    measured = json.loads(done.stdout)
    text = measured.pop("text")
    if measured.pop("status"):
        raise SystemExit(f"{' '.join(command)} failed\n{text}")
    printed = json.loads(text) if text.startswith(("{", "[")) else text
    return Stage(printed, **measured)


def launch(command: list[str]) -> dict[str, Any]:
    """Runs a Python program and returns what it printed, its time and its peak memory."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([sys.executable, *command], stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        return {
            "text": out.read().decode(),
            "status": process.returncode,
            "seconds": seconds,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "peak_mib": usage.ru_maxrss / 1024,
        }


if __name__ == "__main__":
    print(json.dumps(launch(sys.argv[1:])))

"""What pulling, looking, exporting and what is new cost, beside the named peers on the same logs.

    CURATE_TEST_DATA=/path/to/data python benchmarks/speed/run.py [--calls 100000] [--only ingest]

Each program runs in a process of its own, on logs of `logs.py`. RESULTS.md beside this file is
written anew where all parts were run, and the picture where pulling was.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import delta
import ingest
import looking
from bars import bars
from measured import sources

import export

NEW = 0.01
PICTURE = HERE / "pull.svg"


def machine(folder: Path) -> str:
    """Returns what the disk does: 256 MiB written and synchronised."""
    begun = time.perf_counter()
    with (folder / "written").open("wb") as file:
        for _ in range(256):
            file.write(bytes(1 << 20))
        file.flush()
        os.fsync(file.fileno())
    seconds = time.perf_counter() - begun
    (folder / "written").unlink()
    return f"The disk takes 256 MiB in {seconds:.2f} s ({256 / seconds:,.0f} MiB/s)."


def ingested(calls: int, data: Path, folder: Path) -> str:
    """Returns what each program needs to read or store a log of each shape."""
    found = ingest.measure(calls, folder, data)
    title = f"Seconds to pull {calls:,} calls (pandas and polars store nothing)"
    rows = [(f"{one.shape}: {one.program}", one.seconds, one.program == "curate") for one in found]
    PICTURE.write_text(bars(title, rows), encoding="utf-8")
    text = "pandas and polars only read the file into memory; `duckdb` knows the types.\n\n"
    return f"{text}![{title}]({PICTURE.name})\n\n{ingest.report(found)}"


def looked(calls: int, data: Path, _folder: Path) -> str:
    """Returns what each way to look at a project costs."""
    lines = [str(one) for one in looking.measure(calls, data)]
    return "\n".join(["| what | seconds | CPU s |", "|---|--:|--:|", *lines])


def exported(calls: int, data: Path, _folder: Path) -> str:
    """Returns what exports cost, and what peers do on the same lines."""
    lines = [str(one) for one in export.measure(calls, data)]
    return "\n".join([export.HEAD, *lines])


def renewed(calls: int, data: Path, folder: Path) -> str:
    """Returns what each stage costs in full, for what is new, and for nothing."""
    new = round(NEW * calls)
    whole, half = (delta.delta(count, new, data, folder) for count in (calls, calls // 2))
    text = (
        f"{calls:,} calls, then {new:,} new ones; growth: what is new beside {calls:,} by what it "
        f"is beside {calls // 2:,}. CPU seconds with one thread, in brackets those of deriving "
        "verdicts; shares and growth are without these. The encoder is a cheap stand-in.\n\n"
    )
    return text + delta.table(whole, half)


PARTS: dict[str, tuple[str, Callable[[int, Path, Path], str]]] = {
    "ingest": ("Pulling a log", ingested),
    "looking": ("Looking", looked),
    "export": ("Exporting", exported),
    "delta": ("What is new", renewed),
}


def main() -> int:
    """Measures, prints, and writes RESULTS.md where all parts were run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    arguments = parser.parse_args()
    data = Path(os.environ.get("CURATE_TEST_DATA", HERE.parents[2] / "shared" / "data"))
    names = [name for name in PARTS if name in arguments.only.split(",")]
    command = f"python benchmarks/speed/run.py --calls {arguments.calls}"
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        texts = [
            "# Speed",
            f"Written by `{command}` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; src and sql: "
            f"sha256 {sources()}, Python {platform.python_version()}, duckdb {version('duckdb')}, "
            f"{os.cpu_count()} cores. {machine(folder)}",
        ]
        for name in names:
            title, measure = PARTS[name]
            print(f"{datetime.now(UTC):%H:%M:%S} {title}", file=sys.stderr, flush=True)
            texts.append(f"## {title}\n\n{measure(arguments.calls, data, folder)}")
    text = "\n\n".join(texts) + "\n"
    print(text)
    if names == list(PARTS):
        (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Looks for leaks in every version of logs that grow; writes RESULTS.md beside this file.

Each world is a log in eleven languages (`mixed_logs.py`). It is pulled in three parts, in between
answers and questions are corrected, the leak threshold is moved, and after each step a version is
exported. An oracle that shares no code with curate (`leak_oracle.py`) compares the train lines of
each version with the test lines of this version and of all versions before.

    python benchmarks/leaks/run.py [--worlds 6] [--rows 5000]

Exit status 1: a train line leaks a test line.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from lives import World, world
from measured import sources


def render(worlds: list[World], rows: int, command: str) -> str:
    """Returns the text of RESULTS.md."""
    found = [leak for one in worlds for leak in one.leaks]
    lines = [
        "# Leaks in logs of many languages\n",
        f"Written by `{command}` on {datetime.now(UTC):%Y-%m-%d}; src and sql: sha256 "
        f"{sources()}. {len(worlds)} worlds of {rows:,} rows; the oracle in `leak_oracle.py` "
        "shares no code with curate.\n",
        f"**Leaks: {len(found)}**, in {sum(len(one.counts) for one in worlds)} versions, each "
        "compared with its own and all earlier test files.\n",
        "At random: the same lines of a version, split by lot.\n",
        "| world | version | train | test | left as leak | leaks | leaks at random |",
        "|--:|---|--:|--:|--:|--:|--:|",
    ]
    for number, one in enumerate(worlds):
        bad = Counter(leak[0] for leak in one.leaks)
        lines += [
            f"| {number} | {version} | {train:,} | {test:,} | {left:,} | {bad[version]} | {lot:,} |"
            for version, (train, test, left, lot) in one.counts.items()
        ]
    lines += [f"\n- {a} train, {b} test, {j:.2f}: {x!r} / {y!r}" for a, b, x, y, j in found[:20]]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Runs all worlds; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=6)
    parser.add_argument("--rows", type=int, default=5_000)
    options = parser.parse_args()
    worlds = []
    for seed in range(options.worlds):
        with tempfile.TemporaryDirectory() as folder:
            worlds.append(world(seed, options.rows, Path(folder)))
        print(f"world {seed}: {len(worlds[-1].leaks)} leaks", file=sys.stderr)
    command = " ".join(["python benchmarks/leaks/run.py", *sys.argv[1:]])
    text = render(worlds, options.rows, command)
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)
    return int(any(one.leaks for one in worlds))


if __name__ == "__main__":
    sys.exit(main())

"""Measures what curate finds and what it is worth, beside stock cleanlab and Datalab, on the same
vectors in the same run, and writes RESULTS.md beside it.

Each part is a module here with one function, measure(bench) -> Section. All of them, or some:

    CURATE_TEST_DATA=/path/to/data python benchmarks/quality/run.py --only detection --only size

Exit status 1: a goal was missed; RESULTS.md says which.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent)]

from measured import sources
from sets import Embedded

from report import Bench, Section

PARTS = (
    "detection",
    "value",
    "real_errors",
    "cold_start",
    "out_of_scope",
    "budget",
    "judge",
    "several",
    "ratings",
    "size",
    "ablation",
)
PACKAGES = ("numpy", "scipy", "scikit-learn", "cleanlab", "sentence-transformers")

_ABOUT = """\
Everybody gets the same MiniLM vectors of the normalised texts, and default settings; nothing here
was used to train them. AP is average precision, of all rows in the order of suspicion; P@100 the
share of wrong labels among the first hundred. Numbers in brackets are the smallest and the largest
of three seeds, "to" between two numbers of one row is a 95% interval. Seconds are by the clock, on
a machine that is shared with other work: only ratios of one run mean something.
"""


def stamp(seconds: float) -> str:
    import curate

    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"*Measured on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC in {seconds:,.0f} s; curate "
        f"{curate.__version__} (src and sql: sha256 {sources()}), Python "
        f"{platform.python_version()}, {packages}; {os.cpu_count()} cores, {platform.machine()}.*\n"
    )


def render(section: Section, seconds: float) -> str:
    missed = "".join(f"- **missed: {problem}**\n" for problem in section.problems)
    parts = [f"## {section.title}\n", stamp(seconds), missed, section.text]
    return "\n".join(part for part in parts if part)


def merged(known: str, made: dict[str, str]) -> str:
    """Returns RESULTS.md with the parts that were measured now, and the other ones as they were."""
    found = dict(re.findall(r"<!-- (\w+) -->\n(.*?)(?=\n<!-- \w+ -->|\Z)", known, re.DOTALL))
    found.update(made)
    head = "# Quality\n\nWritten by `python benchmarks/quality/run.py`, each part when it says.\n\n"
    parts = [f"<!-- {name} -->\n{found[name].strip()}\n" for name in PARTS if name in found]
    return head + _ABOUT + "\n" + "\n".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures what curate finds and what it is worth.")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("CURATE_TEST_DATA", CHECKOUT.parent / "shared" / "data")),
    )
    parser.add_argument("--cache", type=Path, help="keep vectors here; default: nowhere")
    parser.add_argument("--only", action="append", choices=PARTS, help="a part; may be repeated")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error("no data: set CURATE_TEST_DATA to the folder with the data sets")
    results = HERE / "RESULTS.md"
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        cache = arguments.cache or Path(folder)
        cache.mkdir(parents=True, exist_ok=True)
        bench = Bench(arguments.data, Embedded(cache), HERE, Path(folder))
        for name in arguments.only or PARTS:
            print(name, file=sys.stderr)
            begun = time.perf_counter()
            section = import_module(name).measure(bench)
            made = render(section, time.perf_counter() - begun)
            known = results.read_text(encoding="utf-8") if results.exists() else ""
            results.write_text(merged(known, {name: made}), encoding="utf-8")
            print(made)
            missed += len(section.problems)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())

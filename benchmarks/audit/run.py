"""How often the audit's interval covers a known truth; writes RESULTS.md beside this file.

    python benchmarks/audit/run.py

`--seeds 50` is a quick look. Exit status 1: in some world the interval covers too rarely.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
from worlds import SETTINGS, World, simulated

from curate.kernels.intervals import clopper_pearson

HERE = Path(__file__).parent
SEEDS = 1_000


def plain(world: World) -> tuple[float, float]:
    """Returns what the share of wrong ones in all audits would say of what nobody has judged."""
    drawn = [j for j in world.side.judged if j.audit]
    low, high = clopper_pearson(sum(j.wrong for j in drawn) / len(drawn), len(drawn))
    left = sum(world.side.left.values()) / world.side.examples
    return left * low, left * high


def covers(truth: float, low: float, high: float) -> bool:
    return low - 1e-9 <= truth <= high + 1e-9


def row(name: str, seeds: int) -> tuple[str, float]:
    """Returns the table row of a setting, and how often the interval covered."""
    made = [simulated(SETTINGS[name], seed) for seed in range(seeds)]
    found = [world.estimate for world in made]
    truth = np.array([world.truth for world in made])
    low, high = np.array([(r.low, r.high) for r in found]).T
    covered = float(np.mean([covers(*ends) for ends in zip(truth, low, high, strict=True)]))
    naive = [covers(world.truth, *plain(world)) for world in made]
    setting = SETTINGS[name]
    cells = [
        name,
        f"{setting.rows:,}",
        f"{setting.wrong:.1%}",
        f"{setting.caught:.0%} / {setting.false:.0%}",
        f"{setting.rounds} x ({setting.audit} + {setting.flagged})",
        f"{truth.mean():.2%}",
        f"{np.mean([r.rate for r in found]):.2%}",
        f"{covered:.1%}",
        f"{np.mean(low > truth + 1e-9):.1%}",
        f"{np.mean(high < truth - 1e-9):.1%}",
        f"{np.mean(high - low):.1%}",
        f"{np.mean(naive):.1%}",
        f"{np.median([r.more for r in found]):.0f}",
    ]
    return f"| {' | '.join(cells)} |", covered


def commit() -> str:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=HERE,
                          capture_output=True, text=True, check=False)  # fmt: skip
    return done.stdout.strip() or "unknown"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=SEEDS)
    seeds = parser.parse_args().seeds
    begun = time.process_time()
    rows = [row(name, seeds) for name in SETTINGS]
    worst = min(covered for _, covered in rows)
    text = "\n".join([
        "# The error rate that audits tell",
        "",
        f"Written by `python benchmarks/audit/run.py` on {datetime.now(UTC):%Y-%m-%d}; commit "
        f"{commit()}, Python {platform.python_version()}, scipy {version('scipy')}; "
        f"{time.process_time() - begun:.0f} CPU s.",
        "",
        f"**The 95% interval covers the truth in {worst:.1%} of {seeds:,} worlds or more, in every "
        "setting.**",
        "",
        "A world has examples of which some are wrong, and a detector that flags a share of the",
        "wrong ones (*caught*) and of the right ones (*false*). In each round so many are drawn",
        "at random and so many flagged ones are answered, wrong ones rather first; what was",
        "answered is right afterwards. *Truth* is the share that is then still wrong, on average;",
        "*too high* and *too low* say on which side an interval missed it. *Plain* is how often",
        "the share of wrong ones in the audits, taken for that of everything that nobody judged,",
        "would have covered. *To halve*: the median of the further audited answers that would",
        "halve the interval.",
        "",
        "| world | examples | wrong | caught / false | rounds x (drawn + flagged) | truth "
        "| estimate | covered | too high | too low | width | plain | to halve |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        *(line for line, _ in rows),
        "",
    ])  # fmt: skip
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)
    return 0 if worst >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())

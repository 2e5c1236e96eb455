"""How often the verdict on two models is right where the truth is known; writes RESULTS.md.

    python benchmarks/evaluate/run.py

`--times 50` is a quick look, `--processes 2` is sooner done, `--keep FILE` lets a stopped run go
on. Exit status 1: a bar is missed.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from measured import sources
from simulated_models import Setting, settings
from trials import Outcome, both

TIMES = 1_000
COVERED, CONSERVATIVE, FALSE = 0.93, 0.97, 0.035


def timed(setting: Setting, times: int) -> tuple[Outcome, Outcome, float]:
    begun = time.process_time()
    return *both(setting, times), time.process_time() - begun


def kept_by(file: Path | None) -> dict[str, list[Any]]:
    if not file or not file.exists():
        return {}
    return dict(map(orjson.loads, file.read_bytes().splitlines()))


def outcomes(
    chosen: list[Setting], options: argparse.Namespace
) -> list[tuple[Outcome, Outcome, float]]:
    """Returns what came out in each setting; takes what a stopped run has kept."""
    kept = kept_by(options.keep)
    left = [s for s in chosen if repr(s) not in kept]
    with ProcessPoolExecutor(options.processes) as pool:
        results = pool.map(partial(timed, times=options.times), left)
        for setting, (us, scipy, seconds) in zip(left, results, strict=True):
            kept[repr(setting)] = [asdict(us), asdict(scipy), seconds]
            if options.keep:
                with options.keep.open("ab") as file:
                    file.write(orjson.dumps([repr(setting), kept[repr(setting)]]) + b"\n")
    rows = [kept[repr(setting)] for setting in chosen]
    return [(Outcome(**us), Outcome(**scipy), seconds) for us, scipy, seconds in rows]


def row(setting: Setting, us: Outcome, scipy: Outcome) -> str:
    cells = [
        setting.name,
        f"{setting.examples:,}",
        f"{setting.difference:.0%}",
        f"{us.estimate:.1%}",
        f"{us.covered:.1%}" + (" conservative" if us.covered > CONSERVATIVE else ""),
        f"{us.above:.1%} / {us.below:.1%}",
        f"{us.beats:.1%}",
        f"{us.width:.1%}",
        f"{scipy.covered:.1%}",
        f"{scipy.beats:.1%}",
        f"{scipy.width:.1%}",
    ]
    return f"| {' | '.join(cells)} |"


def worst(outcomes: list[tuple[Setting, Outcome]]) -> tuple[float, float]:
    """Returns the lowest coverage and the highest share of false `beats`."""
    return (
        min(o.covered for _, o in outcomes),
        max((o.beats for s, o in outcomes if not s.difference), default=0.0),
    )


def summary(all_settings: list[Setting], us: list[Outcome], scipy: list[Outcome]) -> list[str]:
    def where(outcomes: list[Outcome], audited: bool) -> tuple[float, float]:
        pairs = zip(all_settings, outcomes, strict=True)
        return worst([(s, o) for s, o in pairs if bool(s.audit) is audited])

    lines = []
    for audited, labels in ((False, "right labels"), (True, "wrong labels and an audit")):
        (covered, false), (plain, plain_false) = where(us, audited), where(scipy, audited)
        lines.append(
            f"- With {labels}, the 95% interval covers the truth in {covered:.1%} of the worlds or "
            f"more, and `beats` is false in {false:.1%} at most where both models are equal. "
            f"scipy's percentile bootstrap: {plain:.1%} and {plain_false:.1%}."
        )
    wide = sum(o.covered > CONSERVATIVE for o in us)
    lines.append(
        f"- {wide} of {len(us)} settings are conservative (over {CONSERVATIVE:.0%} covered)."
    )
    return lines


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=TIMES)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="file with what is done; a stopped run goes on")
    parser.add_argument("--report", action="store_true", help="write what is kept, run nothing")
    options = parser.parse_args()
    kept = kept_by(options.keep)
    chosen = [s for s in settings() if not options.report or repr(s) in kept]
    left = [
        f"{s.name}, {s.examples:,} examples, {s.difference:.0%}"
        for s in settings()
        if s not in chosen
    ]
    done = outcomes(chosen, options)
    us, scipy = [o for o, _, _ in done], [o for _, o, _ in done]
    covered, false = worst(list(zip(chosen, us, strict=True)))
    passed = covered >= COVERED and false <= FALSE
    text = "\n".join([
        "# Is the tuned model better? How often the verdict is right",
        "",
        f"Written by `python benchmarks/evaluate/run.py --times {options.times}` on "
        f"{datetime.now(UTC):%Y-%m-%d}; sources {sources()}, Python {platform.python_version()}, "
        f"numpy {version('numpy')}, scipy {version('scipy')}; "
        f"{sum(seconds for _, _, seconds in done):.0f} CPU s.",
        "",
        f"**Bars: covered in {COVERED:.0%} or more, `beats` false in {FALSE:.1%} at most. "
        f"{'Both hold' if passed else 'MISSED'} in {len(chosen)} settings of {options.times:,} "
        f"worlds each: {covered:.1%} and {false:.1%} at worst.**",
        "",
        *summary(chosen, us, scipy),
        *([f"- Not run yet: {'; '.join(left)}."] if left else []),
        "",
        "A world has held-out examples and the scores of two models on them. *True* is the",
        "difference that worlds are drawn with, candidate less baseline; *estimate* is the mean",
        "of what was found. *Above / below*: on which side of the truth the other intervals",
        "lie. *Beats*: how often the verdict is that the candidate is better, with a margin of",
        "2 points; where the true difference is 0 that is false, else it is the power. *scipy*",
        "is `scipy.stats.bootstrap(method='percentile')` on the same worlds: it draws",
        "conversations, too, and takes labels as they are.",
        "",
        "The baseline is right on 80%; exactly one model is right on 15% (*rarely*: 6%). In",
        "conversations an example takes the common outcome in 7 of 10 cases. A wrong label is",
        "any of four others; labels that are a model's own answers are wrong wherever it is.",
        "*Flagged*: 6 of 10 wrong labels and 1 of 20 right ones were judged besides the audit.",
        "With a margin of 2 points and a true difference of 2, `beats` cannot come in much more",
        "than half the worlds.",
        "",
        "What the figures do not show: graded scores and wrong labels together, an audit that",
        "is not random, and held-out examples that are unlike those the model will meet.",
        "",
        "| world | examples | true | estimate | covered | above / below | beats | width "
        "| scipy: covered | beats | width |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        *(row(*each) for each in zip(chosen, us, scipy, strict=True)),
        "",
    ])  # fmt: skip
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())

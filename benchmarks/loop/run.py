"""Measures what the loop is worth: queue, hand over, answers, sync, export; writes RESULTS.md.

Every step is a command that a curator types, in a process of its own. The program plays the
annotator: it reads the tasks that were written for Label Studio and answers them by the truth, in
Label Studio's JSON export.

    CURATE_TEST_DATA=/path/to/data python benchmarks/loop/run.py

Exit status 1: the queue is behind random choice or stock cleanlab somewhere; RESULTS.md says where.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "quality")]

from banking import (
    AUDITED,
    CLEANLAB,
    QUEUE,
    RANDOM,
    RAW,
    TRUE,
    TWICE,
    Loop,
    at_scale,
    banking,
    with_copies,
)
from measured import sources
from search import DRAWS, Found, searched

from report import SEEDS, table

PACKAGES = ("duckdb", "scikit-learn", "cleanlab", "sentence-transformers")


def problems(found: Sequence[Found], loop: Loop) -> list[str]:
    wrong = [
        f"{one.of.name}: {one.queue} errors found, {name} {peer}"
        for one in found
        for name, peer in (("cleanlab + LR", one.logistic), ("random", one.random[2]))
        if one.queue <= peer
    ]
    for name in (QUEUE, AUDITED):
        mine = loop.closed(name, loop.strength)
        for peer in (RANDOM, CLEANLAB):
            if (mine <= loop.closed(peer, loop.strength)).any():
                wrong.append(f"BANKING77: {name} does not close more than {peer} on every seed")
    return wrong


def searches(found: Sequence[Found]) -> str:
    head = ["", "rows", "wrong", "reviews", "queue --audit 0", "queue", "random (95%)",
            "cleanlab + LR", "Datalab"]  # fmt: skip
    return table(
        head,
        [
            [
                f.of.name, len(f.of.lines), len(f.of.wrong), f.of.budget, f.queue, f.audited,
                f"{f.random[0]:.1f} ({f.random[1]}-{f.random[2]})", f.logistic, f.datalab,
            ]
            for f in found
        ],
    )  # fmt: skip


ORDER = ("near_decision", "mislabel and contradiction", "mislabel", "contradiction", "raters",
         "low_confidence", "boundary", "out_of_scope")  # fmt: skip


def detectors(found: Sequence[Found], loop: Loop) -> str:
    """Returns a table of how many entries of each detector were wrong, over whole queues."""
    columns = {f.of.name: f.paid for f in found}
    columns |= {f"BANKING77, seed {s}": f for s, f in loop.whole.items()}
    lines = []
    for name in ORDER:
        cells = [shares.get(name, (0, 0)) for shares in columns.values()]
        if any(many for _, many in cells):
            lines.append([f"`{name}`", *(f"{w} of {n}" if n else "" for w, n in cells)])
    return table(["", *columns], lines)


def arms(loop: Loop) -> str:
    strengths = loop.judge.strengths
    head = ["", "reviews", "wrong among them", "wrong left in train", "train lines",
            *(f"accuracy, C = {c:g}" for c in strengths),
            *(f"gap closed, C = {c:g}" for c in strengths if c == loop.strength),
            "by seed"]  # fmt: skip
    lines = []
    for name in (RAW, RANDOM, CLEANLAB, AUDITED, QUEUE, TWICE, TRUE):
        mine = [arm for arm in loop.arms if arm.name == name]
        asked = [sum(n for _, n in arm.reviews.values()) for arm in mine]
        hit = [sum(w for w, _ in arm.reviews.values()) for arm in mine]
        closed = loop.closed(name, loop.strength) if name not in (RAW, TRUE) else np.zeros(0)
        lines.append(
            [
                name, round(np.mean(asked)), round(np.mean(hit)),
                round(np.mean([arm.wrong for arm in mine])),
                round(np.mean([arm.lines for arm in mine])),
                *(f"{loop.of(name, c).mean():.4f}" for c in strengths),
                f"{closed.mean():.0%}" if len(closed) else "",
                ", ".join(f"{share:.0%}" for share in closed),
            ]
        )  # fmt: skip
    return table(head, lines)


def steps(loop: Loop) -> str:
    """Returns the seconds of each step of the arm that asks without an audit."""
    mine = [arm.took for arm in loop.arms if arm.name == QUEUE]
    names = ("queue", "label push", "label sync", "export")
    return ", ".join(
        f"{name} {np.mean([took[name].seconds for took in mine]):.1f} s" for name in names
    )


def beside(found: Sequence[Found]) -> str:
    """Returns on which sets Datalab, or stock cleanlab against the audited queue, finds more."""
    more = [f"Datalab on {f.of.name}" for f in found if f.datalab > f.queue]
    more += [
        f"{CLEANLAB} than the audited queue on {f.of.name}" for f in found if f.logistic > f.audited
    ]
    return f"; more errors are found by {', '.join(more)}" if more else ""


def render(found: Sequence[Found], loop: Loop, scale: list[list[Any]]) -> str:
    wrong = problems(found, loop)
    parts = [
        "# What the loop is worth\n",
        f"Written by `python benchmarks/loop/run.py` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; "
        f"{environment()}\n",
        f"**Without an audit, ahead of random choice and of cleanlab with logistic regression "
        f"everywhere{beside(found)}.**\n"
        if not wrong
        else "**Not as it should be: " + "; ".join(wrong) + "**\n",
        "## Errors found\n",
        _FOUND.format(draws=DRAWS),
        searches(found),
        "## BANKING77: accuracy before and after\n",
        _LOOP.format(
            c=f"{loop.strength:g}",
            lines=loop.arms[0].lines,
            raw=loop.of(RAW, 1.0).mean(),
            true=loop.of(TRUE, 1.0).mean(),
        ),
        arms(loop),
        f"Commands of the arm without an audit, mean over seeds: {steps(loop)}.\n",
        "## Which detector pays\n",
        _DETECTORS,
        detectors(found, loop),
        "## Ten thousand tasks\n",
        _SCALE,
        table(["step", "tasks", "seconds", "CPU seconds"], scale),
    ]
    return "\n".join(parts)


_FOUND = """\
How many wrong labels are among so many reviews. `queue --audit 0` is `curate queue` as it ranks;
`queue` spends its default share on the audit, which is drawn at random (20 of 60, 40 of 400, 100 of
1,000). Random: mean of {draws:,} draws and the middle 95% of them. cleanlab + LR: scikit-learn's
LogisticRegression with its defaults, five-fold cross-validation, labels ranked by cleanlab's
self-confidence. Datalab: cleanlab's, on features, with its defaults. All have the same MiniLM
vectors.

curekart and sofmattress: HINT3, chatbot queries as first published, train and test of a bot pooled;
wrong is what the authors corrected later, and they looked at test only, so errors in train count as
false alarms. amazon_snippets and tweets: VADER, the sentiment that one of about 20 raters saw (one
draw); wrong where the mean of all says otherwise. BANKING77 with copies: train with a tenth of the
labels confused (as below), every fifth question asked two to four times, each copy with noise of
its own; one answer settles all copies with the label that was seen, which is not counted here.
"""

_LOOP = """\
The published train with one label in ten moved to the nearest, second or third nearest class (0.5,
0.3, 0.2); three draws. The published test is imported with `curate heldout import`, and nothing
else is held out. Pull, run, `queue --budget 1000`, `label push --to-file`, an annotator who knows
the published label, `label sync --from-file`, export; no `curate run` in between. *Twice 500* asks
a second queue after the answers to the first. Random and cleanlab + LR choose 1,000 lines of the
train.jsonl of before; their answers come in as feedback by an expert (`curate pull FILE --as
feedback`). Reviews that the queue spends on held-out examples, whose published labels count as
right, and on the audit are part of its 1,000.

Accuracy is that of scikit-learn's LogisticRegression (max_iter = 1000, else defaults but for C) on
the vectors of the packaged MiniLM, trained on the lines of the exported train.jsonl and judged on
all 3,080 published test questions. C = {c} has the best five-fold accuracy (of 1, 10 and 100) on
the train.jsonl with all labels true ({lines:,} lines), where no test question takes part. With C =
1, scikit-learn's default, the model is too stiff to be hurt: {raw:.4f} as logged, {true:.4f} with
all labels true. Gap closed = (after - as logged) / (all labels true - as logged).
"""

_DETECTORS = """\
Entries of the whole queue that were wrong, by the detector that put them where they are, in the
order of the queue. Held-out entries of BANKING77 count as right. `near_decision` is what a second
queue asks after 1,000 answers. Copies of a text are asked once, with whatever speaks most against
one of them, so few are left for `contradiction` alone.
"""

_SCALE = """\
BANKING77, seed 0, 10,000 of its 13,083 questions asked and answered (`--budget 10000 --audit
10000`, so that questions without any suspicion are asked too). Each command is a process of its
own, whose start is included; the machine is shared with other work.
"""


def environment() -> str:
    import curate

    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"curate {curate.__version__} (src and sql: sha256 {sources()}), "
        f"Python {platform.python_version()}, {packages}; {os.cpu_count()} cores, "
        f"{platform.machine()}."
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("CURATE_TEST_DATA", CHECKOUT.parent / "shared" / "data")),
    )
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error("no data: set CURATE_TEST_DATA to the folder with the data sets")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = searched(arguments.data, folder)
        data = banking(arguments.data, folder)
        found.append(with_copies(data))
        loop = Loop(data)
        begun = [loop.seed(seed) for seed in SEEDS]
        scale = at_scale(loop, begun[0])
    text = render(found, loop, scale)
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)
    return int(bool(problems(found, loop)))


if __name__ == "__main__":
    sys.exit(main())

"""Seconds and memory of judging labels, on vectors that are there, a process of its own each."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

TITLE = "Time and memory"
SIZES = ((10_003, 77), (100_000, 150))
METHODS = ("curate", "cleanlab + LR")


def measure(bench: Any) -> Any:
    from measured import child
    from sets import published

    from report import Section, table

    files = {}
    for name, (count, labels) in zip(("banking77", "clinc150"), SIZES, strict=True):
        clean = published(bench, name)
        files[count, labels] = Path(bench.scratch) / f"{name}-{count}.npz"
        vectors, given = grown(clean.vectors, clean.true, count)
        np.savez(files[count, labels], vectors=vectors, given=given)
    lines, problems = [], []
    for (count, labels), file in files.items():
        said = {}
        for method in METHODS:
            print(f"{count:,} x {labels} {method}", file=sys.stderr)
            said[method] = child(__file__, method, str(file)).printed
        mine, stock = (said[m] for m in METHODS)
        line = [f"{count:,} x {labels}"]
        for one in (mine, stock):
            line += [f"{one['seconds']:.1f}", f"{one['cpu_seconds']:.1f}", round(one["peak_mib"])]
        lines.append([*line, f"{mine['seconds'] / stock['seconds']:.2f}"])
        most = 5 if count < 50_000 else 60
        goals = {
            f"{count:,} x {labels} in {most} s ({mine['seconds']:.1f})": mine["seconds"] <= most,
            f"{count:,} x {labels} in 4 GiB": mine["peak_mib"] <= 4096,
            f"{count:,} x {labels} not slower than LR": mine["seconds"] <= stock["seconds"],
        }
        problems += [goal for goal, held in goals.items() if not held]
    head = ["rows x labels"]
    for method in METHODS:
        head += [f"{method}: s", "CPU s", "peak MiB"]
    return Section(TITLE, _ABOUT + "\n" + table([*head, "ratio"], lines), tuple(problems))


_ABOUT = """\
The vectors are there, and which inputs are copies is known. 10,003 x 77 is BANKING77's train side;
100,000 x 150 is CLINC150's, drawn with replacement, each vector shaken a little. One label in ten
is confused. cleanlab + LR is cleanlab's CleanLearning with logistic regression, five folds.
"""


def grown(vectors: Any, true: Any, count: int) -> tuple[Any, Any]:
    """Returns that many vectors, and labels of which one in ten is confused."""
    from sets import confused

    rng = np.random.default_rng(0)
    given = confused(true, vectors, 0)
    if count <= len(vectors):
        return vectors[:count], given[:count]
    drawn = rng.integers(0, len(vectors), count)
    shaken = vectors[drawn] + 0.02 * rng.normal(size=(count, vectors.shape[1]))
    shaken /= np.linalg.norm(shaken, axis=1, keepdims=True)
    return shaken.astype(np.float32), given[drawn]


def one(method: str, file: str) -> dict[str, float]:
    from peers import logistic

    from curate.kernels import label_model, label_noise

    read = np.load(file)
    vectors, given = read["vectors"], read["given"]
    count = len(given)
    task = label_model.Labelled(
        ids=np.array([f"{n:08d}" for n in range(count)], object),
        label=np.array([f"{n:04d}" for n in given], object),
        train=np.ones(count, bool),
        by_hand=np.zeros(count, bool),
        at=np.arange(count),
        vectors=vectors,
        pairs=(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)),
    )
    begun, cpu = time.perf_counter(), time.process_time()
    if method == METHODS[0]:
        model = label_model.Model(task)
        found = label_model.assess(task, model)
        label_noise.estimate(found.chances, model.given[found.examples], task.train)
    else:
        sys.path.insert(0, str(Path(__file__).parent))
        logistic(vectors, given)
    return {
        "seconds": time.perf_counter() - begun,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    print(json.dumps(one(*sys.argv[1:])))

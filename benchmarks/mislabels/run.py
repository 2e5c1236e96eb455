"""Measures how well wrong labels are found, beside named peers, and writes RESULTS.md beside it.

All rank the same rows by the same vectors in the same process: curate's kernel as `curate
mislabels` uses it, cleanlab's Datalab on features with its defaults, and cleanlab's self-confidence
with scikit-learn's LogisticRegression, five folds, all defaults.

    CURATE_TEST_DATA=/path/to/data python benchmarks/mislabels/run.py

Exit status 1: curate is not ahead of both on every BANKING77 run; RESULTS.md says where.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import hashlib
import io
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from curate import encoders, minhash, semantic, suspects
from curate.mislabels import SAME_MEANING
from curate.split import SplitSettings
from curate.text import SHORT_WORDS, digest, normalise, words

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
PACKAGES = ("numpy", "scipy", "scikit-learn", "cleanlab", "sentence-transformers")
SEEDS = (0, 1, 2)
NOISE = 0.1
TOP = 100

OURS, DATALAB, LOGISTIC = "curate", "Datalab", "cleanlab + LogisticRegression"


@dataclass(frozen=True)
class Task:
    """Labelled texts of which some labels are wrong.

    Attributes:
        kind: the section that it belongs to.
        name: of the run.
        texts: normalised.
        vectors: float32 (n, dim).
        given: the labels under test.
        wrong: which of them are wrong.
    """

    kind: str
    name: str
    texts: list[str]
    vectors: Any
    given: list[str]
    wrong: Any


@dataclass(frozen=True)
class Score:
    """How well one method ranked one task."""

    precision: float
    at_top: float
    seconds: float
    listed: float | None = None
    likely: int | None = None
    right: float | None = None


# -- data ------------------------------------------------------------------------------------------


class Embedded:
    """Vectors of texts, each encoded once and kept in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.encoder: Any = None

    def __call__(self, name: str, texts: list[str]) -> Any:
        key = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
        path = self.folder / f"{name}-{key}.npy"
        if not path.exists():
            print(f"embedding {name}", file=sys.stderr)
            self.encoder = self.encoder or encoders.load("minilm")
            np.save(path, self.encoder.encode(texts))
        return np.load(path)


def rows(file: Path) -> list[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def banking(data: Path, embedded: Embedded) -> Iterator[Task]:
    """BANKING77 train; one in ten labels moved to one of the three nearest class centroids."""
    read = [r for r in rows(data / "banking77" / "rows.jsonl.gz") if r["split"] == "train"]
    texts = [normalise(r["text"]) for r in read]
    vectors = embedded("banking77", texts)
    names, true = np.unique([r["category"] for r in read], return_inverse=True)
    for seed in SEEDS:
        given = confused(true, vectors, seed)
        labels = names[given].tolist()
        yield Task("banking77", f"seed {seed}", texts, vectors, labels, given != true)


def confused(true: Any, vectors: Any, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    centroids = np.stack([vectors[true == k].mean(axis=0) for k in range(true.max() + 1)])
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    cosine = centroids @ centroids.T
    np.fill_diagonal(cosine, -9)
    nearest = np.argsort(-cosine, axis=1)[:, :3]
    given = true.copy()
    moved = rng.choice(len(true), int(NOISE * len(true)), replace=False)
    given[moved] = nearest[true[moved], rng.choice(3, len(moved), p=[0.5, 0.3, 0.2])]
    return given


def hint3(data: Path, embedded: Embedded) -> Iterator[Task]:
    """Chatbot queries whose labels were corrected later; train and test of a bot pooled."""
    read = rows(data / "hint3_curekart_sofmattress" / "rows.jsonl.gz")
    texts = [normalise(r["sentence"]) for r in read]
    vectors = embedded("hint3", texts)
    for bot in ("curekart", "sofmattress"):
        at = [n for n, r in enumerate(read) if r["bot"] == bot]
        yield Task(
            "hint3",
            bot,
            [texts[n] for n in at],
            vectors[at],
            [read[n]["label_v1"] for n in at],
            np.array([read[n]["is_error"] for n in at]),
        )


def raters(data: Path, embedded: Embedded) -> Iterator[Task]:
    """Sentiment in three classes as one of about 20 raters saw it; wrong: the mean says another."""

    def sentiment(value: float) -> str:
        return "negative" if value < -0.5 else "positive" if value > 0.5 else "neutral"

    for name in ("amazon_snippets", "tweets"):
        read = rows(data / "vader_multirater" / f"{name}.jsonl.gz")
        texts = [normalise(r["text"]) for r in read]
        vectors = embedded(name, texts)
        true = [sentiment(r["mean"]) for r in read]
        for seed in SEEDS:
            rng = np.random.default_rng(seed)
            given = [sentiment(rng.choice(r["ratings"])) for r in read]
            wrong = np.array([g != t for g, t in zip(given, true, strict=True)])
            yield Task("raters", f"{name}, draw {seed}", texts, vectors, given, wrong)


# -- methods ---------------------------------------------------------------------------------------


def ours(task: Task) -> tuple[Any, suspects.Assessment, suspects.Model]:
    """Returns how suspicious each label is, as `curate mislabels` judges it; all are train."""
    hashes = [digest(text) for text in task.texts]
    _, first, at = np.unique(hashes, return_index=True, return_inverse=True)
    texts = [task.texts[n] for n in first]
    vectors = np.ascontiguousarray(task.vectors[first])
    count = len(task.texts)
    labelled = suspects.Labelled(
        ids=np.array([f"{n:08d}" for n in range(count)], object),
        label=np.array(task.given, object),
        train=np.ones(count, bool),
        by_hand=np.zeros(count, bool),
        at=at,
        vectors=vectors,
        pairs=alike(texts, vectors),
    )
    model = suspects.Model(labelled)
    found = suspects.assess(labelled, model)
    suspicion = np.full(count, -np.inf)
    suspicion[found.examples] = found.judgement.margin
    return suspicion, found, model


def alike(texts: list[str], vectors: Any) -> tuple[Any, Any, Any]:
    """Returns the pairs that the store would have: near-duplicates and the same in meaning."""
    threshold = SplitSettings().leak_threshold
    long = np.array([n for n, text in enumerate(texts) if len(words(text)) >= SHORT_WORDS], int)
    parts = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    if len(long):
        chosen = [texts[n] for n in long]
        keys = minhash.keys(chosen, threshold=threshold)
        a, b, s = minhash.pairs(chosen, keys, np.ones(len(long), bool), threshold=threshold)
        parts.append((long[a], long[b], s))
    parts += list(semantic.pairs(vectors[:0], vectors, threshold=SAME_MEANING))
    a, b, s = (np.concatenate(part) for part in zip(*parts, strict=True))
    return a, b, s


def datalab(task: Task) -> Any:
    from cleanlab import Datalab

    with contextlib.redirect_stdout(io.StringIO()):
        lab = Datalab({"y": task.given}, label_name="y", task="classification", verbosity=0)
        lab.find_issues(features=task.vectors, issue_types={"label": {}})
    return -lab.get_issues("label")["label_score"].to_numpy()


def logistic(task: Task) -> Any:
    from cleanlab.rank import get_label_quality_scores
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict

    _, given = np.unique(task.given, return_inverse=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes with fewer members than folds
        chances = cross_val_predict(
            LogisticRegression(), task.vectors, given, cv=5, method="predict_proba"
        )
    return -get_label_quality_scores(given, chances, method="self_confidence")


def measure(task: Task) -> dict[str, Score]:
    import sklearn.linear_model  # noqa: F401  (not on anybody's clock)

    print(task.kind, task.name, file=sys.stderr)
    scores = {OURS: _ours(task)}
    peers: dict[str, Callable[[Task], Any]] = {DATALAB: datalab, LOGISTIC: logistic}
    for name, method in peers.items():
        begun = time.perf_counter()
        suspicion = method(task)
        seconds = time.perf_counter() - begun
        scores[name] = Score(*ranked(task.wrong, suspicion), seconds)
    return scores


def _ours(task: Task) -> Score:
    begun = time.perf_counter()
    suspicion, found, model = ours(task)
    seconds = time.perf_counter() - begun
    judged = found.examples
    likely = suspects.estimate(found.chances, model.given[judged], np.ones(len(judged), bool))[
        "train"
    ]
    worst = np.argsort(-suspicion, kind="stable")[:likely]
    listed = np.where(suspicion > 0, suspicion, 0.0)
    return Score(
        *ranked(task.wrong, suspicion),
        seconds,
        listed=ranked(task.wrong, listed)[0],
        likely=likely,
        right=float(task.wrong[worst].mean()) if likely else None,
    )


def ranked(wrong: Any, suspicion: Any) -> tuple[float, float]:
    """Returns the average precision and the precision among the first."""
    from sklearn.metrics import average_precision_score

    finite = np.where(np.isfinite(suspicion), suspicion, -1e9)
    worst = np.argsort(-finite, kind="stable")[:TOP]
    return float(average_precision_score(wrong, finite)), float(wrong[worst].mean())


# -- size ------------------------------------------------------------------------------------------


def at_scale(count: int, labels: int) -> dict[str, float]:
    """Returns seconds and peak memory for vectors that are made up."""
    rng = np.random.default_rng(0)
    given = rng.integers(0, labels, count)
    centres = rng.normal(size=(labels, 384)).astype(np.float32)
    vectors = centres[given] + 1.2 * rng.normal(size=(count, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    none = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    labelled = suspects.Labelled(
        ids=np.array([f"{n:08d}" for n in range(count)], object),
        label=np.array([f"{n:04d}" for n in given], object),
        train=np.ones(count, bool),
        by_hand=np.zeros(count, bool),
        at=np.arange(count),
        vectors=vectors,
        pairs=none,
    )
    begun, cpu = time.perf_counter(), time.process_time()
    suspects.assess(labelled, suspects.Model(labelled))
    return {
        "seconds": time.perf_counter() - begun,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


SIZES = ((10_000, 77), (100_000, 150))


def scaled() -> list[dict[str, float]]:
    found = []
    for count, labels in SIZES:
        print(f"{count:,} x {labels}", file=sys.stderr)
        command = [sys.executable, __file__, "--scale", str(count), str(labels)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found.append(json.loads(done.stdout))
    return found


# -- RESULTS.md ------------------------------------------------------------------------------------


def table(head: list[str], lines: list[list[Any]]) -> str:
    def shown(cell: Any) -> str:
        if cell is None:
            return ""
        if isinstance(cell, int | np.integer):
            return f"{cell:,}"
        return f"{cell:.3f}" if isinstance(cell, float) else str(cell)

    marks = ["---", *("--:" for _ in head[1:])]
    parts = [head, marks, *([shown(cell) for cell in line] for line in lines)]
    return "\n".join("| " + " | ".join(part) + " |" for part in parts) + "\n"


Measured = list[tuple[Task, dict[str, Score]]]


def section(measured: Measured, kind: str) -> str:
    lines = []
    for task, scores in measured:
        if task.kind == kind:
            mine = scores[OURS]
            lines.append(
                [
                    task.name,
                    len(task.texts),
                    len(set(task.given)),
                    float(task.wrong.mean()),
                    *(scores[m].precision for m in (OURS, DATALAB, LOGISTIC)),
                    mine.listed,
                    *(f"{scores[m].at_top:.2f}" for m in (OURS, DATALAB, LOGISTIC)),
                    f"{mine.likely:,}: {mine.right:.0%}" if mine.right is not None else "0",
                    *(f"{scores[m].seconds:.1f}" for m in (OURS, DATALAB, LOGISTIC)),
                ]
            )
    return table(HEAD, lines)


HEAD = [
    "",
    "rows",
    "labels",
    "wrong (random)",
    "AP curate",
    "AP Datalab",
    "AP LR",
    "AP as listed",
    "P@100 curate",
    "Datalab",
    "LR",
    "likely: right",
    "s curate",
    "Datalab",
    "LR",
]


def mean(measured: Measured, kind: str, method: str) -> float:
    return float(np.mean([s[method].precision for task, s in measured if task.kind == kind]))


def problems(measured: Measured) -> list[str]:
    found = []
    for task, scores in measured:
        for peer in (DATALAB, LOGISTIC):
            if task.kind == "banking77" and scores[OURS].precision <= scores[peer].precision:
                found.append(f"BANKING77, {task.name}: not ahead of {peer}")
    return found


def verdict(measured: Measured, kind: str) -> str:
    means = {m: mean(measured, kind, m) for m in (OURS, DATALAB, LOGISTIC)}
    behind = [
        f"{task.name} (behind {peer} by {scores[peer].precision - scores[OURS].precision:.3f})"
        for task, scores in measured
        for peer in (DATALAB, LOGISTIC)
        if task.kind == kind and scores[peer].precision >= scores[OURS].precision
    ]
    return (
        f"Mean average precision: curate {means[OURS]:.3f}, Datalab {means[DATALAB]:.3f}, "
        f"LogisticRegression {means[LOGISTIC]:.3f}. "
        + (f"Behind on: {'; '.join(behind)}." if behind else "Ahead of both on every row.")
        + "\n"
    )


def render(measured: Measured, sizes: list[dict[str, float]], command: str) -> str:
    wrong = problems(measured)
    parts = [
        "# Wrong labels\n",
        f"Written by `{command}` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {environment()}\n",
        "**Ahead of both peers on every BANKING77 run.**\n"
        if not wrong
        else "**Not as it should be: " + "; ".join(wrong) + "**\n",
        _ABOUT,
        "## BANKING77, one label in ten confused\n",
        _BANKING,
        section(measured, "banking77"),
        verdict(measured, "banking77"),
        "## HINT3, errors that the authors corrected\n",
        _HINT3,
        section(measured, "hint3"),
        verdict(measured, "hint3"),
        "## One rater's view of sentiment\n",
        _RATERS,
        section(measured, "raters"),
        verdict(measured, "raters"),
        "## Time and memory\n",
        "The kernel alone, on vectors that are made up, a process of its own each. The machine is "
        "shared with other work, so seconds by the clock vary.\n",
        table(
            ["rows x labels", "seconds", "CPU seconds", "peak MiB"],
            [
                [
                    f"{c:,} x {k}",
                    f"{s['seconds']:.1f}",
                    f"{s['cpu_seconds']:.1f}",
                    round(s["peak_mib"]),
                ]
                for (c, k), s in zip(SIZES, sizes, strict=True)
            ],
        ),
    ]
    return "\n".join(parts)


_ABOUT = """\
AP is the average precision of the ranking of all rows, worst label first; a random ranking has the
share of wrong labels. *As listed* is the AP of what `curate mislabels` lists, labels that another
one beats, with all others tied at the end. *Likely* is the number of labels that it calls likely
wrong, and how many of them are. Everybody gets the same MiniLM vectors of the normalised texts;
seconds are those of the method, without embedding. All settings are the defaults everywhere.

What was looked at while the kernel was chosen: seeds 0 and 1 of BANKING77 and of noise on CLINC150,
HINT3, and the raters below. There random Fourier features (1,500, ridge 0.3, the first choice) had
AP 0.943 and 0.935 on BANKING77 but 0.302 on Amazon snippets and 0.447 on tweets, draw 0; the kernel
that is exact up to 1,500 inputs and uses landmarks beyond was taken for what it does on the latter.
"""

_BANKING = """\
10,003 train rows; a tenth of the labels moved to the nearest, second or third nearest class (0.5,
0.3, 0.2) by class centroid. BANKING77 has wrong labels of its own, which count against everybody.
"""

_HINT3 = """\
All rows of a bot, as first published; wrong is what the authors corrected later. Only test rows
were looked at again, so an error in train counts as a false alarm, and with 36 and 39 errors a
difference of a few hundredths is chance. Most errors move into or out of "no intent", a label
without a subject of its own, which no method here is good at: expect nine of ten of the first
hundred to be fine.
"""

_RATERS = """\
VADER's raters saw short product reviews and tweets. The given label is what one of about 20 raters
said (three draws), wrong where the mean of all says otherwise: disagreement about hard texts, not
slips.
"""


def environment() -> str:
    import curate

    code = hashlib.sha256()
    for file in ("loo.py", "suspects.py", "mislabels.py"):
        code.update((CHECKOUT / "src" / "curate" / file).read_bytes())
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"curate {curate.__version__} (loo, suspects, mislabels: sha256 {code.hexdigest()[:12]}), "
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
    parser.add_argument("--cache", type=Path, help="keep vectors here; default: nowhere")
    parser.add_argument("--scale", nargs=2, type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.scale:
        print(json.dumps(at_scale(*arguments.scale)))
        return 0
    if not arguments.data.is_dir():
        parser.error("no data: set CURATE_TEST_DATA to the folder with the data sets")
    with tempfile.TemporaryDirectory() as folder:
        cache = arguments.cache or Path(folder)
        cache.mkdir(parents=True, exist_ok=True)
        embedded = Embedded(cache)
        measured = [
            (task, measure(task))
            for tasks in (banking, hint3, raters)
            for task in tasks(arguments.data, embedded)
        ]
    text = render(measured, scaled(), "python benchmarks/mislabels/run.py")
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)
    return int(bool(problems(measured)))


if __name__ == "__main__":
    sys.exit(main())

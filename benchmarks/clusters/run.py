"""Clusters without their number beside k-means that is told it; writes RESULTS.md beside this file.

BANKING77 (77 intents) and CLINC150 (150 intents and out-of-scope questions), the vectors of the
default encoder, one run, and what is lost where only a part of them is fitted. The agreement with
the published labels is the adjusted Rand index (ARI) and normalised mutual information (NMI).

    CURATE_TEST_DATA=/path/to/data python benchmarks/clusters/run.py
"""

from __future__ import annotations

import gzip
import os
import platform
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from curate import cluster
from curate.embed import encoders
from curate.kernels import clustering
from curate.text.text import normalise

HERE = Path(__file__).parent
DATA = Path(os.environ.get("CURATE_TEST_DATA", HERE.parents[2] / "shared" / "data"))
SETS = {"banking77": "category", "clinc150": "label"}
PARTS = (2, 4)


def load(name: str, column: str, encoder: Any) -> tuple[list[str], list[str], np.ndarray]:
    """Returns distinct normalised texts in order, the first label of each, and their vectors."""
    labels: dict[str, str] = {}
    with gzip.open(DATA / name / "rows.jsonl.gz") as lines:
        for line in lines:
            row = orjson.loads(line)
            labels.setdefault(normalise(row["text"]), row[column])
    texts = sorted(labels)
    return texts, [labels[text] for text in texts], encoder.encode(texts)


def measure(name: str, column: str, encoder: Any) -> tuple[list[str], list[str]]:
    """Returns the table rows of one data set, and the names of its largest clusters."""
    texts, labels, vectors = load(name, column, encoder)
    told = len(set(labels))
    begun = time.process_time()
    centres = clustering.centroids(vectors)
    mine, _ = clustering.assign(vectors, centres)
    seconds = time.process_time() - begun
    rows = [row(name, "curate", "no", len(centres), labels, mine, seconds)]
    rows += [fitted_on(name, labels, vectors, len(vectors) // part) for part in PARTS]
    if len(vectors) > cluster.FIT_AT_MOST:
        rows.append(fitted_on(name, labels, vectors, cluster.FIT_AT_MOST))
    for seed in range(3):
        begun = time.process_time()
        peer = KMeans(told, random_state=seed).fit_predict(vectors)
        seconds = time.process_time() - begun
        rows.append(row(name, f"k-means, seed {seed}", "yes", told, labels, peer, seconds))
    named = cluster.names(texts, mine, len(centres))
    sizes = np.bincount(mine, minlength=len(centres))
    order = np.argsort(-sizes, kind="stable")[:25]
    return rows, [f"{named[n][0]} ({sizes[n]:,})" for n in order.tolist()]


def fitted_on(name: str, labels: list[str], vectors: np.ndarray, count: int) -> str:
    """Returns the table row of a fit of some inputs, to which all others are assigned."""
    part = np.random.default_rng(0).permutation(len(vectors))[:count]
    begun = time.process_time()
    centres = clustering.centroids(vectors[np.sort(part)])
    groups, _ = clustering.assign(vectors, centres)
    seconds = time.process_time() - begun
    return row(name, f"curate, fitted on {count:,}", "no", len(centres), labels, groups, seconds)


def row(
    name: str, method: str, told: str, count: int, labels: Any, groups: Any, seconds: float
) -> str:
    ari = adjusted_rand_score(labels, groups)
    nmi = normalized_mutual_info_score(labels, groups)
    return f"| {name} | {method} | {told} | {count} | {ari:.3f} | {nmi:.3f} | {seconds:.1f} |"


def main() -> int:
    if not DATA.is_dir():
        print(f"no data in {DATA.name}: set CURATE_TEST_DATA", file=sys.stderr)
        return 2
    encoder = encoders.load("minilm")
    rows, names = [], []
    for name, column in SETS.items():
        made, named = measure(name, column, encoder)
        rows += made
        names += [f"{name}: {'; '.join(named)}.", ""]
    packages = ", ".join(f"{p} {version(p)}" for p in ("numpy", "scikit-learn", "torch"))
    text = "\n".join(
        [
            "# Clusters without their number",
            "",
            f"Written by `python benchmarks/clusters/run.py` on {datetime.now(UTC):%Y-%m-%d}; "
            f"Python {platform.python_version()}, {packages}. Distinct normalised texts; CPU "
            "seconds, the vectors not included.",
            "",
            "| set | method | told k | k | ARI | NMI | CPU s |",
            "|---|---|---|--:|--:|--:|--:|",
            *rows,
            "",
            "The names of the 25 largest clusters, with their inputs:",
            "",
            *names,
        ]
    )
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

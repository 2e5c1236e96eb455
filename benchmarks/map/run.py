"""The map of inputs beside UMAP, PaCMAP and main axes; writes RESULTS.md beside this file.

BANKING77 (77 intents; the training questions) and the messages of Topical-Chat (no labels), the
vectors of the default encoder. `15-NN` is how many of the 15 nearest inputs are among the 15
nearest points, `label` how often the nearest point has the same label. "Half" is the map of half of
the inputs with the other half placed on it later, and what of these holds for that other half. UMAP
and PaCMAP take part where they are installed; they run with a seed, as curate does.

    CURATE_TEST_DATA=/path/to/data python benchmarks/map/run.py
"""

from __future__ import annotations

import gzip
import importlib.util
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from scipy.spatial import cKDTree

from curate.embed import encoders
from curate.kernels import layout
from curate.text.text import normalise

HERE = Path(__file__).parent
DATA = Path(os.environ.get("CURATE_TEST_DATA", HERE.parents[2] / "shared" / "data"))
SETS = {
    "banking77": ("rows.jsonl.gz", "text", "category"),
    "topical_chat_rated": ("turns.jsonl.gz", "message", None),
}
NEIGHBOURS = 15

Points = Any
Draw = Callable[[Any], Points]


def load(name: str) -> tuple[list[str], Any]:
    """Returns distinct normalised texts in order, and the label of each, or None."""
    file, field, column = SETS[name]
    labels: dict[str, str] = {}
    with gzip.open(DATA / name / file) as lines:
        for row in map(orjson.loads, lines):
            if row.get("split", "train") == "train" or column is None:
                labels.setdefault(normalise(row[field]), row[column] if column else "")
    labels.pop("", None)
    texts = sorted(labels)
    return texts, np.array([labels[text] for text in texts]) if column else None


def nearest(vectors: Any) -> Any:
    """Returns the nearest vectors of each one, all of them compared."""
    parts = []
    for start in range(0, len(vectors), 512):
        cosine = vectors[start : start + 512] @ vectors.T
        rows = np.arange(len(cosine))
        cosine[rows, start + rows] = -2
        parts.append(np.argpartition(-cosine, NEIGHBOURS, axis=1)[:, :NEIGHBOURS])
    return np.concatenate(parts)


def kept(points: Points, near: Any, labels: Any, of: Any) -> tuple[float, float | None]:
    """Returns the share of neighbours that is kept, and of labels; `of` some of the points."""
    _, found = cKDTree(points).query(points[of], k=NEIGHBOURS + 1)
    own = [[n for n in row if n != i][:NEIGHBOURS] for i, row in zip(of, found, strict=True)]
    shares = [len({*a} & {*b}) / NEIGHBOURS for a, b in zip(own, near[of].tolist(), strict=True)]
    if labels is None:
        return float(np.mean(shares)), None
    return float(np.mean(shares)), float(np.mean(labels[[row[0] for row in own]] == labels[of]))


def methods() -> dict[str, tuple[Draw, Callable[[Any, Any], Points] | None]]:
    """Returns how each method draws vectors, and how it places later ones among earlier ones."""

    def later(first: Any, rest: Any) -> Points:
        points = layout.fit(first)
        return np.concatenate([points, layout.place(rest, first, points)])

    listed: dict[str, Any] = {"curate map": (layout.fit, later)}
    if importlib.util.find_spec("umap"):
        listed["UMAP"] = (
            lambda v: _umap().fit_transform(v),
            lambda a, b: np.concatenate(
                [(fitted := _umap().fit(a)).embedding_, fitted.transform(b)]
            ),
        )
    if importlib.util.find_spec("pacmap"):
        import pacmap

        listed["PaCMAP"] = (lambda v: pacmap.PaCMAP(random_state=0).fit_transform(v), None)
    listed["main axes (PCA)"] = (layout._main_axes, None)
    return listed


def _umap() -> Any:
    import umap

    return umap.UMAP(random_state=0)


def measure(name: str, encoder: Any) -> list[str]:
    """Returns the table rows of one data set."""
    texts, labels = load(name)
    vectors = encoder.encode(texts)
    near, all_of = nearest(vectors), np.arange(len(vectors))
    half = np.random.default_rng(1).permutation(len(vectors))
    first, rest = half[: len(half) // 2], half[len(half) // 2 :]
    rows = []
    for method, (draw, later) in methods().items():
        # Numba compiles at the first call, which is nobody's seconds.
        draw(vectors[:500])
        begun, cpu = time.monotonic(), time.process_time()
        points = draw(vectors)
        seconds = f"{time.process_time() - cpu:.0f} | {time.monotonic() - begun:.0f}"
        text = f"| {name} | {len(texts):,} | {method} | {seconds} | "
        text += _shares(kept(points, near, labels, all_of))
        if later:
            grown = np.empty((len(vectors), 2))
            grown[half] = later(vectors[first], vectors[rest])
            text += " | " + _shares(kept(grown, near, labels, rest)) + " |"
        else:
            text += " | | |"
        print(text, flush=True)
        rows.append(text)
    return rows


def _shares(shares: tuple[float, float | None]) -> str:
    neighbours, label = shares
    return f"{neighbours:.3f} | {'' if label is None else f'{label:.3f}'}"


def main() -> int:
    if not DATA.is_dir():
        print(f"no data in {DATA.name}: set CURATE_TEST_DATA", file=sys.stderr)
        return 2
    encoder = encoders.load("minilm")
    rows = [row for name in SETS for row in measure(name, encoder)]
    peers = [p for p in ("openTSNE", "umap-learn", "pacmap") if _installed(p)]
    packages = ", ".join(f"{p} {version(p)}" for p in peers)
    text = "\n".join(
        [
            "# The map of inputs",
            "",
            f"Written by `python benchmarks/map/run.py` on {datetime.now(UTC):%Y-%m-%d}; Python "
            f"{platform.python_version()}, {packages}, {os.cpu_count()} processors. Distinct "
            "normalised texts, without the time of their vectors. `run.py` says what is counted.",
            "",
            "| set | inputs | method | CPU s | s | 15-NN | label | half: 15-NN | half: label |",
            "|---|--:|---|--:|--:|--:|--:|--:|--:|",
            *rows,
            "",
        ]
    )
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    return 0


def _installed(package: str) -> bool:
    return importlib.util.find_spec(package.partition("-")[0]) is not None


if __name__ == "__main__":
    sys.exit(main())

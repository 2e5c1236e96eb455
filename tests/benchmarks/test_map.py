"""The map keeps what benchmarks/map measures, on a part of its set. The floors lie well below."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow


def test_the_map_keeps_neighbours_and_labels(
    shared_data: Path, encoder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Path(__file__).parents[2] / "benchmarks" / "map" / "run.py"
    spec = importlib.util.spec_from_file_location("benchmark_of_the_map", file)
    assert spec and spec.loader
    run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(run)
    monkeypatch.setattr(run, "DATA", shared_data)
    texts, labels = run.load("banking77")
    few = np.flatnonzero(np.isin(labels, sorted(set(labels))[:8]))[::3]
    vectors, labels = encoder.encode([texts[n] for n in few]), labels[few]
    near, rows = run.nearest(vectors), np.arange(len(few))
    draw, later = run.methods()["curate map"]
    axes, _ = run.methods()["main axes (PCA)"]
    neighbours, same = run.kept(draw(vectors), near, labels, rows)
    assert neighbours > 0.5 and same > 0.8
    assert neighbours > run.kept(axes(vectors), near, labels, rows)[0] + 0.15
    half = len(few) // 2
    order = np.random.default_rng(0).permutation(len(few))
    grown = np.empty((len(few), 2))
    grown[order] = later(vectors[order[:half]], vectors[order[half:]])
    neighbours, same = run.kept(grown, near, labels, order[half:])
    assert neighbours > 0.4 and same > 0.7

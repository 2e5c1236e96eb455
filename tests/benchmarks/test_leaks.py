"""Leaks in logs of many languages, on logs that are smaller than those of benchmarks/leaks/."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "leaks"))

import leak_oracle as oracle
from lives import world
from mixed_logs import COPIES, UNSPACED, MixedLogs

ALIKE = {"one part replaced", "cut at the end", "longer"}


@pytest.mark.parametrize("language", ["en", "ko", "th", "zh"])
@pytest.mark.parametrize("change", list(COPIES))
def test_the_oracle_sees_each_copy(language: str, change: str) -> None:
    logs, draw = MixedLogs(0, 1), random.Random(0)
    joint = "" if language in UNSPACED else " "
    sentence = max(logs.material[language], key=len)
    long = joint.join(f"{part}{n}" for n in range(4) for part in sentence)
    other = joint.join(f"{part}{n}" for n in range(4, 8) for part in sentence)
    found = oracle.leaks([oracle.seen(COPIES[change](long, draw)), other], [oracle.seen(long)])
    assert len(found) == 1
    assert (found[0][2] < 1) == (change in ALIKE)


@pytest.mark.slow
def test_no_version_has_a_leak(tmp_path: Path) -> None:
    found = world(seed=11, rows=400, folder=tmp_path)
    assert found.leaks == []
    assert len(found.counts) >= 4
    for train, test, _, at_random in found.counts.values():
        assert min(train, test, at_random) > 0

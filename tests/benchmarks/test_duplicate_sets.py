"""Copies that people know of, against what curate finds, on parts of the sets of
benchmarks/duplicates/, which measures them whole. The floors lie well below what was measured."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "duplicates"))

import duplicate_sets as sets

pytestmark = pytest.mark.slow


def test_citations(shared_data: Path, tmp_path: Path, encoder: Any) -> None:
    records = sets.cora(shared_data, every=10)
    made = sets.build(records.texts, tmp_path, encoder)
    found = sets.evidence(made, semantic=sets.LOWEST)
    assert sets.wrong(made, records, found) == []
    a, b = made.of_record[records.left], made.of_record[records.right]
    top = {
        (method, guards): sets.best(found[method].of(a, b, guards=guards), records.truth)
        for method in sets.METHODS
        for guards in (False, True)
    }
    assert top["semantic", False].f1 > 0.6
    assert top["semantic", False].f1 > top["near", False].f1 > 0.2
    # Years and pages differ between copies: the guards cost recall and buy precision.
    assert top["semantic", True].recall < top["semantic", False].recall
    assert top["semantic", True].precision > 0.9
    assert sets.best(sets.peer(made.texts, a, b), records.truth, sets.PEER_GRID).f1 > 0.6
    dropped = [sets.dropped(made, records, method) for method in sets.METHODS]
    assert sum(d.same for d in dropped) > 0.3 * len(records.texts)
    assert sum(d.other for d in dropped) <= 0.1 * sum(d.all for d in dropped)


def test_the_default_encoder_does_not_read_korean(
    shared_data: Path, tmp_path: Path, encoder: Any
) -> None:
    records = sets.korean(shared_data, every=100)
    made = sets.build(records.texts, tmp_path, encoder)
    a, b = made.of_record[records.left], made.of_record[records.right]
    cosine = sets.cosines(made, a, b)
    assert 0.65 < sets.auroc(cosine, records.truth) < 0.95
    assert sets.auroc(sets.peer(made.texts, a, b), records.truth) > 0.75
    assert 0.2 < (cosine >= 0.9)[records.truth].mean() < 0.7
    assert (cosine >= 0.9)[~records.truth].mean() < 0.2
    read = sets.tokens(made.texts, encoder.encoder.model.tokenizer)
    assert read.with_unknown > 0.5 * read.texts
    assert read.characters < read.tokens
    # "I should save money" and "It is dangerous outside the blanket": two unknown words each.
    unlike = encoder.encode(["저금해야 되는데", "이불밖은 위험해"])
    assert unlike[0] @ unlike[1] == pytest.approx(1, abs=1e-5)


def test_scores_by_hand() -> None:
    truth = np.array([True, True, False, False])
    found = np.array([0.9, 0.4, 0.9, -1.0])
    at = sets.score(found, truth, 0.9)
    assert (at.pairs, at.right, at.precision, at.recall, at.f1) == (2, 1, 0.5, 0.5, 0.5)
    assert sets.best(found, truth).threshold == 0.4
    assert sets.best(found, truth).f1 == 0.8
    assert sets.score(found, truth, 1.0).f1 == 0
    assert sets.auroc(found, truth) == 0.625
    pairs = sets.Evidence(np.array([1 << 32 | 4]), np.array([0.7]), np.array([True]))
    one, other = np.array([4, 1, 2, 3]), np.array([1, 4, 2, 1])
    assert pairs.of(one, other).tolist() == [0.7, 0.7, 1, -1]
    assert pairs.of(one, other, guards=True).tolist() == [-1, -1, 1, -1]

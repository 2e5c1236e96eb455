"""Audits that alternate with other work: by hand, and without bias where plain counting has one."""

from __future__ import annotations

import numpy as np
import pytest

from curate.kernels.audit_weights import audit_weights


def test_one_audit_weighs_one_each_and_what_was_judged_beside_it_nothing() -> None:
    rounds = np.array([0, 0, 0, -1, -1, -1])
    drawn = np.array([True, True, False, False, False, False])
    assert audit_weights(rounds, drawn).tolist() == [1, 1, 0, 0, 0, 0]
    assert not audit_weights(rounds, np.zeros(6, dtype=bool)).any()


def test_two_audits_by_hand() -> None:
    """Ten examples; one drawn and two judged, then one drawn of the seven that are left."""
    rounds = np.array([0, 0, 0, 1, -1, -1, -1, -1, -1, -1])
    drawn = np.array([True, False, False, True, *[False] * 6])
    # The first says 10 of 10 by itself; the second says 7, and three are known.
    expected = np.array([10 + 1, 1, 1, 7]) / 2 * 2 / 10
    assert audit_weights(rounds, drawn)[:4] == pytest.approx(expected)
    assert audit_weights(rounds, drawn).sum() == pytest.approx(2), "as many as were drawn"


def test_the_share_of_wrong_labels_is_told_without_bias() -> None:
    size, queues, audit, flagged = 400, 4, 15, 20
    told, plain, true = [], [], []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        wrong = rng.random(size) < 0.15
        suspicion = rng.random(size) + 0.6 * wrong
        rounds, drawn = np.full(size, -1), np.zeros(size, dtype=bool)
        for queue in range(queues):
            left = np.flatnonzero(rounds < 0)
            chance = rng.permutation(left)[:audit]
            asked = [n for n in left[np.argsort(-suspicion[left])] if n not in chance][:flagged]
            drawn[chance] = True
            rounds[[*chance, *asked]] = queue
        weights = audit_weights(rounds, drawn)
        told.append(float(weights @ wrong) / weights.sum())
        plain.append(float(wrong[drawn].mean()))
        true.append(float(wrong.mean()))
    error = np.array(told) - np.array(true)
    assert abs(error.mean()) < 3 * error.std() / np.sqrt(len(error)) < 0.01
    assert np.mean(plain) < np.mean(true) - 0.02, "later audits see what flags have left"

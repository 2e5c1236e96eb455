"""The stock ways say what cleanlab and scikit-learn say, and judge held-out labels by train."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest

from curate.kernels import baselines

pytest.importorskip("cleanlab")


@pytest.fixture(scope="module")
def task() -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 4, 240)
    vectors = rng.normal(size=(4, 12))[label] + 0.7 * rng.normal(size=(240, 12))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    label[:12] = (label[:12] + 1) % 4
    return vectors[:200], label[:200], vectors[200:]


def test_neighbours_are_what_datalab_goes_by(task: tuple[Any, Any, Any]) -> None:
    from cleanlab import Datalab

    vectors, label, others = task
    found, outside = baselines.neighbours(vectors, label, others)
    with contextlib.redirect_stdout(io.StringIO()):
        lab = Datalab({"y": label}, label_name="y", task="classification", verbosity=0)
        lab.find_issues(features=vectors, issue_types={"label": {}})
    said = lab.get_issues("label")["label_score"].to_numpy()
    np.testing.assert_allclose(found[np.arange(200), label], said, atol=1e-9)
    assert outside.shape == (40, 4)
    np.testing.assert_allclose(outside.sum(axis=1), 1)


def test_logistic_is_out_of_fold_and_fitted_for_others(task: tuple[Any, Any, Any]) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict

    vectors, label, others = task
    found, outside = baselines.logistic(vectors, label, others)
    expected = cross_val_predict(LogisticRegression(), vectors, label, cv=5, method="predict_proba")
    np.testing.assert_allclose(found, expected, atol=1e-6)
    alone = LogisticRegression().fit(vectors, label).predict_proba(others)
    np.testing.assert_allclose(outside, alone, atol=1e-6)


@pytest.mark.parametrize("name", baselines.DETECTORS)
def test_a_few_examples_are_enough(name: str, task: tuple[Any, Any, Any]) -> None:
    vectors, _, others = task
    found, outside = baselines.DETECTORS[name](vectors[:6], np.arange(6) % 2, others[:0])
    assert found.shape == (6, 2) and outside.shape == (0, 2)
    assert np.isfinite(found).all()

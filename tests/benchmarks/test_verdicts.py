"""Verdicts on two models in a few worlds with a known truth, as benchmarks/evaluate/ has many."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "evaluate"))

from simulated_models import Setting, settings, simulated
from trials import Outcome, both

TIMES = 100
"""At 93%, which is the bar, 85 or fewer of 100 intervals cover in one run of 200."""


def outcomes(setting: Setting) -> tuple[Outcome, Outcome]:
    us, plain = both(setting, TIMES)
    assert us.covered > 0.85
    assert us.estimate == pytest.approx(setting.difference, abs=0.02)
    return us, plain


def test_right_labels() -> None:
    equal, _ = outcomes(Setting("", 300, 0.0))
    better, plain = outcomes(Setting("", 300, 0.05))
    assert equal.beats < 0.09 < better.beats
    assert better.beats == pytest.approx(plain.beats, abs=0.15)
    assert better.width == pytest.approx(plain.width, rel=0.1)


def test_models_that_rarely_differ() -> None:
    us, plain = outcomes(Setting("", 100, 0.02, differ=0.02))
    # The candidate never loses; where it never won, plain draws say 0 without any doubt.
    assert plain.covered < 0.9 < us.covered


def test_conversations() -> None:
    us, plain = outcomes(Setting("", 100, 0.0, alike=0.7))
    assert us.covered > plain.covered
    assert us.beats < 0.09


@pytest.mark.parametrize("from_candidate", [False, True])
def test_labels_that_favour_a_model(from_candidate: bool) -> None:
    setting = Setting("", 500, 0.0, borrowed=0.5, from_candidate=from_candidate, audit=200)
    us, plain = outcomes(setting)
    assert us.beats < 0.09
    assert plain.covered < 0.3
    assert (plain.beats > 0.7) is from_candidate


def test_a_world_is_as_its_setting_says() -> None:
    world = simulated(Setting("", 50_000, 0.05, wrong=0.2, audit=500, caught=0.6), 0)
    assert world.audit
    true = world.audit.true_candidate - world.audit.true_baseline
    assert true.mean() == pytest.approx(0.05, abs=0.01)
    assert abs(true).mean() == pytest.approx(0.15, abs=0.01)
    assert world.audit.weights.tolist().count(1.0) == 500, (
        "one queue: what was flagged says nothing"
    )
    several = simulated(
        Setting("", 50_000, 0.05, wrong=0.2, audit=500, caught=0.6, queues=5), 0
    ).audit
    assert several
    assert several.weights.sum() == pytest.approx(500)
    # Who was judged in the last of five queues says nothing, if it was flagged.
    flagged = 0.2 * 0.6 + 0.8 * 0.05
    assert (several.weights > 0).mean() == pytest.approx(0.8 * flagged + 0.002, abs=0.01)
    assert len({repr(setting) for setting in settings()}) == len(settings())

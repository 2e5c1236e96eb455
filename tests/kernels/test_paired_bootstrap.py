"""Verdicts on two models: small cases by hand, what must not matter, and formulas of others."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from curate.kernels.clustered_mean import LEAST_AUDITED, LabelAudit
from curate.kernels.paired_bootstrap import Bar, Comparison, compare, interval

Floats = NDArray[np.float64]


def scores(won: int, lost: int, even: int) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Right or wrong answers, each in a conversation of its own."""
    candidate = np.r_[np.ones(won), np.zeros(lost), np.ones(even)]
    baseline = np.r_[np.zeros(won), np.ones(lost), np.ones(even)]
    return candidate, baseline, np.arange(len(candidate))


def verdict(won: int, lost: int, even: int, bar: Bar | None = None) -> Comparison:
    return compare(*scores(won, lost, even), bar=bar or Bar())


# -- by hand ---------------------------------------------------------------------------------------


def test_nothing_differs_yet_the_interval_has_a_width() -> None:
    found = verdict(0, 0, 100)
    assert found.difference == 0
    # One of 102 won and one lost: how often each is drawn is as good as Poisson.
    drawn = stats.skellam(1, 1)
    assert found.high == pytest.approx(drawn.ppf(0.976) / 102)
    assert found.low == pytest.approx(-found.high)
    assert (found.examples, found.clusters, found.verdict) == (100, 100, "cannot_tell")


def test_the_interval_is_that_of_the_adjusted_shares() -> None:
    found = verdict(120, 80, 800)
    share = (120 - 80) / 1002
    error = math.sqrt(((121 + 81) / 1002 - share**2) / 1002)
    assert found.difference == pytest.approx(0.04)
    assert found.low == pytest.approx(share - 1.96 * error, abs=0.003)
    assert found.high == pytest.approx(share + 1.96 * error, abs=0.003)


def test_it_comes_near_to_the_plain_bootstrap_where_examples_are_many() -> None:
    rng = np.random.default_rng(0)
    baseline = rng.uniform(0, 0.5, 3000)
    candidate = baseline + rng.gamma(1, 0.03, 3000).clip(0, 0.5)
    found = compare(candidate, baseline, np.arange(3000))
    plain = stats.bootstrap(
        (candidate - baseline,), np.mean, n_resamples=3000, method="percentile", rng=rng
    ).confidence_interval
    width = plain.high - plain.low
    assert found.low == pytest.approx(plain.low, abs=width / 8)
    assert found.high == pytest.approx(plain.high, abs=width / 8)


def test_a_mean_by_itself() -> None:
    found = interval(np.r_[np.ones(80), np.zeros(20)], np.arange(100))
    assert found.mean == 0.8
    wilson = stats.binomtest(80, 100).proportion_ci(0.95, "wilson")
    assert found.low == pytest.approx(wilson.low, abs=0.02)
    assert found.high == pytest.approx(wilson.high, abs=0.02)
    all_right = interval(np.ones(100), np.arange(100))
    assert (all_right.mean, all_right.high) == (1, 1)
    assert 0.94 < all_right.low < 0.98
    narrow = interval(np.full(100, 0.7), np.arange(100))
    assert 0.69 < narrow.low < narrow.mean < narrow.high < 0.71


# -- what must not matter, and what must -----------------------------------------------------------


def drawn(examples: int = 400, seed: int = 0) -> tuple[Floats, Floats, NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    return rng.random(examples), rng.random(examples), rng.integers(0, 90, examples)


def test_neither_the_order_of_rows_nor_the_numbers_of_conversations_matter() -> None:
    candidate, baseline, clusters = drawn()
    rng = np.random.default_rng(5)
    weights = (rng.random(400) < 0.3).astype(np.float64)
    audit = LabelAudit(weights, baseline, candidate, known=rng.random(400) < 0.1)
    order, names = rng.permutation(400), rng.permutation(90)
    for one, other in (
        (None, None),
        (audit, LabelAudit(*(np.asarray(a)[order] for a in vars(audit).values()))),
    ):
        found = compare(candidate, baseline, clusters, audit=one)
        moved = candidate[order], baseline[order], names[clusters][order]
        assert compare(*moved, audit=other) == found
        assert interval(moved[0], moved[2], audit=other) == interval(candidate, clusters, audit=one)
        again = compare(candidate, baseline, clusters, audit=one, seed=1)
        assert again != found
        assert again.low == pytest.approx(found.low, abs=0.01)


def test_models_that_change_places_change_the_sign() -> None:
    one, other = verdict(30, 10, 160), verdict(10, 30, 160)
    assert one.difference == -other.difference
    assert one.low == pytest.approx(-other.high, abs=0.01)


def test_examples_of_one_conversation_say_less() -> None:
    candidate, baseline, _ = scores(60, 30, 210)
    apart = compare(candidate, baseline, np.arange(300))
    alike = compare(candidate, baseline, np.arange(300) // 10)
    assert apart.difference == alike.difference
    assert (apart.clusters, alike.clusters) == (300, 30)
    assert alike.high - alike.low > 2.5 * (apart.high - apart.low)


def test_one_conversation_says_nothing() -> None:
    candidate, baseline, _ = scores(60, 30, 210)
    found = compare(candidate, baseline, np.zeros(300, dtype=np.int64))
    assert (found.low, found.high, found.verdict) == (-1, 1, "cannot_tell")
    mean = interval(candidate, np.zeros(300, dtype=np.int64))
    assert (mean.low, mean.high) == (0, 1)


def test_a_long_conversation_among_short_ones_says_little() -> None:
    candidate, baseline, _ = scores(60, 0, 240)
    for others in (1, 5, 20):
        found = compare(candidate, baseline, np.maximum(np.arange(300) - (300 - others), 0))
        assert found.low < -0.2
        assert found.high > 0.6


def test_no_examples() -> None:
    nothing = np.zeros(0)
    found = compare(nothing, nothing, nothing.astype(np.int64))
    assert found == Comparison(0.0, -1.0, 1.0, 0, 0, "cannot_tell", None, False)


@pytest.mark.parametrize("bad", [np.full(4, 1.5), np.full(4, np.nan), np.ones(3)])
def test_what_is_no_score(bad: Floats) -> None:
    with pytest.raises(ValueError, match="scores"):
        compare(bad, np.ones(4), np.arange(4))


# -- verdicts --------------------------------------------------------------------------------------


def test_beats() -> None:
    assert verdict(60, 20, 220).verdict == "beats"
    # Better without doubt, yet not by the margin.
    assert verdict(30, 0, 1970).low > 0
    assert verdict(30, 0, 1970).verdict == "cannot_tell"
    assert verdict(30, 0, 1970, Bar(margin=0.01)).verdict == "beats"


def test_no_and_as_good_and_cheaper() -> None:
    assert verdict(60, 60, 2880).verdict == "no"
    assert verdict(60, 60, 2880, Bar(cheaper=True)).verdict == "as_good_and_cheaper"
    assert verdict(20, 60, 220, Bar(cheaper=True)).verdict == "no"
    assert verdict(60, 20, 220, Bar(cheaper=True)).verdict == "beats"


@pytest.mark.parametrize(
    ("won", "lost", "bar", "expected"),
    [
        (16, 9, Bar(), "beats"),
        (10, 9, Bar(), "no"),
        (9, 9, Bar(cheaper=True), "as_good_and_cheaper"),
        (9, 11, Bar(), "no"),
    ],
)
def test_as_many_as_are_needed_decide(won: int, lost: int, bar: Bar, expected: str) -> None:
    found = verdict(won, lost, 200 - won - lost, bar)
    assert found.verdict == "cannot_tell"
    assert found.n_needed
    assert found.n_needed > 200

    def times(factor: float) -> str:
        more = round(won * factor), round(lost * factor)
        return verdict(*more, round(200 * factor) - sum(more), bar).verdict

    assert times(1.3 * found.n_needed / 200) == expected
    assert times(max(0.7 * found.n_needed / 200, 1)) == "cannot_tell"


def test_a_difference_of_just_the_margin_is_enough_of_one() -> None:
    found = verdict(6, 4, 90)
    assert found.n_needed
    times = math.ceil(1.2 * found.n_needed / 100)
    assert verdict(6 * times, 4 * times, 90 * times).verdict == "beats"


def test_no_number_decides_between_equals() -> None:
    assert verdict(9, 9, 182, Bar(margin=0)).n_needed is None


# -- wrong labels ----------------------------------------------------------------------------------


def mislabelled(examples: int, seed: int, audited: int) -> tuple[Floats, Floats, LabelAudit]:
    """Labels are the baseline's own answers in one of two cases; in truth the candidate is better.

    Returns the scores against these labels, and the audit.
    """
    rng = np.random.default_rng(seed)
    right_c, right_b = rng.random(examples) < 0.85, rng.random(examples) < 0.75
    borrowed = rng.random(examples) < 0.5
    candidate = np.where(borrowed, right_c & right_b, right_c).astype(np.float64)
    baseline = np.where(borrowed, True, right_b).astype(np.float64)
    chosen = np.zeros(examples)
    chosen[rng.permutation(examples)[:audited]] = 1
    truth = right_c.astype(np.float64), right_b.astype(np.float64)
    return candidate, baseline, LabelAudit(chosen, *truth)


def test_an_audit_corrects_labels_that_favour_the_baseline() -> None:
    candidate, baseline, audit = mislabelled(4000, 3, 1000)
    clusters = np.arange(4000)
    biased = compare(candidate, baseline, clusters)
    found = compare(candidate, baseline, clusters, audit=audit)
    assert biased.verdict == "no"
    assert not biased.corrected
    assert found.corrected
    assert found.low < 0.1 < found.high
    assert found.verdict == "beats"
    own = interval(candidate, clusters, audit=audit)
    assert own.low < 0.85 < own.high
    assert own.corrected


def test_the_estimate_is_the_regression_estimator_of_two_phase_sampling() -> None:
    candidate, baseline, audit = mislabelled(2000, 4, 300)
    true, noisy = audit.true_candidate - audit.true_baseline, candidate - baseline
    drawn_true, drawn_noisy = true[audit.weights > 0], noisy[audit.weights > 0]
    slope = stats.linregress(drawn_noisy, drawn_true).slope
    expected = drawn_true.mean() + slope * (noisy.mean() - drawn_noisy.mean())
    found = compare(candidate, baseline, np.arange(2000), audit=audit)
    assert found.difference == pytest.approx(expected, abs=0.002)


def test_labels_that_are_right_help_and_labels_of_chance_do_no_harm() -> None:
    rng = np.random.default_rng(8)
    right = (rng.random((2, 3000)) < 0.8).astype(np.float64)
    chance = (rng.random((2, 3000)) < 0.2).astype(np.float64)
    chosen = rng.random(3000) < 0.2
    audit = LabelAudit(chosen.astype(np.float64), *right)
    clusters = np.arange(3000)

    def width(found: Comparison) -> float:
        return found.high - found.low

    alone = compare(*right[:, chosen], clusters[chosen])
    helped = compare(*right, clusters, audit=audit)
    harmed = compare(*chance, clusters, audit=audit)
    assert width(helped) < 0.6 * width(alone)
    assert width(harmed) < 1.05 * width(alone)
    # An audit that finds no wrong label has not shown that there is none.
    assert width(helped) > width(compare(*right, clusters))


def test_where_people_judged_everything_the_labels_do_not_matter() -> None:
    candidate, baseline, audit = mislabelled(500, 5, 500)
    true = compare(audit.true_candidate, audit.true_baseline, np.arange(500))
    all_audited = compare(candidate, baseline, np.arange(500), audit=audit)
    assert all_audited.difference == pytest.approx(true.difference)
    known = replace(audit, known=np.ones(500, dtype=bool))
    right = audit.true_candidate, audit.true_baseline
    assert compare(*right, np.arange(500), audit=known) == replace(true, corrected=True)


def test_known_examples_are_a_part_of_their_own() -> None:
    candidate, baseline, audit = mislabelled(1000, 6, 0)
    known = np.arange(1000) < 400
    chosen = ((np.arange(1000) >= 400) & (np.arange(1000) < 700)).astype(np.float64)
    true = audit.true_candidate - audit.true_baseline
    given = np.where(known, audit.true_candidate, candidate)
    against = np.where(known, audit.true_baseline, baseline)
    parts = LabelAudit(chosen, audit.true_candidate, audit.true_baseline, known=known)
    found = compare(given, against, np.arange(1000), audit=parts)
    rest = compare(
        candidate[~known], baseline[~known], np.arange(600),
        audit=LabelAudit(chosen[~known], audit.true_candidate[~known],
                         audit.true_baseline[~known]),
    )  # fmt: skip
    expected = 0.4 * true[known].mean() + 0.6 * rest.difference
    assert found.difference == pytest.approx(expected, abs=1e-3)


def test_what_nobody_audited_may_hold_anything() -> None:
    candidate, baseline, audit = mislabelled(500, 9, 100)
    unknown = np.where(audit.weights > 0, audit.true_candidate, np.nan)
    found = compare(candidate, baseline, np.arange(500), audit=audit)
    same = replace(audit, true_candidate=unknown)
    assert compare(candidate, baseline, np.arange(500), audit=same) == found
    with pytest.raises(ValueError, match="true labels"):
        compare(candidate, baseline, np.arange(500), audit=replace(same, weights=1 - audit.weights))


def test_an_audit_of_too_few_leaves_labels_as_they_are() -> None:
    candidate, baseline, audit = mislabelled(500, 7, LEAST_AUDITED - 1)
    plain = compare(candidate, baseline, np.arange(500))
    assert compare(candidate, baseline, np.arange(500), audit=audit) == plain
    *_, audit = mislabelled(500, 7, LEAST_AUDITED)
    assert compare(candidate, baseline, np.arange(500), audit=audit).corrected


def test_five_thousand_examples_take_a_moment() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.random((2, 5000))
    audit = LabelAudit((rng.random(5000) < 0.05).astype(np.float64), other, one)
    compare(one[:50], other[:50], np.arange(50))
    begun = time.process_time()
    compare(one, other, np.arange(5000))
    compare(one, other, np.arange(5000), audit=audit)
    assert time.process_time() - begun < 1.5

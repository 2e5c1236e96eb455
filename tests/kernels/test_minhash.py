"""Near-duplicate kernel: what it finds is what comparing all pairs finds, in whatever steps."""

from __future__ import annotations

from itertools import combinations
from random import Random

import numpy as np
import pytest

from curate.kernels import minhash
from curate.text.text import tokens

WORDS = [f"w{n}" for n in range(60)]


def corpus(seed: int, groups: int = 40, copies: int = 4) -> list[str]:
    """Texts in groups: an original, and copies with some of its words replaced."""
    random = Random(seed)
    texts = set()
    for _ in range(groups):
        original = random.choices(WORDS, k=random.randint(8, 40))
        for _ in range(copies):
            copy = list(original)
            for place in random.sample(range(len(copy)), k=random.randint(0, len(copy) // 6)):
                copy[place] = random.choice(WORDS)
            texts.add(" ".join(copy))
    return sorted(texts)


def brute_force(texts: list[str], threshold: float) -> dict[tuple[int, int], float]:
    grams = []
    for text in texts:
        parts = tokens(text)
        grams.append({tuple(parts[n : n + 3]) for n in range(len(parts) - 2)})
    found = {}
    for i, j in combinations(range(len(texts)), 2):
        similarity = len(grams[i] & grams[j]) / len(grams[i] | grams[j])
        if similarity >= threshold:
            found[i, j] = similarity
    return found


def pairs(texts: list[str], threshold: float, new: np.ndarray | None = None) -> dict:
    keys = minhash.keys(texts, threshold=threshold)
    everything = np.ones(len(texts), bool) if new is None else new
    a, b, similarity = minhash.pairs(texts, keys, everything, threshold=threshold)
    return dict(zip(zip(a.tolist(), b.tolist(), strict=True), similarity.tolist(), strict=True))


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.8, 0.9, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_pairs_are_those_of_brute_force(seed: int, threshold: float) -> None:
    texts = corpus(seed)
    expected = brute_force(texts, threshold)
    assert pairs(texts, threshold) == pytest.approx(expected)
    assert expected or threshold >= 0.9


@pytest.mark.parametrize("seed", range(4))
def test_new_texts_meet_the_old_ones_and_each_other(seed: int) -> None:
    texts = corpus(seed)
    new = np.array([Random(text).random() < 0.3 for text in texts])
    expected = {p: s for p, s in brute_force(texts, 0.6).items() if new[p[0]] or new[p[1]]}
    assert pairs(texts, 0.6, new) == pytest.approx(expected)
    assert pairs(texts, 0.6, np.zeros(len(texts), bool)) == {}


def test_keys_depend_on_the_text_alone() -> None:
    texts = corpus(1)
    together = minhash.keys(texts, threshold=0.8)
    one_by_one = np.concatenate([minhash.keys([t], threshold=0.8) for t in reversed(texts)])
    assert (together == one_by_one[::-1]).all()


def test_candidates_in_slices_are_the_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = corpus(2)
    whole = pairs(texts, 0.7)
    monkeypatch.setattr(minhash, "_PAIRS_AT_ONCE", 3)
    monkeypatch.setattr(minhash, "_TEXTS_AT_ONCE", 5)
    assert pairs(texts, 0.7) == whole != {}


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9, 1.0])
def test_a_pair_on_the_threshold_is_missed_once_in_a_million(threshold: float) -> None:
    rows = minhash.rows_per_band(threshold)
    assert (1 - threshold**rows) ** (minhash.HASHES // rows) <= minhash.MISS


def test_no_texts_and_short_texts() -> None:
    assert pairs([], 0.8) == {}
    with pytest.raises(ValueError, match="has no keys"):
        minhash.keys(["too short"], threshold=0.8)

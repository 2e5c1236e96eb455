from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.text import SHORT_WORDS, digest, near_pairs, normalise, shared_affixes, words


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("  Hello\t\nWorld ", "hello world"), ("STRASSE Straße", "strasse strasse"),
        ("e\u0301", "é"), ("a\u00a0b\u3000c", "a b c"), ("a\x1cb", "a b"), ("Hi!", "hi!"), ("", ""),
    ],
)  # fmt: skip
def test_normalise(text: str, normal: str) -> None:
    assert normalise(text) == normal


@given(st.text())
def test_normalised_text_stays_one_line_of_words(text: str) -> None:
    once = normalise(text)
    assert "  " not in once and once == once.strip() and "\n" not in once


def test_digest() -> None:
    assert digest("") == "e3b0c44298fc1c149afbf4c8996fb924"
    assert len(digest("\ud800")) == 32


def oracle(texts: list[str], threshold: float) -> list[tuple[int, int, float]]:
    grams = []
    for text in texts:
        w = words(text)
        grams.append(
            {tuple(w[i : i + 3]) for i in range(len(w) - 2)} if len(w) >= SHORT_WORDS else set()
        )
    found = []
    for j in range(len(texts)):
        for i in range(j):
            if grams[i] and grams[j]:
                similarity = len(grams[i] & grams[j]) / len(grams[i] | grams[j])
                if similarity >= threshold:
                    found.append((i, j, similarity))
    return sorted(found)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.3, 0.5, 0.8, 1.0]), st.integers(0, 40))
def test_near_pairs_are_exactly_those_of_a_brute_force(seed: int, threshold: float, n: int) -> None:
    rng = random.Random(seed)
    texts: list[str] = []
    for _ in range(n):
        said = rng.choice(texts).split() if texts and rng.random() < 0.6 else []
        said = said or [rng.choice("abcdefg") for _ in range(rng.randint(0, 20))]
        for _ in range(rng.randint(0, 3)):
            said.insert(rng.randint(0, len(said)), rng.choice("abcdefg"))
        texts.append(" ".join(said))
    a, b, similarity = near_pairs(texts, threshold=threshold)
    made = list(zip(a.tolist(), b.tolist(), similarity.tolist(), strict=True))
    assert made == oracle(texts, threshold)


def test_short_texts_have_no_pairs() -> None:
    a, _, _ = near_pairs(["a b c d e f g"] * 2, threshold=0.1)
    assert len(a) == 0
    a, b, s = near_pairs(["a b c d e f g h"] * 2, threshold=1.0)
    assert (a.tolist(), b.tolist(), s.tolist()) == ([0], [1], [1.0])
    assert len(near_pairs([], threshold=0.8)[0]) == 0


def test_templates_are_what_most_texts_share() -> None:
    head, tail = "Answer the question of our customer: ", " Please be very short and kind."
    texts = [f"{head}number {n} is{tail}" for n in range(30)]
    assert shared_affixes(texts) == (head + "number ", " is" + tail)
    assert shared_affixes(texts[:10]) == ("", "")
    assert shared_affixes([f"How do I do {n}" for n in range(30)]) == ("", "")
    assert shared_affixes([]) == ("", "")

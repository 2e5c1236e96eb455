from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.kernels import jaccard as kernels
from curate.kernels.jaccard import covered, near_pairs
from curate.text.text import SHORT_TOKENS, bare, digest, normalise, tokens


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("  Hello\t\nWorld ", "hello world"), ("STRASSE Straße", "strasse strasse"),
        ("e\u0301", "é"), ("a\u00a0b\u3000c", "a b c"), ("a\x1cb", "a b"), ("Hi!", "hi!"), ("", ""),
        ("\uff28\uff49\u3000\uff11", "hi 1"), ("soft\u00adware", "software"), ("\ufeffHi", "hi"),
        ("a\u200bb", "ab"), ("❤\ufe0f", "❤"), ("“Hi”", '"hi"'), ("don\u2019t", "don't"),
        ("2020\u20132021", "2020-2021"), ("fish &amp; chips &lt;3", "fish & chips <3"),
        ("10\u00b2 m\u00b3, H\u2082O", "10^2 m^3, h2o"), ("1\u00bd cups", "1 1\u20442 cups"),
        ("AT&T; R&D", "at&t; r&d"), ("what do\u0435s it cost", "what does it cost"),
        ("\u0447\u0442\u043e \u044d\u0442\u043e", "\u0447\u0442\u043e \u044d\u0442\u043e"),
    ],
)  # fmt: skip
def test_normalise(text: str, normal: str) -> None:
    assert normalise(text) == normal


@given(st.text())
def test_normalised_text_stays_one_line_of_words(text: str) -> None:
    once = normalise(text)
    assert "  " not in once and once == once.strip() and "\n" not in once


@settings(max_examples=300)
@given(
    st.text() | st.text(st.sampled_from("&amp;lt#x20;ﬀ\uff06；\u00a0\u200bé\u0435\u00b4¨😀👍¿?"))
)
def test_what_is_normalised_stays_as_it_is(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert bare(bare(once)) == bare(once) == normalise(bare(once))


@settings(max_examples=300)
@given(st.text())
def test_what_the_first_measure_normalised_is_normalised_alike(text: str) -> None:
    first = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    assert normalise(first) == normalise(text)


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("c++ or c#?", ["c", "+", "+", "or", "c", "#"]),
        ("at -5 degrees, 20% or $20", ["at", "-5", "degrees", "20", "%", "or", "$", "20"]),
        ("a != b, a == b", ["a", "!", "=", "b", "a", "=", "=", "b"]),
        ("2020-2021 re-read", ["2020", "2021", "re", "read"]),
        ("我有 3 个 c++", ["我", "有", "3", "个", "c", "+", "+"]),
        ("ฉันไป", ["ฉั", "น", "ไ", "ป"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("부산에서 서울", ["부산에서", "서울"]),
        ("ok 👍 \u2013 €5", ["ok", "👍", "€", "5"]),
        ("thanks :) (or not)", ["thanks", ":)", "or", "not"]),
    ],
)
def test_tokens(text: str, cut: list[str]) -> None:
    assert tokens(normalise(text)) == cut


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("where is it?", "where is it"), ("¿qué hora es?", "qué hora es"), ("thanks 😊!", "thanks"),
        ("thanks 👍", "thanks 👍"), ("👎", "👎"), ("?!", "?!"), ("c#", "c#"), ("100%.", "100%"),
        ("well :(", "well :("), ('"my points"', "my points"), ("几点开门\uff1f", "几点开门"),
        ("this one has eight words in it, or?", "this one has eight words in it, or?"),
    ],
)  # fmt: skip
def test_a_short_text_is_bare_of_its_ending(text: str, left: str) -> None:
    assert bare(normalise(text)) == left


def test_digest() -> None:
    assert digest("") == "e3b0c44298fc1c149afbf4c8996fb924"
    assert len(digest("\ud800")) == 32


def grown(seed: int, n: int) -> list[str]:
    """Texts of few words, many of them made from earlier ones."""
    rng = random.Random(seed)
    texts: list[str] = []
    for _ in range(n):
        said = rng.choice(texts).split() if texts and rng.random() < 0.6 else []
        said = said or [rng.choice("abcdefg") for _ in range(rng.randint(0, 20))]
        for _ in range(rng.randint(0, 3)):
            said.insert(rng.randint(0, len(said)), rng.choice("abcdefg"))
        texts.append(" ".join(said))
    return texts


def oracle(texts: list[str], threshold: float) -> list[tuple[int, int, float]]:
    grams = []
    for text in texts:
        w = tokens(text)
        grams.append(
            {tuple(w[i : i + 3]) for i in range(len(w) - 2)} if len(w) >= SHORT_TOKENS else set()
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
    texts = grown(seed, n)
    a, b, similarity = near_pairs(texts, threshold=threshold)
    made = list(zip(a.tolist(), b.tolist(), similarity.tolist(), strict=True))
    assert made == oracle(texts, threshold)


def covered_by_hand(
    asked: list[str], texts: list[str], threshold: float
) -> list[tuple[int, int, float, float]]:
    def grams(text: str) -> set[tuple[str, ...]]:
        w = tokens(text)
        return {tuple(w[i : i + 3]) for i in range(len(w) - 2)} if len(w) >= SHORT_TOKENS else set()

    found = []
    for b, text in enumerate(texts):
        for a, wanted in enumerate(asked):
            mine, theirs = grams(wanted), grams(text)
            shared = len(mine & theirs)
            if mine and shared and shared / len(mine) >= threshold:
                found.append((a, b, shared / len(mine | theirs), shared / len(mine)))
    return found


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.3, 0.5, 0.8, 1.0]), st.integers(0, 30))
def test_what_covers_a_text_is_what_a_brute_force_finds(
    seed: int, threshold: float, n: int
) -> None:
    both = grown(seed, 2 * n)
    asked, texts = both[::2], [f"{t} {u}" for t, u in zip(both[1::2], both[::2], strict=True)]
    texts += both[1::2]
    columns = covered(asked, texts, threshold=threshold)
    made = list(zip(*(c.tolist() for c in columns), strict=True))
    assert made == covered_by_hand(asked, texts, threshold)
    assert made or n < 10 or threshold == 1.0


@pytest.mark.parametrize("grams", [1, 200, 1 << 25])
def test_pairs_are_the_same_in_slices(monkeypatch: pytest.MonkeyPatch, grams: int) -> None:
    texts = [*grown(1, 60), "one text that is like none of the others here"]
    whole = [c.tolist() for c in near_pairs(texts, threshold=0.6)]
    monkeypatch.setattr(kernels, "_CANDIDATES_AT_ONCE", 3)
    monkeypatch.setattr(kernels, "_GRAMS_AT_ONCE", grams)
    assert [c.tolist() for c in near_pairs(texts, threshold=0.6)] == whole
    assert len(whole[0]) > 20


def test_what_covers_is_found_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = grown(1, 60)
    whole = [c.tolist() for c in covered(texts[:20], texts, threshold=0.6)]
    monkeypatch.setattr(kernels, "_CANDIDATES_AT_ONCE", 3)
    monkeypatch.setattr(kernels, "_TEXTS_AT_ONCE", 7)
    assert [c.tolist() for c in covered(texts[:20], texts, threshold=0.6)] == whole
    assert len(whole[0]) > 20
    assert [len(c) for c in covered([], texts, threshold=0.6)] == [0] * 4
    assert [len(c) for c in covered(texts, [], threshold=0.6)] == [0] * 4
    assert [len(c) for c in covered(["short"], ["short"], threshold=0.6)] == [0] * 4


def test_short_texts_have_no_pairs() -> None:
    a, _, _ = near_pairs(["a b c d e f g"] * 2, threshold=0.1)
    assert len(a) == 0
    a, b, s = near_pairs(["a b c d e f g h"] * 2, threshold=1.0)
    assert (a.tolist(), b.tolist(), s.tolist()) == ([0], [1], [1.0])
    assert len(near_pairs([], threshold=0.8)[0]) == 0

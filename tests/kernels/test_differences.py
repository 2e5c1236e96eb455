"""What keeps two texts apart that are alike in all else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.kernels.differences import KINDS, Differences, difference, differing
from curate.text.text import normalise


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("send 5 lamps", "send 6 lamps", "numbers"),
        ("order nb123 is late", "order nb124 is late", "numbers"),
        ("i owe 5.00 euros", "i owe 5.00 euros.", None),
        ("i owe 1,200 euros", "i owe 1200 euros", None),
        ("set it to -5 degrees", "set it to 5 degrees", "numbers"),
        ("turn 5 then 6", "turn 6 then 5", "numbers"),
        ("two red mattresses", "three red mattresses", "numbers"),
        ("two red mattresses", "2 red mattresses", None),
        ("pages 12 to 15 of 1995", "pages 12 to 15 of 1995, volume 4", None),
        ("i can cancel it", "i cannot cancel it", "negation"),
        ("i do want it", "i don\u2019t want it", "negation"),
        ("i don't want it", "i do not want it", None),
        ("it never works", "it does not work", None),
        ("is tea or coffee better", "is coffee or tea better", None),
        ("ich will es", "ich will es nicht", "negation"),
        ("hotels for at most 120", "hotels for at least 120", "restriction"),
        ("send it to all", "send it to all except me", "restriction"),
        ("tea with sugar", "tea without sugar", "restriction"),
        ("turn on the renewal", "turn off the renewal", "opposite"),
        ("is it on or off", "is it off or on", None),
        ("go on then", "go then", None),
        ("is it the first page", "is it the third page", "ordinals"),
        ("come on monday", "come on friday please", "weekdays"),
        ("the january rent", "the june rent", "months"),
        ("he paid in euros", "he paid in dollars", "currencies"),
        ("read a file in c", "read a file in c++", "symbols"),
        ("is a > b", "is a < b", "symbols"),
        ("great 👍 from him", "great 👎 from him", "symbols"),
        ("from oslo to rome", "from rome to oslo", "order"),
        ("why do dogs chase cats", "why do cats chase dogs", "order"),
        ("can i cancel if it rains", "if it rains can i cancel", None),
        ("where was it taken", "when was it taken", "word"),
        ("a car bought in norway", "a car bought in sweden", "word"),
        ("the licence of the programme", "the license of the program", None),
        ("how do i reset my password", "could you please tell me how to reset my password", None),
        ("wie komme ich am schnellsten hin", "wie komme ich am g\u00fcnstigsten hin", "word"),
        ("这个电影是什么时候拍的", "这个电影是为什么拍的", "word"),
        ("周一可以来吗", "周五可以来吗", "weekdays"),
        ("この電車は東京へ行きます", "この電車は京都へ行きます", "word"),
        ("창문을 열어 주세요", "창문을 닫아 주세요", "word"),
        ("cancel my ticket for me and my wife", "cancel her ticket for me and my wife", "persons"),
        ("pouvez-vous traduire ce mot", "peux-tu traduire ce mot", None),
        ("is a & b zero", "is a && b zero", "symbols"),
        ("適正体重は何キロですか", "適正体重は何ポンドですか", "word"),
        ("wo ist das schloss für die burg", "wo ist das schloss fuer die burg", None),
        ("qué significa este error", "que significa este error", None),
        ("결혼 준비 비용 얼마", "결혼준비 비용 얼마", None),
        ("xyzzy plugh frotz", "xyzzy plugh rezrov", "word"),
    ],
)
def test_what_keeps_alike_texts_apart(one: str, other: str, expected: str | None) -> None:
    assert difference(normalise(one), normalise(other)) == expected
    assert difference(normalise(other), normalise(one)) == expected


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "a",
                "the",
                "cat",
                "dog",
                "5",
                "6",
                "not",
                "on",
                "off",
                "不",
                "我们",
                "c",
                "++",
                "monday",
            ]
        )
    )
)
def test_a_text_differs_from_itself_in_nothing(words: list[str]) -> None:
    text = normalise(" ".join(words))
    assert difference(text, text) is None


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=2, max_size=4))
def test_differences_are_the_same_both_ways(texts: list[str]) -> None:
    found = Differences([normalise(text) for text in texts])
    for one in range(len(texts)):
        for other in range(one):
            assert found.between(one, other) == found.between(other, one)
            assert found.between(one, other) in (None, *KINDS)


def test_a_word_without_end_is_looked_at_once() -> None:
    assert difference("word" * 250_000, "word" * 250_000 + "7") == "numbers"


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("keep it at -5 degrees tonight", "keep it at 5 degrees tonight", ("-5", "5")),
        ("i did not get it", "well, i did get it at last", ("not", "")),
        ("ask me once more", "something else is fine", ("1", "")),
        ("please enable the renewal", "please disable the renewal", ("enable", "disable")),
        ("send it from oslo to rome", "send it from rome to oslo", ("to rome", "rome to")),
        ("the same text", "the same text", ("", "")),
    ],
)
def test_what_differs_is_shown(a: str, b: str, expected: tuple[str, str]) -> None:
    assert differing(a, b) == expected

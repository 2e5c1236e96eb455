"""Texts as they are printed."""

from __future__ import annotations

import pytest

from curate.cli.words import beside

LONG = "one and the same beginning of both texts, " * 4


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("short", "shorter"),
        (f"{LONG}by day", f"{LONG}by night"),
        (f"{LONG}by day", f"{LONG}by day and night"),
        (f"{LONG}by day {LONG}", f"{LONG}by night {LONG}"),
        ("请仔细阅读" * 30 + "天", "请仔细阅读" * 30 + "地"),
        (f"day {LONG}", f"night {LONG}"),
        ("short", f"short {LONG}"),
    ],
)
def test_two_texts_beside_each_other_show_where_they_differ(one: str, other: str) -> None:
    lines = beside(one, other, 60)
    assert lines[0] != lines[1] and max(map(len, lines)) <= 60
    for text, line in zip((one, other), lines, strict=True):
        assert line.strip(".") in text.strip()


def test_a_pair_is_cut_before_the_word_that_differs() -> None:
    assert beside(f"{LONG}by\nday", f"{LONG}by night", 60) == (
        "...of both texts, by day", "...of both texts, by night",
    )  # fmt: skip

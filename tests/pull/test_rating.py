from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from curate.errors import ConfigError
from curate.pull.rating import as_number, guess_scale, is_blank, is_unrated, parse_scale


@pytest.mark.parametrize(
    ("scale", "value", "place"),
    [
        ("1-5", 1, 0.0), ("1-5", "4", 0.75), ("1-5", 5.0, 1.0), ("1-5", 0, None), ("1-5", 6, None),
        ("1-5", "five", None), ("1-5", Decimal(3), 0.5),
        ("0-1", 0.25, 0.25), ("0-1", True, 1.0), ("0-1", 1.01, None),
        ("0-10", 7, 0.7), ("-1..1", 0, 0.5), ("-1-1", -1, 0.0), ("0/10", 5, 0.5), ("1..7", 4, 0.5),
        ("thumbs", "👍", 1.0), ("thumbs", "Thumbs_Down", 0.0), ("thumbs", True, 1.0),
        ("thumbs", "sideways", None), ("thumbs", False, 0.0),
        ("words", "Good", 0.75), ("words", " not  good ", 0.25), ("words", "poor", 0.0),
        ("Poor=1,Good=4", "good", 0.75), ("Poor=1,Good=4", "POOR", 0.0),
        ("Poor=1,Good=4", "ok", None),
        ("1=5,2=1", 1, 1.0), ("1=5,2=1", 2.0, 0.0),
        ("5-1", 1, 1.0), ("5-1", 5, 0.0), ("5-1", "4", 0.25), ("5-1", 6, None), ("3-1", 2, 0.5),
        ("10-0", 0, 1.0), ("1-5", "4,5", 0.875), ("0,5-4,5", "2,5", 0.5), ("1\u20135", 5, 1.0),
        ("1-5", "4/5", 0.75), ("1-5", "8/10", None), ("0-10", "8 of 10", 0.8),
        ("0-100", "80%", 0.8), ("0-1", "80 %", 0.8), ("0-10", "80%", None),
        ("-1..1", "50%", None),
        ("1-5", "★★★★☆", 0.75), ("1-5", "⭐️⭐️", 0.25), ("1-5", "4 stars", 0.75),
        ("1-5", "3½", None),
        ("1-5", "★★★½", 0.625), ("1-5", "★★☆", None), ("1-10", "8 stars", 7 / 9),
        ("1-5", "4️⃣", 0.75), ("1-5", "4 out of 5 stars", 0.75),
        ("thumbs", "👍🏽", 1.0), ("thumbs", "👎🏻", 0.0), ("thumbs", "thumbsUp", 1.0),
        ("thumbs", "thumbsDown", 0.0), ("thumbs", "THUMBS_DOWN", 0.0),
        ("thumbs", ":thumbsup:", 1.0),
        ("words", "😐", 0.5), ("words", "☹️", 0.25), ("words", "very satisfied", 1.0),
    ],
)  # fmt: skip
def test_places_on_a_scale(scale: str, value: Any, place: float | None) -> None:
    assert parse_scale(scale).normalise(value) == place


@pytest.mark.parametrize("scale", ["1-1", "5-", "stars", "", "Poor=0,Good=9", "Poor=x", "1-"])
def test_unknown_scales(scale: str) -> None:
    with pytest.raises(ConfigError, match="unknown rating scale"):
        parse_scale(scale)


@pytest.mark.parametrize(
    ("seen", "name"),
    [
        ([1, 5], "1-5"), ([2, "5", None, ""], "1-5"), ([4.5], "1-5"), ([0, 1], "0-1"),
        ([2, "3"], None), ([1, 2, 1], None), ([1, 2, 3], None), ([1, 4], None), ([3.5], None),
        (["4/5", "1/5"], "1-5"), (["0/5", "4/5"], "0-5"), (["8 of 10", "2 of 10"], "0-10"),
        (["4/5", "8/10"], None), (["7/5"], None), (["2/3"], None), (["0/3", "2/3"], "0-3"),
        (["4/5", 4], None), (["80%", "100%"], "0-100"), (["180%"], None),
        (["★★★★☆", "★★★★★"], "1-5"), (["★★☆"], None), (["4 stars", "1 star"], "1-5"),
        (["0 stars", "4★"], "0-5"), (["9 stars"], None), (["4,5", "1,0"], "1-5"),
        (["👍🏽", "👎🏻", "👍"], "words"), (["thumbsUp", "thumbsDown"], "words"),
        (["thumbs_up", "none", "--", "N/A"], "words"), (["--", "none"], None), ([5, "-"], "1-5"),
        (["GOOD", "BAD", "good"], "good=5,bad=1"), (["🙂", "🙁"], "🙂=5,🙁=1"), (["good"], None),
        (["happy", "sad", "neutral"], "words"), (["good", "neutral"], "words"),
        (["1 - very satisfied", "5 - very dissatisfied"], None), ([9, 0, 10], None),
        ([0.2, 0.9], "0-1"), ([-1, 1], "-1..1"), ([-1, 0], "-1..1"), ([True, False], "words"),
        (["up", "down"], "words"), (["Good", "Poor", "Excellent"], "words"),
        ([], None), ([None], None), ([1], None), ([0, 5], None), ([7], None), ([1, 10], None),
        ([-0.5, 1], None), (["Good", 3], None), (["meh", "Good"], None),
    ],
)  # fmt: skip
def test_scales_are_guessed_where_they_can_only_mean_one(seen: list[Any], name: str | None) -> None:
    scale = guess_scale(seen)
    assert (scale and scale.name) == name
    # The name is what is remembered of a source.
    assert scale is None or parse_scale(scale.name) == scale


@pytest.mark.parametrize(
    "value", ["nan", "inf", float("inf"), 10**400, True, None, "x", [], "1e999"]
)
def test_what_is_no_number(value: Any) -> None:
    assert as_number(value) is None


def test_numbers_and_blanks() -> None:
    assert [as_number(v) for v in (1, "2.5", Decimal("3.5"), " 4 ")] == [1, 2.5, 3.5, 4]
    assert all(is_blank(v) for v in (None, "", " \n", float("nan")))
    assert not any(is_blank(v) for v in (0, 0.0, False, [], "nan", float("inf")))
    assert not any(is_blank(v) for v in ("--", "n/a", "None"))


def test_what_is_no_rating() -> None:
    assert all(is_unrated(v) for v in (None, "", "-", "--", " N/A ", "None", "null", "No  rating"))
    assert not any(is_unrated(v) for v in (0, "0", "no", "neutral", "none of it", False, "-1"))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4,5", 4.5), ("-0,5", -0.5), ("0,0021", 0.0021), ("0,125", 0.125), ("12,75", 12.75),
        ("1,234", None), ("1,234,567", None), ("4,", None), (",5", None), ("4,5,6", None),
    ],
)  # fmt: skip
def test_decimal_commas_are_read_where_they_can_be_no_thousands(
    text: str, number: float | None
) -> None:
    assert as_number(text) == number

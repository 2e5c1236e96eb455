from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from curate.errors import ConfigError
from curate.pull.rating import as_number, guess_scale, is_blank, parse_scale


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
        ("1=5,2=1", 1, 1.0),
    ],
)  # fmt: skip
def test_places_on_a_scale(scale: str, value: Any, place: float | None) -> None:
    assert parse_scale(scale).normalise(value) == place


@pytest.mark.parametrize("scale", ["5-1", "1-1", "stars", "", "Poor=0,Good=9", "Poor=x", "1-"])
def test_unknown_scales(scale: str) -> None:
    with pytest.raises(ConfigError, match="unknown rating scale"):
        parse_scale(scale)


@pytest.mark.parametrize(
    ("seen", "name"),
    [
        ([1, 5], "1-5"), ([2, "3", None, ""], "1-5"), ([4.5], "1-5"), ([0, 1], "0-1"),
        ([0.2, 0.9], "0-1"), ([-1, 1], "-1..1"), ([-1, 0], "-1..1"), ([True, False], "words"),
        (["up", "down"], "words"), (["Good", "Poor", "Excellent"], "words"),
        ([], None), ([None], None), ([1], None), ([0, 5], None), ([7], None), ([1, 10], None),
        ([-0.5, 1], None), (["Good", 3], None), (["meh", "Good"], None),
    ],
)  # fmt: skip
def test_scales_are_guessed_where_they_can_only_mean_one(seen: list[Any], name: str | None) -> None:
    scale = guess_scale(seen)
    assert (scale and scale.name) == name


@pytest.mark.parametrize(
    "value", ["nan", "inf", float("inf"), 10**400, True, None, "x", [], "1e999"]
)
def test_what_is_no_number(value: Any) -> None:
    assert as_number(value) is None


def test_numbers_and_blanks() -> None:
    assert [as_number(v) for v in (1, "2.5", Decimal("3.5"), " 4 ")] == [1, 2.5, 3.5, 4]
    assert all(is_blank(v) for v in (None, "", " \n", float("nan")))
    assert not any(is_blank(v) for v in (0, 0.0, False, [], "nan", float("inf")))

"""Rating scales: what a logged rating means on a scale from 0 (worst) to 1 (best)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from curate.errors import ConfigError

# Words people and products use; five steps as in a 1-5 rating, thumbs as its ends.
WORDS: dict[str, float] = {
    **dict.fromkeys(
        (
            "up",
            "thumbs up",
            "thumb up",
            "👍",
            "like",
            "liked",
            "positive",
            "pos",
            "yes",
            "true",
            "helpful",
            "accepted",
            "excellent",
            "great",
            "very good",
        ),
        1.0,
    ),
    "good": 0.75,
    **dict.fromkeys(("neutral", "ok", "okay", "average", "fair", "passable", "acceptable"), 0.5),
    **dict.fromkeys(("not good", "bad", "mediocre"), 0.25),
    **dict.fromkeys(
        (
            "down",
            "thumbs down",
            "thumb down",
            "👎",
            "dislike",
            "disliked",
            "negative",
            "neg",
            "no",
            "false",
            "unhelpful",
            "not helpful",
            "rejected",
            "poor",
            "terrible",
            "awful",
            "very bad",
        ),
        0.0,
    ),
}


_RANGE = re.compile(r"^(-?\d+(?:\.\d+)?)(?:-|\.\.)(-?\d+(?:\.\d+)?)$")


@dataclass(frozen=True)
class Scale:
    """A rating scale: a numeric range, or words with their place between 0 and 1."""

    name: str
    low: float = 0.0
    high: float = 1.0
    words: Mapping[str, float] = field(default_factory=dict)

    def normalise(self, value: Any) -> float | None:
        """Returns the place of a value on the scale, 0..1, or None where it has none."""
        if isinstance(value, bool):
            value = "true" if value else "false"
        number = None if self.words else as_number(value)
        if number is not None:
            inside = self.low <= number <= self.high
            return (number - self.low) / (self.high - self.low) if inside else None
        if self.words or value in ("true", "false"):
            return (self.words or WORDS).get(_word(value))
        return None


def parse_scale(text: str) -> Scale:
    """Returns the scale a user declared: `1-5`, `0-1`, `thumbs`, `words`, or `Bad=1,Good=5`.

    In the last form the numbers are ratings from 1 to 5.

    Raises:
        ConfigError: the text is none of these.
    """
    if text in ("thumbs", "words"):
        return Scale(text, words=WORDS)
    if match := _RANGE.match(text.replace("/", "-")):
        low, high = float(match[1]), float(match[2])
        if low < high:
            return Scale(text.replace("/", "-"), low, high)
    steps = dict(part.rsplit("=", 1) for part in text.split(",") if "=" in part)
    numbers = {_word(word): as_number(step) for word, step in steps.items()}
    if numbers and all(step is not None and 1 <= step <= 5 for step in numbers.values()):
        places = {word: (step - 1) / 4 for word, step in numbers.items() if step is not None}
        return Scale(text, words=places)
    raise ConfigError(
        f"unknown rating scale {text!r}. Expected 1-5, 0-1, another LOW-HIGH, thumbs, words, or "
        "words with ratings from 1 to 5: --scale 'Poor=1,Good=4,Excellent=5'."
    )


def guess_scale(values: Iterable[Any]) -> Scale | None:
    """Returns the scale that observed ratings can only mean, or None where that is not clear."""
    ratings = [value for value in values if not is_blank(value)]
    if not ratings:
        return None
    numbers = [None if isinstance(value, bool) else as_number(value) for value in ratings]
    figures = [number for number in numbers if number is not None]
    if len(figures) == len(ratings):
        return _guess_range(figures)
    if not figures and all(_word(v) in WORDS or isinstance(v, bool) for v in ratings):
        return Scale("words", words=WORDS)
    return None


def _guess_range(numbers: list[float]) -> Scale | None:
    low, high = min(numbers), max(numbers)
    if low >= 1 and 1 < high <= 5:
        return Scale("1-5", 1, 5)
    if low >= 0 and high <= 1 and (low < 1 or any(n % 1 for n in numbers)):
        return Scale("0-1", 0, 1)
    if low == -1 and high <= 1 and all(n % 1 == 0 for n in numbers):
        return Scale("-1..1", -1, 1)
    return None


def is_blank(value: Any) -> bool:
    """Returns whether a cell holds no value: null, not a number, or only white space."""
    if isinstance(value, float):
        return value != value  # what pandas writes where a value is missing
    return value is None or (isinstance(value, str) and not value.strip())


def as_number(value: Any) -> float | None:
    """Returns a number or a numeric string as a float, else None (also for NaN and infinity)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _word(value: Any) -> str:
    return " ".join(str(value).casefold().replace("_", " ").replace("-", " ").split())

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
            "thumbsup",
            "👍",
            "upvote",
            "like",
            "liked",
            "❤",
            "positive",
            "pos",
            "yes",
            "true",
            "helpful",
            "accepted",
            "excellent",
            "great",
            "very good",
            "very satisfied",
            "happy",
            "😍",
            "😀",
            "😃",
            "😄",
            "😊",
        ),
        1.0,
    ),
    **dict.fromkeys(("good", "satisfied", "🙂"), 0.75),
    **dict.fromkeys(
        ("neutral", "ok", "okay", "average", "fair", "passable", "acceptable", "😐"), 0.5
    ),
    **dict.fromkeys(
        ("not good", "bad", "mediocre", "dissatisfied", "unsatisfied", "🙁", "☹"), 0.25
    ),
    **dict.fromkeys(
        (
            "down",
            "thumbs down",
            "thumb down",
            "thumbsdown",
            "👎",
            "downvote",
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
            "very dissatisfied",
            "sad",
            "😞",
            "😠",
            "😡",
        ),
        0.0,
    ),
}
# What products write where nobody has rated; blank for ratings, not for texts.
_UNRATED = {
    *(
        "-",
        "--",
        "---",
        "\u2013",
        "\u2014",
        "n/a",
        "na",
        "none",
        "null",
        "nil",
        "undefined",
        "unrated",
    ),
    *("not rated", "no rating", "no feedback", "not applicable"),
}

_NUMBER = r"-?\d+(?:[.,]\d+)?"
_RANGE = re.compile(rf"^({_NUMBER})\s*(?:-|\u2013|\.\.|/)\s*({_NUMBER})$")
_OF = re.compile(
    rf"^({_NUMBER})\s*(?:/|of|out of)\s*({_NUMBER})\s*(?:stars?|points?)?$", re.IGNORECASE
)
_PERCENT = re.compile(rf"^({_NUMBER})\s*%$")
_STARS_SAID = re.compile(rf"^({_NUMBER})[\s-]*(?:stars?|[★⭐🌟])$", re.IGNORECASE)
_STARS_DRAWN = re.compile(r"^([★⭐🌟]*)(½?)(☆*)$")
# Thousands have three digits after their comma, and no zero before it.
_COMMA = re.compile(r"^[+-]?(?:0,\d+|\d+,(?:\d{1,2}|\d{4,}))$")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Skin tones, the two variation selectors, and the frame of a keycap.
_DECORATION = re.compile("[\U0001f3fb-\U0001f3ff\ufe0e\ufe0f\u20e3]")
_STARS = 5.0
_FULL = 100.0
# An n of m with one of these says what its best is; where its worst is, 0 or 1, it does not.
_FROM_ZERO = (10.0, _FULL)


@dataclass(frozen=True)
class Scale:
    """A rating scale: a range from the worst to the best, or words with their place in 0..1.

    The worst may be the greater number: 1 is the best of `5-1`.
    """

    name: str
    worst: float = 0.0
    best: float = 1.0
    words: Mapping[str, float] = field(default_factory=dict)

    def normalise(self, value: Any) -> float | None:
        """Returns the place of a value on the scale, 0..1, or None where it has none."""
        if isinstance(value, bool):
            value = "true" if value else "false"
        if type(value) is int and not self.words:  # as most are
            return self._inside(value)
        figure = None if self.words else _figure(value)
        if figure is not None:
            return self._place(figure)
        if self.words or value in ("true", "false"):
            return (self.words or WORDS).get(_word(value))
        return None

    def _place(self, figure: _Figure) -> float | None:
        low, high = sorted((self.worst, self.best))
        number = figure.number
        if figure.top == _FULL and (low, high) == (0, 1):
            number = number / _FULL
        elif figure.top not in (None, high):
            return None
        return self._inside(number)

    def _inside(self, number: float) -> float | None:
        if not (self.worst <= number <= self.best or self.best <= number <= self.worst):
            return None
        # Adding nothing takes the sign off a zero that stands at the worst end of 5-1.
        return (number - self.worst) / (self.best - self.worst) + 0.0


@dataclass(frozen=True)
class _Figure:
    """A rating that is a number, and the highest one where it says that: 4 of 5, 80%."""

    number: float
    top: float | None = None
    stars: bool = False


def parse_scale(text: str) -> Scale:
    """Returns the scale a user declared: `1-5`, `5-1`, `thumbs`, `words`, or `Bad=1,Good=5`.

    The first number of a range is the worst rating. In the last form the numbers are ratings from
    1 to 5.

    Raises:
        ConfigError: the text is none of these.
    """
    if text in ("thumbs", "words"):
        return Scale(text, words=WORDS)
    if match := _RANGE.match(text.strip()):
        worst, best = _plain_number(match[1]), _plain_number(match[2])
        if worst != best:
            return Scale(text.strip().replace("/", "-"), worst, best)
    steps = dict(part.rsplit("=", 1) for part in text.split(",") if "=" in part)
    numbers = {_word(word): as_number(step) for word, step in steps.items()}
    if numbers and all(step is not None and 1 <= step <= 5 for step in numbers.values()):
        places = {word: (step - 1) / 4 for word, step in numbers.items() if step is not None}
        return Scale(text, words=places)
    raise ConfigError(
        f"unknown rating scale {text!r}. Expected 1-5, 0-1, another WORST-BEST (5-1 where 1 is "
        "the best), thumbs, words, or words with ratings from 1 to 5: "
        "--scale 'Poor=1,Good=4,Excellent=5'."
    )


def guess_scale(values: Iterable[Any]) -> Scale | None:
    """Returns the scale that observed ratings can only mean, or None where that is not clear."""
    ratings = [value for value in values if not is_unrated(value)]
    if not ratings:
        return None
    figures = [None if isinstance(value, bool) else _figure(value) for value in ratings]
    known = [figure for figure in figures if figure is not None]
    if len(known) == len(ratings):
        return _guess_range(known)
    if not known and all(_word(v) in WORDS or isinstance(v, bool) for v in ratings):
        return _guess_words({_word(value) for value in ratings})
    return None


def _guess_words(words: set[str]) -> Scale | None:
    """Returns the scale of words; one that is better and one that is worse are two thumbs.

    A single word between the ends may be of two or of five: that is not clear.
    """
    if len(words) == 1:
        return None if WORDS[min(words)] in (0.25, 0.75) else Scale("words", words=WORDS)
    bad, good = sorted(words, key=lambda word: WORDS[word])[:: len(words) - 1]
    if len(words) == 2 and WORDS[bad] < 0.5 < WORDS[good] and WORDS[good] - WORDS[bad] < 1:
        return Scale(f"{good}=5,{bad}=1", words={good: 1.0, bad: 0.0})
    return Scale("words", words=WORDS)


def _guess_range(figures: list[_Figure]) -> Scale | None:
    numbers = [figure.number for figure in figures]
    low, high = min(numbers), max(numbers)
    if all(figure.stars for figure in figures):
        tops = {figure.top for figure in figures} - {None} or {_STARS}
    else:
        tops = {figure.top for figure in figures}
        if tops == {None} and not any(figure.stars for figure in figures):
            return _guess_plain(numbers)
    top = tops.pop() if len(tops) == 1 else None
    if top is None or low < 0 or high > top:
        return None
    if low == 0 or top in _FROM_ZERO:
        return parse_scale(f"0-{top:g}")
    return parse_scale("1-5") if top == _STARS and low >= 1 else None


def _guess_plain(numbers: list[float]) -> Scale | None:
    low, high = min(numbers), max(numbers)
    # Up to 4, the best may as well be 2, 3 or 4.
    if low >= 1 and 4 < high <= 5:
        return Scale("1-5", 1, 5)
    if low >= 0 and high <= 1 and (low < 1 or any(n % 1 for n in numbers)):
        return Scale("0-1", 0, 1)
    if low == -1 and high <= 1 and all(n % 1 == 0 for n in numbers):
        return Scale("-1..1", -1, 1)
    return None


def is_blank(value: Any) -> bool:
    """Returns whether a cell holds no value: null, not a number, or only white space."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value or value.isspace()
    return isinstance(value, float) and value != value  # what pandas writes for a missing value


def is_unrated(value: Any) -> bool:
    """Returns whether a cell of ratings holds none: blank, or a word such as `--` or `n/a`."""
    if isinstance(value, str):
        return not value.strip() or " ".join(value.casefold().split()) in _UNRATED
    return is_blank(value)


def as_number(value: Any) -> float | None:
    """Returns a number or a numeric string as a float, else None (also for NaN and infinity).

    `4,5` is four and a half; `1,234`, which may be a thousand or one, is none.
    """
    if value is None or isinstance(value, bool):
        return None
    if not isinstance(value, int | float | str | Decimal):
        return None
    if isinstance(value, str) and "," in value and _COMMA.match(value.strip()):
        value = value.replace(",", ".")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _figure(value: Any) -> _Figure | None:
    """Returns a rating that is a number in some notation: 4, 4,5, 4/5, 8 of 10, 80%, stars."""
    number = as_number(value)
    if number is not None:
        return _Figure(number)
    text = _DECORATION.sub("", value).strip() if isinstance(value, str) else ""
    if match := _OF.match(text):
        return _Figure(_plain_number(match[1]), _plain_number(match[2]))
    if match := _PERCENT.match(text):
        return _Figure(_plain_number(match[1]), _FULL)
    if match := _STARS_SAID.match(text):
        return _Figure(_plain_number(match[1]), stars=True)
    if text and (match := _STARS_DRAWN.match(text)):
        full, half, empty = map(len, match.groups())
        return _Figure(full + half / 2, full + half + empty if empty else None, stars=True)
    number = as_number(text) if text != value else None  # a keycap
    return None if number is None else _Figure(number)


def _plain_number(text: str) -> float:
    return float(text.replace(",", "."))


def _word(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = _CAMEL.sub(" ", _DECORATION.sub("", str(value))).casefold()
    return " ".join(text.strip(": ").replace("_", " ").replace("-", " ").split())

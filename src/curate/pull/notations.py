"""How the ratings and times of a sample are written: their scales, the order of their dates."""

from __future__ import annotations

import math
import shlex
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from curate.pull.paths import Getter, getter, present
from curate.pull.rating import Scale, as_number, guess_scale, is_blank, is_unrated, parse_scale
from curate.pull.times import DateOrder, first_ambiguous, guess_date_order, parse_time

_MAX_WORDS = 12
_FEW = 10


def one_scale(
    column: str, sample: Sequence[Mapping[str, Any]], before: str | None, notes: list[str]
) -> str | None:
    """Returns the scale of a column of ratings: as before, or the only one that its values fit."""
    values = [value for value in present(column, sample) if not is_unrated(value)]
    if before and None not in map(parse_scale(before).normalise, values):
        return before  # a few values would fit other scales too
    scale = guess_scale(values)
    if scale is None and (words := list(dict.fromkeys(map(str, values)))):
        notes.append(
            f"the scale of {column} is not clear from {', '.join(sorted(words)[:6])}: ratings are "
            "stored but count as unrated until you declare it, for example "
            f"{_example(values, words)}"
        )
    return scale.name if scale else None


def _example(values: Sequence[Any], words: Sequence[str]) -> str:
    """Returns an option that declares the scale of such ratings; it takes no word for the better.

    Args:
        values: that were seen.
        words: the same as texts, each once, in file order.
    """
    numbers = [number for number in map(as_number, values) if number is not None]
    if len(numbers) < len(values):
        steps = ",".join(f"{word.strip()}=N" for word in words[:_MAX_WORDS])
        more = " and so on" if len(words) > _MAX_WORDS else ""
        return (
            f"--scale {shlex.quote(steps)}{more}, where you put a number from 1 (worst) to 5 "
            "(best) for each N"
        )
    low, high = min(numbers), max(numbers)
    best = next((top for top in (5, 10, 100) if max(map(abs, numbers)) <= top), high)
    if low < 0:
        return f"--scale -{best:g}..{best:g}"
    worst = 1 if low >= 1 and best <= _FEW else 0
    # The highest that was seen may be the best there is.
    seen = {math.ceil(high)} if worst < high <= _FEW else set()
    tops = sorted({*seen, best})
    forth = " or ".join(f"{worst}-{top:g}" for top in tops)
    back = " or ".join(f"{top:g}-{worst}" for top in tops)
    return f"--scale {forth} (where {worst} is the best, {back})"


def rated(get: Getter, scale: Scale | None) -> Getter:
    """Returns a getter of ratings; `--`, `n/a` and the like are none, unless the scale has them."""

    def rating(document: Mapping[str, Any]) -> Any:
        value = get(document)
        if not isinstance(value, str) or not is_unrated(value):
            return value
        return value if scale and scale.normalise(value) is not None else None

    return rating


def dated(get: Getter, order: DateOrder) -> Getter:
    """Returns a getter of times whose parts stand in an order; what is no time stays as it is."""

    def time(document: Mapping[str, Any]) -> Any:
        value = get(document)
        moment = parse_time(value, order) if isinstance(value, str) else None
        return value if moment is None else moment

    return time


def guess_dates(
    column: str, sample: Sequence[Mapping[str, Any]], before: DateOrder | None, notes: list[str]
) -> DateOrder | None:
    """Returns which part of dates comes first, as the sample says, else as the last pull knew."""
    values = list(map(getter(column), sample))
    order = guess_date_order(values) or before
    if order is None and (date := first_ambiguous(values)):
        notes.append(
            f"{column} has dates such as {date}, which may begin with the day or the month: left "
            "empty until you say which. Next: --dates day-first, or --dates month-first"
        )
    return order


def score_scales(
    fields: Mapping[str, str],
    sample: Sequence[Mapping[str, Any]],
    declared: Mapping[str, str],
    before: Mapping[str, str],
    plain: str | None = None,
) -> dict[str, str]:
    """Returns the scale of each named score of a sample: declared, as before, or guessed.

    Args:
        fields: of the source.
        sample: of its rows.
        declared: name of a score -> the scale that the user declared.
        before: the same as the last pull knew it.
        plain: scale that the user declared for all scores, which leaves nothing to guess.
    """
    if plain is not None:
        return dict(declared)
    values: dict[str, list[Any]] = defaultdict(list)
    if {"name", "rating"} <= set(fields):
        name, rating = getter(fields["name"]), getter(fields["rating"])
        said = getter(fields["data_type"]) if "data_type" in fields else None
        for row in sample:
            if not is_blank(value := rating(row)):
                is_thumb = said is not None and str(said(row)).casefold().startswith("bool")
                values[str(name(row))].append(True if is_thumb else value)
    has_entries = "ratings" in fields and fields["ratings"] != fields.get("messages")
    for entries in present(fields["ratings"], sample) if has_entries else ():
        listed = entries if isinstance(entries, list) else []
        for entry in (e for e in listed if isinstance(e, Mapping)):
            if entry.get("kind", "rating") == "rating" and not entry.get("scale"):
                values[str(entry.get("name"))].append(entry.get("value"))
    scales = {**before, **declared}
    for score, known in values.items():
        if score not in scales and (scale := guess_scale(known)):
            scales[score] = scale.name
    return scales

"""What stands in the controls of an annotation, as Label Studio's result JSON has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curate.label.kinds import Parts
from curate.label.reading import whole


def by_name(result: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Returns the values of an annotation by the name of their control.

    Raises:
        KeyError: a part has no name or no value.
        ValueError: they are none.
    """
    results: dict[str, list[Mapping[str, Any]]] = {}
    for part in result:
        if part.get("type") == "relation":
            continue  # between two spans: no control was answered
        name, value = part["from_name"], part["value"]
        if not isinstance(name, str) or not isinstance(value, Mapping):
            raise ValueError(f"a part of it has no name or no value: {str(part)[:60]}")
        results.setdefault(name, []).append(value)
    return results


def better_of_two(parts: Parts, row: Mapping[str, Any]) -> str | None:
    """Returns this, other, tie or both_bad of a pair shown as A and B; None where nobody chose.

    Raises:
        ValueError: several things were chosen, or what there is not.
    """
    chosen = one_choice(parts, "preference")
    if chosen in (None, "tie", "both_bad"):
        return chosen
    if chosen not in ("A", "B"):
        raise ValueError(f"a preference of {chosen!r}")
    return "this" if (chosen == "A") != row["swapped"] else "other"


def one_choice(parts: Parts, name: str) -> str | None:
    """Returns what was chosen in a control, None where nothing was.

    Raises:
        ValueError: several things were.
    """
    chosen = choices_of(parts, name)
    if len(chosen) > 1:
        raise ValueError(f"{name} has {len(chosen)} choices")
    return chosen[0] if chosen else None


def choices_of(parts: Parts, name: str) -> list[str]:
    """Returns all that was chosen in a control.

    Raises:
        ValueError: it is no list of names.
    """
    return [c for value in parts.get(name, []) for c in texts_of(value["choices"])]


def texts_of(value: Any) -> list[str]:
    """Returns a list of texts, also of the one that stands alone.

    Raises:
        ValueError: it is none.
    """
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"no texts: {str(texts)[:60]}")
    return texts


def stars(value: object) -> int:
    """Returns a rating of 1 to 5.

    Raises:
        ValueError: it is none.
    """
    rating = whole(value)
    if not 1 <= rating <= 5:
        raise ValueError(f"a rating of {rating}")
    return rating

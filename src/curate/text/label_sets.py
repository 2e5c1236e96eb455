"""Several labels of one example as one text: a JSON list of names, sorted, each once.

So a set is compared, counted and settled as any other label; the view `examples` writes it in the
same way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

NONE = "[]"
"""No label fits: an answer, unlike a label that is missing."""


def text(names: Iterable[str]) -> str:
    """Returns the label that is the set of these names."""
    listed = sorted({name.strip() for name in names} - {""})
    return json.dumps(listed, ensure_ascii=False, separators=(",", ":"))


def names(label: str) -> tuple[str, ...]:
    """Returns the names in a label of a project with `multi_label`.

    Raises:
        ValueError: the label is no list of texts.
    """
    found = json.loads(label)
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise ValueError(f"{label} is no list of labels")
    return tuple(found)


def read(label: str) -> tuple[str, ...]:
    """Returns the names in a label of whatever project: a list's, or the label itself."""
    try:
        return names(label)
    except ValueError:
        return (label,)


def change(given: str | None, other: str | None) -> tuple[str, bool] | None:
    """Returns the one name by which two sets differ, and whether the other one has it.

    None where they differ by more, or are no sets.
    """
    try:
        mine, theirs = set(names(given or "")), set(names(other or ""))
    except ValueError:
        return None
    apart = mine ^ theirs
    return (name := apart.pop(), name in theirs) if len(apart) == 1 else None

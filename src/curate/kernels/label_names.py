"""Names of classes that hardly mean what they say: one class under two spellings, none, a list."""

from __future__ import annotations

from collections.abc import Mapping

from curate.text import label_sets
from curate.text.text import normalise

MISSING = frozenset(
    ("", "nan", "-nan", "none", "null", "nil", "n/a", "na", "<na>", "#n/a", "#na", "nat")
) | {"undefined"}
"""What programs write for a value that is missing. Source: pandas 3.0, na_values, and JavaScript's
own word; `NaT` is pandas' missing time."""


Names = dict[str, int]
"""Names of classes with their numbers of examples, in order."""


def odd_names(counts: Mapping[str, int]) -> dict[str, list[Names]]:
    """Returns what is odd about names of classes: code -> groups of them.

    The codes are `spellings` (groups of names that are the same text), `missing_words` and
    `listed_labels` (one group each). What is not odd is left out.

    Args:
        counts: class -> examples.
    """
    same: dict[str, Names] = {}
    for name in sorted(counts):
        same.setdefault(normalise(name), {})[name] = counts[name]
    missing = {
        name: n for key, names in same.items() if key in MISSING for name, n in names.items()
    }
    lists = {name: counts[name] for name in sorted(counts) if _is_list(name)}
    groups = [names for key, names in same.items() if len(names) > 1 and key not in MISSING]
    odd = {
        "spellings": groups,
        "missing_words": [missing] if missing else [],
        "listed_labels": [lists] if lists else [],
    }
    return {code: found for code, found in odd.items() if found}


def _is_list(name: str) -> bool:
    return name.startswith("[") and label_sets.read(name) != (name,)

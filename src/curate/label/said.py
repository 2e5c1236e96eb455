"""What annotators said, in words: for the curators who read it, and for who adjudicates."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from curate.text import label_sets

_PREFERRED = {"tie": "equally good", "both_bad": "both are bad"}


def plain(kind: str, value: str | None, row: Mapping[str, Any], *, texts: bool = True) -> str:
    """Returns what a decision says, such as `refund`, `4`, `drop` or `order: 88-1203`.

    Args:
        kind: of the decision, one of `kinds.DECISIONS`.
        value: of the decision.
        row: example_id, other_id, and the query that spans were marked in; None where it has
            changed since.
        texts: whether texts of the logs may be in it: what somebody wrote on the basis of one is
            told by its length, and a span by its place.
    """
    if value is None:
        return kind
    if kind == "relabel":
        return ", ".join(label_sets.read(value)) or "none of these"
    if kind == "prefer":
        sides = {row["example_id"]: "this", row["other_id"]: "other"}
        return sides.get(value) or _PREFERRED.get(value, value)
    if kind == "spans":
        return _spans(value, row["query"] if texts else None)
    if kind == "correct" and not texts:
        return f"{len(value):,} characters"
    return value


def _spans(value: str, query: str | None) -> str:
    marked = [
        f"{field}: {query[start:end]}" if query is not None else f"{field}: {start} to {end}"
        for start, end, field in json.loads(value)
    ]
    return "; ".join(marked) or "nothing"


def sentence(decisions: Sequence[tuple[str, str | None]], row: Mapping[str, Any]) -> str:
    """Returns what one annotator said of a task, as the page tells another one.

    Args:
        decisions: kind and value.
        row: as for `plain`, and swapped, as the page will show a pair.
    """
    kinds = {kind for kind, _ in decisions}
    marked = {"spans", "correct"} <= kinds  # the answer that they make says all of it
    return "; ".join(
        _told(kind, value, row, better=not marked)
        for kind, value in decisions
        if not (marked and kind == "spans")
    )


def _told(kind: str, value: str | None, row: Mapping[str, Any], *, better: bool) -> str:
    text = plain(kind, value, row)
    if kind == "rate":
        return f"{text} of 5 stars"
    if kind == "correct" and better:
        return f"a better answer: {text}"
    if kind == "prefer" and text in ("this", "other"):
        return f"{'A' if (text == 'this') != row['swapped'] else 'B'} is better"
    return text

"""Sentences about labels: why one is suspected, why an example is an edge case, why none is judged.

They are part of what `--json` says and of what is stored, so they are made here, from the codes and
numbers of the kernels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curate.kernels.label_model import FEWEST, Problem
from curate.text import label_sets
from curate.text.wording import percent, shortened


def note(problem: Problem | None) -> str:
    """Returns why no label can be judged; empty where labels can."""
    if problem is None:
        return ""
    return {
        "one_class": f'one class, "{problem.label}": nothing to compare',
        "too_few_inputs": f"no label has {FEWEST} different train inputs: nothing to compare",
        "no_classes": f"{problem.labels:,} labels on {problem.inputs:,} inputs do not look like "
        "classes",
        "only_copies": f"no label has {FEWEST} train inputs beside copies: nothing to compare",
        "no_contrast": f"no label has {FEWEST} train inputs beside copies, and {FEWEST} without "
        "it: nothing to compare",
    }[problem.code]


def edge_case(kind: str, fits: Sequence[tuple[str, float]]) -> str:
    """Returns why an example is an edge case."""
    if kind == "out_of_scope":
        ((label, cosine),) = fits
        return f'unlike all labels; nearest is "{label}" ({cosine:.2f})'
    return "it is " + " or ".join(f'"{label}" ({percent(chance)})' for label, chance in fits)


_CONTESTED = {
    "annotators": "contested: annotators disagree about it",
    "raters": "contested: raters disagree about it",
    "copies": "contested: its text has other labels, too",
}


def reason(row: dict[str, Any]) -> str:
    """Returns in one sentence what speaks against a label.

    Args:
        row: a suspicion as it is stored, with its nearest examples as objects with label and text.
    """
    rated = f"a human rated it {row['rating']:g} of 5" if row["rating"] is not None else ""
    if row["contested"]:
        rated = "; ".join(part for part in (rated, _CONTESTED[row["contested"]]) if part)
    if row["suggested"] is None:
        return rated
    if change := label_sets.change(row["given"], row["suggested"]):
        return "; ".join(part for part in (_of_a_set(row, *change), rated) if part)
    votes = sum(example.label == row["suggested"] for example in row["nearest"])
    fits = f'the label "{row["given"]}" fits at {percent(row["given_probability"])}'
    phrase = f'"{row["suggested"]}" fits at {percent(row["probability"])}'
    if votes:
        phrase = f'{votes} of the {len(row["nearest"])} nearest examples are "{row["suggested"]}"'
    if row["like_suggested"]:
        text = shortened(row["like_suggested"][0].text)
        phrase += f' (nearest{"" if votes else " one"}: "{text}" {row["similarity"]:.2f})'
    return "; ".join(part for part in (phrase, fits, rated) if part)


def _of_a_set(row: Mapping[str, Any], name: str, missing: bool) -> str:
    """Returns why a name is likely missing, or does not fit."""
    near = [example.label for example in row["nearest"]]
    have = sum(label is not None and name in label_sets.names(label) for label in near)
    sentence = f'"{name}" {"is likely missing" if missing else "does not fit"}'
    fits = row["probability"] if missing else row["given_probability"]
    verb = "has" if have == 1 else "have"
    return (
        f"{sentence}: {have or 'none'} of the {len(near)} nearest examples {verb} it; "
        f"it fits at {percent(fits)}"
    )

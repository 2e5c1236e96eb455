"""Which examples detectors flag, and which clusters are thin."""

from __future__ import annotations

from collections.abc import Sequence

from curate.store import sql
from curate.verdicts import Today


def flag(today: Today, kind: str, doubted: Sequence[str] = ()) -> None:
    """Creates the temporary table `flags`: what each detector says under today's verdicts.

    Args:
        today: today's verdicts.
        kind: of work.
        doubted: answered examples that want another rater, see `agreement.doubted`.
    """
    today.add(
        "flags",
        sql("label/queue_flags"),
        {
            "kind": kind,
            "doubted": list(doubted),
            "near": today.dedupe.near,
            "semantic": today.dedupe.semantic,
            "thin_train": THIN_EXAMPLES,
            "thin_share": THIN_SHARE,
        },
    )


THIN_EXAMPLES = 10
"""Fewer train examples than this teach little about a label or cluster that production asks for."""


THIN_SHARE = 0.005
"""Share of production from which on a label or cluster is asked for."""

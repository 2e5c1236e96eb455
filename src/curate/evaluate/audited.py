"""What people said of the held-out labels, and what that says of those that nobody judged."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np

from curate.evaluate.heldout import HeldOut
from curate.kernels.audit_weights import audit_weights
from curate.kernels.clustered_mean import LEAST_AUDITED
from curate.store import sql

LEFT = 0.1
"""Share of held-out labels that may be unjudged where labels are taken as they are."""


_NO_AUDIT = "no held-out label was audited: wrong ones are not corrected for"
_NO_LABELS = "what is judged is no label, so no audit of labels corrects it"


class HeldOutAudit:
    """What people said of the held-out labels.

    Attributes:
        before: example -> the label that stood before people judged it, where one did.
        true: the same examples -> the label that people gave.
        weights: the same examples -> how much they say of those that nobody judged.
        known: examples that had no label before people gave one; where nearly all were judged, or
            too few at random, all that were.
        note: why nothing is corrected, where nothing is.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, heldout: Sequence[HeldOut]) -> None:
        self.before: dict[str, str] = {}
        self.true: dict[str, str] = {}
        self.weights: dict[str, float] = {}
        self.count, self.note = 0, _NO_LABELS if heldout[0].label is None else _NO_AUDIT
        ids = [one.example_id for one in heldout if one.label is not None]
        rows = con.execute(sql("evaluate/audited"), {"ids": ids}).fetchall()
        self.known = {name for name, *_ in rows}
        judged = {name: row for name, *row in rows if row[0] is not None}
        drawn = sum(row[-1] for row in judged.values())
        if not drawn:
            return
        if len(ids) - len(rows) <= LEFT * len(ids):
            self.note = f"people judged {len(rows):,} of {len(ids):,} held-out labels"
            return
        if drawn < LEAST_AUDITED:
            self.note = (
                f"{drawn} held-out labels were audited: wrong ones are corrected for from "
                f"{LEAST_AUDITED} on"
            )
            return
        self.count, self.note = drawn, ""
        self.known -= judged.keys()
        drawable = [name for name in ids if name not in self.known]
        rounds = [judged[name][2] if name in judged else -1 for name in drawable]
        at_random = [name in judged and judged[name][3] for name in drawable]
        weights = audit_weights(np.array(rounds, np.int64), np.array(at_random, bool))
        self.weights = dict(zip(drawable, weights.tolist(), strict=True))
        self.before = {name: before for name, (before, *_) in judged.items()}
        self.true = {name: label for name, (_, label, *_) in judged.items()}

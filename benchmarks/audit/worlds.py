"""Worlds whose truth is known: errors, a detector that flags some of them, audits and reviews."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curate.kernels.error_rate import ErrorRate, Judged, Side, error_rate


@dataclass(frozen=True)
class Setting:
    """A world: how many errors there are, what a detector makes of them, who is asked when.

    Attributes:
        caught: share of the wrong examples that are flagged; false: of the right ones.
        rounds: of queue, answers and sync; each with so many drawn and so many flagged.
        late: the detector speaks from the second round on only.
    """

    rows: int
    wrong: float
    caught: float
    false: float
    rounds: int
    audit: int
    flagged: int
    late: bool = False


SETTINGS = {
    "common": Setting(1500, 0.1, 0.6, 0.05, 1, 80, 60),
    "rare": Setting(1500, 0.01, 0.5, 0.02, 1, 60, 30),
    "hardly any": Setting(1500, 0.002, 0.5, 0.02, 1, 60, 30),
    "none": Setting(1500, 0.0, 0.5, 0.02, 1, 60, 30),
    "all caught": Setting(1500, 0.1, 1.0, 0.0, 2, 40, 200),
    "most caught": Setting(1500, 0.1, 0.95, 0.02, 1, 80, 400),
    "half way": Setting(1500, 0.1, 0.95, 0.05, 1, 80, 70),
    "detector of little use": Setting(1500, 0.2, 0.3, 0.3, 2, 40, 100),
    "many small rounds": Setting(1500, 0.1, 0.8, 0.05, 5, 20, 40),
    "detector comes later": Setting(1500, 0.1, 0.9, 0.03, 2, 60, 150, late=True),
    "small side": Setting(120, 0.1, 0.8, 0.05, 1, 12, 10),
    "large": Setting(20_000, 0.05, 0.8, 0.03, 3, 100, 400),
}


@dataclass(frozen=True)
class World:
    """One side after all rounds, with the error rate that is truly left."""

    side: Side
    truth: float

    @property
    def estimate(self) -> ErrorRate:
        """Returns what the audits say."""
        found = error_rate(self.side)
        assert found
        return found


def simulated(setting: Setting, seed: int) -> World:
    """Returns the world of a setting and a seed."""
    rng = np.random.default_rng(seed)
    rows = np.arange(setting.rows)
    wrong = rng.random(setting.rows) < setting.wrong
    flags = rng.random(setting.rows) < np.where(wrong, setting.caught, setting.false)
    # Wrong ones tend to come first.
    score = rng.beta(2, np.where(wrong, 5, 2))
    lots = rng.permutation(setting.rows)
    open_, judged = np.ones(setting.rows, bool), list[Judged]()
    for run in range(1, setting.rounds + 1):
        seen = flags & (run > 1 or not setting.late)
        audit = lots[open_[lots]][: setting.audit]
        rest = np.setdiff1d(rows[open_ & seen], audit)
        queue = rest[np.argsort(score[rest])][: setting.flagged]
        for asked, at_random in ((audit, True), (queue, False)):
            judged += [Judged(run, at_random, bool(seen[n]), bool(wrong[n])) for n in asked]
            open_[asked] = False
    left = {flag: int((open_ & (flags == flag)).sum()) for flag in (True, False)}
    since = 2 if setting.late else 0
    side = Side("train", judged, left, setting.rows, since)
    return World(side, float((wrong & open_).mean()))

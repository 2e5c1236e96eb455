"""`curate dedupe`: exact duplicates, contradictions, near-duplicate inputs of the leak check.

Two examples are exact duplicates when their messages (system messages aside) and answers are equal
after the normalisation of `curate.text`. Which member of a group survives is a verdict and chosen
last; this stage computes the evidence and says what it means today.
"""

from __future__ import annotations

from dataclasses import dataclass

from curate import inputs, verdicts
from curate.errors import ConfigError, unknown_name
from curate.split import SplitSettings, strictest
from curate.store import Store, sql

EXACT = ("example", "input", "off")


@dataclass(frozen=True)
class DedupeResult:
    """What the stage found, in counts."""

    examples: int
    inputs: int
    exact_groups: int
    exact_dropped: int
    near_input_pairs: int
    contradictory_labels: int
    contradictory_ratings: int


def dedupe(store: Store, *, exact: str = "example") -> DedupeResult:
    """Brings the evidence up to date and returns what it means under today's verdicts.

    Args:
        store: the project's store.
        exact: what is compared: `example` (messages and answer), `input`, or `off`.

    Raises:
        ConfigError: `exact` is none of these.
    """
    if exact not in EXACT:
        raise ConfigError(unknown_name("kind of exact duplicate", exact, EXACT))
    with store.run("dedupe", {"exact": exact}) as run:
        inputs.refresh(store, run)
        with store.write() as con:
            run.changed |= store.set_setting(con, "dedupe", {"exact": exact})
            wanted = strictest(store, con, SplitSettings(**store.setting(con, "split")))
        pairs = inputs.refresh_pairs(store, run, threshold=wanted.leak_threshold)
        with store.read() as con:
            verdicts.prepare(store, con, wanted)
            row = con.execute(sql("dedupe_counts")).fetchall()[0]
        result = DedupeResult(row[0], row[1], row[2], row[3], pairs, row[4], row[5])
        run.counts = {"exact_dropped": result.exact_dropped, "near_input_pairs": pairs}
    return result

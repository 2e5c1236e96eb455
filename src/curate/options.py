"""What stages are asked for, and the defaults: each number stands here, and nowhere else.

These import nothing heavy, so that the command line reads its defaults here. What an export or a
pull is asked for stands in `export/options.py` and `pull/options.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from curate.errors import ConfigError, unknown_name

OFF = 2.0
"""A threshold that nothing reaches."""


SEMANTIC_THRESHOLDS = {"minilm": 0.9, "use-multilingual": 0.8, "e5-small": 0.96}
"""Cosine from which on inputs count as semantic duplicates where nobody chose one, per encoder.

Source: benchmarks/minimal_pairs, the half that is for choosing: with what keeps pairs apart, a
lower threshold links more rewordings and hardly more pairs of another meaning. How many labelled
pairs are copies from there on: benchmarks/encoders.
"""


GROUPS = ("none", "user")
SPLITS = ("random", "time")

AUTO = "auto"
"""Of a threshold: the encoder's own default. Of an encoder: the one that reads the inputs."""


REPORT = "report"
"""Of semantic duplicates: pairs from the encoder's own threshold on are shown, nothing is out."""

BY_TASK = "by-task"
"""Of semantic duplicates: `report` where the task is classification, else `auto`."""


@dataclass(frozen=True)
class SplitSettings:
    """How new units are split, and what counts as a leak across the split.

    Attributes:
        test_size: share of the examples of new units that is held out.
        leak_threshold: Jaccard similarity of inputs from which on two examples leak.
        seed: of the draw.
        group: `user`: calls of one user leak one another, where they have no group of their own.
        split: which new units are held out: some of all kinds (`random`), or the newest (`time`).
    """

    test_size: float = 0.1
    leak_threshold: float = 0.8
    seed: int = 0
    group: str = "none"
    split: str = "random"

    def __post_init__(self) -> None:
        for name, known in (("group", GROUPS), ("split", SPLITS)):
            if getattr(self, name) not in known:
                raise ConfigError(
                    f"{name} {getattr(self, name)!r}: expected {' or '.join(known)}",
                    option=name,
                    section="export",
                )
        if not is_number(self.test_size) or not 0 <= self.test_size < 1:
            raise ConfigError(
                f"test size {self.test_size}: expected a share, 0 <= share < 1",
                option="test_size",
                section="export",
            )
        if not is_number(self.leak_threshold) or not 0.1 <= self.leak_threshold <= 1:
            raise ConfigError(
                f"leak threshold {self.leak_threshold}: expected 0.1 to 1",
                option="leak_threshold",
                section="export",
            )

    def as_dict(self) -> dict[str, Any]:
        """Returns the settings in the form that is stored."""
        return {
            "test_size": self.test_size,
            "leak_threshold": self.leak_threshold,
            "seed": self.seed,
            "group": self.group,
            "split": self.split,
        }


def is_number(value: object) -> bool:
    """Returns whether a value is a number; curate.toml may hold anything."""
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True)
class DedupeSettings:
    """What makes a duplicate; a threshold of `OFF` switches a kind off.

    Attributes:
        exact: what is compared: `example` (messages and answer), `input`, or `off`.
        near: Jaccard similarity of the token 3-grams of inputs.
        semantic: cosine of the vectors of inputs.
        semantic_removes: whether one of two is out for it, or both stay and the pair is reported.
    """

    exact: str = "example"
    near: float = 0.8
    semantic: float = OFF
    semantic_removes: bool = True

    @property
    def semantic_removal(self) -> float:
        """Returns the cosine from which on one of two is out."""
        return self.semantic if self.semantic_removes else OFF

    def as_dict(self) -> dict[str, Any]:
        """Returns the settings in the form that is stored."""
        return {
            "exact": self.exact,
            "near": self.near,
            "semantic": self.semantic,
            "semantic_removes": self.semantic_removes,
        }


@dataclass(frozen=True)
class EmbedSettings:
    """Which encoder computes vectors, see `curate.embed.encoders`."""

    encoder: str = AUTO


@dataclass(frozen=True)
class QueueSettings:
    """What a queue is made of; see `curate.queue.queue`."""

    kind: str | None = None
    budget: int = 200
    audit: int | None = None
    seed: int = 0
    name: str = ""
    gold: int = 0


@dataclass(frozen=True)
class PairsSettings:
    """What makes a preference pair: ratings closer than one step of five are no preference."""

    min_margin: float = 0.25


@dataclass(frozen=True)
class CurveSettings:
    """How often the part that judges is drawn for a learning curve, and the draws' seed."""

    repeats: int = 5
    seed: int = 0


@dataclass(frozen=True)
class SignalsSettings:
    """How many of each signal are shown."""

    top: int = 3


GOOD_VERDICTS = ("beats", "as_good_and_cheaper")
"""What an evaluation says of a model that may take the place of another one."""


LOGGED_BY = ("model", "source")
"""What logged answers may be told apart by."""


@dataclass(frozen=True)
class EvaluateSettings:
    """What an evaluation is asked for.

    Attributes:
        baselines: against which to judge; empty: against all there are.
        metric: that verdicts go by; None for the usual one of these answers.
        margin: a fraction, by which a better model has to be better.
        trained_on: candidate -> NAME@V that it was trained on.
        by: what the logged answers are told apart by; None: they are no candidates.
        seed: of draws and resamples.
        general: a file of general prompts with right answers, which shows what was forgotten; the
            files of answers hold what models say to these, too.
        review: held-out examples that people compare the answers to, of each two models.
    """

    baselines: tuple[str, ...] = ()
    metric: str | None = None
    margin: float = 0.02
    trained_on: Mapping[str, str] = field(default_factory=dict)
    by: str | None = None
    seed: int = 0
    general: str | None = None
    review: int = 0

    def __post_init__(self) -> None:
        if self.by not in (None, *LOGGED_BY):
            raise ConfigError(unknown_name("column", str(self.by), LOGGED_BY), option="by")


SIDES = ("train", "test", "pending", "out")
PAGE_EXAMPLES = 20


@dataclass(frozen=True)
class Conditions:
    """What examples have to meet, all of it; None is met by all.

    Attributes:
        words: all of them stand in the question or the answer, whatever their case and accents.
        label: today's.
        cluster: its number, or a part of its name.
        side: where it is today: train, test, pending (held out, waits for a good answer) or out.
        reason: the first why it is out.
        rating: the human one, 1 to 5: `4`, `1..2`, `4..`, `..2`, or `none`.
        source_id: the id that its source gave it.
        model: that answered.
        where: SQL over the columns of `candidates`, as of `curate filter`.
    """

    words: tuple[str, ...] = ()
    label: str | None = None
    cluster: str | None = None
    side: str | None = None
    reason: str | None = None
    rating: str | None = None
    source_id: str | None = None
    model: str | None = None
    where: str | None = None

    def __post_init__(self) -> None:
        if self.side is not None and self.side not in SIDES:
            raise ConfigError(unknown_name("side", self.side, SIDES), option="side")

    def met(self) -> dict[str, Any]:
        """Returns the conditions that there are, by name."""
        return {name: value for name, value in asdict(self).items() if value not in (None, ())}

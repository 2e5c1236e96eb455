"""What an export is asked for, and what it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from curate.errors import ConfigError
from curate.options import SplitSettings, is_number
from curate.text.notebook import Shown

if TYPE_CHECKING:
    from curate.check.unseen import Unseen
    from curate.kernels.error_rate import ErrorRate


@dataclass(frozen=True)
class ExportSettings:
    """What a version is made of, apart from the store's content.

    Attributes:
        lossy: leave out what the formats, or the rules of the target, refuse.
        max_error: how wrong train and test may be at most; the upper end of the 95% interval
            has to stay within it. None: whatever it is.
        against: evaluation sets whose prompts must not be in train.
        mix: general data for train, each as `FILE:SHARE`; `mix_by` rows or tokens.
        target: whose rules the lines have to keep, where not those of their format.
        tokenizer: what counts tokens, as `check.tokens.counter` takes it.
        max_length: tokens that a row may have, by the trainer's settings.
        fresh: write only where every stage is up to date.
        val_size: share of the train units whose lines go into `validation.jsonl` instead; in the
            ledger they stay train. None: as the last export of the dataset had it, at first 0.
        reasoning: keep what the model thought, in `reasoning_content` of messages.
    """

    formats: tuple[str, ...] = ()
    split: SplitSettings = field(default_factory=SplitSettings)
    limit: int | None = None
    min_train: int = 1
    min_test: int = 1
    lossy: bool = False
    max_error: float | None = None
    against: tuple[str, ...] = ()
    mix: tuple[str, ...] = ()
    mix_by: Literal["rows", "tokens"] = "rows"
    target: str | None = None
    tokenizer: str | None = None
    max_length: int | None = None
    fresh: bool = False
    reasoning: bool = False
    val_size: float | None = None

    def __post_init__(self) -> None:
        share = 0 if self.val_size is None else self.val_size
        if not is_number(share) or not 0 <= share < 1:
            raise ConfigError(
                f"validation size {self.val_size}: expected a share of train, 0 <= share < 1",
                option="val_size",
                section="export",
            )

    def as_dict(self) -> dict[str, Any]:
        """Returns the settings in the form that is stored."""
        return {
            **self.split.as_dict(),
            "formats": list(self.formats),
            "limit": self.limit,
            "against": list(self.against),
            "mix": list(self.mix),
            "reasoning": self.reasoning,
            "val_size": self.val_size,
        }


@dataclass(frozen=True)
class ExportResult(Shown):
    """What an export wrote, or would write.

    Attributes:
        content_id: names the bytes of the version; None of a dry run, which writes no line.
        test_id: names the held-out examples; likewise.
        train: lines of the train file; `mixed` says how many of them are general data.
        validation: lines of the validation file.
        inexpressible: items left out since a format or the rules of its target refuse them.
        hidden: kind of personal data -> places that have a placeholder.
        warnings: rule -> lines that a trainer would take but should not.
        in_evaluations: side -> examples that the evaluation sets have; those of train are out.
        evaluations: files of evaluation sets, with the rows that have no prompt.
        pair_reasons: why pairs are out, and how many.
        stale: stages of `curate run` that were not up to date.
        unseen: what the leak check cannot see.
    """

    name: str
    version: int
    created: bool
    folder: Path
    content_id: str | None
    test_id: str | None
    train: int
    test: int
    pending: int
    funnel: tuple[tuple[str, int], ...]
    files: tuple[dict[str, Any], ...]
    split: dict[str, Any]
    inexpressible: int
    error_rates: tuple[ErrorRate, ...]
    hidden: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    mixed: tuple[dict[str, Any], ...] = ()
    evaluations: tuple[dict[str, Any], ...] = ()
    in_evaluations: dict[str, int] = field(default_factory=dict)
    pair_reasons: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    validation: int = 0
    unseen: tuple[Unseen, ...] = ()

"""Which preset reads a source: the one that was named, or the only one that fits its documents."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from curate.errors import ConfigError, SourceError
from curate.pull.fields import Kind
from curate.pull.pages import unfolded
from curate.sources.presets import LeftOut, Preset, named, presets

log = logging.getLogger(__name__)

NO_PRESET = "none"
# What a pull may turn to by itself: calls may lie in a table of turns, and nothing else.
_ALSO: dict[Kind, tuple[Kind, ...]] = {
    "interactions": ("interactions", "turns"),
    "turns": ("turns",),
    "feedback": ("feedback",),
}


def choose(
    documents: Sequence[Mapping[str, Any]], kind: Kind, declared: str | None
) -> Preset | None:
    """Returns the preset that takes the documents of a sample apart, None where none does.

    Raises:
        ConfigError: no preset has the declared name, or it reads nothing of this kind.
        SourceError: which preset it is cannot be said: two fit, or one fits a part of the sample.
    """
    if declared == NO_PRESET:
        return None
    sample = [item for document in documents for item in unfolded(document)]
    if declared:
        return _of_kind(declared, kind, sample)
    fitting = {id(p): sum(1 for d in sample if _fits(p, d)) for p in presets()}
    usable = [p for p in presets() if p.kind in _ALSO[kind]]
    whole = [p for p in usable if sample and fitting[id(p)] == len(sample)]
    if len(whole) == 1:
        return whole[0]
    if whole:
        names = " and ".join(p.name for p in whole)
        raise SourceError(
            f"the presets {names} both fit these documents. Nothing was stored. Next: --preset "
            f"{whole[0].name}, or --preset none to read the columns by their names"
        )
    part = [p for p in usable if fitting[id(p)]]
    if part:
        best = max(part, key=lambda p: fitting[id(p)])
        raise SourceError(
            f"{fitting[id(best)]:,} of {len(sample):,} documents look like {best.what}, and the "
            f"others do not. Nothing was stored. Next: --preset {best.name} to refuse the others, "
            "--preset none to read the columns by their names, or pull the files apart"
        )
    other = [p for p in presets() if sample and fitting[id(p)] == len(sample)]
    if other:
        raise SourceError(_wrong_kind(other[0], kind))
    return None


def choose_for_table(
    rows: Sequence[Mapping[str, Any]], kind: Kind, declared: str | None
) -> Preset | None:
    """Returns the preset that takes the rows of a database's table apart, None where none does.

    A table is read as one kind from the beginning, so nothing turns to another by itself.

    Raises:
        ConfigError: no preset has the declared name, or it reads nothing of this kind.
        SourceError: which preset it is cannot be said, or it reads another kind.
    """
    preset = choose(rows, kind, declared)
    if preset is not None and preset.kind != kind:
        raise SourceError(_wrong_kind(preset, kind))
    return preset


def _of_kind(name: str, kind: Kind, sample: Sequence[Mapping[str, Any]]) -> Preset:
    """Returns the preset of a name that reads this kind, of several the one that fits most."""
    usable = [preset for preset in named(name) if preset.kind in _ALSO[kind]]
    if usable:
        return max(usable, key=lambda preset: sum(_fits(preset, d) for d in sample))
    reads = " or ".join(_WORDS[preset.kind] for preset in named(name))
    raise ConfigError(f"--preset {name} reads {reads}, not {_WORDS[kind]}")


_WORDS: dict[Kind, str] = {
    "interactions": "calls",
    "turns": "turns (--turns)",
    "feedback": "feedback (--as feedback)",
}


def _wrong_kind(preset: Preset, kind: Kind) -> str:
    option = {"feedback": "--as feedback", "turns": "--turns"}.get(
        preset.kind, "no --as or --turns"
    )
    return (
        f"these documents are {preset.what}: {_WORDS[preset.kind]}, not {_WORDS[kind]}. Nothing "
        f"was stored. Next: the same command with {option}, or with --preset none"
    )


def rows_of(
    documents: Iterable[Mapping[str, Any]], preset: Preset | None
) -> Iterator[Mapping[str, Any]]:
    """Yields the rows of documents, as a preset takes them apart; what does not fit gives none."""
    for document in documents:
        for item in unfolded(document):
            if preset is None:
                yield item
            elif _fits(preset, item):
                yield from _rows(preset, item)


def _fits(preset: Preset, document: Mapping[str, Any]) -> bool:
    """Returns whether a document is one of a preset; one on which it raises is none."""
    try:
        return preset.fits(document)
    except Exception:  # whatever a document holds, the others are read
        log.debug("%s", preset.name, exc_info=True)
        return False


def _rows(preset: Preset, document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Returns the rows of a document; one on which a preset raises is refused when it is read."""
    try:
        return [part for part in preset.rows(document) if not isinstance(part, LeftOut)]
    except Exception:
        log.debug("%s", preset.name, exc_info=True)
        return []

"""Presets: one file a platform, each a named reading of the documents that it writes.

A preset knows its documents by a fingerprint, takes each apart into the calls (or turns, or pieces
of feedback) that it holds, and says which column of these is which field. To add one, add a file
here with `PRESETS`, or name such a module under the entry points `curate_presets`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from curate.errors import ConfigError, unknown_name

Fields = Mapping[str, Any]
"""A document, or a row of it: its keys and values."""


@dataclass(frozen=True)
class LeftOut:
    """A part of a document that is no call: what it is, such as `SPAN`, to be counted."""

    what: str


Part = Fields | LeftOut


def whole(document: Fields) -> Iterable[Part]:
    """Yields a document as the one row that it is."""
    yield document


@dataclass(frozen=True)
class Preset:
    """How the documents of one platform are read.

    Args:
        name: what `--preset` calls it.
        version: raised with each change of what a document becomes.
        what: the documents that it reads, in a line.
        source: where their shape is described.
        date: when that was looked at, `2026-11-29`.
        fits: the fingerprint: whether a document is one of them. It must be true of no document of
            another platform.
        fields: which column or path of a row is which field of `pull`. An empty one says that there
            is none, and that none is to be guessed.
        rows: takes a document apart. A row holds the columns that `fields` names; what else is in
            it is kept as metadata, and what names a user in there is hashed.
        kind: what a row is.
        scale: of the field `rating`, as `--scale` takes it.
        roles: of turns: word in the role column -> role.
        halves: whether a call's question and its answer may lie in different documents.
        roots: whether a row with a true `is_root` is no call beside other rows of its trace.
    """

    name: str
    version: int
    what: str
    source: str
    date: str
    fits: Callable[[Fields], bool]
    fields: Mapping[str, str]
    rows: Callable[[Fields], Iterable[Part]] = whole
    kind: Literal["interactions", "turns", "feedback"] = "interactions"
    scale: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    halves: bool = False
    roots: bool = False


@cache
def presets() -> Sequence[Preset]:
    """Returns all presets, by name."""
    from importlib.metadata import entry_points

    modules = [
        importlib.import_module(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
        if not module.name.startswith("_")
    ]
    modules += [entry.load() for entry in entry_points(group="curate_presets")]
    return sorted(
        (preset for module in modules for preset in module.PRESETS),
        key=lambda preset: (preset.name, preset.kind),
    )


def named(name: str) -> list[Preset]:
    """Returns the presets of a name: one for each kind that it reads.

    Raises:
        ConfigError: there is none of this name.
    """
    chosen = [preset for preset in presets() if preset.name == name]
    if not chosen:
        names = dict.fromkeys(preset.name for preset in presets())
        raise ConfigError(f"--preset: {unknown_name('preset', name, names)}")
    return chosen

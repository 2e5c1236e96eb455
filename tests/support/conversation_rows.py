"""What presets make of documents, for their tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.sources.presets import LeftOut, Preset, named


def preset(name: str, kind: str = "interactions") -> Preset:
    """Returns the preset of a name that reads a kind of rows."""
    return next(each for each in named(name) if each.kind == kind)


def rows(name: str, document: Mapping[str, Any], kind: str = "interactions") -> list[Any]:
    """Returns the rows of a document that the preset fits, and what it leaves out as text."""
    chosen = preset(name, kind)
    assert chosen.fits(document)
    return [
        part.what if isinstance(part, LeftOut) else dict(part) for part in chosen.rows(document)
    ]


def talk(*texts: str) -> list[dict[str, Any]]:
    """Returns messages in turn by the user and the assistant."""
    roles = ("user", "assistant")
    return [{"role": roles[i % 2], "content": text} for i, text in enumerate(texts)]

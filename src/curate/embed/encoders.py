"""Encoders: what turns texts into vectors, and which one a project takes.

An encoder is a packaged one (`kinds/`), a folder with a sentence-transformers model, or a revision
of a model on the hub. `auto` stands for the packaged one that reads the project's inputs.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from curate.embed import sentence_models
from curate.embed.encoder import Encoder
from curate.embed.kinds import kind_of, kinds
from curate.embed.languages import NEARLY, survey
from curate.errors import MissingExtra

ENGLISH = "minilm"
"""The encoder that `auto` takes for English."""


HOW_TO_INSTALL = "pip install 'curate-workbench[ml]' (in a checkout: pip install -e '.[ml]')"


@dataclass(frozen=True)
class EncoderChoice:
    """What `auto` stands for in a project.

    Attributes:
        encoder: name of the chosen encoder.
        languages: inputs by language or script, the most frequent first.
    """

    encoder: str
    languages: dict[str, int]


def available() -> bool:
    """Returns whether this environment can encode."""
    return importlib.util.find_spec("sentence_transformers") is not None


def next_step() -> str:
    """Returns what to type for vectors: install what makes them, or make them."""
    return "curate embed" if available() else HOW_TO_INSTALL


def load(name: str, *, threads: int | None = None) -> Encoder:
    """Returns an encoder by name: a packaged one, a folder with a model, or `owner/name@revision`.

    Raises:
        MissingExtra: what makes its vectors is not installed.
        StoreError: a file of a packaged encoder is not the known one.
        ConfigError: there is no such model in the folder, the cache or on the hub.
        RemoteUnavailable: the hub does not answer and the cache has no copy.
    """
    kind = kind_of(name)
    if kind and not kind.installed:
        raise MissingExtra(f"the encoder {name} is not installed. Next: {kind.install}")
    if kind:
        return kind.load(threads)
    if not available():
        raise MissingExtra(f"embeddings need sentence-transformers. Next: {HOW_TO_INSTALL}")
    return sentence_models.load(name, sentence_models.folder_of(name), threads)


def choose(texts: Iterable[str]) -> EncoderChoice:
    """Returns the encoder for some inputs: the fastest one here that reads nearly all of them.

    Where none does, it is the one that reads the most; where none is installed, the one that would
    have been taken, whose loading says what to install.
    """
    counts = survey(texts)
    here = [kind for kind in kinds() if kind.installed] or kinds()
    able = [kind for kind in here if kind.share(counts) >= NEARLY]
    best = able[0] if able else max(here, key=lambda kind: (kind.share(counts), -kind.order))
    return EncoderChoice(best.name, counts)


def unread(name: str, counts: Mapping[str, int]) -> dict[str, int]:
    """Returns which languages of some texts an encoder was not made for, with their numbers.

    What a folder or the hub's models read is not known: whoever names one knows.
    """
    kind = kind_of(name)
    return kind.unread(counts) if kind else {}


def remedy(languages: Mapping[str, int]) -> str:
    """Returns what to type to read texts in these languages, by a packaged encoder or another."""
    for kind in kinds():
        if not kind.unread(languages):
            command = f"curate embed --encoder {kind.name} --rebuild"
            return command if kind.installed else f"{kind.install}, then {command}"
    return "curate embed --encoder NAME --rebuild, with a model that does"

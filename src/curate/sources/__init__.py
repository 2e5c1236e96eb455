"""Readers: one file a format, each a function from a path to its documents.

A reader yields `Document` for each JSON object, row or record and `Reject` for each one it cannot
read; it raises `SourceError` where the file as a whole cannot be read. To add a format, add a file
here with one function under `@source("name", suffixes)`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from curate.errors import ConfigError, unknown_name
from curate.progress import Progress

MAX_DOCUMENT = 16 * 1024 * 1024
"""Bytes of a document, by default."""


@dataclass(frozen=True)
class Document:
    """One document of a file: its line (or row, from 1) and its fields."""

    line: int
    fields: dict[str, Any]


@dataclass(frozen=True)
class Reject:
    """A document that cannot be read: its line (or row, from 1), a short reason and a detail."""

    line: int
    reason: str
    detail: str


class Remote(Protocol):
    """A file that is elsewhere until it is fetched."""

    @property
    def shown(self) -> str:
        """Returns what the store calls it."""

    @property
    def name(self) -> str:
        """Returns its name, which says its format."""

    @property
    def mark(self) -> str | None:
        """Returns what is another one once its content is; None where nobody says."""

    def fetch(self, path: Path, progress: Progress) -> None:
        """Writes the file's bytes to a local path."""


@dataclass(frozen=True)
class Location:
    """A file to read, and how: which table of a database, which encoding of a text.

    Of a `remote` file, the path says its name only, until it is fetched; a reader sees a local one.

    Attributes:
        max_document: bytes that one document may have; a greater one is a reject, `too-large`.
        joined: the files that a query is over, where this one stands for several.
    """

    path: Path
    table: str | None = None
    query: str | None = None
    remote: Remote | None = None
    encoding: str | None = None
    max_document: int = MAX_DOCUMENT
    joined: tuple[Location, ...] = ()


Reader = Callable[[Location], Iterator[Document | Reject]]

_readers: dict[str, Reader] = {}
_suffixes: dict[str, str] = {}


def source(name: str, *suffixes: str) -> Callable[[Reader], Reader]:
    """Registers a reader for a format name and the file suffixes it reads."""

    def register(reader: Reader) -> Reader:
        if name in _readers:
            raise ValueError(f"two sources are called {name!r}")
        _readers[name] = reader
        _suffixes.update(dict.fromkeys(suffixes, name))
        return reader

    return register


def _load_all() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def reader(name: str) -> Reader:
    """Returns the reader of a format.

    Raises:
        ConfigError: no reader has this name.
    """
    _load_all()
    if name not in _readers:
        from importlib.metadata import entry_points

        for entry in entry_points(group="curate.sources", name=name):
            entry.load()
    if name not in _readers:
        raise ConfigError(unknown_name("format", name, _readers))
    return _readers[name]


def format_of(path: Path) -> str | None:
    """Returns the format name that a path's suffixes stand for (`.gz`, `.zst` aside), or None."""
    _load_all()
    suffixes = [s for s in map(str.lower, path.suffixes) if s not in (".gz", ".zst")]
    return _suffixes.get(suffixes[-1]) if suffixes else None


def known_suffixes() -> list[str]:
    """Returns all file suffixes that some reader takes."""
    _load_all()
    return sorted(_suffixes)

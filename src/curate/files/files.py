"""Which files a location names, how the store calls them, and what is in them."""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Self

from curate.errors import SourceError
from curate.files import buckets
from curate.progress import Progress
from curate.sources import Document, Location, Reject, format_of, known_suffixes, reader
from curate.text import digest

FETCHED = ".fetched"
"""Folder of a project where files of buckets are while they are read."""


def find_files(
    locations: Sequence[str],
    *,
    file_format: str | None = None,
    table: str | None = None,
    query: str | None = None,
) -> list[Location]:
    """Returns the files that locations name, each once, in name order: those of buckets last.

    Raises:
        SourceError: a location names no file, or a file of no known format.
        TransportError: a bucket said no.
        RemoteUnavailable: a bucket does not answer.
    """
    path_of: dict[Path, Path] = {}
    remote: dict[str, buckets.RemoteFile] = {}
    for location in locations:
        path = buckets.local_path(location)
        if path is None:
            there = buckets.find(location, tuple(known_suffixes()))
            remote.update((file.shown, file) for file in there)
            continue
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if _is_log(p))
            if not inside:
                raise SourceError(_no_logs(path))
        elif path.is_file():
            inside = [path]
        else:
            matches = [Path(p) for p in glob.glob(str(path), recursive=True)]  # noqa: PTH207
            inside = [p for p in matches if p.is_file()]
            if not inside:
                raise SourceError(_no_such_file(location))
        path_of.update((_absolute(p), p) for p in inside)
    files = [Location(path_of[p], table, query) for p in sorted(path_of)]
    files += [
        Location(Path(remote[name].name), table, query, remote[name])
        for name in sorted(remote, key=lambda name: name.split("/"))
    ]
    unknown = [] if file_format else [f for f in files if format_of(f.path) is None]
    if unknown:
        raise SourceError(
            f"{_name(unknown[0])}: format not known from its name (known: "
            f"{', '.join(known_suffixes())}). Next: say it with --format"
        )
    return files


def _name(location: Location) -> str:
    return location.remote.shown if location.remote else str(location.path)


def _is_log(path: Path) -> bool:
    """Returns whether a folder's file is taken: of a known format, and not one of curate's own."""
    ours = path.name.startswith("curate.") or (path.parent / "manifest.json").exists()
    partial = any(part.startswith(buckets.PARTIAL) for part in path.parts)
    return path.is_file() and format_of(path) is not None and not ours and not partial


def _no_logs(folder: Path) -> str:
    if next(folder.rglob("manifest.json"), None):
        return (
            f"{folder}: a version that curate exported is not taken for logs. Next: name the file, "
            f"such as {folder / 'train.jsonl'}"
        )
    return f"{folder}: no file here that looks like logs ({', '.join(known_suffixes())})"


def _no_such_file(location: str) -> str:
    parent = Path(location).parent
    near = (
        sorted(str(p) for p in parent.glob("*") if p.is_file() and format_of(p))
        if parent.is_dir()
        else []
    )
    listing = ", ".join(near[:4]) + (", ..." if len(near) > 4 else "")
    hint = f" Files here that look like logs: {listing} ({len(near)})" if near else ""
    return f"{location}: no such file.{hint}"


def shown(location: Location, folder: Path) -> str:
    """Returns a file's name as the store keeps it: relative where it lies in the project.

    Each table or query of a database goes by a name of its own.
    """
    absolute, home = _absolute(location.path), _absolute(folder)
    inside = absolute.is_relative_to(home)
    name = absolute.relative_to(home).as_posix() if inside else str(absolute)
    name = location.remote.shown if location.remote else name
    part = f"query-{digest(location.query)[:8]}" if location.query else location.table
    return f"{name}#{part}" if part else name


class PullFiles:
    """The files of one pull: their names, what tells their content apart, and their documents.

    A file of a bucket is fetched when it is first read; what was fetched is gone in the end, or
    when the next pull begins.

    Args:
        found: where they are.
        folder: of the project, whose writer's lock the caller holds.
        file_format: of all of them; None where their names say it.
        progress: shown while a file is fetched.
    """

    def __init__(
        self,
        locations: Sequence[Location],
        folder: Path,
        file_format: str | None,
        progress: Progress,
    ) -> None:
        self.found, self._format, self._progress = list(locations), file_format, progress
        self._folder, self._fetched = folder, folder / FETCHED

    def __enter__(self) -> Self:
        shutil.rmtree(self._fetched, ignore_errors=True)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._fetched, ignore_errors=True)

    @property
    def any_remote(self) -> bool:
        """Whether any of them is in a bucket."""
        return any(location.remote for location in self.found)

    @cached_property
    def contents(self) -> dict[Location, tuple[str, str]]:
        """What the store calls each file, and its hash (of a bucket's, what the bucket says)."""
        return {
            location: (shown(location, self._folder), self._mark(location))
            for location in self.found
        }

    def _mark(self, location: Location) -> str:
        known = location.remote and location.remote.mark
        return known or sha256(self._local(location).path)

    def _local(self, location: Location) -> Location:
        """Returns where a file can be read; one of a bucket is fetched unless it is there."""
        if location.remote is None:
            return location
        path = self._fetched / digest(location.remote.shown)[:16] / "".join(_suffixes(location))
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name("part")
            location.remote.fetch(fresh, self._progress)
            fresh.replace(path)
        return replace(location, path=path)

    def let_go(self, location: Location) -> None:
        """Removes what was fetched of a file that has been read."""
        if location.remote:
            shutil.rmtree(self._local(location).path.parent)

    def read(self, location: Location) -> Iterator[Document | Reject]:
        """Yields the documents of a file; where there are several, a damaged one ends in a reject.

        Raises:
            SourceError: the only file cannot be read.
            TransportError: a bucket said no.
            RemoteUnavailable: a bucket does not answer.
        """
        local, line = self._local(location), 0
        try:
            for document in reader(self._format or format_of(local.path) or "")(local):
                line = document.line
                yield document
        except SourceError as error:
            said = str(error).replace(str(local.path), _name(location))
            if len(self.found) == 1:
                raise SourceError(said) from error
            yield Reject(line + 1, "unreadable", said)


def _suffixes(location: Location) -> list[str]:
    return ["file", *location.path.suffixes[-2:]]


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  (resolve would follow links)


def sha256(path: Path) -> str:
    """Returns the SHA-256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_whole(path: Path, body: bytes) -> None:
    """Writes a file that is there as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(body)
    fresh.replace(path)

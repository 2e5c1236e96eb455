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

from curate.errors import ConfigError, SourceError
from curate.files import buckets
from curate.files.conditions import Condition
from curate.files.joined import read_joined
from curate.progress import Progress
from curate.sources import (
    MAX_DOCUMENT,
    Document,
    Location,
    Reject,
    format_of,
    known_suffixes,
    reader,
)
from curate.text.text import digest

FETCHED = ".fetched"
"""Folder of a project where files of buckets are while they are read."""

_DATABASES = ("sqlite", "duckdb")
_NEXT = {
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"), "save it as CSV"),
    **dict.fromkeys((".zip", ".tar", ".tgz", ".7z", ".rar"), "unpack it, and pull what is in it"),
    **dict.fromkeys((".bz2", ".xz", ".lz4", ".br"), "unpack it, or pack it as .gz or .zst"),
}


def find_files(
    locations: Sequence[str],
    *,
    file_format: str | None = None,
    table: str | None = None,
    query: str | None = None,
    encoding: str | None = None,
    max_document: int = MAX_DOCUMENT,
) -> list[Location]:
    """Returns the files that locations name, each once, in name order: those of buckets last.

    A query over files that are no databases is one location, which stands for all of them.

    Raises:
        ConfigError: a query is over files and databases at once.
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
            matches = sorted(Path(p) for p in glob.glob(str(path), recursive=True))  # noqa: PTH207
            inside = [p for p in matches if p.is_file()]
            if not inside:
                raise SourceError(_no_such_file(location))
        path_of.update((_absolute(p), p) for p in inside)
    alike = Location(Path(), table, query, None, encoding, max_document)
    # A query numbers its files as they were named.
    files = [replace(alike, path=path_of[p]) for p in (path_of if query else sorted(path_of))]
    files += [
        replace(alike, path=Path(remote[name].name), remote=remote[name])
        for name in sorted(remote, key=lambda name: name.split("/"))
    ]
    unknown = [] if file_format else [f for f in files if format_of(f.path) is None]
    if unknown:
        raise SourceError(_unknown_format(unknown[0]))
    return _joined(files, file_format) if query else files


def _unknown_format(location: Location) -> str:
    name, suffix = _name(location), location.path.suffix.lower()
    if suffix in _NEXT:
        return f"{name}: {suffix} files are not read. Next: {_NEXT[suffix]}"
    return (
        f"{name}: format not known from its name (known: {', '.join(known_suffixes())}). "
        "Next: say it with --format"
    )


def _joined(files: list[Location], file_format: str | None) -> list[Location]:
    """Returns databases as they are, other files as one location that stands for all of them."""
    databases = [f for f in files if (file_format or format_of(f.path)) in _DATABASES]
    if len(databases) == len(files):
        return files
    if databases:
        raise ConfigError(
            f"--query is over files, or in a database: {_name(databases[0])} is a database, "
            f"{_name(next(f for f in files if f not in databases))} is not. Next: name one kind"
        )
    members = tuple(replace(file, query=None) for file in files)
    return [replace(files[0], remote=None, joined=members)]


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

    Each table or query of a database goes by a name of its own; so does each query over files.
    """
    if location.joined:
        names = " + ".join(shown(file, folder) for file in location.joined)
        return f"{names}#query-{digest(location.query or '')[:8]}"
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
        condition: of the documents that are taken.
    """

    def __init__(
        self,
        locations: Sequence[Location],
        folder: Path,
        file_format: str | None,
        progress: Progress,
        condition: Condition | None = None,
    ) -> None:
        self.found, self._format, self._progress = list(locations), file_format, progress
        self._folder, self._fetched = folder, folder / FETCHED
        self._condition = condition
        self._left_out: dict[Location, int] = {}
        self._read_to_the_end: set[Location] = set()

    def __enter__(self) -> Self:
        shutil.rmtree(self._fetched, ignore_errors=True)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._fetched, ignore_errors=True)

    @property
    def any_remote(self) -> bool:
        """Whether any of them is in a bucket."""
        members = [file for location in self.found for file in (location, *location.joined)]
        return any(file.remote for file in members)

    def left_out(self, locations: Sequence[Location]) -> int:
        """Returns how many documents of files did not meet the condition when last read."""
        return sum(self._left_out.get(location, 0) for location in locations)

    @cached_property
    def contents(self) -> dict[Location, tuple[str, str]]:
        """What the store calls each file, and its hash (of a bucket's, what the bucket says)."""
        return {
            location: (shown(location, self._folder), self._mark(location))
            for location in self.found
        }

    def _mark(self, location: Location) -> str:
        if location.joined:
            return digest(repr([self._mark(file) for file in location.joined]))
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
        for file in location.joined or (location,):
            if file.remote:
                shutil.rmtree(self._local(file).path.parent)

    def read(self, location: Location) -> Iterator[Document | Reject]:
        """Yields the documents of a file that meet the condition, and its rejects.

        Where there are several files, a damaged one ends in a reject.

        Raises:
            SourceError: the only file cannot be read.
            ConfigError: the condition or the query cannot be right.
            TransportError: a bucket said no.
            RemoteUnavailable: a bucket does not answer.
        """
        documents = self._documents(location)
        if self._condition is None:
            yield from documents
            return
        self._left_out[location] = 0
        for found in self._condition.choose(documents):
            if found is None:
                self._left_out[location] += 1
            else:
                yield found
        self._read_to_the_end.add(location)
        if self._read_to_the_end.issuperset(self.found):
            self._condition.refuse_unknown()

    def _documents(self, location: Location) -> Iterator[Document | Reject]:
        if location.joined:
            yield from read_joined(location, self._file)
            return
        line = 0
        try:
            for document in self._file(location):
                line = document.line
                yield document
        except SourceError as error:
            if len(self.found) == 1:
                raise
            yield Reject(line + 1, "unreadable", str(error))

    def _file(self, location: Location) -> Iterator[Document | Reject]:
        local = self._local(location)
        try:
            yield from reader(self._format or format_of(local.path) or "")(local)
        except SourceError as error:
            said = str(error).replace(str(local.path), _name(location))
            raise SourceError(said) from error


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

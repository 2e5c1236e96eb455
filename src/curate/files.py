"""Which files a location names, and how the store calls them."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from curate.errors import SourceError
from curate.sources import Location, format_of, known_suffixes
from curate.text import digest


def find_files(
    locations: Sequence[str],
    *,
    file_format: str | None = None,
    table: str | None = None,
    query: str | None = None,
) -> list[Location]:
    """Returns the files that locations name, each once, in name order.

    Raises:
        SourceError: a location names no file, or a file of no known format.
    """
    found: dict[Path, Path] = {}
    for location in locations:
        path = Path(location)
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if _is_log(p))
            if not inside:
                raise SourceError(
                    f"{location}: no file here that looks like logs ({', '.join(known_suffixes())})"
                )
        elif path.is_file():
            inside = [path]
        else:
            matches = [Path(p) for p in glob.glob(location, recursive=True)]  # noqa: PTH207
            inside = [p for p in matches if p.is_file()]
            if not inside:
                raise SourceError(_no_such_file(location))
        found.update((_absolute(p), p) for p in inside)
    unknown = [] if file_format else [p for p in found.values() if format_of(p) is None]
    if unknown:
        raise SourceError(
            f"{unknown[0]}: format not known from its name (known: {', '.join(known_suffixes())}). "
            "Next: say it with --format"
        )
    return [Location(found[p], table, query) for p in sorted(found)]


def _is_log(path: Path) -> bool:
    """Returns whether a folder's file is taken: of a known format, and not one of curate's own."""
    ours = path.name.startswith("curate.") or (path.parent / "manifest.json").exists()
    return path.is_file() and format_of(path) is not None and not ours


def _no_such_file(location: str) -> str:
    parent = Path(location).parent
    near = (
        sorted(str(p) for p in parent.glob("*") if p.is_file() and format_of(p))
        if parent.is_dir()
        else []
    )
    shown = ", ".join(near[:4]) + (", ..." if len(near) > 4 else "")
    hint = f" Files here that look like logs: {shown} ({len(near)})" if near else ""
    return f"{location}: no such file.{hint}"


def shown(location: Location, folder: Path) -> str:
    """Returns a file's name as the store keeps it: relative where it lies in the project.

    Each table or query of a database goes by a name of its own.
    """
    absolute, home = _absolute(location.path), _absolute(folder)
    inside = absolute.is_relative_to(home)
    name = absolute.relative_to(home).as_posix() if inside else str(absolute)
    part = f"query-{digest(location.query)[:8]}" if location.query else location.table
    return f"{name}#{part}" if part else name


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

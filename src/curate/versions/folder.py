"""The folder of a version: written beside its name, synced, and renamed.

A kill before the rename leaves a hidden folder, which the next command that looks either gives its
name (where the store has the version) or writes anew.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from curate.store import Store, sql


def partial_folder(folder: Path) -> Path:
    """Returns where a version lies until it has its name."""
    return folder.with_name(f".partial-{folder.name}")


def write_folder(
    folder: Path, bodies: Mapping[str, bytes | list[bytes]], lineage: pa.Table
) -> None:
    """Writes and syncs the files of a version.

    Args:
        folder: is created; what an export that was killed left there is replaced.
        bodies: files by their names, some in parts.
        lineage: becomes `lineage.parquet`.
    """
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    for name, body in bodies.items():
        _write(folder / name, partial(_body, body))
    _write(folder / "lineage.parquet", lambda handle: pq.write_table(lineage, handle))
    sync(folder)


def publish(folder: Path) -> None:
    """Gives a written version its name; another command may just have done so."""
    try:
        partial_folder(folder).rename(folder)
    except FileNotFoundError:
        if not folder.exists():
            raise
    sync(folder.parent)


def other_files(folder: Path) -> dict[str, str]:
    """Returns the card and what stands beside it, with the SHA-256 that each was written with.

    Empty for versions of before they were recorded, and where no manifest can be read.
    """
    try:
        manifest = orjson.loads((folder / "manifest.json").read_bytes())
        return {str(file["path"]): str(file["sha256"]) for file in manifest["other_files"]}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def recover(store: Store) -> list[str]:
    """Finishes versions whose command was killed between record and rename; returns their names."""
    finished = []
    with store.read() as con:
        rows = con.execute(sql("versions/all")).fetchall()
    for name, version, *_ in rows:
        folder = store.folder / "datasets" / name / f"v{version}"
        if not folder.exists() and partial_folder(folder).exists():
            publish(folder)
            finished.append(f"{name}@{version}")
    return finished


def _body(body: bytes | list[bytes], handle: Any) -> None:
    handle.writelines([body] if isinstance(body, bytes) else body)


def _write(path: Path, fill: Callable[[Any], None]) -> None:
    with path.open("wb") as handle:
        fill(handle)
        handle.flush()
        os.fsync(handle.fileno())


def sync(folder: Path) -> None:
    """Waits until the disk has what a folder names."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

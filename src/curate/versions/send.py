"""`curate export --to`: sends a version to a folder or a bucket, where it is whole or not there.

A folder is filled beside its final name and renamed. A bucket has no rename: files go to a hidden
place, are copied to theirs by the bucket itself, and `manifest.json` comes last; a folder without
it is not there. A kill leaves nothing that a reader takes for a version, and the same command again
goes on. What is there already is never written over.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import orjson

from curate.errors import ConfigError, StoreError, TransportError
from curate.files import buckets
from curate.progress import Progress
from curate.store import Store
from curate.text.notebook import Shown
from curate.versions import folder, versions

MANIFEST = "manifest.json"


class Destination(Protocol):
    """Where a version goes."""

    shown: str

    def names(self) -> set[str]:
        """Returns the names of the files that are there."""

    def manifest(self) -> bytes:
        """Returns the manifest that is there."""

    def begun(self) -> bool:
        """Returns whether this version was on its way here before."""

    def put(self, file: Path, progress: Progress) -> None:
        """Brings a file beside its final place."""

    def publish(self, files: Sequence[Path]) -> None:
        """Brings all files to their place at once; FileExistsError where something came before."""

    def clear(self) -> None:
        """Removes what an earlier command left beside the final place."""

    def understood(self) -> AbstractContextManager[None]:
        """Turns what goes wrong into our errors."""


@dataclass(frozen=True)
class SendPlan:
    """What would be sent, and whether it is there already."""

    version: str
    content_id: str
    files: tuple[Path, ...]
    bytes: int
    state: Literal["new", "there"]
    target: Destination = field(repr=False)


@dataclass(frozen=True)
class Sent(Shown):
    """What was sent, or would be."""

    version: str
    content_id: str
    to: str
    files: tuple[str, ...]
    bytes: int
    state: Literal["planned", "sent", "there"]


def send_version(
    store: Store, text: str, url: str, *, yes: bool, progress: Progress = lambda items, _: items
) -> Sent:
    """Sends a version to a folder or URL; without `yes`, says what would be sent.

    Args:
        store: the project's store.
        text: `NAME` (the latest) or `NAME@N`.
        url: a folder, or an address that fsspec knows; the version goes to `NAME/vN/` in it.
        yes: whether to send.
        progress: shown while a file is sent.

    Raises:
        ConfigError: there is no such version, or the address cannot be used.
        TransportError: the target said no, or holds something else.
        RemoteUnavailable: the target does not answer; the same command again goes on.
    """
    planned = plan(versions.find(store, text).folder, url)
    if not yes:
        state: Literal["planned", "there"] = "there" if planned.state == "there" else "planned"
        return _said(planned, state)
    with store.run("export --to", {"version": planned.version, "to": planned.target.shown}) as run:
        sent = send(planned, progress)
        run.changed = sent.state == "sent"
        run.counts = {"files": len(sent.files), "bytes": sent.bytes, "state": sent.state}
    return sent


def plan(folder: Path, url: str) -> SendPlan:
    """Returns what of a version's folder would go where.

    Raises:
        StoreError: the version is not as it was exported.
        TransportError: the target said no, or holds something else.
        RemoteUnavailable: the target does not answer.
    """
    files = tuple(sorted(path for path in folder.iterdir() if path.is_file()))
    content_id = _checked(folder)
    target = place(folder, url, content_id)
    with target.understood():
        names = target.names()
        is_there = MANIFEST in names and _is_same(target, content_id)
        begun = is_there or not names or target.begun()
    if not begun:
        raise TransportError(
            f"{target.shown} holds {', '.join(sorted(names)[:3])} and no {MANIFEST}: nothing that "
            "curate would write over. Next: move it away, or name another --to"
        )
    size = sum(path.stat().st_size for path in files)
    state: Literal["new", "there"] = "there" if is_there else "new"
    return SendPlan(_label(folder), content_id, files, size, state, target)


def send(planned: SendPlan, progress: Progress = lambda items, _: items) -> Sent:
    """Sends what was planned; a version that is there already is left alone.

    Raises:
        TransportError: the target said no, or something else was published there meanwhile.
        RemoteUnavailable: the target does not answer; the same command again goes on.
    """
    target = planned.target
    with target.understood():
        if planned.state == "there":
            target.clear()
            return _said(planned, "there")
        for file in planned.files:
            target.put(file, progress)
        try:
            target.publish(planned.files)
        except FileExistsError:  # somebody else was faster; the same version is as good
            target.clear()
            _is_same(target, planned.content_id)
            return _said(planned, "there")
    return _said(planned, "sent")


def place(folder: Path, url: str, content_id: str) -> Destination:
    """Returns where a version would go; asks nothing of it yet."""
    name, version = folder.parent.name, folder.name
    hidden = f"{buckets.PARTIAL}{version}-{content_id[:12]}"
    path = buckets.local_path(url)
    if path is not None:
        if in_the_way := [p for p in (path, path / name) if p.exists() and not p.is_dir()]:
            raise ConfigError(f"--to {url}: {in_the_way[0]} is a file. Next: name a folder")
        return _LocalFolder(path / name / version, hidden)
    if not buckets.is_bucket(url):
        raise ConfigError(
            f"--to {buckets.address(url).shown}: versions go to a folder or a bucket (s3://, "
            "gs://, az://). Next: name one; a folder may be mounted"
        )
    return _Bucket(buckets.open_place(url), f"{name}/{version}", f"{name}/{hidden}")


def _said(planned: SendPlan, state: Literal["planned", "sent", "there"]) -> Sent:
    names = tuple(path.name for path in planned.files)
    return Sent(
        planned.version, planned.content_id, planned.target.shown, names, planned.bytes, state
    )


def _label(folder: Path) -> str:
    return f"{folder.parent.name}@{folder.name.removeprefix('v')}"


def _checked(home: Path) -> str:
    """Returns the content id of a version whose files are as the manifest says."""
    try:
        manifest = orjson.loads((home / MANIFEST).read_bytes())
        digests = {f["path"]: f["sha256"] for f in manifest["files"]} | folder.other_files(home)
        damaged = [name for name, sha256 in digests.items() if _sha256(home / name) != sha256]
        content_id = str(manifest["content_id"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"{home} is not as it was exported ({error}). Next: curate verify {_label(home)}"
        ) from error
    if damaged:
        raise StoreError(
            f"{home / damaged[0]} was changed after the export: it is not sent. "
            f"Next: curate verify {_label(home)}"
        )
    return content_id


def _is_same(target: Destination, content_id: str) -> bool:
    """Returns True where the version that is there is this one.

    Raises:
        TransportError: another one is.
    """
    try:
        there = str(orjson.loads(target.manifest())["content_id"])
    except (ValueError, KeyError, TypeError):
        there = "unreadable"
    if there != content_id:
        raise TransportError(
            f"{target.shown} is another version: content id {there[:12]}, not {content_id[:12]}. "
            "It is never written over. Next: name another --to, or export under another name"
        )
    return True


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return buckets.sha256(handle)


def _label_of(file: Path) -> str:
    return f"sending {file.name} (blocks of 8 MB)"


class _LocalFolder:
    """A folder of this machine, or one that is mounted."""

    def __init__(self, target: Path, hidden: str) -> None:
        self.shown, self._target, self._hidden = str(target), target, target.with_name(hidden)

    def names(self) -> set[str]:
        return {path.name for path in self._target.iterdir()} if self._target.exists() else set()

    def manifest(self) -> bytes:
        return (self._target / MANIFEST).read_bytes()

    def begun(self) -> bool:
        return False  # a rename leaves no half of it

    def put(self, file: Path, progress: Progress) -> None:
        self._hidden.mkdir(parents=True, exist_ok=True)
        with file.open("rb") as source, (self._hidden / file.name).open("wb") as copy:
            for block in progress(buckets.blocks(source), _label_of(file)):
                copy.write(block)
            copy.flush()
            os.fsync(copy.fileno())

    def publish(self, files: Sequence[Path]) -> None:
        for file in files:
            if _sha256(self._hidden / file.name) != _sha256(file):
                raise TransportError(f"{self._hidden / file.name} was changed while it was sent")
        for other in {path.name for path in self._hidden.iterdir()} - {f.name for f in files}:
            (self._hidden / other).unlink()
        try:
            self._hidden.rename(self._target)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                raise FileExistsError(self.shown) from error
            raise
        folder.sync(self._target.parent)

    def clear(self) -> None:
        shutil.rmtree(self._hidden, ignore_errors=True)

    def understood(self) -> AbstractContextManager[None]:
        return nullcontext()


class _Bucket:
    """A place in a bucket, or in anything else that has copies but no rename."""

    def __init__(self, root: buckets.Place, target: str, hidden: str) -> None:
        base = root.path.rstrip("/")
        self._fs, self._address = root.fs, root.address
        self._target, self._hidden = f"{base}/{target}", f"{base}/{hidden}"
        self.shown = f"{root.shown.rstrip('/')}/{target}"

    def names(self) -> set[str]:
        self._fs.invalidate_cache()
        return {path.removeprefix(f"{self._target}/") for path in self._fs.find(self._target)}

    def manifest(self) -> bytes:
        body: bytes = self._fs.cat_file(f"{self._target}/{MANIFEST}")
        return body

    def begun(self) -> bool:
        return bool(self._fs.find(self._hidden))

    def put(self, file: Path, progress: Progress) -> None:
        path = f"{self._hidden}/{file.name}"
        if self._has(path, file):
            return
        with (
            file.open("rb") as source,
            self._fs.open(path, "wb", block_size=buckets.BLOCK_BYTES) as copy,
        ):
            for block in progress(buckets.blocks(source), _label_of(file)):
                copy.write(block)

    def publish(self, files: Sequence[Path]) -> None:
        if MANIFEST in self.names():
            raise FileExistsError(self.shown)
        data = [file for file in files if file.name != MANIFEST]
        for file in data:
            self._copy(file)
        self._check(data)
        manifest = next(file for file in files if file.name == MANIFEST)
        # Of two that come this far, the bucket itself refuses the second.
        self._fs.pipe_file(f"{self._target}/{MANIFEST}", manifest.read_bytes(), mode="create")
        self.clear()

    def _copy(self, file: Path) -> None:
        target = f"{self._target}/{file.name}"
        if self._has(target, file):
            return
        if file.name in self.names():
            raise TransportError(
                f"{self.shown}/{file.name} is there, and is not this version's: nothing that "
                "curate would write over. Next: move it away, or name another --to"
            )
        self._fs.cp_file(f"{self._hidden}/{file.name}", target)

    def _check(self, files: Sequence[Path]) -> None:
        bad = [file.name for file in files if not self._has(f"{self._target}/{file.name}", file)]
        if not bad:
            return
        if MANIFEST in self.names():
            raise FileExistsError(self.shown)
        for name in bad:
            for where in (self._hidden, self._target):
                self._fs.rm_file(f"{where}/{name}")
        raise TransportError(
            f"{self.shown}: {', '.join(bad)} did not arrive as sent. Next: type the command again: "
            "what is wrong was removed, and is sent anew"
        )

    def _has(self, path: str, file: Path) -> bool:
        """Returns whether a path has the bytes of a file: by its ETag, else by reading it."""
        self._fs.invalidate_cache()
        try:
            info = self._fs.info(path)
        except FileNotFoundError:
            return False
        if int(info["size"]) != file.stat().st_size:
            return False
        etag = str(info.get("ETag") or info.get("etag") or "").strip('"')
        if re.fullmatch(r"[0-9a-f]{32}", etag) and etag == _md5(file):
            return True
        with self._fs.open(path, "rb", block_size=buckets.BLOCK_BYTES) as there:
            return buckets.sha256(there) == _sha256(file)

    def clear(self) -> None:
        self._fs.invalidate_cache()
        if self._fs.find(self._hidden):
            self._fs.rm(self._hidden, recursive=True)

    def understood(self) -> AbstractContextManager[None]:
        return buckets.understood(self._address)


def _md5(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, _new_md5).hexdigest()


def _new_md5() -> Any:
    return hashlib.md5(usedforsecurity=False)

"""The snapshot: the database as the last finished command left it, for whoever looks.

It is current as long as nothing was written to the database since that command. A note beside it
says so: size and time of change of both files, as they were when the command was done.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from curate.store.faults import wal_path, write_error

_FICLONE = 0x40049409
"""Source: ioctl_ficlone(2)."""


def _copy(database: Path, fresh: Path) -> None:
    """Copies a file; where the file system can, both share their blocks until one changes."""
    with database.open("rb") as source, fresh.open("wb") as target:
        try:
            fcntl.ioctl(target.fileno(), _FICLONE, source.fileno())
        except OSError:
            shutil.copyfile(database, fresh)


class Snapshot:
    """The published copy of a database.

    Args:
        database: the file that is copied.

    Attributes:
        path: of the copy.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self.path = database.with_name(f"{database.stem}.snapshot{database.suffix}")
        self._note = self.path.with_suffix(".json")

    def is_current(self) -> bool:
        """Returns whether the snapshot holds all that is stored.

        Only rows of `runs` may be missing, those of commands that changed nothing.
        """
        stamps = self._stamps()
        if stamps is None or wal_path(self._database).exists():
            return False
        return bool(self._read_note().get("files") == stamps)

    def is_intact(self) -> bool:
        """Returns whether the snapshot is as a run left it, however old."""
        stamp = self._stamp(self.path)
        return stamp is not None and self._read_note().get("files", {}).get(self.path.name) == stamp

    def publish(self) -> None:
        """Copies the database, which nobody may be writing to.

        Raises:
            StoreError: the disk is full, or the folder cannot be written.
        """
        # Closing the last connection checkpointed the file, so that a copy is whole.
        fresh = self.path.with_suffix(".new")
        try:
            _copy(self._database, fresh)
            fresh.replace(self.path)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise write_error(self.path, error.strerror) from error

    def confirm(self, command: str, finished_at: datetime) -> None:
        """Notes that the snapshot holds what the database holds, after a command.

        A kill before it leaves the note of an earlier command, which then no longer fits.
        """
        note = {
            "command": command,
            "finished_at": finished_at.isoformat(timespec="seconds"),
            "files": self._stamps(),
        }
        fresh = self._note.with_suffix(".new.json")
        try:
            fresh.write_text(json.dumps(note), encoding="utf-8")
            fresh.replace(self._note)
        except OSError:
            # Without the note whoever looks opens the database for a moment.
            with suppress(OSError):
                fresh.unlink(missing_ok=True)

    def state(self) -> str:
        """Returns which state of the project the snapshot shows, in words."""
        note, stamp = self._read_note(), self._stamp(self.path)
        if self.is_intact():
            at = str(note.get("finished_at")).replace("T", " ")
            return f"the state after curate {note.get('command')}, finished {at} UTC"
        at = f"{datetime.fromtimestamp(stamp[0] / 1e9, UTC):%Y-%m-%d %H:%M:%S}" if stamp else "?"
        return f"the state of {at} UTC"

    def _read_note(self) -> dict[str, Any]:
        try:
            note = json.loads(self._note.read_bytes())
        except (OSError, ValueError):
            return {}
        return note if isinstance(note, dict) and isinstance(note.get("files"), dict) else {}

    def _stamps(self) -> dict[str, list[int]] | None:
        """Returns time of change and size of database and snapshot, None where one is missing."""
        stamps = {path.name: self._stamp(path) for path in (self._database, self.path)}
        whole = {name: stamp for name, stamp in stamps.items() if stamp is not None}
        return whole if len(whole) == len(stamps) else None

    @staticmethod
    def _stamp(path: Path) -> list[int] | None:
        try:
            status = path.stat()
        except OSError:
            return None
        return [status.st_mtime_ns, status.st_size]

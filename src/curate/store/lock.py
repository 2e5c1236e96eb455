"""Who writes to a project, and how long others wait for it.

`curate.lock` is held by a writing command from start to end and names it. Whoever only looks never
takes it: the name in the file says whether somebody writes.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO, TypeVar

from curate.errors import StoreError
from curate.store.faults import BusyError, write_error

log = logging.getLogger(__name__)

T = TypeVar("T")
_RETRY_SECONDS = 0.05


class Waits:
    """Waits for what another process has, and counts the time.

    Attributes:
        seconds: waited so far.
    """

    def __init__(self) -> None:
        self.seconds = 0.0

    def retry(self, attempt: Callable[[], T], *, message: str, timeout_seconds: float) -> T:
        """Returns what `attempt` returns, once it no longer raises `BusyError`.

        Args:
            attempt: what is tried.
            message: said once on stderr, with `{busy}` for who is in the way.
            timeout_seconds: after so long the error is raised.
        """
        start, is_told = time.monotonic(), False
        while True:
            try:
                return attempt()
            except BusyError as busy:
                if time.monotonic() > start + timeout_seconds:
                    raise
                if not is_told:
                    log.warning(message.format(busy=busy))
                    is_told = True
            pause = time.monotonic()
            time.sleep(_RETRY_SECONDS)
            self.seconds += time.monotonic() - pause


class WriterLock:
    """The lock file of a project.

    Args:
        path: of the file; it stays when nobody writes, empty.
        waits: counts the time that is spent waiting for other writers.
    """

    def __init__(self, path: Path, waits: Waits) -> None:
        self._path, self._waits = path, waits

    def holder(self) -> str | None:
        """Returns the command that is writing, None where none is.

        Nothing is locked for that while a command writes. The name that a killed command left is
        told from that of a living one by trying the lock, so only after a kill is it held at all.
        """
        try:
            handle = self._path.open(encoding="utf-8")
        except OSError:
            return None
        with handle:
            name = handle.read()
            if not name:
                return None
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return name
            return None

    @contextmanager
    def hold(self, command: str, *, timeout_seconds: float) -> Iterator[None]:
        """Holds the lock for a command, whose name stands in the file meanwhile.

        Raises:
            StoreError: another command holds it for longer than the timeout.
        """
        try:
            handle = self._path.open("a+", encoding="utf-8")
        except OSError as error:
            raise write_error(self._path, error.strerror) from error
        with handle:
            self._acquire(handle, timeout_seconds)
            try:
                handle.truncate(0)
                with suppress(OSError):  # a full disk: who holds the lock is only for the message
                    since = f"{datetime.now(UTC):%H:%M:%S} UTC"
                    handle.write(f"curate {command} (pid {os.getpid()}, since {since})")
                    handle.flush()
                yield
            finally:
                with suppress(OSError):
                    handle.truncate(0)

    def _acquire(self, handle: TextIO, timeout_seconds: float) -> None:
        def attempt() -> None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                name = self._path.read_text(encoding="utf-8") or "another curate command"
                raise BusyError(name) from None

        try:
            self._waits.retry(
                attempt, message="waiting for {busy}", timeout_seconds=timeout_seconds
            )
        except BusyError as busy:
            raise StoreError(
                f"{busy} has been writing to {self._path.parent} for more than "
                f"{timeout_seconds:.0f} s. Let it end, then type the command again."
            ) from None

"""What every server that tests start has in common, and what a missing one means."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
from collections.abc import Callable
from typing import NoReturn

import pytest

_PR_SET_PDEATHSIG = 1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def dies_with_parent(by: signal.Signals) -> Callable[[], None]:
    """Lets the kernel stop a server where the tests are killed and cannot; a `preexec_fn`."""

    def ask() -> None:
        with contextlib.suppress(AttributeError):  # Linux only
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, by)

    return ask


def missing(what: str) -> NoReturn:
    """Skips a test that lacks something, or fails it where CI=true."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)

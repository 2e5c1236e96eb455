"""Every failure a user can meet, with its exit code.

CurateError 1              expected failure
  ConfigError 2            bad curate.toml or option combination
  MissingExtra 2           optional package absent
  StoreError 1             lock, migration, corrupt version
  SourceError 1            cannot read or map the logs
  LabelStudioError 1       the server said no, and a rerun will not help
  TransportError 1         a bucket, folder or address said no, and a rerun will not help
  GateFailed 3             leak found, too few examples, a version that does not verify
  RemoteUnavailable 4      server, database or bucket does not answer: run again
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class CurateError(Exception):
    """An expected failure; the message says what failed, the value seen and what to type next."""

    exit_code = 1


class ConfigError(CurateError):
    """A setting or a combination of options that cannot work.

    Attributes:
        option: the name of the setting, where it is a single one.
        section: of curate.toml, where the setting is of another command than the one that runs.
    """

    exit_code = 2

    def __init__(
        self, message: str, *, option: str | None = None, section: str | None = None
    ) -> None:
        super().__init__(message)
        self.option, self.section = option, section


class MissingExtra(CurateError):
    """An optional package is not installed."""

    exit_code = 2


class StoreError(CurateError):
    """The store is locked, newer than this program, or damaged."""


class SourceError(CurateError):
    """The logs cannot be read or mapped."""


class LabelStudioError(CurateError):
    """The Label Studio server said no; running the command again will not help."""


class TransportError(CurateError):
    """A bucket, folder or address said no; running the command again will not help."""


class GateFailed(CurateError):
    """A check that guards an exit said no."""

    exit_code = 3


class RemoteUnavailable(CurateError):
    """A server did not answer; running the command again may help."""

    exit_code = 4


def unknown_name(kind: str, name: str, known: Iterable[str]) -> str:
    """Returns the message for an unknown `name`, with the closest known one and the whole list."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"unknown {kind} {name!r}.{hint} Known: {', '.join(names) or 'none'}."

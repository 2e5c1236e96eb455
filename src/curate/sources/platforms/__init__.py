"""Log platforms that are read over their API: one file a platform, with its `PLATFORM`.

A platform has streams (its calls, its scores), and gives the documents of a stream page by page,
each page with the cursor of the next. What the pages become, how far they have been stored and what
happens after a kill is the business of `curate.pull.from_platform`. To add a platform, add a file
here, or name such a module under the entry points `curate_platforms`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal, Protocol


@dataclass(frozen=True)
class Window:
    """Documents whose own time is `low` (None: any) or later, and before `high`; naive UTC."""

    low: datetime | None
    high: datetime


@dataclass(frozen=True)
class Item:
    """A document of a platform: its key, its own time, its fields, and why it cannot be read."""

    key: str
    at: datetime | None
    fields: dict[str, Any]
    unreadable: str = ""


@dataclass(frozen=True)
class Page:
    """Documents, of those with one key the newest last, and the cursor of the next page."""

    items: Sequence[Item]
    cursor: str | None


class CursorLost(Exception):
    """The server no longer takes a cursor: the window has to be read from its beginning."""


@dataclass(frozen=True)
class Stream:
    """A list of documents that a platform keeps.

    Args:
        name: what the platform calls it.
        kind: what its documents become.
        preset: the name of the preset that reads them, of that kind.
    """

    name: str
    kind: Literal["interactions", "feedback"]
    preset: str


class Connection(Protocol):
    """A connection to one project of a platform."""

    @property
    def shown(self) -> str:
        """Returns the address as it may be stored and printed."""

    @property
    def project(self) -> str:
        """Returns the platform's id of the project that the keys belong to."""

    @property
    def now(self) -> datetime:
        """Returns the server's time; naive UTC."""

    def page(self, stream: Stream, window: Window, cursor: str | None) -> Page:
        """Returns the page at a cursor, or the first one.

        Raises:
            CursorLost: the server does not take the cursor.
            RemoteUnavailable: it does not answer, also after a while.
            SourceError: it says no.
        """


@dataclass(frozen=True)
class Platform:
    """A platform.

    Args:
        name: for a person.
        schemes: how its addresses begin, without `://`.
        streams: what is read, in this order.
        lag: how late documents may come, as `--lag` takes it.
        connect: opens a connection to an address.
    """

    name: str
    schemes: Sequence[str]
    streams: Sequence[Stream]
    lag: str
    connect: Callable[[str], Connection]


@cache
def platforms() -> Mapping[str, Platform]:
    """Returns all platforms by the schemes of their addresses."""
    from importlib.metadata import entry_points

    modules = [
        importlib.import_module(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
        if not module.name.startswith("_")
    ]
    modules += [entry.load() for entry in entry_points(group="curate_platforms")]
    by_scheme: dict[str, Platform] = {}
    for platform in (module.PLATFORM for module in modules):
        for scheme in platform.schemes:
            if scheme in by_scheme:
                raise ValueError(f"two platforms have addresses {scheme}://")
            by_scheme[scheme] = platform
    return by_scheme


def platform_of(location: str) -> Platform | None:
    """Returns the platform that a location is an address of, if any."""
    scheme, separator, _ = location.partition("://")
    return platforms().get(scheme.lower()) if separator else None

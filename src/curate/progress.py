"""How a long computation tells how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Progress = Callable[[Iterable[Any], str], Iterable[Any]]
"""Called with (items, label) around everything that may take long; yields the items."""

Track = Callable[[Iterable[Any]], Iterable[Any]]
"""`Progress` with its label filled in, for kernels."""


def silent(items: Iterable[Any], _label: str) -> Iterable[Any]:
    """Returns the items: progress that nobody watches."""
    return items

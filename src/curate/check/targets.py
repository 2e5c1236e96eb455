"""Targets: what a file is checked for, as `limits.toml` says it.

A target is the shapes that its reader takes, what it has words for, and its limits. It is a
provider (`openai`), a trainer (`trl`) or one of the formats that `curate export` writes.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from curate.check.shapes import SHAPES
from curate.errors import ConfigError, unknown_name

ROLES = ("system", "user", "assistant", "tool")


@dataclass(frozen=True)
class Target:
    """What one reader of training files takes; the head of `limits.toml` explains each field."""

    name: str
    shapes: tuple[str, ...]
    roles: tuple[str, ...] = ROLES
    message_keys: tuple[str, ...] = ()
    row_keys: tuple[str, ...] = ()
    extra_keys: str = "ignored"
    lacks: tuple[str, ...] = ()
    arguments: str = ""
    tool_ids: bool = False
    tool_id_pattern: str = ".*"
    alternation: str = "usual"
    min_rows: int = 0
    advised_rows: int = 0
    max_rows: int | None = None
    max_bytes: int | None = None
    max_tokens: int | None = None
    cuts_at: int | None = None
    reserved: tuple[str, ...] = ()
    loader: str = ""
    source: str = ""
    checked: date | None = None
    note: str = ""


def names() -> list[str]:
    """Returns the names of all targets, in the order of `limits.toml`."""
    return list(_limits())


def get(name: str | None) -> Target:
    """Returns the target of this name; None is one that takes every shape and has no limits.

    Raises:
        ConfigError: there is none.
    """
    if name is None:
        return _anything()
    if name not in _limits():
        raise ConfigError(unknown_name("target", name, _limits()))
    return _limits()[name]


@functools.cache
def _limits() -> dict[str, Target]:
    import tomllib

    text = (Path(__file__).parent / "limits.toml").read_text(encoding="utf-8")
    limits: dict[str, dict[str, Any]] = {}
    for name, values in tomllib.loads(text).items():
        base = limits[values.pop("like")] if "like" in values else {}
        limits[name] = base | values
    return {name: Target(name, **_frozen(values)) for name, values in limits.items()}


def _frozen(values: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}


def _anything() -> Target:
    # Its rows look like those of `chat`; a system prompt beside the messages is one key more.
    shapes = tuple(name for name in SHAPES if name != "claude")
    roles = (*ROLES, "developer", "function")
    return Target("", shapes, roles=roles)

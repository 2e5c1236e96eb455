"""Export formats: one file a format, each a function from an example to the row of its line.

A format gives every row the same keys in the same order with one type each, and raises
`Inexpressible` for what it has no words for. To add one, add a file here with one function under
`@export_format("name")`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from curate.errors import ConfigError, unknown_name
from curate.messages import Message, text_of


class Inexpressible(Exception):
    """An example holds something that the format cannot express; the message says what."""


@dataclass(frozen=True)
class Example:
    """One training item as formats see it."""

    example_id: str
    source: str
    messages: list[Message]
    output: list[Message]
    query: str
    response: str
    label: str | None
    human_rating: float | None
    is_edge_case: bool


Format = Callable[[Example], dict[str, Any]]

_formats: dict[str, Format] = {}
_notes: dict[str, str] = {}

_TEXT_PARTS = ("text", "input_text", "output_text")

DEFAULTS = {"sft": "trl-prompt-completion", "classification": "classification"}


def export_format(name: str, *, features: str) -> Callable[[Format], Format]:
    """Registers a format under its name.

    Args:
        name: as in `--format`.
        features: the YAML list of columns for the dataset card, so that loaders need not guess.
    """

    def register(function: Format) -> Format:
        if name in _formats:
            raise ValueError(f"two formats are called {name!r}")
        _formats[name] = function
        _notes[name] = features
        return function

    return register


def names() -> list[str]:
    """Returns the names of all formats in this package."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return sorted(_formats)


def get(name: str) -> Format:
    """Returns the format of this name.

    Raises:
        ConfigError: there is none.
    """
    names()
    if name not in _formats:
        from importlib.metadata import entry_points

        for entry in entry_points(group="curate.formats", name=name):
            entry.load()
    if name not in _formats:
        raise ConfigError(unknown_name("format", name, _formats))
    return _formats[name]


def features(name: str) -> str:
    """Returns the YAML list of a format's columns."""
    get(name)
    return _notes[name]


def chat(messages: list[Message]) -> list[dict[str, str]]:
    """Returns messages as role and text, the part that every chat format shares.

    Raises:
        Inexpressible: a message calls a tool, answers for one, or holds something other than text.
    """
    result = []
    for message in messages:
        content = message["content"]
        if message.get("tool_calls") or message["role"] == "tool":
            raise Inexpressible("tool calls")
        if message["role"] not in ("system", "user", "assistant"):
            raise Inexpressible(f"the role {message['role']!r}")
        if not _is_text(content):
            raise Inexpressible("content other than text")
        result.append({"role": message["role"], "content": text_of(content)})
    return result


def _is_text(content: Any) -> bool:
    """Returns whether a message's content is text, whole or in parts, so that nothing gets lost."""
    if isinstance(content, list):
        return all(
            isinstance(part, str)
            or (isinstance(part, Mapping) and part.get("type", "text") in _TEXT_PARTS)
            for part in content
        )
    return content is None or isinstance(content, str)

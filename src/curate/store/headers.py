"""Speaking headers: a SQL file whose comments are its help, its options and what it is good for.

`-- $name type = default: help` declares an option, `-- key: value` says something about the file
where `key` is one of the caller's, and every other comment is the help. Drop rules
(`sql/filters/`) and detectors (`sql/detectors/`) are read by this.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from curate.errors import ConfigError, unknown_name

_PARAMETER = re.compile(r"^\$(\w+) (\S+) = (\S+): (.+)$")
_SPELLING = 0.8
"""Likeness from which on an unknown key is a known one that is misspelt, and no help."""


def _number(value: Any) -> float:
    number = float(value)
    if isinstance(value, bool) or not math.isfinite(number):
        raise ValueError(value)
    return number


def _integer(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError(value)
    return int(value)


def _day(value: Any) -> str:
    """Returns a day as written, a moment as naive UTC; what SQL casts to a timestamp."""
    text = str(value).strip()
    moment = datetime.fromisoformat(text)
    if len(text) <= len("2026-01-31"):
        return date.fromisoformat(text).isoformat()
    return (moment.astimezone(UTC) if moment.tzinfo else moment).replace(tzinfo=None).isoformat()


_TYPES: dict[str, Callable[[Any], Any]] = {
    "number": _number,
    "integer": _integer,
    "text": str,
    "date": _day,
}


@dataclass(frozen=True)
class Parameter:
    """An option of a SQL file: its type (or choices, `a|b`), default and help."""

    name: str
    kind: str
    default: Any
    help: str

    def parse(self, value: Any) -> Any:
        """Returns a value of this parameter's type.

        Raises:
            ConfigError: the value is not of that type, or not one of the choices.
        """
        if value is None or (isinstance(value, str) and value in ("none", "")):
            return None
        if "|" in self.kind:
            choices = self.kind.split("|")
            if not isinstance(value, str) or value not in choices:
                raise ConfigError(unknown_name(self.name, str(value), choices), option=self.name)
            return value
        try:
            return _TYPES[self.kind](value)
        except (ValueError, TypeError, OverflowError) as error:
            kind = "an integer" if self.kind == "integer" else f"a {self.kind}"
            raise ConfigError(f"{self.name}: {value!r} is not {kind}", option=self.name) from error


@dataclass(frozen=True)
class Header:
    """What the comments of a SQL file say.

    Attributes:
        file: that was read; its name without `.sql` is the name of the thing.
        help: for a person.
        text: of the whole file.
        keys: what the file says about itself, by key.
    """

    file: Path
    help: str
    text: str
    parameters: tuple[Parameter, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)


def read_header(file: Path, keys: Mapping[str, Collection[str]]) -> Header:
    """Returns what the comments of a SQL file say.

    Args:
        file: to read.
        keys: that mean something, each with the values that it may have (none: any text). A key
            `why CODE` stands for `why` and any word after it.

    Raises:
        ConfigError: the file is not UTF-8, or a line of its comments cannot be right.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 ({error.reason})") from error
    parameters: list[Parameter] = []
    prose: list[str] = []
    values: dict[str, str] = {}
    for comment in (line[2:].strip() for line in text.splitlines() if line.startswith("--")):
        key, colon, value = comment.partition(": ")
        if match := _PARAMETER.match(comment):
            parameters.append(_parse_parameter(file, *match.groups()))
        elif colon and (declared := _declared(key, keys)):
            values[key] = _parse_value(file, key, value.strip(), keys[declared])
        elif colon and get_close_matches(key, keys, n=1, cutoff=_SPELLING):
            raise ConfigError(f"{file}: {unknown_name('key', key, keys)}")
        else:
            prose.append(comment)
    return Header(file, " ".join(prose), text, tuple(parameters), values)


def _declared(key: str, keys: Mapping[str, Collection[str]]) -> str | None:
    """Returns the key of `keys` that this one is, itself or with a code, or None."""
    if key in keys:
        return key
    word, _, code = key.partition(" ")
    return f"{word} CODE" if code.isidentifier() and f"{word} CODE" in keys else None


def _parse_value(file: Path, key: str, value: str, choices: Collection[str]) -> str:
    if choices and value not in choices:
        raise ConfigError(f"{file}: {unknown_name(key, value, choices)}")
    return value


def _parse_parameter(file: Path, name: str, kind: str, default: str, explained: str) -> Parameter:
    if kind not in _TYPES and "|" not in kind:
        raise ConfigError(f"{file}: ${name}: {unknown_name('type', kind, _TYPES)}")
    try:
        value = Parameter(name, kind, None, explained).parse(default)
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from error
    return Parameter(name, kind, value, explained)

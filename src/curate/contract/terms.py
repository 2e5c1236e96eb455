"""The terms of a contract: read from `[contract]` in curate.toml, named by a digest, written there.

A project without that section has a contract all the same: arguments of tool calls are checked
against the tools that the log says were offered. What breaks that one is noted, not dropped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from curate import config
from curate.contract import schema as schemas
from curate.errors import ConfigError
from curate.messages import canonical
from curate.text.text import digest

KEYS = ("schema", "pattern", "tools", "fences")
SCHEMA_FILE = "contract.schema.json"
_SECTION = "contract"
_LINE = 88

METHOD = "contract-1"
"""Changes whenever the same answers would be judged otherwise, so that they are judged anew."""


@dataclass(frozen=True)
class Contract:
    """What an answer must look like.

    Attributes:
        schema: JSON Schema of answers that are JSON, as JSON text; None where there is none.
        pattern: regular expression that a whole answer matches; None where there is none.
        tools: whether arguments of tool calls are checked against the tools that were offered.
        fences: whether JSON may stand in one block of code fences.
        written: whether curate.toml has it. What breaks one that nobody wrote is not dropped.
        file: where the schema stands, relative to the project; None for an inline one.
    """

    schema: str | None = None
    pattern: str | None = None
    tools: bool = True
    fences: bool = False
    written: bool = False
    file: str | None = None

    @property
    def digest(self) -> str:
        """Returns what names the verdicts on answers under this contract."""
        return digest(canonical([METHOD, self.schema, self.pattern, self.tools, self.fences]))

    @property
    def has_form(self) -> bool:
        """Returns whether the contract says something of answers that call no tool."""
        return self.schema is not None or self.pattern is not None

    @property
    def unchecked_formats(self) -> list[str]:
        """Returns the values of `format` in the schema that nothing here can check."""
        return schemas.unchecked_formats(self.schema) if self.schema is not None else []

    def as_dict(self) -> dict[str, Any]:
        """Returns the contract in the form that is stored, with its digest."""
        return {**asdict(self), "digest": self.digest}


def from_dict(stored: Mapping[str, Any]) -> Contract:
    """Returns the contract that was stored."""
    return Contract(**{key: value for key, value in stored.items() if key != "digest"})


def load(folder: Path) -> Contract:
    """Returns the contract of curate.toml; without the section, the one of tool calls.

    Raises:
        ConfigError: a key is unknown, a value has the wrong type, or schema or pattern is broken.
    """
    sections = config.load(folder)
    if _SECTION not in sections:
        return Contract()
    section = sections[_SECTION]
    config.check(folder, {_SECTION: section}, {_SECTION: set(KEYS)})
    if "schema" in section and "pattern" in section:
        raise _refused(folder, "pattern", "schema and pattern: an answer has one form", "leave one")
    for key in ("tools", "fences"):
        if not isinstance(section.get(key, False), bool):
            message = f"{section[key]!r}: expected true or false"
            raise _refused(folder, key, message, f"{key} = true")
    text, file = _schema(folder, section.get("schema"))
    return Contract(
        schema=text,
        pattern=_pattern(folder, section.get("pattern")),
        tools=section.get("tools", True),
        fences=section.get("fences", False),
        written=True,
        file=file,
    )


def schema_bytes(folder: Path) -> bytes:
    """Returns what the file with the schema holds, unread; nothing where there is no file."""
    section = config.load(folder).get(_SECTION)
    name = section.get("schema") if isinstance(section, Mapping) else None
    file = folder / name if isinstance(name, str) else None
    return file.read_bytes() if file and file.is_file() else b""


def _refused(folder: Path, key: str, message: str, advice: str) -> ConfigError:
    where = config.place(folder, _SECTION, key)
    return ConfigError(f"{where}: {message}. Next: {advice}")


def _pattern(folder: Path, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        message = f"{value!r}: expected a regular expression"
        raise _refused(folder, "pattern", message, r"pattern = '\d{4}-\d{2}-\d{2}'")
    try:
        re.compile(value)
    except re.error as error:
        message = f"{value!r} is no regular expression: {error}"
        raise _refused(folder, "pattern", message, "correct that line") from error
    return value


def _schema(folder: Path, value: Any) -> tuple[str | None, str | None]:
    """Returns a schema as JSON text, and the file that has it."""
    if value is None:
        return None, None
    if isinstance(value, str):
        file = folder / value
        schema = _read(folder, file)
        where = str(file)
    elif isinstance(value, Mapping):
        schema, where = value, config.place(folder, _SECTION, "schema")
    else:
        message = f"{value!r}: expected the name of a file with a JSON Schema"
        raise _refused(folder, "schema", message, f'schema = "{SCHEMA_FILE}"')
    text = canonical(schema)
    if found := schemas.problem(text):
        place, message = found
        at = f", {place}" if place else ""
        raise ConfigError(f"{where}{at}: no JSON Schema: {message}. Next: correct it there")
    return text, value if isinstance(value, str) else None


def _read(folder: Path, file: Path) -> Any:
    """Returns what a file with a schema holds."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        message = f"{file} is not there"
        advice = "write it, or leave that line out and type curate contract --infer"
        raise _refused(folder, "schema", message, advice) from error
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(folder, "schema", f"{file}: {error}", "name a file of UTF-8") from error
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"{file} line {error.lineno}, column {error.colno}: no JSON: {error.msg}. "
            "Next: correct that line"
        ) from error


# -- writing ---------------------------------------------------------------------------------------


def lines(contract: Contract) -> str:
    """Returns the section of curate.toml that says this contract."""
    text = f"[{_SECTION}]\n"
    if contract.schema is not None:
        text += f'schema = "{SCHEMA_FILE}"\n'
    if contract.pattern is not None:
        plain = "'" not in contract.pattern and contract.pattern.isprintable()
        quoted = f"'{contract.pattern}'" if plain else json.dumps(contract.pattern)
        text += f"pattern = {quoted}\n"
    text += "" if contract.tools else "tools = false\n"
    return text + ("fences = true\n" if contract.fences else "")


def pretty(schema: str) -> str:
    """Returns a schema as a person reads it: what fits on a line stands on one."""
    return laid_out(json.loads(schema)) + "\n"


def laid_out(value: Any, indent: str = "", *, is_open: bool = False) -> str:
    """Returns a value as JSON of which stands on one line what fits on it.

    Args:
        value: of JSON.
        indent: what stands before each line but the first.
        is_open: whether each part of the value has its line even where all would fit on one.
    """
    short = json.dumps(value, ensure_ascii=False)
    fits = len(indent) + len(short) <= _LINE and not is_open
    if fits or not value or not isinstance(value, dict | list):
        return short
    inner = indent + "  "
    if isinstance(value, list):
        parts = [inner + laid_out(part, inner) for part in value]
        return "[\n" + ",\n".join(parts) + f"\n{indent}]"
    parts = [
        f"{inner}{json.dumps(key, ensure_ascii=False)}: {laid_out(part, inner)}"
        for key, part in value.items()
    ]
    return "{\n" + ",\n".join(parts) + f"\n{indent}}}"


def write(folder: Path, contract: Contract, *, replace: bool = False) -> tuple[str, ...]:
    """Writes a contract into curate.toml, and its schema beside it; returns the files' names.

    Args:
        folder: of the project.
        contract: to be written.
        replace: whether another contract may stand there.

    Raises:
        ConfigError: there is one, and it shall stay.
    """
    toml, file = folder / config.NAME, folder / SCHEMA_FILE
    text = toml.read_text(encoding="utf-8") if toml.exists() else ""
    there = [config.NAME] if _SECTION in config.load(folder) else []
    there += [SCHEMA_FILE] if contract.schema is not None and file.exists() else []
    if there and not replace:
        raise ConfigError(
            f"{' and '.join(there)}: there is a contract already, and nothing was written. "
            "Next: curate contract --infer --write --yes, which replaces it"
        )
    if contract.schema is not None:
        file.write_text(pretty(contract.schema), encoding="utf-8")
    rest = config.without_section(text, _SECTION).rstrip("\n")
    toml.write_text(f"{rest}\n\n{lines(contract)}".lstrip("\n"), encoding="utf-8")
    return (SCHEMA_FILE, config.NAME) if contract.schema is not None else (config.NAME,)

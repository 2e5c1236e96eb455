"""What a team asks of every answer: ratings by name, tags, hints on labels, and its guidelines.

The first three stand under `[label]` in curate.toml, the last in `guidelines.md` beside it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curate import config
from curate.errors import ConfigError
from curate.label import kinds

KEYS = ("rubric", "tags", "hints")
GUIDELINES = "guidelines.md"
MAX_GUIDELINES = 100_000
"""Characters: nobody reads more before a day's work."""
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What cannot stand in a page. Source: https://www.w3.org/TR/xml/#charsets."""


@dataclass(frozen=True)
class Team:
    """What a team wants on its pages.

    Attributes:
        rubric: names of further ratings of an answer, 1 to 5 stars each.
        tags: that an annotator may put on an example.
        hints: what a label means, by label; annotators see it on the page and before they start.
        guidelines: of `guidelines.md`, as Markdown; empty where there is none.
    """

    rubric: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    hints: Mapping[str, str] = field(default_factory=dict)
    guidelines: str = ""


def team_of(folder: Path) -> Team:
    """Returns what the team of a project wants.

    Raises:
        ConfigError: a value is no list of texts or no table of them, or the guidelines are no text.
    """
    section = config.load(folder).get("label", {})
    names = {key: _names(folder, key, section.get(key, [])) for key in ("rubric", "tags")}
    hints = section.get("hints", {})
    if not isinstance(hints, Mapping) or not all(isinstance(t, str) for t in hints.values()):
        raise _refuse(folder, "hints", f'{hints!r}: expected a table, label = "what it means"')
    _refuse_unshowable(folder, "hints", hints.values())
    return Team(**names, hints=hints, guidelines=_guidelines(folder / GUIDELINES))


def _names(folder: Path, key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(
        isinstance(one, str) and one.strip() for one in value
    ):
        raise _refuse(folder, key, f"{value!r}: expected a list of names")
    if bad := [one for one in value if one.startswith("$")]:
        raise _refuse(
            folder, key, f"{bad[0]!r} begins with $, which Label Studio takes for a variable"
        )
    _refuse_unshowable(folder, key, value)
    if len({*value}) < len(value):
        raise _refuse(folder, key, f"{value!r}: a name stands there twice")
    return tuple(value)


def _refuse_unshowable(folder: Path, key: str, texts: Iterable[str]) -> None:
    if bad := [text for text in texts if NOT_XML.search(text)]:
        raise _refuse(folder, key, f"{bad[0]!r} has a character that no page can show")


def _refuse(folder: Path, key: str, message: str) -> ConfigError:
    return ConfigError(f"{config.place(folder, 'label', key, message)}: {message}")


def _guidelines(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}. Next: save the file as UTF-8") from error
    if len(text) > MAX_GUIDELINES:
        raise ConfigError(
            f"{path}: {len(text):,} characters, and annotators are shown at most "
            f"{MAX_GUIDELINES:,}. Next: shorten it"
        )
    return text


def unknown_hints(team: Team, kind: str, names: Collection[str]) -> list[str]:
    """Returns a note on hints that are about none of the project's labels."""
    unknown = sorted(team.hints.keys() - {*names}) if kinds.get(kind).choices else []
    listing = ", ".join(map(repr, unknown))
    return [f"hints in curate.toml are about no label of the project: {listing}"] if unknown else []

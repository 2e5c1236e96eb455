"""Whole documents of every dialect and every platform, which the fuzz mutates."""

from __future__ import annotations

import copy
import importlib.util
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.sources.presets import presets
from writers import TALK, WRITERS

CHECKOUT = Path(__file__).resolve().parents[2]
USER = "kim-48210017"
"""The id of a person, which no store may hold."""
MAIL = f"{USER}@mail.example"


@dataclass(frozen=True)
class Group:
    """Documents that are pulled in one way: each bundle is what belongs to one conversation.

    Attributes:
        name: of the preset and its kind, or `dialects`.
        options: of the command that pulls them.
        documents: one bundle, as it is before its ids are its own.
        is_apart: whether each document of a bundle is a call by itself.
    """

    name: str
    options: tuple[str, ...]
    documents: tuple[dict[str, Any], ...]
    is_apart: bool = True


def groups() -> list[Group]:
    """Returns the documents of all dialects, and of each preset and kind."""
    rows = tuple(_rows())
    found = [Group("dialects", ("--preset", "none", "--scale", "1-5"), rows)]
    by_kind: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for name, document in examples():
        for preset in presets():
            if preset.name == name and preset.fits(document):
                by_kind[name, preset.kind].append(_with_people(document))
    options = {"feedback": ("--as", "feedback"), "turns": ("--turns",), "interactions": ()}
    halves = {preset.name for preset in presets() if preset.halves}
    for (name, kind), documents in sorted(by_kind.items()):
        found.append(
            Group(
                f"{name} ({kind})",
                ("--preset", name, *options[kind]),
                tuple(documents),
                kind != "turns" and name not in halves,
            )
        )
    return found


def _rows() -> Iterator[dict[str, Any]]:
    """Yields a row of a log for each dialect, with its request and response in columns."""
    for name, write in WRITERS.items():
        request, response = write(TALK)
        if isinstance(request, dict):
            request = {**request, "user": USER}
        yield {
            "request_id": f"row-{name}",
            "request": request,
            "response": response,
            "stars": 4,
            "session_id": f"talk-{name}",
            "created_at": "2026-09-01T10:00:00Z",
            "user_id": USER,
            "metadata": {"region": "north", "user_email": MAIL},
        }


def examples() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the name of a preset and a document of it, for all that the tests of presets have."""
    for path in sorted((CHECKOUT / "tests" / "sources" / "presets").glob("test_*.py")):
        if path.stem == "test_fingerprints":
            continue
        spec = importlib.util.spec_from_file_location(f"seeds_of_{path.stem}", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, documents in getattr(module, "EXAMPLES", {}).items():
            for document in documents:
                yield name, document


# Keys under which platforms keep a person, by their documents.
_PEOPLE = re.compile(
    r"(.*[._])?(user|user_?id|userid|end_?user(_?id)?|from_end_user_id|request_user_id|enduser\.id"
    r"|e?mail|user_email|completed_by|annotator|author_?user_?id|author_id)",
    re.IGNORECASE,
)


def _with_people(value: Any, key: str = "") -> Any:
    """Returns a document in which every person has the planted id."""
    if isinstance(value, dict):
        if isinstance(name := value.get("key"), str) and _PEOPLE.fullmatch(name):
            return {**value, "value": {"stringValue": USER}}
        return {name: _with_people(inner, str(name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_people(inner, key) for inner in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        return _within_text(value, lambda inner: _with_people(inner, key))
    if not isinstance(value, str) or not value or not _PEOPLE.fullmatch(key):
        return value
    return MAIL if "@" in value else USER


def _within_text(text: str, change: Callable[[Any], Any]) -> str:
    """Returns JSON text with what it holds changed; any other text as it is."""
    try:
        inner = json.loads(text)
    except ValueError:
        return text
    changed = change(inner)
    return text if changed == inner else json.dumps(changed)


_END = "z"  # an id whose end is cut off is not another one
_IDS = re.compile(r"(?!model)(.*[._$])?(id|uuid|hash|oid)|(?!model)\w+Id", re.IGNORECASE)


def bundle(group: Group, number: int) -> list[dict[str, Any]]:
    """Returns the documents of a group with ids that no other bundle has."""
    documents = copy.deepcopy(list(group.documents))
    known: set[str] = set()
    _ids(documents, "", known)
    known -= {USER, MAIL, ""}
    return [_renamed(document, "", known, number) for document in documents]


def _ids(value: Any, key: str, found: set[str]) -> None:
    if isinstance(value, dict):
        if {"key", "request"} <= value.keys():  # of a batch of Gemini's
            found.add(str(value["key"]))
        for name, inner in value.items():
            _ids(inner, str(name), found)
    elif isinstance(value, list):
        for inner in value:
            _ids(inner, "", found)
    elif isinstance(value, str) and value[:1] in ("{", "["):
        try:
            _ids(json.loads(value), "", found)
        except ValueError:
            return
    elif isinstance(value, str) and _IDS.fullmatch(key):
        found.add(value)


def _renamed(value: Any, key: str, known: set[str], number: int) -> Any:
    if isinstance(value, dict):
        names = {name: f"{name}-{number}{_END}" if name in known else name for name in value}
        return {
            names[name]: _renamed(inner, str(name), known, number) for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_renamed(inner, "", known, number) for inner in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        return _within_text(value, lambda inner: _renamed(inner, "", known, number))
    if isinstance(value, str) and value in known:
        return f"{value}-{number}{_END}"
    is_number = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return value + 1_000 * number if is_number and _IDS.fullmatch(key) else value

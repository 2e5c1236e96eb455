"""Tells rows that are turns of conversations from rows that are calls, and says what to type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from shlex import quote
from typing import Any

from curate.errors import SourceError
from curate.messages import decoded, role_of
from curate.pull.columns import looks_like
from curate.pull.fields import FIELDS
from curate.pull.mapping import Declared, FieldMap, guess, role_word
from curate.pull.paths import present
from curate.text.text import folded

_ANSWERS = {"response", "messages", "request", "chosen", "label"}
# A column of roles has few words; one of texts has many.
_FEW_WORDS = 8
_MAPPED = ("session", "role", "text")


def refuse_turns(mapping: FieldMap, declared: Declared, rows: Sequence[Mapping[str, Any]]) -> None:
    """Refuses rows that are turns of conversations, each with its role, and names the command.

    Raises:
        SourceError: they are.
    """
    guessed = {name for name in mapping.fields if name not in declared.fields}
    if _ANSWERS & set(mapping.fields) or (mapping.fields and not guessed):
        return
    said = _columns(rows)
    if said is None:
        return
    words = _other_role(said.get("role") or _known("role", rows)[0], rows)
    turns = guess(rows, Declared("turns", said, roles=words))
    if not turns.roles:
        return
    roles = ", ".join(f"{word} = {role}" for word, role in list(turns.roles.items())[:4])
    options = "".join(f" --map {quote(f'{n}={c}')}" for n, c in said.items())
    options += "".join(f" --role {quote(f'{word}={role}')}" for word, role in words.items())
    raise SourceError(
        f"each row is a turn of a conversation, not a call ({turns.fields['role']}: {roles}). "
        f"Nothing was stored. Next: the same command with --turns{options}"
    )


def _known(name: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Returns the columns that are known to be a field of turns by their names."""
    by_name = {folded(column): column for row in reversed(rows) for column in reversed(list(row))}
    return [by_name[alias] for alias in FIELDS["turns"][name] if alias in by_name]


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, str] | None:
    """Returns the columns to name so that rows are read as turns; None where they are none."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    known = {name: _known(name, rows) for name in (*_MAPPED, "parent")}
    session = next(iter(known["session"]), None) or next(
        (c for c in columns if looks_like("session", c) and _repeats(c, rows)), None
    )
    role = next((c for c in (*known["role"], *columns) if _has_roles(c, rows)), None)
    if role is None and session is not None:
        role = next((c for c in columns if c != session and _alternates(c, session, rows)), None)
    others = [c for c in columns if c not in (role, session) and _is_text(c, rows)]
    text = next(iter(known["text"]), None) or (others[0] if len(others) == 1 else None)
    if role is None or text is None or not (session or known["parent"]):
        return None
    found = {"session": session, "role": role, "text": text}
    return {
        name: column
        for name, column in found.items()
        if column is not None and column != next(iter(known[name]), None)
    }


def _words(column: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(map(role_word, present(column, rows)[:_LOOKED_AT])))


def _has_roles(column: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Returns whether all words of a column are roles: who asks, and who answers."""
    words = _words(column, rows)
    roles = {role_of(word) for word in words} if len(words) <= _FEW_WORDS else {None}
    return None not in roles and "user" in roles and bool({"assistant", "system"} & roles)


def _alternates(column: str, session: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Returns whether a column has two words, one of a known role, that take turns."""
    words = _words(column, rows)
    if len(words) != 2 or len(_other_role(column, rows)) != 1:
        return False
    pairs = [(row.get(session), row.get(column)) for row in rows[:_LOOKED_AT]]
    following = [(a, b) for a, b in pairwise(pairs) if a[0] == b[0]]
    return 2 * len(following) >= len(pairs) > 2 and all(a != b for a, b in following)


def _other_role(column: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Returns the role of the one of two words that is not known: the other speaker's."""
    words = _words(column, rows)
    known = {word: role for word in words if (role := role_of(word)) in _OTHER}
    if len(words) != 2 or len(known) != 1:
        return {}
    (role,) = known.values()
    return {word: _OTHER[str(role)] for word in words if role_of(word) is None}


_OTHER = {"user": "assistant", "assistant": "user"}
_LOOKED_AT = 500


def _repeats(column: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    values = [str(value) for value in present(column, rows)]
    return len(set(values)) < len(values)


def _is_text(column: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Returns whether a column holds what people write: most of its values have several words."""
    values = [decoded(value) for value in present(column, rows)[:_LOOKED_AT]]
    texts = [v for v in values if isinstance(v, str) and not v[:4].isdigit() and " " in v.strip()]
    return bool(values) and 2 * len(texts) >= len(values)

"""Why a condition of `--where` fails, and what was probably meant."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from difflib import get_close_matches

_SMART = str.maketrans(dict.fromkeys("\u2018\u2019\u201a\u201b\u201c\u201d\u201e", "'"))
_UNKNOWN = re.compile(
    r'Referenced column "(?P<bare>[^"]+)" not found|does not have a column named "(?P<own>[^"]+)"'
)
_STRING = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*")
_NULL = re.compile(r"\s*(<>|!=|==?)\s*NULL\b", re.IGNORECASE)


def compares_null(condition: str) -> str | None:
    """Returns the corrected condition, where one compares with NULL, which is never true."""
    masked = _STRING.sub(lambda match: "." * len(match[0]), condition)
    corrected = condition
    for match in reversed(list(_NULL.finditer(masked))):
        word = " IS NOT NULL" if match[1] in ("<>", "!=") else " IS NULL"
        corrected = corrected[: match.start()] + word + corrected[match.end() :]
    return corrected if corrected != condition else None


def explain(condition: str, message: str, columns: Sequence[str], of: str = "curate filter") -> str:
    """Returns what is wrong with a condition, the columns there are, and the command to type.

    Args:
        condition: as it was typed.
        message: of DuckDB.
        columns: that it may name.
        of: the command that has the condition.
    """
    problem, corrected = _diagnose(condition, message, columns)
    text = f"{condition}: {problem}"
    if _UNKNOWN.search(message):
        text += f". Columns: {', '.join(columns)}"
    if corrected is None or corrected == condition:
        return f"{text}. Next: {of} --where SQL; texts stand in single quotes"
    return f"{text}. Next: {command(corrected, of)}"


def command(condition: str, of: str = "curate filter") -> str:
    """Returns the command that applies a condition, as a shell takes it."""
    plain = not any(character in condition for character in '"$`\\!')
    quoted = f'"{condition}"' if plain else shlex.quote(condition)
    return f"{of} --where {quoted}"


def _diagnose(condition: str, message: str, columns: Sequence[str]) -> tuple[str, str | None]:
    outside = _STRING.sub("", condition)
    if outside.translate(_SMART) != outside:
        return "typographic quotes are no quotes to SQL", condition.translate(_SMART)
    if match := _UNKNOWN.search(message):
        return _unknown_column(condition, match["bare"] or match["own"], columns)
    if condition.replace("''", "").count("'") % 2:
        return "a quote is open: a ' inside a text is written twice, as in 'it''s'", None
    if condition.rstrip().endswith(";"):
        return "it ends with ';'", condition.rstrip().rstrip("; \t\n")
    if 'at or near ")"' in message and condition.count("(") >= condition.count(")"):
        return "it ends too early", None
    return " ".join(message.split("LINE ")[0].split())[:300].rstrip("."), None


def _unknown_column(condition: str, name: str, columns: Sequence[str]) -> tuple[str, str | None]:
    quoted = f'"{name}"'
    problem = f"there is no column {name!r}"
    close = _close(name, columns)
    if close:
        listing = " or ".join(repr(column) for column in close)
        return f"{problem}. Did you mean {listing}?", _replaced(condition, name, close[0])
    if quoted in condition:
        problem += " (in double quotes stands a column, in single quotes a text)"
        return problem, condition.replace(quoted, "'" + name.replace("'", "''") + "'")
    if re.search(rf"(=|<>|\blike|\bin\s*\()\s*{re.escape(name)}\b", condition, re.IGNORECASE):
        return f"{problem}; a text stands in single quotes", _replaced(condition, name, f"'{name}'")
    return problem, None


def _close(name: str, columns: Sequence[str]) -> list[str]:
    """Returns the columns that a name may stand for: part of theirs, or nearly the same."""
    lower = {column.lower(): column for column in columns}
    parts = [c for c in lower if name.lower() in c.split("_")]
    near = get_close_matches(name.lower(), list(lower), n=3, cutoff=0.7)
    return [lower[c] for c in dict.fromkeys([*near, *parts])][:3]


def _replaced(condition: str, name: str, by: str) -> str:
    """Returns a condition with a name replaced, outside of texts."""
    pattern = re.compile(rf"'(?:[^']|'')*'|\"{re.escape(name)}\"|\b{re.escape(name)}\b")
    return pattern.sub(lambda m: m[0] if m[0].startswith("'") else by, condition)

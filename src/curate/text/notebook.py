"""What results look like in a notebook: tables, their texts escaped, long ones cut.

A result inherits `Shown`, a list of results is `Rows`; both need nothing that is not installed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from curate.text.escaping import for_html
from curate.text.wording import shortened

MOST_ROWS, MOST_CHARACTERS = 20, 200
_DEEPEST = 3

Row = TypeVar("Row")


class Shown:
    """A dataclass that a notebook shows as tables."""

    def _repr_html_(self) -> str:
        return _fields(self, 0)


class Rows(list[Row]):
    """A list that a notebook shows as a table, one row per item."""

    def _repr_html_(self) -> str:
        return _table(self, 0)


def _fields(value: Any, depth: int) -> str:
    """Returns the fields of a dataclass, one a line; what has rows itself stands below them."""
    named, below = [], ""
    for name, part in _named(value).items():
        if _is_nested(part):
            below += _folded(name, part, depth + 1)
        else:
            named.append(f"<tr>{_cell(name, 'th')}{_cell(part)}</tr>")
    caption = "" if depth else f"<caption>{for_html(_title(value))}</caption>"
    return _tag("table", caption + "".join(named)) + below if named else caption and below


def _table(rows: Sequence[Any], depth: int) -> str:
    """Returns a table of dataclasses, mappings, or other values."""
    shown = [_named(row) for row in rows[:MOST_ROWS]]
    names = list(dict.fromkeys(name for row in shown for name in row))
    has_names = any(name.strip() for name in names)
    head = "".join(_cell(name, "th") for name in names) if has_names else ""
    body = "".join(
        f"<tr>{''.join(_cell(row.get(name), depth=depth) for name in names)}</tr>" for row in shown
    )
    more = len(rows) - len(shown)
    text = _tag("table", (head and f"<thead><tr>{head}</tr></thead>") + _tag("tbody", body))
    return text + (f"<p>and {more:,} more</p>" if more else "") if rows else "<p>none</p>"


def _folded(name: str, value: Any, depth: int) -> str:
    """Returns a value below its name, to be unfolded; the first level is unfolded already."""
    if is_dataclass(value):
        number, text = "", _fields(value, depth)
    else:
        rows = _pairs(value) if isinstance(value, Mapping) else list(value)
        number, text = f" ({len(rows):,})", _table(rows, depth)
    return (
        f"<details{' open' if depth == 1 else ''}>"
        f"<summary>{for_html(_spaced(name))}{number}</summary>{text}</details>"
    )


def _cell(value: Any, tag: str = "td", *, depth: int = 0) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if tag == "th":
        text = for_html(_spaced(str(value)))
    elif _is_nested(value) and depth < _DEEPEST:
        text = _folded(type(value).__name__ if is_dataclass(value) else "rows", value, depth + 2)
    else:
        text = for_html(_said(value))
    return f'<{tag} style="text-align:{"right" if is_number else "left"}">{text}</{tag}>'


def _named(value: Any) -> dict[str, Any]:
    """Returns the parts of a row by their names; a value that has no parts has one without name."""
    if is_dataclass(value):
        return {part.name: getattr(value, part.name) for part in fields(value) if part.repr}
    if isinstance(value, Mapping):
        return {str(name): part for name, part in value.items()}
    if isinstance(value, tuple):
        return {" " * (place + 1): part for place, part in enumerate(value)}
    return {" ": value}


def _pairs(value: Mapping[Any, Any]) -> list[dict[str, Any]]:
    """Returns what a mapping holds, one row per name."""
    return [
        {"name": str(name), **(_named(part) if is_dataclass(part) else {"": part})}
        for name, part in value.items()
    ]


def _is_nested(value: Any) -> bool:
    """Returns whether a value is shown as a table: it has parts, or rows that have."""
    if is_dataclass(value):
        return True
    if isinstance(value, Mapping):
        return any(isinstance(part, list | tuple) or _is_nested(part) for part in value.values())
    return isinstance(value, list | tuple) and any(
        isinstance(row, tuple | Mapping) or is_dataclass(row) for row in value
    )


def _said(value: Any) -> str:
    """Returns a plain value as text: numbers with thousands separators, long lists cut."""
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return shortened(str(value), MOST_CHARACTERS)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".") if abs(value) >= 0.001 else f"{value:.3g}"
    if isinstance(value, Mapping):
        return _listed(f"{name} {_said(part)}" for name, part in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return _listed(map(_said, sorted(value) if isinstance(value, set | frozenset) else value))
    return shortened(str(value), MOST_CHARACTERS)


def _listed(parts: Iterable[str]) -> str:
    listed = list(parts)
    more = len(listed) - MOST_ROWS
    return ", ".join(listed[:MOST_ROWS]) + (f" and {more:,} more" if more > 0 else "")


def _title(value: Any) -> str:
    """Returns the first line of a docstring; of a dataclass without one, its name."""
    name = type(value).__name__
    first = (type(value).__doc__ or "").strip().partition("\n")[0]
    return name if not first or first.startswith(f"{name}(") else first.rstrip(".")


def _spaced(name: str) -> str:
    return name.replace("_", " ").strip(" ")


def _tag(name: str, text: str) -> str:
    return f"<{name}>{text}</{name}>"

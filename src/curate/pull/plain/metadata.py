"""What no field takes of plain documents, as JSON text without the ids of users."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson

from curate.kernels.user_ids import is_user_key
from curate.messages import canonical
from curate.pull.users import UserKeys, names_in

_MOST_KNOWN = 50_000
# What JSON or Python writes in another way than the id itself: quotes, numbers such as 1e16, None.
_WRITTEN_OTHERWISE = re.compile(r"""["\\\x00-\x1f\x7f]|None|True|False|^[-+.\d]*[eE][-+\d]*$""")
_PLAIN = frozenset((int, float, bool, type(None)))


class Metadata:
    """Makes the metadata of documents, each distinct one once.

    Args:
        users: keys of users.
        mapped: columns that fields take.
    """

    def __init__(self, users: UserKeys, mapped: Collection[str]) -> None:
        self._users, self._mapped = users, mapped
        self._rest: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._known: dict[str, str | None] = {}

    def of(
        self, documents: Sequence[Mapping[str, Any]], users: Sequence[str | None]
    ) -> list[str | None]:
        """Returns the metadata of each document, None where the id of a user may stand there.

        Args:
            documents: with all of their columns.
            users: of each of them, as text.
        """
        odd = {user for user in set(users) if user and _WRITTEN_OTHERWISE.search(user)}
        return [
            None if user in odd else self._one(document, user)
            for document, user in zip(documents, users, strict=True)
        ]

    def _one(self, document: Mapping[str, Any], user: str | None) -> str | None:
        keys = tuple(document)
        names = self._rest.get(keys)
        if names is None:
            names = self._rest[keys] = tuple(k for k in keys if k not in self._mapped)
        if not names:
            return "{}"
        rest = {name: document[name] for name in names}
        try:
            text = orjson.dumps(rest, option=_OF_JSON).decode()
        except TypeError:
            return self._with_times(rest, user)
        if user is not None and user in text:
            return None
        if text not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[text] = text if _hides_nothing(rest) else self._hidden(rest)
        return self._known[text]

    def _with_times(self, rest: dict[str, Any], user: str | None) -> str | None:
        """Returns the metadata of a row of a database, which is mostly like no other."""
        try:
            text = orjson.dumps(rest, option=orjson.OPT_SORT_KEYS).decode()
        except TypeError:  # a database's other types
            return None
        return None if user is not None and user in text else self._hidden(rest)

    def _hidden(self, rest: dict[str, Any]) -> str | None:
        return None if names_in(rest) else canonical(self._users.hidden(rest))


_OF_JSON = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME


def _hides_nothing(value: Any) -> bool:
    """Returns whether a value plainly holds no id of a user: it is shown as it is."""
    kind = type(value)
    if kind is str:
        return value.isalnum() or not _may_hide(value)
    if kind in _PLAIN:
        return True
    if kind is list:
        return all(map(_hides_nothing, value))
    if kind is not dict or "value" in value or any("@" in k or is_user_key(k) for k in value):
        return False
    return all(map(_hides_nothing, value.values()))


def _may_hide(text: str) -> bool:
    signs = "@" in text or ":" in text or "=" in text or "%" in text
    return signs or text[:1] in ("{", "[") or text.count(".") > 2

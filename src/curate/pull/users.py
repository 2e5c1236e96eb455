"""User ids are stored as an HMAC under the project's salt, wherever in a document they stand."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from curate.kernels.user_ids import (
    is_address,
    is_mail,
    is_speaker,
    is_user_key,
    keyed,
    mails_replaced,
    replaced,
    token_replaced,
)
from curate.messages import as_json, decoded

MARK = "hmac:"
"""What a hashed id begins with where it stands among other values."""

_LONG_ENOUGH = 6  # a shorter id within a longer text may be a part of any word


class UserKeys:
    """Keys of users under one salt.

    Args:
        salt: key of the HMAC.
    """

    def __init__(self, salt: bytes) -> None:
        self._salt = salt
        self._known: dict[str, str] = {}

    def key(self, name: str) -> str:
        """Returns what is stored of an id."""
        if name not in self._known:
            self._known[name] = hmac.new(self._salt, name.encode(), "sha256").hexdigest()[:32]
        return self._known[name]

    def in_id(self, value: Any) -> Any:
        """Returns an id of anything with the e-mails in it hashed: what it joins, it still joins.

        Args:
            value: as it was logged; one that is no text stays.
        """
        return mails_replaced(value, self._marked) if isinstance(value, str) else value

    def in_name(self, text: str | None, user: str | None) -> str | None:
        """Returns the name of a session or group without e-mails and the id of the row's user."""
        text = self.in_id(text)
        return token_replaced(text, user, self._marked(user)) if text and user else text

    def hidden(self, value: Any, names: frozenset[str] = frozenset()) -> Any:
        """Returns a value with every user's id in it hashed.

        Hashed are values under a key that names a user, e-mails and addresses of machines that
        stand alone, and `names`, wherever they stand.

        Args:
            value: anything that JSON can say.
            names: ids that another field of the document holds.
        """
        if isinstance(value, Mapping):
            return self._object(value, names)
        if isinstance(value, list):
            return [self.hidden(item, names) for item in value]
        if isinstance(value, str):
            return self._text(value, names)
        return MARK + self.key(str(value)) if names and str(value) in names else value

    def _object(self, value: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
        # {"key": "user.id", "value": ...}, as telemetry writes an attribute
        name = value.get("key", value.get("name"))
        is_named = isinstance(name, str) and "value" in value and is_user_key(name)
        return {
            self._key(key, names): self._under_user(item, names)
            if is_user_key(key) or (is_named and key == "value")
            else self.hidden(item, names)
            for key, item in value.items()
        }

    def _key(self, key: Any, names: frozenset[str]) -> Any:
        """Returns a key, which may be an id itself: {"ann@shop.example": 1}."""
        is_id = isinstance(key, str) and (key in names or is_mail(key))
        return MARK + self.key(key) if is_id else key

    def _under_user(self, value: Any, names: frozenset[str]) -> Any:
        if isinstance(value, Mapping):
            return {key: self._under_user(item, names) for key, item in value.items()}
        if isinstance(value, list):
            return [self._under_user(item, names) for item in value]
        if value is None or isinstance(value, bool | float) or value == "":
            return value
        if isinstance(value, str) and is_speaker(value):
            return value
        return self._marked(str(value))

    def _marked(self, name: str) -> str:
        """Returns what stands for an id within a text; one that was hashed stays as it is."""
        return name if name.startswith(MARK) else MARK + self.key(name)

    def _text(self, text: str, names: frozenset[str]) -> str:
        if text in names or is_mail(text) or is_address(text):
            return MARK + self.key(text)
        if text[:1] in ("{", "["):
            inner = decoded(text)
            if not isinstance(inner, str):
                hidden = self.hidden(inner, names)
                return text if hidden == inner else as_json(hidden)
            text = keyed(text, self._marked)
        for name in names:
            if len(name) >= _LONG_ENOUGH and name in text:
                text = text.replace(name, MARK + self.key(name))
        return text if text.isalnum() else replaced(text, lambda found: MARK + self.key(found))


def names_in(value: Any) -> frozenset[str]:
    """Returns the ids of users that stand in a value under keys that say so."""
    found: set[str] = set()
    _collect(value, False, found)
    return frozenset(found)


def _collect(value: Any, under_user: bool, found: set[str]) -> None:
    if isinstance(value, str) and value[:1] in ("{", "["):
        value = decoded(value)
    if isinstance(value, Mapping):
        for key, item in value.items():
            _collect(item, under_user or is_user_key(key), found)
    elif isinstance(value, list):
        for item in value:
            _collect(item, under_user, found)
    elif under_user and isinstance(value, str | int) and len(str(value)) > 1:
        if is_speaker(str(value)):
            return
        found.add(str(value))

"""Tells users' ids from other values: by the key they stand under, or by what they look like."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from curate.text.text import folded

_KEYS = re.compile(
    r"""(?:^|_)(?:
        (?:end_?|request_?)?user(?:s|_?ids?|_?names?|_?key|_?identifier)?
      | uid | login | nick_?name | screen_name | handle | actor(?:_id)?
      | x_forwarded_for | x_real_ip | forwarded_for
      | e?_?mails?(?:_addr(?:ess(?:es)?)?)? | ip | ip_?addr(?:ess)? | client_ip | remote_addr
      | (?:user|customer|account|member|visitor|person|patient|student|subscriber|contact|guest)
        _(?!\w*(?:team|org|organi[sz]ation|project|group|tenant|workspace)_)
        (?:\w+_)?(?:u?uid|id|key|hash|ref|number|no|name|email|phone|pseudonym)
      | (?:patient|student|subscriber|guest)(?:_id)? | contact_id | sender_id | from_user | from_id
      | real_name | msisdn | wa_id | ip_hash | user_(?:profile|info|details|data)
      | hashed_ip
      | (?:account|annotator|author|customer|owner)(?:_?ids?|_?names?|_uuid|_user_id)?
      | (?:assignee|employee|member|person|requester|reviewer|submitter|visitor)(?:_id)?
      | distinct_id | anonymous_id | device_id | phone | phone_number
      | completed_by | created_by | updated_by | first_name | last_name | full_name | display_name
      | (?:set_)?cookies? | sender | client_id
      | (?:be)?nutzer(?:_?(?:id|name|nr|nummer|kennung))?
      | kunden?(?:_?(?:id|nr|name|nummer))? | usuarios?(?:_id)? | id_usuario
      | utilisateurs?(?:_id)? | id_utilisateur | clientes?(?:_id)? | id_cliente
      | safety_?identifier | api_?key(?:_hash|_alias)?
    )$""",
    re.VERBOSE,
)
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_MAIL_IN_ID = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_HIDDEN = "***"
_SPEAKERS = frozenset(
    (
        *("user", "users", "human", "customer", "client", "assistant", "agent", "bot", "ai"),
        *("system", "model", "tool", "chatbot"),
    )
)
_NOBODY = _SPEAKERS | {
    *("admin", "anonymous", "anon", "guest", "none", "null", "unknown", "default", "root", "test"),
    *("demo", "public", "service", "production", "development", "staging", "name", "member"),
}
_SHORTEST, _SHORTEST_NUMBER = 4, 6
# user_id:kim-4821 in a tag, ?user_id=kim-4821 in an address
_TAGGED = re.compile(r"([A-Za-z_][\w.\-]*)(?:[:=]|%3[AaDd])([^&\s,;#/?]+)")
# A key with what follows it, also where it stands in JSON that stands inside of text.
_NAMED = re.compile(r"""([\w .\-/:]{1,60}?)(\\*["'])?\s*[:=]\s*""")
_VALUE = re.compile(r"""(\\*["']).*?(?:(?<!\\)\1|$)|[^\s,;&}\]]+""", re.DOTALL)
_MAIL_WITHIN = re.compile(r"""[^\s@"'<>(),;:=\[\]{}\\]+@[^\s@"'<>(),;:=\[\]{}\\]+""")
_ADDRESS_WITHIN = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(?!\w)"
)


@lru_cache(maxsize=10_000)
def is_user_key(key: str) -> bool:
    """Returns whether what stands under a key is a user's id, name, e-mail or address."""
    return _KEYS.search(folded(str(key))) is not None


def is_mail(text: str) -> bool:
    """Returns whether a text is an e-mail address and nothing else."""
    return "@" in text and _MAIL.fullmatch(text) is not None


def is_address(text: str) -> bool:
    """Returns whether a text is the address of a machine and nothing else."""
    if not 7 <= len(text) <= 45 or (text.count(".") != 3 and ":" not in text):
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_speaker(text: str) -> bool:
    """Returns whether a text is a word for who speaks, such as `bot`, and no id of anyone."""
    return text.casefold() in _SPEAKERS


def mails_replaced(text: str, key_of: Callable[[str], str]) -> str:
    """Returns an id in which each e-mail is another text; what stands beside it stays.

    Args:
        text: an id, such as `ann@shop.example|7`.
        key_of: what stands for an e-mail.
    """
    return _MAIL_IN_ID.sub(lambda found: key_of(found[0]), text) if "@" in text else text


def token_replaced(text: str, name: str, other: str) -> str:
    """Returns a text in which another stands for a name, where that is a whole token.

    A short name, a short number and a word such as `admin` stay, as they may mean something else.
    """
    shortest = _SHORTEST_NUMBER if name.isdecimal() else _SHORTEST
    if len(name) < shortest or name not in text or name.casefold() in _NOBODY:
        return text
    return re.sub(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", lambda _: other, text)


def replaced(text: str, key_of: Callable[[str], str]) -> str:
    """Returns a text in which e-mails, addresses and ids that a name precedes are others.

    Args:
        text: of a document, such as a tag, the address of a page or a list of machines.
        key_of: what stands for an id.
    """

    def tagged(match: re.Match[str]) -> str:
        if not is_user_key(match[1]):
            return match[0]
        return match[0].removesuffix(match[2]) + key_of(match[2])

    if "=" in text or ":" in text or "%3" in text:
        text = _TAGGED.sub(tagged, text)
    if "@" in text:
        text = _MAIL_WITHIN.sub(lambda m: key_of(m[0]) if is_mail(m[0]) else m[0], text)
    if text.count(".") < 3 and text.count(":") < 2:
        return text
    return _ADDRESS_WITHIN.sub(lambda m: key_of(m[0]) if is_address(m[0]) else m[0], text)


def keyed(text: str, key_of: Callable[[str], str]) -> str:
    """Returns the text of an object in which what stands under keys of users is another text.

    Args:
        text: JSON, also broken or cut off, or what a program wrote with str().
        key_of: what stands for an id, or for an object that stands there.
    """
    pieces, end = [], 0
    while match := _NAMED.search(text, end):
        pieces.append(text[end : match.end()])
        end = match.end()
        if is_user_key(match[1].strip()):
            begin, end = end, _end_of_value(text, end)
            value = text[begin:end].strip("\\\"'")
            pieces.append(key_of(value) if value else text[begin:end])
    return "".join([*pieces, text[end:]])


def names_masked(text: str, names: Iterable[str]) -> str:
    """Returns a piece of a log in which none of some ids can be read as a whole token."""
    for name in sorted(names, key=len, reverse=True):
        text = token_replaced(text, name, _HIDDEN)
    return text


def masked(text: str) -> str:
    """Returns a piece of a log in which no user's id can be read, whole or broken JSON.

    Hidden are values under keys that name a user, e-mails and addresses of machines. A piece that
    was masked stays as it is.
    """
    plain = _MAIL_WITHIN.sub(_HIDDEN, keyed(text, lambda _: _HIDDEN))
    return _ADDRESS_WITHIN.sub(lambda m: _HIDDEN if is_address(m[0].rstrip(".")) else m[0], plain)


def _end_of_value(text: str, start: int) -> int:
    """Returns where the value ends that begins at a place; an unclosed one ends with the text."""
    if text[start : start + 1] not in ("{", "["):
        value = _VALUE.match(text, start)
        return value.end() if value else start
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] in "{[") - (text[place] in "}]")
        if depth == 0:
            return place + 1
    return len(text)

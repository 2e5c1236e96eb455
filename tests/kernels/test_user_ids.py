"""Which keys name a user, and what of a piece of a log may be shown."""

from __future__ import annotations

import pytest

from curate.kernels.user_ids import (
    is_user_key,
    mails_replaced,
    masked,
    names_masked,
    token_replaced,
)

PIECES = {
    '{"user_id": "u-4711", "text": "Hi!"': '{"user_id": ***, "text": "Hi!"',
    '{"userId":4711,"n":2': '{"userId":***,"n":2',
    '{"customer": {"id": "c-9", "name": "Ada"}, "n": 1': '{"customer": ***, "n": 1',
    '{"customer": {"id": "c-9", "na': '{"customer": ***',
    '{"user": "Ada Love': '{"user": ***',
    '{"members": ["a", "b"], "n": 1': '{"members": ["a", "b"], "n": 1',
    '{"users": ["ada", "bob"], "n": 1': '{"users": ***, "n": 1',
    r'"{\"email\": \"a@b.c\", \"n\": 1': r'"{\"email\": ***, \"n\": 1',
    "{'login': 'ada', 'n': 1": "{'login': ***, 'n': 1",
    "user=ada text=Hi!": "user=*** text=Hi!",
    "write to ada@lovelace.org today": "write to *** today",
    "from 192.168.7.20 and 2001:db8::7 at 12:30:45": "from *** and *** at 12:30:45",
    '{"prompt": "Where is it?", "n': '{"prompt": "Where is it?", "n',
    '{"tokens": 12, "model": "helpdesk-1"': '{"tokens": 12, "model": "helpdesk-1"',
    "": "",
}  # fmt: skip


@pytest.mark.parametrize("text", PIECES)
def test_no_id_of_a_user_is_shown(text: str) -> None:
    assert masked(text) == PIECES[text]
    assert masked(PIECES[text]) == PIECES[text]


@pytest.mark.parametrize(
    "key",
    [
        *("user", "userId", "user_id", "end_user", "endUserId", "username", "request_user_id"),
        *("user.id", "mlflow.trace.user", "author_user_id", "email", "userEmail", "ip"),
        *("requester_ip_address", "clientIp", "accountId", "api_key", "user_api_key_hash"),
        *("Helicone-User-Id", "safety_identifier", "customer_id", "owner", "userKey", "customerid"),
        *("user_identifier", "ipaddress", "emails", "account_uuid", "ownerName", "accountids"),
        *("cookie", "Set-Cookie", "sender", "clientId", "KundenNr", "Kundennummer", "Nutzer"),
        *("benutzername", "usuario", "utilisateur", "cliente", "id_cliente"),
    ],
)
def test_these_keys_name_people(key: str) -> None:
    assert is_user_key(key)


@pytest.mark.parametrize(
    "key",
    [
        *("user_feedback", "userAgent", "name", "role", "model", "tags", "zip", "recipe", "ship"),
        *("usage", "tokens", "trace_id", "session_id", "id", "author_note", "accounting"),
        *("client", "client_version", "kundendienst", "nutzung", "clienteling"),
    ],
)
def test_these_keys_do_not(key: str) -> None:
    assert not is_user_key(key)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("kim-4821:2026", "kim-4821", "#:2026"),
        ("s_kim-4821_2", "kim-4821", "s_#_2"),
        ("kim-48210", "kim-4821", "kim-48210"),
        ("no admin here", "admin", "no admin here"),
        ("in 2026", "2026", "in 2026"),
        ("s-902104", "902104", "s-#"),
        ("a-kim", "kim", "a-kim"),
    ],
)
def test_a_name_is_replaced_where_it_is_a_whole_token(text: str, name: str, expected: str) -> None:
    assert token_replaced(text, name, "#") == expected


def test_mails_in_ids_are_replaced_and_the_rest_stays() -> None:
    assert mails_replaced("ann@shop.example|7 b", lambda mail: f"<{len(mail)}>") == "<16>|7 b"
    assert mails_replaced("@ann/7", str.upper) == "@ann/7"


def test_names_are_masked_the_longest_first() -> None:
    assert names_masked("keys u-leak-1, u-leak", ["u-leak", "u-leak-1"]) == "keys ***, ***"

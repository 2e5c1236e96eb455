"""What was asked and answered in plain documents: the columns that follow from texts alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any

import orjson

from curate.messages import split_answer
from curate.pull.interactions import HASHED, content_columns
from curate.pull.plain.columns import Column

_CONTENT = ("messages", "output", "query", "context", "response", "call_hash", "chain",
            "content_hash")  # fmt: skip
_NO_CHAIN: list[str] = []


def content(columns: Mapping[str, Column], sessions: Column) -> dict[str, Column]:
    """Returns the columns that the texts of plain documents make.

    Args:
        columns: field -> its values; of each document, either a query or a list of messages.
        sessions: of each document.
    """
    nothing: Column = [None] * len(sessions)
    texts = (columns.get(name, nothing) for name in ("system", "query", "response", "messages"))
    rows = [
        _of_texts(system, query, answer, session) if talk is None else _of_talk(talk, session)
        for system, query, answer, talk, session in zip(*texts, sessions, strict=True)
    ]
    return dict(zip(_CONTENT, map(list, zip(*rows, strict=True)), strict=True))


def _of_talk(talk: list[dict[str, Any]], session: str | None) -> tuple[Any, ...]:
    """Returns the columns of a list of messages, which mostly is a question and its answer."""
    roles = [message["role"] for message in talk]
    system = talk[0]["content"] if roles[0] == "system" else None
    if roles[system is not None :] == ["user", "assistant"]:
        return _of_texts(system, talk[-2]["content"], talk[-1]["content"], session)
    messages, output = split_answer(talk)
    row = content_columns(messages, output, None, session)
    return tuple(row[name] for name in _CONTENT)


def _of_texts(
    system: str | None, query: str, answer: str | None, session: str | None
) -> tuple[Any, ...]:
    asked, replied = _json(query), _json(answer) if answer is not None else None
    messages = b'[%b{"content":%b,"role":"user"}]' % (_system(system), asked)
    output = None if replied is None else b'[{"content":%b,"role":"assistant"}]' % replied
    call_hash = None
    if session is None and replied is not None:
        said = b'["user",%b,null]["assistant",%b,null]' % (asked, replied)
        call_hash = sha256(said).hexdigest()[:32]
    whole = b"[%b,%b,null]" % (messages, output or b"null")
    content_hash = sha256(whole).hexdigest()
    return messages, output, query, "", answer, call_hash, _NO_CHAIN, content_hash


_json: Callable[[str], bytes] = orjson.dumps


@lru_cache(maxsize=1_000)
def _system(text: str | None) -> bytes:
    return b"" if text is None else b'{"content":%b,"role":"system"},' % _json(text)


def row_hashes(rows: Mapping[str, Column]) -> list[str]:
    """Returns for each row a hash of all that it says."""
    count = len(rows["content_hash"])
    nothing: Column = [None] * count
    hashed: Any = zip(*(rows.get(name, nothing) for name in HASHED), strict=True)
    if traces := rows.get("trace_id"):
        hashed = (
            said if trace is None else (*said, {"trace_id": trace})
            for said, trace in zip(hashed, traces, strict=True)
        )
    return [sha256(orjson.dumps(said)).hexdigest()[:32] for said in hashed]


def base_ids(rows: Mapping[str, Column]) -> list[str | None]:
    """Returns for each row without an id of its own what it is numbered by."""
    nothing: Column = [None] * len(rows["content_hash"])
    names = ("source_id", "messages", "output", "created_at", "session_id")
    return [
        None if name is not None else _base_id(*said)
        for name, *said in zip(*(rows.get(n, nothing) for n in names), strict=True)
    ]


def _base_id(messages: Any, output: Any, created_at: Any, session: str | None) -> str:
    at = orjson.dumps([created_at and created_at.isoformat(), session])
    said, replied = (m.encode() if isinstance(m, str) else m for m in (messages, output))
    return sha256(b"[%b,%b,%b" % (said, replied or b"null", at[1:])).hexdigest()[:32]

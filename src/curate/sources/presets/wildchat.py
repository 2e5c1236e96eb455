"""WildChat and LMSYS-Chat-1M: public data sets of conversations."""

from __future__ import annotations

from collections.abc import Iterator

from curate.sources.presets import Fields, LeftOut, Part, Preset
from curate.sources.presets._conversations import (
    CALL_FIELDS,
    TalkTurn,
    calls_in_list,
    conversation,
    role_of,
    said,
)
from curate.sources.presets._values import as_list, dicts, first_text, name_of, text_in, without

_USED = (
    *("conversation", "conversation_hash", "conversation_id", "model", "timestamp", "tstamp"),
    *("hashed_ip", "header"),
)
_MARKS = {"turn", "language", "openai_moderation", "detoxify_moderation", "redacted", "toxic"}


def _is_row(document: Fields) -> bool:
    names = set(document)
    turns = dicts(document.get("conversation"))
    has_name = bool({"conversation_hash", "conversation_id"} & names)
    is_known = "conversation_hash" in names or bool(_MARKS & names)
    return has_name and is_known and bool(turns) and all("role" in turn for turn in turns)


def _name(document: Fields) -> str | None:
    return first_text(
        name_of(document.get("conversation_hash")), name_of(document.get("conversation_id"))
    )


def _calls(document: Fields) -> Iterator[Part]:
    name = _name(document)
    if len(as_list(document.get("conversation"))) != len(dicts(document.get("conversation"))):
        yield LeftOut("conversation with a turn that is no message")
        return
    turns = [_turn(message, document) for message in dicts(document.get("conversation"))]
    calls = list(calls_in_list(turns))
    last = next((call for call in reversed(calls) if not isinstance(call, LeftOut)), None)
    named = [
        call
        if isinstance(call, LeftOut)
        else {**call, "id": name if call is last else f"{name}#{number}"}
        for number, call in enumerate(calls, 1)
    ]  # the last answer stands for the conversation
    yield from conversation(without(document, _USED), name, named)


def _turn(message: Fields, document: Fields) -> TalkTurn:
    role = role_of(message.get("role"))
    times = (message.get("timestamp"), document.get("timestamp"), document.get("tstamp"))
    return TalkTurn(
        role,
        said(role, text_in(message.get("content"))),
        about={
            "created_at": next((time for time in times if time is not None), None),
            "model": text_in(document.get("model")),
            "user": name_of(message.get("hashed_ip")) or name_of(document.get("hashed_ip")),
        },
    )


PRESETS = [
    Preset(
        name="wildchat",
        version=1,
        what="WildChat and LMSYS-Chat-1M: rows with a conversation each",
        source="https://huggingface.co/datasets/allenai/WildChat-1M and "
        "https://huggingface.co/datasets/lmsys/lmsys-chat-1m",
        date="2026-11-29",
        fits=_is_row,
        fields=CALL_FIELDS,
        rows=_calls,
    ),
]

"""Rasa: trackers with their events, and tables with an event a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from curate.sources.presets import Fields, LeftOut, Part, Preset
from curate.sources.presets._conversations import (
    CALL_FIELDS,
    TalkTurn,
    calls_in_list,
    conversation,
    said,
)
from curate.sources.presets._values import (
    as_dict,
    dicts,
    mapped,
    name_of,
    number,
    plain,
    row,
    text_in,
    without,
)

_EVENTS = {
    *("user", "bot", "action", "slot", "session_started", "restart", "form", "active_loop"),
    *("followup", "rewind", "undo", "pause", "resume", "reminder", "cancel_reminder", "export"),
    *("entities", "user_featurization", "action_execution_rejected", "loop_interrupted", "agent"),
}
_TRACKER = (
    *("sender_id", "events", "slots", "latest_message", "latest_event_time", "_id", "paused"),
    *("followup_action", "latest_input_channel", "latest_action_name", "latest_action"),
    *("active_loop", "active_form", "stack", "conversation_id", "id"),
)
_COMMANDS = ("/session_start", "/restart")


def _is_event(event: Fields) -> bool:
    kind = event.get("event")
    return isinstance(kind, str) and kind in _EVENTS


def _is_tracker(document: Fields) -> bool:
    events = dicts(document.get("events"))
    is_one = bool({"sender_id", "latest_event_time", "slots", "conversation_id"} & set(document))
    return is_one and bool(events) and any(map(_is_event, events))


def _is_row(document: Fields) -> bool:
    names = set(document)
    is_table = {"sender_id", "type_name", "data"} <= names
    return is_table or ({"sender_id", "timestamp"} <= names and _is_event(document))


def _session(document: Fields) -> str | None:
    return name_of(document.get("sender_id")) or name_of(document.get("conversation_id"))


def _calls(document: Fields) -> Iterator[Part]:
    rest = without(document, _TRACKER)
    calls: list[Part] = []
    for events in _parts(dicts(document.get("events"))):
        calls += calls_in_list(_turns(events))
    yield from conversation(rest, _session(document), calls)


def _parts(events: list[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Yields the events between restarts: what was said before one is forgotten."""
    part: list[Mapping[str, Any]] = []
    for event in events:
        if event.get("event") == "restart":
            yield part
            part = []
        elif event.get("event") in ("user", "bot"):
            part.append(event)
    yield part


def _turns(events: list[Mapping[str, Any]]) -> Iterator[TalkTurn]:
    """Yields a turn for each message of the user, and for each run of messages of the bot."""
    asked: Mapping[str, Any] = {}
    run: list[Mapping[str, Any]] = []
    for event in events:
        if event.get("event") == "bot":
            run += [event] if text_in(event.get("text")) else []
            continue
        if text_in(event.get("text")) in _COMMANDS:
            continue
        if run:
            yield _answer(run, asked)
        asked, run = event, []
        yield TalkTurn("user", said("user", text_in(event.get("text"))))
    if run:
        yield _answer(run, asked)


def _answer(run: list[Mapping[str, Any]], asked: Fields) -> TalkTurn:
    """Returns the turn of a run of the bot's messages; its call has the id of the question."""
    text = "\n".join(str(event["text"]) for event in run)
    intent = as_dict(as_dict(asked.get("parse_data")).get("intent")).get("name")
    about = {
        "created_at": plain(run[-1].get("timestamp")),
        "predicted_intent": intent,  # a model's, and no label
    }
    return TalkTurn("assistant", said("assistant", text), id=_id(asked), about=about)


def _id(event: Fields) -> str | None:
    return name_of(event.get("message_id"))


def _turn(document: Fields) -> Iterator[Part]:
    event = {**document, **as_dict(document.get("data"))} if "type_name" in document else document
    kind = event.get("event", document.get("type_name"))
    text = text_in(event.get("text"))
    if kind not in ("user", "bot") or text is None or text in _COMMANDS:
        yield LeftOut(f"event {kind}" if _is_event({"event": kind}) else "event")
        return
    computed = {
        "id": name_of(document.get("id")) or _id(event),
        "role": "user" if kind == "user" else "assistant",
        "text": text,
        "session": _session(document),
        "created_at": plain(document.get("timestamp")),
        "order": document["id"] if number(document.get("id")) is not None else None,
    }
    yield row({"input_channel": event.get("input_channel")}, computed)


_SOURCE = "https://rasa.com/docs/reference/primitives/events and tracker-stores"

PRESETS = [
    Preset(
        name="rasa",
        version=1,
        what="Rasa: trackers of conversations with their events",
        source=_SOURCE,
        date="2026-11-29",
        fits=_is_tracker,
        fields=CALL_FIELDS,
        rows=_calls,
    ),
    Preset(
        name="rasa",
        version=1,
        what="Rasa: rows of the SQL tracker store, or events of a broker, one a document",
        source=_SOURCE,
        date="2026-11-29",
        fits=_is_row,
        fields=mapped("turns", "id", "role", "text", "session", "created_at", "order"),
        rows=_turn,
        kind="turns",
        roles={"user": "user", "assistant": "assistant"},
    ),
]

from __future__ import annotations

import json
from typing import Any

from conversation_rows import rows, talk


def user(text: str, name: str, at: float) -> dict[str, Any]:
    intent = {"intent": {"name": "ask", "confidence": 0.9}}
    return {
        "event": "user",
        "text": text,
        "message_id": name,
        "timestamp": at,
        "parse_data": intent,
    }


def bot(text: str | None, at: float) -> dict[str, Any]:
    return {"event": "bot", "text": text, "data": {"buttons": None}, "timestamp": at}


TRACKER: dict[str, Any] = {
    "sender_id": "conv-9",
    "slots": {"name": "Ada"},
    "latest_message": {"text": "And then?"},
    "events": [
        {"event": "action", "name": "action_session_start", "timestamp": 1757000000.0},
        {"event": "session_started", "timestamp": 1757000000.1},
        bot("Welcome.", 1757000000.2),
        user("What is open?", "q1", 1757000001.0),
        {"event": "slot", "name": "name", "value": "Ada", "timestamp": 1757000001.1},
        bot("The shop.", 1757000002.0),
        {"event": "action", "name": "utter_more", "timestamp": 1757000002.1},
        bot(None, 1757000002.2),
        bot("And the bar.", 1757000002.5),
        user("And then?", "q2", 1757000003.0),
        bot("Home.", 1757000004.0),
    ],
}
RESTARTED: dict[str, Any] = {
    "sender_id": "conv-8",
    "events": [
        user("Old?", "q1", 1.0),
        {"event": "restart"},
        user("/restart", "q2", 2.0),
        user("New?", "q3", 3.0),
        bot("Yes.", 4.0),
    ],
}
SQL: dict[str, Any] = {
    "id": 3,
    "sender_id": "conv-7",
    "type_name": "bot",
    "timestamp": 1757000002.0,
    "intent_name": None,
    "action_name": None,
    "data": json.dumps(bot("The shop.", 1757000002.0)),
}
SLOT: dict[str, Any] = {
    **SQL,
    "id": 4,
    "type_name": "slot",
    "data": '{"event": "slot", "name": "n"}',
}
EVENT: dict[str, Any] = {"sender_id": "conv-7", **user("What is open?", "q1", 1757000001.0)}
EXAMPLES = {"rasa": [TRACKER, RESTARTED, SQL, SLOT, EVENT]}


def test_each_run_of_the_bot_answers_the_user_before_it() -> None:
    greeting = {"role": "assistant", "content": "Welcome."}
    first = [greeting, *talk("What is open?", "The shop.\nAnd the bar.")]
    about = {"session": "conv-9", "predicted_intent": "ask"}
    assert rows("rasa", TRACKER) == [
        "answer without a question",
        {**about, "id": "q1", "messages": first, "created_at": 1757000002.5},
        {
            **about,
            "id": "q2",
            "messages": [*first, *talk("And then?", "Home.")],
            "created_at": 1757000004.0,
        },
    ]


def test_a_restart_forgets_what_was_said() -> None:
    (row,) = rows("rasa", RESTARTED)
    assert row["messages"] == talk("New?", "Yes.")


def test_rows_of_events_are_turns_and_other_events_are_left_out() -> None:
    assert rows("rasa", SQL, "turns") == [
        {
            "id": "3",
            "role": "assistant",
            "text": "The shop.",
            "session": "conv-7",
            "created_at": 1757000002.0,
            "order": 3,
            "input_channel": None,
        }
    ]
    assert rows("rasa", SLOT, "turns") == ["event slot"]
    (event,) = rows("rasa", EVENT, "turns")
    assert (event["id"], event["role"], event["text"]) == ("q1", "user", "What is open?")

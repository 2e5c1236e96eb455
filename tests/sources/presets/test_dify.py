from __future__ import annotations

from typing import Any

from conversation_rows import rows

CONSOLE: dict[str, Any] = {
    "id": "m1",
    "conversation_id": "c1",
    "inputs": {},
    "query": "Is the shop open?",
    "message": [
        {"role": "system", "text": "Be kind.", "files": []},
        {"role": "user", "text": "Is the shop open?", "files": []},
        {"role": "assistant", "text": "Until six."},
    ],
    "message_tokens": 20,
    "answer": "Until six.",
    "answer_tokens": 4,
    "provider_response_latency": 1.25,
    "from_source": "api",
    "from_end_user_id": "person-5",
    "from_account_id": None,
    "feedbacks": [
        {"rating": "like", "content": "", "from_source": "user", "from_end_user_id": "person-5"},
        {
            "rating": "dislike",
            "content": "it closes at five",
            "from_source": "admin",
            "from_account": {"id": "staff-1", "name": "N", "email": "n@example.org"},
        },
    ],
    "annotation": {
        "content": "Until five.",
        "account": {"id": "staff-1"},
        "created_at": 1757000300,
    },
    "created_at": 1757000100,
    "status": "normal",
    "error": None,
}
CSV: dict[str, Any] = {
    "end_user_id": "",
    "account_id": "staff-2",
    "app_id": "app-1",
    "conversation_id": "c2",
    "query": "",
    "inputs": '{"topic": "rain"}',
    "answer": "A poem.",
    "message_tokens": "7",
    "answer_tokens": "3",
    "total_price": "0.0002",
    "currency": "USD",
    "created_at": "2026-09-05 10:00:00",
    "user_rating": "dislike",
    "admin_rating": "",
}
RATED: dict[str, Any] = {
    "feedback_id": "f1",
    "app_name": "Shop",
    "conversation_id": "c1",
    "message_id": "m1",
    "user_query": "Is the shop open?",
    "ai_response": "x" * 500 + "...",
    "feedback_rating": "👍",
    "feedback_rating_raw": "like",
    "feedback_comment": "thanks",
    "feedback_source": "user",
    "feedback_date": "2026-09-05 10:05:00",
    "message_date": "2026-09-05 10:00:00",
    "from_account_name": "",
    "from_end_user_id": "person-5",
}
EXPORT: dict[str, Any] = {"export_info": {"app_id": "app-1"}, "feedback_data": [RATED]}
EXAMPLES = {"dify": [CONSOLE, CSV, RATED, EXPORT]}
PROMPT = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Is the shop open?"},
]
USER = {"kind": "rating", "name": "user", "scale": "like=5,dislike=1", "rater_type": "user"}
CALL = {
    "id": "m1",
    "messages": PROMPT,
    "response": "Until six.",
    "session": "c1",
    "user": "person-5",
    "created_at": 1757000100,
    "input_tokens": 20,
    "output_tokens": 4,
    "latency_ms": 1250.0,
    "status": "normal",
    "ratings": [
        {**USER, "value": "like", "rater": "person-5"},
        {
            "kind": "rating",
            "name": "admin",
            "value": "dislike",
            "scale": "like=5,dislike=1",
            "rater_type": "expert",
            "rater": "staff-1",
            "comment": "it closes at five",
        },
        {
            "kind": "correction",
            "name": "annotation",
            "value": "Until five.",
            "rater_type": "expert",
            "rater": "staff-1",
            "created_at": 1757000300,
        },
    ],
    "inputs": {},
    "from_source": "api",
}


def test_a_message_has_its_prompt_its_answer_and_what_each_person_said_of_it() -> None:
    assert rows("dify", CONSOLE) == [CALL]


def test_a_row_of_a_table_without_a_query_has_it_in_its_one_input() -> None:
    assert rows("dify", CSV) == [
        {
            "messages": [{"role": "user", "content": "rain"}],
            "response": "A poem.",
            "session": "c2",
            "user": "staff-2",
            "created_at": "2026-09-05 10:00:00",
            "input_tokens": "7",
            "output_tokens": "3",
            "cost_usd": "0.0002",
            "ratings": [{**USER, "value": "dislike"}],
            "app_id": "app-1",
            "inputs": '{"topic": "rain"}',
        }
    ]


def test_an_answer_that_the_export_of_feedback_cut_is_marked() -> None:
    (row,) = rows("dify", EXPORT)
    assert (row["id"], row["session"], row["finish_reason"]) == ("m1", "c1", "length")
    assert row["ratings"] == [
        {
            **USER,
            "value": "like",
            "rater": "person-5",
            "comment": "thanks",
            "created_at": "2026-09-05 10:05:00",
        }
    ]
    (short,) = rows("dify", {**RATED, "ai_response": "Yes..."})
    assert "finish_reason" not in short


def test_feedback_joins_by_the_message() -> None:
    for document in (RATED, EXPORT):
        assert rows("dify", document, "feedback") == [
            {
                "key": "m1",
                "name": "user",
                "rating": "like",
                "comment": "thanks",
                "rater": "person-5",
                "rater_type": "user",
                "created_at": "2026-09-05 10:05:00",
                "app_name": "Shop",
            }
        ]

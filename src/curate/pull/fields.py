"""The fields of a log, and the column names that people and platforms give them."""

from __future__ import annotations

from typing import Literal

Kind = Literal["interactions", "turns", "feedback"]

CONTENT = (
    "messages",
    "history",
    "query",
    "response",
    "request",
    "system",
    "chosen",
    "rejected",
    "tools",
)
"""The fields that say what was asked and answered."""

_CALL: dict[str, tuple[str, ...]] = {
    "id": (
        *("id", "interaction_id", "request_id", "log_id", "call_id", "completion_id", "uuid"),
        *("message_id", "row_id", "run_id", "observation_id", "span_id", "custom_id"),
        *("conversation_hash", "_id"),
    ),
    "messages": (
        *("messages", "prompt_messages", "chat_messages", "conversations", "input_messages"),
    ),
    "history": (
        *("history", "chat_history", "conversation_history", "message_history"),
        *("previous_messages", "dialogue_history", "context_messages"),
    ),
    "query": (
        *("query", "prompt", "input", "question", "text", "user_message", "user_input"),
        *("instruction", "utterance", "inputs", "user_query", "user_prompt", "user_question"),
    ),
    "response": (
        *("response", "output", "completion", "answer", "reply", "assistant_message"),
        *("model_output", "generation", "response_body", "resp_payload", "outputs"),
        *("assistant_response", "bot_response", "model_response", "response_text", "ai_response"),
        "choices",
    ),
    "chosen": ("chosen", "preferred_output", "chosen_response"),
    "rejected": ("rejected", "non_preferred_output", "rejected_response"),
    "request": ("request", "request_body", "req_payload", "request_payload"),
    "system": ("system_prompt", "system_message", "system", "system_instruction", "instructions"),
    "tools": ("tools", "functions", "tool_definitions"),
    "label": ("label", "intent", "category", "class"),
    "ratings": (),
    "comment": ("rating_comment", "feedback_comment", "feedback_text"),
    "previous": ("previous_response_id",),
}
ALPACA = ("instruction", "input", "context")
"""Source: LLaMA-Factory, data/README.md: the prompt is the instruction, a new line, the input
(in databricks-dolly-15k: its context)."""

_ANY: dict[str, tuple[str, ...]] = {
    "rating": (
        *("human_rating", "rating", "user_rating", "turn_rating", "stars", "thumbs", "thumb"),
        *("score", "feedback_rating", "user_feedback", "user_score", "feedback_score", "csat"),
    ),
    "correction": ("corrected_response", "correction", "edited_response", "corrected_output"),
    "created_at": (
        *(
            "created_at",
            "started_date_time",
            "timestamp",
            "ts",
            "created",
            "created_date",
            "datetime",
            "time",
            "date",
        ),
        *("start_time", "started_at", "request_created_at", "sent_at", "inserted_at"),
        *("logged_at", "create_time", "request_time", "created_time", "event_time", "inserted"),
        "@timestamp",
    ),
}
TALK = ("conversation", "transcript", "dialogue", "dialog", "history", "turns", "chat")
"""Columns that hold the messages where they hold a list of them and no other column does."""
_ABOUT: dict[str, tuple[str, ...]] = {
    "session": (
        *("session_id", "conversation_id", "thread_id", "chat_id", "dialogue_id", "dialog_id"),
        *(
            "session",
            "conversation",
            "thread",
            "chat_session_id",
            "conversation_uuid",
            "session_key",
        ),
        *("thread_ts", "conv_id", "convo_id", "trace_id"),
    ),
    "group": (),
    "rank": (),
    "user": (
        *("user_id", "user", "uid", "end_user", "customer_id", "end_user_id", "request_user_id"),
        *("username", "user_name", "user_email", "customer", "enduser_id"),
    ),
    "trace": ("trace_id",),
    "split": ("split", "subset", "fold"),
    "model": ("model", "model_name", "response_model", "model_id"),
    "finish_reason": ("finish_reason", "stop_reason"),
    "status": ("status",),
    "error": ("error", "error_message", "err", "exception"),
    "input_tokens": ("input_tokens", "prompt_tokens"),
    "output_tokens": ("output_tokens", "completion_tokens"),
    "cost_usd": ("cost_usd", "cost", "total_cost", "response_cost", "spend"),
    "latency_ms": ("latency_ms", "delay_ms", "duration_ms"),
}
_TURN: dict[str, tuple[str, ...]] = {
    "id": ("message_id", "turn_id", "id", "uuid", "_id"),
    "text": ("text", "message", "content", "utterance", "body"),
    "role": (
        "role",
        "speaker",
        "author",
        "sender",
        "agent",
        "is_created_by_user",
        "sender_type",
        "sender_role",
        "author_type",
        "author_role",
        "from",
        "direction",
    ),
    "order": ("turn", "turn_index", "turn_number", "position", "sequence", "order", "index"),
    "parent": ("parent_id", "parent_message_id", "parent"),
    "label": ("label", "intent", "category"),
    "ratings": (),
    "comment": _CALL["comment"],
}
_FEEDBACK: dict[str, tuple[str, ...]] = {
    "key": (
        *("request_id", "interaction_id", "log_id", "call_id", "completion_id"),
        *("run_id", "observation_id", "message_id", "span_id", "id"),
    ),
    "trace": ("trace_id",),
    "name": ("score_name", "metric_name", "metric", "feedback_key", "name"),
    "data_type": ("data_type", "score_type"),
    "label": ("label", "corrected_label", "intent", "category"),
    "comment": ("comment", "note", "explanation"),
    "rater": (
        *("rater", "rated_by", "annotator", "user_id", "user", "author", "author_user_id"),
        *("rater_id", "annotator_id", "reviewer", "reviewer_id", "reviewed_by", "scored_by"),
        *("evaluated_by", "created_by", "user_email", "username", "user_name", "email"),
    ),
    "rater_type": (
        *("rater_type", "annotator_kind", "feedback_source", "score_source", "annotator_type"),
        *("rater_kind", "evaluator_type", "evaluator_kind", "reviewer_type", "source_type"),
        *("source", "type"),
    ),
}
FIELDS: dict[Kind, dict[str, tuple[str, ...]]] = {
    "interactions": {**_CALL, **_ANY, **_ABOUT},
    "turns": {**_TURN, **_ANY, **_ABOUT},
    "feedback": {
        **_FEEDBACK,
        **_ANY,
        "rating": (*_ANY["rating"], "value"),
        "created_at": ("rated_at", *_ANY["created_at"]),
    },
}
"""For each kind of row: field -> the names that its column may have, the likeliest first."""

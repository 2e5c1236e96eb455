from __future__ import annotations

from typing import Any

from curate.sources.presets import LeftOut, named
from platform_rows import FULL_REQUEST, FULL_RESPONSE, only_row, parts

BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Tag: my bike is flat"}]}
ANSWER = {"id": "c1", "object": "chat.completion", "choices": [{"message": {"content": "repair"}}]}
REQUEST = {"custom_id": "b-1", "method": "POST", "url": "/v1/chat/completions", "body": BODY}
OUTPUT = {
    "id": "batch_req_1",
    "custom_id": "b-1",
    "response": {"status_code": 200, "request_id": "r-1", "body": ANSWER},
    "error": None,
}
REFUSED = {
    "id": "batch_req_2",
    "custom_id": "b-2",
    "response": {
        "status_code": 400,
        "request_id": "r-2",
        "body": {"error": {"message": "too long"}},
    },
    "error": None,
}
EXPIRED = {
    "id": "batch_req_3",
    "custom_id": "b-3",
    "response": None,
    "error": {"code": "batch_expired", "message": "not run in time"},
}
EMBEDDING = {
    "custom_id": "e-1",
    "method": "POST",
    "url": "/v1/embeddings",
    "body": {"model": "text-embedding-3-small", "input": "flat"},
}
MISTRAL = {"custom_id": "m-1", "body": {"messages": [{"role": "user", "content": "Tag: hello"}]}}
FULL = [
    {**REQUEST, "body": FULL_REQUEST},
    {**OUTPUT, "response": {"status_code": 200, "body": FULL_RESPONSE}},
]
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "openai-batch": [REQUEST, OUTPUT, REFUSED, EXPIRED, EMBEDDING, MISTRAL, *FULL]
}


def test_a_request_is_the_first_half_of_a_call() -> None:
    row = only_row("openai-batch", REQUEST)
    assert row == {"url": "/v1/chat/completions", "id": "b-1", "request": BODY}
    assert only_row("openai-batch", MISTRAL) == {"id": "m-1", "request": MISTRAL["body"]}
    assert named("openai-batch")[0].halves


def test_an_output_is_the_second_half() -> None:
    assert only_row("openai-batch", OUTPUT) == {
        "batch_request_id": "batch_req_1",
        "request_id": "r-1",
        "id": "b-1",
        "response": ANSWER,
    }


def test_a_failure_is_no_answer() -> None:
    refused, expired = only_row("openai-batch", REFUSED), only_row("openai-batch", EXPIRED)
    assert (refused["status"], refused["error"]) == ("error", "too long")
    assert (expired["status"], expired["error"]) == ("error", "not run in time")
    assert "response" not in refused and "response" not in expired


def test_a_failure_without_a_message_says_its_code() -> None:
    bare = {"custom_id": "b-4", "response": {"status_code": 500, "body": ""}, "error": None}
    assert only_row("openai-batch", bare)["error"] == "HTTP 500"


def test_embeddings_are_no_calls() -> None:
    vectors = {"object": "list", "data": [{"object": "embedding", "embedding": [0.1]}]}
    output = {"custom_id": "e-1", "response": {"status_code": 200, "body": vectors}, "error": None}
    assert parts("openai-batch", EMBEDDING) == [LeftOut("embeddings")]
    assert parts("openai-batch", output) == [LeftOut("embeddings")]

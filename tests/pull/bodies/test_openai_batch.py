from __future__ import annotations

from typing import Any

import pytest

from curate.pull.bodies.bodies import read_request, read_response

ANSWER = {"role": "assistant", "content": "refund"}
COMPLETION = {"id": "x", "choices": [{"message": ANSWER, "finish_reason": "stop"}]}


def test_a_line_of_requests() -> None:
    line = {"custom_id": "r-1", "method": "POST", "url": "/v1/chat/completions",
            "body": {"model": "m", "messages": [{"role": "user", "content": "q"}]}}  # fmt: skip
    body = read_request(line)
    assert body is not None and body.messages == [{"role": "user", "content": "q"}]
    assert body.fields == {"model": "m", "id": "r-1"}
    assert body.unread == {"line": {"method": "POST", "url": "/v1/chat/completions"}}


def test_a_line_of_responses() -> None:
    line = {"id": "b", "custom_id": "r-1", "error": None,
            "response": {"status_code": 200, "request_id": "q", "body": COMPLETION}}  # fmt: skip
    body = read_response(line)
    assert body is not None and body.output == [ANSWER]
    assert body.fields == {"id": "r-1", "finish_reason": "stop", "finish_reasons": ["stop"]}
    bare = read_response(line["response"])
    assert bare is not None and bare.output == [ANSWER] and bare.fields["id"] == "x"


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ({"response": {"status_code": 429, "body": {"error": {"message": "quota"}}}}, "quota"),
        ({"response": {"status_code": 500, "body": COMPLETION}}, "status 500"),
        ({"response": {"status_code": "400", "body": "bad"}}, "bad"),
        ({"response": None, "error": {"code": "expired", "message": "late"}}, "late"),
        ({"response": None}, "no response"),
        ({"result": {"type": "errored", "error": {"error": {"message": "odd"}}}}, "odd"),
        ({"result": {"type": "expired"}}, "expired"),
    ],
)
def test_failures_are_no_answers(line: Any, error: str) -> None:
    body = read_response({"custom_id": "r-3", **line})
    assert body is not None and body.output is None
    assert body.fields == {"status": "error", "error": error, "id": "r-3"}


def test_a_body_that_is_not_understood() -> None:
    assert (
        read_response({"custom_id": "1", "response": {"status_code": 200, "body": {"k": 1}}})
        is None
    )
    assert read_request({"custom_id": "1", "body": {"k": 1}}) is None

"""`openai-batch`: lines of the files that OpenAI's Batch API takes and gives back.

Source: OpenAI API reference, "The request input object" and "The request output object" of
batches; Azure OpenAI and Mistral write the same lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from curate.pull.bodies.body import Body, as_mapping, failure, fields, nested, rest, word
from curate.pull.bodies.opening import opened
from curate.pull.bodies.registry import BodyDialect, register, request_of, response_of


def read_request(value: Any) -> Body | None:
    """Returns a line of the file of requests."""
    if not isinstance(value, dict) or not _has_id(value):
        return None
    inner = value.get("body", as_mapping(value.get("params")) or None)
    body = request_of(inner) if isinstance(inner, dict | str) and inner else None
    if body is None:
        return None
    unread = rest(value, "custom_id", "body", "params")
    return _named(value, body, nested(line=unread))


def _has_id(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("custom_id"), str | int)


def _named(value: Mapping[str, Any], body: Body, unread: dict[str, Any]) -> Body:
    """Returns a body under its line's id, which the files of a batch are joined by."""
    return replace(
        body,
        fields={**body.fields, "id": str(value["custom_id"])},
        unread={**unread, **body.unread},
    )


def read_response(value: Any) -> Body | None:
    """Returns a line of the file of responses, or of that of errors."""
    if not isinstance(value, dict):
        return None
    response = opened(value.get("response"))
    is_line = isinstance(response, dict) and "body" in response and "status_code" in response
    if not is_line and not (_has_id(value) and ("response" in value or "result" in value)):
        return _bare(value)
    unread = nested(line=rest(value, "custom_id", "response", "error", "id"))
    if isinstance(value.get("result"), dict) and response is None:
        body = _anthropic(value["result"])
    elif response is None:
        body = _failed(failure(opened(value.get("error"))) or "no response")
    else:
        body = _bare(as_mapping(response))
    if body is None:
        return None
    return _named(value, body, unread) if _has_id(value) else replace(body, unread=unread)


def _bare(value: Mapping[str, Any]) -> Body | None:
    """Returns a response as it stands in a line: a status code and a body."""
    code = value.get("status_code")
    if "body" not in value or not isinstance(code, int | str):
        return None
    inner = opened(value["body"])
    if str(code)[:1] in ("4", "5"):
        error = as_mapping(inner).get("error", as_mapping(inner).get("message"))
        return _failed(failure(error) or word(inner) or f"status {code}")
    return response_of(inner) if isinstance(inner, dict | list) and inner else None


def _failed(error: str) -> Body:
    return Body(None, None, fields(status="error", error=error))


def _anthropic(result: Mapping[str, Any]) -> Body | None:
    """Returns a line of Anthropic's Message Batches: a type, and a message or an error."""
    if result.get("type") == "succeeded":
        return response_of(result.get("message"))
    error = as_mapping(result.get("error"))
    said = failure(error.get("error")) or failure(error) or word(result.get("type"))
    return _failed(said) if said else None


def _is_envelope(value: Mapping[str, Any]) -> bool:
    if "custom_id" in value and not {"response", "body", "result", "params"}.isdisjoint(value):
        return True
    return "status_code" in value and "body" in value


register(
    BodyDialect(
        "openai-batch",
        {
            "a line of an OpenAI batch's requests": ("custom_id", "body", "method", "url"),
            "a line of an OpenAI batch's responses": ("custom_id", "response", "error"),
        },
        order=10,
        request=read_request,
        response=read_response,
        needs={"request": ("custom_id",), "response": ("custom_id", "status_code", "response")},
        envelope=_is_envelope,
    )
)

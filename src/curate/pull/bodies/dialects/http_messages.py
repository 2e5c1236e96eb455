"""`http`: a request and a response as gateways and browsers log them, around the bodies of an API.

Headers and cookies are not kept: they hold keys. Source: Portkey, logs export (`url`, `method`,
`body`, `status`); HAR 1.2 (`postData.text`, `content.text`); Azure API Management, log-to-eventhub.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from curate.pull.bodies.body import Body, as_mapping, failure, fields, nested, word
from curate.pull.bodies.opening import opened
from curate.pull.bodies.registry import BodyDialect, register, request_of, response_of

_OF_REQUESTS = {"method", "url", "headers", "uri", "path"}
_STATUSES = ("status", "statusCode", "status_code", "response_status")
_OF_RESPONSES = {*_STATUSES, "headers"}


def _body_of(value: Mapping[str, Any]) -> Any:
    for name in ("body", "postData", "content"):
        inner = value.get(name)
        if name != "body":
            inner = as_mapping(inner).get("text")
        if inner is not None:
            return opened(inner)
    return None


def _is_http(value: Any, marks: set[str]) -> bool:
    if not isinstance(value, dict) or "custom_id" in value or marks.isdisjoint(value):
        return False
    return "body" in value or "text" in as_mapping(value.get("postData") or value.get("content"))


def read_request(value: Any) -> Body | None:
    """Returns what the body of a request asks."""
    if not _is_http(value, _OF_REQUESTS):
        return None
    inner = _body_of(value)
    body = request_of(inner) if isinstance(inner, dict) and inner else None
    url = str(value.get("url") or "").partition("?")[0]
    return body and replace(
        body, unread={**nested(http={"url": url} if url else {}), **body.unread}
    )


def read_response(value: Any) -> Body | None:
    """Returns what the body of a response answers, or why it failed."""
    if not _is_http(value, _OF_RESPONSES):
        return None
    inner = _body_of(value)
    code = next((value[name] for name in _STATUSES if name in value), None)
    if str(code)[:1] in ("4", "5"):
        error = as_mapping(inner).get("error", as_mapping(inner).get("message"))
        said = failure(error) or word(inner) or f"status {code}"
        return Body(None, None, fields(status="error", error=said))
    return response_of(inner) if isinstance(inner, dict | list | str) and inner else None


register(
    BodyDialect(
        "http",
        {
            "a logged HTTP request": ("method", "url", "body"),
            "a logged HTTP response": ("status", "headers", "body"),
        },
        order=12,
        request=read_request,
        response=read_response,
    )
)

"""Amazon Bedrock: model invocation logs, as files in S3 or as events of CloudWatch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from curate.sources.presets import Fields, LeftOut, Part, Preset
from curate.sources.presets._rows import (
    SESSIONS,
    USERS,
    columns,
    failure,
    first,
    is_blank,
    is_page,
    listing,
    mapping,
    of_pages,
    row,
    without,
)

_TYPE = "ModelInvocationLog"
_USED = (
    *("schemaType", "timestamp", "accountId", "identity", "identity.arn", "requestId", "modelId"),
    *("input", "output", "errorCode", "requestMetadata"),
)


def _record(document: Fields) -> Mapping[str, Any]:
    """Returns the record of a log line, which CloudWatch keeps as the text of a message."""
    for key in ("@message", "message"):
        found = mapping(document.get(key))
        if "modelId" in found:
            return found
    return document


def _side(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Returns one side of a record, whose keys may be flattened as `input.inputBodyJson`."""
    start = f"{name}."
    dotted = {k.removeprefix(start): v for k, v in record.items() if k.startswith(start)}
    return {**mapping(record.get(name)), **dotted}


def _fits(document: Fields) -> bool:
    record = _record(document)
    if record.get("schemaType") == _TYPE:
        return True
    body = any(key.startswith("inputBody") for key in _side(record, "input"))
    return body and "modelId" in record


def _rows(document: Fields) -> Iterable[Part]:
    record = _record(document)
    asked, answered = _side(record, "input"), _side(record, "output")
    if reason := _no_call(record, asked, answered):
        yield LeftOut(reason)
        return
    about = mapping(record.get("requestMetadata"))
    error = record.get("errorCode") or mapping(record.get("errorDetails")).get("message")
    answer = answered.get("outputBodyJson")
    error = error or failure(mapping(answer).get("error"))
    fields = {
        "id": record.get("requestId"),
        "request": asked.get("inputBodyJson"),
        "response": None if error else answer,
        "created_at": first(record, "timestamp") or first(document, "@timestamp", "timestamp"),
        "model": record.get("modelId"),
        "session": first(about, *SESSIONS),
        "user": first(about, *USERS) or _caller(record),
        "input_tokens": asked.get("inputTokenCount"),
        "output_tokens": answered.get("outputTokenCount"),
        "latency_ms": mapping(mapping(answer).get("metrics")).get("latencyMs"),
        "status": "error" if error else None,
        "error": error,
    }
    sides = {k: v for k, v in record.items() if k.startswith(("input.", "output."))}
    kept = without(record, *_USED, *sides)
    yield row({**kept, "requestMetadata": without(about, *SESSIONS, *USERS)}, fields)


def _caller(record: Mapping[str, Any]) -> Any:
    return mapping(record.get("identity")).get("arn") or record.get("identity.arn")


def _no_call(
    record: Mapping[str, Any], asked: Mapping[str, Any], answered: Mapping[str, Any]
) -> str | None:
    """Returns what a record is that is no call with texts, None where it is one."""
    answer = mapping(answered.get("outputBodyJson"))
    if "embed" in str(record.get("modelId")) or {"embedding", "embeddings"} & set(answer):
        return "embeddings"
    if listing(answer.get("images")) or listing(answer.get("artifacts")):
        return "images"
    if "rerank" in str(record.get("modelId")):
        return "rerank"
    if is_blank(asked.get("inputBodyJson")) and asked.get("inputBodyS3Path"):
        return "call whose body is another file in S3"
    return None


PRESETS = [
    Preset(
        name="bedrock",
        version=1,
        what="Amazon Bedrock model invocation logs: Converse, InvokeModel and their streams",
        source="https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html",
        date="2026-11-29",
        fits=is_page(_fits, "events"),
        fields=columns(
            *(
                "id",
                "request",
                "response",
                "created_at",
                "model",
                "session",
                "user",
                "input_tokens",
            ),
            *("output_tokens", "latency_ms", "status", "error"),
        ),
        rows=of_pages(_rows, "events"),
    )
]

from __future__ import annotations

import json
from typing import Any

from curate.sources.presets import LeftOut
from platform_rows import only_row, parts

ASKED = {"messages": [{"role": "user", "content": [{"text": "Is the ferry late?"}]}]}
SAID = {
    "output": {"message": {"role": "assistant", "content": [{"text": "By an hour."}]}},
    "stopReason": "end_turn",
    "metrics": {"latencyMs": 640},
}
CONVERSE: dict[str, Any] = {
    "schemaType": "ModelInvocationLog",
    "schemaVersion": "1.0",
    "timestamp": "2026-09-10T08:00:00Z",
    "accountId": "123456789012",
    "identity": {"arn": "arn:aws:sts::123456789012:assumed-role/app/jane"},
    "region": "eu-west-1",
    "requestId": "br-1",
    "operation": "Converse",
    "modelId": "anthropic.claude-sonnet-4",
    "input": {"inputBodyJson": ASKED, "inputTokenCount": 7},
    "output": {"outputBodyJson": SAID, "outputTokenCount": 3},
    "requestMetadata": {"session_id": "s-1", "team": "port"},
}
STREAMED = {
    **CONVERSE,
    "requestId": "br-2",
    "operation": "InvokeModelWithResponseStream",
    "output": {"outputBodyJson": [{"outputText": "By an "}, {"outputText": "hour."}]},
}
FAILED: dict[str, Any] = {
    "schemaType": "ModelInvocationLog",
    "requestId": "br-3",
    "modelId": "meta.llama3",
    "input": {"inputBodyJson": {"prompt": "Is the ferry late?"}},
    "errorCode": "ThrottlingException",
}
VECTORS = {
    **CONVERSE,
    "modelId": "amazon.titan-embed-text-v2:0",
    "output": {"outputBodyJson": {"embedding": [0.1]}},
}
FLAT = {
    "requestId": "br-4",
    "modelId": "m",
    "input.inputBodyJson": ASKED,
    "output.outputBodyJson": SAID,
    "identity.arn": "arn:aws:iam::1:user/jane",
}
FAR = {**CONVERSE, "input": {"inputBodyS3Path": "s3://logs/data/br-1_input.json.gz"}}
EVENT = {"@timestamp": "2026-09-10 08:00:00.000", "@message": json.dumps(CONVERSE)}
PAGE = {"events": [{"timestamp": 1789027200000, "message": json.dumps(CONVERSE)}]}
FULL_REQUEST = {
    **{**ASKED, "system": [{"text": "Be brief."}]},
    "toolConfig": {"tools": [{"toolSpec": {"name": "tides", "inputSchema": {"json": {}}}}]},
}
THOUGHT = {"reasoningContent": {"reasoningText": {"text": "The tide is low."}}}
FULL_RESPONSE = {
    **SAID,
    "output": {"message": {"role": "assistant", "content": [THOUGHT, {"text": "By an hour."}]}},
}
FULL = {
    **CONVERSE,
    "input": {"inputBodyJson": FULL_REQUEST},
    "output": {"outputBodyJson": FULL_RESPONSE},
}
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "bedrock": [CONVERSE, STREAMED, FAILED, VECTORS, FLAT, FAR, EVENT, PAGE, FULL]
}
CALL = {
    "schemaVersion": "1.0",
    "region": "eu-west-1",
    "operation": "Converse",
    "requestMetadata": {"team": "port"},
    "id": "br-1",
    "request": ASKED,
    "response": SAID,
    "created_at": "2026-09-10T08:00:00Z",
    "model": "anthropic.claude-sonnet-4",
    "session": "s-1",
    "user": "arn:aws:sts::123456789012:assumed-role/app/jane",
    "input_tokens": 7,
    "output_tokens": 3,
    "latency_ms": 640,
}


def test_an_invocation_is_a_call() -> None:
    assert only_row("bedrock", CONVERSE) == CALL


def test_an_event_of_cloudwatch_holds_one() -> None:
    assert only_row("bedrock", EVENT) == CALL
    assert only_row("bedrock", PAGE) == CALL


def test_a_stream_is_the_list_of_its_chunks() -> None:
    assert only_row("bedrock", STREAMED)["response"] == STREAMED["output"]["outputBodyJson"]


def test_flattened_keys_are_read() -> None:
    assert only_row("bedrock", FLAT) == {
        "id": "br-4",
        "request": ASKED,
        "response": SAID,
        "model": "m",
        "user": "arn:aws:iam::1:user/jane",
        "latency_ms": 640,
    }


def test_a_failure_has_an_error_and_no_answer() -> None:
    assert only_row("bedrock", FAILED) == {
        "id": "br-3",
        "request": {"prompt": "Is the ferry late?"},
        "model": "meta.llama3",
        "status": "error",
        "error": "ThrottlingException",
    }


def test_what_has_no_text_is_no_call() -> None:
    assert parts("bedrock", VECTORS) == [LeftOut("embeddings")]
    assert parts("bedrock", FAR) == [LeftOut("call whose body is another file in S3")]

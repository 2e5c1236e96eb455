"""`bedrock`: Converse and InvokeModel of Amazon Bedrock, as bodies and in its invocation logs.

Source: Amazon Bedrock API reference, "Converse", "ContentBlock", "ToolConfiguration"; user guide,
"Inference request parameters" of Titan, Llama, Mistral, Cohere and Nova, and "Model invocation
logging" (`input.inputBodyJson`, `output.outputBodyJson`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.messages import ROLES, as_json, transcript
from curate.pull.bodies.body import (
    Body,
    BodyTurn,
    Piece,
    as_list,
    as_mapping,
    call,
    data_url,
    fields,
    media,
    nested,
    number,
    read_answers,
    read_body,
    rest,
    result,
    tool,
    word,
)
from curate.pull.bodies.opening import opened, structure
from curate.pull.bodies.reasoning import with_reasoning
from curate.pull.bodies.registry import (
    BodyDialect,
    message_turns,
    register,
    request_of,
    response_of,
    turns_of,
)

_BLOCKS = {
    *("text", "image", "document", "video", "toolUse", "toolResult", "reasoningContent"),
    *("cachePoint", "guardContent"),
}


def read_item(item: Mapping[str, Any]) -> list[BodyTurn] | None:
    """Returns the turns of a message whose blocks are told by their key and have no type."""
    content, role = opened(item.get("content")), item.get("role")
    if not isinstance(content, list) or not content or not isinstance(role, str):
        return None
    pieces = _pieces(content)
    if pieces is None:
        return None
    unread = rest(item, "role", "content")
    return message_turns(ROLES.get(role.casefold(), role), pieces, unread=unread)


def _pieces(blocks: list[Any]) -> list[Piece] | None:
    pieces = [_piece(block) for block in blocks]
    return None if None in pieces else [piece for piece in pieces if piece is not None]


def _piece(block: Any) -> Piece | None:
    if not isinstance(block, dict) or "type" in block or block.keys().isdisjoint(_BLOCKS):
        return None
    if isinstance(block.get("text"), str):
        return Piece("text", block["text"])
    asked, answered = block.get("toolUse"), block.get("toolResult")
    if isinstance(asked, dict):
        made = call(asked.get("name"), asked.get("input"), asked.get("toolUseId"))
        return Piece("call", made) if made else None
    if isinstance(answered, dict):
        return _result(answered)
    if isinstance(block.get("reasoningContent"), dict):
        return _reasoning(block["reasoningContent"])
    if "cachePoint" in block or "guardContent" in block:
        return _guarded(block)
    return _media(block)


def _result(value: Mapping[str, Any]) -> Piece | None:
    said = []
    for part in as_list(value.get("content")):
        if not isinstance(part, dict):
            return None
        piece = Piece("text", as_json(part["json"])) if "json" in part else _piece(part)
        if piece is None or piece.kind not in ("text", "part"):
            return None
        said.append(piece)
    content: Any = "\n".join(piece.value for piece in said if piece.kind == "text")
    if any(piece.kind == "part" for piece in said):
        content = [p.value if p.kind == "part" else {"type": "text", "text": p.value} for p in said]
    is_parts = isinstance(content, list)
    return Piece("result", result(content, value.get("toolUseId"), is_parts=is_parts))


def _reasoning(value: Mapping[str, Any]) -> Piece | None:
    text = as_mapping(value.get("reasoningText")).get("text")
    if isinstance(text, str):
        return Piece("reasoning", text)
    return Piece("unread", {}) if "redactedContent" in value else None


def _guarded(block: Mapping[str, Any]) -> Piece | None:
    text = as_mapping(as_mapping(block.get("guardContent")).get("text")).get("text")
    if isinstance(text, str):
        return Piece("text", text)
    return Piece("unread", rest(block)) if "cachePoint" in block else None


def _media(block: Mapping[str, Any]) -> Piece | None:
    for kind in ("image", "document", "video"):
        inner = block.get(kind)
        if not isinstance(inner, dict):
            continue
        source, form = as_mapping(inner.get("source")), inner.get("format")
        mime = f"{'application' if kind == 'document' else kind}/{form}"
        url = as_mapping(source.get("s3Location")).get("uri") or data_url(mime, source.get("bytes"))
        made = media(mime, url, inner.get("name"))
        return Piece("part", made) if made else None
    return None


def read_request(value: Any) -> Body | None:
    """Returns the body of Converse, of Nova, or of a model that takes one text."""
    if not isinstance(value, dict):
        return None
    if "inputBodyJson" in value:
        return request_of(value["inputBodyJson"])
    if "messages" in value:
        return _conversation(value)
    if isinstance(value.get("inputText"), str):
        used = "inputText"
    elif isinstance(value.get("message"), str) and _is_cohere(value):
        return _cohere(value)
    elif isinstance(value.get("prompt"), str) and not value.keys().isdisjoint(_PROMPTED):
        used = "prompt"
    else:
        return None
    return read_body(_prompt(value[used]), request=rest(value, used))


_PROMPTED = {"max_gen_len", "max_tokens_to_sample", "textGenerationConfig", "stop_sequences"}


def _prompt(text: str) -> list[BodyTurn]:
    turns = transcript(text)
    if not turns:
        return [BodyTurn({"role": "user", "content": text})]
    if turns[-1]["role"] == "assistant" and not turns[-1]["content"]:
        turns.pop()  # it only says whose turn it is
    return [BodyTurn(turn) for turn in turns]


def _conversation(value: Mapping[str, Any]) -> Body | None:
    messages = structure(value["messages"])
    if not isinstance(messages, list) or not _is_ours(value, messages):
        return None
    system, turns = _system(value.get("system")), turns_of(messages)
    if system is None or turns is None:
        return None
    tools = _tools(value.get("toolConfig"))
    model = word(value.get("modelId")) or word(value.get("model"))
    used = ("messages", "system", "toolConfig", "modelId", "model", "schemaVersion")
    unread = rest(value, *used)
    extra = fields(model=model, tools=tools or None)
    return read_body([*system, *turns], extra, request=unread)


def _is_ours(value: Mapping[str, Any], messages: list[Any]) -> bool:
    if not {"toolConfig", "inferenceConfig", "schemaVersion", "modelId"}.isdisjoint(value):
        return True
    blocks = [*as_list(value.get("system"))]
    blocks += [b for m in messages for b in as_list(as_mapping(m).get("content"))]
    return any(isinstance(b, dict) and "type" not in b for b in blocks)


def _system(value: Any) -> list[BodyTurn] | None:
    value = opened(value)
    if value in (None, "", []):
        return []
    pieces = [Piece("text", value)] if isinstance(value, str) else _pieces(as_list(value))
    return message_turns("system", pieces) if pieces else None


def _tools(config: Any) -> list[dict[str, Any]]:
    made = []
    for each in as_list(as_mapping(config).get("tools")):
        spec = as_mapping(as_mapping(each).get("toolSpec"))
        schema = as_mapping(spec.get("inputSchema"))
        flat = {k: v for k, v in spec.items() if k != "inputSchema"}
        made.append(tool({**flat, "parameters": schema.get("json", schema)}, "parameters"))
    return [each for each in made if each is not None]


def _is_cohere(value: Mapping[str, Any]) -> bool:
    return not {"chat_history", "preamble", "documents", "connectors", "p", "k"}.isdisjoint(value)


def _cohere(value: Mapping[str, Any]) -> Body | None:
    """Returns a request of Cohere's chat: a message, a history, a preamble."""
    before = (
        [{"role": "system", "content": value["preamble"]}] if word(value.get("preamble")) else []
    )
    for item in as_list(value.get("chat_history")):
        role, said = (as_mapping(item).get(key) for key in ("role", "message"))
        if not isinstance(said, str) or not isinstance(role, str):
            return None
        before.append({"role": ROLES.get(role.casefold(), role.casefold()), "content": said})
    turns = [
        BodyTurn(message) for message in [*before, {"role": "user", "content": value["message"]}]
    ]
    used = ("message", "chat_history", "preamble", "model")
    extra = fields(model=word(value.get("model")))
    return read_body(turns, extra, request=rest(value, *used))


def read_response(value: Any) -> Body | None:
    """Returns the response of Converse, or of a model that gives one text."""
    if not isinstance(value, dict):
        return None
    if "outputBodyJson" in value:
        return response_of(value["outputBodyJson"])
    output = opened(value.get("output"))
    if isinstance(output, dict) and isinstance(output.get("message"), dict):
        return _converse(value, output)
    texts = _texts(value)
    if texts is None:
        return None
    ends = [end for _, end in texts]
    turns = [[BodyTurn(with_reasoning({"role": "assistant", "content": t}))] for t, _ in texts]
    usage = as_mapping(value.get("usage"))
    results = as_list(value.get("results"))
    extra = fields(
        id=word(value.get("generation_id")), model=word(value.get("model")),
        input_tokens=number(value.get("prompt_token_count"), value.get("inputTextTokenCount"),
                            usage.get("prompt_tokens")),
        output_tokens=number(value.get("generation_token_count"), usage.get("completion_tokens"),
                             *(as_mapping(each).get("tokenCount") for each in results[:1])),
    )  # fmt: skip
    used = (
        *("results", "outputs", "generations", "generation", "text", "chat_history", "model"),
        *("outputText", "completionReason"),
    )
    counts = ("prompt_token_count", "generation_token_count", "inputTextTokenCount", "stop_reason")
    unread = rest(value, *used, *counts, "finish_reason", "generation_id", "usage")
    return read_answers(turns, extra, ends, response=unread)


def _converse(value: Mapping[str, Any], output: Mapping[str, Any]) -> Body | None:
    message = {"role": "assistant", **output["message"]}
    turns = turns_of([message]) if message.get("content") else []
    if turns is None:
        return None
    usage, metrics = as_mapping(value.get("usage")), as_mapping(value.get("metrics"))
    extra = fields(
        model=word(value.get("modelId")), latency_ms=number(metrics.get("latencyMs")),
        input_tokens=number(usage.get("inputTokens")),
        output_tokens=number(usage.get("outputTokens")),
    )  # fmt: skip
    unread = rest(value, "output", "stopReason", "usage", "metrics", "modelId", "ResponseMetadata")
    unread |= nested(usage=rest(usage, "inputTokens", "outputTokens", "totalTokens"))
    return read_answers([turns], extra, [word(value.get("stopReason"))], response=unread)


def _texts(value: Mapping[str, Any]) -> list[tuple[str, str | None]] | None:
    """Returns (text, why it ended) of each answer of a model that gives texts; None for others."""
    if isinstance(value.get("generation"), str):
        return [(value["generation"], word(value.get("stop_reason")))]
    if isinstance(value.get("outputText"), str):
        return [(value["outputText"], word(value.get("completionReason")))]
    if isinstance(value.get("text"), str) and {"generation_id", "chat_history"} & value.keys():
        return [(value["text"], word(value.get("finish_reason")))]
    for name, text, end in _LISTS:
        listed = value.get(name)
        if isinstance(listed, list) and listed and all(_has(each, text) for each in listed):
            said = [(each[text], word(each.get(end))) for each in listed]
            return said if name != "generations" or "llm_output" not in value else None
    return None


_LISTS = (
    ("results", "outputText", "completionReason"),
    ("outputs", "text", "stop_reason"),
    ("generations", "text", "finish_reason"),
)


def _has(each: Any, key: str) -> bool:
    return isinstance(as_mapping(each).get(key), str)


def _is_envelope(value: Mapping[str, Any]) -> bool:
    if "stopReason" in value or not {"inputBodyJson", "outputBodyJson"}.isdisjoint(value):
        return True
    if "generation" in value and not {"stop_reason", "prompt_token_count"}.isdisjoint(value):
        return True
    if any(_has(each, "outputText") for each in as_list(value.get("results"))):
        return True
    if any("stop_reason" in as_mapping(each) for each in as_list(value.get("outputs"))):
        return True
    return not {"toolUse", "toolResult", "reasoningContent"}.isdisjoint(value)


register(
    BodyDialect(
        "bedrock",
        {
            "a Bedrock Converse request": ("messages", "inferenceConfig", "toolConfig", "modelId"),
            "a Bedrock Converse response": ("output", "stopReason", "usage", "metrics"),
            "a Bedrock Titan response": ("results", "inputTextTokenCount"),
            "a Bedrock Llama response": ("generation", "prompt_token_count", "stop_reason"),
        },
        order=45,
        request=read_request,
        response=read_response,
        item=read_item,
        needs={"item": ("content",)},
        envelope=_is_envelope,
    )
)

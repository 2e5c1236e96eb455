"""What the attributes of a span say of a model call, in each convention that names them.

Source: OpenTelemetry, semantic conventions for generative AI (and its earlier versions);
OpenInference, semantic conventions; OpenLLMetry, semantic conventions; Vercel AI SDK, telemetry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from curate.sources.presets import Fields, LeftOut, Part
from curate.sources.presets._attributes import Attributes, flat, numbered, under
from curate.sources.presets._raters import rater_by_kind, verdict
from curate.sources.presets._rows import (
    asked,
    first,
    impersonal,
    is_blank,
    listing,
    mapping,
    opened,
    opened_once,
    row,
)
from curate.sources.presets._spans import SPAN_KIND, Event, Span, spans_of

SPAN_FIELDS = (
    *("id", "trace", "messages", "query", "request", "response", "system", "tools", "ratings"),
    *("created_at", "session", "user", "model", "finish_reason", "status", "error"),
    *("input_tokens", "output_tokens", "cost_usd", "latency_ms"),
)
EVALUATION = "gen_ai.evaluation.result"
DETAILS = (
    *("gen_ai.client.inference.operation.details", "gen_ai.content.prompt"),
    "gen_ai.content.completion",
)

# What instruments record texts only with. Source: OpenTelemetry, opentelemetry-python-contrib,
# instrumentation-genai; Traceloop has TRACELOOP_TRACE_CONTENT.
_HIDING = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_REDACTED = "__REDACTED__"

_CALLS = ("chat", "text_completion", "generate_content", "completion")
_TURNS = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_ASSOCIATED = "traceloop.association.properties"
_SESSIONS = (
    *("gen_ai.conversation.id", "session.id", "langfuse.session.id", "thread.id"),
    *(
        f"{_ASSOCIATED}.{name}"
        for name in ("session_id", "thread_id", "conversation_id", "chat_id")
    ),
)
_SESSIONS_OF_VERCEL = tuple(
    f"ai.telemetry.metadata.{name}" for name in ("sessionId", "session_id", "threadId", "chatId")
)
_USERS = (
    *("user.id", "enduser.id", "langfuse.user.id", "gen_ai.user.id", "gen_ai.request.user"),
    *(f"{_ASSOCIATED}.user_id", "ai.telemetry.metadata.userId", "llm.user"),
)
_MODELS = (
    *("gen_ai.response.model", "gen_ai.request.model", "llm.model_name", "ai.response.model"),
    *("ai.model.id", "llm.response.model", "llm.request.model"),
)
_INPUT_TOKENS = (
    *("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt"),
    *("llm.usage.prompt_tokens", "ai.usage.inputTokens", "ai.usage.promptTokens"),
)
_OUTPUT_TOKENS = (
    *("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion"),
    *("llm.usage.completion_tokens", "ai.usage.outputTokens", "ai.usage.completionTokens"),
)
_COSTS = ("llm.cost.total", "gen_ai.usage.cost", "gen_ai.usage.total_cost")
_FINISHES = ("gen_ai.response.finish_reasons", "llm.finish_reason", "ai.response.finishReason")
_SAID_ELSEWHERE = (
    *("gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "llm.tools"),
    *("gen_ai.tool.definitions", "gen_ai.prompt", "gen_ai.completion", "llm.request.functions"),
    *("llm.input_messages", "llm.output_messages", "llm.prompts", "llm.choices", "annotations"),
    *("ai.prompt", "ai.response", "input.value", "output.value", "mlflow.spanInputs"),
    *("mlflow.spanOutputs", "mlflow.chat.messages", "mlflow.chat.tools", "traceloop.entity.input"),
    *("traceloop.entity.output", *_SESSIONS, *_SESSIONS_OF_VERCEL, *_USERS, *_MODELS, *_COSTS),
    *(*_FINISHES, *_INPUT_TOKENS, *_OUTPUT_TOKENS),
)

Reading = Mapping[str, Any] | LeftOut


def span_rows(document: Fields) -> Iterable[Part]:
    """Yields the model calls among the spans of a document; other spans are left out by kind."""
    for span in spans_of(document):
        reading = _read(span)
        yield reading if isinstance(reading, LeftOut) else _row(span, reading)


def _read(span: Span) -> Reading:
    if span.name == EVALUATION:
        return LeftOut(EVALUATION)
    said = _with_details(span)
    for fits, read in _DIALECTS:
        if fits(said):
            return read(span, said)
    return LeftOut("span of no model call")


def _with_details(span: Span) -> Attributes:
    """Returns the attributes of a span, with those that an event has in their place."""
    details: Attributes = {}
    for event in span.events:
        if event.name in DETAILS:
            details.update(event.attributes)
    return {**details, **span.attributes}


def _row(span: Span, reading: Mapping[str, Any]) -> dict[str, Any]:
    said = _with_details(span)
    finish = opened(first(said, *_FINISHES))
    fields = {
        **{"id": span.id, "trace": span.trace, "created_at": span.start},
        "session": first(said, *_SESSIONS, *_SESSIONS_OF_VERCEL),
        **{"user": first(said, *_USERS), "model": first(said, *_MODELS)},
        "finish_reason": finish[0] if isinstance(finish, list) and finish else finish,
        **{"status": span.status, "error": span.error, "latency_ms": span.latency_ms},
        "input_tokens": first(said, *_INPUT_TOKENS),
        "output_tokens": first(said, *_OUTPUT_TOKENS),
        "cost_usd": first(said, *_COSTS),
        "ratings": [*_evaluations(span.events), *_annotations(said)],
        **reading,
    }
    if span.failed:
        fields.pop("response", None)
    kept = {key: value for key, value in said.items() if not _is_said(key)}
    return row({**span.rest, "attributes": impersonal(kept)}, _complete(fields))


def _complete(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fields.get(name) for name in SPAN_FIELDS}


def _is_said(key: str) -> bool:
    return any(key == name or key.startswith(f"{name}.") for name in _SAID_ELSEWHERE)


def _evaluations(events: Sequence[Event]) -> Iterable[dict[str, Any]]:
    """Yields the scores that evaluators put on a span; their scale is not defined."""
    for event in events:
        if event.name != EVALUATION:
            continue
        said = under(event.attributes, "gen_ai.evaluation")
        name = str(first(said, "name") or "evaluation")
        rater = rater_by_kind(None, name)
        piece = verdict(
            name,
            said.get("score.value", said.get("score.label")),
            rater_type="llm" if rater == "unknown" else rater,
            comment=first(said, "explanation", "reasoning"),
            created_at=event.time,
        )
        if piece:
            yield piece


def _annotations(said: Attributes) -> Iterable[dict[str, Any]]:
    """Yields the annotations that stand on a span itself."""
    for item in numbered(said, "annotations"):
        found = under(item, "annotation") or item
        name = str(first(found, "name") or "annotation")
        score = found.get("score", found.get("label"))
        rater = rater_by_kind(first(found, "annotator_kind"), name)
        comment = first(found, "explanation")
        if piece := verdict(name, score, rater_type=rater, comment=comment):
            yield piece


# --- OpenTelemetry's own names, the older ones of them, and OpenLLMetry's


def _genai(span: Span, said: Attributes) -> Reading:
    operation = first(said, "gen_ai.operation.name", "llm.request.type")
    if operation is None and first(said, "traceloop.span.kind") is not None:
        return LeftOut(str(said["traceloop.span.kind"]))
    if operation is not None and str(operation).lower() not in _CALLS:
        return LeftOut(str(operation))
    question = said.get("gen_ai.input.messages")
    if is_blank(question):
        question = _chat(numbered(said, "gen_ai.prompt")) or said.get("gen_ai.prompt")
    answer = said.get("gen_ai.output.messages")
    if is_blank(answer):
        answer = _choices(numbered(said, "gen_ai.completion")) or said.get("gen_ai.completion")
    turns, choices = _of_events(span.events)
    if _is_hidden(span, question, answer, turns, choices):
        return LeftOut(f"call without its content, which {_HIDING} turns on")
    functions = [_function(item) for item in numbered(said, "llm.request.functions")]
    return {
        **asked(turns if is_blank(question) else question),
        "response": choices if is_blank(answer) else answer,
        "system": opened(first(said, "gen_ai.system_instructions")),
        "tools": first(said, "gen_ai.tool.definitions") or functions,
    }


def _is_hidden(span: Span, *texts: Any) -> bool:
    """Returns whether a call that worked says neither what was asked nor what was answered."""
    return not span.failed and all(is_blank(text) for text in texts)


def _of_events(events: Sequence[Event]) -> tuple[list[Any], Any]:
    """Returns messages and choices that a span has an event for each of."""
    turns, choices = [], []
    for event in events:
        said = flat({**event.attributes, **flat(event.attributes.get("gen_ai.event.content"))})
        if event.name in _TURNS:
            turns.append(_message({"role": _TURNS[event.name], **said}))
        elif event.name == "gen_ai.choice":
            message = under(said, "message") or said
            choices.append({**message, "finish_reason": said.get("finish_reason")})
    return turns, _choices(choices)


def _function(item: Attributes) -> dict[str, Any]:
    found = {**item, "parameters": opened(item.get("parameters"))}
    return {"type": "function", "function": {k: v for k, v in found.items() if not is_blank(v)}}


# --- OpenInference


def _openinference(span: Span, said: Attributes) -> Reading:
    kind = str(said.get(SPAN_KIND) or "LLM").upper()
    if kind != "LLM":
        return LeftOut(kind)
    messages = _chat(_unwrapped(said, "llm.input_messages", "message"))
    prompts = [item.get("text") for item in _unwrapped(said, "llm.prompts", "prompt")]
    answer = _choices(_unwrapped(said, "llm.output_messages", "message"))
    answer = answer or _choices(_unwrapped(said, "llm.choices", "completion"))
    tools = [opened(item.get("json_schema")) for item in _unwrapped(said, "llm.tools", "tool")]
    question = messages or "\n".join(text for text in prompts if isinstance(text, str))
    question = question or _shown(said, "input.value")
    answer = answer or _shown(said, "output.value")
    if _is_hidden(span, question, answer):
        return LeftOut("LLM span without its content")
    return {**asked(question), "response": answer, "tools": tools}


def _shown(said: Attributes, key: str) -> Any:
    value = said.get(key)
    return None if value == _REDACTED else value


def _unwrapped(said: Attributes, prefix: str, name: str) -> list[Attributes]:
    return [under(item, name) or item for item in numbered(said, prefix)]


# --- Vercel AI SDK


def _vercel(span: Span, said: Attributes) -> Reading:
    operation = str(first(said, "ai.operationId", "operation.name") or "").split(" ")[0]
    if not operation.startswith("ai.") or not operation.endswith((".doGenerate", ".doStream")):
        return LeftOut(operation or "span of the AI SDK")  # an outer span repeats its inner ones
    calls = [opened(call) for call in listing(said.get("ai.response.toolCalls"))]
    content = first(said, "ai.response.text", "ai.response.object")
    functions = [opened(tool) for tool in listing(said.get("ai.prompt.tools"))]
    return {
        **asked(first(said, "ai.prompt.messages", "ai.prompt")),
        "response": _choices([{"content": content, "tool_calls": [_called(c) for c in calls]}])
        if content is not None or calls
        else None,
        "tools": functions,
    }


def _called(call: Any) -> Any:
    if not isinstance(call, Mapping):
        return call
    arguments = first(call, "input", "args")
    return {"id": call.get("toolCallId"), "name": call.get("toolName"), "arguments": arguments}


# --- MLflow


def _mlflow(span: Span, said: Attributes) -> Reading:
    kind = str(opened(said.get("mlflow.spanType")) or "UNKNOWN").upper()
    if kind not in ("LLM", "CHAT_MODEL"):
        return LeftOut(kind)
    usage = mapping(first(said, "mlflow.chat.tokenUsage", "mlflow.chat.usage"))
    inputs = first(said, "mlflow.spanInputs", "mlflow.chat.messages")
    return {
        **asked(inputs),
        "response": opened_once(said.get("mlflow.spanOutputs")),
        "tools": first(said, "mlflow.chat.tools"),
        "model": opened(first(said, "mlflow.llm.model", *_MODELS)) or mapping(inputs).get("model"),
        "input_tokens": first(usage, "input_tokens", "prompt_tokens"),
        "output_tokens": first(usage, "output_tokens", "completion_tokens"),
    }


# --- What they share


def _chat(items: Iterable[Attributes]) -> list[dict[str, Any]]:
    return [_message(item) for item in items]


def _choices(items: Iterable[Attributes]) -> dict[str, Any] | None:
    """Returns answers as the choices of a chat completion, None where there are none."""
    choices = [
        {
            "index": place,
            "message": _message({**item, "role": item.get("role") or "assistant"}),
            "finish_reason": item.get("finish_reason"),
        }
        for place, item in enumerate(items)
    ]
    return {"choices": choices} if choices else None


def _message(item: Attributes) -> dict[str, Any]:
    """Returns a chat message from its flattened keys."""
    content = item.get("content", item.get("text"))
    contents = [_part(under(p, "message_content") or p) for p in numbered(item, "contents")]
    calls = [_call(under(call, "tool_call") or call) for call in numbered(item, "tool_calls")]
    message = {
        "content": contents if contents and is_blank(content) else opened_parts(content),
        "tool_calls": calls,
        **{key: item.get(key) for key in ("tool_call_id", "name", "reasoning_content", "refusal")},
    }
    if name := first(item, "function_call_name"):
        function = {"name": name, "arguments": item.get("function_call_arguments_json")}
        message["tool_calls"] = [*calls, {"type": "function", "function": function}]
    kept = {key: value for key, value in message.items() if not is_blank(value)}
    role = item.get("role") or "user"
    if role == "tool" and "tool_call_id" not in kept and not is_blank(item.get("id")):
        kept["tool_call_id"] = item["id"]
    return {"role": role, "content": None, **kept}


def opened_parts(content: Any) -> Any:
    """Returns the parts of a message that were written as JSON text, else the content as it is."""
    parts = opened(content)
    typed = isinstance(parts, list) and all(isinstance(p, Mapping) and "type" in p for p in parts)
    return parts if typed and parts else content


def _part(item: Attributes) -> dict[str, Any]:
    if url := first(item, "image.image.url", "image.url"):
        return {"type": "image_url", "image_url": {"url": url}}
    return {"type": item.get("type") or "text", "text": item.get("text")}


def _call(item: Attributes) -> dict[str, Any]:
    function = under(item, "function") or item
    call = {"name": function.get("name"), "arguments": function.get("arguments")}
    name = {"id": item["id"]} if not is_blank(item.get("id")) else {}
    return {**name, "type": "function", "function": call}


def is_openinference(said: Attributes) -> bool:
    """Returns whether attributes are OpenInference's."""
    return SPAN_KIND in said or any(key.startswith("llm.input_messages") for key in said)


def is_traceloop(said: Attributes) -> bool:
    """Returns whether attributes are OpenLLMetry's, by Traceloop."""
    marks = ("traceloop.", "llm.usage.", "llm.request.", "llm.response.")
    return not is_openinference(said) and any(key.startswith(marks) for key in said)


def _is_vercel(said: Attributes) -> bool:
    operation = str(first(said, "ai.operationId", "operation.name") or "")
    return operation.startswith("ai.")


def _is_mlflow(said: Attributes) -> bool:
    return "mlflow.spanType" in said


def is_genai(said: Attributes) -> bool:
    """Returns whether attributes name a model call as OpenTelemetry does, or did."""
    return is_traceloop(said) or any(key.startswith("gen_ai.") for key in said)


_DIALECTS: tuple[
    tuple[Callable[[Attributes], bool], Callable[[Span, Attributes], Reading]], ...
] = (
    (is_openinference, _openinference),
    (_is_vercel, _vercel),
    (_is_mlflow, _mlflow),
    (is_genai, _genai),
)

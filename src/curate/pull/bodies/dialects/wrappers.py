"""`wrapper`: a question or an answer that stands alone under a key of a platform's own.

Source: Langfuse's `@observe` (`args`, `kwargs`), LangChain's chains (`question`, `chat_history`,
`input`, `output`, `answer`), Hugging Face's text generation (`inputs`, `generated_text`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from curate.messages import transcript
from curate.pull.bodies.body import Body, as_list, as_mapping, fields, nested, person, rest, word
from curate.pull.bodies.envelopes import is_envelope
from curate.pull.bodies.opening import opened, structure
from curate.pull.bodies.reasoning import with_reasoning
from curate.pull.bodies.registry import BodyDialect, register, request_of, response_of

_QUESTIONS = (
    *("question", "query", "user_input", "user_query", "user_message", "input", "prompt"),
    *("input_text", "inputs", "input_value"),
)
# These may be a part of something else: a text beside a title is not all that was asked.
_WEAK_QUESTIONS = ("text", "message", "content")
_HISTORIES = ("chat_history", "history", "messages", "conversation_history", "conversation")
_SYSTEMS = ("system", "system_prompt", "system_message", "instructions")
# With one of these the question is only a part of what the model was shown.
_OTHER_PARTS = {"instruction", "template", "prompt_template"}
# A message or a body of an API, which its own reader did not understand.
_NOT_OURS = {"role", "from", "choices", "candidates", "generations", "delta"}
_ANSWERS = (
    *("answer", "output", "response", "result", "text", "content", "completion"),
    *("generated_text", "output_text", "outputText", "outputs", "reply"),
)
# These may be a part of something else, too: the text that was analysed, the message of an error.
_WEAK_ANSWERS = {
    *("text", "content", "result", "outputs", "message", "messages", "data", "body"),
    *("return_values", "generation"),
}
# What stands beside an answer and says only where it comes from, and what was asked.
_BESIDE_ANSWERS = re.compile(
    r"(\w+_)?(u?u?id|tokens|cost|usage|latency|duration|ms|at|time|timestamp|metadata|scores?)"
    r"|created|meta|model(_\w+)?|provider|confidence|index|additional_kwargs|logprobs"
    r"|(finish|stop|done)_reason|done|citations|references|sources?(_\w+)?|contexts?|retrieved_\w+"
    r"|intermediate_steps|question|query|input|prompt"
)
_WELL = {"ok", "success", "succeeded", "completed", "complete", "done", "finished"}
_TEXT_TYPES = {"text", "message", "answer", "ai", "assistant", "bot", "markdown", "string"}
_INNER_ANSWERS = ("message", "messages", "data", "body", "return_values", "generation")


def read_request(value: Any) -> Body | None:
    """Returns a question under its name, with the history and the instructions beside it."""
    if not isinstance(value, dict) or not {*_OTHER_PARTS, *_NOT_OURS}.isdisjoint(value):
        return None
    if "kwargs" in value and value.keys() <= {"args", "kwargs"}:
        return _called_with(value)
    asked = _name(value, _QUESTIONS) or _name(value, _WEAK_QUESTIONS)
    if asked is None or (asked in _WEAK_QUESTIONS and not _stands_alone(value, asked)):
        return None
    inner = value[asked]
    if not isinstance(inner, str) or (isinstance(structure(inner), list) and is_envelope(inner)):
        inner = opened(inner)
    body = Body(_asked(inner)) if isinstance(inner, str) else request_of(inner)
    before = _before(value)
    if body is None or body.messages is None or before is None:
        return None
    extra = fields(model=word(value.get("model")), user=person(value))
    used = [name for name in (*_HISTORIES, *_SYSTEMS) if name in value]
    unread = rest(value, asked, "model", *used)
    return replace(
        body,
        messages=[*before, *body.messages],
        fields={**extra, **body.fields},
        unread={**nested(request=unread), **body.unread},
    )


def _called_with(value: Mapping[str, Any]) -> Body | None:
    """Returns what a function was called with."""
    named, placed = opened(value["kwargs"]), value.get("args")
    if isinstance(named, dict) and named:
        body = request_of(named)
        return body and replace(body, unread={**body.unread, **nested(args=_places(placed))})
    if not isinstance(placed, list) or len(placed) != 1:
        return None
    if isinstance(placed[0], str) and structure(placed[0]) is None:
        return Body(_asked(placed[0]))
    return request_of(placed[0])


def _places(placed: Any) -> dict[str, Any]:
    return rest({str(n): item for n, item in enumerate(placed)}) if isinstance(placed, list) else {}


def _name(value: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """Returns the name that something stands under, None for none and for two that differ."""
    said = [name for name in names if value.get(name) not in (None, "", [], {})]
    texts = {str(value[name]) for name in said}
    return said[0] if len(texts) == 1 else None


def _stands_alone(value: Mapping[str, Any], asked: str) -> bool:
    others = {key for key, said in value.items() if isinstance(said, str | list | dict) and said}
    known = {asked, "id", "user", "model", "metadata", "session_id", *_HISTORIES, *_SYSTEMS}
    return others <= known


def _asked(text: str) -> list[dict[str, Any]]:
    turns = transcript(text)
    if not turns:
        return [{"role": "user", "content": text}]
    if turns[-1]["role"] == "assistant" and not turns[-1]["content"]:
        turns.pop()  # it only says whose turn it is
    return turns


def _before(value: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Returns what stood before the question, None where the history is not understood."""
    name = _name(value, _SYSTEMS)
    said = word(value[name]) if name else None
    before = [{"role": "system", "content": said}] if said else []
    if name and not said:
        return None
    history = _name(value, _HISTORIES)
    if history is None:
        return None if any(value.get(key) for key in _HISTORIES) else before
    body = request_of(value[history])
    return None if body is None or body.messages is None else [*before, *body.messages]


def read_response(value: Any) -> Body | None:
    """Returns an answer under its name."""
    if isinstance(value, list) and len(value) == 1 and "generated_text" in as_mapping(value[0]):
        value = value[0]  # Hugging Face gives a list of one for each input
    if not isinstance(value, dict) or not _NOT_OURS.isdisjoint(value):
        return None
    name = _name(value, _ANSWERS)
    inner = value[name] if name else None
    if name is None:
        name = None if any(value.get(key) for key in _ANSWERS) else _name(value, _INNER_ANSWERS)
        inner = opened(value[name]) if name else None
    if name is None or not _is_answer(value, name):
        return None
    if isinstance(inner, str):
        answer = with_reasoning({"role": "assistant", "content": inner})
        body: Body | None = Body(None, [answer])
    else:
        body = response_of(inner) if isinstance(inner, dict | list) else None
    if body is None:
        return None
    extra = fields(model=word(value.get("model")))
    unread = nested(response=rest(value, name, "model"))
    return replace(body, fields={**extra, **body.fields}, unread={**unread, **body.unread})


def _is_answer(value: Mapping[str, Any], name: str) -> bool:
    """Returns whether what stands under a name is the answer, and no part of something else."""
    if name not in _WEAK_ANSWERS or is_envelope(value[name]):
        return True
    others = {key: said for key, said in value.items() if key != name and said not in _NOTHING}
    return all(_is_beside(str(key), said) for key, said in others.items())


_NOTHING: tuple[Any, ...] = (None, "", False, [], {})


def _is_beside(key: str, said: Any) -> bool:
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).casefold()
    if plain in ("status", "success", "ok"):
        return said is True or str(said).casefold() in _WELL
    if plain == "type":
        return str(said).casefold() in _TEXT_TYPES
    return plain in _HISTORIES or _BESIDE_ANSWERS.fullmatch(plain) is not None


# What only a server writes: the tokens that it counted, the number of a request.
_COUNTS = {
    *("prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens"),
    *("promptTokens", "completionTokens", "totalTokens", "inputTokens", "outputTokens"),
}
_REQUESTS = {"requestId", "request_id"}
_HOLDERS = ("output", "response", "result")
_SERVED = {
    *(*_HOLDERS, *_REQUESTS, "outputs", "completion", "answer", "text", "output_text"),
    *("usage", "model", "status", "code", "id", "created"),
}
_CHOICE = {"text", "index", "finish_reason", "logprobs"}


def _is_envelope(value: Mapping[str, Any]) -> bool:
    """Returns whether a dict is what a server puts around an answer, and no answer as JSON.

    A name such as `output` or `text` alone does not say so: people ask for JSON with such keys.
    """
    if isinstance(value.get("outputText"), str) or not _COUNTS.isdisjoint(
        as_mapping(value.get("usage"))
    ):
        return True
    if isinstance(value.get("generated_text"), str | list):
        return True
    choices = as_list(value.get("choices"))
    choice = as_mapping(choices[0]) if len(choices) == 1 else {}
    if isinstance(choice.get("text"), str) and choice.keys() <= _CHOICE:
        return value.keys() <= {"choices", *_SERVED}
    if not value.keys() <= _SERVED:
        return False
    if not _REQUESTS.isdisjoint(value) and not {*_HOLDERS, "outputs", "completion"}.isdisjoint(
        value
    ):
        return True
    inner = [as_mapping(value.get(name)) for name in _HOLDERS]
    return any(
        isinstance(each.get("text"), str) and each.keys() <= {"text", "finish_reason"}
        for each in inner
    )


register(
    BodyDialect(
        "wrapper",
        {"a wrapper around a question": ("question",), "a wrapper around an answer": ("answer",)},
        order=90,
        request=read_request,
        response=read_response,
        envelope=_is_envelope,
    )
)

"""`gemini`: generateContent of the Gemini API and Vertex AI.

Source: Gemini API reference, "GenerateContentRequest", "Content", "Part" and
"GenerateContentResponse"; in camelCase as over the wire, in snake_case as the Python SDK dumps it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from curate.messages import ROLES, as_json
from curate.pull.bodies.body import (
    Body,
    BodyTurn,
    Piece,
    as_list,
    as_mapping,
    call,
    data_url,
    failure,
    fields,
    media,
    moment,
    nested,
    number,
    person,
    read_answers,
    read_body,
    rest,
    result,
    tool,
    word,
)
from curate.pull.bodies.opening import is_cut_off, opened, structure
from curate.pull.bodies.registry import (
    BodyDialect,
    message_turns,
    register,
)


def _get(value: Any, name: str) -> Any:
    """Returns what stands under a key in camelCase, or under the same one in snake_case."""
    if not isinstance(value, dict):
        return None
    found = value.get(name)
    return value.get(_snake(name)) if found is None else found


@cache
def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _both(*names: str) -> list[str]:
    return [*names, *map(_snake, names)]


def read_item(item: Mapping[str, Any]) -> list[BodyTurn] | None:
    """Returns the turns of a content: a role and parts."""
    parts, role = opened(item.get("parts")), item.get("role", "user")
    if isinstance(parts, dict):
        parts = [parts]
    if not isinstance(parts, list) or not isinstance(role, str):
        return None
    if any("type" in as_mapping(part) or isinstance(part, str) for part in parts):
        return None
    pieces = [_piece(part) for part in parts]
    if None in pieces:
        return None
    known = [piece for piece in pieces if piece is not None]
    role = ROLES.get(role.casefold(), role)
    unread = rest(item, "role", "parts")
    return message_turns(role, known, joint="" if role == "assistant" else "\n", unread=unread)


def _piece(part: Any) -> Piece | None:
    if not isinstance(part, dict):
        return None
    if isinstance(part.get("text"), str):
        return Piece("reasoning" if part.get("thought") is True else "text", part["text"])
    asked, answered = _get(part, "functionCall"), _get(part, "functionResponse")
    if isinstance(asked, dict):
        made = call(asked.get("name"), asked.get("args"), asked.get("id"))
        return Piece("call", made) if made else None
    if isinstance(answered, dict) and isinstance(answered.get("name"), str):
        said = _result(answered.get("response"))
        return Piece("result", result(said, answered.get("id"), answered["name"]))
    if any(_get(part, key) for key in ("executableCode", "codeExecutionResult")):
        return Piece("unread", rest(part))
    if set(part) <= {"thought", "thoughtSignature", "thought_signature"}:
        return Piece("unread", rest(part)) if part else None
    return _media(part)


def _result(response: Any) -> Any:
    """Returns a function's result; one that is a text stands in a mapping, which must be one."""
    if isinstance(response, dict) and len(response) == 1:
        (name, said), *_ = response.items()
        if name in ("output", "result", "content", "response") and isinstance(said, str):
            return said
    return response if isinstance(response, str) else as_json(response)


def _media(part: Mapping[str, Any]) -> Piece | None:
    inline, file = _get(part, "inlineData"), _get(part, "fileData")
    kind = _get(inline, "mimeType") or _get(file, "mimeType")
    url = data_url(kind, as_mapping(inline).get("data")) or _get(file, "fileUri")
    made = media(kind, url, _get(inline, "displayName"))
    return Piece("part", made) if made else None


def read_request(value: Any) -> Body | None:
    """Returns a request body, or its `contents` alone."""
    if isinstance(value, list):
        return None
    if not isinstance(value, dict) or "contents" not in value:
        return None
    turns, system = _contents(value["contents"]), _system(_get(value, "systemInstruction"))
    config = as_mapping(_get(value, "config"))
    if not system and config:
        system = _system(_get(config, "systemInstruction"))
    if not turns or system is None:
        return None
    tools = _tools(value.get("tools") or config.get("tools"))
    extra = fields(model=word(value.get("model")), user=person(value), tools=tools or None)
    used = _both("contents", "systemInstruction", "tools", "model")
    return read_body([*system, *turns], extra, request=rest(value, *used))


def _contents(value: Any) -> list[BodyTurn] | None:
    """Returns the turns of contents: a list, one content, or a text alone."""
    listed = structure(value)
    if listed is None:
        return [BodyTurn({"role": "user", "content": value})] if word(value) else None
    turns: list[BodyTurn] = []
    for item in listed if isinstance(listed, list) else [listed]:
        item = opened(item)
        if isinstance(item, str):
            if is_cut_off(item):
                return None
            turns.append(BodyTurn({"role": "user", "content": item}))
            continue
        read = read_item(item) if isinstance(item, dict) else None
        if read is None:
            return None
        turns += read
    return turns


def _system(value: Any) -> list[BodyTurn] | None:
    value = opened(value)
    if value in (None, "", {}, []):
        return []
    if isinstance(value, str):
        return [BodyTurn({"role": "system", "content": value})]
    if isinstance(value, list):
        value = {"parts": value}
    turns = read_item({**value, "role": "system"}) if isinstance(value, dict) else None
    return turns if turns and len(turns) == 1 else None


def _tools(value: Any) -> list[dict[str, Any]]:
    names = ("parametersJsonSchema", "parameters_json_schema", "parameters")
    groups = [_get(group, "functionDeclarations") for group in as_list(opened(value))]
    listed = [each for group in groups for each in as_list(group)]
    made = [tool(each, *names) for each in listed if isinstance(each, dict)]
    return [each for each in made if each is not None]


def read_response(value: Any) -> Body | None:
    """Returns a response with candidates, or one that was blocked."""
    if isinstance(value, list) and value and all("candidates" in as_mapping(v) for v in value):
        return None  # a stream, which has a reader of its own
    if not isinstance(value, dict):
        return None
    blocked = _get(_get(value, "promptFeedback"), "blockReason")
    candidates = opened(value.get("candidates"))
    if not candidates and isinstance(blocked, str):
        extra = {**_fields(value), "status": "error", "error": f"blocked: {blocked}"}
        return Body(None, None, extra, nested(response=_unread(value)))
    if isinstance(candidates, dict):
        candidates = [candidates]
    if not isinstance(candidates, list) or not candidates:
        return _error(value)
    choices = [_candidate(candidate) for candidate in candidates]
    if None in choices:
        return None
    ends = [word(_get(candidate, "finishReason")) for candidate in candidates]
    used = _both("content", "finishReason", "index")
    unread = {str(n): said for n, each in enumerate(candidates) if (said := rest(each, *used))}
    turns = [choice for choice in choices if choice]
    return read_answers(
        turns, _fields(value), ends, response=_unread(value) | nested(candidates=unread)
    )


def _candidate(candidate: Any) -> list[BodyTurn] | None:
    """Returns the turns of a candidate, none where it was stopped before it said something."""
    if not isinstance(candidate, dict):
        return None
    content = opened(candidate.get("content"))
    if not content or (isinstance(content, dict) and not rest(content, "role")):
        return [] if _get(candidate, "finishReason") else None
    if not isinstance(content, dict):
        return None
    turns = read_item({**content, "role": "model"})
    return turns if content.get("role", "model") in ("model", "assistant", None, "") else None


def _fields(value: Mapping[str, Any]) -> dict[str, Any]:
    usage = _get(value, "usageMetadata")
    answered, thought = (_get(usage, f"{name}TokenCount") for name in ("candidates", "thoughts"))
    if isinstance(answered, int) and isinstance(thought, int):
        answered += thought
    return fields(
        id=word(_get(value, "responseId")), model=word(_get(value, "modelVersion")),
        created_at=moment(_get(value, "createTime")),
        input_tokens=number(_get(usage, "promptTokenCount")), output_tokens=number(answered),
    )  # fmt: skip


def _unread(value: Mapping[str, Any]) -> dict[str, Any]:
    used = ("candidates", "responseId", "modelVersion", "createTime", "usageMetadata")
    counts = _both("promptTokenCount", "candidatesTokenCount", "totalTokenCount")
    usage = as_mapping(_get(value, "usageMetadata"))
    return rest(value, *_both(*used)) | nested(usage=rest(usage, *counts))


def _error(value: Mapping[str, Any]) -> Body | None:
    error = value.get("error")
    if not isinstance(error, dict) or not {"status", "details"} & error.keys():
        return None
    said = failure(error)
    return Body(None, None, {"status": "error", "error": said}) if said else None


def _is_envelope(value: Mapping[str, Any]) -> bool:
    if not {"usageMetadata", "usage_metadata", "modelVersion", "promptFeedback"}.isdisjoint(value):
        return True
    candidates, keys = value.get("candidates"), _both("finishReason", "safetyRatings", "content")
    if isinstance(candidates, list):
        return any(not as_mapping(c).keys().isdisjoint(keys) for c in candidates)
    contents = value.get("contents")
    is_talk = isinstance(contents, list) and any("parts" in as_mapping(c) for c in contents)
    return is_talk or not value.keys().isdisjoint(_both("functionCall", "functionResponse"))


register(
    BodyDialect(
        "gemini",
        {
            "a Gemini request": ("contents", "systemInstruction", "generationConfig"),
            "a Gemini response": ("candidates", "usageMetadata", "modelVersion"),
            "a Gemini content": ("parts", "role"),
        },
        order=40,
        request=read_request,
        response=read_response,
        item=read_item,
        needs={
            "request": ("contents",),
            "response": ("candidates", "promptFeedback", "prompt_feedback", "error"),
            "item": ("parts",),
        },
        envelope=_is_envelope,
    )
)

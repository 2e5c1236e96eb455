"""What readers give back: a body, and the turns and pieces that it is put together from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from curate.kernels.user_ids import is_user_key
from curate.messages import Message, as_json
from curate.pull.bodies.opening import opened


@dataclass(slots=True)
class Body:
    """What a request, a response or a list of messages says.

    Attributes:
        messages: what stood before the answer, in OpenAI shape; None where it says nothing of it.
        output: the answers, one for each choice; None where there is none.
        fields: what else it says of the call, by the names of pull's fields.
        unread: what no reader uses, nested as it stood; without ids of users.
    """

    messages: list[Message] | None = None
    output: list[Message] | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    unread: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class BodyTurn:
    """One message of a list, and what its item says beside it.

    Attributes:
        message: in OpenAI shape; None for an item that is no part of the talk.
        is_fragment: whether it is a part of an assistant's turn that APIs list as several items.
    """

    message: Message | None
    fields: dict[str, Any] = field(default_factory=dict)
    unread: dict[str, Any] = field(default_factory=dict)
    is_fragment: bool = False


@dataclass(slots=True)
class Piece:
    """One part of a message's content.

    Attributes:
        kind: what `value` is: a text, a part that is kept, a reasoning text, a tool call in
            OpenAI's form, the message of a tool's result, or something that is no part of the talk.
        as_logged: whether `value` may stay as it was logged, which only OpenAI's own parts may.
    """

    kind: Literal["text", "part", "reasoning", "call", "result", "unread"]
    value: Any
    as_logged: bool = False


def without_people(value: Any) -> Any:
    """Returns a nested value without the ids of people, also where it holds JSON text."""
    if isinstance(value, dict):
        return {k: without_people(v) for k, v in value.items() if not is_user_key(str(k))}
    if isinstance(value, list):
        return [without_people(item) for item in value]
    inner = opened(value)
    if not isinstance(inner, dict | list):
        return value
    cleaned = without_people(inner)
    return value if cleaned == inner else cleaned


def rest(item: Mapping[str, Any], *used: str) -> dict[str, Any]:
    """Returns what a mapping says under other keys, without what is empty and ids of people."""
    others = without_people({k: v for k, v in item.items() if k not in used})
    return {k: v for k, v in others.items() if v not in (None, "", [], {})}


def nested(**places: Mapping[str, Any]) -> dict[str, Any]:
    """Returns unread parts under their places, without those that are empty."""
    return {name: dict(part) for name, part in places.items() if part}


def fields(**values: Any) -> dict[str, Any]:
    """Returns fields without those that nothing was said of."""
    return {name: value for name, value in values.items() if value is not None}


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Returns a value that is a mapping, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Returns a value that is a list, or an empty one."""
    return value if isinstance(value, list) else []


def kind_of(value: Any) -> str:
    """Returns the `type` of a part, an item or an event; an empty text where it has none."""
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else ""


def word(value: Any) -> str | None:
    """Returns a value that is a text which says something, else None."""
    return value if isinstance(value, str) and value.strip() else None


def number(*values: Any) -> float | str | None:
    """Returns the first value that is a number, or a text that is one; else None."""
    for value in values:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value):
            return value
    return None


def moment(*values: Any) -> float | str | None:
    """Returns the first value that may be a time: a number or a text."""
    return next((v for v in values if word(v) or number(v) is not None), None)


def person(item: Mapping[str, Any]) -> str | None:
    """Returns the id of the person that a request names."""
    inner = as_mapping(item.get("metadata"))
    places = (item.get("user"), item.get("safety_identifier"), inner.get("user_id"))
    return next(filter(None, map(word, (*places, item.get("user_id"), inner.get("user")))), None)


def failure(error: Any) -> str | None:
    """Returns what an error says: its message, else its code; None where it is no error."""
    if isinstance(error, dict):
        said = (error.get(name) for name in ("message", "code", "type", "status"))
        return next((str(value) for value in said if isinstance(value, str | int) and value), None)
    return word(error)


def call(name: Any, arguments: Any, id: Any = None) -> dict[str, Any] | None:
    """Returns a tool call in OpenAI's form; None where it has no name."""
    if not isinstance(name, str) or not name:
        return None
    text = arguments if isinstance(arguments, str) else as_json(arguments or {})
    begin = {"id": id} if isinstance(id, str) and id else {}
    return {**begin, "type": "function", "function": {"name": name, "arguments": text}}


def listed_tools(value: Any) -> list[Any] | None:
    """Returns the definitions of tools as they were logged, None where there are none."""
    if isinstance(value, dict) and not value.keys().isdisjoint(("function", "name")):
        return [value]
    is_list = isinstance(value, list) and all(isinstance(each, dict) for each in value)
    return value or None if is_list else None


def tool(definition: Mapping[str, Any], *schema: str) -> dict[str, Any] | None:
    """Returns the definition of a tool in OpenAI's nested form; None where it has no name.

    Args:
        definition: the flat form of another API.
        schema: keys under which it may keep the JSON schema of the parameters.
    """
    if not isinstance(definition.get("name"), str):
        return None
    said = {k: v for k, v in definition.items() if k not in ("type", "cache_control", *schema)}
    parameters = next((definition[key] for key in schema if key in definition), None)
    said |= {} if parameters is None else {"parameters": parameters}
    return {"type": "function", "function": said}


def result(content: Any, id: Any = None, name: Any = None, *, is_parts: bool = False) -> Message:
    """Returns the message of a tool's result; a structured one stands as JSON text.

    Args:
        content: what the tool gave.
        id: of the call that it answers.
        name: of the tool.
        is_parts: whether the content is a list of parts in OpenAI's form.
    """
    if content is not None and not isinstance(content, str) and not is_parts:
        content = as_json(content)
    message: Message = {"role": "tool", "content": content}
    return message | fields(tool_call_id=word(id), name=word(name))


def data_url(media_type: Any, data: Any) -> str | None:
    """Returns the URL of data in base64."""
    if not isinstance(data, str) or not data:
        return None
    return f"data:{media_type if isinstance(media_type, str) else ''};base64,{data}"


def media(media_type: Any, url: Any, name: Any = None) -> dict[str, Any] | None:
    """Returns a part for an image or another file at a URL, in OpenAI's form."""
    if not isinstance(url, str) or not url:
        return None
    if isinstance(media_type, str) and media_type.startswith("image"):
        return {"type": "image_url", "image_url": {"url": url}}
    said = fields(file_data=url, filename=word(name), media_type=word(media_type))
    return {"type": "file", "file": said}


def read_body(
    turns: Sequence[BodyTurn], extra: Mapping[str, Any] | None = None, **places: Mapping[str, Any]
) -> Body:
    """Returns the body of a request or a list of messages: its turns, and what stands beside them.

    Args:
        turns: the messages.
        extra: fields of the request.
        places: what is unread, by the place where it stood.
    """
    said = [turn.message for turn in turns if turn.message is not None]
    unread = {str(n): turn.unread for n, turn in enumerate(turns) if turn.unread}
    return Body(said, None, dict(extra or {}), nested(messages=unread, **places))


def read_answers(
    choices: Iterable[Sequence[BodyTurn]],
    extra: Mapping[str, Any] | None = None,
    ends: Sequence[Any] | None = None,
    **places: Mapping[str, Any],
) -> Body | None:
    """Returns the body of a response with one or several choices; None where they are odd.

    Args:
        choices: the turns of each choice. More than one turn is legal for a single choice only.
        extra: fields of the response.
        ends: why each choice ended, where the response and not the turns say so.
        places: what is unread, by the place where it stood.
    """
    listed = [list(turns) for turns in choices]
    spoken = [[turn for turn in turns if turn.message is not None] for turns in listed]
    if len(spoken) > 1 and any(len(turns) != 1 for turns in spoken):
        return None
    last = [turns[-1] for turns in spoken if turns]
    reasons = (
        list(ends) if ends is not None else [turn.fields.get("finish_reason") for turn in last]
    )
    said = {k: v for turn in last[:1] for k, v in turn.fields.items() if k != "finish_reason"}
    said |= extra or {}
    if reasons and any(reason is not None for reason in reasons):
        said |= fields(finish_reason=reasons[0], finish_reasons=reasons)
    unread = {
        str(n): t.unread for n, t in enumerate(t for turns in listed for t in turns) if t.unread
    }
    output = [turn.message for turns in spoken for turn in turns if turn.message is not None]
    return Body(None, output or None, said, nested(output=unread, **places))

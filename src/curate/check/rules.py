"""The rules of `curate check`: what each one means, and those that look at one row.

Each row rule is a pure function from a reading and a target to what is wrong, as (rule, message).
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from curate.check.shapes import SHAPES, Message, ParsedRow, Row, said
from curate.check.targets import Target
from curate.contract.answers import check_calls
from curate.messages import calls_of, declared_tools, function_of, text_of

Problem = tuple[str, str]


@dataclass(frozen=True)
class CheckRule:
    """What a rule says, how bad its breach is, and what to do about it."""

    level: Literal["error", "warning"]
    means: str
    fix: str


def _error(means: str, fix: str) -> CheckRule:
    return CheckRule("error", means, fix)


def _warning(means: str, fix: str) -> CheckRule:
    return CheckRule("warning", means, fix)


RULES = {
    "empty-file": _error("there is no row", "export something, or name another file"),
    "not-utf8": _error("a line is not UTF-8", "save the file as UTF-8"),
    "bad-json": _error("a line is not JSON", "write one whole JSON object a line"),
    "not-an-object": _error("a line is JSON, but no object", "write one JSON object a line"),
    "lone-surrogate": _error(
        "half of a character pair, which loaders refuse",
        "write U+FFFD for it",
    ),
    "wrong-format": _error("the target does not read rows of this shape", "export another format"),
    "ambiguous-format": _error("a row may be read in two ways", "leave the keys of one of them"),
    "mixed-format": _error("rows of several shapes in one file", "write one file for each shape"),
    "unknown-key": _error("a key that the target refuses", "leave it out"),
    "bad-field": _error("a value of the wrong type", "write what was expected"),
    "no-messages": _error("no list of messages", "leave the row out, or write its messages"),
    "bad-role": _error("a role that the target does not know", "name it as the target does"),
    "bad-content": _error("a content that is neither text nor parts", "write a string"),
    "no-assistant": _error("nobody answers", "leave the row out: there is nothing to learn"),
    "last-not-assistant": _error("the last message is no answer", "cut the row after its answer"),
    "assistant-empty": _error("an answer says nothing and calls nothing", "leave the row out"),
    "system-not-first": _error("a system message after others", "put it first, or leave it out"),
    "bad-weight": _error("a weight that is not 0 or 1 on an answer", "write 0 or 1, or nothing"),
    "all-weights-zero": _error("every answer has weight 0", "leave the row out"),
    "tool-args-not-json": _error("arguments that are not a JSON object", "write valid JSON"),
    "tool-args-object": _error(
        "arguments as an object where a JSON string is read", "write json.dumps(arguments)"
    ),
    "tool-call-unanswered": _error(
        "the talk goes on before a tool has answered", "add the tool's message, or cut before it"
    ),
    "tool-id-unknown": _error(
        "a tool's message answers no call", "give it the id of the call, or leave it out"
    ),
    "tool-id-duplicate": _error("two calls have one id", "give each call its own id"),
    "tool-id-refused": _error(
        "an id of a call that the target does not take", "write ids as the target wants them"
    ),
    "tool-undeclared": _error("a call of a tool that was not offered", "add it to `tools`"),
    "pref-identical": _error("both answers of a pair are the same", "leave the pair out"),
    "pref-prompt-mismatch": _error(
        "the two answers do not stand on the same prompt", "pair answers to one prompt"
    ),
    "pref-prompt-ends-assistant": _error(
        "the prompt of a pair ends with an answer", "move it to the answers, or cut it"
    ),
    "label-unknown": _error("a label that is not in the list", "correct it, or add it to the list"),
    "bad-span": _error("a span that its text does not have", "recount its characters"),
    "reserved-word": _error("words that the target keeps for itself", "write them otherwise"),
    "secret-found": _error("a key, token or password", "redact it, and revoke it"),
    "heldout-exact": _error("the input stands in the held-out file", "leave the row out"),
    "heldout-near": _error("the input is nearly one of the held-out file", "leave the row out"),
    "mixed-types": _error("a column of several types", "write one type in every row"),
    "too-few-rows": _error("fewer rows than the target takes", "collect more"),
    "too-many-rows": _error("more rows than the target takes", "draw fewer"),
    "file-too-big": _error("more bytes than the target takes", "split it, or draw fewer rows"),
    "row-too-long": _error("more tokens than the target takes", "shorten the row or leave it out"),
    "non-alternating": _warning(
        "user and assistant do not take turns", "join the messages of one speaker"
    ),
    "turns-not-alternating": _error(
        "user and assistant do not take turns, and the target refuses or skips such a row",
        "join the messages of one speaker",
    ),
    "developer-role": _warning("the role developer is read as system", "write system"),
    "feature-dropped": _warning(
        "something the target has no words for, and ignores", "check that the row is right without"
    ),
    "tool-args-string": _warning(
        "arguments as a string, which chat templates quote twice", "write them as an object"
    ),
    "tool-args-refused": _warning(
        "arguments that the offered tool does not take", "correct them, or leave the row out"
    ),
    "tools-missing": _warning("a call in a row that offers no tools", "add `tools`"),
    "tool-without-id": _warning("a tool's message names no call", "add `tool_call_id`"),
    "envelope": _warning(
        "the text of an API's message or body as a question or an answer",
        "read the log again: `curate pull --dry-run` shows how",
    ),
    "html-entities": _warning("entities of HTML outside of code", "unescape the text"),
    "mojibake": _warning("UTF-8 that was read as cp1252", "read the log again as UTF-8"),
    "duplicate-row": _warning("a row that stood there before", "leave it out"),
    "near-duplicate": _warning("an input that nearly stood there before", "curate dedupe"),
    "kto-one-sided": _warning("all ratings are the same", "add rows of the other kind"),
    "class-imbalance": _warning("a label is rare", "collect more of it, or weigh the classes"),
    "few-rows": _warning("fewer rows than the target advises", "collect more"),
    "answer-truncated": _warning(
        "longer than what is trained: the end is cut off", "raise max_length, or leave the row out"
    ),
    "late-column": _warning(
        "a column that is first filled after 10 MB, which load_dataset refuses",
        "declare the columns in the dataset card, or write it in every row",
    ),
    "date-column": _warning(
        "texts that are all dates, which load_dataset turns into timestamps",
        "declare the column as a string in the dataset card",
    ),
}


def of_row(row: Row, shape: str, read: ParsedRow, target: Target) -> list[Problem]:
    """Returns what is wrong with one row that could be read, each thing once."""
    problems: dict[Problem, None] = {}
    for answer in read.answers or [[]]:
        whole = [*read.prompt, *answer]
        if SHAPES[shape].kind not in ("labelled", "text"):
            problems |= dict.fromkeys(_of_talk(whole, read, shape, target))
    problems |= dict.fromkeys(_keys(row, shape, target))
    problems |= dict.fromkeys(_features(row, read, target))
    if SHAPES[shape].kind == "labelled":
        problems |= dict.fromkeys(_spans(read))
    if SHAPES[shape].kind in ("labelled", "text") and not text_of(read.messages[0]["content"]):
        problems["bad-field", "the text is empty"] = None
    if len(read.answers) == 2:
        problems |= dict.fromkeys(_pair(read))
    ends = any(rule == "pref-prompt-ends-assistant" for rule, _ in problems)
    # That the answers then follow an answer is the same thing said again.
    return [p for p in problems if not (ends and p[0].endswith("alternating"))]


def form(row: Row, read: ParsedRow) -> Hashable:
    """Returns what a row of texts alone is checked by: rows of one form break the same rules.

    None where more is looked at: other than one answer, an empty text, keys besides role and
    content. Reserved words are another matter.
    """
    if len(read.answers) != 1:
        return None
    roles = []
    for message in (*read.prompt, *read.answers[0]):
        content = message.get("content")
        if len(message) != 2 or not isinstance(content, str) or not content or content.isspace():
            return None
        roles.append(message["role"])
    flags = bool(read.tools), row.get("parallel_tool_calls") is None
    return tuple(roles), len(read.prompt), tuple(row), flags


def _of_talk(
    talk: Sequence[Message], read: ParsedRow, shape: str, target: Target
) -> Iterator[Problem]:
    yield from _roles(talk, target)
    yield from _contents(talk, text_only=shape == "openai-preference")
    yield from _answer(talk)
    yield from _order(talk, target)
    yield from _weights(talk)
    yield from _message_keys(talk, target)
    yield from _arguments(talk, target)
    yield from _calls(talk, target)
    yield from _declared(talk, read.tools)
    yield from _reserved(read.prompt, target)


def _roles(talk: Sequence[Message], target: Target) -> Iterator[Problem]:
    for place, message in enumerate(talk, 1):
        role = message["role"]
        if role not in target.roles:
            roles = ", ".join(target.roles)
            yield "bad-role", f"message {place} has the role {role!r}; expected one of {roles}"
        elif role == "developer":
            yield "developer-role", f"message {place} has the role 'developer'"


def _contents(talk: Sequence[Message], *, text_only: bool) -> Iterator[Problem]:
    for place, message in enumerate(talk, 1):
        content = message.get("content")
        if content is None and message["role"] == "assistant":
            continue
        if isinstance(content, list):
            if text_only and _not_text(content):
                yield "bad-content", f"message {place} holds more than text"
        elif not isinstance(content, str):
            yield "bad-content", f"the content of message {place} is {said(content)}"


def _not_text(parts: Sequence[Any]) -> bool:
    return any(not isinstance(part, dict) or part.get("type", "text") != "text" for part in parts)


def _answer(talk: Sequence[Message]) -> Iterator[Problem]:
    answers = [m for m in talk if m["role"] == "assistant"]
    if not answers:
        yield "no-assistant", "no message of an assistant"
    elif talk[-1]["role"] != "assistant":
        yield "last-not-assistant", f"the last message is of the role {talk[-1]['role']!r}"
    for place, message in enumerate(talk, 1):
        if message["role"] == "assistant" and not _speaks(message):
            yield "assistant-empty", f"message {place} is an answer without content"


def _speaks(message: Message) -> bool:
    content = message.get("content")
    parts = isinstance(content, list) and _not_text(content)
    calls = message.get("tool_calls") or message.get("function_call")
    return bool(calls or parts or text_of(content).strip())


def _order(talk: Sequence[Message], target: Target) -> Iterator[Problem]:
    rest = list(talk)
    while rest and rest[0]["role"] in ("system", "developer"):
        rest.pop(0)
    first = len(talk) - len(rest)
    for place, message in enumerate(rest, first + 1):
        if message["role"] in ("system", "developer"):
            yield "system-not-first", f"message {place} is of the role {message['role']!r}"
    places = [(n, m) for n, m in enumerate(rest, first + 1) if m["role"] != "system"]
    strict = target.alternation == "strict"
    for before, (place, message) in zip([None, *[m for _, m in places]], places, strict=False):
        if message["role"] in ("user", "assistant") and not _follows(before, message["role"]):
            seen = "is the first one" if before is None else f"follows one of {before['role']!r}"
            rule = "turns-not-alternating" if strict else "non-alternating"
            yield rule, f"message {place}, of {message['role']!r}, {seen}"
            return


def _follows(before: Message | None, role: str) -> bool:
    if before is None:
        return role == "user"
    if before["role"] in ("tool", "function"):
        return role == "assistant"
    return bool(role != before["role"])


def _weights(talk: Sequence[Message]) -> Iterator[Problem]:
    weights = []
    for place, message in enumerate(talk, 1):
        weight = message.get("weight")
        if "weight" in message and (type(weight) is not int or weight not in (0, 1)):
            yield "bad-weight", f"message {place} has the weight {weight!r}"
        elif "weight" in message and message["role"] != "assistant":
            yield "bad-weight", f"message {place} is no answer and has a weight"
        if message["role"] == "assistant":
            weights.append(weight)
    if weights and all(type(weight) is int and weight == 0 for weight in weights):
        yield "all-weights-zero", f"no answer of {len(weights)} is trained"


def _message_keys(talk: Sequence[Message], target: Target) -> Iterator[Problem]:
    if not target.message_keys:
        return
    for place, message in enumerate(talk, 1):
        for key in sorted(message.keys() - set(target.message_keys)):
            yield "unknown-key", f"message {place} has the key {key!r}"


def _arguments(talk: Sequence[Message], target: Target) -> Iterator[Problem]:
    for place, message in enumerate(talk, 1):
        for call in calls_of(message):
            name, arguments = function_of(call).get("name"), function_of(call).get("arguments")
            where = f"message {place}, call of {name!r}"
            if not isinstance(name, str) or not name:
                yield "bad-field", f"message {place}: a call names no function"
            if isinstance(arguments, str) and not _is_object(arguments):
                yield "tool-args-not-json", f"{where}: {arguments[:60]!r}"
            elif isinstance(arguments, str) and target.arguments == "object":
                yield "tool-args-string", where
            elif isinstance(arguments, dict) and target.arguments == "string":
                yield "tool-args-object", where
            elif not isinstance(arguments, str | dict):
                yield "tool-args-not-json", f"{where}: arguments are {said(arguments)}"


def _is_object(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def _calls(talk: Sequence[Message], target: Target) -> Iterator[Problem]:
    """Yields calls and answers that do not meet: by id, or by their order where there is none."""
    ids: set[str] = set()
    waiting: list[Any] = []
    for place, message in enumerate(talk, 1):
        if message["role"] == "tool":
            yield from _answered(place, message, waiting, target)
            continue
        if waiting:
            yield "tool-call-unanswered", f"message {place} comes before {_named(waiting)}"
            waiting = []
        for call in calls_of(message):
            name = call.get("id")
            if name is not None and name in ids:
                yield "tool-id-duplicate", f"message {place}: the id {name!r} was used before"
            elif name is None and target.tool_ids:
                yield "bad-field", f"message {place}: a call has no id"
            if name is not None and not re.fullmatch(target.tool_id_pattern, str(name)):
                expectation = f"expected {target.tool_id_pattern}"
                yield "tool-id-refused", f"message {place}: the id {name!r}; {expectation}"
            ids.add(str(name))
            waiting.append(name)


def _named(waiting: Sequence[Any]) -> str:
    names = [repr(name) for name in waiting if name is not None]
    return f"the answer to {', '.join(names)}" if names else "a call is answered"


def _answered(
    place: int, message: Message, waiting: list[Any], target: Target
) -> Iterator[Problem]:
    """Takes the call that a tool's message answers off the list of those that wait."""
    name = message.get("tool_call_id")
    if name in waiting:
        waiting.remove(name)
    elif name is None and target.tool_ids:
        yield "tool-id-unknown", f"message {place} has no `tool_call_id`"
        waiting[:] = waiting[1:]
    elif waiting and (name is None or None in waiting):
        if name is None:
            yield "tool-without-id", f"message {place} names none of the calls that have ids"
        waiting.remove(None if None in waiting else waiting[0])
    else:
        description = "no call waits" if name is None else f"no call {name!r} waits"
        yield "tool-id-unknown", f"message {place}: {description} for an answer"


def _declared(talk: Sequence[Message], tools: Sequence[Any]) -> Iterator[Problem]:
    names = {declared.get("name") for declared in declared_tools(tools)}
    for place, message in enumerate(talk, 1):
        for call in calls_of(message):
            name = function_of(call).get("name")
            if not tools:
                yield "tools-missing", "calls a tool, and has no `tools`"
            elif name not in names:
                listing = ", ".join(sorted(map(str, names)))
                yield "tool-undeclared", f"message {place} calls {name!r}; offered: {listing}"
        found = check_calls(message, tools) if tools else None
        if found and found.kind.startswith("argument-"):
            yield "tool-args-refused", f"message {place}, {found.path}: {found.message}"


def _keys(row: Row, shape: str, target: Target) -> Iterator[Problem]:
    if target.extra_keys == "refused":
        keys = SHAPES[shape].required | SHAPES[shape].optional | set(target.row_keys)
        for key in sorted(row.keys() - keys):
            yield "unknown-key", f"the key {key!r}"


def _features(row: Row, read: ParsedRow, target: Target) -> Iterator[Problem]:
    talk = [*read.prompt, *(m for answer in read.answers for m in answer)]
    features = {
        "weight": any(m.get("weight") == 0 for m in talk),
        "parallel_tool_calls": row.get("parallel_tool_calls") is not None,
        "tools": bool(read.tools) or any(calls_of(m) for m in talk),
    }
    for feature in target.lacks:
        if features[feature]:
            yield "feature-dropped", f"{target.name} ignores `{feature}`"


def _pair(read: ParsedRow) -> Iterator[Problem]:
    if read.prompt and read.prompt[-1]["role"] == "assistant":
        yield "pref-prompt-ends-assistant", "the last message of the prompt is an answer"
    if _heard(read.answers[0]) == _heard(read.answers[1]):
        yield "pref-identical", "the better and the worse answer are the same"


def _heard(messages: Iterable[Message]) -> list[Any]:
    return [(m["role"], " ".join(text_of(m.get("content")).split()), calls_of(m)) for m in messages]


def _spans(read: ParsedRow) -> Iterator[Problem]:
    text = text_of(read.prompt[0]["content"])
    length = len(text)
    end_before = 0
    whole = [s for s in read.spans if type(s[0]) is int and type(s[1]) is int]
    if len(whole) < len(read.spans):
        yield "bad-span", "a span has no `start` and `end`"
    for start, end, _ in sorted(whole, key=lambda span: span[:2]):
        if not 0 <= start < end <= length:
            yield "bad-span", f"{start} to {end} in a text of {length} characters"
        elif start < end_before:
            yield "bad-span", f"{start} to {end} overlaps the one before"
        elif any(_within_word(text, place) for place in (start, end)):
            yield "bad-span", f"{start} to {end} cuts a word"
        end_before = max(end, end_before)


def _within_word(text: str, place: int) -> bool:
    return re.fullmatch(r"\w\w", text[max(place - 1, 0) : place + 1]) is not None


def _reserved(prompt: Sequence[Message], target: Target) -> Iterator[Problem]:
    for place, message in enumerate(prompt, 1):
        for word in target.reserved:
            if word in text_of(message.get("content")):
                yield "reserved-word", f"message {place} holds {word!r}"

"""Preference data as others write it: one prompt, a chosen and a rejected answer.

Read are TRL's explicit and implicit prompts, transcripts as in HH-RLHF, OpenAI's preference lines,
message lists as in UltraFeedback, and plain strings beside a prompt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from curate.messages import Message, canonical, parse_messages, text_of
from curate.text import normalise

SIDES = ("chosen", "rejected")

_SPEAKER = re.compile(r"(?:^|\n\n)(Human|Assistant):")
_ROLES = {"Human": "user", "Assistant": "assistant"}

Sides = tuple[list[Message], list[Message]]


def transcript_prompt(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the prompt of a document as messages, where it is the transcript of a dialogue."""
    found = transcript(values.get("query"))
    if not found:
        return {}
    if found[-1]["role"] == "assistant" and not found[-1]["content"]:
        found.pop()  # "Assistant:" at the end only says whose turn it is
    return {"messages": found, "query": None}


def transcript(value: Any) -> list[Message] | None:
    r"""Returns the turns of a text such as `\n\nHuman: ... \n\nAssistant: ...`, else None.

    Source: Bai et al. 2022, the HH-RLHF data.
    """
    if not isinstance(value, str) or not (parts := _SPEAKER.split(value))[1:] or parts[0].strip():
        return None
    return [
        {"role": _ROLES[role], "content": text.strip()}
        for role, text in zip(parts[1::2], parts[2::2], strict=True)
    ]


def sides(
    prompt: list[Message], chosen: Any, rejected: Any, *, ending: list[Message] | None = None
) -> Sides | str:
    """Returns the messages that both answers follow and the two answers, or why there are none.

    A side is an answer, or a whole conversation that ends with it. Where two conversations differ
    before their last turn, the answers are not answers to one prompt.

    Args:
        prompt: what the document says was asked, empty where it has no prompt of its own.
        chosen: the better side, a text, a message or a list of messages.
        rejected: the other one.
        ending: the answer that the prompt of the document ends with. Some documents repeat a side
            there; one that is in neither side would be lost.
    """
    if chosen is None or rejected is None:
        return f"pref-one-sided: no {SIDES[chosen is not None]} answer"
    whole = [_whole(prompt, side) for side in (chosen, rejected)]
    one, other = whole
    for name, messages in zip(SIDES, whole, strict=True):
        if messages[-1]["role"] != "assistant":
            return f"last-not-assistant: the {name} side ends with the role {messages[-1]['role']}"
    lost = [m for m in ending or () if not _holds([*one, *other], m)]
    if lost or (prompt and prompt[-1]["role"] == "assistant"):
        return "pref-prompt-ends-assistant: the prompt ends with an answer"
    if prompt and not _holds(one, prompt[-1]):
        return "pref-prompt-mismatch: the conversation does not hold the prompt"
    if len(one) == 1 or len(other) == 1:
        return "no-prompt: two answers, and nothing that says what was asked"
    if told := _difference(one[:-1], other[:-1]):
        return f"diverges-early: {told}"
    if _same(one[-1], other[-1]):
        equal = canonical(one[-1]) == canonical(other[-1])
        but = "" if equal else " but for case and white space"
        return f"pref-identical: both answers are the same{but}"
    return one[:-1], [one[-1], other[-1]]


def _whole(prompt: list[Message], side: Any) -> list[Message]:
    """Returns the conversation that ends with an answer; a system message is the prompt's."""
    if isinstance(side, Mapping):
        side = [{"role": "assistant", **side}]
    messages = parse_messages(side) or transcript(side)
    messages = messages or [{"role": "assistant", "content": _text(side)}]
    if messages[0]["role"] == "assistant":
        return [*prompt, *messages]
    begins = prompt[:1] if prompt and prompt[0]["role"] == "system" else []
    return messages if messages[0]["role"] == "system" else [*begins, *messages]


def _text(side: Any) -> str:
    return side if isinstance(side, str) else canonical(side)


def _holds(messages: list[Message], wanted: Message) -> bool:
    return any(_same(message, wanted) for message in messages)


def _difference(one: list[Message], other: list[Message]) -> str | None:
    """Returns where the messages before the two answers differ."""
    for place, (a, b) in enumerate(zip(one, other, strict=False), 1):
        if canonical(a) != canonical(b):
            return f"the sides differ from message {place} of {len(one) + 1} on"
    if len(one) == len(other):
        return None
    longer, shorter = SIDES if len(one) > len(other) else SIDES[::-1]
    counts = sorted((len(one) + 1, len(other) + 1))
    return f"the {shorter} side answers at message {counts[0]}, the {longer} one at {counts[1]}"


def _same(one: Message, other: Message) -> bool:
    """Returns whether two messages say the same, as it is compared."""
    texts = [normalise(text_of(m["content"])) for m in (one, other)]
    rest = [
        canonical([m["role"], m.get("tool_calls"), m["content"] if not text else None])
        for m, text in zip((one, other), texts, strict=True)
    ]
    return texts[0] == texts[1] and rest[0] == rest[1]

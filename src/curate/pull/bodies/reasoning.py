"""Tells what a model thought from what it answered, where both stand in one text.

Source: the chat templates of DeepSeek R1 and Qwen 3 (`<think>`, whose opening tag belongs to the
prompt in some of them), Open WebUI (`<details type="reasoning">` in stored messages).
"""

from __future__ import annotations

import re

from curate.messages import Message

_TAGS = r"(?:think|thinking|reasoning|thought)"
_LEADING = re.compile(rf"\s*<({_TAGS})>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
_UNCLOSED = re.compile(rf"\s*<({_TAGS})>", re.IGNORECASE)
_TAG = re.compile(rf"<(/?){_TAGS}>", re.IGNORECASE)
_DETAILS = re.compile(
    r"\s*<details\s[^>]*type=\"reasoning\"[^>]*>\s*(?:<summary>.*?</summary>)?(.*?)</details>",
    re.DOTALL,
)


def split_reasoning(text: str) -> tuple[str, str]:
    """Returns (what was thought, the answer) of an assistant's text."""
    thoughts = []
    while True:
        if match := _LEADING.match(text):
            thoughts.append(match[2])
        elif match := _DETAILS.match(text):
            thoughts.append(re.sub(r"(?m)^> ?", "", match[1]))
        else:
            break
        text = text[match.end() :].lstrip()
    if not thoughts and (match := _UNCLOSED.match(text)):
        return text[match.end() :].strip(), ""  # cut while it was thinking: there is no answer
    if not thoughts and "</" in text and (match := _TAG.search(text)) and match[1]:
        before = text[: match.start()]
        if not before.endswith(("`", "'", '"')) and before.count("```") % 2 == 0:
            # Its opening tag stood in the prompt.
            return before.strip(), text[match.end() :].lstrip()
    return "\n".join(thought.strip() for thought in thoughts if thought.strip()), text


def with_reasoning(message: Message, *thoughts: str) -> Message:
    """Returns an assistant's message with all that was thought under `reasoning_content`."""
    if message["role"] != "assistant":
        return message
    content, found = message["content"], list(thoughts)
    if not found and isinstance(content, str) and "<" not in content:
        return message
    if isinstance(content, str) and "<" in content:
        inner, content = split_reasoning(content)
        content = content or (None if message.get("tool_calls") else content)
        found.append(inner)
    elif isinstance(content, list) and content:
        content, inner = _split_first(content)
        found.append(inner)
    said = "\n".join(dict.fromkeys(t.strip() for t in found if t.strip()))
    changed = message if content is message["content"] else {**message, "content": content}
    return {**changed, "reasoning_content": said} if said else changed


def _split_first(parts: list[object]) -> tuple[list[object], str]:
    first = parts[0]
    text = first.get("text") if isinstance(first, dict) else first
    if not isinstance(text, str) or "<" not in text:
        return parts, ""
    thought, answer = split_reasoning(text)
    if answer == text:
        return parts, ""
    return [{**first, "text": answer} if isinstance(first, dict) else answer, *parts[1:]], thought

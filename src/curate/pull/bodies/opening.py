"""Opens JSON that stands inside text."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import orjson

# A mapping of Python that was written with str(): {'role': 'user', 'content': None}
_PYTHON = re.compile(
    r"""\s*[\[{(\s]*'(role|type|choices|messages|content|id|candidates|generations|lc)'\s*:"""
)
_MAPPING = re.compile(r"""\s*[\[{(\s]*'\w+'\s*:""")
# How a text begins that holds a message, a body or thoughts, or the events of a stream.
_ODD = re.compile(r"""[\s{\["':(<]|data:|event:|id:|retry:|content=|[\w.]+\(""")
_LEVELS = 10
_LONGEST_PYTHON = 1_000_000


def is_odd(text: str) -> bool:
    """Returns whether a text may hold more than words; most do not, and it is cheap to ask."""
    return _ODD.match(text) is not None


def opened(value: Any) -> Any:
    """Returns a value, opened where it is text that holds JSON, as deep as it goes.

    JSON text may hold a string which is JSON text again. Numbers and words in text stay text. The
    text of a Python mapping that looks like a message is opened too.
    """
    for _ in range(_LEVELS):
        if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "[", '"'):
            return value
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return _python(value)
    return value


def structure(value: Any) -> Any:
    """Returns the dict or list that a value is or holds as text, else None."""
    value = opened(value)
    return value if isinstance(value, dict | list) else None


def _python(text: str) -> Any:
    return literal(text) if _PYTHON.match(text) else text


def literal(text: str) -> Any:
    """Returns the dict or list that a text is as Python writes it; else the text."""
    if len(text) > _LONGEST_PYTHON or not _MAPPING.match(text):
        return text
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return value if isinstance(value, dict | list) and _is_json(value) else text


def _is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(k, str) and _is_json(v) for k, v in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    return value is None or isinstance(value, str | int | float | bool)


# A part or a message, or a list of them, by what only these begin with: an answer that is JSON on
# purpose may be cut off, too.
_MEANT = re.compile(
    r"""\s*(?:\[\s*)*\{\s*['"](?:"""
    r"""role['"]\s*:\s*['"](?:(?:assistant|user|system|developer|tool|model|function)['"]|\w*$)"""
    r"""|type['"]\s*:\s*['"](?:(?:(?:in|out)put_|summary_)?text|refusal|image_url"""
    r"""|input_(?:image|audio)|thinking|reasoning|tool[-_](?:call|use|result)|tool_call_response|function_call(?:_output)?"""
    r"""|human|ai|constructor|step-start)['"]"""
    r"""|type['"]\s*:\s*['"](?:system|message|function|tool)['"]\s*,"""
    r"""\s*['"](?:data|content|role|id)['"]"""
    r"""|.{0,1000}?['"](?:additional_kwargs|response_metadata|usage_metadata|(?:finish|stop)_reason)"""
    r"""['"]\s*:"""
    r"""|parts['"]\s*:\s*\[|content['"]\s*:\s*\[\s*\{|message['"]\s*:\s*\{\s*['"](?:role|content)['"])""",
    re.DOTALL,
)


def is_cut_off(text: str) -> bool:
    """Returns whether a text is a part or a message as JSON that ends too early.

    What a person pasted and wrote more after is none.
    """
    if not _MEANT.match(text):
        return False
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        ends = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        return ends or ("'" in text[:20] and _is_python_cut_off(text))
    except RecursionError:
        return True
    return False


def _is_python_cut_off(text: str) -> bool:
    if len(text) > _LONGEST_PYTHON:
        return False
    try:
        ast.literal_eval(text.strip())
    except SyntaxError as error:
        return "never closed" in error.msg or "unterminated" in error.msg
    except (ValueError, MemoryError, RecursionError):
        return False
    return False

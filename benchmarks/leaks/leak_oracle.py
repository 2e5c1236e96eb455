"""What leaks, written down once more: plain Python over the lines of exported files.

Nothing here imports curate. Two texts leak when they are equal, or when their Jaccard similarity is
0.8 or more: of word 3-grams, and of character 5-grams where most letters are of a script without
spaces. Texts are compared in NFKC, without case, format characters and runs of white space.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

THRESHOLD = 0.8
SHORT_WORDS = 8
"""Texts of fewer words are compared for equality only, with what was said before them."""

Line = Mapping[str, Any]


def asked(messages: list[dict[str, Any]]) -> str:
    """Returns what the answer is for: the last user turn, and calls and results since."""
    last = max(n for n, message in enumerate(messages) if message["role"] == "user")
    said = [messages[last]["content"]]
    if len(words(seen(said[0]))) < SHORT_WORDS:
        before = [m for m in messages[:last] if m["role"] != "system"]
        said = [str(m["content"] or "") for m in before[-2:]] + said
    for message in messages[last + 1 :]:
        calls = message.get("tool_calls") or ()
        said += [f"{c['function']['name']} {c['function']['arguments']}" for c in calls]
        said += [message["content"]] if message["role"] == "tool" else []
    return seen("\n".join(said))


def seen(text: str) -> str:
    """Returns a text as people see it."""
    shown = unicodedata.normalize("NFKC", text).casefold()
    shown = "".join(c for c in shown if unicodedata.category(c) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", shown).split())


def words(text: str) -> list[str]:
    """Returns the words of a text; a character of a script without spaces is a word of its own."""
    spaced = "".join(f" {c} " if _is_unspaced(c) else c if _in_word(c) else " " for c in text)
    return spaced.split()


def _in_word(c: str) -> bool:
    return unicodedata.category(c)[0] in "LMN"


def _is_unspaced(c: str) -> bool:
    return "\u0e00" <= c <= "\u0eff" or "\u3040" <= c <= "\u30ff" or "\u3400" <= c <= "\u9fff"


def grams(text: str) -> frozenset[Any]:
    """Returns what a text is compared by; nothing where only equality counts."""
    letters = [c for c in text if unicodedata.category(c)[0] == "L"]
    if 2 * sum(map(_is_unspaced, letters)) > len(letters):
        bare = "".join(text.split())
        return frozenset(bare[n : n + 5] for n in range(len(bare) - 4))
    found = words(text)
    if len(found) < SHORT_WORDS:
        return frozenset()
    return frozenset(zip(found, found[1:], found[2:], strict=False))


def leaks(train: Iterable[str], test: Iterable[str]) -> list[tuple[str, str, float]]:
    """Returns the pairs (train text, test text, similarity) that stand on both sides."""
    known, held = sorted(set(train) - {""}), set(test) - {""}
    found = [(text, text, 1.0) for text in known if text in held]
    index: dict[Any, list[int]] = defaultdict(list)
    sizes = []
    for number, text in enumerate(known):
        parts = grams(text)
        sizes.append(len(parts))
        for part in parts:
            index[part].append(number)
    for text in sorted(held):
        parts, shared = grams(text), Counter[int]()
        for part in parts:
            shared.update(index.get(part, ()))
        for number, both in shared.items():
            alike = both / (len(parts) + sizes[number] - both)
            if alike >= THRESHOLD and known[number] != text:
                found.append((known[number], text, alike))
    return found


def texts_of(lines: Iterable[bytes]) -> list[str]:
    """Returns what each line of an `openai-chat` file asks."""
    return [asked(json.loads(line)["messages"]) for line in lines]

"""`extraction`: text with labelled spans, as characters and as tags of tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from curate.formats import Contents, Example, Inexpressible, _chat, class_label, export_format

TOKEN = re.compile(r"\w+|\S")


Span = tuple[int, int, str]


def _features(contents: Contents) -> str:
    tags = [f"{place}-{label}" for label in contents.entities for place in "BI"]
    names = ["O", *tags] if tags else []
    return (
        "  - name: text\n    dtype: string\n"
        "  - name: spans\n    list:\n    - name: start\n      dtype: int64\n"
        "    - name: end\n      dtype: int64\n    - name: label\n      dtype: string\n"
        "  - name: tokens\n    list: string\n"
        "  - name: ner_tags\n" + class_label(names, "    ", key="list")
    )


@export_format("extraction", features=_features)
def extraction(example: Example) -> dict[str, Any]:
    r"""Returns `{"text", "spans": [{start, end, label}], "tokens", "ner_tags"}`.

    `start` and `end` count characters of the text, `end` excluded. A token is a run of letters,
    digits and underscores, or any other character that is no space (`\w+|\S`). Tags are IOB2.
    """
    if example.spans is None:
        raise Inexpressible("values of which the text does not say where they stand")
    text, spans = _chat.question(example), sorted(example.spans)
    tokens = [(match.start(), match.end()) for match in TOKEN.finditer(text)]
    tags = ["O"] * len(tokens)
    _check(text, spans)
    for start, end, label in spans:
        inside = [n for n, (first, last) in enumerate(tokens) if first < end and last > start]
        if not inside:
            raise Inexpressible(f"a span without a word: {start}-{end} {label}")
        if tokens[inside[0]][0] < start or tokens[inside[-1]][1] > end:
            raise Inexpressible(f"a span that cuts a word: {start}-{end} {label}")
        for place, n in enumerate(inside):
            tags[n] = f"{'I' if place else 'B'}-{label}"
    return {
        "text": text,
        "spans": [{"start": start, "end": end, "label": label} for start, end, label in spans],
        "tokens": [text[start:end] for start, end in tokens],
        "ner_tags": tags,
    }


def _check(text: str, spans: Sequence[Span]) -> None:
    reached = 0
    last: Span | None = None
    for start, end, label in spans:
        if start < 0 or end > len(text):
            raise Inexpressible(f"a span outside the text: {start}-{end} {label}")
        if last and start < reached:
            raise Inexpressible(
                f"spans that overlap: {last[0]}-{last[1]} {last[2]} and {start}-{end} {label}"
            )
        reached, last = end, (start, end, label)

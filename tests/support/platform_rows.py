"""What a preset makes of a document, for the tests of presets."""

from __future__ import annotations

import importlib.util
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from curate.pull.interactions import Row
from curate.pull.maker import Maker
from curate.pull.maker import Part as Made
from curate.pull.mapping import Declared, guess
from curate.pull.options import PullOptions
from curate.pull.preset_choice import rows_of
from curate.pull.turns import Turn, assemble
from curate.sources.presets import LeftOut, Part, Preset, presets

PLAIN: list[dict[str, Any]] = [
    {"id": "1", "messages": [{"role": "user", "content": "Is it open?"}]},
    {"id": "1", "prompt": "Is it open?", "completion": "Yes.", "rating": 5},
    {"query": "Is it open?", "response": "Yes.", "created_at": "2026-09-01T10:00:00Z"},
    {"request_id": "1", "request": {"messages": []}, "response": {"choices": []}},
    {"id": "1", "trace_id": "t", "session_id": "s", "input": "Is it open?", "output": "Yes."},
    {"id": "1", "name": "chat", "attributes": {"colour": "red"}, "input": "Is it open?"},
    {"request_id": "1", "name": "tone", "value": 3, "source": "web"},
    {"id": "1", "prompt": "Is it open?", "trace_id": "t", "span_id": "s", "attributes": {"a": 1}},
    {"conversation_id": "c", "turn": 1, "role": "user", "text": "Is it open?"},
]
"""Documents that are of no platform: no preset may take them for its own."""

FULL_REQUEST: dict[str, Any] = {
    "model": "gpt-4o",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Is it open on Sunday?"},
    ],
    "tools": [{"type": "function", "function": {"name": "hours", "parameters": {}}}],
    "user": "person-9",
}
FULL_ANSWER = {"role": "assistant", "content": "No.", "reasoning_content": "Sunday is a rest day."}
FULL_RESPONSE: dict[str, Any] = {
    "object": "chat.completion",
    "created": 1788859200,
    "model": "gpt-4o-2024",
    "choices": [{"index": 0, "finish_reason": "stop", "message": FULL_ANSWER}],
    "usage": {"prompt_tokens": 14, "completion_tokens": 2},
}
"""Bodies that say all that a chat of OpenAI's API can."""


def fitting(document: dict[str, Any]) -> list[str]:
    """Returns the names of the presets that take a document for theirs."""
    return list(dict.fromkeys(preset.name for preset in presets() if preset.fits(document)))


def parts(name: str, document: dict[str, Any]) -> list[Part]:
    """Returns what the one preset of a name that fits a document takes it apart into."""
    (preset,) = [p for p in presets() if p.name == name and p.fits(document)]
    return list(preset.rows(document))


def only_row(name: str, document: dict[str, Any]) -> dict[str, Any]:
    """Returns the one row of a document."""
    (part,) = parts(name, document)
    assert not isinstance(part, LeftOut), part
    return dict(part)


@cache
def examples() -> Mapping[str, Sequence[dict[str, Any]]]:
    """Returns the documents of each preset: the EXAMPLES of the tests of presets."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in sorted((Path(__file__).parents[1] / "sources" / "presets").glob("test_*.py")):
        if "EXAMPLES" not in path.read_text("utf-8"):
            continue
        spec = importlib.util.spec_from_file_location(f"examples_of_{path.stem}", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, documents in getattr(module, "EXAMPLES", {}).items():
            found[name] += documents
    return found


def made(preset: Preset, folder: Path) -> Iterator[Row]:
    """Yields the rows that a pull stores of the examples of a preset.

    Each document is pulled by itself, but for those of turns, which are one conversation.
    """
    documents = [each for each in examples()[preset.name] if preset.fits(each)]
    options = PullOptions(declared=Declared(preset.kind, preset=preset.name))
    for group in [documents] if preset.kind == "turns" else [[each] for each in documents]:
        sample = list(rows_of(group, preset))
        if not sample:
            continue
        mapping = guess(sample, options.declared, preset=preset, documents=group)
        maker = Maker(mapping, options, folder, preset)
        if preset.kind == "turns":
            yield from _calls_of_turns(maker, group)
        else:
            found = [row for document in group for row in maker.make(document)]
            yield from (row for row in found if isinstance(row, dict))


def _calls_of_turns(maker: Maker, documents: Sequence[dict[str, Any]]) -> Iterator[Row]:
    turns = [
        Turn(0, "", line, part.fields, maker.builder.values(part.fields, part.document))
        for line, document in enumerate(documents)
        for part in maker.parts(document)
        if isinstance(part, Made)
    ]
    for outcome in assemble(turns, maker.mapping, maker.builder):
        if outcome.row is not None:
            yield outcome.row

"""Mutated documents through the real pull: a part of what benchmarks/fuzz/run.py pulls."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "fuzz"))

from oracle import is_made_of, is_structure, texts_in
from pulls import Fuzz
from seeds import Group, groups

GROUPS = {group.name: group for group in groups()}


def check(group: Group, size: int, seed: int) -> None:
    outcome = Fuzz().pull(group, size, seed)
    assert outcome.faults == []
    assert outcome.counts.total() >= size * 0.9
    assert outcome.texts > size / 10, "most mutations leave something to read"
    assert outcome.untouched > 0


@pytest.mark.parametrize("name", ["dialects", "otel-genai (interactions)"])
def test_mutated_documents_are_read_refused_or_counted(name: str) -> None:
    check(GROUPS[name], size=200, seed=8)


@pytest.mark.slow
@pytest.mark.parametrize("name", GROUPS)
def test_mutated_documents_of_each_platform(name: str) -> None:
    outcome = Fuzz().pull(GROUPS[name], size=60, seed=7)
    assert outcome.faults == []
    assert outcome.counts.total() >= 50


def test_the_oracle_tells_structure_from_texts() -> None:
    message = '{"role": "assistant", "content": "Yes."}'
    for text in (message, f"[{message}]", message[:-4], str({"role": "user", "content": "x"}),
                 'data: {"a": 1}', '{"type": "text", "text": "x"}'):  # fmt: skip
        assert is_structure(text), text
    for text in ("Yes.", '{"a": 1}', "data of", "[1]", '"quoted"', "{role} and content"):
        assert not is_structure(text), text


def test_the_oracle_knows_what_a_text_is_made_of() -> None:
    document = {"messages": [{"role": "user", "content": "Is it?"}], "n": 4,
                "deep": '[{"text": "It is"}]', "stream": 'data: {"delta": "so."}'}  # fmt: skip
    texts = texts_in(document, set())
    assert {"Is it?", "It is", "so.", "4"} <= texts
    assert is_made_of("Is it?\nIt is so.", texts) and is_made_of("is", texts)
    assert not is_made_of('{"text":"It is"}', texts)
    assert not is_made_of('["Is it?"]', texts)

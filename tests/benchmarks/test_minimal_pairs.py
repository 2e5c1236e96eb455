"""The minimal pairs are well formed, balanced, and still the ones that were frozen."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import orjson

PAIRS = Path(__file__).parents[2] / "benchmarks" / "minimal_pairs" / "pairs.jsonl"
FROZEN = "9292164dbce4526aedd338019bf25dc99448729b6e3665e80e91377a38d670c5"
KEYS = ["id", "language", "kind", "verdict", "light", "half", "a", "b", "source"]
MAIN = ("en", "de", "es", "fr", "ko", "ja", "zh", "th")


def test_minimal_pairs() -> None:
    pairs = [orjson.loads(line) for line in PAIRS.read_bytes().splitlines()]
    assert all(list(pair) == KEYS for pair in pairs)
    assert len(pairs) >= 440
    assert len({pair["id"] for pair in pairs}) == len(pairs)
    texts = [text for pair in pairs for text in (pair["a"], pair["b"])]
    assert len(set(texts)) == len(texts)
    assert all(text == text.strip() != "" for text in texts)

    for pair in pairs:
        light = pair["kind"].startswith("light_")
        same = light or pair["kind"] == "paraphrase"
        assert (pair["verdict"], pair["light"]) == ("same" if same else "different", light)
        assert pair["id"].startswith(f"{pair['language']}-{pair['kind']}-")

    language = Counter(pair["language"] for pair in pairs)
    native = Counter(pair["language"] for pair in pairs if pair["source"])
    kinds = Counter(pair["kind"] for pair in pairs)
    assert all(language[name] >= 40 for name in MAIN)
    assert language["en"] <= 110
    assert sum(count >= 25 for count in native.values()) >= 4
    assert sum(not kind.startswith(("light_", "paraphrase")) for kind in kinds) >= 12

    halves: dict[tuple[str, str], Counter[str]] = {}
    for pair in pairs:
        halves.setdefault((pair["language"], pair["kind"]), Counter())[pair["half"]] += 1
    assert all(abs(half["tune"] - half["report"]) <= 1 for half in halves.values())
    assert Counter(pair["half"] for pair in pairs).keys() == {"tune", "report"}


def test_frozen() -> None:
    """A report on pairs that moved is no report: whoever changes one changes this line too."""
    assert hashlib.sha256(PAIRS.read_bytes()).hexdigest() == FROZEN

"""Pairs of requests that differ in one spot: which ones may be dropped; writes RESULTS.md here.

Each language is judged with the encoder that `auto` takes for its requests and with the default
thresholds. A pair counts as linked where it is the same input, or a near-duplicate, or near in
meaning, and nothing keeps the two apart; beside it stand Jaccard and cosine alone. It takes a
minute.

    python benchmarks/minimal_pairs/run.py
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))

from measured import sources

from curate.embed import encoders
from curate.kernels.differences import difference
from curate.kernels.jaccard import near_pairs
from curate.options import SEMANTIC_THRESHOLDS, SplitSettings
from curate.text.markdown import markdown_table
from curate.text.text import bare, normalise

NEAR = SplitSettings.leak_threshold


@dataclass(frozen=True)
class Judged:
    """One pair: what people say of it, and what each way to compare says."""

    language: str
    kind: str
    group: str
    half: str
    jaccard: bool
    cosine: bool
    linked: bool


def judge() -> tuple[list[Judged], dict[str, str]]:
    """Returns all pairs, and the encoder of each language."""
    by_language: dict[str, list[dict[str, str]]] = defaultdict(list)
    for line in (HERE / "pairs.jsonl").read_text("utf-8").splitlines():
        pair = json.loads(line)
        by_language[pair["language"]].append(pair)
    judged, chosen = [], {}
    for language, pairs in sorted(by_language.items()):
        sides = [[bare(normalise(pair[side])) for pair in pairs] for side in "ab"]
        chosen[language] = encoders.choose([*sides[0], *sides[1]]).encoder
        encoder = encoders.load(chosen[language], threads=1)
        left, right = (encoder.encode(texts) for texts in sides)
        threshold = SEMANTIC_THRESHOLDS[chosen[language]]
        for pair, a, b, cosine in zip(pairs, *sides, (left * right).sum(axis=1), strict=True):
            group = "different" if pair["verdict"] == "different" else "light"
            group = group if group == "different" or pair["light"] else "paraphrase"
            near = a == b or len(near_pairs([a, b], threshold=NEAR)[0]) > 0
            meant = a == b or cosine >= threshold
            linked = a == b or ((near or meant) and difference(a, b) is None)
            judged.append(
                Judged(language, pair["kind"], group, pair["half"], near, bool(meant), linked)
            )
    return judged, chosen


def rows(judged: Sequence[Judged], by: Callable[[Judged], str]) -> list[list[str]]:
    """Returns a row for each value: pairs, and the share that each way links."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for pair in judged:
        groups[by(pair)].append(pair)
    return [
        [name, str(len(part)), *(share(getattr(p, way) for p in part) for way in WAYS)]
        for name, part in sorted(groups.items())
    ]


WAYS = ("linked", "cosine", "jaccard")


def share(flags: Iterable[bool]) -> str:
    """Returns a share of pairs in per cent."""
    found = list(flags)
    return f"{sum(found) / len(found):.0%}"


def main() -> None:
    """Writes RESULTS.md."""
    judged, chosen = judge()
    report = [pair for pair in judged if pair.half == "report"]
    tune = [pair for pair in judged if pair.half == "tune"]
    named = ", ".join(f"{language} {name}" for language, name in chosen.items())
    head = ["", "pairs", "linked", "cosine alone", "Jaccard alone"]
    parts = [
        "# Minimal pairs",
        f"Written by `python benchmarks/minimal_pairs/run.py` on {datetime.now(UTC):%Y-%m-%d}, "
        f"sources {sources()}; Python {platform.python_version()}.",
        f"Encoders that `auto` takes: {named}. Thresholds: {SEMANTIC_THRESHOLDS}, Jaccard {NEAR}.",
        "Of pairs with another meaning (`different`) as few as can be are to be linked: the share "
        "is what deduplication may wrongly drop. Of light rewordings (`light`) as many as can be. "
        "Free paraphrases have no bar.",
        "## The half that is reported",
        markdown_table(head, rows(report, lambda p: p.group)),
        "## By kind",
        markdown_table(head, rows(report, lambda p: p.kind)),
        "## By language",
        markdown_table(head, rows(report, lambda p: f"{p.language} {p.group}")),
        "## The half that the measure was chosen by",
        markdown_table(head, rows(tune, lambda p: p.group)),
    ]
    (HERE / "RESULTS.md").write_text("\n\n".join(part.strip() for part in parts) + "\n", "utf-8")
    print((HERE / "RESULTS.md").read_text("utf-8"))


if __name__ == "__main__":
    main()

"""Answers of three models to the demo's held-out examples: one is better, and one lucky."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import orjson

from curate.evaluate.heldout import HeldOut

WRONG = {"prompted": 0.3, "tuned": 0.05}
"""Share of the held-out examples that each model answers as if another one had been asked."""


LUCK = 2
"""Answers that the lucky model gets right where the prompted one, which it equals, does not."""


BETTER = ("tuned",)


def write_answers(folder: Path, heldout: Sequence[HeldOut], seed: int) -> dict[str, str]:
    """Writes a file of answers for each model, and returns name -> file."""
    wrong = {
        name: {one.example_id for one in heldout if _lot(seed, name, one.example_id) < share}
        for name, share in WRONG.items()
    }
    wrong["lucky"] = set(sorted(wrong["prompted"])[LUCK:])
    folder.mkdir(exist_ok=True)
    files = {}
    for name, mistaken in wrong.items():
        path = folder / f"{name}.jsonl"
        lines = [
            {
                "id": one.example_id,
                "answer": heldout[place - 1].text if one.example_id in mistaken else one.text,
            }
            for place, one in enumerate(heldout)
        ]
        path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        files[name] = str(path)
    return files


def _lot(seed: int, name: str, example: str) -> float:
    raw = hashlib.sha256(f"{seed}\x1f{name}\x1f{example}".encode()).digest()
    return int.from_bytes(raw[:6], "big") / 2**48

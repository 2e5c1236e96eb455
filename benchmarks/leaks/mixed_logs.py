"""Logs in eleven languages with planted copies, agents and growth, made from a seed.

Texts are runs of words (in scripts without spaces: of characters) of the sentences in
`../minimal_pairs/pairs.jsonl`, in random order: they say nothing, but are as long and as mixed in
their scripts as what people write. Each row that is not new is a copy of an earlier one, changed in
one of the ways of `COPIES`.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PAIRS = Path(__file__).parents[1] / "minimal_pairs" / "pairs.jsonl"
UNSPACED = ("ja", "zh", "th")
LANGUAGES = ("en", "en", "en", "de", "es", "fr", "ja", "ko", "zh", "th", "tr", "ru", "ar")
BATCHES = (0.6, 0.2, 0.2)
"""Shares of the rows: what is there at first, and what comes later."""

Row = dict[str, Any]


def material() -> dict[str, list[list[str]]]:
    """Returns language -> sentences, each a list of words or characters."""
    found: dict[str, list[list[str]]] = defaultdict(list)
    for line in PAIRS.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        for text in (pair["a"], pair["b"]):
            bare = text.strip(" .?!\u3002\uff1f\uff01")
            parts = list(bare.replace(" ", "")) if pair["language"] in UNSPACED else bare.split()
            found[pair["language"]].append(parts)
    return dict(found)


class MixedLogs:
    """Makes rows; each call of `batch` continues the same log.

    Args:
        seed: of everything that is drawn.
        rows: of all batches together.
    """

    def __init__(self, seed: int, rows: int) -> None:
        self.draw = random.Random(seed)
        self.material = material()
        self.rows = rows
        self.made: list[Row] = []

    def batches(self) -> list[list[Row]]:
        """Returns the rows of each batch; later ones copy those of all batches before."""
        found = []
        for share in BATCHES:
            start = len(self.made)
            while len(self.made) < start + round(share * self.rows):
                self._continue()
            found.append(self.made[start:])
        return found

    def corrected(self, share: float = 0.1) -> list[Row]:
        """Returns earlier rows again, with another answer, and some with another's question."""
        rows = [dict(row) for row in self.draw.sample(self.made, round(share * len(self.made)))]
        for row in rows:
            row["output"] = f"Corrected: {self._text('en', 6)}."
            if self.draw.random() < 0.2:
                row["messages"] = self.draw.choice(self.made)["messages"]
        return rows

    def _continue(self) -> None:
        kind = self.draw.random()
        if len(self.made) > 20 and kind < 0.25:
            self._copy(self.draw.choice(self.made))
        elif kind < 0.4:
            self._agent()
        elif kind < 0.6:
            self._talk(turns=self.draw.randint(2, 4))
        else:
            self._talk(turns=1)

    def _text(self, language: str, parts: int) -> str:
        joint = "" if language in UNSPACED else " "
        run = (3, 9) if language in UNSPACED else (1, 4)
        found: list[str] = []
        while len(found) < parts:
            sentence = self.draw.choice(self.material[language])
            start = self.draw.randrange(len(sentence))
            found += sentence[start : start + self.draw.randint(*run)]
        return joint.join(found)

    def _ask(self, language: str) -> str:
        # One in six is short, and is judged with what was said before it.
        short = self.draw.random() < 1 / 6
        many = self.draw.randint(2, 6) if short else self.draw.randint(12, 60)
        return self._text(language, 2 * many if language in UNSPACED else many)

    def _add(self, messages: Sequence[Row], session: str) -> None:
        name = f"c{len(self.made):06}"
        answer = f"Answer {name}: {self._text('en', 5)}."
        self.made.append(
            {
                "id": name, "session_id": session, "messages": list(messages), "output": answer,
                "created_at": f"2026-{1 + len(self.made) * 9 // self.rows:02}-01T00:00:00Z",
            }
        )  # fmt: skip

    def _talk(self, turns: int) -> None:
        language, session = self.draw.choice(LANGUAGES), f"s{len(self.made):06}"
        said: list[Row] = []
        for _ in range(turns):
            said = [*said, {"role": "user", "content": self._ask(language)}]
            self._add(said, session)
            said = [*said, {"role": "assistant", "content": self.made[-1]["output"]}]

    def _agent(self) -> None:
        """One question, and two or three calls with other results to go on."""
        language, session = self.draw.choice(LANGUAGES), f"s{len(self.made):06}"
        said: list[Row] = [{"role": "user", "content": self._ask(language)}]
        for _ in range(self.draw.randint(2, 3)):
            self._add(said, session)
            said = [*said, *self._step(self._text(language, 30))]

    def _step(self, told: str) -> list[Row]:
        name = f"call_{self.draw.getrandbits(48):012x}"
        arguments = json.dumps({"words": self._text("en", 3)})
        function = {"name": "look_up", "arguments": arguments}
        call = {"id": name, "type": "function", "function": function}
        return [
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": name, "content": told},
        ]

    def _copy(self, row: Row) -> None:
        change = self.draw.choice(list(COPIES.values()))
        messages = [dict(message) for message in row["messages"]]
        asked = max(n for n, message in enumerate(messages) if message["role"] == "user")
        messages[asked]["content"] = change(messages[asked]["content"], self.draw)
        for place, message in enumerate(messages):  # ids of calls are another each time
            if message.get("tool_calls"):
                name = f"call_{self.draw.getrandbits(48):012x}"
                message["tool_calls"] = [{**message["tool_calls"][0], "id": name}]
                messages[place + 1]["tool_call_id"] = name
        self._add(messages, f"s{len(self.made):06}")


def _replaced(text: str, draw: random.Random) -> str:
    parts, joint = (text.split(" "), " ") if " " in text else (list(text), "")
    parts[draw.randrange(len(parts))] = "Ж"
    return joint.join(parts)


def _wide(text: str, draw: random.Random) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _invisible(text: str, draw: random.Random) -> str:
    place = draw.randrange(len(text) + 1)
    return text[:place] + draw.choice("\u200b\u00ad\u2060\ufeff\u200e") + text[place:]


COPIES: dict[str, Callable[[str, random.Random], str]] = {
    "equal": lambda text, draw: text,
    "case": lambda text, draw: text.upper(),
    "blanks": lambda text, draw: f"  {text.replace(' ', '  ')} ",
    "full width": _wide,
    "invisible": _invisible,
    "one part replaced": _replaced,
    "cut at the end": lambda text, draw: text[: len(text) - len(text) // 12],
    "longer": lambda text, draw: f"{text} {text[: len(text) // 12]}",
}
"""Name of a change -> what it makes of a text."""

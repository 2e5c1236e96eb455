"""What the raw data say, counted without curate: the oracle of `run.py` and of the tests.

Plain Python over the published files. Nothing here imports curate; what a leak is was written down
again from docs/heldout.md.
"""

from __future__ import annotations

import gzip
import html
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

SHORT_TOKENS = 8

Row = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One call of the raw data: who talked, what was asked, what it is compared by."""

    conversation: str
    query: str
    response: str
    input: str


def read(path: Path) -> list[Row]:
    """Returns the rows of a JSON Lines file, gzipped or not; row n stands on line n + 1."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as handle:
        return [json.loads(line) for line in handle]


def normalised(text: str) -> str:
    """Returns a text as people see it: one kind of case, space, quote, dash and composition."""
    text = re.sub(r"&#?\w{1,32};", lambda entity: html.unescape(entity[0]), text)
    quotes, marks = (
        "\u2018\u2019\u201a\u201b\u2032\u2035\u02bc\u00b4",
        "\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb",
    )
    dashes = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
    for of_one_kind, one in ((quotes, "'"), (marks, '"'), (dashes, "-")):
        text = "".join(one if c in of_one_kind else c for c in text)
    text = unicodedata.normalize("NFKC", text)
    text = "".join(
        c for c in text if unicodedata.category(c) != "Cf" and not "\ufe00" <= c <= "\ufe0f"
    )
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text.casefold())).strip()


def tokens_of(text: str) -> list[str]:
    """Returns words, signed numbers and symbols of a normalised text, character by character."""
    found, word = [], ""
    for n, c in enumerate(f"{text} "):
        after = text[n + 1 : n + 2]
        if "\u3040" <= c <= "\u30ff" or "\u3400" <= c <= "\u9fff":  # no spaces between words
            found += [word, c] if word else [c]
            word = ""
            continue
        if _in_word(c) or (not word and c in "-+" and after.isdigit() and not _ends_word(text, n)):
            word += c
            continue
        found += [word] if word else []
        word = ""
        is_symbol = unicodedata.category(c) in ("Sm", "Sc", "So") or c in "#%&*/@\\^"
        if is_symbol or (c == "!" and after == "=") or re.match(r"[:;]-?[()]", text[n:]):
            found.append(c)
    return found


def _in_word(c: str) -> bool:
    return c.isalnum() or c == "_" or unicodedata.category(c)[0] == "M"


def _ends_word(text: str, n: int) -> bool:
    return n > 0 and _in_word(text[n - 1])


def input_of(query: str, before: Sequence[str]) -> str:
    """Returns the input: the last user turn, with two messages before it below eight tokens.

    A short one is without the punctuation and the emoji at its ends.
    """
    short = len(tokens_of(normalised(query))) < SHORT_TOKENS
    text = normalised("\n".join([*before[-2:], query]) if short and query.strip() else query)
    if len(tokens_of(text)) >= SHORT_TOKENS or re.search(r"[:;]-?[()]$", text):
        return text
    bare = text
    while bare and _is_ending(bare[-1]):
        bare = bare[:-1]
    return bare.lstrip(" \"'([{¡¿") or text


def _is_ending(c: str) -> bool:
    if c in "#%&*/@_\\" or c in "👍👎✅❌✔✖⬆⬇🔼🔽":
        return False
    kind = unicodedata.category(c)
    return c == " " or kind[0] == "P" or kind in ("So", "Sk")


# -- calls of the raw data ---------------------------------------------------------------------


def calls_of_turns(
    rows: Iterable[Row], *, conversation: str, text: str, asks: Callable[[Row], bool] | None = None
) -> dict[int, Call]:
    """Returns line -> call of a table with one row per turn, numbered by its column `turn`.

    Args:
        rows: the table, in the order of its lines.
        conversation: the column with the conversation's id.
        text: the column with what was said.
        asks: whether a turn asks; the others answer. Without it two people talk, and every turn
            answers the one before it.
    """
    talks: dict[str, list[tuple[int, Row]]] = defaultdict(list)
    for line, row in enumerate(rows, 1):
        talks[row[conversation]].append((line, row))
    found = {}
    for name, talk in talks.items():
        talk.sort(key=lambda pair: pair[1]["turn"])
        said = [row[text] for _, row in talk]
        for place, (line, row) in enumerate(talk):
            if asks is None:
                asked = place - 1
            elif asks(row):
                continue
            else:
                asked = max((i for i in range(place) if asks(talk[i][1])), default=-1)
            query = said[asked] if asked >= 0 else ""
            found[line] = Call(name, query, said[place], input_of(query, said[: max(asked, 0)]))
    return found


def calls_of_tree(rows: Iterable[Row]) -> dict[str, tuple[list[dict[str, str]], Row]]:
    """Returns message id -> (messages up to the answer, row) for the answers of OASST1."""
    by_id = {row["message_id"]: row for row in rows}
    found = {}
    for row in by_id.values():
        if row["role"] != "assistant":
            continue
        path = [row]
        while path[0]["parent_id"] in by_id:
            path.insert(0, by_id[path[0]["parent_id"]])
        roles = {"prompter": "user", "assistant": "assistant"}
        talk = [{"role": roles[step["role"]], "content": step["text"]} for step in path]
        found[row["message_id"]] = (talk, row)
    return found


def quality(row: Row) -> float | None:
    """Returns the human quality rating, 0..1, of a message of OASST1; None where it has none."""
    labels = row["labels"] or {"name": [], "value": []}
    return dict(zip(labels["name"], labels["value"], strict=True)).get("quality")


# -- published splits --------------------------------------------------------------------------


def part_of(split: str) -> str:
    """Returns train, validation or test for the name of a part of a published split."""
    if "train" in split:
        return "train"
    return "validation" if "val" in split else "test"


def split_overlap(rows: Iterable[Row]) -> dict[str, int]:
    """Returns how many normalised texts stand on both sides, for each two parts of a split."""
    texts: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        texts[part_of(row["split"])].add(normalised(row["text"]))
    names = [name for name in ("train", "validation", "test") if name in texts]
    shared = {f"{a} / {b}": len(texts[a] & texts[b]) for a, b in combinations(names, 2)}
    return {pair: count for pair, count in shared.items() if count}


# -- leaks across the sides of a version -------------------------------------------------------


@dataclass(frozen=True)
class Crossings:
    """What stands on both sides of a version; a version without a leak has none of it."""

    conversations: int
    inputs: int
    near_pairs: int
    compared: int


def crossings(train: Sequence[Call], test: Sequence[Call], *, threshold: float = 0.8) -> Crossings:
    """Returns what two sets of calls share: conversations, inputs, near-duplicate inputs.

    Every held-out input is compared with every train input that shares a word 3-gram with it.
    """
    held = {grams for call in test if (grams := three_grams(call.input))}
    index: dict[tuple[str, ...], list[int]] = defaultdict(list)
    known = list({grams for call in train if (grams := three_grams(call.input))})
    wanted = {gram for grams in held for gram in grams}
    for number, grams in enumerate(known):
        for gram in grams & wanted:
            index[gram].append(number)
    sizes = [len(grams) for grams in known]
    near = compared = 0
    for grams in held:
        shared: Counter[int] = Counter()
        for gram in grams:
            shared.update(index.get(gram, ()))
        compared += len(shared)
        near += sum(
            n >= threshold * (len(grams) + sizes[number] - n) for number, n in shared.items()
        )
    return Crossings(
        len({c.conversation for c in train} & {c.conversation for c in test}),
        len(({c.input for c in train} & {c.input for c in test}) - {""}),
        near,
        compared,
    )


def needless(withheld: Sequence[Call], test: Sequence[Call], *, threshold: float = 0.8) -> int:
    """Returns how many withheld calls have nothing in common with any held-out call."""
    conversations, inputs = {c.conversation for c in test}, {c.input for c in test}
    index: dict[tuple[str, ...], list[int]] = defaultdict(list)
    held = list({grams for call in test if (grams := three_grams(call.input))})
    for number, grams in enumerate(held):
        for gram in grams:
            index[gram].append(number)

    def has_partner(call: Call) -> bool:
        if call.conversation in conversations or call.input in inputs:
            return True
        grams = three_grams(call.input)
        shared = Counter(number for gram in grams for number in index.get(gram, ()))
        return any(
            n >= threshold * (len(grams) + len(held[number]) - n) for number, n in shared.items()
        )

    return sum(not has_partner(call) for call in withheld)


def three_grams(text: str) -> frozenset[tuple[str, ...]]:
    """Returns the token 3-grams of a normalised input; none below eight tokens."""
    found = tokens_of(text)
    if len(found) < SHORT_TOKENS:
        return frozenset()
    return frozenset(zip(found, found[1:], found[2:], strict=False))

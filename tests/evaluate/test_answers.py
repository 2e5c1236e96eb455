"""Files of answers: which lines hold one, whose it is, and what is told of the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from curate.errors import ConfigError, CurateError, SourceError
from curate.evaluate import metrics
from curate.evaluate.answers import AnswerSet, read_answers
from curate.evaluate.heldout import HeldOut, answer_text
from curate.formats import Example, get
from curate.text import label_sets

Read = Callable[..., AnswerSet]


def held(number: int, **more: Any) -> HeldOut:
    prompt = [{"role": "user", "content": f"Question {number}?"}]
    return HeldOut(f"e{number}", f"r{number}", f"c{number}", prompt, **more)


HELD = [held(n, label=str(n % 2)) for n in range(6)]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def reading(lines: Iterable[Any] | bytes, heldout: Any = HELD, name: str = "x.jsonl") -> Any:
        texts = [one if isinstance(one, str) else json.dumps(one) for one in lines]
        path = tmp_path / name
        path.write_bytes(
            lines if isinstance(lines, bytes) else "".join(f"{t}\n" for t in texts).encode()
        )
        return read_answers("tuned", str(path), heldout, tmp_path)

    return reading


def texts(found: AnswerSet) -> dict[str, str]:
    return {name: answer_text(one.messages) for name, one in found.answers.items()}


@pytest.mark.parametrize("key", ["answer", "completion", "response", "output", "label"])
def test_whatever_has_a_value_is_an_answer(read: Read, key: str) -> None:
    values = [0, 0.0, False, "0", 1, "false"]
    found = read({"id": f"r{n}", key: value} for n, value in enumerate(values))
    assert list(texts(found).values()) == ["0", "0", "false", "0", "1", "false"]
    assert found.unread == {}
    found = read({"id": f"r{n}", key: value} for n, value in enumerate([None, "", " ", "x"]))
    assert (texts(found), found.unread) == ({"e3": "x"}, {"no-answer": 3})


@pytest.mark.parametrize("key", ["answer", "completion", "output"])
def test_data_as_an_answer_is_its_json(read: Read, key: str) -> None:
    values = [{"city": "Rome", "n": 0}, [], {}, ["a"], {"label": "x", "spans": []}]
    found = read({"id": f"r{n}", key: value} for n, value in enumerate(values))
    assert [json.loads(text) for text in texts(found).values()] == values
    message = {"role": "assistant", "content": "hello"}
    assert texts(read([{"id": "r1", key: message}, {"id": "r2", key: [message]}])) == {
        "e1": "hello",
        "e2": "hello",
    }


def exported(one: HeldOut) -> Example:
    names = label_sets.read(one.label) if one.label and one.label[0] == "[" else None
    return Example(
        one.example_id, "logs", one.prompt, [], one.prompt[0]["content"], "", one.label, None,
        is_edge_case=False, spans=one.spans, labels=names,
    )  # fmt: skip


def test_what_curate_exports_is_read_as_answers(read: Read) -> None:
    spans = ((0, 8, "kind"), (9, 10, "number"))
    spanned = [held(n, spans=spans) for n in range(3)]
    several = [held(n, label='["a","b"]') for n in range(3)]
    for heldout, kind in (
        (spanned, "extraction"), (several, "classification"), (HELD[1:2], "classification"),
    ):  # fmt: skip
        lines = [get(kind).row(exported(one)) for one in heldout]
        found = read(lines, heldout)
        assert found.answers.keys() == {one.example_id for one in heldout}
        answers = {name: one.messages for name, one in found.answers.items()}
        for values in metrics.scores(heldout, answers).values():
            assert values.tolist() == [1.0] * len(heldout)


def test_spans_and_labels_may_stand_beside_the_prompt(read: Read) -> None:
    several = [{"prompt": f"Question {n}?", "labels": ["b", "a"][: n % 3]} for n in range(6)]
    found = texts(read(several))
    assert [json.loads(text) for text in found.values()] == [one["labels"] for one in several]
    entities = [{"label": "person", "text": "Anna"}]
    found = texts(read([{"id": "r1", "entities": entities}, {"id": "r2", "entities": []}]))
    assert [json.loads(text) for text in found.values()] == [entities, []]
    # What the answer itself says comes first.
    both = texts(read([{"id": "r1", "answer": "x", "spans": [], "labels": ["y"]}]))
    assert both == {"e1": "x"}


def test_hints_name_only_what_the_command_takes(read: Read, tmp_path: Path) -> None:
    for content, name in (
        (bytes(range(256)) * 40, "x.jsonl"),
        (("answer;id\nЖд;r1\n" * 9).encode("cp1251"), "x.csv"),
        (b"PAR1 and so on", "x.jsonl"),
        (b"{}", "x.unknown"),
    ):  # fmt: skip
        with pytest.raises((SourceError, ConfigError)) as caught:
            read(content, name=name)
        assert "--" not in str(caught.value)
        assert "Next: save it in UTF-8, as .jsonl or .csv" in str(caught.value)
    with pytest.raises(SourceError, match="no such file"):
        read_answers("tuned", str(tmp_path / "nothing.jsonl"), HELD, tmp_path)


def test_nan_is_told_by_line_and_other_lines_are_read(read: Read) -> None:
    bad = '{"id": "r1", "answer": "1", "cost_usd": NaN}'
    found = read([bad, {"id": "r2", "answer": "0"}, "{", bad, '{"id": "r3", "n": -Infinity}'])
    assert texts(found) == {"e2": "0"}
    assert found.unread == {"bad-json": 1, "NaN, which is no JSON (lines 1, 4, 5)": 3}
    with pytest.raises(ConfigError, match=r"lines 1, 2, 3, \.\.\.\) 9\)\. Next: write null"):
        read([bad] * 9)
    array = f"[\n  {bad},\n  {bad}\n]"
    with pytest.raises(ConfigError, match=r"NaN, which is no JSON .*Next: write null"):
        read([array], name="x.json")


def test_amounts_that_are_none_are_not_known_and_counted(read: Read) -> None:
    odd = [-0.1, "inf", "NaN", True]
    lines = [
        f'{{"id": "r{n}", "answer": "1", "cost_usd": {json.dumps(v)}, "latency_ms": 5}}'
        for n, v in enumerate(odd)
    ]
    found = read([*lines, '{"id": "r5", "answer": "1", "cost_usd": 0, "latency_ms": -5}'])
    assert [one.cost_usd for one in found.answers.values()] == [None] * 4 + [0]
    assert [one.latency_ms for one in found.answers.values()] == [5.0] * 4 + [None]
    assert found.notes == {"cost_usd that is no amount": 4, "latency_ms that is no amount": 1}
    told = read(b"id,answer,cost_usd,latency_ms\nr1,1,-1,NaN\nr2,1,,3\n", name="x.csv")
    assert told.notes == {"cost_usd that is no amount": 1, "latency_ms that is no amount": 1}


def test_lines_without_id_and_prompt_are_told_with_their_keys(read: Read) -> None:
    lines = [{"number": n, "answer": "1", "model": "m"} for n in range(9)]
    with pytest.raises(ConfigError) as caught:
        read(lines)
    assert "have no id and no prompt, only number, answer, model. Next: name" in str(caught.value)
    found = read([*lines, {"id": "r1", "answer": "1"}])
    assert found.notes == {"neither id nor prompt": 9} and len(found.unmatched) == 9
    assert found.unmatched_ids == ("line 1", "line 2", "line 3")


def test_unmatched_and_doubled_answers_are_named(read: Read) -> None:
    lines = [{"custom_id": f"other{n}", "answer": "1"} for n in range(5)]
    lines += [{"prompt": "Who?", "answer": "1"}, {"id": "r5", "answer": "1"}]
    lines += [{"id": f"r{n}", "answer": text} for n in range(4) for text in "01"]
    found = read(lines)
    assert found.unmatched_ids == ("other0", "other1", "other2") and len(found.unmatched) == 6
    assert found.twice_ids == ("e0", "e1", "e2") and len(found.twice) == 4
    spaced = read([{"id": "r1", "answer": "1"}, {"id": "r1", "answer": " 1\n"}])
    assert (spaced.twice, len(spaced.answers)) == ((), 1)


def test_a_file_for_no_held_out_example_is_refused(read: Read) -> None:
    with pytest.raises(ConfigError) as caught:
        read([{"id": f"x{n}", "answer": "1"} for n in range(3)])
    assert "none of 3 answers is for a held-out example (x0, x1, x2)" in str(caught.value)
    assert '"id", such as e0 or r0, or its "prompt"' in str(caught.value)
    alike = [*HELD, HeldOut("e9", "r9", "c9", HELD[0].prompt, label="1")]
    with pytest.raises(ConfigError, match="3 are for several with the same prompt"):
        read([{"prompt": "Question 0?", "answer": "1"}] * 3, alike)


def test_white_space_around_answers_is_no_other_answer(read: Read) -> None:
    plain = read([{"id": "r1", "answer": "1"}, {"id": "r2", "answer": "0"}])
    spaced = read([{"id": "r2", "answer": "\n0"}, {"id": "e1", "answer": " 1 "}])
    other = read([{"id": "r1", "answer": "1"}, {"id": "r2", "answer": "1"}])
    assert plain.digest == spaced.digest != other.digest


def test_other_errors_stay_as_they_are(read: Read) -> None:
    with pytest.raises(CurateError, match="holds no answer"):
        read([{"id": "r1"}])

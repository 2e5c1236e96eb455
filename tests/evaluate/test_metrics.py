"""Metrics: each by hand, on labels, fields, spans, tools and free text of several scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.embed import encoders
from curate.embed.embed import embed
from curate.errors import ConfigError
from curate.evaluate import metrics
from curate.evaluate.heldout import HeldOut
from curate.options import EvaluateSettings
from judged import answered_by, heldout_of
from projects import WriteJsonl, new_project


def held(text: str = "", **more: Any) -> HeldOut:
    answer = [{"role": "assistant", "content": text}] if text else []
    prompt = [{"role": "user", "content": more.pop("asked", "A question?")}]
    return HeldOut("a", "a", "a", prompt, answer=answer, **more)


def judged(one: HeldOut, text: str, **more: Any) -> dict[str, float]:
    found = metrics.scores([one], {"a": [{"role": "assistant", "content": text, **more}]})
    return {name: pytest.approx(values[0], abs=1e-9, nan_ok=True) for name, values in found.items()}


def answer(text: str) -> dict[str, list[dict[str, Any]]]:
    return {"a": [{"role": "assistant", "content": text}]}


def calling(name: str, arguments: Any) -> dict[str, Any]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"tool_calls": [{"function": {"name": name, "arguments": text}}]}


def test_labels() -> None:
    assert judged(held(label="refund"), " refund\n") == {"accuracy": 1.0}
    assert judged(held(label="refund"), "Refund") == {"accuracy": 0.0}
    several = held(label='["a","b"]')
    assert judged(several, '["b", "a"]') == {"accuracy": 1.0, "label_f1": 1.0}
    assert judged(several, "a") == {"accuracy": 0.0, "label_f1": 2 / 3}
    assert metrics.macro_f1(["a", "a", "b"], ["a", "b", "b"]) == pytest.approx(2 / 3)
    assert metrics.macro_f1(["a", "b"], ["a", "a"]) == pytest.approx(1 / 3)
    assert metrics.confusions(["a", "a", "b"], ["b", "b", "b"]) == [("a", "b", 2)]


def test_fields() -> None:
    one = held('{"city": "Rome", "size": 2, "tags": ["x", "y"]}')
    assert judged(one, '{"tags": ["y", "x"], "size": 2, "city": "Rome"}')["field_f1"] == 1.0
    assert judged(one, '{"city": "Rome", "size": "2", "tags": ["x"]}')["field_f1"] == 4 / 7
    assert judged(one, "Rome, 2")["field_f1"] == 0.0
    assert metrics.primary([one]) == "field_f1"


def test_macro_f1_of_several_labels_is_the_mean_over_labels_as_in_sklearn() -> None:
    from sklearn.metrics import f1_score
    from sklearn.preprocessing import MultiLabelBinarizer

    rng = np.random.default_rng(7)
    right, said = ([[c for c in "abcd" if rng.random() < 0.4] for _ in range(60)] for _ in "xy")
    binarised = MultiLabelBinarizer(classes=list("abcd"))
    by_sklearn = f1_score(
        binarised.fit_transform(right), binarised.transform(said), average="macro"
    )
    # Neither the order of names nor one that is said twice counts.
    texts = [json.dumps([*reversed(one), *one[:1]]) for one in said]
    found = metrics.macro_f1([json.dumps(one) for one in right], texts)
    assert found == pytest.approx(by_sklearn) and 0.2 < found < 0.6
    assert metrics.macro_f1(['["a","b"]', "[]"], ['["a"]', "[]"]) == 0.5


def test_confusions_of_several_labels_are_of_sets() -> None:
    truth = ['["a","b"]', '["a","b"]', '["a","b"]', "[]"]
    said = ['["b", "a"]', '["b","a","b"]', '["c", "a"]', '["a","c","c"]']
    wrong = [('["a","b"]', '["a","c"]', 1), ("[]", '["a","c"]', 1)]
    assert metrics.confusions(truth, said) == wrong
    assert metrics.confusions(["[draft", "[]"], ["[]", "[]"]) == [("[draft", "[]", 1)]


def test_labels_that_look_like_lists_or_are_numbers() -> None:
    assert judged(held(label="[draft]"), "[draft]") == {"accuracy": 1.0}
    several = held(label='["1","true"]')
    assert judged(several, "[true, 1.0]") == {"accuracy": 1.0, "label_f1": 1.0}
    assert judged(several, "[" * 5_000)["accuracy"] == 0.0


def test_json_is_equal_by_its_values() -> None:
    one = held('{"city": "K\u00f6ln", "size": 3, "tags": ["x", "y"], "open": true}')
    same = '{\n  "open": true, "size": 3.0, "tags": ["x", "y"], "city": "K\\u00f6ln"\n}'
    assert (judged(one, same)["exact"], judged(one, same)["field_f1"]) == (1.0, 1.0)
    for old, new in (("true", "1"), ('"x", "y"', '"y", "x"'), ("3.0", '"3"'), ("3.0", "3.5")):
        assert judged(one, same.replace(old, new))["exact"] == 0.0
    assert judged(one, same.replace("true", "1"))["field_f1"] == 4 / 5
    assert judged(held("[1, 2.5]"), "[1.0,2.5]")["exact"] == 1.0
    assert judged(held("[1, 2]"), "[" * 5_000)["exact"] == 0.0
    deep = "[" * 400 + "]" * 400
    assert judged(held("[1, 2]"), deep)["field_f1"] == judged(held("[1, 2]"), deep)["exact"] == 0.0
    assert judged(held("3"), "3.0")["exact"] == 0.0  # a text, not JSON that was asked for


def test_fenced_json_is_read_by_all_but_exact() -> None:
    one = held('{"city": "Rome", "size": 2}')
    fenced = '```json\n{"city": "Rome", "size": 2}\n```'
    assert (judged(one, fenced)["field_f1"], judged(one, fenced)["exact"]) == (1.0, 0.0)
    both = held(fenced)
    assert (judged(both, fenced)["field_f1"], judged(both, fenced)["exact"]) == (1.0, 1.0)
    assert metrics.primary([both]) == "field_f1"
    assert judged(one, f"Here you are:\n{fenced}")["field_f1"] == 0.0
    spans = held(asked="Anna", spans=((0, 4, "person"),))
    found = judged(spans, '```\n[{"start": 0, "end": 4, "label": "person"}]\n```')
    assert found == {"exact": 0.0, "span_f1": 1.0}


SPANS = [{"start": 0, "end": 4, "label": "person"}, {"start": 15, "end": 19, "label": "city"}]


@pytest.mark.parametrize(
    "said",
    [
        {"spans": SPANS},
        {"entities": SPANS},
        {
            "text": "Anna met Bo in Oslo",
            "spans": SPANS,
            "tokens": ["Anna"],
            "ner_tags": ["B-person"],
        },
        [[0, 4, "person"], [15.0, 19.0, "city"]],
        {"spans": [{"label": "city", "text": "Oslo"}, {"label": "person", "text": "Anna"}]},
    ],
)
def test_spans_in_every_form(said: Any) -> None:
    one = held(asked="Anna met Bo in Oslo", spans=((0, 4, "person"), (15, 19, "city")))
    assert judged(one, json.dumps(said)) == {"exact": 1.0, "span_f1": 1.0}
    assert metrics.without_spans([one], answer(json.dumps(said))) == 0


def test_an_answer_that_holds_no_spans_has_failed_and_is_counted() -> None:
    one = held(asked="Anna met Bo in Oslo", spans=((0, 4, "person"), (15, 19, "city")))
    nothing = held(asked="Nobody there", spans=())
    for said in ("Anna and Oslo", '[{"begin": 0, "stop": 4}]', '{"spans": [{"a": 1}]}', "```"):
        for example in (one, nothing):
            assert judged(example, said) == {"exact": 0.0, "span_f1": 0.0}
            assert metrics.without_spans([example], answer(said)) == 1
    for said in ("[]", "{}", '{"spans": []}', '{"person": null}'):
        assert judged(nothing, said) == {"exact": 1.0, "span_f1": 1.0}
        assert metrics.without_spans([nothing], answer(said)) == 0
    # What cannot be read of an answer with spans is a wrong one.
    assert judged(one, json.dumps([*SPANS, {"a": 1}]))["span_f1"] == 4 / 5
    assert metrics.without_spans([held("x")], answer("prose")) == 0


def test_spans_by_place_and_by_text() -> None:
    one = held(asked="Anna met Bo in Oslo", spans=((0, 4, "person"), (15, 19, "city")))
    assert metrics.primary([one]) == "span_f1"
    same = [{"start": 15, "end": 19, "label": "city"}, {"start": 0, "end": 4, "label": "person"}]
    assert judged(one, json.dumps(same)) == {"exact": 1.0, "span_f1": 1.0}
    assert judged(one, json.dumps(same[:1]))["span_f1"] == 2 / 3
    assert judged(one, '{"person": ["Anna"], "city": "Oslo"}')["span_f1"] == 1.0
    assert judged(one, '{"person": ["Anna", "Bo"], "city": null}')["span_f1"] == 0.5
    nothing = held(asked="Nobody there", spans=())
    assert judged(nothing, "[]") == {"exact": 1.0, "span_f1": 1.0}
    assert judged(nothing, '{"person": "Nobody"}')["span_f1"] == 0.0


def test_tools() -> None:
    one = HeldOut(
        "a", "a", "a", [{"role": "user", "content": "?"}],
        answer=[{"role": "assistant", "content": None, **calling("book", {"n": 2, "at": "x"})}],
    )  # fmt: skip
    right = judged(one, "", **calling("book", '{"at": "x", "n": 2}'))
    assert (right["tool_name"], right["tool_arguments"], right["exact"]) == (1.0, 1.0, 1.0)
    same = judged(one, "", **calling("book", '{"at": "x", "n": 2.0}'))
    assert (same["tool_arguments"], same["exact"]) == (1.0, 1.0)
    other = judged(one, "", **calling("book", {"n": "two", "at": "x"}))
    assert (other["tool_name"], other["tool_arguments"]) == (1.0, 0.0)
    assert judged(one, "I booked it")["tool_name"] == 0.0
    broken = judged(one, "", **calling("book", "{"))
    assert (broken["tool_name"], broken["tool_arguments"]) == (1.0, 0.0)


@pytest.mark.parametrize(
    "text",
    ["You get your money back.", "Вы получите деньги.", "お金は戻ります。", "돈을 돌려받습니다."],
)
def test_free_text_of_any_script(text: str) -> None:
    one = held(text)
    assert judged(one, text) == {"exact": 1.0, "chrf": 1.0, "rouge_l": 1.0}
    near, far = judged(one, text[: len(text) // 2]), judged(one, "?!")
    for name in ("chrf", "rouge_l"):
        assert 0.2 < near[name].expected < 1.0 and far[name].expected < 0.1


def test_what_is_not_answered_has_no_score_and_names_are_known() -> None:
    found = metrics.scores([held("x")], {})
    assert all(values[0] != values[0] for values in found.values())
    with pytest.raises(ConfigError, match="unknown metric 'bleu'"):
        metrics.choose("bleu", [held("x")])
    assert metrics.choose("exact", [held("x")]) == "exact"


@pytest.mark.slow
def test_similarity_is_the_cosine_of_the_projects_encoder(
    tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {
            "id": f"r{n}", "rating": 5,
            "prompt": f"How do I reset password number {n}?",
            "response": f"Open the settings and choose a new password for account {n}.",
        }
        for n in range(60)
    ]  # fmt: skip
    project = new_project(tmp_path / "p")
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
    project.filter()
    project.export("set")
    heldout = heldout_of(project)

    def said(n: int, one: HeldOut) -> str:
        return [one.text, f"Please pick another password in the settings. {n}", "Bananas."][n % 3]

    files = {"tuned": answered_by(tmp_path, "tuned", heldout, said)}
    settings = EvaluateSettings(metric="similarity")
    with pytest.raises(ConfigError, match=r"similarity needs an encoder\. Next: curate embed"):
        project.evaluate("set", files, settings)
    embed(project.store, load=lambda _: encoder)
    monkeypatch.setattr(encoders, "load", lambda _: encoder)
    found = project.evaluate("set", files, settings)
    texts = [said(n, one) for n, one in enumerate(heldout)]
    right, answers = (encoder.encode(list(each)) for each in ([one.text for one in heldout], texts))
    cosines = np.clip((right * answers).sum(axis=1), 0, 1)
    tuned = next(one for one in found.candidates if one.name == "tuned")
    assert found.metric == "similarity"
    assert tuned.scores["similarity"] == pytest.approx(cosines.mean(), abs=1e-6)
    assert cosines[0] == pytest.approx(1) and 0.4 < cosines[1] < 0.99 > cosines[2]

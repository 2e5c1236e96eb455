"""What annotators mark and what they leave in the form make one answer, and nothing gets lost."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest

from curate.kernels import span_f1
from curate.label import extraction, form, tasks
from curate.project import Project
from desk import Desk, curate
from projects import WriteJsonl

TEXT = "🎉 Anna Berg (VIP) orders 2 lamps and 1 rug, 12.5 € in all, on 3 May 2023, to Zürich."
ANSWER: dict[str, Any] = {
    "customer": {"name": "Anna Berg", "vip": True, "id": None},
    "date": "2023-05-03",
    "total": 12.5,
    "items": [{"what": "lamps", "count": 2, "gift": False}, {"what": "rug", "count": 1}],
    "tags": ["Zürich", "rug"],
    "notes": "",
    "discount": 0,
    "empty": {"list": [], "object": {}},
}
REST: dict[str, Any] = {
    "customer": {"vip": True, "id": None},
    "date": "2023-05-03",
    "items": [{"gift": False}, {}],
    "tags": ["Zürich", "rug"],
    "notes": "",
    "discount": 0,
    "empty": {"list": [], "object": {}},
}
NAMES = ["customer.name", "date", "total", "items[0].what", "items[1].what", "items[0].count",
         "items[1].count", "items[3].what", "tags", "customer.id", "name", "paid"]  # fmt: skip


def row(answer: Any = ANSWER, text: str = TEXT, **more: Any) -> dict[str, Any]:
    response = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    return {
        "task_key": "k1", "example_id": "x", "query": text, "context": "", "response": response,
        "why": "", "blind": False, "swapped": False, **more,
    }  # fmt: skip


def box(text: str, **more: Any) -> dict[str, Any]:
    return {"from_name": "other", "type": "textarea", "value": {"text": [text]}, **more}


def span(field: str, wanted: str, text: str = TEXT) -> dict[str, Any]:
    start = text.index(wanted)
    value = {"start": start, "end": start + len(wanted), "text": wanted, "labels": [field]}
    return {"from_name": "span", "type": "labels", "value": value}


def sent(told: dict[str, Any], prefill: str = "given", **more: Any) -> list[dict[str, Any]]:
    """Returns what comes back where an annotator submits a task as it was sent."""
    asked = tasks.question("spans", told, prefill, **more)
    marks = [part for made in asked.predictions for part in made["result"]]
    marks = [{**part, "origin": "prediction"} for part in marks]
    return [*marks, box(asked.data["other"], origin="manual")]


def understood(parts: list[dict[str, Any]], told: dict[str, Any]) -> Any:
    """Returns the corrected answer."""
    answer = tasks.understand("spans", parts, told, NAMES)
    assert answer.problem is None
    return json.loads(str(dict(answer.decisions)["correct"]))


def refused(parts: list[dict[str, Any]], told: dict[str, Any]) -> str:
    answer = tasks.understand("spans", parts, told, NAMES)
    assert answer.decisions == ()
    return str(answer.problem)


def ordered(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


# -- paths -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        (("order",), "order"),
        (("customer", "name"), "customer.name"),
        (("items", 0, "price"), "items[0].price"),
        ((1, "name"), "[1].name"),
        (("a.b", "c[0]", ""), '["a.b"]["c[0]"][""]'),
        (("$x", "Total (EUR)", 'say "hi"'), '["$x"].Total (EUR)["say \\"hi\\""]'),
        (("größe", "名"), "größe.名"),
    ],
)
def test_a_path_says_what_leads_to_a_value(steps: extraction.Steps, path: str) -> None:
    assert extraction.path(steps) == path
    assert extraction.steps_of(path) == steps


@pytest.mark.parametrize("name", ["a..b", ".a", "a.", "a[x]", "a]", "[0]b", 'a"b'])
def test_a_name_that_is_no_path_is_a_key(name: str) -> None:
    assert extraction.steps_of(name) == (name,)


# -- what is sent ----------------------------------------------------------------------------------


def test_the_form_has_all_that_is_not_marked() -> None:
    asked = tasks.question("spans", row(), "given")
    assert json.loads(asked.data["other"]) == REST
    assert asked.data["other"].splitlines()[:3] == [
        "{", '  "customer": {"vip": true, "id": null},', '  "date": "2023-05-03",',
    ]  # fmt: skip
    assert "Zürich" in asked.data["other"]
    marked = [p["value"] for p in asked.predictions[0]["result"]]
    assert [(v["labels"][0], v["text"]) for v in marked] == [
        ("customer.name", "Anna Berg"), ("total", "12.5"), ("items[0].what", "lamps"),
        ("items[0].count", "2"), ("items[1].what", "rug"), ("items[1].count", "1"),
    ]  # fmt: skip
    assert all(TEXT[v["start"] : v["end"]] == v["text"] for v in marked)


def test_a_number_is_marked_where_it_stands_as_a_whole() -> None:
    text = "In 2023, 3.5 of A3, 13 and 3, 5"
    assert extraction.places(text, '{"n": 3, "m": 5}') == [("n", 27, 28), ("m", 30, 31)]
    assert extraction.places("3.50 or 3.5%", '{"n": 3.5}') == [("n", 8, 11)]
    assert extraction.places("true or 1", '{"b": true}') == []


def test_of_a_long_list_the_first_objects_can_be_marked() -> None:
    most = extraction.MOST_ITEMS
    words = [f"word{n:03}" for n in range(most + 5)]
    told = row({"items": [{"what": word} for word in words]}, " ".join(words))
    asked = tasks.question("spans", told, "given")
    assert len(asked.predictions[0]["result"]) == most
    assert json.loads(asked.data["other"])["items"][most - 1 :] == [
        {}, *({"what": word} for word in words[most:])
    ]  # fmt: skip


@pytest.mark.parametrize("logged", [["rug", "Anna"], [{"what": "rug", "n": 1, "new": True}], []])
def test_an_answer_may_be_a_list(logged: list[Any]) -> None:
    told = row(logged)
    answer = form.answer(*_parts(sent(told)), told)[0]
    assert answer == told["response"]
    assert understood([box('[{"what": "x"}]' if logged == [] else ordered(logged + logged))], told)


@pytest.mark.parametrize("more", [{"blind": True}, {"prefill": "none"}])
def test_a_task_without_a_hint_shows_the_names_of_the_fields_alone(more: dict[str, Any]) -> None:
    shape = ordered(form.empty({"properties": {
        "name": {"type": "string"}, "paid": {"type": "boolean"},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
        "tags": {"type": "array", "items": {"type": "string"}},
        "who": {"anyOf": [{"type": "null"}, {"properties": {"age": {"type": "integer"}}}]},
    }, "$defs": {"line": {"properties": {"price": {"type": "number"}}}}}))  # fmt: skip
    told = row(shape=shape, **more)
    asked = tasks.question("spans", told, more.get("prefill", "given"))
    assert json.loads(asked.data["other"]) == {
        "name": None, "paid": None, "lines": [{"price": None}], "tags": None, "who": {"age": None},
    }  # fmt: skip
    assert asked.predictions == ()
    assert "Berg" not in asked.data["other"]


def test_a_schema_that_holds_itself_ends() -> None:
    schema = {"$defs": {"n": {"properties": {"v": {}, "next": {"$ref": "#/$defs/n"}}}},
              "$ref": "#/$defs/n"}  # fmt: skip
    assert form.empty(schema)["next"]["next"]["v"] is None
    assert form.empty({"$ref": "#/$defs/gone"}) == {}
    assert form.empty(True) == {}


# -- what comes back -------------------------------------------------------------------------------


def test_what_nobody_touches_stays_to_the_letter() -> None:
    for layout in ({}, {"indent": 2}, {"indent": 3}, {"separators": (",", ":")}):
        told = row(json.dumps(ANSWER, **layout))
        answer = tasks.understand("spans", sent(told), told, NAMES)
        assert dict(answer.decisions)["correct"] == told["response"]
        assert answer.origin == "prediction", "an untouched box is no work by hand"
    told = row(f"```json\n{ordered(ANSWER)}\n```")
    answer = tasks.understand("spans", sent(told), told, NAMES)
    assert dict(answer.decisions)["correct"] == told["response"]


def test_who_only_marks_erases_nothing() -> None:
    told = row({**ANSWER, "customer": {"name": "Anna", "vip": True, "id": None}})
    parts = [p for p in sent(told) if p["value"].get("labels") != ["customer.name"]]
    assert ordered(understood([*parts, span("customer.name", "Anna Berg")], told)) == ordered(
        ANSWER
    )


def test_a_box_that_the_page_has_not_keeps_what_was_logged() -> None:
    told = row()
    marks = [p for p in sent(told) if p["from_name"] == "span"]
    assert ordered(understood(marks, told)) == ordered(ANSWER)
    assert ordered(understood([*marks, box(" \n")], told)) == ordered(ANSWER)


def test_a_removed_span_is_gone_and_its_neighbours_stay_where_they_are() -> None:
    told = row()
    gone = {"customer.name", "items[0].what", "items[1].what", "items[1].count"}
    parts = [p for p in sent(told) if p["value"].get("labels", [""])[0] not in gone]
    expected = {**ANSWER, "customer": {"vip": True, "id": None},
                "items": [{"count": 2, "gift": False}]}  # fmt: skip
    assert ordered(understood(parts, told)) == ordered(expected)


def test_an_edited_form_counts_and_keys_stay_in_their_order() -> None:
    told = row()
    better = {"new": [1], **REST, "discount": 0.5, "notes": "Grüße 🎉", "date": None}
    better["items"] = [{"gift": True}, {}, {"gift": False}]
    del better["empty"]
    parts = [*sent(told)[:-1], box(json.dumps(better), origin="manual")]
    expected = {**ANSWER, "discount": 0.5, "notes": "Grüße 🎉", "date": None}
    expected["items"] = [{"what": "lamps", "count": 2, "gift": True}, ANSWER["items"][1],
                         {"gift": False}]  # fmt: skip
    del expected["empty"]
    assert ordered(understood(parts, told)) == ordered({**expected, "new": [1]})
    assert tasks.understand("spans", parts, told, NAMES).origin == "manual"


def test_what_is_marked_and_in_the_form_is_taken_from_the_mark() -> None:
    told = row({"date": "2023-05-03", "tags": ["x"], "n": 1})
    parts = [box(ordered({"date": "2023-05-03", "tags": ["x", "rug"], "n": 1})),
             span("date", "3 May 2023"), span("tags", "rug"), span("tags", "lamps")]  # fmt: skip
    assert understood(parts, told) == {"date": "3 May 2023", "tags": ["x", "rug", "lamps"], "n": 1}


def test_a_marked_value_has_the_type_that_the_field_has() -> None:
    told = row({"total": 12, "tags": ["lamps"], "count": 2.0})
    parts = [box("{}"), span("total", "12.5"), span("tags", "rug")]
    assert ordered(understood(parts, told)) == '{"total": 12.5, "tags": ["rug"]}'
    schema = ordered({"properties": {
        "total": {"type": "number"}, "tags": {"type": "array", "items": {"type": "string"}},
        "date": {"type": ["string", "null"]},
    }})  # fmt: skip
    told = row("no answer", schema=schema)
    parts = [span("total", "12.5"), span("tags", "rug"), span("date", "2023")]
    assert understood(parts, told) == {"date": "2023", "tags": ["rug"], "total": 12.5}


def test_a_list_keeps_the_order_of_the_answer() -> None:
    told = row({"tags": ["Zürich", "lamps", "Anna"]})
    asked = sent(told)
    assert len(asked) == 4 and asked[-1]["value"]["text"] == ["{}"]
    assert understood(asked, told) == {"tags": ["Zürich", "lamps", "Anna"]}
    more = [asked[0], span("tags", "rug"), asked[2]]
    assert understood(more, told) == {"tags": ["Zürich", "Anna", "rug"]}


def test_without_a_hint_null_is_not_there_and_everything_else_is_a_value() -> None:
    shape = ordered({"customer": {"name": None, "vip": None}, "items": [{"what": None, "n": None}],
                     "tags": None, "notes": None, "discount": None})  # fmt: skip
    told = row(blind=True, shape=shape)
    assert refused([box(shape)], told) == "nothing was answered"
    nothing = [{"from_name": "verdict", "value": {"choices": ["nothing"]}}, box(shape)]
    assert understood(nothing, told) == {}
    said = {"customer": {"name": None, "vip": False}, "items": [{"what": None, "n": 0}],
            "tags": [], "notes": "", "discount": None}  # fmt: skip
    parts = [box(ordered(said)), span("items[1].what", "rug"), span("items[3].what", "lamps")]
    assert ordered(understood(parts, told)) == ordered({
        "customer": {"vip": False}, "items": [{"n": 0}, {"what": "rug"}, {"what": "lamps"}],
        "tags": [], "notes": "",
    })  # fmt: skip
    # At sync the ledger tells what the task was sent with.
    assert understood([box(shape), span("date", "2023")], row(prefill="none")) == {"date": "2023"}


def test_nothing_to_mark_leaves_the_form() -> None:
    told = row({"vip": True, "customer": {"name": "Anna"}})
    parts = [{"from_name": "verdict", "value": {"choices": ["nothing"]}}, box('{"vip": false}')]
    assert understood(parts, told) == {"vip": False}
    assert understood([box('{"vip": false}')], told) == {"vip": False}


def test_marks_that_the_page_cannot_show_are_in_the_form() -> None:
    told = row()
    parts = sent(told, can_fill=False)
    assert len(parts) == 1 and json.loads(parts[0]["value"]["text"][0]) == ANSWER
    assert ordered(understood(parts, told)) == ordered(ANSWER)


def test_half_of_a_character_comes_back() -> None:
    told = row('{"a": "\\ud83d", "b": "\x7f", "name": "Anna"}')
    assert "\\ud83d" in sent(told)[-1]["value"]["text"][0]
    assert understood(sent(told), told) == json.loads(told["response"])
    parts = [box('{"a": "\\ud83d", "b": 1}')]
    assert "b: 1 is a number, where the answer has a text" in refused(parts, told)
    answer = tasks.understand("spans", [box('{"a": "\\ud83d\\u0000"}')], told, NAMES)
    assert dict(answer.decisions)["correct"] == '{"a": "\\ud83d\\u0000"}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"total": 12,5}', "the form is no JSON: "),
        ('{"vip": True}', "Python's notation"),
        ('{"a": 1, "a": 2}', "/a stands there twice"),
        ('{"a": NaN}', "NaN is no JSON"),
        ('{"a": 1e999}', "a number that is too large"),
        ("It is right.", "the form is no JSON: 'It is right.' is no JSON"),
        ("[1]", "the form is no JSON object: '[1]'"),
        ("12", "the form is no JSON"),
        ('{"total": "12,50"}', 'total: "12,50" is a text, where the answer has a number'),
        ('{"customer": {"vip": 1}}', "customer.vip: 1 is a number, where the answer has true or"),
        ('{"items": {"what": "x"}}', 'items: {"what": "x"} is an object, where the answer has a'),
        ('{"items": [{"count": "2"}]}', 'items[0].count: "2" is a text, where the answer has a'),
        ('{"tags": [1]}', "tags[0]: 1 is a number, where the answer has a text"),
    ],
)
def test_a_form_that_is_wrong_is_a_problem_that_says_so(text: str, said: str) -> None:
    assert said in refused([box(text)], row())


def test_a_mark_that_is_no_number_is_a_problem() -> None:
    said = refused([*sent(row({"total": 12.5})), span("total", "12.5 €")], row({"total": 12.5}))
    assert "'12.5 €' is marked as total, which takes a number: take the mark away and" in said
    said = refused([box('{"customer": "Anna"}'), span("customer.name", "Anna")], row("{}"))
    assert 'customer.name is marked, and the form has "Anna" in its place' in said


def test_a_span_that_does_not_stand_in_the_text_is_a_problem() -> None:
    for start, end, text in ((80, 999, "x"), (9, 5, "Anna"), (2, 6, "Bern"), (-3, 2, "x")):
        value = {"start": start, "end": end, "text": text, "labels": ["date"]}
        assert "does not stand at" in refused([{"from_name": "span", "value": value}], row())


def test_the_contract_says_what_an_answer_may_be() -> None:
    schema = ordered({"type": "object", "required": ["total"], "additionalProperties": False,
                      "properties": {"total": {"type": ["number", "string"]},
                                     "paid": {"type": "boolean"}}})  # fmt: skip
    told = row({"total": 12.5, "paid": True}, schema=schema)
    assert understood(sent(told), told) == {"total": 12.5, "paid": True}
    assert understood([box('{"total": "12.5 €"}')], told) == {"total": "12.5 €"}
    for text, said in (
        ('{"total": 12.5, "paid": "yes"}', '/paid "yes" is not of type boolean'),
        ('{"paid": true}', "/total is missing"),
        ('{"total": 1, "payed": true}', "/payed is not in the contract"),
    ):
        assert f"the contract does not take this: {said}" in refused([box(text)], told)
    # What was logged is nobody's mistake, as long as nobody changes it.
    logged = row({"paid": 1}, schema=schema)
    assert understood(sent(logged), logged) == {"paid": 1}


def test_what_is_not_there_is_null_where_the_contract_wants_every_field() -> None:
    """As strict schemas of model APIs do: every field is required, and may be null."""

    def closed(**properties: Any) -> dict[str, Any]:
        return {"type": "object", "properties": properties, "required": [*properties],
                "additionalProperties": False}  # fmt: skip

    text = {"type": ["string", "null"]}
    line = closed(what=text, count={"type": "integer"})
    schema = closed(
        customer=closed(name=text), items={"type": "array", "items": line}, date=text,
        tags={"type": "array", "items": {"type": "string"}},
    )  # fmt: skip
    nothing = {"customer": {"name": None}, "items": [], "date": None, "tags": []}
    told = row(nothing, blind=True, schema=ordered(schema), shape=form.shape(schema, []))
    asked = box(tasks.question("spans", told, "given").data["other"])
    assert refused([asked], told) == "nothing was answered"
    verdict = {"from_name": "verdict", "value": {"choices": ["nothing"]}}
    assert ordered(understood([asked, verdict], told)) == ordered(nothing)
    assert understood([asked, span("date", "2023")], told) == {**nothing, "date": "2023"}
    said = refused([asked, span("items[0].what", "rug")], told)
    assert "the contract does not take this: /items/0/count is missing" in said
    # A span that is taken away, too.
    told = row({**nothing, "date": "2023"}, schema=ordered(schema))
    assert understood([box(ordered({"tags": ["a"]}))], told) == {**nothing, "tags": ["a"]}


def _random_value(rng: random.Random, depth: int = 0) -> Any:
    pick = rng.randrange(9 if depth < 3 else 6)
    if pick == 8:
        return [_random_value(rng, depth + 1) for _ in range(rng.randrange(4))]
    if pick >= 6:
        keys = rng.sample(["a", "b.c", "d", "", "é[0]"], rng.randrange(4))
        return {key: _random_value(rng, depth + 1) for key in keys}
    words = ["Anna", "rug", "Zürich", "lamps", "absent", "🎉"]
    return [None, rng.random() < 0.5, rng.choice(words), rng.choice(words),
            rng.choice([0, 1, 2, 12.5, -3]), ""][pick]  # fmt: skip


def test_whatever_was_logged_comes_back_where_nobody_touches_it() -> None:
    rng = random.Random(7)
    for _ in range(2_000):
        logged = {key: _random_value(rng) for key in rng.sample("pqrst", rng.randrange(1, 5))}
        told = row(logged)
        answer = form.answer(*_parts(sent(told)), told)[0]
        assert answer == told["response"]
        # And where something else is edited: nothing but that differs.
        text, marks = _parts(sent(told))
        edited = {**json.loads(text), "zz": True}
        answer = form.answer(json.dumps(edited), marks, told)[0]
        assert answer == ordered({**logged, "zz": True})


def _parts(parts: list[dict[str, Any]]) -> tuple[str, list[tuple[str, str]]]:
    marks = [(p["value"]["labels"][0], p["value"]["text"], p["value"]["start"])
             for p in parts if p["from_name"] == "span"]  # fmt: skip
    return parts[-1]["value"]["text"][0], [m[:2] for m in sorted(marks, key=lambda m: m[2])]


# -- a project -------------------------------------------------------------------------------------


def logs(count: int = 6) -> list[dict[str, Any]]:
    return [
        {"id": f"r{n}", "prompt": f"🎉 Order A-{n} of {n + 40} lamps for Ann{n}.", "rating": 1,
         "response": ordered({"customer": {"name": f"Ann{n}"}, "order": f"A-{n}",
                              "paid": n % 2 == 0, "total": n + 0.5, "lines": [{"price": n}]})}
        for n in range(count)
    ]  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path, write_jsonl: WriteJsonl) -> Desk:
    return Desk(tmp_path, write_jsonl, logs(), "extraction")


def by_name(project: Project) -> dict[str, Any]:
    return {r["source_id"]: r for r in project.table("examples").to_pylist()}


def submitted(task: dict[str, Any]) -> list[dict[str, Any]]:
    marks = [part for made in task.get("predictions", ()) for part in made["result"]]
    return [*marks, box(task["data"]["other"])]


@pytest.mark.slow
def test_a_corrected_answer_has_all_fields(desk: Desk) -> None:
    sent_tasks = desk.push()
    names = sorted(sent_tasks)
    blind = [n for n in names if "predictions" not in sent_tasks[n]]
    hinted = [n for n in names if n not in blind]
    assert hinted, "some are held out, not all"
    name = hinted[0]
    task, before = sent_tasks[name], json.loads(desk.examples()[name]["response"])
    parts = submitted(task)
    parts[-1] = box(parts[-1]["value"]["text"][0].replace(str(before["total"]), "99.25"))
    desk.answer(task, parts)
    for other in blind:
        assert json.loads(sent_tasks[other]["data"]["other"]) == {
            "customer": {"name": None}, "order": None, "paid": None, "total": None,
            "lines": [{"price": None}],
        }  # fmt: skip
    result = desk.sync()
    assert (result.decisions, result.problems) == ({"spans": 1, "correct": 1}, ())
    said = desk.examples()[name]["response"]
    assert said == ordered({**before, "total": 99.25})


@pytest.mark.slow
def test_what_cannot_be_read_is_a_problem_of_that_annotation_alone(desk: Desk) -> None:
    sent_tasks = desk.push()
    name, task = next((n, t) for n, t in sorted(sent_tasks.items()) if "predictions" in t)
    desk.answer(task, [*submitted(task)[:-1], box('{"total": 1,}')], by=1)
    desk.answer(task, submitted(task), by=2)
    result = desk.sync()
    ((key, why),) = result.problems
    assert key == task["data"]["curate_id"]
    assert "the form is no JSON: a comma before the end" in why
    assert result.decisions == {"spans": 1, "correct": 1}
    assert desk.examples()[name]["corrected"]


@pytest.mark.slow
def test_the_contract_is_asked_and_shows_the_form(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    schema = {"type": "object", "required": ["order"], "properties": {
        "order": {"type": "string"}, "total": {"type": "number"}, "due": {"type": "string"},
        "customer": {"type": "object", "properties": {"name": {"type": "string"}}}}}  # fmt: skip
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "contract.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    (tmp_path / "p" / "curate.toml").write_text(
        '[project]\nname = "p"\ntask = "extraction"\n'
        '[contract]\nschema = "contract.schema.json"\n', encoding="utf-8",
    )  # fmt: skip
    desk = Desk(tmp_path, write_jsonl, logs(), "extraction")
    sent_tasks = desk.push(prefill="none")
    assert {t["data"]["other"] for t in sent_tasks.values()} == {
        '{\n  "customer": {"name": null},\n  "order": null,\n  "total": null,\n  "due": null\n}'
    }
    interface = (tmp_path / "tasks.xml").read_text(encoding="utf-8")
    assert all(f'value="{name}"' in interface for name in ("due", "customer.name", "total"))
    assert 'value="paid"' not in interface
    first, second = sorted(sent_tasks)[:2]
    desk.answer(sent_tasks[first], [box('{"order": "A-0", "total": "x"}')])
    text = sent_tasks[second]["data"]["text"]
    parts = [box('{"order": null, "total": 0, "due": null}'), span("order", "A-1", text)]
    desk.answer(sent_tasks[second], parts)
    result = desk.sync()
    ((_, why),) = result.problems
    assert why.endswith('the contract does not take this: /total "x" is not of type number')
    assert json.loads(desk.examples()[second]["response"]) == {"order": "A-1", "total": 0}


# -- agreement -------------------------------------------------------------------------------------


def test_span_f1_by_hand() -> None:
    a, b, c = (0, 4, "x"), (5, 9, "x"), (5, 9, "y")
    assert span_f1.f1({a, b}, {a, c}) == 0.5
    assert span_f1.f1({a, b}, {a}) == pytest.approx(2 / 3)
    assert (span_f1.f1(set(), set()), span_f1.f1(set(), {a})) == (1, 0)
    found = span_f1.agreement([{1: {a, b}, 2: {a}, 3: {c}}, {1: {a}, 2: {a}}, {1: {b}}])
    assert found.texts == 2
    assert found.f1 == pytest.approx((2 / 3 + 0 + 0 + 1) / 4)
    assert 0 < found.low < found.f1 < found.high < 1
    assert span_f1.agreement([{1: {a}}]).texts == 0


@pytest.mark.slow
def test_agreement_is_span_f1_of_pairs(desk: Desk) -> None:
    rng, marked = random.Random(1), {}
    for name, task in desk.push().items():
        text = task["data"]["text"]
        choices = [("order", f"A-{name[1:]}"), ("customer.name", f"Ann{name[1:]}"),
                   ("order", "lamps"), ("customer.name", "Order")]  # fmt: skip
        for who in (1, 2, 3)[: rng.randrange(1, 4)]:
            picked = rng.sample(choices, rng.randrange(1, 4))
            desk.answer(task, [span(f, t, text) for f, t in picked], by=who)
            marked[name, who] = {(f, text.index(t), text.index(t) + len(t)) for f, t in picked}
    assert desk.sync().problems == ()

    def mean(person: int | None = None) -> float:
        scores = []
        for (one, a), (other, b) in itertools.combinations(sorted(marked), 2):
            if one == other and person in (None, a, b):
                mine, theirs = marked[one, a], marked[other, b]
                right = len(mine & theirs)
                precision, recall = right / len(mine), right / len(theirs)
                scores.append(2 * precision * recall / (precision + recall) if right else 0.0)
        return sum(scores) / len(scores)

    (found,) = desk.project.label_status().agreement
    assert found.spans is not None
    assert found.spans.f1 == pytest.approx(mean())
    assert 0 < found.spans.low < found.spans.f1 < found.spans.high < 1
    for one in found.annotators:
        assert one.spans is not None
        assert one.spans.f1 == pytest.approx(mean(one.annotator))
    said = " ".join(curate(desk.project, "label", "status").stdout.split())
    assert f"span F1 {found.spans.f1:.0%} (95%: {found.spans.low:.0%} to" in said
    assert "annotator answers shared span F1 95% same as others 95%" in said


@pytest.mark.slow
def test_spans_that_differ_and_make_the_same_answer_agree(desk: Desk) -> None:
    more = [
        {"id": f"s{n}", "prompt": f"Ann, {n}: lamps, says Ann", "rating": 1,
         "response": '{"name": "?", "n": true}'}
        for n in range(6)
    ]  # fmt: skip
    desk.rows += more
    desk.pull()
    sent_tasks = {n: t for n, t in desk.push().items() if t["data"]["text"].startswith("Ann")}
    agreed, tied = sorted(sent_tasks)[:2]
    for name in (agreed, tied):
        text = sent_tasks[name]["data"]["text"]
        first, last = text.index("Ann"), text.rindex("Ann")
        for who, start in ((1, first), (2, last)):
            value = {"start": start, "end": start + 3, "text": "Ann", "labels": ["name"]}
            other = '{"n": true}' if name == agreed or who == 1 else '{"n": false}'
            mark = {"from_name": "span", "value": value}
            desk.answer(sent_tasks[name], [mark, box(other)], by=who)
    assert desk.sync().problems == ()
    by = desk.examples()
    assert by[agreed]["corrected"] and json.loads(by[agreed]["response"]) == {
        "name": "Ann",
        "n": True,
    }
    assert not by[tied]["corrected"]
    (found,) = desk.project.label_status().agreement
    assert (found.questions, found.tied, found.same) == (2, 1, 0.5)
    assert found.spans is not None and found.spans.f1 == 0
    queued = {e.source_id: e.detectors[0] for e in desk.project.queue(budget=99, audit=0).entries}
    assert queued.get(tied) == "annotators"
    assert agreed not in queued

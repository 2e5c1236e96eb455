"""An odd value costs the row that it stands in, is counted, and is never stored as a text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from curate.kernels.user_ids import masked
from curate.sources.presets import Preset, whole
from pulled import Workbench, ratings, talk


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"a{number}", "prompt": f"Is it {number}?", "completion": "Yes.", **more}


def test_an_object_among_ratings_and_sessions_costs_one_row(bench: Workbench) -> None:
    rows = [row(n, stars=n, session_id=f"s{n}", model="m") for n in range(1, 6)]
    rows[1] |= {"stars": {"of": 5}, "session_id": {"inner": "s2"}, "model": ["m", "n"]}
    rows[2] |= {"stars": [3], "session_id": '["s3"]'}
    said = bench.pull(bench.write("log.jsonl", rows), "--scale", "1-5")
    assert (
        "left empty, since they are objects or lists: 1 of model, 1 of rating, 1 of session" in said
    )
    calls = bench.calls()
    assert [c["human_rating"] for c in calls.values()] == [1, None, 3, 4, 5]
    assert [c["session_id"] for c in calls.values()] == ["s1", None, "s3", "s4", "s5"]
    assert calls["a2"]["metadata"]["session"] == {"inner": "s2"}


def test_labels_may_be_several_and_no_object(bench: Workbench) -> None:
    labels: list[Any] = ["a", ["a", "b"], {"value": "a"}, "{'value': 80}", ["b"], "['a']"]
    bench.pull(bench.write("log.jsonl", [row(n, label=label) for n, label in enumerate(labels)]))
    assert [c["label"] for c in bench.calls().values()] == [
        "a",
        '["a","b"]',
        None,
        None,
        '["b"]',
        None,
    ]


@pytest.mark.parametrize("held", [
    {"role": "assistant", "content": "No."},
    '{"role": "assistant", "content": "No."}',
    {"choices": [{"message": {"content": "No."}}]},
    "No.",
])  # fmt: skip
def test_a_correction_is_the_text_of_its_message(bench: Workbench, held: Any) -> None:
    bench.pull(bench.write("log.jsonl", [row(1, correction=held)]))
    assert [(f["kind"], f["value"]) for f in bench.feedback()] == [("correction", "No.")]


def test_a_correction_of_an_unknown_shape_is_counted(bench: Workbench) -> None:
    said = bench.pull(bench.write("log.jsonl", [row(1, correction={"x": 1}), row(2)]))
    assert "left empty, since they are objects or lists: 1 of correction" in said
    assert bench.feedback() == []


def test_an_error_is_what_it_says(bench: Workbench) -> None:
    full = ['{"type": "overloaded", "message": "Full."}']
    errors: list[Any] = [{"error": {"message": "Too long."}}, full, "Gone."]
    bench.pull(bench.write("log.jsonl", [row(n, error=error) for n, error in enumerate(errors)]))
    assert [c["error"] for c in bench.calls().values()] == ["Too long.", "Full.", "Gone."]


def test_a_request_that_nobody_reads_is_no_question(bench: Workbench) -> None:
    good = {"messages": [{"role": "user", "content": "Is it?"}]}
    odd = '{"messages": [{"role": {"a": 1}, "content": "Is it?"}]}'
    rows = [{"id": str(n), "request": r, "response": "Yes."} for n, r in enumerate([good, odd])]
    bench.pull(bench.write("log.jsonl", rows))
    assert list(bench.calls()) == ["0"]
    assert bench.rejects() == [("unknown-shape", 2)]


@pytest.mark.parametrize("part", [
    '{"type": "text", "text": "Is it?"}',
    "{'type': 'text', 'text': 'Is it?'}",
    '[{"type": "text", "text": "Is it?"}]',
])  # fmt: skip
def test_a_part_that_is_written_as_text_is_a_part(bench: Workbench, part: str) -> None:
    content = [part, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]
    asked = [{"role": "user", "content": content}]
    bench.pull(bench.write("log.jsonl", [{"id": "1", "messages": asked, "response": "Yes."}]))
    assert bench.calls()["1"]["query"] == "Is it?"


def test_parts_that_python_wrote_are_an_answer(bench: Workbench) -> None:
    rows = [
        {"session": "s", "turn": 1, "role": "user", "text": "Book it."},
        {"session": "s", "turn": 2, "role": "assistant",
         "text": "[{'type': 'text', 'text': 'Booked.'}]"},
    ]  # fmt: skip
    bench.pull(bench.write("log.jsonl", rows), "--turns")
    assert [call["response"] for call in bench.calls().values()] == ["Booked."]


def test_a_label_is_an_answer(bench: Workbench) -> None:
    rows = [{"id": n, "text": f"Where is parcel {n}?", "label": "delivery"} for n in range(3)]
    assert "without an answer" not in bench.pull(bench.write("log.jsonl", rows))


def test_a_turn_that_ends_with_a_tool_answers_nothing(bench: Workbench) -> None:
    call = {"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    used = [{"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "t", "content": "shelf"}]  # fmt: skip
    rows = [
        {"session": "s", "turn": 1, "role": "user", "text": "Where?"},
        {"session": "s", "turn": 2, "role": "assistant", "text": used},
    ]
    said = bench.pull(bench.write("log.jsonl", rows), "--turns")
    (only,) = bench.calls().values()
    assert only["output"] is None and only["messages"][-1]["role"] == "tool"
    assert "1 without an answer" in said


def test_only_chooses_one_of_the_scores_within_rows(bench: Workbench) -> None:
    task = {
        "id": 1,
        "data": {"prompt": "Is it?", "response": "Yes."},
        "annotations": [{"id": 1, "completed_by": 3, "result": [
            {"from_name": name, "to_name": "x", "type": "rating", "value": {"rating": value}}
            for name, value in (("stars", 5), ("tone", 2))
        ]}],
    }  # fmt: skip
    log = bench.write("log.jsonl", [task])
    assert "--only name='stars'" in bench.refused(log)
    said = bench.pull(log, "--only", "name=stars")
    assert "1 ratings of other scores" in said
    assert [(name, value) for _, name, value, _ in ratings(bench.feedback())] == [("stars", 5)]
    assert len(bench.calls()) == 1


def test_both_halves_of_a_batch_in_one_file(bench: Workbench) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "Is it?"}]}
    answer = {"object": "chat.completion", "choices": [{"message": {"content": "Yes."}}]}
    rows = [
        {"custom_id": "b1", "method": "POST", "url": "/v1/chat/completions", "body": body},
        {"id": "r1", "custom_id": "b1", "response": {"status_code": 200, "body": answer}},
    ]
    for number, order in enumerate((rows, rows[::-1])):
        name = bench.write(f"log{number}.jsonl", order)
        bench.pull(name, "--source", f"s{number}")
        assert talk(bench.calls()["b1"]) == ([("user", "Is it?")], "Yes.")


def test_a_preset_that_raises_costs_its_document(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fits(document: Any) -> bool:
        if document["kind"] == "odd":
            raise TypeError("unhashable")
        return True

    fields = {"id": "id", "query": "prompt", "response": "completion"}
    mine = Preset("mine", 1, "mine", "a/b", "2026-11-29", fits, fields, whole)
    for module in ("curate.pull.preset_choice", "curate.sources.presets"):
        monkeypatch.setattr(f"{module}.presets", lambda: [mine])
    rows = [row(1, kind="odd"), row(2, kind="usual")]
    bench.pull(bench.write("log.jsonl", rows), "--preset", "mine")
    assert list(bench.calls()) == ["a2"]
    assert bench.rejects() == [("unreadable-document", 1)]


def test_an_id_of_braintrust_may_be_anything(bench: Workbench) -> None:
    span = {"span_id": "1", "root_span_id": {"a": 1}, "is_root": True, "log_id": "g", "id": "1",
            "input": "Is it?", "output": "Yes.", "created": "2026-09-01T10:00:00Z"}  # fmt: skip
    bench.pull(bench.write("log.jsonl", [{"events": [span]}]), "--preset", "braintrust")
    assert talk(bench.calls()["1"]) == ([("user", "Is it?")], "Yes.")


def test_all_that_is_left_out_is_counted(bench: Workbench) -> None:
    kinds: list[Any] = [*"abcdefgh", {"x": 1}]
    run = {"trace_id": "t", "dotted_order": "1", "inputs": {}, "session_id": "p", "name": "x",
           "outputs": {}, "parent_run_id": "r"}  # fmt: skip
    rows = [{"id": f"r{n}", "run_type": kind, **run} for n, kind in enumerate(kinds)]
    call = {**rows[0], "id": "c", "run_type": "llm", "inputs": {"messages": [
        {"role": "user", "content": "Is it?"}]}, "outputs": {"output": "Yes."}}  # fmt: skip
    said = bench.pull(bench.write("log.jsonl", [*rows, call]), "--preset", "langsmith")
    assert "3 others" in said


def test_people_in_the_text_of_a_python_object_are_hashed(bench: Workbench) -> None:
    cut = '{"zone": 4, "user_id": "kim-4821'
    texts = ["{'user_id': 'kim-4821', 'zone': 4}", cut, "[{'email': 'kim-4821@x.example'}]"]
    bench.pull(bench.write("log.jsonl", [row(n, about=text) for n, text in enumerate(texts)]))
    assert bench.places("kim-4821") == []
    assert all("hmac:" in call["metadata"]["about"] for call in bench.calls().values())
    assert masked(texts[0]) == "{'user_id': ***, 'zone': 4}"


@pytest.mark.parametrize("pair", [
    ({"contents": [{"role": "user", "parts": [{"text": "Is it?"}]}]},
     {"candidates": [{"content": {"role": "model", "parts": [{"text": "Yes."}]}}]}),
    ({"model": "claude-x", "max_tokens": 9, "system": ["Be brief."],
      "messages": [{"role": "user", "content": "Is it?"}]},
     {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Yes."}]}),
])  # fmt: skip
def test_a_log_of_ones_own_keeps_its_columns_with_any_body(bench: Workbench, pair: Any) -> None:
    log = {"request_id": "1", "request": pair[0], "response": pair[1], "stars": 4,
           "user_id": "kim-4821", "created_at": "2026-09-01T10:00", "session_id": "s"}  # fmt: skip
    bench.pull(bench.write("log.jsonl", [log]), "--scale", "1-5")
    (call,) = bench.calls().values()
    assert call["user_key"] and call["created_at"] and call["human_rating"] == 4
    assert call["session_id"] == "s" and bench.places("kim-4821") == []
    assert [m["content"] for m in call["messages"]] in (["Is it?"], ["Be brief.", "Is it?"])


def test_rows_without_an_id_do_not_cost_the_others_theirs(bench: Workbench) -> None:
    rows = [row(n) if n % 3 else {**row(n), "id": [None, "", {"x": 1}][n // 3 % 3]}
            for n in range(18)]  # fmt: skip
    said = bench.pull(bench.write("log.jsonl", rows))
    assert "repeats with other content" not in said
    assert len(bench.calls()) == 18 and {f"a{n}" for n in (1, 2, 4, 5)} <= bench.calls().keys()


@pytest.mark.parametrize("request_", [
    {"messages": [{"role": "user", "content": ["Is it?", '{"type": "image_url", "image']}]},
    {"contents": ["Is it?", '{"role": "user", "parts": [{"te']},
])  # fmt: skip
def test_a_part_that_was_cut_off_is_no_text(bench: Workbench, request_: Any) -> None:
    rows = [{"id": "1", "request": request_, "response": "Yes."}, row(2)]
    bench.refused(bench.write("log.jsonl", rows[:1]))


def test_messages_that_stand_as_text_under_content(bench: Workbench) -> None:
    inner = [{"role": "user", "parts": [{"type": "text", "content": "Is it?"}]}]
    rows = [{"id": "1", "request": {"content": json.dumps(inner)}, "response": "Yes."}]
    bench.pull(bench.write("log.jsonl", rows))
    assert talk(bench.calls()["1"]) == ([("user", "Is it?")], "Yes.")


def test_what_a_user_says_is_no_answer(bench: Workbench) -> None:
    asked = {"messages": [{"role": "user", "content": "Is it?"}]}
    answers = [{"choices": [{"message": {"role": role, "content": "Yes."}}]}
               for role in ("assistant", "user", "assist")]  # fmt: skip
    rows = [{"id": str(n), "request": asked, "response": a} for n, a in enumerate(answers)]
    bench.pull(bench.write("log.jsonl", rows))
    assert bench.rejects() == [("unknown-shape", 2), ("unknown-shape", 3)]


def test_an_answer_in_a_table_of_runs_is_opened(bench: Workbench) -> None:
    run = {"id": "r", "run_type": "chain", "trace_id": "r", "session_id": "p",
           "inputs": {"question": "Is it?"}, "outputs": {"answer": "Yes."}}  # fmt: skip
    cells = {k: json.dumps(v) if isinstance(v, dict) else v for k, v in run.items()}
    bench.pull(bench.write("log.jsonl", [cells]), "--preset", "langsmith")
    assert talk(bench.calls()["r"]) == ([("user", "Is it?")], "Yes.")


def test_a_column_that_few_rows_have_does_not_replace_one_of_all(bench: Workbench) -> None:
    rows = [{"request_id": f"a{n}", "prompt": f"Is it {n}?", "completion": "Yes."}
            for n in range(8)]  # fmt: skip
    rows[3]["id"] = rows[5]["id"] = "7"
    said = bench.pull(bench.write("log.jsonl", rows))
    assert "id <- request_id" in said and len(bench.calls()) == 8


@pytest.mark.parametrize("column", ["prompt", "completion"])
def test_a_message_whose_text_was_cut_off_is_no_text(bench: Workbench, column: str) -> None:
    cut = '{"type": "ai", "data": {"content": "It is taken.", "additional_kwargs": {"reas'
    pasted = 'What is {"role": "user", "con'
    rows = [{**row(1), column: cut}, {**row(2), column: pasted}]
    bench.pull(bench.write("log.jsonl", rows))
    assert bench.rejects() == [("unknown-shape", 1)] and list(bench.calls()) == ["a2"]


def test_an_object_in_quotes_is_no_session(bench: Workbench) -> None:
    held = json.dumps(json.dumps({"id": "chatcmpl-1"}))
    rows = [row(1, session_id=held, stars=held), *(row(n, session_id="s", stars=2) for n in (2, 3))]
    bench.pull(bench.write("log.jsonl", rows), "--scale", "1-5", "--map", "session=session_id")
    (one, *_) = bench.calls().values()
    assert one["session_id"] is None and one["human_rating"] is None


def test_a_body_without_a_text_is_no_answer(bench: Workbench) -> None:
    chat = {"id": "5", "workspace": "Law", "prompt": "Is it?", "sent_at": "2026-09-11T08:02:00Z",
            "response": '{"type": "chat", "sources": []}'}  # fmt: skip
    good = {**chat, "id": "6", "response": '{"type": "chat", "text": "Yes."}'}
    bench.pull(bench.write("log.jsonl", [chat, good]), "--preset", "anythingllm")
    assert [call["response"] for call in bench.calls().values()] == [None, "Yes."]


def test_of_two_ratings_by_one_person_in_one_document_the_last_counts(bench: Workbench) -> None:
    record = {
        "id": "r", "fields": {"prompt": "Is it?", "response": "Yes."}, "metadata": {},
        "suggestions": {}, "vectors": {}, "_server_id": "u",
        "responses": {"quality": [{"value": n, "user_id": "ann"} for n in (4, 1, 5, 2)]},
    }  # fmt: skip
    bench.pull(bench.write("calls.jsonl", [{"id": "r", "prompt": "Is it?", "completion": "Yes."}]))
    bench.pull(bench.write("log.jsonl", [record]), "--as", "feedback", "--preset", "argilla")
    assert [(name, value) for _, name, value, _ in ratings(bench.feedback())] == [("quality", 2)]


@pytest.mark.parametrize("answer", [
    '{"type": "invoice", "items": [{"na', '{"text": "Hello wor', '[{"name": "Bo", "role": "man',
    '{"content": "Hel', '{"message": "Yes, of co',
])  # fmt: skip
def test_an_answer_in_json_that_was_cut_off_stays(bench: Workbench, answer: str) -> None:
    bench.pull(bench.write("log.jsonl", [row(1, completion=answer)]))
    assert bench.calls()["a1"]["response"] == answer


@pytest.mark.parametrize("answer", [
    {"role": ["assistant"], "content": [{"type": "text", "text": "Yes."}]},
    '{"message": {"role": "a',
    '{"content": "It is taken.", "additional_kwargs": {"reasoning_c',
    "[{'role': 'user', 'content': 'Which rooms are free?'}, {'type': 'reas",
])  # fmt: skip
def test_a_broken_message_is_no_answer(bench: Workbench, answer: Any) -> None:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    bench.pull(bench.write("log.jsonl", [row(1, completion=text), row(2)]))
    assert bench.rejects() == [("unknown-shape", 1)]


def test_items_as_text_of_which_one_is_odd_are_no_question(bench: Workbench) -> None:
    items = [{"role": "user", "content": "Which?"}, {"type": [["reasoning"]], "summary": []}]
    rows = [
        {"id": str(n), "request": {"model": "m", "input": asked}, "response": "Yes."}
        for n, asked in enumerate([str(items), json.dumps(items[:1]), "Which?", '["a", "b"]'])
    ]
    bench.pull(bench.write("log.jsonl", rows))
    assert bench.rejects() == [("unknown-shape", 1)]
    assert [call["query"] for call in bench.calls().values()] == ["Which?", "Which?", '["a", "b"]']

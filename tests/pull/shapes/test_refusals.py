"""What no reader understands is refused or counted, and never becomes a text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pulled import Workbench, talk

ASK = [{"role": "user", "content": "Is the pool heated?"}]


# Source: docs of Langflow (run endpoint), Azure AI Language (analyze results), Rasa (NLU parse).
@pytest.mark.parametrize(
    "answer",
    [
        {"session_id": "s", "outputs": [{"inputs": {}, "outputs": [{"timedelta": 0.4}]}]},
        {"kind": "EntityRecognitionResults", "results": {"documents": [], "errors": []}},
        {"text": "heated?", "intent": {"name": "ask_pool", "confidence": 0.9}, "entities": []},
        [{"generated": ["Yes", "it is"]}],
        [[0.1, 0.2], [0.3, 0.4]],
    ],
)
def test_an_unknown_answer_is_refused(bench: Workbench, answer: Any) -> None:
    rows = [{"id": f"c{n}", "messages": ASK, "response": answer} for n in range(3)]
    message = bench.refused(bench.write("logs.jsonl", rows))
    assert "none of the 3 documents could be read" in message
    assert "--map" in message


@pytest.mark.parametrize("encoded", [False, True])
def test_an_unknown_question_is_refused(bench: Workbench, encoded: bool) -> None:
    asked: Any = {"slots": {"topic": "pool"}, "flow": "faq"}
    asked = json.dumps({"messages": {"first": "Is the pool heated?"}}) if encoded else asked
    bench.refused(bench.write("logs.jsonl", [{"id": "c1", "input": asked, "output": "Yes."}]))


def test_a_few_unknown_documents_are_counted_with_an_example(bench: Workbench) -> None:
    rows: list[dict[str, Any]] = [
        {"id": f"c{n}", "prompt": f"Room {n}?", "completion": f"Floor {n}."} for n in range(4)
    ]
    rows[2]["completion"] = {"object": "thread.run", "steps": [{"tool": "lookup"}]}
    said = bench.pull(bench.write("logs.jsonl", rows))
    assert "1 unknown-shape" in said
    assert list(bench.calls()) == ["c0", "c1", "c3"]
    assert bench.rejects() == [("unknown-shape", 3)]
    detail = bench.run("status", "--rejects").output
    assert "object" in detail and "steps" in detail
    assert "lookup" not in detail  # keys, not what people wrote


def test_answers_that_are_json_on_purpose_stay(bench: Workbench) -> None:
    answers = [
        '{"city": "Oslo", "guests": 2}',
        '[{"name": "Ann", "role": "chef"}]',
        '{"text": "two rooms", "content": ["bed", "desk"], "type": "suite"}',
        '{"message": "booked", "data": {"nights": 3}}',
        "[1, 2, 3]",
        '{"status": "ok", "output": "done"}',
    ]
    rows = [
        {"id": f"c{n}", "prompt": f"Extract from mail {n}.", "completion": answer}
        for n, answer in enumerate(answers)
    ]
    bench.pull(bench.write("logs.jsonl", rows))
    assert [talk(call)[1] for call in bench.calls().values()] == answers


@pytest.mark.parametrize(
    "answer",
    [
        '{"id": "chatcmpl-1", "object": "chat.completion", "choices": [{"message": {"role": "ass',
        'data: {"choices": [{"delta": {"content": "Ye',
        '{"role": "assistant", "content": "Yes',
        '{"generations": [[{"text": "Yes"',
    ],
)
def test_a_cut_envelope_is_no_answer(bench: Workbench, answer: str) -> None:
    rows = [
        {"id": "c1", "messages": ASK, "response": "Yes, to 28 degrees."},
        {"id": "c2", "messages": ASK, "response": answer},
    ]
    bench.pull(bench.write("logs.jsonl", rows))
    calls = bench.calls()
    assert talk(calls["c1"])[1] == "Yes, to 28 degrees."
    texts = [str(talk(call)[1]) for call in calls.values()]
    assert not any(text.startswith(("{", "data:")) for text in texts)
    assert "c2" in calls or bench.rejects() == [("unknown-shape", 2)]


def test_a_message_without_content_is_an_unknown_shape(bench: Workbench) -> None:
    rows = [
        {"id": "c1", "messages": [{"role": "user", "blob": "Is it open?"}], "response": "Yes."},
        {"id": "c2", "messages": ASK, "response": "Yes."},
    ]
    bench.pull(bench.write("logs.jsonl", rows))
    assert list(bench.calls()) == ["c2"]
    assert bench.rejects() == [("unknown-shape", 1)]


def test_keys_of_messages_and_bodies_that_no_reader_uses_are_kept(bench: Workbench) -> None:
    request = {
        "model": "m",
        "messages": [{"role": "user", "content": "Is it open?", "client": "kiosk-3"}],
        "seed": 41,
    }
    response = {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Until ten."}}],
        "system_fingerprint": "fp_0b7",
    }
    bench.pull(bench.write("l.jsonl", [{"id": "c1", "request": request, "response": response}]))
    (call,) = bench.calls().values()
    kept = json.dumps(call["metadata"])
    assert talk(call)[1] == "Until ten."
    assert "kiosk-3" in kept and "fp_0b7" in kept and "41" in kept


def test_a_log_without_questions_names_what_to_type(bench: Workbench) -> None:
    rows = [{"ref": n, "ticket_subject": "The lamp does not light up"} for n in range(3)]
    message = bench.refused(bench.write("logs.jsonl", rows))
    assert "--map query=ticket_subject" in message
    assert "Nothing was stored" in message


def test_questions_alone_are_legal_where_somebody_says_so(bench: Workbench) -> None:
    rows = [
        {"id": n, "question": f"Where is hall {n}?", "staff_remark": "They came by train, I think"}
        for n in range(3)
    ]
    name = bench.write("logs.jsonl", rows)
    message = bench.refused(name)
    assert "--map response=staff_remark" in message and "--map response= " in message
    bench.pull(name, "--map", "response=")
    assert [call["query"] for call in bench.calls().values()] == [
        f"Where is hall {n}?" for n in range(3)
    ]


def test_a_list_is_no_session(bench: Workbench) -> None:
    rows = [
        {"id": n, "prompt": f"Gate {n}?", "completion": "B.", "thread": ["a", "b"], "chat": "k1"}
        for n in range(2)
    ]
    said = bench.pull(bench.write("logs.jsonl", rows))
    assert [call["session_id"] for call in bench.calls().values()] == [None, None]
    assert "--map session=chat" in said  # a list that is proposed would not be taken either


def test_a_list_that_is_named_as_the_session_is_refused(bench: Workbench) -> None:
    rows = [
        {"id": n, "prompt": f"Gate {n}?", "completion": "B.", "thread": ["a", "b"]} for n in (1, 2)
    ]
    bench.refused(bench.write("logs.jsonl", rows), "--map", "session=thread", status=2)


def test_what_looks_like_a_field_and_was_not_taken_is_said(bench: Workbench) -> None:
    rows = [
        {"id": n, "prompt": f"Gate {n}?", "completion": "B.", "csat_final": 4, "seen_on": "Monday"}
        for n in range(2)
    ]
    said = bench.pull(bench.write("logs.jsonl", rows))
    assert "a rating: csat_final (--map rating=csat_final)" in said
    assert "a time: seen_on" in said


def test_a_path_that_finds_nothing_anywhere_is_an_error(bench: Workbench) -> None:
    rows = [{"id": n, "prompt": f"Gate {n}?", "meta": {"reply": {"text": "B."}}} for n in range(3)]
    name = bench.write("logs.jsonl", rows)
    message = bench.refused(name, "--map", "response=$.meta.answer.text", status=2)
    assert "--map response=$.meta.answer.text" in message
    bench.pull(name, "--map", "response=$.meta.reply.text")
    assert [talk(call)[1] for call in bench.calls().values()] == ["B."] * 3


def test_a_path_that_finds_nothing_in_some_rows_is_counted(bench: Workbench) -> None:
    rows: list[dict[str, Any]] = [
        {"id": n, "prompt": f"Gate {n}?", "completion": "B.", "m": {"stars": 4}} for n in range(5)
    ]
    rows[1]["m"] = {}
    rows[3]["m"] = None
    said = bench.pull(
        bench.write("logs.jsonl", rows), "--map", "rating=$.m.stars", "--scale", "1-5"
    )
    assert "2 of 5 documents have nothing at $.m.stars (rating)" in said


# Source: PostHog documentation, LLM analytics, generations.
def test_an_event_of_a_product_analytics_tool(bench: Workbench) -> None:
    rows = [
        {
            "uuid": f"e{n}",
            "event": "$ai_generation",
            "distinct_id": f"person-99{n}",
            "timestamp": "2026-04-02T09:00:00Z",
            "properties": {
                "$ai_trace_id": f"t{n}",
                "$ai_session_id": "s-1",
                "$ai_model": "gpt-5-mini",
                "$ai_input": [{"role": "user", "content": f"Is seat {n} free?"}],
                "$ai_output_choices": [{"role": "assistant", "content": f"Seat {n} is free."}],
                "$ai_input_tokens": 9,
            },
        }
        for n in range(2)
    ]
    name = bench.write("events.jsonl", rows)
    bench.refused(name)
    bench.pull(
        *(name, "--map", 'messages=$.properties."$ai_input"', "--map", "user=distinct_id"),
        *("--map", 'response=$.properties."$ai_output_choices"'),
        *("--map", 'session=$.properties."$ai_session_id"'),
        *("--map", 'input_tokens=$.properties."$ai_input_tokens"'),
    )
    calls = bench.calls()
    assert {key: talk(call) for key, call in calls.items()} == {
        f"e{n}": ([("user", f"Is seat {n} free?")], f"Seat {n} is free.") for n in range(2)
    }
    assert [c["session_id"] for c in calls.values()] == ["s-1", "s-1"]
    assert [c["input_tokens"] for c in calls.values()] == [9, 9]
    assert bench.places("person-990") == []


def test_keys_with_dots_are_addressed_in_quotes_and_without(bench: Workbench) -> None:
    rows = [
        {"id": n, "attrs": {"llm.prompt": f"Deck {n}?", "llm.reply.text": "Aft."}} for n in range(2)
    ]
    name = bench.write("logs.jsonl", rows)
    bench.pull(
        name, "--map", 'query=$.attrs."llm.prompt"', "--map", 'response=$.attrs."llm.reply.text"'
    )
    other = Workbench(bench.logs / "q", bench.logs)
    other.pull(
        name, "--map", "query=$.attrs.llm.prompt", "--map", "response=$.attrs.llm.reply.text"
    )
    for found in (bench.calls(), other.calls()):
        assert [talk(call) for call in found.values()] == [
            ([("user", f"Deck {n}?")], "Aft.") for n in range(2)
        ]


def test_a_document_that_is_too_large_asks_for_a_greater_limit(bench: Workbench) -> None:
    rows = [{"id": n, "prompt": f"Open {n}?", "completion": "Yes."} for n in range(3)]
    message = bench.refused(bench.write("logs.jsonl", rows), "--max-document", "10B")
    assert "Next: the same command with a greater --max-document" in message


def test_documents_of_no_named_preset_are_read_without_it(bench: Workbench) -> None:
    rows = [{"id": n, "prompt": f"Open {n}?", "completion": "Yes."} for n in range(3)]
    message = bench.refused(bench.write("logs.jsonl", rows), "--preset", "langfuse")
    assert "No document is one of the preset langfuse" in message
    assert "Next: --preset none" in message
    bench.pull("logs.jsonl", "--preset", "none")
    assert len(bench.calls()) == 3


def test_columns_of_bodies_are_proposed_whole(bench: Workbench) -> None:
    asked = {"model": "m1", "messages": ASK}
    said = {"choices": [{"message": {"role": "assistant", "content": "Yes."}}]}
    rows = [{"id": "c1", "req": json.dumps(asked), "resp": json.dumps(said)}]
    message = bench.refused(bench.write("logs.jsonl", rows))
    assert "--map request=req --map response=resp" in message
    bench.pull("logs.jsonl", "--map", "request=req", "--map", "response=resp")
    assert talk(bench.calls()["c1"]) == ([("user", "Is the pool heated?")], "Yes.")


@pytest.mark.parametrize(
    ("texts", "whole"),
    [
        (["Hi", " there"], "Hi there"),
        (["Hi ", "there"], "Hi there"),
        (["Hi:\n", "there"], "Hi:\nthere"),
        (["Hi", "there"], "Hi\nthere"),
    ],
)
def test_pieces_of_one_text_are_joined_where_they_meet(
    bench: Workbench, texts: list[str], whole: str
) -> None:
    parts = [{"text": text} for text in texts]
    typed = [{"type": "text", "text": text} for text in texts]
    rows: list[dict[str, Any]] = [
        {"id": "c1", "request": {"contents": [{"role": "user", "parts": parts}]},
         "response": {"type": "message", "role": "assistant", "content": typed}},
        {"id": "c2", "request": {"messages": [{"role": "user", "content": typed}]},
         "response": {"choices": [{"message": {"role": "assistant", "content": "Yes."}}]}},
    ]  # fmt: skip
    bench.pull(bench.write("logs.jsonl", rows), "--preset", "none")
    calls = bench.calls()
    assert (calls["c1"]["query"], calls["c1"]["response"]) == (whole, whole)
    assert calls["c2"]["query"] == whole

from __future__ import annotations

import json

from curate.pull.suggestions import options_for


def test_paths_are_named_with_the_session_and_the_user_beside_them() -> None:
    call = {"prompt": "Open?", "completion": "No.", "sessionId": "s", "user_id": "u"}
    assert options_for("interactions", [{"value": json.dumps(call)}]) == (
        "--map 'query=$.value.prompt' --map 'response=$.value.completion' "
        "--map 'session=$.value.sessionId' --map 'user=$.value.user_id'"
    )


def test_an_answer_stands_as_its_question_does() -> None:
    said = {"input": {"messages": [{"role": "user", "content": "Open?"}]},
            "output": {"messages": [{"role": "assistant", "content": "No."}]}}  # fmt: skip
    assert options_for("interactions", [{"a.b": said}]) == (
        "--map 'messages=$.\"a.b\".input.messages' --map 'response=$.\"a.b\".output'"
    )


def test_bodies_in_columns_are_named_whole() -> None:
    asked = {"model": "m1", "messages": [{"role": "user", "content": "Open?"}]}
    said = {"choices": [{"message": {"role": "assistant", "content": "No."}}]}
    row = {"id": "1", "req": json.dumps(asked), "resp": json.dumps(said)}
    assert options_for("interactions", [row]) == "--map request=req --map response=resp"
    contents = {"contents": [{"role": "user", "parts": [{"text": "Open?"}]}]}
    assert options_for("interactions", [{"call": {"in": contents, "out": said}}]) == (
        "--map 'request=$.call.in' --map 'response=$.call.out'"
    )


def test_nothing_is_named_where_only_a_question_is_there() -> None:
    assert options_for("interactions", [{"value": {"prompt": "Open?", "n": 3}}]) is None
    assert options_for("feedback", [{"value": {"prompt": "Open?"}}]) is None

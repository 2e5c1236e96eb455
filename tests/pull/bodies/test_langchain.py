from __future__ import annotations

from typing import Any

import pytest

from curate.pull.bodies.bodies import read_request, read_response


def constructor(name: str, **kwargs: Any) -> dict[str, Any]:
    return {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", name],
            "kwargs": kwargs}  # fmt: skip


CONSTRUCTED = [constructor("SystemMessage", content="s"), constructor("HumanMessage", content="q")]
U, S = {"role": "user", "content": "q"}, {"role": "system", "content": "s"}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}


@pytest.mark.parametrize(
    "value",
    [
        {"messages": [CONSTRUCTED]}, {"messages": CONSTRUCTED}, CONSTRUCTED,
        [{"type": "system", "data": {"content": "s"}}, {"type": "human", "data": {"content": "q"}}],
        [{"type": "system", "data": '{"content": "s"}'},
         '{"type": "human", "data": {"content": "q"}}'],
        [{"type": "system", "content": "s"}, {"type": "human", "content": "q", "example": False}],
        [{"type": "SystemMessage", "content": "s"}, {"type": "HumanMessage", "content": "q"}],
        [["system", "s"], ["human", "q"]],
        {"messages": [["system", "s"], ["user", "q"]]},
        constructor("ChatPromptValue", messages=CONSTRUCTED),
    ],
)  # fmt: skip
def test_forms_of_messages(value: Any) -> None:
    body = read_request(value)
    assert body is not None and body.messages == [S, U]


def test_an_answer_with_calls_and_counts() -> None:
    body = read_response({"type": "ai", "data": {
        "content": [{"type": "text", "text": "Let me look."},
                    {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}],
        "tool_calls": [{"name": "f", "args": {"a": 1}, "id": "c1", "type": "tool_call"}],
        "response_metadata": {"stop_reason": "tool_use", "model": "m", "x": 1},
        "usage_metadata": {"input_tokens": 7, "output_tokens": 3},
        "additional_kwargs": {}, "id": "run-1",
    }})  # fmt: skip
    assert body is not None
    assert body.output == [{"role": "assistant", "content": "Let me look.", "tool_calls": [CALL]}]
    assert body.fields == {
        "model": "m", "input_tokens": 7, "output_tokens": 3, "finish_reason": "tool_use",
        "finish_reasons": ["tool_use"],
    }  # fmt: skip
    assert body.unread == {"output": {"0": {"response_metadata": {"x": 1}}}}


def test_generations() -> None:
    body = read_response({
        "generations": [[
            {"text": "a", "generation_info": {"finish_reason": "stop"},
             "message": constructor("AIMessage", content="a")},
            {"text": "b", "generation_info": {"finish_reason": "length"}}]],
        "llm_output": {"token_usage": {"prompt_tokens": 7, "completion_tokens": 3},
                       "model_name": "m"},
    })  # fmt: skip
    assert body is not None
    assert body.output == [{"role": "assistant", "content": text} for text in "ab"]
    assert body.fields == {
        "model": "m", "input_tokens": 7, "output_tokens": 3, "finish_reason": "stop",
        "finish_reasons": ["stop", "length"],
    }  # fmt: skip
    older = {"function_call": {"name": "f", "arguments": '{"a":1}'}}
    body = read_response(constructor("AIMessage", content="", additional_kwargs=older))
    assert body is not None and body.output is not None
    assert body.output[0]["tool_calls"] == [{k: v for k, v in CALL.items() if k != "id"}]


@pytest.mark.parametrize(
    "value",
    [
        {"messages": [[{"type": "human", "content": "q"}], [{"type": "human", "content": "p"}]]},
        [constructor("AIMessage", text="x")], [constructor("OddMessage", content="x")],
        [["narrator", "x"]], [{"type": "human", "data": {}}], {"prompts": ["a", "b"]},
        {"generations": [[{"txt": "x"}]]}, {"generations": [[{"text": "a"}], [{"text": "b"}]]},
        {"generations": [[{"message": constructor("HumanMessage", content="x")}]]},
    ],
)  # fmt: skip
def test_what_is_not_understood(value: Any) -> None:
    assert read_request(value) is None
    assert read_response(value) is None

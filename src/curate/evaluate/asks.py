"""The table `asks`: what was sent to which model, and what it answered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from curate.evaluate.answers import AnswerSet, ModelAnswer
from curate.evaluate.ask_options import Ask, AskSettings, Prices
from curate.evaluate.endpoint import Completion
from curate.evaluate.heldout import HeldOut
from curate.messages import Message
from curate.store import Store, fetch_arrow, sql

HeldOutPrompt = tuple[str, list[Message], list[Any] | None]
"""Its key, the messages before the answer, and the tools that were offered."""

NO_ANSWER = "no-answer"
"""Stands for a reply that says nothing, as in a file of answers; it is not asked for again."""

_CUT = "length"


@dataclass(frozen=True)
class AskState:
    """What is known of a prompt that was sent to a model.

    Attributes:
        sent: requests, those that were repeated included.
        runs: commands that sent it.
        completion: None until an answer came.
        error: how the endpoint refused the prompt, or `NO_ANSWER`; None where it did neither.
        is_cut: whether the answer was cut by the limit of its tokens.
    """

    sent: int
    runs: int
    completion: Completion | None
    error: str | None
    is_cut: bool = False


def prompt_hash(messages: Sequence[Message], tools: Sequence[Any] | None) -> str:
    """Returns what names a prompt in the store: SHA-256 over its messages and tools."""
    content = orjson.dumps([messages, tools or None], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()


def distinct(prompts: Sequence[HeldOutPrompt]) -> dict[str, tuple[list[Message], list[Any]]]:
    """Returns messages and tools of each prompt by its hash, in order; equal ones are one."""
    found: dict[str, tuple[list[Message], list[Any]]] = {}
    for _, messages, tools in prompts:
        found.setdefault(prompt_hash(messages, tools), (messages, tools or []))
    return found


def answers(
    store: Store, ask: Ask, settings: AskSettings, prompts: Sequence[HeldOutPrompt]
) -> dict[str, Completion]:
    """Returns the stored answer to each prompt by its key; prompts without one are missing."""
    hashes = {key: prompt_hash(messages, tools) for key, messages, tools in prompts}
    with store.read() as con:
        states = states_of(con, ask, settings, list(dict.fromkeys(hashes.values())))
    return {
        key: completion
        for key, name in hashes.items()
        if (state := states.get(name)) and (completion := state.completion)
    }


def prompts_of(heldout: Sequence[HeldOut], system: str | None = None) -> list[HeldOutPrompt]:
    """Returns what held-out examples ask, by their ids.

    Args:
        heldout: the examples.
        system: a system prompt that takes the place of a logged one; None: as it was logged.
    """
    if system is None:
        return [(one.example_id, one.prompt, one.tools or None) for one in heldout]
    first: Message = {"role": "system", "content": system}
    return [
        (
            one.example_id,
            [first, *(m for m in one.prompt if m["role"] not in ("system", "developer"))],
            one.tools or None,
        )
        for one in heldout
    ]


def answer_set(
    store: Store,
    ask: Ask,
    settings: AskSettings,
    heldout: Sequence[HeldOut],
    prices: Prices | None = None,
    system: str | None = None,
) -> AnswerSet:
    """Returns what a model answered to held-out examples, as it is judged.

    With prices each answer has its cost, where the endpoint has told its tokens.
    """
    found = answers(store, ask, settings, prompts_of(heldout, system))
    source = {"kind": "ask", "endpoint": ask.url, "model": ask.model, "settings": settings.fields}
    if system is not None:
        source["system"] = system
    return AnswerSet(ask.name, {key: _answer(one, prices) for key, one in found.items()}, source)


def _answer(one: Completion, prices: Prices | None) -> ModelAnswer:
    cost = None
    if prices and one.input_tokens is not None and one.output_tokens is not None:
        cost = prices.cost(one.input_tokens, one.output_tokens)
    return ModelAnswer(one.messages, one.input_tokens, one.output_tokens, cost, one.latency_ms)


def states_of(
    con: duckdb.DuckDBPyConnection, ask: Ask, settings: AskSettings, hashes: Sequence[str]
) -> dict[str, AskState]:
    """Returns what is known of prompts by their hashes; those never sent are missing."""
    parameters = {**_named(ask, settings), "hashes": list(hashes)}
    rows = fetch_arrow(con, sql("evaluate/asks_known"), parameters).to_pylist()
    return {row["prompt_hash"]: _state(row) for row in rows}


def _state(row: Mapping[str, Any]) -> AskState:
    completion = None
    if row["answer"] is not None:
        completion = Completion(
            orjson.loads(row["answer"]),
            row["finish_reason"],
            row["input_tokens"],
            row["output_tokens"],
            row["latency_ms"],
        )
    is_cut = row["finish_reason"] == _CUT
    return AskState(row["sent"], row["runs"], completion, row["error"], is_cut)


def count_sent(
    con: duckdb.DuckDBPyConnection, ask: Ask, settings: AskSettings, going: Mapping[str, bool]
) -> None:
    """Counts requests that are about to go out.

    Args:
        con: a writing connection.
        ask: the model.
        settings: what is asked for beside the prompts.
        going: prompt hash -> whether this command sends it for the first time.
    """
    columns = {
        "prompt_hash": pa.array(list(going), pa.string()),
        "is_first": pa.array(list(going.values()), pa.bool_()),
    }
    con.register("going", pa.table(columns))
    con.execute(sql("evaluate/asks_sent"), _named(ask, settings))
    con.unregister("going")


def settle(
    con: duckdb.DuckDBPyConnection,
    ask: Ask,
    settings: AskSettings,
    arrived: Mapping[str, Completion | str],
) -> None:
    """Stores the answers to prompts, by their hashes, or how they were refused."""
    rows = [_row(name, outcome) for name, outcome in arrived.items()]
    con.register("arrived", pa.Table.from_pylist(rows, schema=_ARRIVED))
    con.execute(sql("evaluate/asks_settle"), _named(ask, settings))
    con.unregister("arrived")


_ARRIVED = pa.schema(
    {
        "prompt_hash": pa.string(),
        "answer": pa.string(),
        "finish_reason": pa.string(),
        "input_tokens": pa.int64(),
        "output_tokens": pa.int64(),
        "latency_ms": pa.float64(),
        "error": pa.string(),
    }
)


def _row(name: str, outcome: Completion | str) -> dict[str, Any]:
    if isinstance(outcome, str):
        return {"prompt_hash": name, "error": outcome}
    return {
        "prompt_hash": name,
        "answer": None if outcome.is_empty else orjson.dumps(outcome.messages).decode(),
        "error": NO_ANSWER if outcome.is_empty else None,
        "finish_reason": outcome.finish_reason,
        "input_tokens": outcome.input_tokens,
        "output_tokens": outcome.output_tokens,
        "latency_ms": outcome.latency_ms,
    }


def _named(ask: Ask, settings: AskSettings) -> dict[str, str]:
    return {"endpoint": ask.url, "model": ask.model, "settings": settings.digest}

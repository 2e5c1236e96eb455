"""Inputs of texts alone are made without their messages: those made with them are the oracle."""

from __future__ import annotations

from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.inputs import inputs
from curate.kernels.templates import NO_TEMPLATES, Templates
from curate.messages import canonical, query_and_context, split_answer, text_of
from curate.store import Store, sql

TEXTS = st.sampled_from(
    ["Where is it?", '"role":"system"},', "", " ", "a\x0bb", "Ä 語 😀", 'x","role":"user"}]', "\\",
     "Please answer: where is my parcel that I ordered?", "ok :)", "10:30 -5 + 3 != 2 &amp; so on"]
) | st.text(max_size=8)  # fmt: skip
ROLES = st.sampled_from(["user", "assistant", "system", "tool", "alien"])
CONTENTS = TEXTS | st.just([{"type": "text", "text": "part"}, {"type": "image_url"}]) | st.none()
USUAL = st.tuples(TEXTS, TEXTS, st.none() | TEXTS).map(
    lambda t: [*([{"role": "system", "content": t[2]}] if t[2] else []),
               {"role": "user", "content": t[0]}, {"role": "assistant", "content": t[1]}]
)  # fmt: skip
MESSAGES = st.builds(
    lambda role, content, more: {"role": role, "content": content} | more,
    ROLES, CONTENTS,
    st.sampled_from([{}, {}, {"tool_calls": [{"id": "1"}]}, {"name": "x"}]),
)  # fmt: skip
TALKS = USUAL | st.lists(MESSAGES, max_size=4)
STORED = (
    "INSERT INTO calls BY NAME SELECT * REPLACE ("
    "stored_messages(messages, query, 'user') AS messages, "
    "stored_messages(output, response, 'assistant') AS output) FROM drawn"
)
WAYS = [NO_TEMPLATES, Templates(("Please answer: ",), (" I ordered?",))]


def row(number: int, talk: list[dict[str, Any]]) -> dict[str, Any]:
    messages, output = split_answer(talk)
    query, context = query_and_context(messages)
    response = text_of(output[0]["content"]) if output else None
    return {
        "interaction_id": str(number), "source": "s", "source_id": str(number),
        "messages": canonical(messages), "output": output and canonical(output), "query": query,
        "context": context, "response": response, "content_hash": "", "row_hash": str(number),
        "run_id": 1,
    }  # fmt: skip


@pytest.mark.store
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(talks=st.lists(TALKS, min_size=1, max_size=6))
def test_texts_alone_make_the_inputs_that_messages_make(store: Store, talks: Any) -> None:
    rows = [row(number, talk) for number, talk in enumerate(talks)]
    with store.write() as con:
        con.execute("DELETE FROM calls")
        con.register("drawn", pa.Table.from_pylist(rows))
        con.execute(STORED)
        stale = con.sql(sql("inputs/stale")).to_arrow_table()
        con.register("stale_inputs", stale)
        batch = con.sql(sql("inputs/stale_contents"), params={"since": 0}).to_arrow_table()
        con.unregister("stale_inputs")
        con.unregister("drawn")
    by_id = {r["interaction_id"]: r["messages"] for r in rows}
    whole = [by_id[name] for name in batch["example_id"].to_pylist()]
    place = batch.schema.get_field_index("messages")
    with_messages = batch.set_column(place, "messages", pa.array(whole, pa.string()))
    assert batch.num_rows == len(rows)
    for way in WAYS:
        assert inputs.rows_of(batch, way).equals(inputs.rows_of(with_messages, way))


def test_usual_calls_need_no_messages(store: Store) -> None:
    asked, answered = (
        {"role": "user", "content": 'Say "hi".'},
        {"role": "assistant", "content": "hi"},
    )
    system = {"role": "system", "content": "Be short."}
    talks = [[asked, answered], [system, asked, answered], [asked], [asked, answered, asked]]
    with store.write() as con:
        con.register("drawn", pa.Table.from_pylist([row(n, t) for n, t in enumerate(talks)]))
        con.execute(STORED)
        stale = con.sql(sql("inputs/stale")).to_arrow_table()
        con.register("stale_inputs", stale)
        batch = con.sql(sql("inputs/stale_contents"), params={"since": 0}).to_arrow_table()
        batch = batch.sort_by("example_id")
        con.unregister("stale_inputs")
        con.unregister("drawn")
    assert [m is None for m in batch["messages"].to_pylist()] == [True, True, True, False]
    assert orjson.loads(batch["messages"][3].as_py())[0] == asked

"""Asking an endpoint: once each, patiently, within a budget, and silent about the key."""

from __future__ import annotations

import os
import random
import re
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from asking import ask
from curate.errors import ConfigError, MissingExtra, RemoteUnavailable, TransportError
from curate.evaluate import asking, asks
from curate.evaluate.ask import AskResult, plan
from curate.evaluate.ask_options import Ask, AskConduct, Asked, AskSettings, Prices, parse_ask
from curate.evaluate.asks import HeldOutPrompt, answers
from curate.evaluate.endpoint import api_key
from curate.evaluate.heldout import HeldOut
from curate.store import Store
from endpoint import (
    Body,
    Call,
    EndpointServer,
    completion,
    cut,
    drip,
    hang,
    hang_up,
    no_json,
    slow,
    status,
)

pytestmark = pytest.mark.store

SETTINGS = AskSettings(max_tokens=16)
QUICK = AskConduct(timeout_seconds=5, first_pause_seconds=0.01, longest_pause_seconds=0.02)
HASTY = replace(QUICK, timeout_seconds=0.25)


@pytest.fixture
def server() -> Iterator[EndpointServer]:
    with EndpointServer() as made:
        yield made


def model(server: EndpointServer) -> Ask:
    return parse_ask(f"tuned={server.url}#m")


def prompts(number: int) -> list[HeldOutPrompt]:
    return [(f"e{n}", [{"role": "user", "content": f"What is {n}?"}], None) for n in range(number)]


def asked(
    store: Store, server: EndpointServer, number: int, conduct: AskConduct = QUICK, **more: Any
) -> AskResult:
    return ask(store, model(server), prompts(number), SETTINGS, conduct, **more)


def rows(store: Store) -> list[tuple[Any, ...]]:
    """Returns sent, runs, whether there is an answer, and the error, by how often it was sent."""
    with store.read_database() as con:
        return con.execute(
            "SELECT sent, runs, answer IS NOT NULL, error FROM asks ORDER BY ALL"
        ).fetchall()


# -- who is asked ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "url", "name_of_model"),
    [
        ("a=http://127.0.0.1:8000#m", "http://127.0.0.1:8000/v1", "m"),
        ("a=http://127.0.0.1:8000/#m", "http://127.0.0.1:8000/v1", "m"),
        ("a=http://127.0.0.1:8000/v1/#m", "http://127.0.0.1:8000/v1", "m"),
        ("a=http://127.0.0.1:8000/v1/chat/completions#m", "http://127.0.0.1:8000/v1", "m"),
        ("a=https://Some.Host/api/v1#org/model:free", "https://some.host/api/v1", "org/model:free"),
        ("a=https://h/v1beta/openai#g", "https://h/v1beta/openai", "g"),
        ("a=https://h/chat/completions#g", "https://h", "g"),
        ("a = https://[::1]:8000/v1 # a=b#c", "https://[::1]:8000/v1", "a=b#c"),
    ],
)
def test_an_endpoint_has_one_name_however_it_is_written(
    text: str, url: str, name_of_model: str
) -> None:
    assert parse_ask(text) == Ask("a", url, name_of_model)
    assert parse_ask(text).completions_url == f"{url}/chat/completions"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://127.0.0.1:8000#m", "NAME=URL#MODEL"),
        ("a=http://127.0.0.1:8000", "NAME=URL#MODEL"),
        ("a=#m", "NAME=URL#MODEL"),
        ("a b=http://h#m", "NAME=URL#MODEL"),
        ("a=ftp://h#m", "no address"),
        ("a=h:8000#m", "no address"),
        ("a=http://h:port#m", "no address"),
        ("a=http://h:99999#m", "no address"),
        ("a=http://one two#m", "no address"),
        ("a=http://:80#m", "no address"),
        ("a=https://me:geheim@h#m", "a password does not belong"),
        ("a=https://h/v1?key=geheim#m", "nothing after a ?"),
        ("a=ftp://me:geheim@h?key=geheim#m", "no address"),
        ("=http://me:geheim@h", "NAME=URL#MODEL"),
    ],
)
def test_what_names_no_model_is_refused_without_its_secrets(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_ask(text)
    assert said in str(caught.value) and "geheim" not in str(caught.value)


# -- asking ----------------------------------------------------------------------------------------


def test_every_prompt_is_asked_once_and_a_second_run_asks_nothing(
    store: Store, server: EndpointServer
) -> None:
    result = asked(store, server, 9)
    assert (result.prompts, result.asked, result.answered_before, result.requests) == (9, 9, 0, 9)
    assert (result.asked_again, result.failed, result.left) == (0, {}, 0)
    assert (result.input_tokens, result.output_tokens, result.cost_usd) == (63, 27, None)
    assert sorted(server.prompts()) == sorted(f"What is {n}?" for n in range(9))
    assert rows(store) == [(1, 1, True, None)] * 9
    digest = store.state_digest()
    again = asked(store, server, 9)
    assert (again.asked, again.answered_before, again.requests) == (0, 9, 0)
    assert len(server.calls) == 9 and store.state_digest() == digest


def test_answers_are_those_of_their_prompts(store: Store, server: EndpointServer) -> None:
    asked(store, server, 3)
    found = answers(store, model(server), SETTINGS, [*prompts(4), ("same", prompts(1)[0][1], [])])
    assert list(found) == ["e0", "e1", "e2", "same"]
    for name, number in [("e0", 0), ("e1", 1), ("e2", 2), ("same", 0)]:
        one = found[name]
        assert one.messages == [{"role": "assistant", "content": f"echo: What is {number}?"}]
        assert (one.finish_reason, one.input_tokens, one.output_tokens) == ("stop", 7, 3)
        assert 0 < one.latency_ms < 5000
    assert answers(store, model(server), AskSettings(max_tokens=17), prompts(3)) == {}
    assert answers(store, replace(model(server), model="n"), SETTINGS, prompts(3)) == {}


def test_what_goes_out_is_the_prompt_and_the_settings_and_nothing_else(
    store: Store, server: EndpointServer
) -> None:
    talk = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Which rooms are free?"},
    ]
    tool = {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}
    both: list[HeldOutPrompt] = [("a", talk, [tool]), ("b", talk, None), ("c", talk, None)]
    ask(store, model(server), both, AskSettings(0.5, 9, None), QUICK, key="k1")
    with_tools, without = sorted((call.body for call in server.calls), key=len, reverse=True)
    assert without == {"model": "m", "messages": talk, "temperature": 0.5, "max_tokens": 9}
    assert with_tools == {**without, "tools": [tool]}
    (path,) = {call.path for call in server.calls}
    assert path == "/v1/chat/completions"
    headers = {k.lower(): v for k, v in server.calls[0].headers.items()}
    assert headers.pop("authorization") == "Bearer k1" and headers.pop("user-agent") == "curate"
    wanted = {"host", "accept", "accept-encoding", "connection", "content-type", "content-length"}
    assert set(headers) == wanted


def test_calls_of_tools_are_kept_as_logs_have_them(store: Store, server: EndpointServer) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"x":1}'}}
    said = {"role": "assistant", "content": None, "tool_calls": [call]}
    server.reply = lambda _: completion(said, end="tool_calls")
    asked(store, server, 1)
    (one,) = answers(store, model(server), SETTINGS, prompts(1)).values()
    assert one.messages == [said] and one.finish_reason == "tool_calls"


def tool_talk(arguments: Any, **named: str) -> list[Any]:
    """Returns a conversation in which a tool was called, as a version may have it."""
    function = {"name": "find", "arguments": arguments}
    result = {"role": "tool", "content": "none", **({"tool_call_id": named["id"]} if named else {})}
    return [
        {"role": "user", "content": "Rooms?"},
        {"role": "assistant", "content": "", "weight": 0,
         "tool_calls": [{**named, "type": "function", "function": function}]},
        result,
        {"role": "user", "content": "And suites?"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("talk", "call_id", "text"),
    [
        (tool_talk({"x": 1}, id="c1"), "c1", '{"x":1}'),
        (tool_talk('{"x": 1}', id="c1"), "c1", '{"x": 1}'),
        (tool_talk({"x": 1}), "call00001", '{"x":1}'),
        (tool_talk({}), "call00001", "{}"),
    ],
)
def test_a_prompt_goes_out_as_the_api_has_it_however_its_version_is_written(
    store: Store, server: EndpointServer, talk: list[Any], call_id: str, text: str
) -> None:
    flat = {"name": "find", "parameters": {"type": "object"}}
    ask(store, model(server), [("a", talk, [flat])], SETTINGS, QUICK)
    (body,) = (call.body for call in server.calls)
    function = {"name": "find", "arguments": text}
    assert body["messages"] == [
        talk[0],
        {"role": "assistant", "content": None,
         "tool_calls": [{"id": call_id, "type": "function", "function": function}]},
        {"role": "tool", "content": "none", "tool_call_id": call_id},
        talk[3],
    ]  # fmt: skip
    assert body["tools"] == [{"type": "function", "function": flat}]


def test_an_image_of_a_prompt_is_not_lost(store: Store, server: EndpointServer) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    talk = [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, image]}]
    ask(store, model(server), [("a", talk, None)], SETTINGS, QUICK)
    assert server.calls[0].body["messages"] == talk


@pytest.mark.parametrize(
    ("said", "content", "thought"),
    [
        ({"content": "<think>Hm.</think>\n\nYes."}, "Yes.", "Hm."),
        ({"content": "Hm.\n</think>\n\nYes."}, "Yes.", "Hm."),
        ({"content": "Yes.", "reasoning_content": "Hm."}, "Yes.", "Hm."),
        ({"content": "Yes.", "reasoning": "Hm."}, "Yes.", "Hm."),
        ({"content": "Use <think> tags."}, "Use <think> tags.", None),
        ({"content": None, "refusal": "I cannot."}, "I cannot.", None),
        ({"content": "", "refusal": "I cannot."}, "I cannot.", None),
        ({"content": "Yes.", "refusal": None}, "Yes.", None),
    ],
)
def test_what_is_thought_is_no_answer_and_to_refuse_is_one(
    store: Store, server: EndpointServer, said: dict[str, Any], content: str, thought: str | None
) -> None:
    server.reply = lambda _: completion({"role": "assistant", **said})
    assert asked(store, server, 1).asked == 1
    (one,) = answers(store, model(server), SETTINGS, prompts(1)).values()
    (message,) = one.messages
    assert (message["content"], message.get("reasoning_content")) == (content, thought)


@pytest.mark.parametrize(
    "said",
    [
        {"content": None},
        {"content": ""},
        {"content": " \n"},
        {"content": []},
        {},
        {"content": None, "tool_calls": []},
        {"content": "<think>Hm."},
        {"content": None, "reasoning_content": "Hm."},
    ],
)
def test_an_empty_reply_is_no_answer_and_is_not_asked_for_again(
    store: Store, server: EndpointServer, said: dict[str, Any]
) -> None:
    server.reply = lambda body: (
        completion({"role": "assistant", **said})
        if body["messages"][-1]["content"] == "What is 1?"
        else completion({"role": "assistant", "content": "Yes."})
    )
    result = asked(store, server, 3)
    assert (result.asked, result.failed, result.given_up, result.left) == (
        2,
        {"no-answer": 1},
        0,
        0,
    )
    assert (result.requests, result.output_tokens) == (3, 9)
    assert answers(store, model(server), SETTINGS, prompts(3)).keys() == {"e0", "e2"}
    again = asked(store, server, 3)
    assert (again.requests, again.failed, again.answered_before) == (0, {"no-answer": 1}, 2)
    told = plan(store, model(server), prompts(3), SETTINGS, QUICK)
    assert (told.answered, told.refused, told.to_send) == (2, 1, 0)
    server.reply = lambda _: completion({"role": "assistant", "content": "Yes."})
    assert asked(store, server, 3, refused_again=True).asked == 1
    assert {row[2:] for row in rows(store)} == {(True, None)}


def test_nothing_but_empty_replies_is_no_error(store: Store, server: EndpointServer) -> None:
    server.reply = lambda _: completion({"role": "assistant", "content": None})
    result = asked(store, server, 5)
    assert (result.asked, result.failed, result.left) == (0, {"no-answer": 5}, 0)


def test_answers_that_were_cut_are_counted_and_asked_for_anew_with_more_tokens(
    store: Store, server: EndpointServer
) -> None:
    def reply(body: Body) -> Body:
        needs = {"What is 0?": 20, "What is 1?": 40}.get(body["messages"][-1]["content"], 3)
        end = "length" if needs > body["max_tokens"] else "stop"
        content = None if end == "length" and needs == 40 else "Yes."
        return completion({"role": "assistant", "content": content}, end=end)

    server.reply = reply
    first = asked(store, server, 4)
    assert (first.asked, first.failed) == (3, {"no-answer": 1})
    assert (first.cut, first.max_tokens, asked(store, server, 4).cut) == (2, 16, 2)
    longer = ask(store, model(server), prompts(4), AskSettings(max_tokens=32), QUICK)
    assert (longer.asked, longer.requests, longer.cut, longer.max_tokens) == (3, 4, 1, 32)
    last = ask(store, model(server), prompts(4), AskSettings(max_tokens=64), QUICK)
    assert (last.asked, last.cut, last.failed) == (4, 0, {})


def test_answers_are_judged_like_those_of_a_file(store: Store, server: EndpointServer) -> None:
    tool = {"type": "function", "function": {"name": "find"}}
    heldout = [
        HeldOut("e1", "s1", "c1", [{"role": "user", "content": "One?"}]),
        HeldOut("e2", "s2", "c2", [{"role": "user", "content": "Two?"}], tools=[tool]),
        HeldOut("e3", "s3", "c3", [{"role": "user", "content": "One?"}]),
    ]
    bad = status(400)
    server.fault = lambda call: bad if call.prompt == "Two?" else None
    one = replace(QUICK, concurrency=1)
    assert ask(store, model(server), asks.prompts_of(heldout), SETTINGS, one).asked == 1
    found = asks.answer_set(store, model(server), SETTINGS, heldout, Prices(1, 2))
    assert (found.name, set(found.answers)) == ("tuned", {"e1", "e3"})
    answer = found.answers["e1"]
    assert answer.messages == [{"role": "assistant", "content": "echo: One?"}]
    assert (answer.input_tokens, answer.output_tokens) == (7, 3)
    assert answer.cost_usd == pytest.approx((7 * 1 + 3 * 2) / 1e6) and answer.latency_ms
    assert found.source == {
        "kind": "ask",
        "endpoint": f"{server.url}/v1",
        "model": "m",
        "settings": {"temperature": 0.0, "max_tokens": 16, "seed": 0},
    }
    without = asks.answer_set(store, model(server), SETTINGS, heldout).answers["e1"]
    assert without.cost_usd is None and len(found.digest) == 64


def test_no_prompts_are_no_requests(store: Store, server: EndpointServer) -> None:
    result = asked(store, server, 0)
    assert (result.prompts, result.asked, result.requests, server.calls) == (0, 0, 0, [])


def test_as_many_are_under_way_as_are_allowed(store: Store, server: EndpointServer) -> None:
    server.fault = lambda _: slow(0.05)
    asked(store, server, 12, replace(QUICK, concurrency=3))
    assert server.most_at_once == 3


def test_a_request_is_counted_before_it_goes_out_and_the_store_is_free_meanwhile(
    store: Store, server: EndpointServer
) -> None:
    seen: list[tuple[int, bool]] = []

    def reply(body: Body) -> Body:
        name = asks.prompt_hash(body["messages"], None)
        query = "SELECT sent, answer IS NULL FROM asks WHERE prompt_hash = $name"
        with Store(store.folder).read_database() as con:
            seen.extend(con.execute(query, {"name": name}).fetchall())
        return completion({"role": "assistant", "content": "Yes."})

    server.reply = reply
    asked(store, server, 3, replace(QUICK, concurrency=1))
    assert seen == [(1, True)] * 3


# -- patience --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (status(500), "status 500"),
        (status(503), "status 503"),
        (status(408), "status 408"),
        (status(409), "status 409"),
        (status(425), "status 425"),
        (status(429), "status 429"),
        (hang, "timeout"),
        (drip, "timeout"),
        (cut, "cut reply"),
        (hang_up, "cut reply"),
        (no_json, "invalid JSON"),
        (lambda e: e.send(200, {"error": {"message": "no"}}), "no chat completion"),
        (lambda e: e.send(200, b"[]"), "no chat completion"),
        (lambda e: e.send(200, {"choices": []}), "no chat completion"),
    ],
)
def test_what_may_pass_is_asked_again_and_answered_once(
    store: Store, server: EndpointServer, fault: Any, reason: str
) -> None:
    server.script = [fault]
    result = asked(store, server, 3, replace(HASTY, concurrency=1))
    assert (result.asked, result.requests, result.repeated) == (3, 4, {reason: 1})
    assert (result.failed, result.asked_again) == ({}, 0)
    assert rows(store) == [(1, 1, True, None), (1, 1, True, None), (2, 1, True, None)]


def test_a_server_that_asks_to_wait_is_not_asked_before(
    store: Store, server: EndpointServer
) -> None:
    server.script = [status(429, retry_after="1")]
    asked(store, server, 1)
    first, second = server.calls
    assert 1.0 <= second.at - first.at < 2.0


def test_a_server_with_too_much_to_do_is_waited_for_as_long_as_patience_lasts(
    store: Store, server: EndpointServer
) -> None:
    server.script = [status(429)] * 20
    assert asked(store, server, 1, replace(QUICK, tries=2)).repeated == {"status 429": 20}
    server.script = [status(429, retry_after="3600")]
    with pytest.raises(RemoteUnavailable, match="status 429, for too long"):
        asked(store, server, 2)


def test_random_faults_lose_nothing_and_each_request_is_counted(
    store: Store, server: EndpointServer
) -> None:
    draw = random.Random(7)
    faults = [status(500), status(429), cut, hang_up, no_json, hang]

    def fault(call: Call) -> Any:
        mine = [c for c in server.calls if c.prompt == call.prompt]
        return draw.choice(faults) if draw.random() < 0.4 and len(mine) < 5 else None

    server.fault = fault
    result = asked(store, server, 30, HASTY)
    came = Counter(server.prompts())
    assert result.asked == 30 and set(came) == {f"What is {n}?" for n in range(30)}
    assert sorted(sent for sent, *_ in rows(store)) == sorted(came.values())
    assert result.requests == came.total() == 30 + sum(result.repeated.values())
    assert len(result.repeated) > 3


def test_a_server_that_is_gone_stops_it_and_the_next_run_goes_on(
    store: Store, server: EndpointServer
) -> None:
    server.fault = lambda _: status(503) if len(server.calls) > 5 else None
    with pytest.raises(RemoteUnavailable, match=r"does not answer .*Next: ") as caught:
        asked(store, server, 20, replace(QUICK, concurrency=2))
    assert caught.value.exit_code == 4
    answered = sum(row[2] for row in rows(store))
    assert answered == 5 and len(server.calls) <= 5 + 3 * QUICK.tries
    server.fault = lambda _: None
    failed = {call.prompt for call in server.calls[5:]}
    server.calls.clear()
    told = plan(store, model(server), prompts(20), SETTINGS, QUICK)
    backwards = prompts(20)[::-1]
    result = ask(store, model(server), backwards, SETTINGS, replace(QUICK, concurrency=1))
    assert set(server.prompts()[: result.asked_again]) == failed
    assert (told.answered, told.to_send, told.asked_again) == (5, 15, result.asked_again)
    assert (result.asked, result.answered_before, len(server.calls)) == (15, 5, 15)
    # One may have been given up while others were answered; two were under way at the end.
    assert 1 <= result.asked_again <= 3 and result.ever_asked_again == result.asked_again


def test_nobody_who_listens_is_unavailable(store: Store) -> None:
    with EndpointServer() as gone:
        closed = model(gone)
    with pytest.raises(RemoteUnavailable, match="no connection, 5 times in a row"):
        ask(store, closed, prompts(3), SETTINGS, QUICK)


def test_an_endpoint_that_never_answers_is_given_up_after_two_tries_of_each(
    store: Store, server: EndpointServer
) -> None:
    server.fault = lambda _: hang
    begun = time.monotonic()
    with pytest.raises(RemoteUnavailable, match=r"timeout, 2 times in a row.*Next: ") as caught:
        asked(store, server, 9, replace(HASTY, concurrency=3))
    assert time.monotonic() - begun < 3 * HASTY.timeout_seconds + 1
    assert caught.value.exit_code == 4
    assert len(server.calls) <= 2 * 3 + 2


def test_an_endpoint_that_answers_now_and_then_is_tried_as_often_as_usual(
    store: Store, server: EndpointServer
) -> None:
    server.script = [hang, status(429), hang, status(429), hang, status(429), hang]
    assert asked(store, server, 3, replace(HASTY, concurrency=1)).asked == 3


def test_the_defaults_give_up_a_silent_endpoint_within_five_minutes() -> None:
    conduct = AskConduct()
    assert asking.SILENT_TRIES * (conduct.timeout_seconds + conduct.first_pause_seconds) < 300
    assert conduct.patience_seconds <= 300


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (status(429, retry_after="1"), r"429 from {}: waiting [01] s; 0 of 3 answered"),
        (hang, r"{}: waiting for an answer since 0 s; 0 of 3 answered"),
    ],
)
def test_long_waits_say_what_is_waited_for(
    store: Store, server: EndpointServer, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture, fault: Any, said: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(asking, "TOLD_AFTER_SECONDS", 0.2)
    server.script = [fault]
    asked(store, server, 3, replace(QUICK, concurrency=1, timeout_seconds=0.5))
    (line,) = (r.getMessage() for r in caplog.records if r.levelname == "WARNING")
    assert re.fullmatch(said.format(model(server).url), line)


def test_a_long_run_says_how_far_it_is_and_a_short_one_nothing(
    store: Store, server: EndpointServer, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    server.fault = lambda _: slow(0.05)
    asked(store, server, 3)
    assert not caplog.records
    monkeypatch.setattr(asking, "TOLD_AGAIN_SECONDS", 0.3)
    monkeypatch.setattr(asking, "TOLD_ALWAYS_SECONDS", 0.3)
    asked(store, server, 23, replace(QUICK, concurrency=1))
    lines = [record.getMessage() for record in caplog.records]
    assert 2 <= len(lines) <= 8
    assert all(re.fullmatch(r"asking tuned; \d+ of 20 answered", line) for line in lines)


def test_a_prompt_that_never_works_is_given_up_and_asked_again_by_the_next_run(
    store: Store, server: EndpointServer
) -> None:
    server.fault = lambda call: status(500) if call.prompt == "What is 3?" else None
    first = asked(store, server, 8)
    assert (first.asked, first.failed, first.given_up) == (7, {"status 500": 1}, 1)
    second = asked(store, server, 8)
    assert (second.asked, second.answered_before, second.asked_again) == (0, 7, 1)
    assert second.failed == {"status 500": 1}
    server.fault = lambda _: None
    assert asked(store, server, 8).asked == 1
    assert [row for row in rows(store) if row[0] > 1] == [(11, 3, True, None)]


def test_others_do_not_wait_for_a_prompt_that_never_works(
    store: Store, server: EndpointServer
) -> None:
    server.fault = lambda call: hang_up if call.prompt == "What is 0?" else slow(0.02)
    result = asked(store, server, 50, replace(QUICK, concurrency=2))
    assert (result.asked, result.failed, result.left) == (49, {"cut reply": 1}, 0)


def test_an_answer_is_never_replaced(store: Store, server: EndpointServer) -> None:
    asked(store, server, 1)
    name = asks.prompt_hash(prompts(1)[0][1], None)
    with store.write() as con:
        asks.settle(con, model(server), SETTINGS, {name: "400: too late"})
    assert rows(store) == [(1, 1, True, None)]


# -- no --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (status(401, "bad key k1-geheim"), "does not accept the key (401: bad key ***). Next: "),
        (status(403), "does not accept the key (403"),
        (status(404, "no such model"), "no model 'm', or is no such endpoint (404: no such model)"),
        (status(307, location="http://127.0.0.1:1/k1-geheim"), "has moved to http://127.0.0.1:1/*"),
    ],
)
def test_a_no_to_all_of_us_ends_the_run_at_once(
    store: Store, server: EndpointServer, fault: Any, said: str
) -> None:
    server.fault = lambda _: fault if len(server.calls) > 3 else None
    with pytest.raises(TransportError) as caught:
        asked(store, server, 30, replace(QUICK, concurrency=2), key="k1-geheim")
    assert said in str(caught.value) and "geheim" not in str(caught.value)
    assert "Next: " in str(caught.value)
    assert len(server.calls) <= 5 and sum(row[2] for row in rows(store)) == 3
    assert {row[3] for row in rows(store)} == {None}


def test_without_a_key_an_endpoint_that_wants_one_says_so(
    store: Store, server: EndpointServer
) -> None:
    server.fault = lambda _: status(401)
    with pytest.raises(TransportError, match=r"wants a key \(401.*CURATE_API_KEY"):
        asked(store, server, 1)
    assert "Authorization" not in server.calls[0].headers


def test_a_refused_prompt_is_stored_and_not_asked_again(
    store: Store, server: EndpointServer
) -> None:
    bad = {"What is 2?": status(400, "too long"), "What is 4?": status(422)}
    server.fault = lambda call: bad.get(call.prompt)
    result = asked(store, server, 6)
    wanted = {"refused (400)": 1, "refused (422)": 1}
    assert (result.asked, result.failed, result.given_up) == (4, wanted, 0)
    assert [row[3] for row in rows(store) if not row[2]] == ["400: too long", "422: out of order"]
    again = asked(store, server, 6)
    assert (again.asked, again.requests, again.failed) == (0, 0, wanted)
    told = plan(store, model(server), prompts(6), SETTINGS, QUICK)
    assert (told.answered, told.refused, told.to_send) == (4, 2, 0)
    server.fault = lambda _: None
    last = asked(store, server, 6, refused_again=True)
    assert (last.asked, last.failed) == (2, {})
    assert {row[2:] for row in rows(store)} == {(True, None)}


@pytest.mark.parametrize("number", [1, 10])
def test_an_endpoint_that_refuses_every_prompt_blames_none_of_them(
    store: Store, server: EndpointServer, number: int
) -> None:
    server.fault = lambda _: status(400, "unknown field seed")
    with pytest.raises(TransportError, match=r"refuses every prompt \(400: unknown field seed\)"):
        asked(store, server, number)
    assert len(server.calls) <= 7 and {row[2:] for row in rows(store)} == {(False, None)}


def test_a_model_that_knows_only_the_newer_name_gets_it(
    store: Store, server: EndpointServer
) -> None:
    said = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    server.fault = lambda call: status(400, said) if "max_tokens" in call.body else None
    result = asked(store, server, 5, replace(QUICK, concurrency=2, tries=1))
    assert result.asked == 5 and result.requests <= 7
    assert server.calls[-1].body["max_completion_tokens"] == 16


# -- interrupted -----------------------------------------------------------------------------------


def test_an_interrupt_keeps_what_has_arrived(store: Store, server: EndpointServer) -> None:
    def progress(items: Iterable[Any], _: str) -> Iterable[Any]:
        for item in items:
            yield item
            time.sleep(0.5)  # those that are under way arrive, and nobody has stored them yet
            raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        asked(store, server, 20, replace(QUICK, timeout_seconds=30), progress=progress)
    assert time.monotonic() - began < 5
    answered = sum(row[2] for row in rows(store))
    assert answered == len(server.calls) >= 4
    with store.read_database() as con:
        assert con.execute("SELECT finished_at FROM runs").fetchall()[-1] == (None,)
    result = asked(store, server, 20)
    assert (result.answered_before, result.asked) == (answered, 20 - answered)


@pytest.mark.parametrize("is_waiting", [True, False])
def test_an_interrupt_of_the_main_thread_waits_for_no_network(
    store: Store, server: EndpointServer, is_waiting: bool
) -> None:
    def fault(_: Call) -> Any:
        if len(server.calls) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return status(429, retry_after="30") if is_waiting else hang

    server.fault = lambda call: None if len(server.calls) < 3 else fault(call)
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        asked(store, server, 20, replace(QUICK, timeout_seconds=30, concurrency=1))
    assert time.monotonic() - begun < 3 and sum(row[2] for row in rows(store)) == 2
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_who_interrupts_again_does_not_wait_for_the_database(
    store: Store, server: EndpointServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "INSISTS_SECONDS", 0.2)
    other = Store(store.folder).read_database()

    def reply(_: Body) -> Body:
        other.__enter__()
        for seconds in (0.3, 0.4, 1.0):  # the second comes too soon to be meant as one
            threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)).start()
        return completion({"role": "assistant", "content": "Yes."})

    server.reply = reply
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        asked(store, server, 1)
    other.__exit__(None, None, None)
    assert 1.0 <= time.monotonic() - begun < 3 and rows(store) == [(1, 1, False, None)]


# -- budget and plan -------------------------------------------------------------------------------


def test_no_more_requests_go_out_than_were_allowed(store: Store, server: EndpointServer) -> None:
    server.script = [status(500)] * 2
    result = asked(store, server, 10, replace(QUICK, max_requests=6))
    assert (len(server.calls), result.requests, result.asked, result.left) == (6, 6, 4, 6)
    assert asked(store, server, 10, replace(QUICK, max_requests=6)).left == 0


def test_the_budget_holds_whatever_is_under_way(store: Store, server: EndpointServer) -> None:
    # At most 16 tokens of an answer at a dollar each, and prompts for free; answers have 3.
    conduct = replace(QUICK, prices=Prices(0, 1e6), budget_usd=40)
    server.fault = lambda _: slow(0.1)
    result = asked(store, server, 30, conduct)
    # The ninth was sent at 24 (24 + 16 = 40), and a tenth would have needed 27 + 16.
    assert (result.asked, result.left, result.cost_usd) == (9, 21, 27.0)
    assert server.most_at_once == 2


def test_a_reply_that_did_not_arrive_may_have_cost_all_that_it_could(
    store: Store, server: EndpointServer
) -> None:
    conduct = replace(QUICK, prices=Prices(0, 1e6), budget_usd=40, concurrency=1)
    server.script = [cut, status(500)]
    result = asked(store, server, 30, conduct)
    # 16 for the one that was cut, nothing for the 500: 16 + 3 n + 16 <= 40.
    assert (result.asked, result.cost_usd) == (3, 9.0)


def test_a_budget_in_usd_needs_prices() -> None:
    with pytest.raises(ConfigError, match="needs the endpoint's prices"):
        AskConduct(budget_usd=1.0)


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), -1.0])
def test_amounts_are_numbers(amount: float) -> None:
    with pytest.raises(ConfigError, match=r"the price is .* USD: expected 0 or more"):
        Prices(1, amount)
    with pytest.raises(ConfigError, match=r"the budget is .* USD: expected 0 or more"):
        AskConduct(budget_usd=amount, prices=Prices(1, 1))


def test_a_plan_sends_nothing_and_says_what_it_would_cost(
    store: Store, server: EndpointServer
) -> None:
    asked(store, server, 2)
    server.calls.clear()
    conduct = replace(QUICK, prices=Prices(2.0, 10.0))
    told = plan(store, model(server), [*prompts(5), *prompts(5)], SETTINGS, conduct)
    assert (told.prompts, told.answered, told.to_send, told.asked_again) == (5, 2, 3, 0)
    # "What is 3?" is four tokens, and six are of the message and of the reply's head.
    assert (told.input_tokens, told.output_tokens) == (3 * 10, 3 * 16)
    assert told.cost_usd == pytest.approx((30 * 2 + 48 * 10) / 1e6)
    assert told.stays and server.calls == []
    assert plan(store, model(server), prompts(5), SETTINGS, QUICK).cost_usd is None


# -- keys ------------------------------------------------------------------------------------------


def test_a_key_comes_from_the_environment_or_a_file_of_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert api_key() is None
    monkeypatch.setenv("CURATE_API_KEY", " k1\n")
    file = tmp_path / "key"
    file.write_text("k2\n")
    file.chmod(0o600)
    assert (api_key(), api_key(file)) == ("k1", "k2")
    file.chmod(0o640)
    with pytest.raises(ConfigError, match=r"can be read by others. Next: chmod 600"):
        api_key(file)
    file.chmod(0o600)
    file.write_text("")
    with pytest.raises(ConfigError, match="is empty"):
        api_key(file)
    monkeypatch.setenv("CURATE_API_KEY", "k 1")
    with pytest.raises(ConfigError, match="characters that no token has"):
        api_key()


def test_a_key_does_not_go_over_an_open_line(store: Store) -> None:
    far = parse_ask("a=http://models.example/v1#m")
    with pytest.raises(ConfigError, match=r"anybody on the way to models.example"):
        plan(store, far, prompts(1), key="k1")
    with pytest.raises(ConfigError, match=r"anybody on the way"):
        ask(store, far, prompts(1), key="k1")
    assert not plan(store, far, prompts(1)).stays
    assert plan(store, far, prompts(1), conduct=AskConduct(plain_http=True), key="k1").to_send == 1
    assert plan(store, replace(far, url="https://models.example/v1"), prompts(1), key="k1").to_send


def test_the_key_of_one_host_does_not_go_to_another() -> None:
    texts = ["a=https://one.example#m", "b=https://one.example#n", "c=http://localhost:1#m"]
    models = tuple(map(parse_ask, texts))
    assert "k1" not in repr(Asked(models, key="k1"))
    two = (*models, parse_ask("d=https://two.example#m"))
    assert Asked(two).models == two
    with pytest.raises(ConfigError, match=r"one key would go to one.example and two.example"):
        Asked(two, key="k1")


def test_the_key_is_kept_nowhere(
    store: Store, server: EndpointServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    server.script = [status(500, "k1-geheim"), status(400, "k1-geheim")]
    result = asked(store, server, 4, key="k1-geheim")
    assert result.failed == {"refused (400)": 1}
    assert "geheim" not in repr(result) + caplog.text
    kept = [path for path in store.folder.rglob("*") if path.is_file()]
    assert kept and all(b"geheim" not in path.read_bytes() for path in kept)


def test_what_is_missing_names_the_line_to_type(
    store: Store, server: EndpointServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(MissingExtra, match=r"pip install 'curate-workbench\[evaluate\]'"):
        asked(store, server, 1)


def test_a_proxy_of_the_environment_is_not_on_the_way_to_this_machine(
    store: Store, server: EndpointServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert asked(store, server, 1).asked == 1

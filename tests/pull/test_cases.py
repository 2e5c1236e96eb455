"""Small files in the shapes that people's logs have, each with its right outcome.

The files stand in the folder that CURATE_TEST_CASES names, beside a page that says what is right;
the same values stand here.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from pulled import Workbench, ratings, talk, tool_calls, turns

Open = Callable[..., Workbench]


@pytest.fixture
def work(shared_cases: Path, tmp_path: Path) -> Open:
    """Makes a project that works in a copy of the folder of a case; several share one copy."""

    def make(case: str, project: str = "p") -> Workbench:
        logs = tmp_path / case
        if not logs.exists():
            shutil.copytree(shared_cases / "pull" / case, logs)
        return Workbench(tmp_path / f"project-{project}", logs)

    return make


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def system(text: str) -> tuple[str, str]:
    return ("system", text)


def user(text: str) -> tuple[str, str]:
    return ("user", text)


def assistant(text: str) -> tuple[str, str]:
    return ("assistant", text)


def are(calls: Mapping[str, Mapping[str, Any]], **columns: Mapping[str, Any]) -> None:
    """Compares columns of all calls: the value of each call by its id."""
    for name, values in columns.items():
        assert {key: calls[key][name] for key in values} == values, name


def user_turns(call: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Returns the turns of a call as texts, whichever way their parts are kept."""
    return [
        (role, "".join(p["text"] for p in content) if isinstance(content, list) else content)
        for role, content in turns(call)
    ]


def test_langfuse_blob(work: Open) -> None:
    p = work("01-langfuse-blob")
    assert "left out, since they are no calls: 1 SPAN" in p.pull("observations_v2.jsonl")
    p.pull("scores.jsonl", "--as", "feedback", "--key", "observation_id")
    assert p.run("status", "--rejects").output.splitlines()[0] == "Nothing was refused."
    calls = p.calls()
    assert list(calls) == ["ob-gen-1", "ob-gen-2", "ob-gen-3"]
    one, two, three = calls.values()
    assert talk(one) == (
        [system("You help with home devices."), user("How do I reset my thermostat?")],
        "Hold the dial for ten seconds.",
    )
    assert talk(two) == ([user("Which fuse does the pump use?")], None)
    assert tool_calls(two["output"][0]) == [("lookup_part", {"part": "pump"})]
    assert [tool["function"]["name"] for tool in two["tools"]] == ["lookup_part"]
    assert talk(three) == ([user("Is the warranty two or three years?")], None)
    assert (three["output"], three["error"]) == (None, "rate limit exceeded")
    are(
        calls,
        model=dict.fromkeys(calls, "gpt-4o-mini"),
        session_id={"ob-gen-1": "s-1", "ob-gen-2": "s-2", "ob-gen-3": "s-3"},
        input_tokens={"ob-gen-1": 31, "ob-gen-2": 44, "ob-gen-3": None},
        output_tokens={"ob-gen-1": 8, "ob-gen-2": 12, "ob-gen-3": None},
        cost_usd={"ob-gen-1": 0.0001, "ob-gen-2": 0.0002, "ob-gen-3": None},
        latency_ms={"ob-gen-1": 2000.0, "ob-gen-2": 4000.0, "ob-gen-3": 1000.0},
        human_rating={"ob-gen-1": 5.0, "ob-gen-2": 1.0, "ob-gen-3": None},
        created_at={
            "ob-gen-1": at("2026-09-01 10:00:00.5"),
            "ob-gen-2": at("2026-09-01 10:05:00"),
            "ob-gen-3": at("2026-09-01 10:06:00"),
        },
    )
    feedback = p.feedback()
    by_value = {row["value"]: row for row in feedback}
    told = [(row["kind"], row["name"], row["rater_type"]) for row in feedback]
    assert sorted(told) == [
        ("correction", "output", "human_expert"),
        ("label", "intent", "human_expert"),
        ("rating", "hallucination", "llm"),
        ("rating", "user-feedback", "human_user"),
        ("rating", "user-feedback", "human_user"),
    ]
    correction = by_value["Hold the dial for ten seconds until the light blinks."]
    assert (correction["kind"], correction["source_id"]) == ("correction", "ob-gen-1")
    assert by_value["device_help"]["source_id"] == "ob-gen-1"
    assert by_value["device_help"]["rater_key"] == correction["rater_key"] is not None


def test_langfuse_ui_traces(work: Open) -> None:
    p = work("02-langfuse-ui-traces")
    p.pull("traces.json")
    calls = p.calls()
    assert {key: talk(call) for key, call in calls.items()} == {
        "t-1": ([user("My parcel is late, what now?")], "Open a claim in the app under Orders."),
        "t-2": ([user("And if the shop is closed?")], "Then the courier keeps it for seven days."),
        "t-3": ([user("Do you take returns without the box?")], None),
    }
    assert calls["t-3"]["error"]
    are(
        calls,
        session_id={"t-1": "sess-9", "t-2": "sess-9", "t-3": "sess-10"},
        human_rating={"t-1": 5.0, "t-2": 1.0, "t-3": None},
        input_tokens={"t-1": 20, "t-2": 22},
        output_tokens={"t-1": 9, "t-2": 10},
        cost_usd={"t-1": 0.00003, "t-2": 0.00003},
        created_at={"t-1": at("2026-09-02 08:00"), "t-3": at("2026-09-02 09:00")},
    )
    assert calls["t-1"]["user_key"] == calls["t-2"]["user_key"] is not None
    assert sorted(ratings(p.feedback())) == [
        ("t-1", "quality_judge", 4.2, "llm"),
        ("t-1", "user_feedback", 5.0, "human_user"),
        ("t-2", "quality_judge", 2.6, "llm"),
        ("t-2", "user_feedback", 1.0, "human_user"),
    ]


def test_langsmith_runs(work: Open) -> None:
    p, q = work("03-langsmith-runs"), work("03-langsmith-runs", "q")
    p.pull("runs.jsonl")
    q.pull(
        *("runs.jsonl", "--map", "messages=$.inputs.messages", "--map", "response=outputs"),
        *("--map", "session=$.extra.metadata.thread_id", "--scale", "0-1"),
        *("--map", "rating=$.feedback_stats.user_score.avg"),
    )
    for calls in (p.calls(), q.calls()):
        assert {key: talk(call) for key, call in calls.items()} == {
            "r-1": (
                [system("Answer briefly."), user("When does the gym open on Sunday?")],
                "At nine.",
            ),
            "r-2": ([user("Can I freeze my membership?")], "Yes, for up to three months."),
        }
        are(
            calls,
            session_id={"r-1": "th-1", "r-2": "th-2"},
            input_tokens={"r-1": 18, "r-2": 11},
            output_tokens={"r-1": 3, "r-2": 8},
            created_at={"r-1": at("2026-09-03 07:00"), "r-2": at("2026-09-03 07:05")},
            model={"r-1": "gpt-4o", "r-2": "gpt-4o"},
        )
    assert ratings(q.feedback()) == [
        ("r-1", None, 5.0, "human_user"),
        ("r-2", None, 1.0, "human_user"),
    ]
    # An average of people's clicks is taken for their rating only where somebody says so.
    assert p.feedback() == []


REMINDER = user("Write a polite reminder about an unpaid invoice.")
HELLO = assistant("Hello, may we remind you of invoice 1183?")
GERMAN = "Guten Tag, wir erinnern an Rechnung 1183."
RATED = "feedback-history-export-1756900100.json"


def test_open_webui_feedback(work: Open) -> None:
    p, q = work("04-openwebui-feedback"), work("04-openwebui-feedback", "q")
    p.pull(RATED)
    calls = p.calls()
    assert {key: talk(call) for key, call in calls.items()} == {
        "m3": ([REMINDER], HELLO[1]),
        "m5": ([REMINDER, HELLO, user("Now in German.")], GERMAN),
    }
    are(
        calls,
        session_id={"m3": "chat-1", "m5": "chat-1"},
        human_rating={"m3": 5.0, "m5": 1.0},
        model={"m3": "llama3", "m5": "llama3"},
    )
    assert [(r["source_id"], r["comment"]) for r in p.feedback()] == [
        ("m3", None),
        ("m5", "too stiff"),
    ]
    message = q.refused(
        *(RATED, "--map", "messages=$.snapshot.chat.chat.messages"),
        *("--map", "rating=$.data.rating", "--map", "session=$.meta.chat_id"),
        status=2,
    )
    assert "cannot say which call" in message and "Next: " in message


def test_open_webui_chats(work: Open) -> None:
    p = work("05-openwebui-chats")
    p.pull("all-chats-export-1756900100.json")
    calls = p.calls()
    assert {key: talk(call) for key, call in calls.items()} == {
        "m2": ([REMINDER], "Dear customer, a short reminder ..."),
        "m3": ([REMINDER], HELLO[1]),
        "m5": ([REMINDER, HELLO, user("Now in German.")], GERMAN),
    }
    are(
        calls,
        session_id=dict.fromkeys(calls, "chat-1"),
        human_rating={"m2": None, "m3": 5.0, "m5": 1.0},
    )
    assert [(r["source_id"], r["comment"]) for r in p.feedback()] == [
        ("m3", None),
        ("m5", "too stiff"),
    ]
    p.pull(
        *(RATED, "--as", "feedback", "--key", "$.meta.message_id"),
        *("--map", "rating=$.data.rating"),
    )
    are(p.calls(), human_rating={"m2": None, "m3": 5.0, "m5": 1.0})
    assert sorted(ratings(p.feedback())) == [
        *[("m3", None, 5.0, "human_user")] * 2,
        *[("m5", None, 1.0, "human_user")] * 2,
    ]


def test_claude_ai(work: Open) -> None:
    p = work("07-claude-ai-export")
    p.pull("conversations.json")
    calls = p.calls()
    soup = user("Soup with leeks?")
    assert {key: talk(call) for key, call in calls.items()} == {
        "cm2": ([soup], "Leek and potato, twenty minutes."),
        "cm4": (
            [soup, assistant("Leek and potato, twenty minutes."), user("Without cream?")],
            "Use more potato.",
        ),
    }
    are(
        calls,
        session_id={"cm2": "cl-1", "cm4": "cl-1"},
        created_at={"cm2": at("2026-09-05 10:00:05"), "cm4": at("2026-09-05 10:02:05")},
    )
    assert calls["cm2"]["output"][0]["reasoning_content"] == "simple soup"


def test_litellm(work: Open) -> None:
    p = work("08-litellm-spendlogs")
    assert "left out, since they are no calls: 1 aembedding" in p.pull("spend_logs.jsonl")
    calls = p.calls()
    assert {key: talk(call) for key, call in calls.items()} == {
        "chatcmpl-a1": ([user("How do I export my invoices?")], "Settings, Billing, Export."),
        "chatcmpl-a2": ([user("Do you offer CSV?")], "Yes, as PDF and as CSV."),
        "resp-a3": ([user("How can I pay?")], "You can pay by card or transfer."),
        "fail-a5": ([user("Is there an API?")], None),
    }
    failed = calls["fail-a5"]
    assert (failed["output"], failed["error"], failed["status"]) == (None, "rate limit", "failure")
    are(
        calls,
        created_at={
            "chatcmpl-a1": at("2026-09-06 06:00:00.1"),
            "chatcmpl-a2": at("2026-09-06 06:01:00.1"),
            "resp-a3": at("2026-09-06 06:02:00.1"),
            "fail-a5": at("2026-09-06 06:04:00.1"),
        },
        input_tokens={"chatcmpl-a1": 20, "chatcmpl-a2": 20, "resp-a3": 10},
        output_tokens={"chatcmpl-a1": 10, "chatcmpl-a2": 10, "resp-a3": 10},
        cost_usd={"chatcmpl-a1": 0.00021, "chatcmpl-a2": 0.00021, "resp-a3": 0.0003},
        session_id={
            "chatcmpl-a1": "ss-1", "chatcmpl-a2": "ss-2", "resp-a3": "ss-3", "fail-a5": "ss-5",
        },
    )  # fmt: skip
    users = {key: call["user_key"] for key, call in calls.items()}
    assert users["chatcmpl-a1"] == users["fail-a5"] is not None  # eu-1
    assert users["chatcmpl-a2"] not in (None, users["chatcmpl-a1"])  # eu-2
    assert users["resp-a3"] is None


SORT = system("Sort support mail.")


def is_the_whole_batch(calls: Mapping[str, Mapping[str, Any]]) -> None:
    assert {key: talk(call) for key, call in calls.items()} == {
        "req-1": ([SORT, user("Where is my refund?")], "refund"),
        "req-2": ([SORT, user("Cancel my plan please.")], "cancel"),
        "req-3": ([SORT, user("My login is broken.")], None),
    }
    assert (calls["req-3"]["output"], calls["req-3"]["error"]) == (None, "quota")
    of_two = dict.fromkeys(("req-1", "req-2"))
    are(
        calls,
        model=dict.fromkeys(of_two, "gpt-4o-mini-2024-07-18"),
        input_tokens=dict.fromkeys(of_two, 20),
        output_tokens=dict.fromkeys(of_two, 3),
    )


BATCH = ("batch_input.jsonl", "batch_output.jsonl", "batch_errors.jsonl")


@pytest.mark.parametrize(
    "pulls",
    [
        [BATCH],
        [(BATCH[2], BATCH[1], BATCH[0])],
        [(BATCH[1],), (BATCH[0],), (BATCH[2],)],
        [(BATCH[0], BATCH[2]), (BATCH[1],)],
    ],
)
def test_openai_batch(work: Open, pulls: list[tuple[str, ...]]) -> None:
    p = work("09-openai-batch")
    for files in pulls:
        p.pull(*files)
    is_the_whole_batch(p.calls())


@pytest.mark.slow
def test_openai_batch_by_its_paths(work: Open) -> None:
    q = work("09-openai-batch", "q")
    said = q.pull(BATCH[1], "--map", "id=custom_id", "--map", "response=$.response.body")
    assert "of 2 calls 2 without a question" in said
    assert {key: talk(call) for key, call in q.calls().items()} == {
        "req-1": ([], "refund"),
        "req-2": ([], "cancel"),
    }
    q.pull(BATCH[0], "--map", "id=custom_id", "--map", "request=body")
    calls = q.calls()
    assert {key: talk(call)[1] for key, call in calls.items()} == {
        "req-1": "refund", "req-2": "cancel", "req-3": None,
    }  # fmt: skip
    q.pull(BATCH[2])
    is_the_whole_batch(q.calls())


def test_openai_responses(work: Open) -> None:
    p, q = work("10-openai-responses"), work("10-openai-responses", "q")
    p.pull("responses.jsonl")
    q.pull("responses.jsonl", "--map", "system=instructions", "--map", "response=$.output[-1]")
    desk = system("You are the help desk.")
    for bench in (p, q):
        calls = bench.calls()
        assert {key: talk(call) for key, call in calls.items()} == {
            "resp_1": (
                [desk, user("Change my seat to an aisle.")],
                "Please give me the booking code.",
            ),
            "resp_2": ([desk, user("QX7P2")], None),
        }
        assert tool_calls(calls["resp_2"]["output"][0]) == [("find_booking", {"code": "QX7P2"})]
        (tool,) = calls["resp_2"]["tools"]
        assert (tool["type"], tool["function"]["name"]) == ("function", "find_booking")
        assert "name" not in tool
        groups = {row["group_key"] for row in bench.project.table("examples").to_pylist()}
        assert len(groups) == 1, "previous_response_id makes one conversation"
    are(
        p.calls(),
        input_tokens={"resp_1": 30, "resp_2": 50},
        output_tokens={"resp_1": 12, "resp_2": 9},
        model={"resp_1": "gpt-5-mini"},
    )
    assert p.calls()["resp_1"]["output"][0]["reasoning_content"] == "need booking"


def test_anthropic_messages(work: Open) -> None:
    p = work("11-anthropic-messages")
    p.pull("claude_calls.jsonl")
    calls = p.calls()
    assert list(calls) == ["an-1", "an-2", "an-3"]
    one, two, three = calls.values()
    concierge, quiet = system("Hotel concierge."), user("Is room 12 quiet?")
    assert talk(one) == (
        [concierge, user("Is there a late check-out?")],
        "Yes, until 14:00 on request.",
    )
    assert one["output"][0]["reasoning_content"] == "They ask about checkout."
    assert user_turns(two) == [concierge, quiet]
    assert tool_calls(two["output"][0]) == [("room_info", {"room": "12"})]
    assert [t["function"]["name"] for t in two["tools"]] == ["room_info"]
    assert user_turns(three) == [
        concierge,
        quiet,
        assistant("Let me look."),
        ("tool", "faces the yard"),
    ]
    assert tool_calls(three["messages"][2]) == [("room_info", {"room": "12"})]
    assert three["messages"][3]["tool_call_id"] == three["messages"][2]["tool_calls"][0]["id"]
    assert talk(three)[1] == "Yes, it faces the yard."
    are(
        calls,
        query={"an-1": "Is there a late check-out?", "an-2": quiet[1], "an-3": quiet[1]},
        input_tokens={"an-1": 20, "an-2": 40, "an-3": 60},
        output_tokens={"an-1": 11, "an-2": 20, "an-3": 8},
        finish_reason={"an-1": "end_turn", "an-2": "tool_use", "an-3": "end_turn"},
    )
    assert "3 pass every rule" in p.run("filter", "--unrated", "keep").output
    # As many as pass: an-2 and an-3 ask the same, and one of them stands for both.
    result = p.run("export", "x", "--min-test", "0", "--format", "openai-chat")
    assert result.exit_code == 0, result.output
    lines = exported(p, "x", "train")
    assert lines[0]["messages"][0]["role"] == "system"
    assert all("thinking" not in json.dumps(line) for line in lines)


def exported(bench: Workbench, name: str, side: str) -> list[dict[str, Any]]:
    path = bench.folder / "datasets" / name / "v1" / f"{side}.jsonl"
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def test_otlp(work: Open) -> None:
    p = work("14-otlp-json")
    p.pull("traces.json")
    calls = p.calls()
    assert {key: talk(call) for key, call in calls.items()} == {
        "eee19b7ec3c1b174": (
            [system("Train advice."), user("When is the last train to Ghent?")],
            "At 23:10.",
        ),
        "eee19b7ec3c1b175": ([user("And the first one?")], "At 5:02."),
    }
    first, second = calls.values()
    assert (first["session_id"], first["model"]) == ("conv-7", "gpt-4o-2024")
    assert (first["input_tokens"], first["output_tokens"]) == (20, 9)
    assert (first["created_at"], first["latency_ms"]) == (at("2026-09-08 09:20"), 2000.0)
    assert second["created_at"] == at("2026-09-08 09:21")
    assert p.rejects() == []


def test_spans_as_rows(work: Open) -> None:
    p, q = work("15-otel-span-rows"), work("15-otel-span-rows", "q")
    p.pull("spans.jsonl")
    q.pull(
        *("spans.jsonl", "--map", "messages=$.attributes.gen_ai.input.messages"),
        *("--map", "response=$.attributes.gen_ai.output.messages"),
    )
    for bench in (p, q):
        calls = bench.calls()
        assert {key: talk(call) for key, call in calls.items()} == {
            "s1": ([user("When is the last train to Ghent?")], "At 23:10.")
        }
        are(
            calls,
            session_id={"s1": "conv-7"},
            model={"s1": "gpt-4o"},
            created_at={"s1": at("2026-09-08 12:00")},
        )


def test_wildchat(work: Open) -> None:
    p = work("19-wildchat-rows")
    p.pull("train-00000.parquet")
    calls = p.calls()
    tides = [user("Explain tides in one line."), assistant("The moon pulls the sea.")]
    assert {key: talk(call) for key, call in calls.items()} == {
        "wc1": ([*tides, user("And the sun?")], "It helps, about half as much."),
        "wc1#1": (tides[:1], "The moon pulls the sea."),
        "wc2": ([user("Rhyme on rain.")], "Rain on the pane."),
    }
    are(
        calls,
        model=dict.fromkeys(calls, "gpt-4-0314"),
        session_id={"wc1": "wc1", "wc1#1": "wc1", "wc2": "wc2"},
        created_at={"wc1": at("2026-04-09 00:02:53"), "wc2": at("2026-04-09 01:02:53")},
    )


GERMAN_ROWS = {
    "1": (
        [user("Wie ändere ich meine Adresse?")],
        "Im Profil unter „Daten“ \u2013 dort speichern.",
    ),
    "2": ([user("Was kostet der Versand?\nNach Österreich?")], "9,90 €"),
    "3": ([user("Gibt es Rabatt?")], "Ja, 10 %."),
}
GERMAN_COLUMNS = (
    *("--map", "id=Ticket", "--map", "query=Frage", "--map", "response=Antwort"),
    *("--map", "rating=Bewertung", "--map", "created_at=Datum"),
)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("export_bom.csv", ()),
        ("export_cp1252.csv", ("--encoding", "cp1252")),
        ("export_sep_utf8bom.csv", ()),
        ("export_utf16.csv", ()),
    ],
)
def test_csv_of_spreadsheets(work: Open, name: str, options: tuple[str, ...]) -> None:
    p = work("20-excel-csv")
    p.pull(name, *GERMAN_COLUMNS, *options)
    calls = p.calls()
    # The line break of a cell is the file's own.
    found = {key: talk(call) for key, call in calls.items()}
    assert json.loads(json.dumps(found).replace("\\r\\n", "\\n")) == json.loads(
        json.dumps(GERMAN_ROWS)
    )
    are(
        calls,
        human_rating={"1": 4.5, "2": 2.0, "3": 5.0},
        created_at={
            "1": at("2026-11-05 14:03"),
            "2": at("2026-11-06 09:10"),
            "3": at("2026-11-13 18:45"),
        },
    )


def test_csv_in_another_encoding_is_refused_as_a_whole(work: Open) -> None:
    q = work("20-excel-csv")
    message = q.refused("export_cp1252.csv", *GERMAN_COLUMNS[:6])
    assert "Next: --encoding cp1252" in message
    assert q.rejects() == []


def test_a_workbook_is_refused(work: Open) -> None:
    p = work("20-excel-csv")
    (p.logs / "export.xlsx").write_bytes(b"PK\x03\x04" + b"\0" * 40)
    assert "save it as CSV" in p.refused("export.xlsx")


def test_librechat(work: Open) -> None:
    p, q = work("21-librechat-mongo"), work("21-librechat-mongo", "q")
    p.pull("messages.jsonl", "--turns")
    q.pull(
        *("messages.jsonl", "--turns", "--map", "id=messageId", "--map", "parent=parentMessageId"),
        *("--map", "session=conversationId", "--map", "role=isCreatedByUser"),
        *("--role", "true=user", "--role", "false=assistant"),
        *("--map", "created_at=$.createdAt.$date", "--map", "rating=$.feedback.rating"),
        *("--scale", "thumbsUp=5,thumbsDown=1"),
    )
    walk = [user("Plan a walk in Bergen."), assistant("Start at Bryggen, then the funicular.")]
    for bench in (p, q):
        calls = bench.calls()
        assert {key: talk(call) for key, call in calls.items()} == {
            "lm2": (walk[:1], walk[1][1]),
            "lm4": ([*walk, user("In the rain?")], "Then the aquarium."),
        }
        are(
            calls,
            session_id={"lm2": "lc1", "lm4": "lc1"},
            human_rating={"lm2": 5.0, "lm4": 1.0},
            created_at={"lm2": at("2026-09-10 10:00:05"), "lm4": at("2026-09-10 10:03:25")},
            model={"lm2": "gpt-4o", "lm4": "gpt-4o"},
        )
        assert [(r["source_id"], r["comment"]) for r in bench.feedback()] == [
            ("lm2", None),
            ("lm4", "boring"),
        ]
    assert p.calls()["lm4"]["output"][0]["reasoning_content"] == "wet"


def test_anythingllm(work: Open) -> None:
    p, q = work("23-anythingllm-export"), work("23-anythingllm-export", "q")
    p.pull("chats.json")
    q.pull(
        *("chats.json", "--scale", "GOOD=5,BAD=1"),
        *("--map", "created_at=sent_at", "--map", "user=username"),
    )
    for bench in (p, q):
        calls = bench.calls()
        assert {key: talk(call) for key, call in calls.items()} == {
            "1": ([user("How many holidays do I have?")], "Thirty days a year."),
            "2": ([user("Can I carry them over?")], "No."),
            "3": ([user("Who approves them?")], "Your lead."),
        }
        are(
            calls,
            human_rating={"1": 5.0, "2": 1.0, "3": None},
            created_at={
                "1": at("2026-09-11 08:00"),
                "2": at("2026-09-11 08:02"),
                "3": at("2026-09-11 08:04"),
            },
        )
        users = [call["user_key"] for call in calls.values()]
        assert users[0] == users[1] != users[2]
        assert None not in users
        assert len(bench.feedback()) == 2


NOT_CLEAR = "the scale of rating is not clear from"
CSAT = "1 - very satisfied=5,2 - satisfied=4,5 - very dissatisfied=1"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "placed", "note"),
    [
        ("of5", [4.0, 1.0, 5.0], None),
        ("of10", [4.2, 1.8, 5.0], None),
        ("stars", [4.0, 1.0, 5.0], None),
        ("starword", [4.0, 1.0, 5.0], None),
        ("emoji", [5.0, 1.0, None], None),
        ("emoji_skin", [5.0, 1.0, 5.0], None),
        ("comma", [4.5, 1.0, 5.0], None),
        ("nps", [None] * 3, f"{NOT_CLEAR} 0, 10, 9: .* --scale 0-10"),
        ("pct", [4.2, 1.4, 5.0], None),
        ("minus", [5.0, 1.0, 3.0], None),
        ("updown", [5.0, 1.0, None], None),
        ("smile", [5.0, 1.0, 3.0], None),
        ("thumbsUp", [5.0, 1.0, 5.0], None),
        ("goodbad", [5.0, 1.0, 5.0], None),
        ("ones", [None] * 3, f"{NOT_CLEAR} 1: .* --scale "),
        ("onetwo", [None] * 3, f"{NOT_CLEAR} 1, 2: .* --scale "),
        ("one_star_only", [None] * 3, f"{NOT_CLEAR} 1, 2: .* --scale "),
        ("csat_inverted", [None] * 3, f"{NOT_CLEAR} 1 - very satisfied, .* --scale "),
    ],
)
def test_ratings_as_people_write_them(
    work: Open, name: str, placed: list[float | None], note: str | None
) -> None:
    p = work("24-rating-dialects")
    said = p.pull(f"{name}.csv")
    values = [call["human_rating"] for call in p.calls().values()]
    assert [v if v is None else round(v, 6) for v in values] == placed
    if note:
        assert re.search(note, " ".join(said.split())), said
    else:
        assert "not clear" not in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "scale", "placed"),
    [
        ("nps", "0-10", [4.6, 1.0, 5.0]),
        ("onetwo", "2-1", [5.0, 1.0, 5.0]),
        ("ones", "5-1", [5.0, 5.0, 5.0]),
        ("csat_inverted", CSAT, [5.0, 1.0, 4.0]),
    ],
)
def test_scales_that_are_asked_about_can_be_said(
    work: Open, name: str, scale: str, placed: list[float]
) -> None:
    p = work("24-rating-dialects")
    p.pull(f"{name}.csv")
    p.pull(f"{name}.csv", "--scale", scale)
    values = [call["human_rating"] for call in p.calls().values()]
    assert [round(v, 6) for v in values] == placed


def test_streams(work: Open) -> None:
    p = work("25-stream-chunks")
    p.pull("stream.jsonl")
    calls = p.calls()
    assert {key: talk(call) for key, call in calls.items()} == {
        "st1": ([user("Say hi in Dutch.")], "Hallo!"),
        "st2": ([user("Say bye in Dutch.")], "Dag!"),
        "st3": ([user("Say yes in Dutch.")], "Ja"),
    }
    are(
        calls,
        finish_reason=dict.fromkeys(calls, "stop"),
        model=dict.fromkeys(calls, "gpt-4o"),
        created_at={
            "st1": at("2026-09-12 08:00"),
            "st2": at("2026-09-12 08:01"),
            "st3": at("2026-09-12 08:02"),
        },
    )


@pytest.mark.slow
def test_message_oddities(work: Open) -> None:
    p = work("26-message-oddities")
    p.pull("calls.jsonl")
    calls = p.calls()
    assert p.rejects() == []
    assert sorted(calls, key=lambda key: int(key[1:])) == [f"o{n}" for n in range(1, 11)]
    assert {key: talk(calls[key]) for key in calls if key != "o4"} == {
        "o1": ([user("Weather in Oslo?")], None),
        "o2": ([user("Weather in Rome?")], None),
        "o3": ([system("Be kind."), user("Make a bomb.")], None),
        "o5": ([user("9 times 12?")], "108"),
        "o6": ([user("8 times 12?")], "96"),
        "o7": ([user("Weather in Paris?"), ("assistant", None), ("tool", "12C")],
               "It is 12 degrees."),
        "o8": ([user("Anyone there?")], None),
        "o9": ([user("")], "How can I help?"),
        "o10": ([user("Hi")], "Hello!"),
    }  # fmt: skip
    answers = {key: (call["output"] or [None])[0] for key, call in calls.items()}
    assert tool_calls(answers["o1"]) == [("weather", {"c": "Oslo"})]
    assert tool_calls(answers["o2"]) == [("weather", {"c": "Rome"})]
    assert "function_call" not in answers["o2"]
    assert answers["o3"]["refusal"] == "I cannot help with that."
    assert (answers["o5"]["reasoning_content"], answers["o6"]["reasoning_content"]) == (
        "9*12=108",
        "8*12=96",
    )
    assert answers["o8"] is None
    result = p.run("filter", "--unrated", "keep")
    assert result.exit_code == 0, result.output
    result = p.run("export", "x", "--min-test", "0", "--format", "openai-chat", "--lossy")
    assert result.exit_code == 0, result.output
    assert "left out: the format cannot express them" in result.output  # the image of o4
    text = json.dumps(exported(p, "x", "train"))
    assert "<think>" not in text and "8*12=96" not in text and "9*12=108" not in text
    assert "data:image" not in text and "function_call" not in text


@pytest.mark.parametrize("name", ["project-5-at-2026-09-13.json", "project-5-min.json"])
def test_label_studio(work: Open, name: str) -> None:
    p = work("28-label-studio-json")
    p.pull(name)
    calls = p.calls()
    assert {key: talk(call) for key, call in calls.items()} == {
        "q-1": ([user("Where are my invoices?")], "In the menu."),
        "q-2": ([user("I forgot my PIN.")], "Call us."),
    }
    are(
        calls,
        human_rating={"q-1": 4.0, "q-2": 2.0},
        created_at={"q-1": at("2026-09-13 08:00"), "q-2": at("2026-09-13 08:01")},
    )
    feedback = p.feedback()
    assert {(r["source_id"], r["kind"], r["value"]) for r in feedback} == {
        ("q-1", "rating", "4"),
        ("q-1", "label", "billing"),
        ("q-1", "correction", "Open Billing, then Invoices."),
        ("q-2", "rating", "2"),
        ("q-2", "label", "login"),
    }
    assert {row["rater_type"] for row in feedback} == {"human_expert"}
    assert len({row["rater_key"] for row in feedback} - {"3"}) == 1
    examples = {row["source_id"]: row for row in p.project.table("examples").to_pylist()}
    assert {key: row["label"] for key, row in examples.items()} == {
        "q-1": "billing",
        "q-2": "login",
    }


def test_argilla(work: Open) -> None:
    p, q = work("29-argilla-records"), work("29-argilla-records", "q")
    p.pull("records.json")
    q.pull(
        *("records.json", "--map", "query=$.fields.prompt", "--map", "response=$.fields.response"),
        *("--map", "rating=$.responses.quality[0].value", "--scale", "1-5"),
        *("--map", "label=$.responses.intent[0].value", "--map", "created_at=inserted_at"),
    )
    for bench in (p, q):
        calls = bench.calls()
        assert {key: talk(call) for key, call in calls.items()} == {
            "ar-1": ([user("Is soup vegan?")], "Yes, the tomato one.")
        }
        are(calls, session_id={"ar-1": "z1"}, created_at={"ar-1": at("2026-09-13 09:00")})
        examples = bench.project.table("examples").to_pylist()
        assert [row["label"] for row in examples] == ["menu"]
    assert sorted((r["value"], r["rater_type"]) for r in p.feedback() if r["kind"] == "rating") == [
        ("1", "human_expert"),
        ("5", "human_expert"),
    ]
    raters = {r["value"]: r["rater_key"] for r in p.feedback()}
    assert raters["5"] == raters["menu"] != raters["1"]
    # A path to the first annotator's rating is no third rating by somebody else.
    assert {r["rater_type"] for r in q.feedback()} == {"human_expert"}


def test_helicone(work: Open) -> None:
    p = work("30-helicone-export")
    p.pull("helicone-export.jsonl")
    calls = p.calls()
    assert {key: talk(call) for key, call in calls.items()} == {
        "h1": ([user("Where do I park?")], "Behind the hall."),
        "h2": ([user("Is it free?")], None),
        "h3": ([user("Is it free?")], "Yes."),
    }
    assert (calls["h2"]["output"], calls["h2"]["error"]) == (None, "overloaded")
    are(
        calls,
        session_id=dict.fromkeys(calls, "hs1"),
        human_rating={"h1": 5.0, "h2": None, "h3": 1.0},
        created_at={
            "h1": at("2026-09-13 10:00"),
            "h2": at("2026-09-13 10:05"),
            "h3": at("2026-09-13 10:06"),
        },
        latency_ms={"h1": 1800.0, "h2": 900.0, "h3": 900.0},
        cost_usd={"h1": 0.0001, "h3": 0.0001},
    )
    assert len({call["user_key"] for call in calls.values()} - {None}) == 1


@pytest.mark.slow
def test_export_of_a_langfuse_log(work: Open) -> None:
    p = work("34-impact-export")
    p.pull("traces.jsonl")
    things = ("kettles", "lamps", "sofas", "mugs", "rugs", "clocks", "vases", "chairs")
    calls = p.calls()
    assert {key: talk(call) for key, call in calls.items()} == {
        f"i{n}": (
            [user(f"Question number {n} about {thing}?")],
            f"Answer about {thing} with several words in it.",
        )
        for n, thing in enumerate(things, 1)
    }
    are(
        calls,
        session_id={
            f"i{n}": s for n, s in enumerate(["s0", "s1", "s1", "s2", "s2", "s3", "s3", "s4"], 1)
        },
        human_rating={f"i{n}": 1.0 if n in (3, 6) else 5.0 for n in range(1, 9)},
    )
    assert p.run("filter").exit_code == 0
    result = p.run("export", "x", "--test-size", "0.4", "--format", "openai-chat")
    assert result.exit_code == 0, result.output
    sides = {side: exported(p, "x", side) for side in ("train", "test")}
    answers = {talk(call)[0][0][1]: talk(call)[1] for call in calls.values()}
    sessions = {talk(call)[0][0][1]: call["session_id"] for call in calls.values()}
    where: dict[str, set[str]] = {}
    for side, lines in sides.items():
        assert lines
        for line in lines:
            question, answer = [m["content"] for m in line["messages"]]
            assert answer == answers[question]
            where.setdefault(sessions[question], set()).add(side)
    assert all(len(found) == 1 for found in where.values())
    for n in range(1, 9):
        assert p.places(f"jane.doe.{n}") == []


@pytest.mark.slow
def test_scores_and_scales(work: Open) -> None:
    p, q, r = (work("36-extra-checks", name) for name in "pqr")
    p.pull("observations_v2.jsonl")
    p.pull(
        *("scores.jsonl", "--as", "feedback", "--key", "observation_id", "--scale", "0-1"),
        *("--map", "rating=value", "--map", "rater=author_user_id"),
    )
    assert {key: c["human_rating"] for key, c in p.calls().items()} == {
        "ob-gen-1": 5.0,
        "ob-gen-2": 1.0,
        "ob-gen-3": None,
    }
    of_one = [row for row in ratings(p.feedback()) if row[0] == "ob-gen-1" and row[2] is not None]
    assert sorted(of_one) == [
        ("ob-gen-1", "hallucination", 4.72, "llm"),
        ("ob-gen-1", "user-feedback", 5.0, "human_user"),
    ]
    kinds = {row["kind"]: row["value"] for row in p.feedback() if row["kind"] != "rating"}
    assert kinds["correction"] == "Hold the dial for ten seconds until the light blinks."
    message = q.refused("observations_v2.jsonl", "--map", "response=$.output.content", status=2)
    assert "--map response=$.output.content" in message and "Next: " in message
    said = r.pull("three.csv")
    assert "not clear from 1, 2, 3" in said
    assert [call["human_rating"] for call in r.calls().values()] == [None] * 3
    r.pull("three.csv", "--scale", "3-1")
    assert [call["human_rating"] for call in r.calls().values()] == [1.0, 5.0, 3.0]


def test_a_path_into_json_text_finds_the_text(work: Open) -> None:
    q = work("36-extra-checks")
    q.pull("observations_v2.jsonl", "--preset", "none", "--map", "response=$.output.content")
    assert talk(q.calls()["ob-gen-1"])[1] == "Hold the dial for ten seconds."


# What stands in fields of users, read by this list of keys alone.
USER_FIELDS = frozenset(
    (
        *("user", "user_id", "userId", "end_user", "username", "request_user_id", "account"),
        *("author_user_id", "annotator", "completed_by", "requester_ip_address", "hashed_ip"),
    )
)
USERS = {
    "01-langfuse-blob": {"u-1", "u-2", "u-3", "ann-7"},
    "02-langfuse-ui-traces": {"u-5"},
    "04-openwebui-feedback": {"ow-u1"},
    "05-openwebui-chats": {"ow-u1"},
    "07-claude-ai-export": {"acc-1"},
    "08-litellm-spendlogs": {"alice-team", "eu-1", "eu-2"},
    "19-wildchat-rows": {"ab12", "ab13"},
    "21-librechat-mongo": {"66aa"},
    "23-anythingllm-export": {"staff-31", "staff-32"},
    "29-argilla-records": {"u1", "u2"},
    "30-helicone-export": {"hu1"},
    "34-impact-export": {f"jane.doe.{n}" for n in range(1, 9)},
    "36-extra-checks": {"u-1", "u-2", "u-3", "ann-7"},
}


def user_ids(value: Any, under_user: bool = False) -> set[str]:
    """Returns every id in a document that stands in a field for a user, of two letters or more."""
    if isinstance(value, Mapping):
        inner = [user_ids(v, under_user or k in USER_FIELDS) for k, v in value.items()]
        return set().union(*inner)
    if isinstance(value, list):
        return set().union(*(user_ids(item, under_user) for item in value))
    is_id = under_user and isinstance(value, str | int) and not isinstance(value, bool)
    return {str(value)} if is_id and len(str(value)) > 1 else set()


def documents(folder: Path) -> list[Any]:
    """Returns the documents of a folder that can hold ids of users."""
    found: list[Any] = []
    for path in sorted(folder.iterdir()):
        if path.suffix == ".parquet":
            found += pq.read_table(path).to_pylist()
        elif path.suffix == ".jsonl":
            found += [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        elif path.suffix == ".json":
            try:
                found.append(json.loads(path.read_text("utf-8")))
            except json.JSONDecodeError:  # JSON Lines under another name
                found += [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return found


def commands(page: str) -> list[list[str]]:
    """Returns the commands of a case, loops of the shell unrolled, without `curate`."""
    (block,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    unrolled = re.sub(
        r"for n in ([^;]*); do\n(.*?)done\n",
        lambda loop: "".join(loop[2].replace("$n", name) for name in loop[1].split()),
        block,
        flags=re.DOTALL,
    )
    lines = unrolled.replace(";", "\n").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.strip()]


@pytest.mark.slow
@pytest.mark.parametrize("case", sorted(USERS))
def test_no_user_stands_anywhere(work: Open, shared_cases: Path, case: str) -> None:
    ids = user_ids(documents(shared_cases / "pull" / case))
    assert ids == USERS[case]
    benches: dict[str, Workbench] = {}
    for command in commands((shared_cases / "pull" / case / "case.md").read_text("utf-8")):
        if command[0] == "init":
            benches[command[1]] = work(case, command[1])
        else:
            benches[command[1]].run(*command[2:])
    for bench in benches.values():
        assert [(name, bench.places(name)) for name in ids if bench.places(name)] == []


def test_all_cases_are_here(shared_cases: Path) -> None:
    """A case without users needs no search, and a new one needs its test."""
    names = {path.name for path in (shared_cases / "pull").iterdir() if path.is_dir()}
    found = {name: user_ids(documents(shared_cases / "pull" / name)) for name in names}
    assert {name for name, ids in found.items() if ids} == set(USERS)
    tested = set(re.findall(r'work\("([^"]+)"', Path(__file__).read_text("utf-8")))
    assert names == tested | {"36-extra-checks"}


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    """The search itself: an id that is stored on purpose stands in the table and in the file."""
    (tmp_path / "logs.jsonl").write_text(
        '{"id": "c1", "query": "Who is zed-77?", "response": "No one."}\n', "utf-8"
    )
    bench = Workbench(tmp_path / "p", tmp_path)
    bench.pull("logs.jsonl")
    found = bench.places("zed-77")
    assert "interactions.messages" in found
    assert any(name.endswith(".duckdb") for name in found)

"""Conversations: lists and trees in one document, and tables of turns."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pulled import Workbench, talk

pytestmark = pytest.mark.slow


def user(text: str) -> tuple[str, str]:
    return ("user", text)


def assistant(text: str) -> tuple[str, str]:
    return ("assistant", text)


def texts(bench: Workbench) -> dict[str, Any]:
    return {key: talk(call) for key, call in bench.calls().items()}


# Source: huggingface/chat-ui, src/lib/types/Message.ts (from, content, score).
def test_ratings_on_messages_of_a_list_belong_to_those_answers(bench: Workbench) -> None:
    rows = [
        {
            "_id": {"$oid": "65f1"},
            "title": "Trains",
            "createdAt": {"$date": "2026-03-01T10:00:00Z"},
            "messages": [
                {"id": "a1", "from": "user", "content": "First train?"},
                {"id": "a2", "from": "assistant", "content": "At five.", "score": 1},
                {"id": "a3", "from": "user", "content": "And the last?"},
                {"id": "a4", "from": "assistant", "content": "At noon.", "score": -1},
            ],
        }
    ]
    name = bench.write("conversations.jsonl", rows)
    result = bench.run("pull", name)
    first = ([user("First train?")], "At five.")
    last = ([user("First train?"), assistant("At five."), user("And the last?")], "At noon.")
    if result.exit_code:  # refused, with what to type
        assert "Next: " in result.output and bench.calls() == {}
        return
    found = sorted((talk(c), c["human_rating"]) for c in bench.calls().values())
    assert found == sorted([(first, 5.0), (last, 1.0)]), "a rating that was dropped or misplaced"


# Source: OpenAssistant oasst1, conversation trees and message lists.
def test_a_tree_of_replies_is_refused(bench: Workbench) -> None:
    rows = [
        {
            "message_tree_id": "x1",
            "tree_state": "ready_for_export",
            "prompt": {
                "message_id": "x1", "role": "prompter", "text": "Why is the sea salty?",
                "replies": [
                    {"message_id": "x2", "role": "assistant", "text": "Rivers.", "replies": []},
                    {"message_id": "x3", "role": "assistant", "text": "Rain.", "replies": []},
                ],
            },
        }
    ]  # fmt: skip
    message = bench.refused(bench.write("trees.jsonl", rows))
    assert "prompt" in message


OASST = [
    {"message_id": "x1", "parent_id": None, "message_tree_id": "x1", "role": "prompter",
     "text": "Why is the sea salty?", "user_id": "vol-811"},
    {"message_id": "x2", "parent_id": "x1", "message_tree_id": "x1", "role": "assistant",
     "text": "Rivers bring salt.", "user_id": "vol-812"},
    {"message_id": "x3", "parent_id": "x1", "message_tree_id": "x1", "role": "assistant",
     "text": "Rain.", "user_id": "vol-813"},
    {"message_id": "x4", "parent_id": "x2", "message_tree_id": "x1", "role": "prompter",
     "text": "And lakes?", "user_id": "vol-811"},
    {"message_id": "x5", "parent_id": "x4", "message_tree_id": "x1", "role": "assistant",
     "text": "Mostly not.", "user_id": "vol-814"},
]  # fmt: skip


def test_a_table_of_a_tree_is_read_by_its_parents(bench: Workbench) -> None:
    name = bench.write("messages.jsonl", OASST)
    message = bench.refused(name)
    assert "--turns" in message
    bench.pull(name, "--turns")
    root = user("Why is the sea salty?")
    assert texts(bench) == {
        "x2": ([root], "Rivers bring salt."),
        "x3": ([root], "Rain."),
        "x5": ([root, assistant("Rivers bring salt."), user("And lakes?")], "Mostly not."),
    }
    assert bench.places("vol-811") == bench.places("vol-814") == []


def test_a_table_of_turns_is_proposed_with_its_roles(bench: Workbench) -> None:
    lines = [
        "dialogue_id,turn_index,speaker,utterance,turn_rating",
        "d1,1,customer,Is the museum open?,",
        "d1,2,agent,Until six.,5",
        "d1,3,customer,On Mondays?,",
        "d1,4,agent,Closed then.,2",
        "d2,1,customer,Any lockers?,",
        "d2,2,agent,By the door.,4",
    ]
    (bench.logs / "turns.csv").write_text("\n".join(lines) + "\n", "utf-8")
    message = bench.refused("turns.csv")
    assert "customer" in message and "agent" in message and "--turns" in message
    bench.pull("turns.csv", "--turns")
    calls = sorted(bench.calls().values(), key=lambda c: c["response"])
    assert [(talk(c), c["session_id"], c["human_rating"]) for c in calls] == [
        (([user("Any lockers?")], "By the door."), "d2", 4.0),
        (([user("Is the museum open?"), assistant("Until six."), user("On Mondays?")],
          "Closed then."), "d1", 2.0),
        (([user("Is the museum open?")], "Until six."), "d1", 5.0),
    ]  # fmt: skip
    before = bench.calls()
    result = bench.run("pull", "turns.csv")  # a plain pull afterwards replaces nothing
    assert result.exit_code == 0 or "--turns" in result.output
    assert bench.calls() == before


@pytest.mark.parametrize(
    ("head", "words", "options"),
    [
        ("session_id,nr,from,text", ("user", "bot"), ""),
        ("conv_id,nr,role,content", ("user", "assistant"), ""),
        ("ticket,nr,author_type,message", ("customer", "agent"), " --map session=ticket"),
        ("chat,nr,wer,text", ("user", "bot"), " --map session=chat --map role=wer"),
        (
            "chat,nr,wer,text",
            ("Kunde", "Bot"),
            " --map session=chat --map role=wer --role Kunde=user",
        ),
        ("room_id,nr,who,said", ("user", "bot"), None),
    ],
)
def test_turns_are_never_read_as_questions(
    bench: Workbench, head: str, words: tuple[str, str], options: str | None
) -> None:
    talks = [("k1", "Is it open?", "Until six."), ("k2", "Any lockers?", "By the door.")]
    lines = [
        line
        for name, asked, answered in talks
        for line in (f"{name},1,{words[0]},{asked}", f"{name},2,{words[1]},{answered}")
    ]
    (bench.logs / "t.csv").write_text("\n".join([head, *lines]) + "\n", "utf-8")
    if options is None:
        options = " --map session=room_id --map role=who --map text=said"
    message = " ".join(bench.refused("t.csv").split())
    assert message.endswith(f"Next: the same command with --turns{options}")
    bench.pull("t.csv", "--turns", *options.split())
    calls = [(talk(c), c["session_id"]) for c in bench.calls().values()]
    expected = [(([user(asked)], answered), name) for name, asked, answered in talks]
    assert sorted(calls, key=str) == sorted(expected, key=str)


def test_calls_that_have_a_word_beside_them_are_no_turns(bench: Workbench) -> None:
    rows = [{"session_id": f"s{n // 2}", "source": w, "text": f"Is it {n}?"} for n, w in
            enumerate(["api", "web", "web", "web", "api"])]  # fmt: skip
    bench.pull(bench.write("l.jsonl", rows))
    assert len(bench.calls()) == 5


def test_calls_that_were_read_wrong_are_taken_back_before_turns_are_read(bench: Workbench) -> None:
    lines = ["session_id,n,prompt", "k1,1,Is it open?", "k1,2,Until six."]
    (bench.logs / "t.csv").write_text("\n".join(lines) + "\n", "utf-8")
    bench.pull("t.csv")
    turns = ("t.csv", "--turns", "--map", "text=prompt", "--map", "role=")
    message = " ".join(bench.refused(*turns, status=2).split())
    assert (found := re.search(r"if it was read wrong, curate undo (\d+), and", message))
    assert bench.run("undo", found[1]).exit_code == 0
    bench.pull(*turns)
    assert ([user("Is it open?")], "Until six.") in map(talk, bench.calls().values())


def test_ratings_on_messages_stand_on_the_answers_they_were_given_to(bench: Workbench) -> None:
    def said(role: str, content: str, **more: Any) -> dict[str, Any]:
        return {"role": role, "content": content, **more}

    rated = [
        said("user", "Open?"), said("assistant", "Until six.", rating=5),
        said("user", "Mondays?"), said("assistant", "No.", feedback={"rating": 1, "comment": "?"}),
        said("user", "Thanks."),
    ]  # fmt: skip
    plain = [
        said("user", "A?"),
        said("assistant", "B."),
        said("user", "C?"),
        said("assistant", "D."),
    ]
    rows = [{"id": "r", "conversation_id": "k1", "messages": rated},
            {"id": "p", "conversation_id": "k2", "messages": plain}]  # fmt: skip
    name = bench.write("l.jsonl", rows)
    bench.pull(name, "--scale", "1-5")
    found = {n: (*talk(c), c["session_id"], c["human_rating"]) for n, c in bench.calls().items()}
    open_talk = [user("Open?"), assistant("Until six."), user("Mondays?")]
    assert found == {
        "r": ([user("Open?")], "Until six.", "k1", 5.0),
        "r#2": (open_talk, "No.", "k1", 1.0),
        "p": ([user("A?"), assistant("B."), user("C?")], "D.", "k2", None),
    }
    bench.pull(name)  # a second pull changes nothing
    assert found == {
        n: (*talk(c), c["session_id"], c["human_rating"]) for n, c in bench.calls().items()
    }


# Source: ShareGPT (from, value), as LLaMA-Factory and FastChat read it.
def test_a_list_of_turns_with_words_of_their_own(bench: Workbench) -> None:
    rows = [
        {"id": "s1", "conversations": [
            {"from": "system", "value": "Guide."},
            {"from": "human", "value": "Castle?"},
            {"from": "gpt", "value": "On the hill."},
            {"from": "human", "value": "Open?"},
            {"from": "gpt", "value": "Until five."},
        ]},
    ]  # fmt: skip
    bench.pull(bench.write("l.jsonl", rows))
    found = texts(bench)
    whole = [("system", "Guide."), user("Castle?"), assistant("On the hill."), user("Open?")]
    assert (whole, "Until five.") in found.values()
    assert len(found) == 1 or (whole[:2], "On the hill.") in found.values()


# Source: Intercom API reference, conversations (source, conversation_parts, author).
def test_a_help_desk_conversation_is_refused(bench: Workbench) -> None:
    rows = [
        {
            "type": "conversation",
            "id": "h1",
            "created_at": 1775120400,
            "source": {"type": "conversation", "body": "<p>Where is my bike?</p>",
                       "author": {"type": "user", "id": "5310d8e7", "email": "kim@shop.example"}},
            "conversation_parts": {
                "type": "conversation_part.list",
                "conversation_parts": [
                    {"id": "p1", "part_type": "comment", "body": "<p>At the depot.</p>",
                     "author": {"type": "bot", "id": "bot-1"}},
                ],
            },
            "conversation_rating": {"rating": 5, "remark": "quick"},
        }
    ]  # fmt: skip
    message = bench.refused(bench.write("l.jsonl", rows))
    assert "kim@" not in message
    assert bench.places("kim@shop.example") == []


@pytest.mark.parametrize("roles", [("HumanMessage", "AIMessage"), ("USER", "BOT"), ("0", "1")])
def test_roles_in_other_words(bench: Workbench, roles: tuple[str, str]) -> None:
    rows = [
        {"session_id": "q1", "seq": n, "role": roles[n % 2], "content": text}
        for n, text in enumerate(["Pier?", "North.", "Boat?", "Noon."])
    ]
    name = bench.write("l.jsonl", rows)
    options = () if roles[0] != "0" else ("--role", "0=user", "--role", "1=assistant")
    said = bench.pull(name, "--turns", "--map", "order=seq", *options)
    assert "every turn answers the one before" not in said
    assert sorted(texts(bench).values(), key=str) == sorted(
        [
            ([user("Pier?")], "North."),
            ([user("Pier?"), assistant("North."), user("Boat?")], "Noon."),
        ],
        key=str,
    )

"""Each export format against rows written out by hand, and what it must refuse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
import yaml

from curate import formats
from curate.errors import ConfigError
from curate.formats import Contents, Example, Files, Inexpressible, Pair

TALK = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello!"},
    {"role": "user", "content": "Where is it?\u2028\U0001f4e6\x00"},
]
ANSWER = {"role": "assistant", "content": "In Bergen."}


def example(**changed: Any) -> Example:
    values: dict[str, Any] = {
        "example_id": "ab12",
        "source": "chat",
        "messages": TALK,
        "output": [ANSWER],
        "query": "Where is it?",
        "response": "In Bergen.",
        "label": "delivery",
        "human_rating": 4.0,
        "is_edge_case": False,
    }
    return Example(**{**values, **changed})


CALL = {"id": "c1", "type": "function", "function": {"name": "track", "arguments": '{"n": 1.0}'}}
ASKED = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "content": "At sea.", "tool_call_id": "c1"}
TOOLS = [{"type": "function", "function": {"name": "track", "parameters": {"type": "object"}}}]
TRACKED = [{"role": "user", "content": "Track it"}, ASKED, RESULT]

CHATS = ["alpaca", "openai-chat", "sharegpt", "trl-kto", "trl-prompt-completion"]


def pair(chosen: dict[str, Any] = ANSWER, rejected: Any = None, **changed: Any) -> Pair:
    worse = rejected or {"role": "assistant", "content": "No idea."}
    return Pair(
        "cd34",
        example(output=[chosen], **changed),
        example(output=[worse], **changed),
        "rating",
        0.5,
    )


def row(name: str, **changed: Any) -> dict[str, Any]:
    return formats.get(name).row(example(**changed))


def parsed(call: dict[str, Any] = CALL) -> dict[str, Any]:
    return {**call, "function": {"name": "track", "arguments": {"n": 1.0}}}


def test_names_of_the_formats() -> None:
    assert formats.names() == [
        *("alpaca", "classification", "extraction", "openai-chat", "openai-dpo", "records"),
        *("sharegpt", "trl-dpo", "trl-kto", "trl-prompt-completion"),
    ]
    assert set(formats.DEFAULTS.values()) <= set(formats.names())


def test_trl_prompt_completion() -> None:
    made = row("trl-prompt-completion")
    assert made == {"prompt": TALK, "completion": [ANSWER]}
    assert list(made) == ["prompt", "completion"]


def test_trl_gets_arguments_as_objects_and_tools_as_text() -> None:
    made = row("trl-prompt-completion", messages=TRACKED, tools=TOOLS)
    call = {"role": "assistant", "content": "", "tool_calls": [parsed()]}
    assert made["prompt"] == [TRACKED[0], call, RESULT]
    assert orjson.loads(made["tools"]) == TOOLS
    assert row("trl-prompt-completion", tools=[])["tools"] == "null"
    assert row("trl-prompt-completion", output=[ASKED])["completion"] == [call]


def test_openai_chat_trains_only_the_answer() -> None:
    system, hi, hello, where = TALK
    weighed = {"messages": [system, hi, {**hello, "weight": 0}, where, ANSWER]}
    assert row("openai-chat") == weighed
    made = row("openai-chat", messages=TRACKED, tools=TOOLS)
    assert made == {
        "messages": [TRACKED[0], {**ASKED, "weight": 0}, RESULT, ANSWER],
        "tools": TOOLS,
    }
    assert "tools" not in row("openai-chat", tools=[])


def test_an_empty_turn_is_no_openai_chat() -> None:
    for role in ("system", "user", "assistant"):
        with pytest.raises(Inexpressible, match=f"an empty turn of the {role}"):
            row("openai-chat", messages=[{"role": role, "content": ""}, *TALK])
    silent = {"role": "tool", "content": "", "tool_call_id": "c1"}
    assert row("openai-chat", messages=[TRACKED[0], ASKED, silent])["messages"][2] == silent


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([TRACKED[0], ASKED], "a tool call without its result"),
        ([TRACKED[0], ASKED, TRACKED[0], RESULT], "a tool call without its result"),
        ([TRACKED[0], RESULT], "the result of a tool call that is not there"),
        ([*TRACKED, RESULT], "the result of a tool call that is not there"),
        ([*TRACKED[:2], {**RESULT, "tool_call_id": "c2"}], "the result of a tool call that"),
    ],
)
def test_calls_have_results_in_openai_chat(messages: Any, said: str) -> None:
    with pytest.raises(Inexpressible, match=said):
        row("openai-chat", messages=messages)
    assert row("openai-chat", messages=TRACKED[:1], output=[ASKED])["messages"][-1] == ASKED


def test_calls_without_ids_get_some() -> None:
    bare = {"type": "function", "function": {"name": "track", "arguments": "{}"}}
    results = [{"role": "tool", "content": text} for text in "ab"]
    asked = {"role": "assistant", "content": None, "tool_calls": [bare, bare]}
    made = row("openai-chat", messages=[TRACKED[0], asked, *results])["messages"]
    assert [call["id"] for call in made[1]["tool_calls"]] == ["call00001", "call00002"]
    assert [message["tool_call_id"] for message in made[2:4]] == ["call00001", "call00002"]


def test_trl_kto() -> None:
    assert row("trl-kto", good=False) == {"prompt": TALK, "completion": [ANSWER], "label": False}
    assert row("trl-kto", tools=TOOLS)["tools"] == orjson.dumps(TOOLS).decode()
    assert formats.get("trl-kto").unit == "rated"


def test_trl_dpo() -> None:
    worse = {"role": "assistant", "content": "No idea."}
    made = formats.get("trl-dpo").row(pair())
    assert made == {"prompt": TALK, "chosen": [ANSWER], "rejected": [worse]}
    made = formats.get("trl-dpo").row(pair(ASKED, messages=TRACKED[:1], tools=TOOLS))
    assert made["chosen"][0]["tool_calls"] == [parsed()] and "tools" in made


def test_openai_dpo() -> None:
    worse = {"role": "assistant", "content": "No idea."}
    assert formats.get("openai-dpo").row(pair()) == {
        "input": {"messages": TALK},
        "preferred_output": [ANSWER],
        "non_preferred_output": [worse],
    }
    for bad, said in (
        (pair(ASKED), "tool calls"),
        (pair(messages=TRACKED), "tool calls"),
        (pair(messages=[{"role": "user", "content": ""}]), "an empty turn"),
    ):
        with pytest.raises(Inexpressible, match=said):
            formats.get("openai-dpo").row(bad)


@pytest.mark.parametrize("name", ["openai-dpo", "trl-dpo"])
def test_a_pair_has_two_answers(name: str) -> None:
    with pytest.raises(Inexpressible, match="two answers that are the same"):
        formats.get(name).row(pair(rejected=ANSWER))
    with pytest.raises(Inexpressible, match="no answer"):
        formats.get(name).row(pair(rejected={"role": "assistant", "content": ""}))
    with pytest.raises(Inexpressible, match="no prompt"):
        formats.get(name).row(pair(messages=[]))


def test_sharegpt() -> None:
    assert row("sharegpt") == {
        "conversations": [
            {"from": "human", "value": "Hi"},
            {"from": "gpt", "value": "Hello!"},
            {"from": "human", "value": TALK[3]["content"]},
            {"from": "gpt", "value": "In Bergen."},
        ],
        "system": "Be kind.",
    }
    made = row("sharegpt", messages=TRACKED, tools=TOOLS)
    assert made["conversations"][1:3] == [
        {"from": "function_call", "value": '{"name":"track","arguments":{"n":1.0}}'},
        {"from": "observation", "value": "At sea."},
    ]
    assert orjson.loads(made["tools"]) == [TOOLS[0]["function"]] and made["system"] == ""
    assert row("sharegpt", tools=[])["tools"] == ""
    twice = {**ASKED, "tool_calls": [CALL, CALL]}
    value = row("sharegpt", output=[twice])["conversations"][-1]["value"]
    assert orjson.loads(value) == 2 * [{"name": "track", "arguments": {"n": 1.0}}]


def test_alpaca() -> None:
    assert row("alpaca") == {
        "instruction": TALK[3]["content"],
        "input": "",
        "output": "In Bergen.",
        "system": "Be kind.",
        "history": [["Hi", "Hello!"]],
    }
    with pytest.raises(Inexpressible, match="tool calls"):
        row("alpaca", messages=TRACKED)


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([TALK[2], TALK[1]], "a turn of the assistant after one of nobody"),
        ([TALK[1], TALK[3]], "a turn of the user after one of the user"),
        ([TALK[1], TALK[2]], "a turn of the assistant after one of the assistant"),
        ([*TRACKED, RESULT], "a turn of the tool after one of the tool"),
        ([TALK[1], TALK[2], TALK[0], TALK[3]], "a system message that is not the first"),
    ],
)
@pytest.mark.parametrize("name", ["alpaca", "sharegpt"])
def test_turns_that_llama_factory_would_skip(name: str, messages: Any, said: str) -> None:
    with pytest.raises(Inexpressible, match=said):
        row(name, messages=messages)


def test_text_beside_a_call_is_no_sharegpt() -> None:
    with pytest.raises(Inexpressible, match="text beside a tool call"):
        row("sharegpt", output=[{**ASKED, "content": "Wait."}])


@pytest.mark.parametrize("name", ["openai-chat", "sharegpt", "trl-prompt-completion"])
def test_tools_are_described(name: str) -> None:
    for tool in ("track", {"name": "track"}, {"type": "function", "function": {}}):
        with pytest.raises(Inexpressible, match="a tool that is not described as a function"):
            row(name, tools=[tool])


SENTENCE = "Ann flew to New York, Ohio."


def test_extraction() -> None:
    spans = ((12, 20, "place"), (0, 3, "person"), (22, 27, "place"))
    assert row("extraction", query=SENTENCE, spans=spans) == {
        "text": SENTENCE,
        "spans": [
            {"start": 0, "end": 3, "label": "person"},
            {"start": 12, "end": 20, "label": "place"},
            {"start": 22, "end": 27, "label": "place"},
        ],
        "tokens": ["Ann", "flew", "to", "New", "York", ",", "Ohio", "."],
        "ner_tags": [
            *("B-person", "O", "O", "B-place", "I-place", "O", "B-place", "I-place"),
        ],
    }
    assert row("extraction", query="Hi all", spans=())["ner_tags"] == ["O", "O"]
    assert row("extraction", query="", spans=())["tokens"] == []
    assert row("extraction", query="Go to Oslo now", spans=((5, 11, "p"),))["ner_tags"][2] == "B-p"


@pytest.mark.parametrize(
    ("spans", "said"),
    [
        (((0, 3, "a"), (2, 8, "b")), "spans that overlap: 0-3 a and 2-8 b"),
        (((0, 8, "a"), (4, 8, "a")), "spans that overlap: 0-8 a and 4-8 a"),
        (((0, 2, "a"),), "a span that cuts a word: 0-2 a"),
        (((1, 3, "a"),), "a span that cuts a word: 1-3 a"),
        (((3, 4, "a"),), "a span without a word: 3-4 a"),
        (((4, 4, "a"),), "a span without a word: 4-4 a"),
        (((24, 28, "a"),), "a span outside the text: 24-28 a"),
        (((-1, 3, "a"),), "a span outside the text: -1-3 a"),
    ],
)
def test_spans_that_tags_cannot_say(spans: Any, said: str) -> None:
    with pytest.raises(Inexpressible, match=said):
        row("extraction", query=SENTENCE, spans=spans)


def test_classification() -> None:
    made = formats.get("classification").row(example())
    assert made == {"text": "Where is it?", "label": "delivery"}
    for nothing in (None, ""):
        with pytest.raises(Inexpressible, match="no label"):
            formats.get("classification").row(example(label=nothing))


@pytest.mark.parametrize(
    ("rating", "quality"),
    [
        (1.0, 1),
        (2.49, 2),
        (2.5, 3),
        (3.5, 4),
        (4.4, 4),
        (4.5, 5),
        (5.0, 5),
        (None, None),
    ],
)
def test_records(rating: float | None, quality: int | None) -> None:
    made = formats.get("records").row(
        example(human_rating=rating, is_edge_case=True, edge_case_reason="boundary")
    )
    assert made == {
        "input": "Where is it?",
        "output": "In Bergen.",
        "metadata": {
            "source": "chat",
            "quality": quality,
            "isEdgeCase": True,
            "edgeCaseReason": "boundary",
        },
    }
    assert list(made["metadata"]) == ["source", "quality", "isEdgeCase", "edgeCaseReason"]


def test_records_of_a_classification_hold_the_label() -> None:
    assert formats.get("records").row(example(response=""))["output"] == "delivery"


def test_parts_of_text_are_joined_and_extra_keys_left_out() -> None:
    parts = [{"type": "text", "text": "one"}, "two", {"type": "input_text", "text": "three"}]
    asked = [{"role": "user", "content": parts, "name": "Ada"}]
    made = formats.get("openai-chat").row(example(messages=asked))
    assert made["messages"][0] == {"role": "user", "content": "one\ntwo\nthree"}


def test_only_the_first_of_several_answers_is_trained() -> None:
    made = formats.get("trl-prompt-completion").row(
        example(output=[ANSWER, {"role": "assistant", "content": "In Oslo."}])
    )
    assert made["completion"] == [ANSWER]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]},
            "content other than text",
        ),
        ({"role": "user", "content": [3]}, "content other than text"),
        ({"role": "user", "content": {"text": "hidden"}}, "content other than text"),
        ({"role": "narrator", "content": "Once upon a time"}, "the role 'narrator'"),
        ({**ASKED, "tool_calls": [{"id": "c"}]}, "a tool call without a name"),
        ({**ASKED, "tool_calls": ["track"]}, "a tool call without a name"),
        *(
            ({**ASKED, "tool_calls": [{"function": {"name": "f", "arguments": arguments}}]}, said)
            for said in ["a tool call whose arguments are no JSON object"]
            for arguments in ("{", "[]", "3", '{"n": 123456789012345678901234567890}')
        ),
    ],
)
@pytest.mark.parametrize("name", ["openai-chat", "sharegpt", "trl-prompt-completion", "trl-kto"])
def test_what_a_chat_cannot_express(name: str, message: dict[str, Any], said: str) -> None:
    before = TALK if message["role"] == "assistant" else TALK[:3]
    after = [] if message["role"] == "assistant" else [TALK[2]]
    with pytest.raises(Inexpressible, match=said):
        row(name, messages=[*before, message, *after, TALK[3]])


@pytest.mark.parametrize("name", CHATS)
def test_a_chat_has_a_prompt_and_an_answer(name: str) -> None:
    for nothing in ([], [{"role": "assistant", "content": ""}]):
        with pytest.raises(Inexpressible, match="no answer"):
            row(name, output=nothing)
    with pytest.raises(Inexpressible, match="no prompt"):
        row(name, messages=[])


def test_a_tool_call_is_no_record() -> None:
    with pytest.raises(Inexpressible, match="a tool call as the answer"):
        row("records", output=[ASKED], response="")


@pytest.mark.parametrize("name", ["records", "classification", "extraction"])
def test_a_picture_in_the_question_is_refused_and_one_before_it_is_not(name: str) -> None:
    picture = {"type": "image_url", "image_url": {"url": "x"}}
    seen = {"role": "user", "content": [{"type": "text", "text": "Where is it?"}, picture]}
    with pytest.raises(Inexpressible, match="content other than text"):
        row(name, messages=[seen], spans=())
    assert "Where is it?" in row(name, messages=[seen, TALK[2], TALK[3]], spans=()).values()


def test_a_picture_as_the_answer_is_no_record() -> None:
    picture = {"role": "assistant", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}
    with pytest.raises(Inexpressible, match="content other than text"):
        row("records", output=[picture])


def test_an_unknown_format_gets_a_suggestion() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'openai-chat'"):
        formats.get("openai_chat")


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="records"):
        formats.export_format("records", features="")(lambda _: {})


KNOWN = Contents(tools=True, labels=("delivery", 'refund: "late"\n\u2028é\\'))
FILES = Files("support", "train.jsonl", "test.jsonl", None, 1_000)


@pytest.mark.parametrize("name", formats.names())
@pytest.mark.parametrize("contents", [Contents(), KNOWN])
def test_features_name_the_columns(name: str, contents: Contents) -> None:
    made = formats.get(name)
    unit = pair if made.unit == "pair" else example
    columns = made.row(unit(tools=TOOLS if contents.tools else None, spans=()))
    features = yaml.safe_load(made.features(contents))
    assert [feature["name"] for feature in features] == list(columns)


def test_labels_are_classes() -> None:
    (_, label), *_ = [yaml.safe_load(formats.get("classification").features(KNOWN))]
    assert label["dtype"]["class_label"]["names"] == dict(zip("01", KNOWN.labels, strict=True))
    tags = yaml.safe_load(formats.get("extraction").features(Contents(entities=("a", "b"))))[-1]
    names = ["O", "B-a", "I-a", "B-b", "I-b"]
    assert list(tags["list"]["class_label"]["names"].values()) == names


def test_the_list_of_llama_factory_holds_both_formats() -> None:
    both = [
        (formats.get(name), Files("faq", f"train.{name}.jsonl", None, name, None))
        for name in ("sharegpt", "alpaca")
    ]
    made = orjson.loads(formats.side_files(KNOWN, both)["dataset_info.json"])
    assert list(made) == ["faq-sharegpt_train", "faq-alpaca_train"]
    one = orjson.loads(formats.side_files(KNOWN, [(both[0][0], FILES)])["dataset_info.json"])
    columns = {"messages": "conversations", "system": "system", "tools": "tools"}
    assert one == {
        f"support_{side}": {
            "file_name": f"{side}.jsonl",
            "formatting": "sharegpt",
            "columns": columns,
        }
        for side in ("train", "test")
    }


@pytest.mark.parametrize(
    ("name", "file"), [("openai-chat", "axolotl.yaml"), ("trl-dpo", "axolotl-dpo.yaml")]
)
def test_the_configuration_for_axolotl(name: str, file: str) -> None:
    made = yaml.safe_load(formats.side_files(KNOWN, [(formats.get(name), FILES)])[file])
    assert made["sequence_len"] == 1_280
    (data,) = made["datasets"]
    assert data["path"] == "." and data["split"] == "train" and "name" not in data
    used = [value for key, value in data.items() if key.startswith("field_")]
    unit = pair() if name == "trl-dpo" else example()
    assert set(used) <= set(formats.get(name).row(unit))
    many = Files("support", "train.x.jsonl", None, name, None)
    text = formats.side_files(KNOWN, [(formats.get(name), many)])[file]
    assert yaml.safe_load(text)["datasets"][0]["name"] == name


@pytest.mark.parametrize("name", ["trl-prompt-completion", "trl-dpo", "trl-kto"])
def test_the_card_leaves_room_for_the_longest_row(name: str) -> None:
    snippet = formats.get(name).snippet
    assert snippet
    for longest, room in ((1_000, 1_280), (1_024, 1_536), (0, 256)):
        text = snippet(KNOWN, replace(FILES, longest=longest))
        assert f"max_length={room},  # the longest row has {longest:,} tokens" in text
    assert "max_length=4096" in snippet(KNOWN, replace(FILES, longest=None))

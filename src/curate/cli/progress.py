"""How far a command is, on stderr: bars on a terminal, else a line every ten seconds.

What takes less time says nothing. A thread does the looking, since a command may take long over one
item, or over what it does not count.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from curate.cli import terminal
from curate.text.escaping import for_terminal
from curate.text.wording import shortened

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live
    from rich.spinner import Spinner

SECONDS_BETWEEN_LINES = 10.0
SECONDS_BEFORE_BARS = 1.0
_SECONDS_BETWEEN_LOOKS = 0.2
# Of a row with a bar: it is not drawn out over a wide terminal, and not pressed into a small one.
_WIDEST, _NARROWEST, _BESIDE_LABEL = 100, 60, 55


@dataclass(eq=False)
class Work:
    """Something under way: a command, or items that it takes one after the other."""

    label: str
    begun: float
    counts: bool = False
    total: int | None = None
    done: int = 0
    last: float | None = None

    def step(self, now: float) -> None:
        """Counts one item that is done."""
        self.done, self.last = self.done + 1, now

    def parts(self, now: float) -> tuple[str, str, str]:
        """Returns how many are done, the rate and the time left; for a command how long it takes.

        What is not known yet is empty.
        """
        seconds = now - self.begun
        if not self.counts:
            return duration(seconds), "", ""
        done = f"{self.done:,}" if self.total is None else f"{self.done:,} of {self.total:,}"
        # Items may come in portions: what passes while the next is made changes no rate.
        until = self.last if self.last is not None else now
        rate = self.done / (until - self.begun) if until > self.begun else 0.0
        if not rate:
            return done, "", ""
        more = None if self.total is None else (self.total - self.done) / rate - (now - until)
        left = "" if more is None else f"{duration(more)} left"
        return done, _rate(rate), left


def duration(seconds: float) -> str:
    """Returns a time as it is said: `41 s`, `2 min 21 s`, `1 h 5 min`."""
    whole = round(max(seconds, 0.0))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def _rate(rate: float) -> str:
    if rate < 0.5:
        return f"{rate * 60:,.1f}/min"
    return f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s"


def line(under_way: Sequence[Work], now: float) -> str:
    """Returns where a command is: `embed  12,000 of 98,310  612/s  2 min 21 s left`."""
    last = under_way[-1]
    return "  ".join(filter(None, [label(under_way, last), *last.parts(now)]))


def label(under_way: Sequence[Work], work: Work) -> str:
    """Returns what work it is, after the command that does it, on one line."""
    commands = [one.label for one in under_way if not one.counts][-1:]
    parts = [*commands, work.label] if work.counts else commands
    return "  ".join(shortened(for_terminal(part)) for part in parts)


class Display:
    """Shows what is under way, until it is done.

    Args:
        stream: where; stderr, whatever that is at the time, by default.
        every: seconds between two lines; None: `SECONDS_BETWEEN_LINES`.
        clock: tells the time in seconds.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        every: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream, self._every, self.clock = stream, every, clock
        self._lock = threading.RLock()
        self._under_way: list[Work] = []
        self._live: Live | None = None
        self._spinner: Spinner
        self._said = 0.0
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def stream(self) -> TextIO:
        """The stream that is written to."""
        return self._stream or sys.stderr

    @contextmanager
    def work(self, label: str, *, counts: bool = False, total: int | None = None) -> Iterator[Work]:
        """Shows work while it is under way; what a command has begun ends with it."""
        one = Work(label, self.clock(), counts, total)
        with self._lock:
            if not self._under_way:
                self._said = self.clock()
                self._start()
            self._under_way.append(one)
        try:
            yield one
        finally:
            self._end(one)

    def _start(self) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(self._ended,), daemon=True)
        self._thread.start()

    def _end(self, one: Work) -> None:
        with self._lock:
            if one not in self._under_way:
                return
            place = self._under_way.index(one)
            if place == 0:
                self.clear()
            # An error leaves items unfinished; they end with their command.
            del self._under_way[place : place + 1 if one.counts else None]
            if self._under_way or self._thread is None:
                return
            thread, self._thread = self._thread, None
            self._ended.set()
        thread.join()

    def _watch(self, ended: threading.Event) -> None:
        while not ended.wait(_SECONDS_BETWEEN_LOOKS):
            # Nobody may be there any more to be told; the command goes on.
            with suppress(OSError, ValueError):
                self.look()

    def look(self) -> None:
        """Draws the bars again, or writes a line where one is due."""
        with self._lock:
            if not self._under_way:
                return
            silent = self.clock() - self._said
            if not terminal.may_act(self.stream):
                every = SECONDS_BETWEEN_LINES if self._every is None else self._every
                if silent >= every:
                    self._said = self.clock()
                    terminal.write(f"{line(self._under_way, self.clock())}\n", self.stream)
            elif self._live:
                self._live.refresh()
            elif silent >= SECONDS_BEFORE_BARS:
                self._draw()

    def _draw(self) -> None:
        from rich.live import Live
        from rich.spinner import Spinner

        console = terminal.console(self.stream)
        self._spinner = Spinner("dots" if console.encoding.startswith("utf") else "line")
        self._live = Live(
            console=console,
            get_renderable=lambda: self._bars(console.width - 1),
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start(refresh=True)

    def _bars(self, width: int) -> RenderableType:
        """Returns a row for each thing that is counted; without any, the command and its time."""
        from rich.progress_bar import ProgressBar
        from rich.table import Column, Table
        from rich.text import Text

        now, counted = self.clock(), [work for work in self._under_way if work.counts]
        if not counted or width < _NARROWEST:
            text = Text(line(self._under_way, now), no_wrap=True, overflow="ellipsis")
            self._spinner.update(text=text)
            return self._spinner
        width = min(width, _WIDEST)
        rows = Table.grid(
            Column(no_wrap=True, overflow="ellipsis", max_width=width - _BESIDE_LABEL),
            Column(ratio=1, min_width=_NARROWEST // 6),
            Column(no_wrap=True, justify="right"),
            Column(no_wrap=True, justify="right", min_width=len("1,000/s")),
            Column(no_wrap=True, min_width=len("2 min 21 s left")),
            padding=(0, 2, 0, 0), expand=True,
        )  # fmt: skip
        rows.width = width
        for work in counted:
            bar = ProgressBar(
                work.total, work.done, pulse=work.total is None,
                complete_style="cyan", finished_style="cyan", pulse_style="cyan",
            )  # fmt: skip
            parts = map(Text, work.parts(now))
            rows.add_row(Text(label(self._under_way, work)), bar, *parts)
        return rows

    def clear(self) -> None:
        """Takes the bars away; they come back when nothing was printed for a while."""
        with self._lock:
            self._said = self.clock()
            if self._live:
                self._live.stop()
                self._live = None


_display = Display()
terminal.before_printing = _display.clear
under_way = _display.work


def progress(items: Iterable[Any], label: str) -> Iterator[Any]:
    """Yields items and shows how far that is, with the rate and the time left."""
    total = len(items) if isinstance(items, Sized) else None
    with _display.work(label, counts=True, total=total) as work:
        for item in items:
            yield item
            work.step(_display.clock())

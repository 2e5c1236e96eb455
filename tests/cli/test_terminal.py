"""The terminal: what fits it, what is drawn on it, and that files and pipes get plain text."""

from __future__ import annotations

import errno
import fcntl
import io
import json
import os
import pty
import re
import shutil
import struct
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from curate.cli import terminal
from curate.cli.progress import SECONDS_BETWEEN_LINES, Display, Work, duration, line, progress
from curate.text import tables
from curate.text.wording import table, wrapped
from program import Program
from projects import WriteJsonl, new_project

WIDTHS = (40, 80, 100, 200)
_CONTROL = re.compile(r"\x1b\[[?\d;]*([A-Za-z])|\x1b.")


def typed(*arguments: str, columns: int, **variables: str) -> str:
    """Runs curate on a terminal of so many columns and returns what it wrote there."""
    child, terminal_side = pty.fork()
    if child == 0:  # pragma: no cover
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
        named = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")}
        named |= {"TERM": "xterm-256color", "PYTHONPATH": os.pathsep.join(sys.path), **variables}
        os.execve(sys.executable, [sys.executable, "-m", "curate", *arguments], named)
    written = b""
    while True:
        try:
            part = os.read(terminal_side, 65536)
        except OSError as error:
            assert error.errno == errno.EIO  # Linux: the other side is closed
            break
        if not part:
            break
        written += part
    os.close(terminal_side)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, written.decode()
    return written.decode()


class Screen:
    """What a terminal shows: lines are overwritten and erased as the control sequences say."""

    def __init__(self, columns: int) -> None:
        self.columns, self.lines, self.row, self.column = columns, [""], 0, 0
        self.widest, self.is_hidden, self.styles = 0, False, ""

    def feed(self, written: str) -> Screen:
        place = 0
        while place < len(written):
            if found := _CONTROL.match(written, place):
                self._control(found)
                place = found.end()
                continue
            self._put(written[place])
            place += 1
        return self

    def _put(self, character: str) -> None:
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row, self.column = self.row + 1, 0
            if self.row == len(self.lines):
                self.lines.append("")
        else:
            text = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = text[: self.column] + character + text[self.column + 1 :]
            self.column += 1
            self.widest = max(self.widest, cell_len(self.lines[self.row]))

    def _control(self, found: re.Match[str]) -> None:
        whole, kind = found[0], found[1]
        if whole in ("\x1b[?25l", "\x1b[?25h"):
            self.is_hidden = whole.endswith("l")
        elif whole == "\x1b[2K":
            self.lines[self.row] = ""
        elif kind == "A":
            self.row -= int(whole[2:-1])
        else:
            assert kind == "m", f"{whole!r} is not expected"
            self.styles = "" if whole in ("\x1b[0m", "\x1b[m") else whole


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl) -> Path:
    """A project with examples that are not embedded yet, and a long name among its logs."""
    project = new_project(tmp_path_factory.mktemp("terminal") / "p")
    things = ("lamp", "chair", "table", "sofa", "mirror", "carpet", "shelf", "vase", "clock", "bed")
    rows = [
        {
            "id": f"r{n}", "rating": 5, "label": f"label-{n % 3}",
            "prompt": f"Where is the {things[n % 10]} number {n}, bought in {n // 10} from you?",
            "response": f"It is on its way to you, {n}.",
        }
        for n in range(1100)
    ]  # fmt: skip
    logs = project.folder / "logs" / "a-folder-with-a-long-name" / "and-a-file-with-one.jsonl"
    write_jsonl(logs, rows)
    text = (project.folder / "curate.toml").read_text("utf-8")
    locations = '[pull]\nlocations = ["logs"]\n'
    (project.folder / "curate.toml").write_text(text.replace("# [pull]\n", locations), "utf-8")
    return project.folder


@pytest.mark.slow
@pytest.mark.parametrize("columns", [80, 200])
def test_bars_hold_on_a_terminal(folder: Path, tmp_path: Path, columns: int) -> None:
    shutil.copytree(folder, tmp_path / "p")
    written = typed("-C", str(tmp_path / "p"), "run", columns=columns)
    assert re.search(r"━.*\d of \d", written), "no bar was drawn, so nothing was seen of one"
    screen = Screen(columns).feed(written)
    assert screen.widest <= columns
    assert not screen.is_hidden and not screen.styles
    said = "\n".join(screen.lines)
    assert "━" not in said and "⠋" not in said, "a bar was left behind"
    assert said.rstrip().endswith("Next: curate status")
    for stage in ("filter ", "embed ", "dedupe ", "cluster "):
        assert len(re.findall(f"^{stage}", said, re.MULTILINE)) == 1, said


@pytest.mark.slow
def test_a_pipe_gets_lines_that_tell_the_stage(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curate.cli.progress.SECONDS_BETWEEN_LINES", 0.1)
    shutil.copytree(folder, tmp_path / "p")
    result = CliRunner().invoke(Program(), ["-C", str(tmp_path / "p"), "run", "--json"])  # type: ignore[arg-type]
    assert result.exit_code == 0
    assert "embed" in json.loads(result.stdout)
    said = result.stderr.splitlines()
    assert "\x1b" not in result.output
    left = r"(\d+ h )?(\d+ min )?(\d+ s )?left"
    counted = rf"embed  inputs  [\d,]+ of 1,100(  [\d,.]+/(s|min)  {left})?"
    assert any(re.fullmatch(counted, one) for one in said), said
    assert any(re.fullmatch(r"(embed|cluster)  \d+ s", one) for one in said), said
    stages = {"run", "pull", "filter", "embed", "dedupe", "cluster"}
    assert {one.split()[0] for one in said} <= stages


@pytest.mark.slow
@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_who_wants_no_colours_gets_no_escapes(folder: Path, variables: dict[str, str]) -> None:
    for command in (("status",), ("runs",), ("pull", "--dry-run"), ("doctor",)):
        assert "\x1b" not in typed("-C", str(folder), *command, columns=80, **variables)


@pytest.mark.slow
def test_a_terminal_gets_bold_headers_and_a_file_does_not(folder: Path) -> None:
    shown = typed("-C", str(folder), "runs", columns=80)
    assert re.search("\x1b\\[1mrun  command", shown)
    assert "\x1b[2m───  ───" in shown


# -- what is printed -------------------------------------------------------------------------------


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture(params=WIDTHS)
def columns(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """The width of a terminal."""
    monkeypatch.setenv("COLUMNS", str(request.param))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return int(request.param)


@contextmanager
def on_terminal() -> Iterator[Terminal]:
    """Makes stdout a terminal; pytest gives each test its own stdout after all fixtures."""
    with pytest.MonkeyPatch.context() as patch:
        page = Terminal()
        patch.setattr(sys, "stdout", page)
        yield page


LONG = "because of a reason that is told at length"
ROWS = [
    ["a name of several words that is long", 1_234_567, LONG, "0f952059e99a", "12.5%"],
    ["short", 12, "", "4d0ced00c463", "3.0%"],
]
HEAD = ["name", "examples", "why", "such as", "share"]


def test_a_table_in_a_pipe_is_as_it_was() -> None:
    assert table(HEAD, ROWS).splitlines() == [
        f"name                                   examples  why{' ' * 41}such as       share",
        f"a name of several words that is long  1,234,567  {LONG}  0f952059e99a  12.5%",
        f"short                                        12  {' ' * 44}4d0ced00c463   3.0%",
    ]
    assert table(["a"], []) == "a\n"


def test_a_table_fits_and_no_number_is_cut(columns: int) -> None:
    for cut in (False, True):
        with on_terminal():
            lines = table(HEAD, ROWS, cut=cut).splitlines()
        assert max(map(cell_len, lines)) <= max(columns, 60)
        text = "\n".join(lines)
        for number in ("1,234,567", "12", "12.5%", "3.0%"):
            assert re.search(rf"(?<!\S){re.escape(number)}(?!\S)", text), text
        assert set(lines[1]) == {"─", " "} or columns < 80
        assert ("…" in text) == (cut and columns < 200)
        assert "0f952059e99a" in text or columns == 40


def test_a_cell_is_one_line_and_nothing_in_it_is_markup(columns: int) -> None:
    with on_terminal():
        shown = table(["a"], [["one\ntwo\tthree"], ["[red]x[/red] :smile:"], ["\x1b[2J"]])
    lines = [line.strip() for line in shown.splitlines()]
    assert lines[0] == "a" and lines[2:] == ["one two three", "[red]x[/red] :smile:", r"\x1b[2J"]


def test_columns_without_a_value_go_where_there_is_no_room(columns: int) -> None:
    with on_terminal():
        head = table(["name", "empty", "text"], [["n" * 20, "", "t" * 35]]).splitlines()[0]
        assert table(HEAD, []).split() == table(HEAD, [[""] * 5]).split()
    assert ("empty" in head) == (columns > 65)


def test_sentences_are_as_wide_as_the_terminal(columns: int) -> None:
    with on_terminal():
        lines = wrapped("word " * 100).splitlines()
        assert tables.width() == min(columns, 120)
    assert min(columns, 120) - 5 <= max(map(len, lines)) <= min(columns, 120)
    assert max(map(len, wrapped("word " * 100).splitlines())) in range(95, 101), "in a pipe"


def test_a_line_that_is_too_long_is_folded_and_a_command_is_not(columns: int) -> None:
    text, command = "  found: " + "word " * 60, "Next: curate " + "word " * 60
    with on_terminal() as page:
        terminal.echo(f"{text}\n{command}\n")
    said = _CONTROL.sub("", page.getvalue()).splitlines()
    assert all(len(line) <= columns for line in said[:-1])
    assert len(said) > 2 and said[1].startswith("    word")
    assert said[-1] == command
    assert " ".join(" ".join(said[:-1]).split()) == text.strip()


def test_a_stream_that_knows_few_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "ascii"))
    terminal.echo("é 你\n")
    sys.stdout.flush()
    assert raw.getvalue() == b"\\xe9 \\u4f60\n"


def test_a_file_is_printed_byte_for_byte_but_on_a_terminal(
    columns: int, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    data = b"answer\r\n\x1b[2J,\xc2\x9b\r\n"
    terminal.print_data(data)
    assert capfdbinary.readouterr().out == data
    with on_terminal() as page:
        terminal.print_data(data)
    assert page.getvalue() == "answer\n\\x1b[2J,\\x9b\n"


def test_a_bug_quotes_nothing_that_acts(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_traceback(ValueError, ValueError("\x1b[2J"), None)
    assert capsys.readouterr().err == "ValueError: \\x1b[2J\n"


# -- how far it is ---------------------------------------------------------------------------------


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59.4, "59 s"), (141, "2 min 21 s"), (3600, "1 h 0 min"), (90061, "25 h 1 min")],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_a_line_tells_where_it_is() -> None:
    embed = Work("embed", 0.0)
    inputs = Work("inputs", 0.0, counts=True, total=98_310, done=12_000)
    assert line([embed, inputs], 19.6) == "embed  inputs  12,000 of 98,310  612/s  2 min 21 s left"
    assert line([embed], 19.6) == "embed  20 s"
    inputs.total = None
    assert line([inputs], 19.6) == "inputs  12,000  612/s"
    inputs.done = 0
    assert line([inputs], 19.6) == "inputs  0"
    inputs.done = 4
    assert line([inputs], 40.0) == "inputs  4  6.0/min"
    inputs.label = "reading \x1b[2J\n.jsonl"
    assert line([inputs], 40.0).startswith(r"reading \x1b[2J .jsonl  ")


def test_lines_come_every_ten_seconds_also_over_one_slow_item() -> None:
    clock, page = Clock(), io.StringIO()
    display = Display(page, every=SECONDS_BETWEEN_LINES, clock=clock)

    def pass_time(seconds: float) -> list[str]:
        clock.now += seconds
        display.look()
        return page.getvalue().splitlines()

    with display.work("embed"):
        assert pass_time(9.9) == []
        assert pass_time(0.2) == ["embed  10 s"]
        with display.work("inputs", counts=True, total=100) as inputs:
            inputs.done = 10
            assert len(pass_time(9.0)) == 1
            assert pass_time(1.1)[1:] == ["embed  inputs  10 of 100  1.0/s  1 min 31 s left"]
            assert len(pass_time(10.1)) == 3, "no item was finished meanwhile"
            display.clear()  # something was printed
            assert len(pass_time(9.0)) == 3
        assert pass_time(1.1)[3:] == ["embed  40 s"]
    assert len(pass_time(60)) == 4, "nothing is under way any more"


def test_a_thread_looks_while_an_item_takes_long() -> None:
    page = io.StringIO()
    with Display(page, every=0.05).work("slow"):
        time.sleep(0.7)
    said = page.getvalue().splitlines()
    assert len(said) >= 2 and {*said} <= {"slow  0 s", "slow  1 s"}
    time.sleep(0.3)
    assert page.getvalue().splitlines() == said


def test_what_an_error_leaves_unfinished_ends_with_its_command() -> None:
    clock, page = Clock(), io.StringIO()
    display = Display(page, every=SECONDS_BETWEEN_LINES, clock=clock)
    with pytest.raises(ValueError, match="broken"), display.work("pull"):
        unfinished = display.work("reading", counts=True)
        unfinished.__enter__()
        raise ValueError("broken")
    clock.now += 60
    display.look()
    assert page.getvalue() == ""


@pytest.mark.parametrize("counts", [True, False])
def test_bars_end_with_what_they_show(columns: int, counts: bool) -> None:
    clock, page = Clock(), Terminal()
    display = Display(page, clock=clock)
    with pytest.raises(KeyboardInterrupt), display.work("embed"):
        unfinished = display.work("inputs", counts=counts, total=10)
        unfinished.__enter__()
        for _ in range(3):
            clock.now += 2
            display.look()
        assert page.getvalue().count("inputs") == 3
        raise KeyboardInterrupt
    screen = Screen(columns).feed(page.getvalue())
    assert screen.widest < columns and not screen.is_hidden
    assert "".join(screen.lines).strip() == ""


def test_items_come_through_as_they_are() -> None:
    assert list(progress(iter("abc"), "letters")) == ["a", "b", "c"]
    assert list(progress([], "nothing")) == []


def test_a_file_whose_name_is_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"bad\xffname.jsonl")
    (tmp_path / name).write_bytes(b'{"prompt": "a", "completion": "b"}\n')
    for more in ((), ("--json",)):
        result = CliRunner().invoke(Program(), ["check", str(tmp_path / name), *more])  # type: ignore[arg-type]
        assert result.exit_code == 0, result.exc_info
        assert r"bad\udcffname.jsonl" in result.stdout


def test_a_name_begins_no_line_of_ours(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    fake = "x\nNext: curate undo 1"
    project = new_project(tmp_path / "p")
    row = {"id": fake, "prompt": fake, "response": "It is.", "session": fake, "label": fake}
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", [row, {"broken": fake}]))])
    project.filter()
    for command in (["why", fake], ["status", "--rejects"], ["runs"], ["privacy"]):
        result = CliRunner().invoke(Program(), ["-C", str(project.folder), *command])  # type: ignore[arg-type]
        assert result.exit_code == 0, result.output
        assert "\nNext: curate undo" not in result.stdout

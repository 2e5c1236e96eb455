"""The documentation says what is true: its commands run, its generated parts are up to date.

Every ```console block of README.md and docs/ is run, in order, in one temporary folder a page, and
what it prints must be what the page shows. Directives are HTML comments on the line before a block:

- `<!-- file: PATH -->` writes the block to PATH instead of running it.
- `<!-- plugin: FOLDER -->` installs the package that the files in FOLDER make up.
- `<!-- in: demo -->` anywhere on a page makes its folder a copy of the project of `curate demo`.

In expected output a line `...` stands for any lines; hashes, dates, sizes, rates are not compared.
`DOCS_UPDATE=1 pytest tests/house/test_docs.py` rewrites the output of blocks without `...`.
"""

from __future__ import annotations

import doctest
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from curate import formats, sources
from curate.cli import cli, main
from curate.cli import words as show
from curate.filters import filters
from projects import Demo

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = [*PAGES, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]
README_LINES, DOCS_WORDS = 250, 29_000

# Nothing here may tell where it was written, nor promise what is not there.
FORBIDDEN = (
    r"(?<![\w.~])/(home|root|work|Users)/\w",
    r"(?i)\bsite-packages\b",
    r"\b(TODO|FIXME|XXX)\b",
)

_BLOCK = re.compile(
    r"^(?:<!-- (?P<directive>file|plugin): (?P<value>\S+) -->\n)?"
    r"```(?P<language>\w*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_GENERATED = re.compile(r"<!-- \[\[\[cog.*?\[\[\[end\]\]\] -->", re.DOTALL)
_VOLATILE = (
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8,64}\b"), "HASH"),
    (re.compile(r"\b20\d\d-\d\d-\d\d( \d\d:\d\d)?\b"), "DATE"),
    (re.compile(r"[\d,.]+ [kMG]B\b"), "SIZE"),
    (re.compile(r"\b[\d,]+/s\b"), "RATE"),
    (re.compile(r" {2,}"), "  "),
)


@dataclass(frozen=True)
class Block:
    """One fenced block of a page: where its body begins, and what is to be done with it."""

    start: int
    language: str
    body: str
    directive: str | None
    value: str


def blocks(text: str) -> Iterator[Block]:
    for m in _BLOCK.finditer(text):
        yield Block(m.start("body"), m["language"], m["body"], m["directive"], m["value"] or "")


def curate(arguments: list[str]) -> tuple[str, int]:
    """Runs the command line in this process and returns what it printed, and its exit code."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        try:
            main(arguments)
        except SystemExit as ended:
            return said.getvalue(), int(ended.code or 0)
    return said.getvalue(), 0


class Shell:
    """Runs the commands of a page in its folder, as a person would type them."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, demo: Callable[[], Demo] | None = None
    ) -> None:
        self.folder, self.patch, self.demo, self.code = folder, monkeypatch, demo, 0
        monkeypatch.chdir(folder)

    def run(self, command: str) -> str:
        if command == "echo $?":
            return f"{self.code}\n"
        if command.startswith("cd "):
            self.patch.chdir(command[3:])
            return ""
        words = shlex.split(command)
        with pytest.MonkeyPatch.context() as variables:
            while "=" in words[0]:
                variables.setenv(*words.pop(0).split("=", 1))
            if words[:2] == ["curate", "demo"] and self.demo:
                text, self.code = self.demo().copy_to(Path(words[2] if words[2:] else "demo")), 0
            elif words[0] == "curate":
                text, self.code = curate(words[1:])
            else:
                done = subprocess.run(
                    command, shell=True, capture_output=True, text=True, check=False
                )
                text, self.code = done.stdout + done.stderr, done.returncode
        return text.replace(f"{self.folder.resolve()}/", "").replace(f"{self.folder}/", "")


def console(body: str) -> list[tuple[str, str, str]]:
    """Returns (as typed, command, expected output) of each command of a console block."""
    found: list[tuple[str, str, str]] = []
    for part in re.split(r"^(?=\$ )", body, flags=re.MULTILINE):
        if part.startswith("$ "):
            typed = re.match(r"(?:.*\\\n)*.*\n", part)
            assert typed
            command = typed[0][2:].replace("\\\n", " ").strip()
            found.append((typed[0], command, part[typed.end() :]))
    return found


def normal(text: str) -> str:
    for pattern, word in _VOLATILE:
        text = pattern.sub(word, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"


def matches(expected: str, seen: str) -> bool:
    lines = normal(expected).splitlines()
    pattern = "".join(r"(?:.*\n)*?" if li == "..." else re.escape(li) + "\n" for li in lines)
    return re.fullmatch(pattern, normal(seen)) is not None


# -- what pages show is what happens ---------------------------------------------------------------


@pytest.fixture
def registries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgets after the test which sources and formats a page added."""
    formats.names()
    sources.known_suffixes()
    for module, name in (
        (formats, "_formats"),
        (sources, "_readers"),
        (sources, "_suffixes"),
    ):
        monkeypatch.setattr(module, name, dict(getattr(module, name)))


def _shown(page: Path) -> Any:
    """Returns a page as a parameter; those that show the demo or all stages take their time."""
    text = page.read_text(encoding="utf-8")
    slow = "<!-- in: demo -->" in text or re.search(r"^\$ curate (demo|run)\b", text, re.MULTILINE)
    return pytest.param(page, id=page.stem, marks=[pytest.mark.slow] if slow else [])


@pytest.mark.parametrize("page", [_shown(page) for page in PAGES])
def test_page_does_what_it_shows(
    page: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    registries: None,
) -> None:
    text = page.read_text(encoding="utf-8")
    folder = tmp_path / "page"
    folder.mkdir()

    def demo() -> Demo:
        return request.getfixturevalue("demo")

    shell, updates, wrong = Shell(folder, monkeypatch, demo), [], []
    if "<!-- in: demo -->" in text:
        demo().copy_to(Path())
    names: dict[str, Any] = {}
    for block in blocks(text):
        if block.directive == "file":
            (folder / block.value).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.value).write_text(block.body, encoding="utf-8")
        elif block.language == "pycon":
            _run_python(page, block, names)
        elif block.language == "console":
            if block.directive == "plugin":
                _install(folder / block.value, monkeypatch)
            parts = [(typed, expected, shell.run(c)) for typed, c, expected in console(block.body)]
            bad = [part for part in parts if not matches(part[1], part[2])]
            if bad and not any("\n...\n" in f"\n{expected}" for _, expected, _ in parts):
                updates.append((block, _rendered(parts)))
            wrong += [f"{t}\nexpected:\n{e}\nseen:\n{s}" for t, e, s in bad]
    if updates and os.environ.get("DOCS_UPDATE"):
        for block, body in reversed(updates):
            text = text[: block.start] + body + text[block.start + len(block.body) :]
        page.write_text(text, encoding="utf-8")
    assert not wrong, "\n".join(wrong)


def _rendered(parts: list[tuple[str, str, str]]) -> str:
    """Returns the body of a console block with what was seen, a blank line after each output."""
    said = [(typed, seen.strip("\n").rstrip()) for typed, _, seen in parts]
    shown = [typed + (f"{seen}\n\n" if seen else "") for typed, seen in said]
    return "".join(shown).rstrip("\n") + "\n"


def _run_python(page: Path, block: Block, names: dict[str, Any]) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(optionflags=flags, verbose=False)
    test = doctest.DocTestParser().get_doctest(block.body, names, page.name, str(page), 0)
    said: list[str] = []
    runner.run(test, out=said.append, clear_globs=False)
    names.update(test.globs)
    assert runner.failures == 0, "".join(said)


def _install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a package importable with its entry points, as `pip install` would."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    lines = []
    for group, entries in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(folder)


def test_a_wrong_page_would_be_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(tmp_path, monkeypatch)
    assert matches("Created p/ (curate.toml, curate.duckdb).\n...\n", shell.run("curate init p"))
    assert not matches(
        "Created q/ (curate.toml, curate.duckdb).\n...\n", shell.run("curate init p")
    )
    assert shell.run("curate -C nosuch status").startswith("Error: no curate project in nosuch")
    assert shell.run("echo $?") == "2\n"


# -- nothing is left out ---------------------------------------------------------------------------


def commands() -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, command in cli.commands.items():
        if isinstance(command, click.Group):
            found.update({f"{name} {sub}": c for sub, c in command.commands.items()})
        else:
            found[name] = command
    return found


def written() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_is_documented(name: str) -> None:
    command = commands()[name]
    assert command.help
    assert re.search(rf"Examples?: curate .*{name}", command.help), "its help has no example"
    page = ROOT / "docs" / f"{name.split()[0]}.md"
    assert page.exists(), "curate X has the page docs/X.md"
    assert re.search(rf"\bcurate (-C \S+ )?{name}\b", page.read_text(encoding="utf-8"))
    with click.Context(command) as context:
        options = [
            option
            for parameter in command.get_params(context)
            if isinstance(parameter, click.Option) and not parameter.hidden
            for option in parameter.opts
            if option.startswith("--")
        ]
    missing = [o for o in options if not re.search(rf"{o}(?![\w-])", written())]
    assert not missing


def test_every_rule_reason_and_format_is_documented() -> None:
    text = written()
    wanted = {*filters.rules(), *show.REASONS, *formats.names(), *sources.known_suffixes()}
    assert not [name for name in sorted(wanted) if f"`{name}`" not in text]


def test_generated_parts_are_up_to_date() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    marked = [str(p) for p in PAGES if "[[[cog" in p.read_text(encoding="utf-8")]
    done = subprocess.run(
        [sys.executable, "-m", "cogapp", "--check", *marked],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nNext: cog -r README.md docs/*.md"


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: page.stem)
def test_links_resolve(page: Path) -> None:
    text = re.sub(r"```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.M)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith(("http://", "https://")):
            path, _, anchor = target.partition("#")
            other = (page.parent / path).resolve() if path else page
            assert other.exists(), f"{page.name}: {target}"
            assert not anchor or anchor in _anchors(other), f"{page.name}: {target}"


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: page.stem)
def test_no_forbidden_words(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not [m[0] for pattern in FORBIDDEN for m in re.finditer(pattern, text)]


# What the program prints -> the entry of the glossary that a page which shows it links to.
PRINTED = {
    r"withheld \d": "withheld",
    r"quarantined \d": "quarantined",
    r"exposed \d": "exposed",
    r"waits? for a good answer": "pending",
    r"^ +split  ": "side",
    r"\d interactions": "interaction",
    r"feedback that waits": "feedback",
    r"\d  ready": "ready",
    r"^issue: ": "issue",
    r"^thin ": "thin",
    r"^how wrong": "how-wrong",
    r"exact duplicate": "exact-duplicate",
    r"^cluster ": "cluster",
    r"content id": "content-id",
    r"test id|held-out part": "test-id",
    r"without a hint": "hint",
    r"decisions: ": "decision",
    r"placeholder": "placeholder",
    r"secret": "secret",
}


# -- pages are for readers -------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_begins_with_its_goal_and_ends_with_its_reasons(page: Path) -> None:
    text = re.sub(r"<!--.*?-->|^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.M)
    heading, goal = [line for line in text.splitlines() if line][:2]
    assert heading.startswith("# ")
    assert re.match(r"[A-Z`]", goal), "a sentence says what the page is good for"
    assert len(re.findall(r"^# ", text, flags=re.MULTILINE)) == 1
    sections = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
    assert "How it works" not in sections[:-1]


def test_pages_stay_short() -> None:
    """A page that grows pays with the words of another one."""
    pages = [page.read_text(encoding="utf-8") for page in PAGES[1:]]
    written = [_GENERATED.sub("", text) for text in pages]
    assert sum(len(text.split()) for text in written) <= DOCS_WORDS
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES


def test_readme_and_pages_lead_to_every_page() -> None:
    linked = {
        (page.parent / target).resolve()
        for page in PAGES
        for target in re.findall(r"\]\(([\w./-]+\.md)", page.read_text(encoding="utf-8"))
        if (page.parent / target).resolve() != page
    }
    assert not [page.name for page in PAGES[1:] if page not in linked]


def test_the_glossary_explains_a_word_in_a_sentence_or_two_and_names_its_page() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    entries = dict(re.findall(r"^### (.+)\n(.+)$", text, flags=re.MULTILINE))
    assert len(entries) == text.count("\n### ")
    assert not [word for word, said in entries.items() if len(said.split()) > 30]
    assert not [word for word, said in entries.items() if not said.endswith(")).")]


@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: page.stem)
def test_a_page_explains_the_words_that_its_output_shows(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    shown = [block.body for block in blocks(text) if block.language in ("console", "text")]
    output = "\n".join(line for b in shown for line in b.splitlines() if line[:2] != "$ ")
    words = [word for said, word in PRINTED.items() if re.search(said, output, re.MULTILINE)]
    assert not [word for word in words if f"glossary.md#{word}" not in text]


def test_readme_begins_with_what_a_reader_needs() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()

    def first(word: str) -> int:
        return next(number for number, line in enumerate(lines, 1) if word in line)

    assert first("make demo") <= 20
    assert first("pip install") <= 20
    assert first("$ curate") <= 40

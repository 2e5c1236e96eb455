"""An export with what is kept of the last version writes what one from nothing writes."""

from __future__ import annotations

import io
import random
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from curate import formats
from curate.errors import ConfigError, GateFailed
from curate.export.items import Items
from curate.export.options import ExportSettings
from curate.options import SplitSettings
from curate.privacy import suspects
from curate.project import Project
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[..., Path]
THINGS = ("boats", "tents", "lamps", "kites", "drums", "vases", "ropes", "bells")
SETTINGS = ExportSettings(split=SplitSettings(test_size=0.3))
TEXTS = (
    "What do {0} of kind {1} cost, and how soon do they come?",
    "My {0} came broken. Write to ann{2}@mail.example.com about order {1}, please.",
    "Call +44 7911 1234{2:02} about the {0}; it was ann{2}@mail.example.com who bought {1}.",
    "<EMAIL_1> is what I see where the address of the {0} of {1} was.",
    "Is there a way to send back {1} of the {0} that I bought last week?",
)


def call(number: int, **values: Any) -> dict[str, Any]:
    """A call; three of a conversation, some of which say whose it is."""
    session = number // 3
    said = TEXTS[number % 5].format(THINGS[number % 8], number, session)
    answer = f"{number + 3} crowns, within {number % 4 + 2} days."
    if number % 7 == 0:
        answer += f" I have written to ann{session}@mail.example.com."
    row = {"id": f"r{number:03}", "prompt": said, "response": answer, "rating": 4 + number % 2}
    times = {"session_id": f"s{session}", "created_at": f"2026-01-{number % 28 + 1:02}T10:00:00Z"}
    return row | times | {"label": "abc"[number % 3]} | values


@pytest.fixture
def project(tmp_path: Path, write_jsonl: WriteJsonl) -> Project:
    made = new_project(tmp_path / "p")
    made.pull([str(write_jsonl(tmp_path / "logs" / "a.jsonl", map(call, range(60))))])
    made.export("set", SETTINGS)
    return made


class Work:
    """What exports did: items that were made of rows, and texts that were looked through."""

    def __init__(self) -> None:
        self.items = self.looked_through = 0


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    """Counts in passing; the real functions do the work."""
    done, example, look = Work(), Items._example, suspects.suspects

    def counted_example(self: Items, row: dict[str, Any]) -> Any:
        done.items += 1
        return example(self, row)

    def counted_look(con: Any) -> list[int]:
        done.looked_through += con.sql("SELECT count(DISTINCT place) FROM texts").fetchall()[0][0]
        return look(con)

    monkeypatch.setattr(Items, "_example", counted_example)
    monkeypatch.setattr(suspects, "suspects", counted_look)
    yield done


def written(folder: Path) -> dict[str, Any]:
    """Returns what stands in a version's folder, apart from when and by what it was written."""
    files: dict[str, Any] = {
        file.name: file.read_bytes() for file in folder.iterdir() if file.suffix != ".parquet"
    }
    manifest = orjson.loads(files["manifest.json"])
    manifest.pop("volatile")
    lineage = pq.read_table(folder / "lineage.parquet").to_pylist()
    return files | {"manifest.json": manifest, "lineage.parquet": lineage}


def agree(
    project: Project, settings: ExportSettings = SETTINGS, name: str = "set"
) -> dict[str, Any]:
    """Exports with what is kept and from nothing, checks that both are the same, returns it."""
    bare = project.folder.with_name("bare")
    shutil.copytree(project.folder, bare)
    for file in bare.glob("curate.lines.*"):
        file.unlink()
    from_nothing = Project(bare).export(name, settings)
    made = Project(project.folder).export(name, settings)
    both = [
        {name: value for name, value in vars(result).items() if name != "folder"}
        for result in (made, from_nothing)
    ]
    assert both[0] == both[1]
    here = written(made.folder)
    assert here == written(from_nothing.folder)
    kept = [folder / f"curate.lines.{name}.parquet" for folder in (project.folder, bare)]
    assert kept[0].read_bytes() == kept[1].read_bytes()
    shutil.rmtree(bare)
    return here


def feed(project: Project, folder: Path, write: WriteJsonl, **values: Any) -> None:
    options = PullOptions(declared=Declared("feedback"))
    file = write(folder / "logs" / f"{len(list(folder.glob('logs/*')))}.jsonl", [values])
    project.pull([str(file)], options)


# -- changes ---------------------------------------------------------------------------------------


def change_nothing(project: Project, folder: Path, write: WriteJsonl) -> None:
    pass


def pull_more(project: Project, folder: Path, write: WriteJsonl) -> None:
    """New calls, two of them in conversations that are there."""
    more = [*map(call, range(60, 66)), call(90, session_id="s2"), call(91, session_id="s1")]
    project.pull([str(write(folder / "logs" / "more.jsonl", more))])


def say_more(project: Project, folder: Path, write: WriteJsonl) -> None:
    """An older call of a conversation has another address, which gets the first number."""
    more = call(120, session_id="s1", created_at="2025-01-01T10:00:00Z")
    more["prompt"] = "Please write to zoe@mail.example.com, who had asked for 120 of the kites."
    project.pull([str(write(folder / "logs" / "said.jsonl", [more]))])


def change_a_call(project: Project, folder: Path, write: WriteJsonl) -> None:
    rows = [call(n, **({"response": "None is left of them."} if n == 7 else {})) for n in range(60)]
    project.pull([str(write(folder / "logs" / "a.jsonl", rows))])


def withdraw(project: Project, folder: Path, write: WriteJsonl) -> None:
    """A call whose address other calls of the conversation have too is there no more."""
    rows = [call(n) for n in range(60) if n not in (1, 21)]
    project.pull([str(write(folder / "logs" / "a.jsonl", rows))], PullOptions(yes=True))


def undo(project: Project, folder: Path, write: WriteJsonl) -> None:
    rows = [call(n, response=f"Not {n} of them.") for n in (3, 4)]
    project.pull([str(write(folder / "logs" / "b.jsonl", [*rows, call(71, session_id="s4")]))])
    project.undo(max(run.run_id for run in project.runs() if run.command == "pull"))


def rate(project: Project, folder: Path, write: WriteJsonl) -> None:
    feed(project, folder, write, id="r004", rating=1)


def correct(project: Project, folder: Path, write: WriteJsonl) -> None:
    feed(project, folder, write, id="r011", correction="Write to bo@mail.example.com.")


def relabel(project: Project, folder: Path, write: WriteJsonl) -> None:
    feed(project, folder, write, id="r012", label="z")


def configure(project: Project, text: str) -> None:
    toml = project.folder / "curate.toml"
    before = toml.read_text("utf-8").partition("\n[privacy]")[0]
    toml.write_text(f"{before}\n[privacy]\n{text}\n", "utf-8")


def leave_addresses(project: Project, folder: Path, write: WriteJsonl) -> None:
    configure(project, 'leave = ["EMAIL"]')


def hide_nothing(project: Project, folder: Path, write: WriteJsonl) -> None:
    configure(project, "redact = false")


def hide_again(project: Project, folder: Path, write: WriteJsonl) -> None:
    configure(project, 'regions = ["GB"]')


def allow_a_value(project: Project, folder: Path, write: WriteJsonl) -> None:
    project.privacy_allow(values=["ann4@mail.example.com"], reason="ours")


def drop_some(project: Project, folder: Path, write: WriteJsonl) -> None:
    project.filter(where="query NOT LIKE '%tents%'")


def drop_none(project: Project, folder: Path, write: WriteJsonl) -> None:
    project.filter()


def edit_the_version(project: Project, folder: Path, write: WriteJsonl) -> None:
    newest = max((project.folder / "datasets" / "set").iterdir(), key=lambda v: int(v.name[1:]))
    file = min(newest.glob("train*.jsonl"))
    file.write_bytes(file.read_bytes().replace(b"crowns", b"pounds"))
    pull_more(project, folder, write)


CHANGES = [
    change_nothing, pull_more, say_more, change_a_call, withdraw, undo, rate, correct, relabel,
    leave_addresses, hide_nothing, hide_again, allow_a_value, drop_some, drop_none,
    edit_the_version,
]  # fmt: skip


# The others are made one after another, below.
@pytest.mark.parametrize("change", [pull_more, relabel, edit_the_version])
def test_after_a_change_the_same_is_written(
    project: Project, tmp_path: Path, write_jsonl: WriteJsonl, change: Callable[..., None]
) -> None:
    change(project, tmp_path, write_jsonl)
    agree(project)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1))
def test_after_any_changes_the_same_is_written(
    project: Project, tmp_path: Path, write_jsonl: WriteJsonl, seed: int
) -> None:
    rng = random.Random(seed)
    many = ("openai-chat", "records")
    kinds = [SETTINGS, SETTINGS, ExportSettings(SETTINGS.formats, SETTINGS.split, limit=20)]
    kinds += [
        ExportSettings(many, SETTINGS.split),
        ExportSettings((), SETTINGS.split, val_size=0.2),
    ]
    kinds += [ExportSettings(("trl-kto",), SETTINGS.split)]
    order = [*CHANGES, change_nothing]
    rng.shuffle(order)
    for change in order:
        change(Project(project.folder), tmp_path, write_jsonl)
        agree(project, rng.choice(kinds))


# -- what is done, and what is kept ----------------------------------------------------------------


def test_only_what_is_new_is_made_and_looked_through(
    project: Project, tmp_path: Path, write_jsonl: WriteJsonl, work: Work
) -> None:
    """Of a conversation that something is hidden in, all that may hide something is looked at."""
    new = [call(60, session_id="s77"), call(64, session_id="s78")]
    project.pull([str(write_jsonl(tmp_path / "logs" / "more.jsonl", new))])
    project.export("set", SETTINGS)
    assert (work.items, work.looked_through) == (2, 2)
    file = project.store.kept_lines("set")
    before = file.stat().st_ino
    project.export("set", SETTINGS)
    assert (work.items, work.looked_through, file.stat().st_ino) == (2, 2, before)
    project.export("set", SETTINGS, dry_run=True)
    assert work.items == 2
    say_more(project, tmp_path, write_jsonl)
    project.export("set", SETTINGS)
    # Made, those of its conversation looked at and made anew.
    assert (work.looked_through, 2 < work.items <= 2 + 1 + 4 + 4) == (3, True)


@pytest.mark.parametrize("harm", ["empty", "cut", "text", "one byte"])
def test_a_damaged_file_is_none(project: Project, work: Work, harm: str) -> None:
    file = project.store.kept_lines("set")
    whole = file.read_bytes()
    middle = len(whole) // 2
    other = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    harmed = {"empty": b"", "cut": whole[:3_000], "text": b"lines" * 999, "one byte": other}
    file.write_bytes(harmed[harm])
    assert not project.export("set", SETTINGS).created
    assert work.items >= 60
    assert file.read_bytes() == whole


def test_a_disk_that_is_full_keeps_nothing_and_harms_nothing(project: Project, work: Work) -> None:
    blocked = project.folder / "curate.lines.set.new"
    blocked.mkdir()  # nobody can write to a folder
    (project.folder / "curate.lines.set.parquet").unlink()
    assert not project.export("set", SETTINGS).created
    blocked.rmdir()
    agree(project)


def test_the_file_has_no_text_and_is_for_those_who_may_read_the_store(project: Project) -> None:
    project.store.path.chmod(0o600)
    file = project.store.kept_lines("set")
    assert file.stat().st_mode & 0o777 == 0o644
    project.export("set", ExportSettings(("openai-chat",), SETTINGS.split))
    assert file.stat().st_mode & 0o777 == 0o600
    table = pq.read_table(io.BytesIO(file.read_bytes()[32:]))
    texts = [value for row in table.to_pylist() for value in row.values() if isinstance(value, str)]
    hidden = {value for value in texts if value.startswith("{")}
    assert all(set(orjson.loads(value)) <= {"EMAIL", "PHONE"} for value in hidden)
    assert not [value for value in texts if " " in value or "@" in value]
    about = table.schema.metadata[b"about"]
    assert b"crowns" not in about and b"tents" not in about


def test_what_is_rewritten_to_be_forgotten_is_not_kept(project: Project) -> None:
    assert project.store.kept_lines("set").exists()
    with project.store.run("forget") as run:
        run.changed = True
        project.store.rewrite()
    assert not project.store.kept_lines("set").exists()
    agree(project)


def test_what_is_kept_is_outside_the_state(project: Project) -> None:
    before = project.store.state_digest()
    project.store.kept_lines("set").unlink()
    assert project.store.state_digest() == before


def test_a_new_secret_stops_and_an_allowed_one_is_hidden(
    project: Project, tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    key = "AKIA" + "QX7PLMN4ZRT5WVB2"
    rows = [call(60, response=f"The key is {key}.", session_id="s3")]
    project.pull([str(write_jsonl(tmp_path / "logs" / "key.jsonl", rows))])
    for _ in range(2):
        with pytest.raises(GateFailed, match="1 secret in 1 example"):
            project.export("set", SETTINGS)
    examples = project.table("examples").to_pylist()
    (named,) = [row["example_id"] for row in examples if row["source_id"] == "r060"]
    (number,) = project.privacy_allow(examples=[named], reason="revoked")
    assert b"<SECRET_1>" in b"".join(v for v in agree(project).values() if isinstance(v, bytes))
    agree(project)
    project.privacy_withdraw(number)
    with pytest.raises(GateFailed, match="1 secret in 1 example"):
        project.export("set", SETTINGS)


def test_pairs_are_kept_with_the_conversations_that_they_join(
    tmp_path: Path, write_jsonl: WriteJsonl, work: Work
) -> None:
    def rated(numbers: Iterable[int]) -> list[dict[str, Any]]:
        return [
            call(n, id=f"r{n}{mark}", rating=rating, session_id=f"s{n}{mark}")
            | {"response": f"{answer}: {call(n)['response']}"}
            for n in numbers
            for mark, answer, rating in (("+", "Gladly", 5), ("-", "Ask bo@mail.example.com", 1))
        ]

    project = new_project(tmp_path / "p", task="preference")
    settings = ExportSettings(("trl-dpo", "openai-dpo"), SETTINGS.split)
    project.pull([str(write_jsonl(tmp_path / "a.jsonl", rated(range(30))))])
    project.export("set", settings)
    project.pull([str(write_jsonl(tmp_path / "b.jsonl", rated(range(30, 33))))])
    made = work.items
    before = project.export("set", settings)
    assert 0 < work.items - made <= 2 * 3 * 3  # made, looked at, made anew
    assert before.train + before.test == 33
    agree(project, settings)
    rows = [{**row, "response": "No."} if row["id"] == "r4-" else row for row in rated(range(30))]
    project.pull([str(write_jsonl(tmp_path / "a.jsonl", rows))])
    agree(project, settings)


def test_general_data_is_mixed_into_lines_that_are_kept(
    project: Project, tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    general = [
        {"prompt": f"Tell me a story of {n} giants.", "response": f"Once {n}."} for n in range(9)
    ]
    general += [{"prompt": "Write to x@mail.example.com of 9 dwarfs.", "response": "I have."}]
    file = write_jsonl(tmp_path / "general.jsonl", general)
    settings = ExportSettings((), SETTINGS.split, mix=(f"{file}:0.2",))
    agree(project, settings)
    pull_more(project, tmp_path, write_jsonl)
    agree(project, settings)
    agree(project)


def test_lines_that_are_refused_are_refused_again(
    project: Project, tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    calls = [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{}"}}]
    answer = {"role": "assistant", "content": None, "tool_calls": calls}
    odd = call(60, response=[answer], session_id="s90")
    project.pull([str(write_jsonl(tmp_path / "logs" / "odd.jsonl", [odd]))])
    settings = ExportSettings(("alpaca",), SETTINGS.split, lossy=True)
    for _ in range(2):
        agree(project, settings)
        rate(project, tmp_path, write_jsonl)
    with pytest.raises(ConfigError, match="cannot express"):
        project.export("set", ExportSettings(("alpaca",), SETTINGS.split))


def test_of_a_format_of_another_package_nothing_is_kept(project: Project) -> None:
    @formats.export_format("theirs", features="- name: text\n  dtype: string\n")
    def theirs(example: formats.Example) -> dict[str, Any]:
        return {"text": example.query}

    try:
        agree_on = ExportSettings(("theirs",), SETTINGS.split)
        file = project.store.kept_lines("set")
        before = file.read_bytes()
        project.export("other", agree_on)
        assert file.read_bytes() == before
        assert not project.store.kept_lines("other").exists()
    finally:
        formats._formats.pop("theirs")

"""Versions on their way to folders and buckets: whole or not there, never over another one."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

import s3
from curate.errors import ConfigError, StoreError, TransportError
from curate.project import Project
from curate.versions import send as transport
from program import Program
from projects import new_project

Files = dict[str, bytes]
NAMES = {"README.md", "lineage.parquet", "manifest.json", "overview.svg"}
NAMES |= {"test.jsonl", "train.jsonl"}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, write_jsonl: Any) -> Path:
    """A project with two versions of `set`; look, copy, and leave it as it is."""
    project = new_project(tmp_path_factory.mktemp("transport") / "project")
    rows = [{"id": f"r{n}", "query": f"What is {n} and {n * n} and {n + 1} in words, please?",
             "response": f"It is {n}.", "rating": 5} for n in range(40)]  # fmt: skip
    for part in (rows[:20], rows[20:]):
        log = write_jsonl(project.folder / "logs" / f"{part[0]['id']}.jsonl", part)
        project.pull([str(log)])
        project.export("set")
    return project.folder


@pytest.fixture
def project(exported: Path, tmp_path: Path) -> Path:
    """A copy of the project."""
    return Path(shutil.copytree(exported, tmp_path / "project"))


def version(folder: Path, number: int = 2) -> Path:
    return folder / "datasets" / "set" / f"v{number}"


def files(folder: Path) -> Files:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def everything(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def there(bucket: s3.Bucket, prefix: str) -> Files:
    return {key.removeprefix(prefix): bucket.read(key) for key in bucket.listed(prefix)}


def curate(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]


def send(folder: Path, url: str) -> transport.Sent:
    return transport.send(transport.plan(folder, url))


def again_with(folder: Path, answer: str) -> Path:
    """Changes a version as another export would have written it: other lines, other content id."""
    train = folder / "train.jsonl"
    train.write_bytes(train.read_bytes().replace(b"It is", answer.encode()))
    said = orjson.loads((folder / "manifest.json").read_bytes())
    said["content_id"] = "f" * 64
    for file in said["files"]:
        file["sha256"] = transport._sha256(folder / file["path"])
    (folder / "manifest.json").write_bytes(orjson.dumps(said))
    return folder


# -- folders ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_version_goes_to_a_folder_once(project: Path, tmp_path: Path) -> None:
    made, to = version(project), tmp_path / "share"
    planned = transport.plan(made, str(to))
    assert (planned.version, planned.state, not to.exists()) == ("set@2", "new", True)
    sent = transport.send(planned)
    assert (sent.state, set(sent.files), sent.to) == ("sent", NAMES, str(to / "set" / "v2"))
    assert files(to / "set" / "v2") == files(made)
    assert sent.bytes == sum(map(len, files(made).values()))
    inode = (to / "set" / "v2").stat().st_ino
    assert send(made, to.as_uri()).state == "there"
    assert (to / "set" / "v2").stat().st_ino == inode
    assert send(version(project, 1), str(to)).state == "sent"
    assert everything(to) == {f"set/v{n}/{name}" for n in (1, 2) for name in NAMES}


def test_another_version_is_never_written_over(project: Path, tmp_path: Path) -> None:
    made, to = version(project), tmp_path / "share"
    send(made, str(to))
    before = files(to / "set" / "v2")
    again_with(made, "That is")
    with pytest.raises(TransportError, match=r"is another version: content id .* never written"):
        transport.plan(made, str(to))
    assert files(to / "set" / "v2") == before
    (to / "set" / "v2" / "manifest.json").write_bytes(b"{")
    with pytest.raises(TransportError, match="content id unreadable"):
        transport.plan(made, str(to))
    (to / "set" / "v2" / "manifest.json").unlink()
    with pytest.raises(TransportError, match=r"holds README\.md, .* and no manifest\.json"):
        transport.plan(made, str(to))


def test_a_version_that_was_changed_is_not_sent(project: Path, tmp_path: Path) -> None:
    made = version(project)
    (made / "test.jsonl").write_bytes(b"{}\n")
    with pytest.raises(StoreError, match=r"changed after the export.* curate verify set@2"):
        transport.plan(made, str(tmp_path / "share"))
    (made / "test.jsonl").unlink()
    with pytest.raises(StoreError, match=r"not as it was exported.* curate verify set@2"):
        transport.plan(made, str(tmp_path / "share"))
    assert not (tmp_path / "share").exists()


def test_what_comes_between_plan_and_rename_wins(project: Path, tmp_path: Path) -> None:
    made, to = version(project), tmp_path / "share"
    planned = transport.plan(made, str(to))
    send(made, str(to))
    assert transport.send(planned).state == "there"
    shutil.rmtree(to)
    planned = transport.plan(made, str(to))
    other = again_with(Path(shutil.copytree(made, tmp_path / "other" / "set" / "v2")), "That is")
    send(other, str(to))
    with pytest.raises(TransportError, match="another version"):
        transport.send(planned)
    assert files(to / "set" / "v2") == files(other)


def test_a_file_in_the_way(project: Path, tmp_path: Path) -> None:
    (tmp_path / "share").write_text("a file")
    with pytest.raises(ConfigError, match="is a file"):
        transport.plan(version(project), str(tmp_path / "share"))


def test_what_is_no_folder_and_no_bucket_is_refused(project: Path) -> None:
    with pytest.raises(ConfigError, match=r"--to sftp://host/data: versions go to a folder or a"):
        transport.plan(version(project), "sftp://me:hidden@host/data")


def test_what_a_killed_command_left_is_replaced(project: Path, tmp_path: Path) -> None:
    made, to = version(project), tmp_path / "share"
    planned = transport.plan(made, str(to))
    hidden = to / "set" / f".partial-v2-{planned.content_id[:12]}"
    hidden.mkdir(parents=True)
    (hidden / "train.jsonl").write_bytes(b"half")
    (hidden / "of-an-older-curate.txt").write_bytes(b"?")
    assert transport.send(planned).state == "sent"
    assert everything(to) == {f"set/v2/{name}" for name in NAMES}


# -- the command -----------------------------------------------------------------------------------


def test_export_shows_the_plan_and_sends_with_yes(project: Path, tmp_path: Path) -> None:
    to = tmp_path / "share"
    done = curate(project, "export", "set", "--to", str(to))
    assert done.exit_code == 0 and not to.exists(), done.output
    assert f"plan: set@2 to {to}/set/v2   6 files" in done.stdout
    assert done.stdout.endswith("Nothing was sent. Next: the same command with --yes\n")
    done = curate(project, "export", "set", "--to", str(to), "--yes", "--json")
    assert done.exit_code == 0, done.output
    said = orjson.loads(done.stdout)
    assert (said["version"], said["created"], said["sent"]["state"]) == (2, False, "sent")
    assert files(to / "set" / "v2") == files(version(project))
    done = curate(project, "export", "set", "--to", str(to), "--yes")
    assert f"set@2 is there already: {to}/set/v2" in done.stdout
    with Project(project).store.read_database() as con:
        kept = con.execute("SELECT settings, outcome FROM runs WHERE command = 'export --to'")
        runs = [(orjson.loads(settings), outcome) for settings, outcome in kept.fetchall()]
    where = {"version": "set@2", "to": f"{to}/set/v2"}
    assert runs == [(where, "changed"), (where, "unchanged")]


def test_options_that_contradict(project: Path, tmp_path: Path) -> None:
    for options, said in (
        (["--yes"], "say where with --to"),
        (["--to", str(tmp_path), "--dry-run"], "writes no version"),
    ):
        done = curate(project, "export", "set", *options)
        assert (done.exit_code, done.stdout) == (2, "") and said in done.stderr


def test_curate_toml_says_where(project: Path, tmp_path: Path) -> None:
    toml = project / "curate.toml"
    toml.write_text('[export]\nto = "share"\n')
    assert curate(project, "export", "set", "--dry-run").exit_code == 0
    done = curate(project, "export", "set", "--yes")
    assert done.exit_code == 0 and set(files(project / "share" / "set" / "v2")) == NAMES
    toml.write_text('[export]\nto = "sftp://me:hidden@host/data"\n')
    done = curate(project, "export", "set")
    assert done.exit_code == 2 and "[export] to has a password" in done.stderr
    assert "hidden" not in done.output


# -- buckets ---------------------------------------------------------------------------------------


@pytest.mark.e2e
def test_a_version_goes_to_a_bucket_and_comes_back(
    project: Path, bucket: s3.Bucket, tmp_path: Path, new_store: Callable[[Path], Any]
) -> None:
    made, url = version(project), bucket.url("data")
    done = curate(project, "export", "set", "--to", url)
    assert f"plan: set@2 to {url}/set/v2" in done.stdout and bucket.listed() == []
    done = curate(project, "export", "set", "--to", url, "--yes")
    assert f"sent set@2 to {url}/set/v2" in done.stdout, done.output
    assert there(bucket, "data/set/v2/") == files(made)
    assert bucket.listed() == [f"data/set/v2/{name}" for name in sorted(NAMES)]
    before = len(bucket.server.requests())
    assert send(made, f"{url}/").state == "there"
    assert not [r for r in bucket.server.requests()[before:] if r.startswith("PUT")]
    store = new_store(tmp_path / "other")
    other = Project(store.folder)
    assert other.pull([f"{url}/set/v2/train.jsonl"]).new == len(
        (made / "train.jsonl").read_bytes().splitlines()
    )


@pytest.mark.e2e
def test_a_bucket_with_another_version(project: Path, bucket: s3.Bucket, tmp_path: Path) -> None:
    made, url = version(project), bucket.url("data")
    planned = transport.plan(made, url)
    other = again_with(Path(shutil.copytree(made, tmp_path / "other" / "set" / "v2")), "That is")
    send(other, url)
    with pytest.raises(TransportError, match="another version"):
        transport.plan(made, url)
    with pytest.raises(TransportError, match="another version"):
        transport.send(planned)  # planned before the other one came
    assert there(bucket, "data/set/v2/") == files(other)
    assert bucket.listed("data/set/.") == []


@pytest.mark.e2e
def test_two_senders_do_not_mix(project: Path, bucket: s3.Bucket, tmp_path: Path) -> None:
    made, url = version(project), bucket.url("data")
    other = again_with(Path(shutil.copytree(made, tmp_path / "other" / "set" / "v2")), "That is")
    first, second = transport.plan(made, url), transport.plan(other, url)
    assert isinstance(first.target, transport._Bucket)
    real = first.target._fs.pipe_file

    def late(*arguments: Any, **options: Any) -> None:
        with pytest.raises(TransportError, match=r"train\.jsonl is there, and is not this"):
            transport.send(second)
        real(*arguments, **options)

    first.target._fs.pipe_file = late
    assert transport.send(first).state == "sent"
    assert there(bucket, "data/set/v2/") == files(made)


@pytest.mark.e2e
def test_a_bucket_that_holds_something_else(project: Path, bucket: s3.Bucket) -> None:
    bucket.write("data/set/v2/train.jsonl", b"somebody's own\n")
    with pytest.raises(TransportError, match=r"holds train\.jsonl and no manifest\.json"):
        send(version(project), bucket.url("data"))
    assert bucket.listed() == ["data/set/v2/train.jsonl"]
    with pytest.raises(TransportError, match="no such bucket"):
        send(version(project), "s3://no-such-bucket/data")


@pytest.mark.parametrize("after", [1, 5, 6, 8, 11, 12])
@pytest.mark.e2e
def test_a_command_that_breaks_off_is_finished_by_the_next(
    project: Path, bucket: s3.Bucket, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Breaks off after so many writes: 6 files go up, 5 are copied, the manifest comes last."""
    made, url = version(project), bucket.url("data")
    planned = transport.plan(made, url)
    assert isinstance(planned.target, transport._Bucket)
    fs, writes = planned.target._fs, 0

    def counted(name: str) -> None:
        real = getattr(fs, name)

        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal writes
            if name != "open" or arguments[1] == "wb":
                if writes == after:
                    raise KeyboardInterrupt
                writes += 1
            return real(*arguments, **options)

        monkeypatch.setattr(fs, name, call)

    for name in ("open", "cp_file", "pipe_file", "rm"):
        counted(name)
    with pytest.raises(KeyboardInterrupt):
        transport.send(planned)
    manifest = "data/set/v2/manifest.json"
    assert (manifest in bucket.listed()) == (after == 12)
    if after == 12:
        assert there(bucket, "data/set/v2/") == files(made)
    assert send(made, url).state == ("there" if after == 12 else "sent")
    assert there(bucket, "data/set/v2/") == files(made)
    assert bucket.listed() == [f"data/set/v2/{name}" for name in sorted(NAMES)]


@pytest.mark.e2e
def test_what_arrives_changed_is_not_published(project: Path, bucket: s3.Bucket) -> None:
    made, url = version(project), bucket.url("data")
    planned = transport.plan(made, url)
    assert isinstance(planned.target, transport._Bucket)
    real = planned.target._fs.cp_file

    def spoils(source: str, target: str) -> None:
        real(source, target)
        body = bucket.read(target.partition("/")[2])
        bucket.write(target.partition("/")[2], body[:-2] + b"?\n")

    planned.target._fs.cp_file = spoils
    with pytest.raises(TransportError, match="did not arrive as sent"):
        transport.send(planned)
    assert "data/set/v2/manifest.json" not in bucket.listed()
    assert send(made, url).state == "sent"
    assert there(bucket, "data/set/v2/") == files(made)


def grown(folder: Path, size: int) -> Path:
    """Gives a version a train file of so many bytes."""
    line = orjson.dumps({"prompt": "x" * 990}) + b"\n"
    (folder / "train.jsonl").write_bytes(line * (size // len(line)))
    return again_with(folder, "It is")


@pytest.mark.e2e
def test_a_file_of_many_parts(project: Path, bucket: s3.Bucket) -> None:
    made, url = grown(version(project), 40_000_000), bucket.url("data")
    before = len(bucket.server.requests())
    assert send(made, url).state == "sent"
    parts = [r for r in bucket.server.requests()[before:] if "partNumber=" in r]
    assert len(parts) == 5
    assert there(bucket, "data/set/v2/") == files(made)
    assert send(made, url).state == "there"


@pytest.mark.e2e
@pytest.mark.parametrize("kind", ["bucket", "folder"])
def test_killed_at_any_moment_no_reader_sees_a_half(
    project: Path, bucket: s3.Bucket, tmp_path: Path, kind: str
) -> None:
    made, share = grown(version(project), 30_000_000), tmp_path / "share"
    wanted, dice = files(made), random.Random(7)

    def seen() -> Files:
        """What a reader takes for a version: nothing without a manifest."""
        folder = share / "set" / "v2"
        found = {} if kind == "bucket" or not folder.exists() else files(folder)
        found = there(bucket, "data/set/v2/") if kind == "bucket" else found
        return found if "manifest.json" in found else {}

    url = bucket.url("data") if kind == "bucket" else str(share)
    whole = _seconds(made, url)
    assert seen() == wanted
    killed = 0
    for _ in range(8):
        _remove(bucket, share)
        for _ in range(2):
            process = _sender(made, url)
            assert process.stdout and process.stdout.readline() == b"begin\n"
            time.sleep(dice.random() * whole)
            process.kill()
            killed += process.wait() == -signal.SIGKILL
            assert seen() in ({}, wanted)
        send(made, url)
        assert seen() == wanted
        hidden = bucket.listed("data/set/.") if kind == "bucket" else [*share.glob("set/.*")]
        assert hidden == []
    assert killed >= 4  # of 16; the rest were done already


def _sender(folder: Path, url: str) -> subprocess.Popen[bytes]:
    code = (
        "import sys; from pathlib import Path; from curate.versions.send import plan, send\n"
        "planned = plan(Path(sys.argv[1]), sys.argv[2]); print('begin', flush=True)\n"
        "send(planned)"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder), url],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    )


def _seconds(folder: Path, url: str) -> float:
    """Returns how long a whole sending takes in a process of its own."""
    process = _sender(folder, url)
    assert process.stdout and process.stdout.readline() == b"begin\n"
    begun = time.monotonic()
    assert process.wait() == 0
    return time.monotonic() - begun


def _remove(bucket: s3.Bucket, share: Path) -> None:
    shutil.rmtree(share, ignore_errors=True)
    for key in bucket.listed():
        bucket.client.delete_object(Bucket=bucket.name, Key=key)


@pytest.mark.e2e
def test_a_server_that_goes_away_is_told_and_the_rest_is_sent_later(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, process = s3.start(tmp_path)
    s3.point(monkeypatch, first.url)
    try:
        made = s3.bucket(first, monkeypatch)
        assert curate(project, "export", "set", "--to", made.url("data")).exit_code == 0
    finally:
        process.terminate()
        process.wait(30)
    done = curate(project, "export", "set", "--to", made.url("data"), "--yes")
    assert done.exit_code == 4, done.output
    assert f"{made.url('data')} does not answer" in done.stderr
    assert "type the command again" in done.stderr

"""Logs in buckets and behind web addresses: what is read, fetched, stored, shown and refused."""

from __future__ import annotations

import functools
import gzip
import http.server
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from click.testing import CliRunner, Result

import s3
from curate.errors import ConfigError, MissingExtra, RemoteUnavailable, SourceError, TransportError
from curate.files import buckets
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions, PullResult
from curate.pull.pull import pull
from curate.store import Store
from program import Program


def calls(*ids: str, **more: Any) -> bytes:
    rows = [{"id": i, "query": f"What is {i}?", "response": f"It is {i}.", **more} for i in ids]
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def run(store: Store, *locations: str, **said: Any) -> PullResult:
    return pull(store, locations, options=PullOptions(**said))


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    with store.read() as con:
        return con.execute(query).fetchall()


def located(store: Store) -> list[tuple[str, str]]:
    return rows(store, "SELECT source_id, location FROM interactions ORDER BY source_id")


def curate(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]


# -- what an address names -------------------------------------------------------------------------


@pytest.mark.e2e
def test_a_file_a_glob_and_a_folder(store: Store, bucket: s3.Bucket) -> None:
    bucket.write("logs/2026/a.jsonl", calls("a"))
    bucket.write("logs/2026/b.jsonl.gz", gzip.compress(calls("b")))
    bucket.write("logs/c.jsonl.zst", zstandard.compress(calls("c")))
    bucket.write("logs/readme.txt", b"no logs")
    bucket.write("logs/curate.jsonl", calls("own"))
    table = pa.Table.from_pylist([{"id": "d", "query": "What is d?", "response": "It is d."}])
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    bucket.write("logs/d.parquet", sink.getvalue().to_pybytes())
    assert run(store, bucket.url("logs/2026/a.jsonl")).new == 1
    assert run(store, bucket.url("logs/20*/*.jsonl*")).new == 1
    whole = run(store, bucket.url("logs"))
    assert (whole.files, whole.files_unchanged, whole.new) == (4, 2, 2)
    assert run(store, bucket.url("logs/"), bucket.url("logs/c.jsonl.zst")).files_unchanged == 4
    assert located(store) == [
        ("a", bucket.url("logs/2026/a.jsonl")),
        ("b", bucket.url("logs/2026/b.jsonl.gz")),
        ("c", bucket.url("logs/c.jsonl.zst")),
        ("d", bucket.url("logs/d.parquet")),
    ]
    assert not (store.folder / ".fetched").exists()


@pytest.mark.e2e
def test_a_bucket_reads_like_a_folder(
    store: Store, bucket: s3.Bucket, new_store: Any, tmp_path: Path
) -> None:
    bodies = {
        "a.jsonl": calls("1", "2") + b"{broken\n",
        "b.jsonl": calls("2", "3", stars=4),
        "c.jsonl": b'{"query": "no id", "response": "none"}\n' * 2,
    }
    other = new_store(tmp_path / "other")
    for name, body in bodies.items():
        bucket.write(f"logs/{name}", body)
        (other.folder / "logs").mkdir(exist_ok=True)
        (other.folder / "logs" / name).write_bytes(body)
    remote, local = run(store, bucket.url("logs")), run(other, str(other.folder / "logs"))
    assert (remote.new, remote.documents, remote.rejected) == (5, 7, {"bad-json": 1})
    assert (remote.new, remote.documents, remote.rejected, remote.mapping) == (
        local.new, local.documents, local.rejected, local.mapping,
    )  # fmt: skip
    query = """SELECT source_id, content_hash, line, replace(location, {!r}, '') AS file
               FROM interactions ORDER BY ALL"""
    assert rows(store, query.format(bucket.url())) == rows(other, query.format("nothing"))
    assert rows(store, "SELECT location, line FROM rejects") == [(bucket.url("logs/a.jsonl"), 3)]


@pytest.mark.e2e
def test_a_version_is_not_taken_for_logs_unless_its_file_is_named(
    store: Store, bucket: s3.Bucket
) -> None:
    bucket.write("data/set/v1/train.jsonl", calls("a"))
    bucket.write("data/set/v1/manifest.json", b"{}")
    bucket.write("data/set/.partial-v2-0123/train.jsonl", calls("b"))
    with pytest.raises(SourceError, match=r"not taken for logs\. Next: name the file, such as s3:"):
        run(store, bucket.url("data/set/v1/"))
    bucket.write("data/more.jsonl", calls("c"))
    assert run(store, bucket.url("data")).new == 1
    assert run(store, bucket.url("data/set/v1/train.jsonl")).new == 1
    assert [key for key, _ in located(store)] == ["a", "c"]


def test_file_addresses_are_paths(store: Store, write_jsonl: Any) -> None:
    path = write_jsonl(store.folder / "some logs" / "a.jsonl", [{"query": "hi", "response": "ho"}])
    assert run(store, path.as_uri()).new == 1
    assert run(store, str(path)).files_unchanged == 1
    assert rows(store, "SELECT location FROM interactions") == [("some logs/a.jsonl",)]


# -- cost ------------------------------------------------------------------------------------------


@pytest.mark.e2e
def test_what_did_not_change_is_not_fetched_again(store: Store, bucket: s3.Bucket) -> None:
    for n in range(30):
        bucket.write(f"logs/{n:02}.jsonl", calls(f"{n:02}", stars=n % 5 + 1))
    assert run(store, bucket.url("logs")).new == 30
    before, digest = len(bucket.server.requests()), store.state_digest()
    again = run(store, bucket.url("logs"))
    assert (again.files_unchanged, again.documents) == (30, 0)
    assert bucket.fetched(before) == [] and store.state_digest() == digest
    bucket.write("logs/30.jsonl", calls("30", stars=2))
    bucket.write("logs/07.jsonl", calls("07", "07b", stars=5))
    before = len(bucket.server.requests())
    grown = run(store, bucket.url("logs"))
    assert bucket.fetched(before) == ["logs/07.jsonl", "logs/30.jsonl"]
    assert (grown.files_unchanged, grown.new, grown.changed) == (29, 2, 1)
    before = len(bucket.server.requests())
    other = Declared(scale="0-10")  # everything is read in another way
    assert run(store, bucket.url("logs"), declared=other).files_unchanged == 0
    assert len(bucket.fetched(before)) == 31


@pytest.mark.e2e
def test_new_files_that_read_otherwise_are_as_if_all_came_at_once(
    store: Store, bucket: s3.Bucket, new_store: Any, tmp_path: Path
) -> None:
    bucket.write("logs/a.jsonl", calls("a", stars=2))
    run(store, bucket.url("logs"))
    bucket.write("logs/b.jsonl", calls("b", stars=9, intent="refund"))
    run(store, bucket.url("logs"))
    other = new_store(tmp_path / "other")
    run(other, bucket.url("logs"))
    query = """SELECT interaction_id, content_hash, label, value, scale, rating_norm
               FROM interactions LEFT JOIN feedback USING (interaction_id) ORDER BY ALL"""
    assert rows(store, query) == rows(other, query)


@pytest.mark.e2e
def test_a_sqlite_file_in_a_bucket(store: Store, bucket: s3.Bucket, tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "app.sqlite") as con:
        con.execute("CREATE TABLE calls (id TEXT, query TEXT, response TEXT)")
        con.execute("INSERT INTO calls VALUES ('x', 'What is x?', 'It is x.')")
    con.close()
    url = bucket.write("app.sqlite", (tmp_path / "app.sqlite").read_bytes())
    assert run(store, url, table="calls").new == 1
    assert located(store) == [("x", f"{url}#calls")]


# -- the command -----------------------------------------------------------------------------------


@pytest.mark.e2e
def test_curate_toml_names_a_bucket(store: Store, bucket: s3.Bucket) -> None:
    bucket.write("logs/a.jsonl", calls("a"))
    toml = store.folder / "curate.toml"
    toml.write_text(f'[pull]\nlocations = ["{bucket.url("logs")}"]\n')
    done = curate(store.folder, "pull", "--json")
    assert (done.exit_code, orjson.loads(done.stdout)["new"]) == (0, 1), done.output
    toml.write_text('[pull]\nlocations = ["https://me:hidden@host/logs/a.jsonl"]\n')
    refused = curate(store.folder, "pull")
    assert refused.exit_code == 2 and "[pull] locations has a password" in refused.stderr
    assert "hidden" not in refused.output


@pytest.mark.e2e
def test_errors_of_a_bucket(store: Store, bucket: s3.Bucket, monkeypatch: Any) -> None:
    bucket.write("logs/a.jsonl", calls("a"))
    for location, said in {
        "s3://no-such-bucket/logs/a.jsonl": "no such bucket",
        bucket.url("logs/b.jsonl"): "no such bucket, folder or file",
        bucket.url("logs/*.csv"): "no file there has such a name",
        "s3://No_Bucket_Name!/a.jsonl": "s3://No_Bucket_Name!/a.jsonl says: ",
    }.items():
        done = curate(store.folder, "pull", location)
        assert (done.exit_code, done.stdout) == (1, ""), done.output
        assert f"Error: {location}" in done.stderr and said in done.stderr
    bucket.server.allow(everybody=False)
    try:
        done = curate(store.folder, "pull", bucket.url("logs"))
    finally:
        bucket.server.allow(everybody=True)
    assert done.exit_code == 1 and "access refused" in done.stderr
    assert s3.SECRET not in done.output
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    done = curate(store.folder, "pull", bucket.url("logs"))
    assert done.exit_code == 1 and "no credentials that work" in done.stderr
    assert "AWS_ACCESS_KEY_ID" in done.stderr


@pytest.mark.e2e
def test_a_server_that_is_down_says_to_come_again(store: Store, monkeypatch: Any) -> None:
    import servers

    s3.point(monkeypatch, f"http://127.0.0.1:{servers.free_port()}")
    done = curate(store.folder, "pull", "s3://bucket/logs")
    assert done.exit_code == 4
    assert "s3://bucket/logs does not answer" in done.stderr
    assert "type the command again" in done.stderr


def test_a_missing_package_names_the_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingExtra, match=r"pip install gcsfs$"):
        buckets.open_place("gs://bucket/logs")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingExtra, match=r"pip install 'curate-workbench\[s3\]'$"):
        buckets.open_place("s3://bucket/logs")


def test_an_unknown_kind_of_address(store: Store) -> None:
    with pytest.raises(ConfigError, match=r"unknown kind of address 's4'\. Known: abfs"):
        run(store, "s4://bucket/logs")


def test_an_evaluation_set_is_a_file_here(store: Store) -> None:
    from curate.export import other_files

    with pytest.raises(ConfigError, match="--against and --mix read files of this"):
        other_files.read("s3://bucket/eval.jsonl#question", store.folder)


# -- what is never shown ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://bucket/a/b@c.jsonl", "s3://bucket/a/b@c.jsonl"),
        ("sftp://me:pass%40word@host:22/logs/a.csv", "sftp://host:22/logs/a.csv"),
        ("https://me@host/a.jsonl", "https://host/a.jsonl"),
        ("abfs://container@account.dfs.core.windows.net/a", None),
        ("https://[::1]:8080/a.jsonl", "https://[::1]:8080/a.jsonl"),
    ],
)
def test_what_of_an_address_is_shown(url: str, shown: str | None) -> None:
    found = buckets.address(url)
    assert found.shown == (shown or url)
    assert found.clean(f"cannot open {url}") == f"cannot open {found.shown}"
    assert "pass" not in repr(found)


def test_no_message_has_a_password() -> None:
    found = buckets.address("sftp://me:pass%40word@host/a.csv")
    assert found.clean("login with pass@word or pass%40word") == "login with *** or ***"


def test_addresses_that_would_show_a_password_are_refused() -> None:
    for url in ("sftp://me:pa/ss@host/x", "s3://KEY:hidden@bucket/x"):
        with pytest.raises(ConfigError) as caught:
            buckets.address(url)
        assert "pa/ss" not in str(caught.value) and "hidden" not in str(caught.value)


class _Web(http.server.SimpleHTTPRequestHandler):
    """Serves a folder; with `plain`, without anything that tells content apart."""

    plain = False

    def send_header(self, keyword: str, value: str) -> None:
        if not (self.plain and keyword == "Last-Modified"):
            super().send_header(keyword, value)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, Path, type[_Web]]]:
    """A web server: its host, its folder, its handler."""
    folder = tmp_path / "web"
    folder.mkdir()
    handler = type("Web", (_Web,), {})
    made = functools.partial(handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), made) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}", folder, handler
        server.shutdown()


def test_a_signed_link_is_read_and_never_stored(store: Store, web: Any) -> None:
    host, folder, handler = web
    (folder / "a.jsonl").write_bytes(calls("a"))
    url = f"http://me:hidden1@{host}/a.jsonl?X-Amz-Signature=hidden2"
    assert run(store, url).new == 1
    assert run(store, url).files_unchanged == 1
    handler.plain = True  # now only its bytes say that it is the same
    assert run(store, url).new == 0
    assert run(store, url).files_unchanged == 1
    ((_, location),) = located(store)
    assert location.startswith(f"http://{host}/a.jsonl#query-")
    whole = (store.folder / "curate.duckdb").read_bytes()
    assert b"hidden1" not in whole and b"hidden2" not in whole
    with pytest.raises(TransportError) as caught:
        run(store, url.replace("a.jsonl", "b.jsonl"))
    assert "hidden" not in str(caught.value)


def test_a_file_that_is_cut_off_is_not_taken(web: Any, tmp_path: Path) -> None:
    host, folder, _ = web
    (folder / "a.jsonl").write_bytes(calls("a"))
    (found,) = buckets.find(f"http://{host}/a.jsonl", (".jsonl",))
    (folder / "a.jsonl").write_bytes(calls("a", "b"))
    with pytest.raises((RemoteUnavailable, TransportError)):
        found.fetch(tmp_path / "copy", lambda items, _: items)


# -- kills -----------------------------------------------------------------------------------------


@pytest.mark.e2e
def test_a_pull_that_is_killed_leaves_nothing_and_is_finished_by_the_next(
    store: Store, bucket: s3.Bucket, new_store: Any, tmp_path: Path
) -> None:
    for n in range(6):
        ids = [f"{n}-{k}" for k in range(10_000)]
        bucket.write(f"logs/{n}.jsonl", calls(*ids, padding="x" * 400))
    calm = new_store(tmp_path / "calm")
    assert curate(calm.folder, "pull", bucket.url("logs")).exit_code == 0
    killed = 0
    for pause in (0.0, 0.3, 1.0):
        process = subprocess.Popen(
            [sys.executable, "-m", "curate", "-C", str(store.folder), "pull", bucket.url("logs")],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.DEVNULL,
        )
        while not (store.folder / ".fetched").exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(pause)
        killed += process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert killed == 3
    assert curate(store.folder, "pull", bucket.url("logs")).exit_code == 0
    assert store.state_digest() == calm.state_digest()
    assert not (store.folder / ".fetched").exists()

"""Pulls from a server that plays Langfuse's lists: what is read, how often, what is never told."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from curate.errors import ConfigError, RemoteUnavailable, SourceError
from curate.pull import from_platform
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions, PullResult, Reading
from curate.pull.pull import pull
from curate.sources.platforms import _http, langfuse
from curate.store import Store
from faulty import Faulty, bad_gateway, cut, drop, hang, refuse, says
from langfuse import (
    PUBLIC_KEY,
    SECRET_KEY,
    START,
    Data,
    Kept,
    Langfuse,
    calls_of,
    project,
    ratings_of,
    stamp,
)
from program import Program

pytestmark = pytest.mark.slow

CALLS = (
    "SELECT source_id, messages->>'$[0].content', output->>'$[0].content', session_id, model,"
    " input_tokens, output_tokens FROM interactions ORDER BY 1"
)
RATINGS = (
    "SELECT i.source_id, f.rating_norm = 1 FROM feedback f"
    " JOIN interactions i USING (interaction_id) ORDER BY ALL"
)


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANGFUSE_HOST", "LANGFUSE_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", PUBLIC_KEY)
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("CURATE_SALT", "one for all")
    monkeypatch.setattr(_http, "FIRST_PAUSE_SECONDS", 0.01)


@pytest.fixture
def server() -> Iterator[Langfuse]:
    with Langfuse(project(calls=60, scores=24), page_rows=16) as made:
        yield made


def read(store: Store, location: str, **said: Any) -> PullResult:
    names = ("source", "table", "query", "heldout")
    options = {name: said.pop(name) for name in names if name in said}
    declared = said.pop("declared", Declared())
    how = PullOptions(declared=declared, database=Reading(**said), **options)
    return pull(store, [location], options=how)


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    with store.read_database() as con:
        return con.execute(query).fetchall()


def assert_exact(store: Store, data: Data) -> None:
    """The store has what the server has: every call and every score once, and nothing else."""
    assert {row[0]: row[1:] for row in rows(store, CALLS)} == calls_of(data)
    assert rows(store, RATINGS) == ratings_of(data)


# -- what is read ----------------------------------------------------------------------------------


def test_calls_and_scores_are_read_once(store: Store, server: Langfuse) -> None:
    first = read(store, server.location)
    assert_exact(store, server.data)
    assert (first.documents, first.new, first.source) == (60, 60, "logs")
    assert [n for n in first.notes if n.startswith("24 scores (24 new, 0 changed, 0 already")]
    assert {row[0] for row in rows(store, "SELECT DISTINCT location FROM interactions")} == {
        f"{server.location}#proj-1/observations"
    }
    before, asked = store.state_digest(), len(server.asked)
    again = read(store, server.location)
    assert again.new == again.changed == 0
    assert store.state_digest() == before
    assert rows(store, "SELECT outcome FROM runs ORDER BY run_id") == [("changed",), ("unchanged",)]
    assert len(server.asked) == asked + 3  # the project, and the end of each list


def test_what_is_asked_for(store: Store, server: Langfuse) -> None:
    read(store, server.location)
    by_path = {path: given for path, given in server.asked if "cursor" not in given}
    assert by_path == {
        "/api/public/projects": {},
        "/api/public/v2/observations": {
            "type": "GENERATION",
            "fields": "core,basic,time,io,metadata,model,usage,prompt,metrics,trace_context",
            "fromStartTime": "1970-01-01T00:00:00.000Z",
            "toStartTime": stamp(server.now.replace(microsecond=0)),
            "limit": "1000",
        },
        "/api/public/v3/scores": {
            "fields": "core,details,subject,annotation",
            "fromTimestamp": "1970-01-01T00:00:00.000Z",
            "toTimestamp": stamp(server.now.replace(microsecond=0)),
            "limit": "100",
        },
    }


def test_a_score_on_a_trace_is_one_of_its_last_generation(store: Store, server: Langfuse) -> None:
    read(store, server.location)
    assert rows(store, RATINGS) == ratings_of(server.data)


def test_what_comes_late_is_found_within_the_lag(store: Store, server: Langfuse) -> None:
    """Pulls again and again while calls and scores arrive, up to 15 minutes after their time."""
    end = server.data.end
    for minutes in (3, 7, 10, 14, 21, 300, 1_400):
        server.now = START + timedelta(minutes=minutes)
        read(store, server.location)
    server.now = end
    read(store, server.location)
    assert_exact(store, server.data)


def test_what_comes_later_than_the_lag_needs_a_rescan(store: Store) -> None:
    data = Data([_call("a", 0), _call("b", 60, late=50), _call("c", 70)])
    with Langfuse(data) as server:
        server.now = START + timedelta(minutes=100)
        assert read(store, server.location).new == 2
        server.now = START + timedelta(minutes=130)
        assert read(store, server.location).new == 0
        found = read(store, server.location, rescan="2h")
        assert found.new == 1
        server.data.observations.append(_call("d", 118, late=20))
        server.now = START + timedelta(minutes=139)
        late = read(store, server.location)
    assert late.new == 1
    assert [n for n in late.notes if n.startswith("one of the observations came 12m late")]


def _call(key: str, minute: float, late: float = 0, **said: Any) -> Kept:
    at = START + timedelta(minutes=minute)
    fields = {
        "id": key, "traceId": f"t-{key}", "startTime": stamp(at), "type": "GENERATION",
        "projectId": "proj-1", "sessionId": f"s-{key}", "updatedAt": stamp(at),
        "input": json.dumps([{"role": "user", "content": f"question {key}?"}]),
        "output": f"answer {key}",
    }  # fmt: skip
    return Kept({**fields, **said}, at, at + timedelta(minutes=late))


def test_a_changed_call_replaces_the_old_one(store: Store) -> None:
    with Langfuse(Data([_call("a", 0)])) as server:
        server.now = START + timedelta(minutes=5)
        read(store, server.location)
        # The server keeps both for a while; the newer one counts, wherever it is listed.
        server.data.observations[:0] = [_call("a", 0, output="better", updatedAt=stamp(server.now))]
        assert read(store, server.location).changed == 1
        before = store.state_digest()
        assert read(store, server.location).changed == 0
    assert store.state_digest() == before
    assert rows(store, "SELECT response FROM interactions") == [("better",)]


def test_since(store: Store, server: Langfuse) -> None:
    server.data = Data([_call(f"c{day}", -1440 * day) for day in range(10)])
    server.now = START + timedelta(minutes=1)
    assert read(store, server.location, since="3d").new == 3  # 0, 1 and 2 days ago
    assert read(store, server.location).new == 0
    assert read(store, server.location, since="2d").new == 0
    assert read(store, server.location, since="2026-08-26").new == 4  # as far as six days ago
    before = store.state_digest()
    assert read(store, server.location, since="2026-08-26").documents == 1
    assert store.state_digest() == before
    assert read(store, server.location, since="1w").new == 0
    with pytest.raises(ConfigError, match=r"--since 'soon': expected a time such as 90s"):
        read(store, server.location, since="soon")


def test_documents_that_are_read_in_another_way_are_read_again(
    store: Store, server: Langfuse
) -> None:
    read(store, server.location, since="2026-09-01")
    declared = Declared(fields={"group": "sessionId"})
    assert read(store, server.location, declared=declared).changed == 60
    begun = [given.get("fromStartTime") for path, given in server.asked if "v2" in path]
    assert set(begun) == {"2026-09-01T00:00:00.000Z"}, "as far back as they were"
    assert read(store, server.location).changed == 0, "it is remembered"


def test_an_empty_project(store: Store) -> None:
    with Langfuse(Data([_call("a", 0, late=60)])) as server:
        server.now = START
        result = read(store, server.location)
        assert (result.documents, result.new) == (0, 0)
        server.now = START + timedelta(hours=2)
        assert read(store, server.location, lag="3h").new == 1


def test_two_projects_of_a_server_are_told_apart(
    store: Store, server: Langfuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(store, server.location)
    answer = server.answer

    def of_another(path: str, given: Any) -> tuple[int, Any]:
        if path.endswith("/projects"):
            return 200, {"data": [{"id": "proj-2"}]}
        return answer(path, given)

    monkeypatch.setattr(server, "answer", of_another)
    assert read(store, server.location, source="second").new == 60
    query = "SELECT count(DISTINCT location) FROM pulled_platforms"
    assert rows(store, query) == [(4,)]


def test_half_a_surrogate_pair_is_one_reject(store: Store) -> None:
    torn = _call("b", 1, output="cut in the middle \ud83d")
    with Langfuse(Data([_call("a", 0), torn])) as server:
        server.now = START + timedelta(hours=1)
        result = read(store, server.location)
    assert (result.new, result.rejected) == (1, {"bad-json": 1})
    assert rows(store, "SELECT row_key FROM rejects") == [("b",)]


# -- older servers ---------------------------------------------------------------------------------


def test_a_server_without_cursors(store: Store, server: Langfuse) -> None:
    server.current = False
    server.data = project(calls=120, scores=110)
    server.now = server.data.end
    read(store, server.location)
    assert_exact(store, server.data)
    before = store.state_digest()
    assert read(store, server.location).new == 0
    assert store.state_digest() == before
    # The values of its booleans are numbers; nothing of the trace's user is kept.
    assert not [r for r in rows(store, "SELECT metadata FROM interactions") if "user-" in str(r)]


def test_a_server_that_is_replaced_in_the_middle(store: Store, server: Langfuse) -> None:
    server.current = False
    server.data = project(calls=120, scores=10)
    server.now = server.data.end

    def dies(page: int) -> None:
        if page == 2:
            raise ConnectionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_http, "TRIES", 1)
        server.before_page = dies
        with pytest.raises(RemoteUnavailable):
            read(store, server.location)
    assert rows(store, "SELECT cursor FROM pulled_platforms") == [("/api/public/observations 2",)]
    server.before_page, server.current = (lambda _: None), True
    read(store, server.location)
    assert_exact(store, server.data)


def test_a_cursor_that_is_no_longer_taken(store: Store, server: Langfuse) -> None:
    with Faulty(server.url) as line:
        line.fail(says(503), path="cursor=", times=100)
        with pytest.raises(RemoteUnavailable):
            read(store, f"langfuse+{line.url}")
    with Faulty(server.url) as line:
        with store.write() as con:
            con.execute("UPDATE pulled_platforms SET location = ?",
                        [f"langfuse+{line.url}#proj-1/observations"])  # fmt: skip
        line.fail(says(400, '{"message": "Invalid cursor format"}'), path="cursor=")
        read(store, f"langfuse+{line.url}")
    assert_exact(store, server.data)


# -- faults ----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("fault", [bad_gateway, cut, drop, says(429, Retry_After="0.1")])
@pytest.mark.parametrize("path", ["observations", "scores", "projects"])
def test_a_fault_that_passes(store: Store, server: Langfuse, fault: Any, path: str) -> None:
    with Faulty(server.url) as line:
        line.fail(fault, path=path, times=2)
        read(store, f"langfuse+{line.url}")
    assert_exact(store, server.data)


@pytest.mark.slow
def test_all_faults_together(store: Store) -> None:
    data = project(calls=80, scores=40, seed=5)
    with Langfuse(data, page_rows=8, chaos=0.5) as server:
        read(store, server.location)
    assert_exact(store, data)
    assert len(server.faults) >= 4, server.faults


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "said"),
    [(bad_gateway, "it answers 502"), (cut, "the reply was cut"), (refuse, "cannot be reached"),
     (drop, "the line broke"), (hang, "did not answer in time")],
)  # fmt: skip
def test_a_fault_that_stays(
    store: Store, server: Langfuse, monkeypatch: pytest.MonkeyPatch, fault: Any, said: str
) -> None:
    monkeypatch.setattr(_http, "SILENCE_SECONDS", 0.3)
    with Faulty(server.url) as line:
        location = f"langfuse+{line.url}"
        line.fail(fault, path="scores", times=100)
        with pytest.raises(RemoteUnavailable, match=f"{said}.*goes on where it was") as caught:
            read(store, location)
        assert caught.value.exit_code == 4
    assert len(rows(store, CALLS)) == 60, "what was read is kept"


def test_a_server_that_asks_for_too_much_patience(store: Store, server: Langfuse) -> None:
    with Faulty(server.url) as line:
        line.fail(says(429, Retry_After="3600"), path="observations")
        with pytest.raises(
            RemoteUnavailable, match=r"too much to do \(429\) and asks to wait 3600"
        ):
            read(store, f"langfuse+{line.url}")
    assert line.count(path="observations") == 1


@pytest.mark.slow
def test_a_page_that_is_too_much_is_asked_for_in_parts(store: Store, server: Langfuse) -> None:
    with Faulty(server.url) as line:
        line.fail(says(422, '{"message": "memory limit"}'), path="limit=(1000|500)(&|$)", times=100)
        read(store, f"langfuse+{line.url}")
    limits = [given["limit"] for path, given in server.asked if path.endswith("v2/observations")]
    assert set(limits) == {"250"}, "what was too much once is not tried again"
    assert_exact(store, server.data)


def test_a_byte_at_a_time_is_no_answer(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    monkeypatch.setattr(_http, "REPLY_SECONDS", 0.2)
    monkeypatch.setattr(_http, "TRIES", 2)

    def drip(exchange: Any) -> None:
        handler = exchange._handler
        handler.send_response_only(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while True:
            handler.wfile.write(b" ")
            exchange.closing.wait(0.02)

    with Faulty("http://127.0.0.1:9") as line:
        line.fail(drip, times=2)
        with pytest.raises(RemoteUnavailable, match="did not answer in time"):
            read(store, f"langfuse+{line.url}")


def test_a_page_that_never_ends(store: Store, server: Langfuse) -> None:
    answer = server.answer

    def stuck(path: str, given: Any) -> tuple[int, Any]:
        status, content = answer(path, given)
        if "v2" in path:
            content["meta"] = {"cursor": "same"}
        return status, content

    server.answer = stuck  # type: ignore[method-assign]
    with pytest.raises(RemoteUnavailable, match="the same page again and again"):
        read(store, server.location)


# -- kills -----------------------------------------------------------------------------------------


def start(folder: Path, location: str) -> subprocess.Popen[bytes]:
    code = "from curate.cli import main; main()"
    command = [sys.executable, "-c", code, "-C", str(folder), "pull", location]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.slow
@pytest.mark.slow
@pytest.mark.parametrize("inside", [False, True], ids=["between pages", "inside a page"])
def test_kill_9_at_every_page(tmp_path: Path, new_store: Any, inside: bool) -> None:
    """Every page that is ever asked for ends one pull, before it is sent or a moment after."""
    data, rng = project(calls=500, scores=200, seed=3), random.Random(4)
    calm, killed = new_store(tmp_path / "calm"), new_store(tmp_path / "killed")
    with Langfuse(data, page_rows=50) as server:
        process: Any = start(calm.folder, server.location)
        process.communicate()
        pages = server.pages
        struck: set[tuple[str, str | None]] = set()

        def strike(_: int) -> None:
            path, given = server.asked[-1]
            page = path, given.get("cursor")
            if page in struck:
                return
            struck.add(page)
            if inside:
                threading.Timer(rng.random() * 0.2, process.kill).start()
            else:
                process.kill()

        if inside:
            server.after_page = strike
        else:
            server.before_page = strike
        while process.returncode or not struck:
            process = start(killed.folder, server.location)
            _, err = process.communicate()
            assert process.returncode in (0, -signal.SIGKILL), err
    assert len(struck) == pages
    assert_exact(killed, data)
    assert killed.state_digest() == calm.state_digest()


class Killed(BaseException):
    """What ends a pull in the middle."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "when"),
    [(0, "merged"), (0, "stored"), (2, "before"), (3, "stored"), (4, "stored"), (5, "merged")],
)
def test_a_killed_pull_goes_on_after_its_last_page(
    tmp_path: Path, new_store: Any, server: Langfuse, page: int, when: str
) -> None:
    calm, killed = new_store(tmp_path / "calm"), new_store(tmp_path / "killed")
    read(calm, server.location)
    owner, name = {
        "before": (langfuse.Langfuse, "page"),
        "merged": (from_platform._StreamPull, "_remember"),
        "stored": (from_platform._StreamPull, "_store"),
    }[when]
    real, calls = getattr(owner, name), iter(range(1_000))

    def dies(*arguments: Any, **named: Any) -> Any:
        result = real(*arguments, **named)
        if next(calls) == page:
            raise Killed
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, dies)
        with pytest.raises(Killed):
            read(killed, server.location)
    before = len(server.asked)
    read(killed, server.location)
    assert killed.state_digest() == calm.state_digest()
    assert_exact(killed, server.data)
    stored = page + (when == "stored")
    # The project, what is left of four pages of calls and two of scores, and of each list that
    # was begun what has come since.
    assert len(server.asked) - before == 1 + (6 - stored) + (stored >= 1) + (stored >= 5)


# -- addresses and keys ----------------------------------------------------------------------------


def test_the_address_may_stand_in_the_environment(
    store: Store, server: Langfuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGFUSE_HOST", server.url)
    assert read(store, "langfuse://").new == 60
    monkeypatch.setenv("LANGFUSE_HOST", "https://nobody.invalid")
    assert read(store, server.location).new == 0, "an address that is named comes first"


@pytest.mark.parametrize(
    ("location", "url", "shown"),
    [
        ("langfuse://", "https://cloud.langfuse.com", "langfuse://cloud.langfuse.com"),
        ("langfuse://us.cloud.langfuse.com/", "https://us.cloud.langfuse.com",
         "langfuse://us.cloud.langfuse.com"),
        ("langfuse://logs.local:3000/lf", "https://logs.local:3000/lf",
         "langfuse://logs.local:3000/lf"),
        ("langfuse+http://127.0.0.1:3000", "http://127.0.0.1:3000",
         "langfuse+http://127.0.0.1:3000"),
    ],
)  # fmt: skip
def test_addresses(location: str, url: str, shown: str) -> None:
    assert langfuse._address(location) == (url, shown)


@pytest.mark.parametrize(
    "location",
    [f"langfuse://{PUBLIC_KEY}:{SECRET_KEY}@host", f"langfuse://{SECRET_KEY}@host",
     f"langfuse://host?secret={SECRET_KEY}", f"langfuse://host/#{SECRET_KEY}"],
)  # fmt: skip
def test_keys_in_an_address_are_refused(store: Store, location: str) -> None:
    with pytest.raises(ConfigError, match="keys do not belong into the address") as caught:
        read(store, location)
    assert SECRET_KEY not in str(caught.value)
    assert rows(store, "SELECT count(*) FROM runs") == [(0,)]


@pytest.mark.parametrize("name", ["LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"])
def test_without_keys(store: Store, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(ConfigError, match=r"wants the keys.*LANGFUSE_PUBLIC_KEY and LANGFUSE_SEC"):
        read(store, "langfuse://host")


def test_a_key_that_is_wrong(
    store: Store, server: Langfuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk-wrong-1234")
    with pytest.raises(SourceError, match=r"does not accept the keys \(401: Invalid cred") as error:
        read(store, server.location)
    assert error.value.exit_code == 1
    _assert_keyless(str(error.value))


def test_a_server_that_has_moved_does_not_get_the_keys(store: Store, server: Langfuse) -> None:
    with Faulty("http://127.0.0.1:9") as line:
        line.fail(says(302, Location=f"{server.url}/api/public/projects"), times=100)
        with pytest.raises(SourceError, match=rf"has moved to {server.url}"):
            read(store, f"langfuse+{line.url}")
    assert server.asked == []


def test_something_else_at_the_address(store: Store) -> None:
    with Faulty("http://127.0.0.1:9") as line:
        line.fail(says(404, "<html>"), times=100)
        with pytest.raises(SourceError, match="is no Langfuse"):
            read(store, f"langfuse+{line.url}")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"key": "id"}, "--key means nothing for langfuse://"),
        ({"cursor": "a", "table": "b"}, "--table, --cursor means nothing"),
        ({"reconcile": True}, "--reconcile means nothing"),
        ({"heldout": True}, "an evaluation set is imported from files"),
        ({"declared": Declared("turns")}, "leave --turns away"),
        ({"declared": Declared("feedback")}, "leave --as feedback away"),
    ],
)
def test_options_that_mean_nothing_here(store: Store, said: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read(store, "langfuse://host", **said)


def test_since_is_for_platforms(store: Store, tmp_path: Path) -> None:
    for location in ("logs.jsonl", f"sqlite:///{tmp_path}/a.db"):
        with pytest.raises(ConfigError, match="--since goes with a"):
            read(store, location, since="3d")


SECRETS = (PUBLIC_KEY, SECRET_KEY, "cGstbGYtMGE5Yy1wdWJsaWM", "sk-wrong-1234")


def _assert_keyless(text: str | bytes) -> None:
    data = text.encode() if isinstance(text, str) else text
    for secret in SECRETS:
        assert secret.encode() not in data, secret


def test_the_keys_stand_nowhere(
    tmp_path: Path, server: Langfuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the server says of them: in the store, in what is printed, in what is logged."""

    def curate(*arguments: str) -> int:
        result = CliRunner().invoke(Program(), ["-vv", "-C", str(tmp_path / "p"), *arguments])  # type: ignore[arg-type]
        _assert_keyless(result.stdout)
        _assert_keyless(result.stderr)
        return result.exit_code

    pair = "Basic cGstbGYtMGE5Yy1wdWJsaWMtNDcxMTpzay1sZi03N2YxLXNlY3JldC05ZTJi"
    echo = json.dumps({"message": f"{PUBLIC_KEY} {SECRET_KEY} {pair}"})
    assert curate("init") == 0
    with Faulty(server.url) as line:
        location = f"langfuse+{line.url}"
        for status in (400, 401, 403, 500):
            line.fail(says(status, echo), path="v3/scores", times=_http.TRIES)
            assert curate("pull", location) == (4 if status == 500 else 1)
        assert curate("pull", location) == 0
        assert curate("pull", location, "--rescan", "2d") == 0
        assert curate("status", "--rejects") == 0
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk-wrong-1234")
    assert curate("pull", server.location) == 1
    files = [path for path in (tmp_path / "p").rglob("*") if path.is_file()]
    assert len(files) >= 3
    for path in files:
        _assert_keyless(path.read_bytes())


def test_curate_toml_may_name_it(
    tmp_path: Path, server: Langfuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner, folder = CliRunner(), str(tmp_path / "p")
    assert runner.invoke(Program(), ["init", folder]).exit_code == 0  # type: ignore[arg-type]
    toml = tmp_path / "p" / "curate.toml"
    toml.write_text(f'[pull]\nlocations = ["{server.location}"]\nlag = "1h"\n', encoding="utf-8")
    result = runner.invoke(Program(), ["-C", folder, "pull", "--json"])  # type: ignore[arg-type]
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["new"] == 60
    server.asked.clear()
    runner.invoke(Program(), ["-C", folder, "pull"])  # type: ignore[arg-type]
    low = datetime.fromisoformat(server.asked[1][1]["fromStartTime"]).replace(tzinfo=None)
    assert low == server.now.replace(microsecond=0) - timedelta(hours=1)

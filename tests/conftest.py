"""Fixtures that all tests share: a store, the development data, and no network."""

from __future__ import annotations

import fcntl
import importlib.util
import ipaddress
import os
import shutil
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from click.testing import CliRunner

import browser
import labelstudio
import s3
from curate.embed import encoders
from curate.embed.encoder import Encoder
from curate.store import Store
from program import Program
from projects import Demo, WriteJsonl
from servers import missing

# Read by huggingface_hub when it is imported, so it is set before any test module is.
os.environ["HF_HUB_OFFLINE"] = "1"
# Two test processes with two threads each on two cores spend their time waiting for one another.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["CURATE_THREADS"] = "1"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where CI=true, a skipped test is a failure: it would hide what a change broke."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def new_store(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Store]:
    """Makes the store of an sft project in a folder, which is created."""
    empty = Store(tmp_path_factory.mktemp("empty"))
    empty.create()
    with empty.write() as con:
        empty.set_setting(con, "project", {"task": "sft"})

    def make(folder: Path) -> Store:
        folder.mkdir(parents=True, exist_ok=True)
        made = Store(folder)
        shutil.copyfile(empty.path, made.path)
        return made

    return make


@pytest.fixture
def store(tmp_path: Path, new_store: Callable[[Path], Store]) -> Store:
    """The store of an empty sft project in tmp_path."""
    return new_store(tmp_path)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo, run once for all test processes; look, copy, and leave it as it is."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo-once"
    folder.mkdir(exist_ok=True)
    said = folder / "said"
    with (folder / "lock").open("w") as lock, pytest.MonkeyPatch.context() as patch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            patch.chdir(folder)
            result = CliRunner().invoke(Program(), ["demo"])  # type: ignore[arg-type]
            assert result.exit_code == 0, result.output
            said.write_text(result.output, encoding="utf-8")
    return Demo(folder / "demo", said.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of development data; without it a test is skipped, or fails where CI=true."""
    beside = Path(__file__).parents[1].parent / "shared" / "data"
    folder = Path(os.environ.get("CURATE_TEST_DATA", beside))
    if not folder.is_dir():
        missing(f"no development data in {folder}: set CURATE_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def shared_cases() -> Path:
    """The folder of small files with right outcomes; without it as `shared_data`."""
    beside = Path(__file__).parents[1].parent / "shared" / "cases"
    folder = Path(os.environ.get("CURATE_TEST_CASES", beside))
    if not folder.is_dir():
        missing(f"no cases in {folder}: set CURATE_TEST_CASES")
    return folder


label_studio = pytest.fixture(scope="session")(labelstudio.server)
s3_server = pytest.fixture(scope="session")(s3.server)
bucket = pytest.fixture(s3.bucket)
chromium = pytest.fixture(scope="session")(browser.chromium)


@pytest.fixture(scope="session")
def write_jsonl() -> WriteJsonl:
    """Writes rows to a JSON Lines file, whose folder is created, and returns its path."""

    def write(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
        return path

    return write


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets sockets connect to this machine only."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(self: socket.socket, address: Any) -> None:
        _refuse_remote(self, address)
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        _refuse_remote(self, address)
        return connect_ex(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_ex)


def _refuse_remote(made: socket.socket, address: Any) -> None:
    if made.family == socket.AF_UNIX or _is_loopback(str(address[0])):
        return
    pytest.fail(f"a test may not use the network: it tried {address[0]}:{address[1]}")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes away what a developer's environment says to curate; one thread stays, see above."""
    for name in [name for name in os.environ if name.startswith("CURATE_")]:
        if not name.startswith("CURATE_TEST_") and name != "CURATE_THREADS":
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_lines_of_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps commands from saying where they are: how long one takes here depends on the machine."""
    monkeypatch.setattr("curate.cli.progress.SECONDS_BETWEEN_LINES", 3600.0)


@pytest.fixture(scope="session")
def encoder() -> Remembering:
    """The packaged model; a text that several tests embed is encoded once."""
    if importlib.util.find_spec("sentence_transformers") is None:
        pytest.skip("the extra [ml] is not installed")
    return Remembering(encoders.load("minilm", threads=1))


class Remembering:
    """An encoder that keeps what it has encoded, each text on its own: no batch moves a bit."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.known: dict[str, Any] = {}
        self.encoded: list[str] = []

    @property
    def name(self) -> str:
        return self.encoder.name

    @property
    def digest(self) -> str:
        return self.encoder.digest

    def encode(self, texts: Sequence[str]) -> Any:
        self.encoded += texts
        fresh = [text for text in dict.fromkeys(texts) if text not in self.known]
        self.known |= {text: self.encoder.encode([text])[0] for text in fresh}
        return np.array([self.known[text] for text in texts])

    def windows(self, text: str) -> list[str]:
        return self.encoder.windows(text)

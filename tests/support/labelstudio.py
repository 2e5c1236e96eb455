"""A real Label Studio server of our own, on loopback, for as long as the tests run.

It lives in an environment of its own, which is installed once and kept, as is a data folder whose
tables exist already: its first start takes minutes. `python tests/labelstudio.py` makes both.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from servers import dies_with_parent, free_port, missing

VERSION = "1.23.2"
PASSWORD = "curate-test-Pass.word"
_ADMIN, _ADMIN_TOKEN = "admin@example.org", "0123456789abcdef0123456789abcdef01234567"
_FIRST_START_SECONDS, _START_SECONDS = 600, 180
# All that it would tell or ask other machines, by its own settings (label_studio/core/settings).
_QUIET = {
    "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
    "LABEL_STUDIO_SENTRY_DSN": "",
    "LABEL_STUDIO_FRONTEND_SENTRY_DSN": "",
    "LABEL_STUDIO_LATEST_VERSION_CHECK": "false",
    "LABEL_STUDIO_FEATURE_FLAGS_OFFLINE": "true",
    "LABEL_STUDIO_CONVERTER_DOWNLOAD_RESOURCES": "false",
    "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
    "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
}


class Unavailable(Exception):
    """Label Studio cannot be installed or started here."""


@dataclass(frozen=True)
class Person:
    """A user of the server; token is the legacy one."""

    id: int
    email: str
    token: str


@dataclass
class LabelStudio:
    """A running server. Everybody's password is `PASSWORD`; there are no roles."""

    url: str
    pid: int
    people: dict[str, Person] = field(default_factory=dict)
    pats: dict[str, str] = field(default_factory=dict)

    @property
    def admin(self) -> Person:
        return self.people["admin"]

    def annotator(self, name: str) -> Person:
        """Returns the user of that name, who signs up by the invite link the first time."""
        if name not in self.people:
            self.people[name] = self._sign_up(f"{name}@example.org")
        return self.people[name]

    def pat(self, person: Person) -> str:
        """Returns the personal access token; there is one for each user, made the first time."""
        if person.email not in self.pats:
            made = self.request("POST", "/api/token/", token=person.token)
            self.pats[person.email] = made["token"]
        return self.pats[person.email]

    def request(self, method: str, path: str, *, token: str | None = None, **more: Any) -> Any:
        """Asks the API, as the admin unless a legacy token says otherwise; returns its JSON.

        Args:
            more: as for `httpx.request`: json, params.
        """
        import httpx

        headers = {"Authorization": f"Token {token or _ADMIN_TOKEN}"}
        url = self.url + path
        answer = httpx.request(
            method,
            url,
            headers=headers,
            timeout=300,
            trust_env=False,
            follow_redirects=True,
            **more,
        )
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        return answer.json() if answer.content else None

    def project(
        self, config: str, tasks: Sequence[Mapping[str, Any]] = (), **settings: Any
    ) -> tuple[int, list[int]]:
        """Creates a project with tasks in it; returns its number and theirs."""
        asked = {"title": "test", "label_config": config, **settings}
        number = int(self.request("POST", "/api/projects/", json=asked)["id"])
        if not tasks:
            return number, []
        path = f"/api/projects/{number}/import?return_task_ids=1"
        return number, self.request("POST", path, json=list(tasks))["task_ids"]

    def annotate(
        self, token: str, task: int, result: Sequence[Mapping[str, Any]], **more: Any
    ) -> dict[str, Any]:
        """Answers a task as the owner of a token; `more`: was_cancelled, lead_time, ..."""
        path, said = f"/api/tasks/{task}/annotations/", {"result": list(result), **more}
        return dict(self.request("POST", path, token=token, json=said))

    def tasks(self, project: int) -> list[dict[str, Any]]:
        """Returns all tasks of a project as the server lists them, with all their fields."""
        asked = {"project": project, "page": 1, "page_size": 100_000, "fields": "all"}
        return list(self.request("GET", "/api/tasks", params=asked)["tasks"])

    def _sign_up(self, email: str) -> Person:
        import httpx

        invite = self.request("GET", "/api/invite")["invite_url"]
        with httpx.Client(base_url=self.url, follow_redirects=True, trust_env=False) as browser:
            form = re.search(r'csrfmiddlewaretoken" value="([^"]+)', browser.get(invite).text)
            assert form, "no form to sign up"
            said = {"email": email, "password": PASSWORD, "csrfmiddlewaretoken": form[1]}
            browser.post(invite, data=said, headers={"Referer": self.url + invite})
            number = browser.get("/api/current-user/whoami").json()["id"]
            return Person(number, email, browser.get("/api/current-user/token").json()["token"])


def server() -> Iterator[LabelStudio]:
    """Starts a server, yields it, and stops it; a fixture's body."""
    try:
        with running() as made:
            yield made
    except Unavailable as error:
        missing(str(error))


@contextlib.contextmanager
def running() -> Iterator[LabelStudio]:
    """Starts a server in a temporary folder, for a `with`.

    Raises:
        Unavailable: it cannot be installed, or does not start.
    """
    executable, template = prepare()
    with tempfile.TemporaryDirectory(prefix="curate-label-studio-") as folder:
        data = Path(folder, "data")
        shutil.copytree(template, data)
        with _started(executable, data, _START_SECONDS) as made:
            who = made.request("GET", "/api/current-user/whoami")
            made.people["admin"] = Person(who["id"], _ADMIN, _ADMIN_TOKEN)
            yield made


def prepare() -> tuple[Path, Path]:
    """Returns the program and a data folder to copy, both made where they are not there.

    Raises:
        Unavailable: pip or the server says no.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "curate")
    folder = cache / f"label-studio-{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        given = os.environ.get("CURATE_TEST_LABEL_STUDIO")
        executable = Path(given) if given else _installed(folder / "venv")
        key = hashlib.sha256(str(executable).encode()).hexdigest()[:12]
        return executable, _template(executable, folder / f"template-{key}")


def _installed(venv: Path) -> Path:
    """Returns the program of an environment; one whose installation was killed is made anew."""
    complete = venv / ".complete"  # its scripts name its path, so it cannot be made elsewhere
    if not complete.exists():
        _say(f"installing Label Studio {VERSION} into {venv}: minutes, 1 GB")
        shutil.rmtree(venv, ignore_errors=True)
        _run(sys.executable, "-m", "venv", str(venv))
        _run(str(venv / "bin" / "pip"), "install", "-q", f"label-studio=={VERSION}")
        complete.touch()
    return venv / "bin" / "label-studio"


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"{' '.join(command)}: {done.stderr[-2000:]}")


def _template(executable: Path, folder: Path) -> Path:
    """Returns the data folder of a server that has started once."""
    if not folder.exists():
        _say(f"first start of {executable}: minutes")
        with tempfile.TemporaryDirectory(dir=folder.parent) as parent:
            data = Path(parent, "data")
            data.mkdir()
            with _started(executable, data, _FIRST_START_SECONDS):
                pass
            data.rename(folder)
    return folder


@contextlib.contextmanager
def _started(executable: Path, data: Path, seconds: float) -> Iterator[LabelStudio]:
    port = free_port()
    # Only this: it takes bare names such as HOST, PORT, DEBUG or CI for its settings.
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(data), **_QUIET}
    command = [
        executable, "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port),
        "--data-dir", data, "--username", _ADMIN, "--password", PASSWORD,
        "--user-token", _ADMIN_TOKEN, "--enable-legacy-api-token",
    ]  # fmt: skip
    log = data / "server.log"
    try:
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True, preexec_fn=dies_with_parent(signal.SIGTERM),
            )  # fmt: skip
    except OSError as error:
        raise Unavailable(f"{executable}: {error}") from error
    try:
        made = LabelStudio(f"http://127.0.0.1:{port}", process.pid)
        _wait_until_ready(made.url, process, log, seconds)
        yield made
    finally:
        _stop(process)


def _wait_until_ready(
    url: str, process: subprocess.Popen[bytes], log: Path, seconds: float
) -> None:
    import httpx

    give_up = time.monotonic() + seconds
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/health", trust_env=False, timeout=5).is_success:
                return
        if process.poll() is not None or time.monotonic() > give_up:
            raise Unavailable(f"Label Studio does not start: {log.read_text()[-2000:]}")
        time.sleep(0.2)


def _stop(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _say(what: str) -> None:
    sys.stderr.write(f"{what}\n")


if __name__ == "__main__":
    try:
        print(*prepare())
    except Unavailable as error:
        sys.exit(str(error))

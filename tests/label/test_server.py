"""What the tests of the round trip stand on: a real server, its users, and a line that fails."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from curate.label import interface
from faulty import (
    Fault,
    Faulty,
    bad_gateway,
    cut,
    drop,
    error_500,
    first,
    hang,
    hang_after,
    refuse,
    too_many,
)
from labelstudio import LabelStudio

pytestmark = pytest.mark.e2e

RELABEL = interface.config("relabel", ["refund", "delivery"])
TASK = {"data": {"curate_id": "k1", "text": "It never came.", "context": "", "reason": "Why",
                 "conversation": "It never came."}}  # fmt: skip
REFUND = [{"from_name": "label", "to_name": "text", "type": "choices",
           "value": {"choices": ["refund"]}}]  # fmt: skip


class Line:
    """A project, a proxy in front of its server, and a client that goes through it."""

    def __init__(self, label_studio: LabelStudio, proxy: Faulty) -> None:
        self.server, self.proxy = label_studio, proxy
        self.project, _ = label_studio.project(RELABEL)
        self.client = httpx.Client(
            base_url=proxy.url, timeout=20, trust_env=False,
            headers={"Authorization": f"Token {label_studio.admin.token}"},
        )  # fmt: skip

    def send(self, **more: Any) -> httpx.Response:
        return self.client.post(f"/api/projects/{self.project}/import", json=[TASK], **more)

    def stored(self) -> int:
        return len(self.server.tasks(self.project))


@pytest.fixture
def line(label_studio: LabelStudio) -> Iterator[Line]:
    with Faulty(label_studio.url) as proxy:
        made = Line(label_studio, proxy)
        yield made
        made.client.close()


def test_two_users_answer_a_task(label_studio: LabelStudio) -> None:
    project, (task,) = label_studio.project(RELABEL, [TASK], maximum_annotations=2)
    anna, ben = label_studio.annotator("anna"), label_studio.annotator("ben")
    assert label_studio.annotator("anna") is anna
    label_studio.annotate(anna.token, task, REFUND, lead_time=3.5)
    assert [t["is_labeled"] for t in label_studio.tasks(project)] == [False]
    label_studio.annotate(ben.token, task, [], was_cancelled=True)
    (listed,) = label_studio.tasks(project)
    assert listed["data"] == TASK["data"]
    said = {a["completed_by"]: a for a in listed["annotations"]}
    assert said.keys() == {anna.id, ben.id}
    assert said[anna.id]["lead_time"] == 3.5
    assert said[anna.id]["result"][0]["value"] == {"choices": ["refund"]}
    assert said[ben.id]["was_cancelled"]


def test_a_personal_access_token_is_exchanged_for_a_short_one(label_studio: LabelStudio) -> None:
    pat = label_studio.pat(label_studio.admin)
    assert label_studio.pat(label_studio.admin) == pat
    url = f"{label_studio.url}/api/token/refresh/"
    short = httpx.post(url, json={"refresh": pat}, trust_env=False).json()["access"]
    asked = {"headers": {"Authorization": f"Bearer {short}"}, "trust_env": False}
    who = httpx.get(f"{label_studio.url}/api/current-user/whoami", **asked)
    assert who.json()["email"] == label_studio.admin.email


def test_the_server_listens_on_loopback_and_knows_nothing_of_our_environment(
    label_studio: LabelStudio,
) -> None:
    assert label_studio.url.startswith("http://127.0.0.1:")
    environment = Path(f"/proc/{label_studio.pid}/environ").read_text().split("\0")
    names = {line.split("=")[0] for line in environment if line}
    assert {n for n in names if not n.startswith("LABEL_STUDIO_")} == {"PATH", "LANG", "HOME"}


def test_the_server_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    program = (
        "import os, labelstudio\n"
        "with labelstudio.running() as server:\n"
        "    print(server.pid, flush=True)\n"
        "    os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[1] / "support",
        stdout=subprocess.PIPE, env={**os.environ, "TMPDIR": str(tmp_path)}, check=False,
    )  # fmt: skip
    assert done.returncode == -9
    give_up = time.monotonic() + 20
    while Path(f"/proc/{int(done.stdout)}").exists():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_what_passes_is_recorded(line: Line) -> None:
    answer = line.send()
    assert answer.status_code == 201
    (request,) = line.proxy.requests
    assert (request.method, request.status) == ("POST", 201)
    assert request.path == f"/api/projects/{line.project}/import"
    assert request.sent_bytes == len(answer.request.content)
    assert request.received_bytes == len(answer.content)
    assert (line.proxy.count("POST", "/import"), line.proxy.count("GET")) == (1, 0)
    assert line.stored() == 1


@pytest.mark.parametrize(
    ("fault", "status"), [(error_500, 500), (bad_gateway, 502), (too_many, 429)]
)
def test_answers_in_place_of_the_server(line: Line, fault: Fault, status: int) -> None:
    line.proxy.fail(fault, "POST", "/import")
    answer = line.send()
    assert answer.status_code == status
    assert ("<html>" in answer.text) == (status == 502)
    assert answer.headers.get("Retry-After") == ("1" if status == 429 else None)
    assert line.stored() == 0


@pytest.mark.parametrize(
    ("fault", "error", "stored"),
    [
        (cut, httpx.RemoteProtocolError, 1),
        (drop, httpx.RemoteProtocolError, 0),
        (hang, httpx.ReadTimeout, 0),
        (hang_after, httpx.ReadTimeout, 1),
        (refuse, httpx.RemoteProtocolError, 0),
    ],
)
def test_no_answer(line: Line, fault: Fault, error: type[Exception], stored: int) -> None:
    line.proxy.fail(fault, "POST", "/import")
    with pytest.raises(error):
        line.send(timeout=3)
    assert line.proxy.requests[0].status is None
    assert line.stored() == stored


def test_only_the_nth_request_that_matches_fails(line: Line) -> None:
    line.proxy.fail(error_500, "POST", "/import", nth=2, times=2)
    statuses = []
    for _ in range(4):
        assert line.client.get(f"/api/projects/{line.project}/").status_code == 200
        statuses.append(line.send().status_code)
    assert statuses == [201, 500, 500, 201]


def test_a_server_that_has_gone_refuses_connections_until_it_is_back(line: Line) -> None:
    assert line.send().status_code == 201, "leaves a connection that is kept alive"
    with line.proxy.closed():
        for _ in range(2):
            with pytest.raises((httpx.ConnectError, httpx.RemoteProtocolError)):
                line.send()
        with pytest.raises(httpx.ConnectError):
            httpx.get(line.proxy.url, trust_env=False)
    assert line.send().status_code == 201
    assert line.stored() == 2


def test_something_can_happen_just_before_a_request(line: Line) -> None:
    def remove() -> None:
        line.server.request("DELETE", f"/api/projects/{line.project}/")

    line.proxy.fail(first(remove), "POST", "/import")
    assert line.send().status_code == 404


def test_hanging_ends_with_the_proxy(label_studio: LabelStudio) -> None:
    threads = threading.active_count()
    with Faulty(label_studio.url) as proxy:
        proxy.fail(hang)
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(proxy.url, timeout=0.2, trust_env=False)
        assert threading.active_count() > threads + 1
    give_up = time.monotonic() + 5
    while threading.active_count() > threads:
        assert time.monotonic() < give_up
        time.sleep(0.01)

"""An S3 server of our own (moto's), on loopback, for as long as the tests run."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from servers import dies_with_parent, free_port, missing

KEY, SECRET = "AKIAOWNTESTS", "s3cr3t/Access+Key"


@dataclass
class Server:
    """A running server, and what it was asked: one line a request."""

    port: int
    log: Path
    buckets: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def requests(self) -> list[str]:
        """Returns every request so far, such as `GET /bucket/key`."""
        said = self.log.read_text(encoding="utf-8", errors="replace")
        return re.findall(r'"(?:\x1b\[\d+m)*((?:GET|PUT|POST|HEAD|DELETE) \S+) HTTP', said)

    def allow(self, everybody: bool) -> None:
        """Takes any credentials, or none at all: the server knows no users."""
        count = b"inf" if everybody else b"0"
        asked = urllib.request.Request(
            f"{self.url}/moto-api/reset-auth", count, {"Content-Type": "text/plain"}
        )
        urllib.request.urlopen(asked).read()


@dataclass
class Bucket:
    """A bucket of the server, read and written past curate's own way."""

    server: Server
    name: str
    client: Any = field(repr=False)

    def url(self, key: str = "") -> str:
        return f"s3://{self.name}/{key}"

    def write(self, key: str, body: bytes) -> str:
        self.client.put_object(Bucket=self.name, Key=key, Body=body)
        return self.url(key)

    def read(self, key: str) -> bytes:
        body: bytes = self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return body

    def listed(self, prefix: str = "") -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix
        )
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def fetched(self, since: int) -> list[str]:
        """Returns the keys whose content was asked for after so many requests of the server."""
        start = f"GET /{self.name}/"
        asked = [r for r in self.server.requests()[since:] if r.startswith(start) and "?" not in r]
        return sorted({request.removeprefix(start) for request in asked})


def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Starts a server, yields it, and stops it; a fixture's body."""
    for package in ("s3fs", "moto", "flask", "flask_cors"):
        try:
            __import__(package)
        except ImportError:
            missing(f"no {package}: the extras [s3] and [dev] are not installed")
    made, process = start(tmp_path_factory.mktemp("s3"))
    try:
        yield made
    finally:
        process.terminate()
        process.wait(30)


def start(folder: Path) -> tuple[Server, subprocess.Popen[bytes]]:
    """Starts a server whose log is in a folder; who calls stops the process."""
    import signal

    port, log = free_port(), folder / "log"
    with log.open("wb") as handle:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=handle, stderr=handle, preexec_fn=dies_with_parent(signal.SIGTERM),
        )  # fmt: skip
    give_up = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/data.json").read()
        except OSError:
            assert process.poll() is None and time.monotonic() < give_up, log.read_text()
            time.sleep(0.05)
        else:
            return Server(port, log), process


def point(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Lets this process and its children find the server as a user's environment would say."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "nothing",
        "AWS_SHARED_CREDENTIALS_FILE": "nothing",
    }.items():
        monkeypatch.setenv(name, value)


def bucket(s3_server: Server, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Makes a bucket, and an environment in which curate finds it; a fixture's body."""
    import boto3

    point(monkeypatch, s3_server.url)
    s3_server.buckets += 1
    name = f"bucket-{s3_server.buckets}"
    client = boto3.session.Session().client("s3")
    client.create_bucket(Bucket=name)
    return Bucket(s3_server, name, client)

"""A PostgreSQL server of our own, on loopback, for as long as the tests run."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from servers import dies_with_parent, free_port, missing

USER, LOCKED, PASSWORD = "app", "locked", "s3cr3t-Pass.word"
_HBA = f"""
host all {LOCKED} 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
"""
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "timezone": "America/New_York",  # nothing may depend on it
}


@dataclass
class Postgres:
    """A running server: user `app` needs no password, user `locked` has one."""

    port: int
    pid: int

    def url(self, database: str = "postgres", user: str = USER) -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres", *, autocommit: bool = True) -> Any:
        from adbc_driver_postgresql import dbapi

        return dbapi.connect(self.url(database), autocommit=autocommit)

    def run(self, database: str, *statements: str) -> None:
        """Executes statements, each committed by itself."""
        with self.connect(database) as con, con.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def rows(self, database: str, query: str) -> list[tuple[Any, ...]]:
        with self.connect(database) as con, con.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())


def server() -> Iterator[Postgres]:
    """Starts a server in a temporary folder, yields it, and stops it; a fixture's body."""
    binaries = _binaries()
    if binaries is None:
        missing("no PostgreSQL server: initdb is neither in PATH nor in /usr/lib/postgresql")
    folder = Path(tempfile.mkdtemp(prefix="curate-postgres-"))
    owner = _owner(folder)
    process = None
    try:
        _create(binaries, folder, owner)
        port = free_port()
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [binaries / "postgres", "-D", folder / "data", "-p", str(port)],
                stdout=log,
                stderr=log,
                cwd=folder,
                preexec_fn=dies_with_parent(signal.SIGINT),
                **owner,
            )
        _wait_until_ready(port, process, folder / "log")
        made = Postgres(port, process.pid)
        made.run("postgres", f"CREATE ROLE {LOCKED} LOGIN PASSWORD '{PASSWORD}'")
        yield made
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)  # fast shutdown: its own children first
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def _owner(folder: Path) -> dict[str, Any]:
    """Returns who runs the server, as arguments of a process: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            account = pwd.getpwnam(name)
            os.chown(folder, account.pw_uid, account.pw_gid)
            return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    pytest.fail("PostgreSQL refuses to run as root, and there is no other user")


def _create(binaries: Path, folder: Path, owner: dict[str, Any]) -> None:
    arguments: Sequence[str | Path] = (
        binaries / "initdb", "-D", folder / "data", "-U", USER, "-A", "trust", "-E", "UTF8",
        "--locale=C.UTF-8", "--no-sync",
    )  # fmt: skip
    done = subprocess.run(
        arguments, cwd=folder, capture_output=True, text=True, check=False, **owner
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "data" / "pg_hba.conf").write_text(_HBA)
    lines = [f"{name} = '{value}'" for name, value in _SETTINGS.items()]
    lines += ["listen_addresses = '127.0.0.1'", "unix_socket_directories = ''"]
    with (folder / "data" / "postgresql.conf").open("a") as file:
        file.write("\n".join(lines) + "\n")


def _wait_until_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    from adbc_driver_postgresql import dbapi

    give_up = time.monotonic() + 60
    while True:
        try:
            dbapi.connect(f"postgresql://{USER}@127.0.0.1:{port}/postgres").close()
        except dbapi.Error:
            assert process.poll() is None and time.monotonic() < give_up, log.read_text()
            time.sleep(0.1)
        else:
            return

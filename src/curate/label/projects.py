"""Projects on Label Studio servers, as the store knows them, and how they are known there.

A project that curate makes carries a line in its description that no other store writes, so that
it is found again although the reply to its making was lost, and not mistaken after the server was
set up anew.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from curate.errors import ConfigError
from curate.label import ledger
from curate.label.server import Server, token
from curate.store import Run, Store, sql
from curate.store.salt import salt


@dataclass(frozen=True)
class KnownProject:
    """A project on the server as the store knows it."""

    number: int
    kind: str
    config: str
    config_digest: str
    annotators: int
    queue: str = ""
    synced_to: datetime | None = None


def connect(store: Store, url: str | None, token_file: Path | None) -> Server:
    """Returns a connection to a server; without an address, to the only one that is known.

    Raises:
        ConfigError: no address, or no token.
        MissingExtra: the client of Label Studio is not installed.
    """
    if url is None:
        with store.read_database() as con:
            servers = [row[0] for row in con.execute(sql("label/servers")).fetchall()]
        if len(servers) != 1:
            which = (
                f"which one? Known are {', '.join(servers)}"
                if servers
                else "no server is known yet"
            )
            raise ConfigError(
                f"{which}. Next: --url http://127.0.0.1:8080 (or LABEL_STUDIO_URL, or url in "
                "[label] of curate.toml), or --to-file and --from-file without a server"
            )
        url = str(servers[0])
    return Server(url, token(token_file))


def mark_of(store: Store, kind: str, queue: str = "") -> str:
    """Returns the words by which a project on a server is known to belong to this store."""
    text = f"label project {kind} {queue}".rstrip()
    name = hmac.new(salt(store.folder), text.encode(), "sha256").hexdigest()
    return f"curate:{kind}:{name[:20]}"


_MARK = re.compile(r"curate:\w+:[0-9a-f]{20}")


def is_marked(there: Mapping[str, Any], mark: str) -> bool:
    """Returns whether a project on a server, as that has it, carries the mark."""
    return mark in str(there.get("description") or "")


def known_project(
    con: duckdb.DuckDBPyConnection, server: str, kind: str, queue: str = ""
) -> KnownProject | None:
    """Returns the project that takes the tasks of a queue."""
    found = known_projects(con, server)
    return next((p for p in found if (p.kind, p.queue) == (kind, queue)), None)


def known_projects(con: duckdb.DuckDBPyConnection, server: str) -> list[KnownProject]:
    """Returns the projects of a server that are not gone, the newest first."""
    rows = con.execute(sql("label/projects"), {"server": server}).fetchall()
    return [KnownProject(*row) for row in rows]


def gone_projects(con: duckdb.DuckDBPyConnection, server: str) -> list[KnownProject]:
    """Returns the newest gone project of each queue that has no other one on a server."""
    rows = con.execute(sql("label/projects_gone"), {"server": server}).fetchall()
    return [KnownProject(*row) for row in rows]


def find_again(
    server: Server, project: KnownProject, mark: str, keys: Sequence[str]
) -> dict[str, Any] | None:
    """Returns a project as the server has it now, under whatever number; None if it is gone.

    It may have lost its mark to somebody who wrote another description, and it may have another
    number since it was restored or copied: then its tasks tell.
    """
    there = server.project(project.number)
    if there and (is_marked(there, mark) or server.has_tasks(project.number, keys)):
        return there
    if (number := server.find_project(mark)) is not None:
        return server.project(number)
    others = (number for number in unmarked_projects(server) if number != project.number)
    number = next((number for number in others if server.has_tasks(number, keys)), None)
    return None if number is None else server.project(number)


def unmarked_projects(server: Server) -> list[int]:
    """Returns projects that no store has marked: another one of the same logs has equal tasks."""
    return [number for number, description in server.projects() if not _MARK.search(description)]


def move(
    store: Store, run: Run, server: Server, project: KnownProject, number: int
) -> KnownProject:
    """Notes that a project has another number; its tasks are those that the server has there."""
    there = server.project(number) or {}
    with store.read() as con:
        states = ("queued", "pending", "sent", "gone")
        keys = ledger.queued(con, project.kind, states, project.queue)
    numbers = {key: copies[0].number for key, copies in server.find_tasks(number, keys).items()}
    moved = replace(project, number=number, config_digest=digest_of(str(there.get("label_config"))))
    with store.write() as con:
        ledger.mark(con, numbers, state="sent", server=server.url, project_id=number, prefill=None)
        remember(con, run, server.url, moved)
    if number != project.number:
        forget(store, run, server.url, project.number)
    run.changed = True
    return replace(moved, synced_to=None)


def remember(con: duckdb.DuckDBPyConnection, run: Run, server: str, project: KnownProject) -> None:
    """Stores what is known of a project; how far it was synced stays as it is."""
    told = {
        "server": server, "project_id": project.number, "kind": project.kind,
        "config": project.config, "config_digest": project.config_digest,
        "annotators": project.annotators, "queue": project.queue, "run_id": run.run_id,
    }  # fmt: skip
    con.execute(sql("label/project_set"), told)


def digest_of(interface: str) -> str:
    """Returns the SHA-256 of a labelling interface."""
    return hashlib.sha256(interface.encode()).hexdigest()


def forget(store: Store, run: Run, server: str, number: int) -> None:
    """Notes that a project is gone: its unanswered tasks are queued again, its answers stay."""
    parameters = {"server": server, "project_id": number}
    with store.write() as con:
        con.execute(sql("label/project_gone"), parameters)
        con.execute(sql("label/tasks_gone"), parameters)
    run.changed = True

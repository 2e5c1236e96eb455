"""`curate label sync`: answers come in from a Label Studio server, page by page.

What changed since the last time is asked for, in the order of task numbers; each page is stored
with what follows from it, and how far everything is in is remembered at the end. So a kill costs at
most one page, and the same page again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from curate.errors import ConfigError, LabelStudioError
from curate.inputs import inputs
from curate.label import interface, kinds, ledger
from curate.label.annotations import Applied, apply_annotations, read_again
from curate.label.ledger import SyncResult
from curate.label.projects import (
    KnownProject,
    digest_of,
    find_again,
    forget,
    gone_projects,
    known_projects,
    mark_of,
    move,
    remember,
    unmarked_projects,
)
from curate.label.reading import Annotation, read_annotations
from curate.label.server import GoneError, Server, ServerTask
from curate.progress import Progress
from curate.store import Run, Store, sql, utcnow

LAG = timedelta(seconds=60)
"""Changes of the last minute are asked for again: the server stamps them before it commits them."""

_SINGLY = 20
"""Of so many tasks that are not known each is looked at; more are looked for by their keys."""


@dataclass
class _Came:
    """What a sync has taken in so far."""

    applied: Applied = field(default_factory=Applied)
    notes: list[str] = field(default_factory=list)


def sync(store: Store, server: Server, *, full: bool = False, progress: Progress) -> SyncResult:
    """Takes in what annotators answered, edited and deleted since the last time.

    Args:
        store: the project's store.
        server: that the tasks were sent to.
        full: look at every task again, so that deleted tasks are noticed too.
        progress: called around the pages of tasks.

    Raises:
        ConfigError: nothing was sent to this server.
        LabelStudioError: the server said no, or a project is gone.
        RemoteUnavailable: the server does not answer; what was taken in stays.
    """
    with store.run("label sync", {"server": server.url, "full": full}) as run:
        with store.read() as con:
            projects = known_projects(con, server.url)
            elsewhere = [row[0] for row in con.execute(sql("label/servers")).fetchall()]
            lost = gone_projects(con, server.url)
        came, gone = _Came(), []
        projects += [
            project for one in lost if (project := _restored(store, run, server, one, came))
        ]
        if not projects:
            other = f" (but to {', '.join(elsewhere)})" if elsewhere else ""
            raise ConfigError(
                f"no project of this store is on {server.url}{other}. Next: curate label push"
            )
        with store.write() as con:
            came.applied.add(read_again(store, con, run, kinds.vocabulary(store, con)))
        try:
            for project in projects:
                if not _Sync(store, run, server, project, came, progress).take_in(full):
                    forget(store, run, server.url, project.number)
                    gone.append(str(project.number))
        finally:
            # What was taken in counts, whatever came after it.
            inputs.refresh(store, run)
        run.counts = {"new": came.applied.new, "changed": came.applied.changed}
    if gone:
        raise LabelStudioError(
            f"project {', '.join(gone)} is no longer on {server.url}. Answers taken in before "
            f"stay ({came.applied.new:,} new ones just now). Next: curate label push sends what "
            "is unanswered to a new project"
        )
    with store.read() as con:
        return ledger.result(con, server.url, came.applied, tuple(came.notes))


def _restored(
    store: Store, run: Run, server: Server, project: KnownProject, came: _Came
) -> KnownProject | None:
    """Returns a project that was gone and is there again."""
    with store.read() as con:
        keys = ledger.queued(con, project.kind, ("gone", "queued", "pending"), project.queue)
    there = find_again(server, project, mark_of(store, project.kind, project.queue), keys)
    if there is None:
        return None
    number = int(there["id"])
    came.notes.append(f"project {project.number} is there again, as project {number}")
    return move(store, run, server, project, number)


class _Sync:
    """The sync of one project under way."""

    def __init__(
        self, store: Store, run: Run, server: Server, project: KnownProject, came: _Came,
        progress: Progress,
    ) -> None:  # fmt: skip
        self.store, self.run, self.server, self.project = store, run, server, project
        self.came, self.progress = came, progress
        with store.read() as con:
            self.names = kinds.vocabulary(store, con)
        self._load_keys()

    def _load_keys(self) -> None:
        parameters = {"server": self.server.url, "project_id": self.project.number}
        with self.store.read() as con:
            rows = con.execute(sql("label/numbers"), parameters).fetchall()
        self.keys: dict[int, str] = dict(rows)

    def take_in(self, full: bool) -> bool:
        """Takes in what changed; returns whether the project is still there."""
        mark = mark_of(self.store, self.project.kind, self.project.queue)
        keys = list(self.keys.values())
        there = find_again(self.server, self.project, mark, keys)
        if there is None:
            return False
        if (number := int(there["id"])) != self.project.number:
            self.came.notes.append(f"project {self.project.number} is project {number} now")
            self.project = move(self.store, self.run, self.server, self.project, number)
            self._load_keys()
        self._watch_interface(str(there["label_config"]))
        since = None if full else self.project.synced_to
        first: datetime | None = None
        try:
            pages = self.server.changed_tasks(self.project.number, since)
            for tasks, clock in self.progress(pages, "taking answers in"):
                first = first or clock
                self._take(tasks)
            if full:
                self._reconcile(self.server.all_tasks(self.project.number))
        except GoneError:
            return False
        self._synced(first)
        return True

    def _watch_interface(self, theirs: str) -> None:
        if digest_of(theirs) == self.project.config_digest:
            return
        self.came.notes.append(
            f"the interface of project {self.project.number} was changed on the server; answers "
            "that cannot be read are listed below"
            + interface.apart(self.project.kind, theirs, self.names[self.project.kind])
        )
        project = replace(self.project, config_digest=digest_of(theirs))
        with self.store.write() as con:
            remember(con, self.run, self.server.url, project)
        self.run.changed = True

    def _take(self, tasks: Sequence[Mapping[str, Any]]) -> None:
        """Stores the answers to a page of tasks."""
        if not tasks:
            return
        fresh = self._adopt([int(t["id"]) for t in tasks if t["id"] not in self.keys])
        came: list[Annotation] = []
        listed: list[tuple[str, int | None]] = []
        for task in tasks:
            key = self.keys.get(int(task["id"]), "")
            read, problems = read_annotations(key, task)
            came += read
            self.came.applied.problems += problems
            if key and not problems:
                listed.append((key, int(task["id"])))
        present = {(a.annotation_id, a.key) for a in came}
        with self.store.write() as con:
            if fresh:
                ledger.mark(con, fresh, state="sent", server=self.server.url,
                           project_id=self.project.number, prefill=None)  # fmt: skip
            gone = ledger.withdrawn(con, self.server.url, listed, present)
            counts = apply_annotations(
                self.store, con, self.run, self.server.url, came, self.names, gone
            )
        self.came.applied.add(counts)

    def _adopt(self, unknown: Sequence[int]) -> dict[str, int]:
        """Returns our tasks that the ledger does not know to be here, by their new number.

        The reply to them was lost, or they were deleted and imported again. Copies of tasks that
        are known to be here are read too.
        """
        if not unknown:
            return {}
        states = ("queued", "pending", "sent", "gone")
        with self.store.read() as con:
            ours = ledger.queued(con, self.project.kind, states, self.project.queue)
        keys = self._keys_of(unknown, ours)
        here = set(self.keys.values())
        self.keys |= keys
        return {key: number for number, key in keys.items() if key not in here}

    def _keys_of(self, unknown: Sequence[int], ours: Sequence[str]) -> dict[int, str]:
        """Returns the key of each task that is ours."""
        if len(unknown) <= _SINGLY:
            keys, known = {n: self.server.key_of(n) for n in unknown}, set(ours)
            return {number: key for number, key in keys.items() if key in known}
        tasks, wanted = self.server.find_tasks(self.project.number, ours), set(unknown)
        return {
            copy.number: key
            for key, copies in tasks.items()
            for copy in copies
            if copy.number in wanted
        }

    def _reconcile(self, there: Mapping[str, Sequence[ServerTask]]) -> None:
        """Notes which tasks the server no longer has, with their answers, and removes copies."""
        if removed := self.server.remove_copies(there):
            self.came.notes.append(f"{removed:,} tasks were there twice; the copies are deleted")
        lost_keys = sorted(key for key in set(self.keys.values()) if key not in there)
        lost_keys = self._find_elsewhere(lost_keys)
        if not lost_keys:
            return
        with self.store.write() as con:
            ledger.mark(con, dict.fromkeys(lost_keys), state="gone", server=self.server.url,
                       project_id=self.project.number, prefill=None)  # fmt: skip
        self.run.changed = True
        self.came.notes.append(f"{len(lost_keys):,} tasks are no longer on the server")

    def _find_elsewhere(self, lost_keys: Sequence[str]) -> list[str]:
        """Follows tasks that were moved to another project; returns those that are nowhere."""
        left = list(lost_keys)
        for number in unmarked_projects(self.server) if left else ():
            if number == self.project.number:
                continue
            found = self.server.find_tasks(number, left)
            there = self.server.project(number) if found else None
            if there is None:
                continue
            other = replace(self.project, number=number,
                            config_digest=digest_of(str(there["label_config"])))  # fmt: skip
            with self.store.write() as con:
                numbers = {key: copies[0].number for key, copies in found.items()}
                ledger.mark(con, numbers, state="sent", server=self.server.url,
                            project_id=number, prefill=None)  # fmt: skip
                remember(con, self.run, self.server.url, other)
            self.run.changed = True
            self.came.notes.append(f"{len(found):,} tasks were moved to project {number}")
            _Sync(self.store, self.run, self.server, other, self.came, self.progress).take_in(False)
            left = [key for key in left if key not in found]
        return left

    def _synced(self, clock: datetime | None) -> None:
        """Remembers up to when everything is in, by the server's clock."""
        moment = (clock or utcnow()) - LAG
        if self.project.synced_to and moment <= self.project.synced_to:
            return
        parameters = {
            "server": self.server.url, "project_id": self.project.number, "synced_to": moment,
        }  # fmt: skip
        with self.store.write() as con:
            con.execute(sql("label/synced"), parameters)

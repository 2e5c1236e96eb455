"""The round trip with a Label Studio server: `label push` and `label sync`.

The ledger (table `tasks`) is written before and after each batch: what is `pending` may or may not
be on the server. Nothing is sent before the server was asked whether it has it already, so a lost
reply, a kill or a second run never makes a second task.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from curate import answers, config, inputs, label, questions
from curate.answers import Applied
from curate.errors import ConfigError, LabelStudioError
from curate.label import PushResult, SyncResult
from curate.pull import salt
from curate.server import DoubtfulError, Found, GoneError, Server, fits_of, token
from curate.store import Run, Store, sql, utcnow

if TYPE_CHECKING:
    import duckdb

BATCH_TASKS, BATCH_BYTES = 500, 5_000_000
"""Of one request. A batch is stored by the server as a whole or not at all."""

LAG = timedelta(seconds=60)
"""Changes of the last minute are asked for again: the server stamps them before it commits them."""

_LOOKS_SECONDS = (0, 1, 2, 4)
_TITLE = 50

Progress = Callable[[Iterable[Any], str], Iterable[Any]]


@dataclass(frozen=True)
class PushSettings:
    """How the queue is handed over.

    Attributes:
        kind: of the work; None for that of the project's task.
        project: number of a project on the server to use; None for the one of before, or a new one.
        annotators: people who answer each task; None for what the project has, at first 1.
        prefill: which answer is filled in before anybody answered: given, model or none.
        own_config: the user's own labelling interface.
    """

    kind: str | None = None
    project: int | None = None
    annotators: int | None = None
    prefill: str = "given"
    own_config: Path | None = None


@dataclass(frozen=True)
class _Known:
    """A project on the server as the store knows it."""

    number: int
    kind: str
    config: str
    config_digest: str
    annotators: int
    synced_to: datetime | None = None


def connect(store: Store, url: str | None, token_file: Path | None) -> Server:
    """Returns a connection to a server; without an address, to the only one that is known.

    Raises:
        ConfigError: no address, or no token.
        MissingExtra: the client of Label Studio is not installed.
    """
    if url is None:
        with store.read() as con:
            known = [row[0] for row in con.execute(sql("label_servers")).fetchall()]
        if len(known) != 1:
            which = (
                f"which one? Known are {', '.join(known)}" if known else "no server is known yet"
            )
            raise ConfigError(
                f"{which}. Next: --url http://127.0.0.1:8080 (or LABEL_STUDIO_URL, or url in "
                "[label] of curate.toml), or --to-file and --from-file without a server"
            )
        url = str(known[0])
    return Server(url, token(token_file))


def push(
    store: Store, server: Server, settings: PushSettings, *, send: bool, progress: Progress
) -> PushResult:
    """Sends the queue to a server, each task once; without `send`, says what would be sent.

    Raises:
        ConfigError: nothing is queued, or answers of the interface could not be read back.
        LabelStudioError: the server said no.
        RemoteUnavailable: the server does not answer; the same command again goes on from there.
    """
    if not send:
        return _Push(store, server, settings, progress).plan()
    asked = {"kind": settings.kind, "server": server.url, "prefill": settings.prefill}
    with store.run("label push", asked) as run:
        under_way = _Push(store, server, settings, progress)
        result = under_way.execute(run)
        run.counts = {"tasks": result.tasks, "found": result.found}
    return result


class _Push:
    """One push under way."""

    def __init__(
        self, store: Store, server: Server, settings: PushSettings, progress: Progress
    ) -> None:
        self.store, self.server, self.settings, self.progress = store, server, settings, progress
        self.notes: list[str] = []
        with store.read() as con:
            self.kind = settings.kind or label.kind_of(store, con)
            names = label.vocabulary(store, con)[self.kind]
            self.known = _known_project(con, server.url, self.kind)
        self.interface = questions.config(self.kind, names, settings.own_config)
        self.mark = _mark_of(store, self.kind)

    # -- what would be done ----------------------------------------------------------------------

    def plan(self) -> PushResult:
        there, fresh = self._project()
        if there is None:
            self.notes.append("a new project is created")
        interface = self.interface if there is None else self._interface(there, fresh)
        rows, before = self._rows()
        tasks, refused = self._made(rows, interface)
        return self._result(rows, tasks, refused, before, sent=False, found=0)

    def _project(self) -> tuple[dict[str, Any] | None, bool]:
        """Returns the project on the server, and whether this store meets it for the first time."""
        wanted = self.settings.project
        if wanted is not None:
            there = self.server.project(wanted)
            if there is None:
                raise LabelStudioError(f"{self.server.url} has no project {wanted}")
            return there, self.known is None or self.known.number != wanted
        if self.known:
            there = self.server.project(self.known.number)
            if there and _is_marked(there, self.mark):
                return there, False
            self.notes.append(
                f"project {self.known.number} is no longer on the server: what is unanswered goes "
                "to a new one"
            )
        number = self.server.find_project(self.mark)
        return (None if number is None else self.server.project(number)), True

    def _interface(self, there: Mapping[str, Any], fresh: bool) -> str:
        """Returns the interface the project shall have: ours, or the one somebody gave it there."""
        theirs = str(there["label_config"])
        if theirs == self.interface or _is_empty(theirs):
            return self.interface
        if self.known and not fresh and theirs == self.known.config:
            return self.interface  # ours of before; labels have come or gone since
        where = Path(f"the interface of project {there['id']} on the server")
        try:
            questions.check(self.kind, theirs, where)
        except ConfigError as error:
            raise LabelStudioError(
                f"{error}. Somebody changed it there, and answers could not be read back. Next: "
                "give it the interface that `curate label push --to-file tasks.json` writes "
                "beside the file (Settings > Labeling Interface > Code), or name another --project"
            ) from None
        self.notes.append(
            "the interface was changed on the server; answers can be read back, so it stays"
        )
        return theirs

    def _rows(self) -> tuple[list[dict[str, Any]], int]:
        with self.store.read() as con:
            rows = label.queued(con, self.kind, ("queued", "pending"))
            before = con.execute(sql("label_count"), {"kind": self.kind}).fetchall()[0][0]
        if not rows and not before:
            raise ConfigError(
                f"nothing is queued to {self.kind}. Next: curate queue --kind {self.kind}"
            )
        return rows, before

    def _made(
        self, rows: Sequence[Mapping[str, Any]], interface: str
    ) -> tuple[list[questions.Question], list[tuple[str, str]]]:
        """Returns the tasks; an answer that the interface does not have is not filled in."""
        fits = fits_of(interface)
        tasks, refused = label.made(self.kind, rows, self.settings.prefill)
        kept = [q if all(map(fits, q.predictions)) else questions.Question(q.data) for q in tasks]
        if left_out := sum(a is not b for a, b in zip(tasks, kept, strict=True)):
            self.notes.append(
                f"{left_out:,} answers are not filled in, as the interface does not have them"
            )
        return kept, refused

    # -- doing it --------------------------------------------------------------------------------

    def execute(self, run: Run) -> PushResult:
        self.run = run
        there, fresh = self._project()
        if self.known and (there is None or there["id"] != self.known.number) and self.notes:
            _forget_project(self.store, run, self.server.url, self.known.number)
        rows, before = self._rows()
        if not rows:
            return self._result([], [], [], before, sent=True, found=0)
        created = there is None
        number = self._create() if there is None else int(there["id"])
        interface = self._settle_project(number, there, fresh)
        tasks, refused = self._made(rows, interface)
        found = 0 if created else self._adopt(number, [q.data["curate_id"] for q in tasks])
        self._send(number, tasks)
        return self._result(rows, tasks, refused, before, sent=True, found=found)

    def _create(self) -> int:
        name = str(config.load(self.store.folder).get("project", {}).get("name") or "curate")
        told = {
            "title": f"{name[: _TITLE - len(self.kind) - 2]}: {self.kind}",
            "description": f"Made by curate, which knows it by this line: {self.mark}",
            "label_config": self.interface,
            "expert_instruction": questions.instructions(self.kind),
            "show_instruction": True,
            "show_skip_button": True,
            "show_collab_predictions": True,
            "sampling": "Sequential sampling",
            "maximum_annotations": self.settings.annotators or 1,
        }
        try:
            return self.server.create_project(**told)
        except DoubtfulError:
            for seconds in _LOOKS_SECONDS:
                time.sleep(seconds)
                if (number := self.server.find_project(self.mark)) is not None:
                    return number
            raise

    def _settle_project(self, number: int, there: Mapping[str, Any] | None, fresh: bool) -> str:
        """Brings the project's settings up to date, here and there; returns its interface."""
        wanted = self.interface if there is None else self._interface(there, fresh)
        people = self.settings.annotators
        change: dict[str, Any] = {}
        if there is not None:
            change = {} if there["label_config"] == wanted else {"label_config": wanted}
            if people not in (None, there["maximum_annotations"]):
                change["maximum_annotations"] = people
            if not _is_marked(there, self.mark):
                change["description"] = f"{there.get('description') or ''}\n{self.mark}".strip()
            people = people or int(there["maximum_annotations"])
        if change:
            self.server.update_project(number, **change)
        sent = self.known.config if self.known and wanted != self.interface else wanted
        now = _Known(number, self.kind, sent, _digest(wanted), people or 1)
        with self.store.write() as con:
            _remember(con, self.run, self.server.url, now)
        return wanted

    def _adopt(self, number: int, keys: Sequence[str]) -> int:
        """Marks what the server has already as sent, and returns how much that is."""
        there = self.server.find_tasks(number, keys)
        with self.store.write() as con:
            self._record(con, number, "sent", {key: f[0].number for key, f in there.items()})
        return len(there)

    def _send(self, number: int, tasks: Sequence[questions.Question]) -> None:
        with self.store.read() as con:
            left = {r["task_key"] for r in label.queued(con, self.kind, ("queued", "pending"))}
        waiting = [q for q in tasks if q.data["curate_id"] in left]
        doubtful: list[str] = []
        for batch in self.progress([*_batches(waiting)], "sending tasks"):
            keys = [str(q.data["curate_id"]) for q in batch]
            with self.store.write() as con:
                self._record(con, number, "pending", dict.fromkeys(keys))
            try:
                made = self.server.add_tasks(number, [label.task(q) for q in batch])
                ids = dict(zip(keys, made, strict=True))
            except (DoubtfulError, ValueError) as error:
                doubtful += keys
                ids = self._look(number, keys, error)
            with self.store.write() as con:
                self._record(con, number, "sent", ids)
        if doubtful:
            _remove_copies(self.server, self.server.find_tasks(number, doubtful))

    def _look(self, number: int, keys: Sequence[str], error: Exception) -> dict[str, int]:
        """Returns the numbers of tasks whose import was not answered, once they are there."""
        for seconds in _LOOKS_SECONDS:
            time.sleep(seconds)
            there = self.server.find_tasks(number, keys)
            if len(there) == len(keys):
                return {key: found[0].number for key, found in there.items()}
        raise error

    def _record(
        self,
        con: duckdb.DuckDBPyConnection,
        number: int,
        state: str,
        ids: Mapping[str, int | None],
    ) -> None:
        label.mark(
            con, ids, state=state, server=self.server.url, project_id=number,
            prefill=self.settings.prefill,
        )  # fmt: skip
        self.run.changed |= bool(ids)

    def _result(
        self,
        rows: Sequence[Mapping[str, Any]],
        tasks: Sequence[questions.Question],
        refused: Sequence[tuple[str, str]],
        before: int,
        *,
        sent: bool,
        found: int,
    ) -> PushResult:
        keys = {q.data["curate_id"] for q in tasks}
        blind = sum(row["blind"] for row in rows if row["task_key"] in keys)
        return PushResult(
            self.kind, self.server.url, len(tasks) - found, before, blind, tuple(refused), sent,
            found=found, prefilled=sum(bool(q.predictions) for q in tasks), notes=tuple(self.notes),
        )  # fmt: skip


def _batches(tasks: Sequence[questions.Question]) -> Iterator[list[questions.Question]]:
    batch: list[questions.Question] = []
    size = 0
    for question in tasks:
        weight = len(orjson.dumps(question.data))
        if batch and (len(batch) == BATCH_TASKS or size + weight > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(question)
        size += weight
    if batch:
        yield batch


def _remove_copies(server: Server, found: Mapping[str, Sequence[Found]]) -> int:
    """Deletes further tasks of one key that nobody has answered; returns how many."""
    removed = 0
    for key, copies in found.items():
        if not key or len(copies) == 1:
            continue
        kept = next((c for c in copies if c.answered), copies[0])
        for copy in copies:
            if copy is not kept and not copy.answered:
                server.remove_task(copy.number)
                removed += 1
    return removed


def _mark_of(store: Store, kind: str) -> str:
    """Returns the words by which a project on a server is known to belong to this store."""
    name = hmac.new(salt(store.folder), f"label project {kind}".encode(), "sha256").hexdigest()
    return f"curate:{kind}:{name[:20]}"


def _is_marked(there: Mapping[str, Any], mark: str) -> bool:
    return str(there.get("description") or "").endswith(mark)


def _is_empty(interface: str) -> bool:
    return "".join(interface.split()) in ("", "<View></View>", "<View/>")


# -- projects in the store -------------------------------------------------------------------------


def _known_project(con: duckdb.DuckDBPyConnection, server: str, kind: str) -> _Known | None:
    return next((p for p in _known_projects(con, server) if p.kind == kind), None)


def _known_projects(con: duckdb.DuckDBPyConnection, server: str) -> list[_Known]:
    """Returns the projects of a server that are not gone, the newest first."""
    rows = con.execute(sql("label_projects"), {"server": server}).fetchall()
    return [_Known(*row) for row in rows]


def _remember(con: duckdb.DuckDBPyConnection, run: Run, server: str, project: _Known) -> None:
    told = {
        "server": server, "project_id": project.number, "kind": project.kind,
        "config": project.config, "config_digest": project.config_digest,
        "annotators": project.annotators, "run_id": run.run_id,
    }  # fmt: skip
    con.execute(sql("label_project_set"), told)


def _digest(interface: str) -> str:
    return hashlib.sha256(interface.encode()).hexdigest()


def _forget_project(store: Store, run: Run, server: str, number: int) -> None:
    """Notes that a project is gone: its unanswered tasks are queued again, its answers stay."""
    asked = {"server": server, "project_id": number}
    with store.write() as con:
        con.execute(sql("label_project_gone"), asked)
        con.execute(sql("label_tasks_gone"), asked)
    run.changed = True


# -- sync ------------------------------------------------------------------------------------------


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
            known = _known_projects(con, server.url)
            elsewhere = [row[0] for row in con.execute(sql("label_servers")).fetchall()]
        if not known:
            other = f" (but to {', '.join(elsewhere)})" if elsewhere else ""
            raise ConfigError(
                f"no project of this store is on {server.url}{other}. Next: curate label push"
            )
        came, gone = _Came(), []
        try:
            for project in known:
                if not _Sync(store, run, server, project, came, progress).execute(full):
                    _forget_project(store, run, server.url, project.number)
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
    return label.result(server.url, came.applied, tuple(came.notes))


class _Sync:
    """The sync of one project under way."""

    def __init__(
        self, store: Store, run: Run, server: Server, project: _Known, came: _Came,
        progress: Progress,
    ) -> None:  # fmt: skip
        self.store, self.run, self.server, self.project = store, run, server, project
        self.came, self.progress = came, progress
        with store.read() as con:
            self.names = label.vocabulary(store, con)
            asked = {"server": server.url, "project_id": project.number}
            self.keys: dict[int, str] = dict(con.execute(sql("label_numbers"), asked).fetchall())

    def execute(self, full: bool) -> bool:
        """Takes in what changed; returns whether the project is still there."""
        there = self.server.project(self.project.number)
        if there is None or not _is_marked(there, _mark_of(self.store, self.project.kind)):
            return False
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
        if _digest(theirs) == self.project.config_digest:
            return
        self.came.notes.append(
            f"the interface of project {self.project.number} was changed on the server; answers "
            "that can no longer be read are listed below"
        )
        seen = replace(self.project, config_digest=_digest(theirs))
        with self.store.write() as con:
            _remember(con, self.run, self.server.url, seen)
        self.run.changed = True

    def _take(self, tasks: Sequence[Mapping[str, Any]]) -> None:
        """Stores the answers to a page of tasks."""
        if not tasks:
            return
        fresh = self._adopt([int(t["id"]) for t in tasks if t["id"] not in self.keys])
        came = [
            answers.annotation(self.keys.get(int(task["id"]), ""), raw)
            for task in tasks
            for raw in task["annotations"]
        ]
        present = {a.annotation_id for a in came}
        keys = [self.keys[t["id"]] for t in tasks if t["id"] in self.keys]
        with self.store.write() as con:
            if fresh:
                label.mark(con, fresh, state="sent", server=self.server.url,
                           project_id=self.project.number, prefill=None)  # fmt: skip
            gone = label.withdrawn(con, self.server.url, keys, present)
            applied = answers.apply(
                self.store, con, self.run, self.server.url, came, self.names, gone
            )
        self.came.applied.add(applied)

    def _adopt(self, unknown: Sequence[int]) -> dict[str, int]:
        """Returns our tasks whose number the ledger does not know: the reply to them was lost."""
        if not unknown:
            return {}
        with self.store.read() as con:
            ours = {r["task_key"] for r in label.queued(con, self.project.kind, ("pending",))}
        found = {key: number for number in unknown if (key := self.server.key_of(number)) in ours}
        self.keys |= {number: key for key, number in found.items()}
        return found

    def _reconcile(self, there: Mapping[str, Sequence[Found]]) -> None:
        """Notes which tasks the server no longer has, with their answers, and removes copies."""
        present = {copy.number for copies in there.values() for copy in copies}
        lost = sorted(key for number, key in self.keys.items() if number not in present)
        if removed := _remove_copies(self.server, there):
            self.came.notes.append(f"{removed:,} tasks were there twice; the copies are deleted")
        if not lost:
            return
        with self.store.write() as con:
            label.mark(con, dict.fromkeys(lost), state="gone", server=self.server.url,
                       project_id=self.project.number, prefill=None)  # fmt: skip
            gone = label.withdrawn(con, self.server.url, lost, set())
            applied = answers.apply(
                self.store, con, self.run, self.server.url, [], self.names, gone
            )
        self.run.changed = True
        self.came.applied.add(applied)
        self.came.notes.append(f"{len(lost):,} tasks are no longer on the server")

    def _synced(self, clock: datetime | None) -> None:
        """Remembers up to when everything is in, by the server's clock."""
        moment = (clock or utcnow()) - LAG
        if self.project.synced_to and moment <= self.project.synced_to:
            return
        asked = {
            "server": self.server.url, "project_id": self.project.number, "synced_to": moment,
        }  # fmt: skip
        with self.store.write() as con:
            con.execute(sql("label_synced"), asked)

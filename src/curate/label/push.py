"""`curate label push`: the queue goes to a Label Studio server, each task once.

The ledger (table `tasks`) is written before and after each batch: what is `pending` may or may not
be on the server. Nothing is sent before the server was asked whether it has it already, so a lost
reply, a kill or a second run never makes a second task.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import orjson

from curate import config
from curate.errors import ConfigError, LabelStudioError
from curate.label import interface, kinds, ledger, tasks
from curate.label.ledger import PushResult
from curate.label.options import PushSettings
from curate.label.projects import (
    KnownProject,
    digest_of,
    find_again,
    forget,
    is_marked,
    known_project,
    mark_of,
    move,
    remember,
)
from curate.label.server import DoubtfulError, Server, fits_of
from curate.label.tasks import Question, build_tasks, question, task
from curate.label.team import team_of, unknown_hints
from curate.progress import Progress
from curate.store import Run, Store, sql
from curate.text.wording import counted
from curate.verdicts import verdicts

BATCH_TASKS, BATCH_BYTES = 500, 5_000_000
"""Of one request. A batch is stored by the server as a whole or not at all."""


LOOKS_SECONDS = (0, 1, 2, 4)
"""When the server is asked whether it has done what it did not answer."""


_TITLE = 50


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
    parameters = {"kind": settings.kind, "server": server.url, "prefill": settings.prefill}
    with store.run("label push", parameters) as run:
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
        self.blind: set[str] = set()
        with store.read() as con:
            self.kind = kinds.kind_of(store, con, settings.kind)
            self.names = kinds.vocabulary(store, con)[self.kind]
            self.known = known_project(con, server.url, self.kind, settings.name)
            self.several = kinds.multi_label(store, con)
            self.seconds = ledger.seconds_of(con, self.kind)
        self.team = team_of(store.folder)
        self.notes = [
            *interface.alike(self.names),
            *unknown_hints(self.team, self.kind, self.names),
        ]
        self.is_lost = False
        self.people = settings.annotators or (self.known.annotators if self.known else 1)
        self.interface = interface.config(
            self.kind, self.names, settings.config, multi_label=self.several, team=self.team
        )
        self.instructions = interface.instructions(
            self.kind, multi_label=self.several, team=self.team
        )
        self.mark = mark_of(store, self.kind, settings.name)

    # -- what would be done ----------------------------------------------------------------------

    def plan(self) -> PushResult:
        there, fresh = self._project()
        rows, before = self._rows()
        if there is None and rows:
            self.notes.append("a new project is created")
        interface = self.interface if there is None else self._interface(there, fresh)
        tasks, refused = self._made(rows, interface)
        return self._result(tasks, refused, before, sent=False, found=0)

    def _project(self) -> tuple[dict[str, Any] | None, bool]:
        """Returns the project on the server, and whether this store meets it for the first time."""
        wanted = self.settings.project
        if wanted is not None:
            there = self.server.project(wanted)
            if there is None:
                raise LabelStudioError(f"{self.server.url} has no project {wanted}")
            return there, self.known is None or self.known.number != wanted
        if not self.known:
            number = self.server.find_project(self.mark)
            return (None if number is None else self.server.project(number)), True
        with self.store.read() as con:
            keys = ledger.queued(con, self.kind, ("sent", "gone"), self.settings.name)
        there = find_again(self.server, self.known, self.mark, keys)
        if there and there["id"] == self.known.number:
            return there, False
        self.is_lost = True
        now = f"it is {there['id']} now" if there else "what is unanswered goes to a new one"
        self.notes.append(f"project {self.known.number} is no longer on the server: {now}")
        return there, True

    def _interface(self, there: Mapping[str, Any], fresh: bool) -> str:
        """Returns the interface the project shall have: ours, or the one somebody gave it there."""
        theirs = str(there["label_config"])
        if theirs == self.interface or _is_empty(theirs) or self.settings.config:
            return self.interface
        if self.known and not fresh and theirs == self.known.config:
            return self.interface  # ours of before; labels have come or gone since
        where = Path(f"the interface of project {there['id']} on the server")
        try:
            interface.check(self.kind, theirs, where)
        except ConfigError as error:
            raise LabelStudioError(
                f"{error}. Somebody changed it there, and answers could not be read back. Next: "
                "give it the interface that `curate label push --to-file tasks.json` writes "
                "beside the file (Settings > Labeling Interface > Code), or name another --project"
            ) from None
        self.notes.append(
            "the interface was changed on the server; answers can be read back, so it stays"
            + interface.apart(self.kind, theirs, self.names)
        )
        return theirs

    def _rows(self) -> tuple[list[dict[str, Any]], int]:
        with verdicts.today(self.store) as today:
            con = today.con
            asked = {"kind": self.kind, "queue": self.settings.name}
            keys = ledger.queued(con, self.kind, ("queued", "pending"), self.settings.name)
            rows = ledger.to_hand_over(today, keys)
            self.blind = {row["task_key"] for row in rows if row["blind"]}
            before = con.execute(sql("label/count"), asked).fetchall()[0][0]
        if not rows and not before:
            with self.store.read() as con:
                raise ledger.nothing_queued(con, self.kind, self.settings.name)
        if not rows:
            self.notes += ledger.waiting_elsewhere(self.store, self.kind, self.settings.name)
        return rows, before

    def _made(
        self, rows: Sequence[Mapping[str, Any]], interface: str
    ) -> tuple[list[tasks.Question], list[tuple[str, str]]]:
        """Returns the tasks; an answer that the interface does not have is not filled in."""
        fits = fits_of(interface)
        tasks, refused = build_tasks(self.kind, rows, self.settings.prefill)
        by_key = {row["task_key"]: row for row in rows}
        questions = [
            q
            if all(map(fits, q.predictions))
            else question(
                self.kind, by_key[q.data["curate_id"]], self.settings.prefill, can_fill=False
            )
            for q in tasks
        ]
        if left_out := sum(a is not b for a, b in zip(tasks, questions, strict=True)):
            self.notes.append(
                f"{left_out:,} answers are not filled in, as the interface does not have them"
            )
        return questions, refused

    # -- doing it --------------------------------------------------------------------------------

    def execute(self, run: Run) -> PushResult:
        self.run = run
        there, fresh = self._project()
        if self.known and self.is_lost and there is None:
            forget(self.store, run, self.server.url, self.known.number)
        elif self.known and self.is_lost and there is not None:
            move(self.store, run, self.server, self.known, int(there["id"]))
        rows, before = self._rows()
        if not rows and there is None:
            return self._result([], [], before, sent=True, found=0)
        created = there is None
        number = self._create() if there is None else int(there["id"])
        interface = self._settle_project(number, there, fresh)
        tasks, refused = self._made(rows, interface)
        found = 0 if created else self._adopt(number, [q.data["curate_id"] for q in tasks])
        self._send(number, tasks)
        if kinds.get(self.kind).about == "label":
            self._renew(number, interface)
        return self._result(tasks, refused, before, sent=True, found=found)

    def _create(self) -> int:
        name = str(config.load(self.store.folder).get("project", {}).get("name") or "curate")
        title = f"{self.kind} {self.settings.name}".strip()
        fields = {
            "title": f"{name[: _TITLE - len(title) - 2]}: {title}"[:_TITLE],
            "description": f"Made by curate, which knows it by this line: {self.mark}",
            "label_config": self.interface,
            "expert_instruction": self.instructions,
            "show_instruction": True,
            "show_skip_button": True,
            "show_collab_predictions": True,
            "sampling": "Sequential sampling",
            "maximum_annotations": self.settings.annotators or 1,
        }
        try:
            return self.server.create_project(**fields)
        except DoubtfulError:
            for seconds in LOOKS_SECONDS:
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
            # What a team wrote there itself stays, unless it writes guidelines here.
            if self.team.guidelines and there["expert_instruction"] != self.instructions:
                change["expert_instruction"] = self.instructions
            if not is_marked(there, self.mark):
                change["description"] = f"{there.get('description') or ''}\n{self.mark}".strip()
            people = people or int(there["maximum_annotations"])
        if change:
            self.server.update_project(number, **change)
        sent = self.known.config if self.known and wanted != self.interface else wanted
        now = KnownProject(
            number, self.kind, sent, digest_of(wanted), people or 1, self.settings.name
        )
        with self.store.write() as con:
            remember(con, self.run, self.server.url, now)
        return wanted

    def _adopt(self, number: int, keys: Sequence[str]) -> int:
        """Marks what the server has already as sent, and returns how much that is."""
        there = self.server.find_tasks(number, keys)
        with self.store.write() as con:
            self._record(con, number, "sent", {key: f[0].number for key, f in there.items()})
        return len(there)

    def _send(self, number: int, tasks: Sequence[tasks.Question]) -> None:
        with self.store.read() as con:
            states = ("queued", "pending")
            left = set(ledger.queued(con, self.kind, states, self.settings.name))
        waiting = [q for q in tasks if q.data["curate_id"] in left]
        doubtful: list[str] = []
        for batch in self.progress([*_batches(waiting)], "sending tasks"):
            keys = [str(q.data["curate_id"]) for q in batch]
            with self.store.write() as con:
                self._record(con, number, "pending", dict.fromkeys(keys))
            try:
                numbers = self.server.add_tasks(number, [task(q) for q in batch])
                ids = dict(zip(keys, numbers, strict=True))
            except LabelStudioError as error:
                if self.server.project(number):
                    raise
                raise LabelStudioError(
                    f"project {number} was deleted on {self.server.url} meanwhile. Next: the same "
                    "command again makes a new one"
                ) from error
            except (DoubtfulError, ValueError) as error:
                doubtful += keys
                ids = self._look(number, keys, error)
            with self.store.write() as con:
                self._record(con, number, "sent", ids)
        if doubtful:
            self.server.remove_copies(self.server.find_tasks(number, doubtful))

    def _renew(self, number: int, interface: str) -> None:
        """Fills in what is suggested by now, where nobody has answered yet."""
        asked = {
            "kind": self.kind, "queue": self.settings.name, "server": self.server.url,
            "project_id": number,
        }  # fmt: skip
        with verdicts.today(self.store) as today:
            changed = {
                key: (task_id, {"suggested": suggested, "probability": probability})
                for key, task_id, suggested, probability in today.con.execute(
                    sql("label/suggested_since"), asked
                ).fetchall()
            }
            rows = ledger.to_hand_over(today, list(changed)) if changed else []
        renewed = [{**row, **changed[row["task_key"]][1]} for row in rows if not row["blind"]]
        questions, _ = self._made(renewed, interface)
        for one in self.progress(questions, "renewing suggestions"):
            key = one.data["curate_id"]
            task_id, told = changed[key]
            self.server.renew_task(task_id, task(one))
            with self.store.write() as con:
                parameters = {"task_key": key, "suggested": told["suggested"]}
                con.execute(sql("label/suggest"), parameters)
            self.run.changed = True
        if questions:
            self.notes.append(f"{counted(len(questions), 'task')} got a newer suggestion")

    def _look(self, number: int, keys: Sequence[str], error: Exception) -> dict[str, int]:
        """Returns the numbers of tasks whose import was not answered, once they are there."""
        for seconds in LOOKS_SECONDS:
            time.sleep(seconds)
            there = self.server.find_tasks(number, keys)
            if len(there) == len(keys):
                return {key: tasks[0].number for key, tasks in there.items()}
        raise error

    def _record(
        self,
        con: duckdb.DuckDBPyConnection,
        number: int,
        state: str,
        ids: Mapping[str, int | None],
    ) -> None:
        ledger.mark(
            con, ids, state=state, server=self.server.url, project_id=number,
            prefill=self.settings.prefill, blind=self.blind,
        )  # fmt: skip
        self.run.changed |= bool(ids)

    def _result(
        self,
        tasks: Sequence[tasks.Question],
        refused: Sequence[tuple[str, str]],
        before: int,
        *,
        sent: bool,
        found: int,
    ) -> PushResult:
        blind = len(self.blind & {q.data["curate_id"] for q in tasks})
        return PushResult(
            self.kind, self.server.url, len(tasks) - found, before, blind, tuple(refused), sent,
            found=found, prefilled=sum(bool(q.predictions) for q in tasks), notes=tuple(self.notes),
            answers=(len(tasks) - found) * self.people, seconds=self.seconds,
        )  # fmt: skip


def _batches(tasks: Sequence[tasks.Question]) -> Iterator[list[tasks.Question]]:
    batch: list[Question] = []
    size = 0
    for one in tasks:
        weight = len(orjson.dumps(one.data))
        if batch and (len(batch) == BATCH_TASKS or size + weight > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += weight
    if batch:
        yield batch


def _is_empty(interface: str) -> bool:
    return "".join(interface.split()) in ("", "<View></View>", "<View/>")

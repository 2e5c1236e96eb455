"""`Project`: what the command line calls and a notebook uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate import config
from curate.errors import ConfigError, unknown_name
from curate.options import (
    BY_TASK,
    PAGE_EXAMPLES,
    Conditions,
    CurveSettings,
    DedupeSettings,
    EmbedSettings,
    EvaluateSettings,
    PairsSettings,
    QueueSettings,
    SignalsSettings,
)
from curate.progress import Progress, silent
from curate.text.notebook import Rows

if TYPE_CHECKING:
    import pyarrow as pa
    from datasets import DatasetDict
    from pandas import DataFrame

    from curate.browse import BrowseResult
    from curate.cluster import ClusterResult
    from curate.contract.contract import ContractResult
    from curate.curve import CurveResult
    from curate.dedupe.dedupe import DedupeResult
    from curate.dedupe.thresholds import Suggestion
    from curate.doctor import Check
    from curate.embed.embed import EmbedResult
    from curate.evaluate.ask import AskPlan
    from curate.evaluate.ask_options import Asked
    from curate.evaluate.looks import PastEvaluation
    from curate.evaluate.options import EvaluateResult
    from curate.export.options import ExportResult, ExportSettings
    from curate.filters.filters import FilterResult
    from curate.filters.rules import Rule
    from curate.label.export_answers import AnswersExport
    from curate.label.ledger import PushResult, SyncResult
    from curate.label.options import PushSettings
    from curate.label.problems import AnswerProblem
    from curate.label.status import LabelStatus
    from curate.map import MapResult
    from curate.mislabels.classes import ClassesResult
    from curate.mislabels.evaluate import Evaluation
    from curate.mislabels.mislabels import MislabelsResult
    from curate.pairs import PairsResult
    from curate.privacy.privacy import PrivacyResult
    from curate.pull.mapping import FieldMap
    from curate.pull.options import PullOptions, PullResult
    from curate.pull.preview import PullPreview
    from curate.pull.rehash import PlainIds
    from curate.pull.undo import UndoResult
    from curate.queue.queue import QueueResult
    from curate.report.report import ReportResult
    from curate.signals import SignalsResult
    from curate.status import Status
    from curate.store import Store
    from curate.store.runs import PastRun
    from curate.versions.diff import VersionDiff
    from curate.versions.send import Sent
    from curate.versions.verify import Verification
    from curate.versions.versions import Version


VERDICT_TABLES = ("verdicts", "excluded", "duplicates", "issues", "pair_verdicts")


def _keep(store: Store) -> None:
    from curate.status import keep

    keep(store)


class Project:
    """One project folder with its `curate.toml` and its store.

    Args:
        folder: the project folder; see `Project.init` to make one.
        threads: DuckDB's threads; None leaves the choice to DuckDB. No result depends on it.
        progress: called with (items, label) around everything that may take long.
    """

    def __init__(
        self, folder: str | Path = ".", *, threads: int | None = None, progress: Progress = silent
    ) -> None:
        from curate.store import Store

        self.folder = Path(folder)
        self.store = Store(self.folder, threads=threads, keep=_keep)
        self._progress = progress

    @classmethod
    def init(cls, folder: str | Path, *, task: str = "sft") -> Project:
        """Creates a project: a commented `curate.toml` and the store; keeps what is there.

        Raises:
            ConfigError: the task is unknown.
        """
        if task not in config.TASKS:
            raise ConfigError(unknown_name("task", task, config.TASKS))
        path = Path(folder)
        if path.exists() and not path.is_dir():
            raise ConfigError(f"{path} is a file. Next: curate init ANOTHER-NAME")
        path.mkdir(parents=True, exist_ok=True)
        toml = path / config.NAME
        if not toml.exists():
            name = "".join(c for c in path.resolve().name if c.isprintable() and c not in '\\"')
            toml.write_text(config.TEMPLATE.format(name=name, task=task), encoding="utf-8")
        project = cls(path)
        project.store.create()
        project._writable()
        return project

    def _writable(self) -> Store:
        """Returns the store once it knows what curate.toml says about the project."""
        wanted = config.project_settings(self.folder)
        with self.store.read_database() as con:
            same = self.store.setting(con, "project") == wanted
        if not same:
            with self.store.run("project", wanted) as run, self.store.write() as con:
                run.changed = self.store.set_setting(con, "project", wanted)
        return self.store

    # -- facts -----------------------------------------------------------------------------------

    def pull(
        self,
        locations: str | Sequence[str],
        options: PullOptions | None = None,
        *,
        on_mapping: Callable[[FieldMap], None] = lambda _: None,
    ) -> PullResult:
        """Reads logs or feedback from files or a database; see `curate.pull.pull`."""
        from curate.pull.options import PullOptions
        from curate.pull.pull import pull

        return pull(
            self._writable(),
            [locations] if isinstance(locations, str) else locations,
            options=options or PullOptions(),
            on_mapping=on_mapping,
            progress=self._progress,
        )

    def preview(
        self, locations: str | Sequence[str], options: PullOptions | None = None
    ) -> PullPreview:
        """Returns the first calls of files, and stores nothing; see `curate.pull.preview`."""
        from curate.pull.options import PullOptions
        from curate.pull.preview import preview

        paths = [locations] if isinstance(locations, str) else locations
        return preview(self.store, paths, options=options or PullOptions(), progress=self._progress)

    def undo(self, run_id: int, *, dry_run: bool = False, yes: bool = False) -> UndoResult:
        """Takes a pull back; see `curate.pull.undo`."""
        from curate.pull.undo import undo

        return undo(self._writable(), run_id, dry_run=dry_run, yes=yes)

    def runs(self, limit: int | None = None) -> Rows[PastRun]:
        """Returns what was run, the newest first; see `curate.store.runs`."""
        from curate.store.runs import runs

        return Rows(runs(self.store, limit=limit))

    def rejects(self, limit: int | None = None) -> Rows[dict[str, Any]]:
        """Returns documents that could not be stored; see `curate.status.rejects`."""
        from curate.status import rejects

        return Rows(rejects(self.store, limit))

    def reject_reasons(self) -> dict[str, int]:
        """Returns how many documents could not be stored, and why."""
        from curate.status import reject_reasons

        return reject_reasons(self.store)

    # -- evidence --------------------------------------------------------------------------------

    def rules(self) -> dict[str, Rule]:
        """Returns the drop rules, curate's and the project's; see `curate.filters.rules`."""
        from curate.filters.rules import rules

        return rules(self.folder)

    def filter(
        self,
        parameters: Mapping[str, Any] | None = None,
        *,
        skip: Sequence[str] = (),
        where: str | None = None,
        drop: Sequence[str] = (),
    ) -> FilterResult:
        """Applies the drop rules with these numbers; see `curate.filters.filters.apply`."""
        from curate.contract.contract import gather
        from curate.filters.filters import apply
        from curate.filters.rules import resolve, rules

        settings = resolve(rules(self.folder), parameters or {}, skip, where, drop)
        store = self._writable()
        return apply(store, settings, gather=partial(gather, store, progress=self._progress))

    def contract(
        self, *, infer: bool = False, write: bool = False, replace: bool = False
    ) -> ContractResult:
        """Returns the contract and how answers keep it; see `curate.contract.contract`.

        Args:
            infer: whether to say, too, what good answers suggest.
            write: whether to write that into curate.toml, and its schema beside it.
            replace: whether another contract may stand there.
        """
        from curate.contract.contract import contract, inferable, with_inferred
        from curate.verdicts import verdicts

        with verdicts.today(self.store) as today:
            result = contract(self.store, today.con)
            rows = inferable(today.con) if infer else None
        if rows is None:
            return result
        return with_inferred(
            result, self.folder, rows, write=write, replace=replace, progress=self._progress
        )

    def embed(self, *, encoder: str = EmbedSettings.encoder, rebuild: bool = False) -> EmbedResult:
        """Computes vectors of new inputs; see `curate.embed.embed`."""
        from curate.embed import encoders
        from curate.embed.embed import embed

        return embed(
            self._writable(),
            encoder=encoder,
            rebuild=rebuild,
            load=partial(encoders.load, threads=self.store.threads),
            progress=self._progress,
        )

    def dedupe(
        self,
        *,
        exact: str = DedupeSettings.exact,
        near: float | None = DedupeSettings.near,
        semantic: float | str | None = BY_TASK,
    ) -> DedupeResult:
        """Finds exact, near and semantic duplicates; see `curate.dedupe.dedupe`."""
        from curate.dedupe.dedupe import dedupe

        return dedupe(
            self._writable(), exact=exact, near=near, semantic=semantic, progress=self._progress
        )

    def cluster(self, *, refit: bool = False, seed: int = 0) -> ClusterResult:
        """Groups inputs by subject; see `curate.cluster.cluster`."""
        from curate.cluster import cluster

        return cluster(self._writable(), refit=refit, seed=seed, progress=self._progress)

    def map(self, *, refit: bool = False, seed: int = 0) -> MapResult:
        """Draws the inputs on a plane; see `curate.map.draw`."""
        from curate.map import draw

        return draw(self._writable(), refit=refit, seed=seed, progress=self._progress)

    def mislabels(self, *, top: int | None = None, detector: str | None = None) -> MislabelsResult:
        """Finds labels that like inputs speak against; see `curate.mislabels.mislabels`."""
        from curate.mislabels.mislabels import mislabels

        return mislabels(self._writable(), top=top, detector=detector, progress=self._progress)

    def mislabels_evaluate(self, path: str | Path) -> Evaluation:
        """Returns how well suspicions find what an audit found; see `curate.mislabels.evaluate`."""
        from curate.mislabels.evaluate import evaluate

        return evaluate(self.store, Path(path))

    def mislabels_classes(self) -> ClassesResult:
        """Returns classes, their noise, and which are confused; see `curate.mislabels.classes`."""
        from curate.mislabels.classes import classes

        return classes(self.store)

    def report(
        self, output: str | Path | None = None, *, personal_data: bool = False
    ) -> ReportResult:
        """Writes one HTML file to look at; see `curate.report.report.report`."""
        from curate.report.report import report

        path = None if output is None else Path(output)
        return report(self.store, output=path, personal_data=personal_data, progress=self._progress)

    def curve(
        self, *, repeats: int = CurveSettings.repeats, seed: int = CurveSettings.seed
    ) -> CurveResult:
        """Returns whether more data of this kind would help; see `curate.curve.curve`."""
        from curate.curve import curve

        return curve(self.store, repeats=repeats, seed=seed, progress=self._progress)

    def signals(
        self, *, names: Sequence[str] = (), top: int = SignalsSettings.top
    ) -> SignalsResult:
        """Says what speaks against answers and ratings; see `curate.signals.signals`."""
        from curate.embed import encoders
        from curate.signals import signals

        return signals(
            self._writable(),
            names=names,
            top=top,
            load=partial(encoders.load, threads=self.store.threads),
            progress=self._progress,
        )

    def pairs(self, *, min_margin: float = PairsSettings.min_margin) -> PairsResult:
        """Finds preference pairs; see `curate.pairs.pairs`."""
        from curate.pairs import pairs

        return pairs(self._writable(), min_margin=min_margin, progress=self._progress)

    def privacy(self) -> PrivacyResult:
        """Finds personal data and secrets in examples; see `curate.privacy.privacy`."""
        from curate.privacy.privacy import privacy

        return privacy(self._writable(), progress=self._progress)

    def privacy_rehash(self, *, dry_run: bool = False) -> PlainIds:
        """Hashes users' ids that stand in plain text; see `curate.pull.rehash.rehash`."""
        from curate.pull.rehash import rehash

        return rehash(self._writable(), dry_run=dry_run, progress=self._progress)

    def privacy_allow(
        self, examples: Sequence[str] = (), values: Sequence[str] = (), *, reason: str
    ) -> list[int]:
        """Records what may pass, and why; see `curate.privacy.privacy.allow`."""
        from curate.privacy.privacy import allow

        return allow(self._writable(), examples=examples, values=values, reason=reason)

    def privacy_withdraw(self, number: int) -> None:
        """Withdraws what was allowed; see `curate.privacy.privacy.withdraw`."""
        from curate.privacy.privacy import withdraw

        withdraw(self._writable(), number)

    def queue(
        self,
        *,
        kind: str | None = None,
        budget: int = QueueSettings.budget,
        audit: int | None = QueueSettings.audit,
        seed: int = QueueSettings.seed,
        name: str = QueueSettings.name,
        where: str | None = None,
        gold: int = QueueSettings.gold,
        adjudicate: bool = False,
    ) -> QueueResult:
        """Ranks what a human should look at; see `curate.queue.queue`."""
        from curate.queue.queue import queue

        return queue(
            self._writable(),
            kind=kind,
            budget=budget,
            audit=audit,
            seed=seed,
            name=name,
            where=where,
            gold=gold,
            adjudicate=adjudicate,
            progress=self._progress,
        )

    def label_push(
        self,
        url: str | None = None,
        settings: PushSettings | None = None,
        *,
        token_file: Path | None = None,
        send: bool = False,
    ) -> PushResult:
        """Hands the queue over to a server, or says what would be; see `curate.label.push.push`."""
        from curate.label.options import PushSettings
        from curate.label.projects import connect
        from curate.label.push import push

        store = self._writable()
        wanted = settings or PushSettings()
        with connect(store, url, token_file) as server:
            return push(store, server, wanted, send=send, progress=self._progress)

    def label_push_to_file(
        self, path: Path, settings: PushSettings | None = None, *, again: bool = False
    ) -> PushResult:
        """Writes the queue as import JSON; see `curate.label.by_file.push_to_file`."""
        from curate.label.by_file import push_to_file
        from curate.label.options import PushSettings

        asked = settings or PushSettings()
        return push_to_file(
            self._writable(), path, kind=asked.kind, prefill=asked.prefill,
            config_file=asked.config, again=again, name=asked.name,
        )  # fmt: skip

    def label_sync(
        self, url: str | None = None, *, token_file: Path | None = None, full: bool = False
    ) -> SyncResult:
        """Takes answers in from a server; see `curate.label.sync.sync`."""
        from curate.label.projects import connect
        from curate.label.sync import sync

        store = self._writable()
        with connect(store, url, token_file) as server:
            return sync(store, server, full=full, progress=self._progress)

    def label_sync_from_file(self, path: Path) -> SyncResult:
        """Takes in answers from an export; see `curate.label.by_file.sync_from_file`."""
        from curate.label.by_file import sync_from_file

        return sync_from_file(self._writable(), path)

    def label_problems(self) -> Rows[AnswerProblem]:
        """Returns the answers that are not understood; see `curate.label.problems`."""
        from curate.label.problems import label_problems

        return Rows(label_problems(self.store))

    def label_export(
        self,
        output: str | Path | None = None,
        *,
        kind: str | None = None,
        file_format: str | None = None,
        texts: bool = False,
    ) -> tuple[AnswersExport, bytes]:
        """Returns what annotators answered; see `curate.label.export_answers.label_export`."""
        from curate.label.export_answers import label_export

        path = Path(output) if output else None
        return label_export(self.store, path, kind=kind, file_format=file_format, texts=texts)

    def label_status(self) -> LabelStatus:
        """Returns how good answers are, and how wrong the data is; see `curate.label.status`."""
        from curate.label.status import label_status

        return label_status(self.store)

    def suggest_thresholds(
        self,
        *,
        exact: str = DedupeSettings.exact,
        near: float | None = DedupeSettings.near,
        semantic: float | str | None = BY_TASK,
    ) -> Rows[Suggestion]:
        """Returns what duplicate thresholds would do; see `curate.dedupe.thresholds.suggest`."""
        from curate.dedupe.dedupe import complete
        from curate.dedupe.thresholds import suggest

        with self.store.read() as con:
            settings, _ = complete(self.store, con, exact, near, semantic)
        return Rows(suggest(self.store, settings, progress=self._progress))

    # -- versions --------------------------------------------------------------------------------

    def export(
        self,
        name: str,
        settings: ExportSettings | None = None,
        *,
        dry_run: bool = False,
        on_stale: Callable[[tuple[str, ...]], None] = lambda _: None,
    ) -> ExportResult:
        """Writes the next version of a dataset; see `curate.export.export`."""
        from curate.export.export import export
        from curate.export.options import ExportSettings

        return export(
            self._writable(),
            name,
            settings=settings or ExportSettings(),
            dry_run=dry_run,
            progress=self._progress,
            on_stale=on_stale,
        )

    def send(self, version: str, url: str, *, yes: bool = False) -> Sent:
        """Sends NAME or NAME@N to a folder or bucket; see `curate.versions.send.send_version`."""
        from curate.versions.send import send_version

        return send_version(self._writable(), version, url, yes=yes, progress=self._progress)

    def versions(self) -> Rows[Version]:
        """Returns all versions; see `curate.versions.versions`."""
        from curate.versions.versions import versions

        return Rows(versions(self.store))

    def verify(self, version: str | None = None) -> Rows[Verification]:
        """Recomputes hashes, counts and leaks; see `curate.versions.verify`."""
        from curate.versions.verify import verify

        return Rows(verify(self.store, version))

    def dataset(self, version: str, *, file_format: str | None = None) -> DatasetDict:
        """Returns a version as `datasets` has it; see `curate.versions.load`."""
        from curate.versions.load import load

        return load(self.store, version, file_format=file_format)

    def diff(self, a: str, b: str) -> VersionDiff:
        """Returns what moved between two versions; see `curate.versions.diff`."""
        from curate.versions.diff import diff

        return diff(self.store, a, b)

    def evaluate(
        self,
        version: str,
        answers: Mapping[str, str],
        settings: EvaluateSettings | None = None,
        asked: Asked | None = None,
    ) -> EvaluateResult:
        """Judges models by the held-out part of a version; see `curate.evaluate.evaluate`."""
        from curate.evaluate.evaluate import evaluate

        return evaluate(
            self._writable(),
            version,
            answers,
            settings or EvaluateSettings(),
            asked,
            progress=self._progress,
        )

    def plan_asking(self, version: str, asked: Asked, general: str | None = None) -> Rows[AskPlan]:
        """Returns what would be sent to endpoints; see `curate.evaluate.evaluate`."""
        from curate.evaluate.evaluate import plan_asking

        return Rows(plan_asking(self.store, version, asked, general))

    def evaluations(self) -> Rows[PastEvaluation]:
        """Returns what was said of all versions; see `curate.evaluate.looks.evaluations`."""
        from curate.evaluate.looks import evaluations

        return Rows(evaluations(self.store))

    # -- looking ---------------------------------------------------------------------------------

    def status(self) -> Status:
        """Returns the funnel and the next command; see `curate.status.status`."""
        from curate.status import status

        return status(self.store)

    def stages(self) -> list[str]:
        """Returns the names of the stages of `curate run`; see `curate.status.stages`."""
        from curate.status import stages

        return stages(self.store)

    def why(self, key: str) -> dict[str, Any]:
        """Returns one example's story; see `curate.why.why`."""
        from curate.why import why

        return why(self.store, key)

    def browse(
        self,
        conditions: Conditions | None = None,
        *,
        limit: int = PAGE_EXAMPLES,
        page: int = 1,
    ) -> BrowseResult:
        """Returns one page of the examples that meet conditions; see `curate.browse.browse`."""
        from curate.browse import browse

        return browse(self.store, conditions or Conditions(), limit=limit, page=page)

    def examples(
        self,
        where: str | None = None,
        *,
        words: str | Sequence[str] = (),
        label: str | None = None,
        cluster: str | int | None = None,
        side: str | None = None,
        reason: str | None = None,
        rating: str | float | None = None,
        source_id: str | None = None,
        model: str | None = None,
        limit: int | None = None,
    ) -> DataFrame:
        """Returns the examples that `curate browse` shows, all of them, as a DataFrame.

        See `curate.options.Conditions`; a text of several words is these words.
        """
        from curate.browse import examples, frame

        return frame(
            examples(
                self.store,
                Conditions(
                    words=tuple(words.split() if isinstance(words, str) else words),
                    label=label,
                    cluster=None if cluster is None else str(cluster),
                    side=side,
                    reason=reason,
                    rating=None if rating is None else str(rating),
                    source_id=source_id,
                    model=model,
                    where=where,
                ),
                limit=limit,
            )
        )

    def doctor(self) -> Rows[Check]:
        """Returns the checks of environment and store; see `curate.doctor.doctor`."""
        from curate.doctor import doctor

        return Rows(doctor(self.store))

    def table(self, name: str) -> pa.Table:
        """Returns a table or view of the store, or today's verdicts, as an Arrow table.

        `project.table("ai_interactions").to_pandas()` is a DataFrame.

        Args:
            name: a table or view of the store, or one of `verdicts`, `excluded`, `duplicates`,
                `issues`, `pair_verdicts`.

        Raises:
            ConfigError: there is no such table.
        """
        from curate.pairs import prepare
        from curate.store import sql
        from curate.verdicts import verdicts

        # Of commands that changed nothing only the database itself has the run.
        reading = self.store.read_database if name == "runs" else self.store.read
        with reading() as con:
            known = [row[0] for row in con.execute(sql("project/tables_known")).fetchall()]
            if name in VERDICT_TABLES:
                prepare(verdicts.derive(self.store, con))
            elif name not in known:
                raise ConfigError(unknown_name("table", name, [*known, *VERDICT_TABLES]))
            # The name is one of the catalogue's or of those above.
            return con.sql(f'SELECT * FROM "{name}"').to_arrow_table()  # noqa: S608

"""`curate status`: where every example stands, and what to do next."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from curate import cluster, config, pairs, signals
from curate.cluster import Alarm, ClusterRow
from curate.contract import contract, terms
from curate.contract.contract import Form
from curate.embed import encoders
from curate.kernels.error_rate import ErrorRate
from curate.label import audit, reviews
from curate.label.flags import THIN_EXAMPLES, THIN_SHARE
from curate.label.reviews import Detector
from curate.mislabels import mislabels
from curate.stale import meaning, stale_stages
from curate.store import Store, sql
from curate.text.notebook import Shown
from curate.verdicts import verdicts
from curate.verdicts.verdicts import Today


@dataclass(frozen=True)
class FunnelRow:
    """How many examples are out for one reason, and on which side they are."""

    reason: str
    examples: int
    train: int
    test: int


@dataclass(frozen=True)
class LabelRow:
    """How many examples have a label: in production, and ready on either side."""

    label: str
    production: int
    train: int
    test: int


@dataclass(frozen=True)
class ModelMonth:
    """What the calls of a model took in a month; None where no call says it.

    Attributes:
        model: empty where calls do not say it.
        month: such as 2026-02.
        p50_ms: median latency, about; `p95_ms` likewise.
        cost_usd: of all calls together; `tokens` likewise, in and out.
    """

    model: str
    month: str | None
    calls: int
    p50_ms: float | None
    p95_ms: float | None
    cost_usd: float | None
    tokens: int


@dataclass(frozen=True)
class Status(Shown):
    """The state of a project, in counts.

    Attributes:
        train: ready examples of train: the effective size, as duplicates are out.
        labels: production against what is ready, per label, the most frequent first.
        clusters: the same per cluster.
        alarms: rules that silence a cluster.
        unembedded: inputs without a vector; None where nothing here rests on meaning.
        detectors: how often each detector was right, by what people answered.
        error_rates: how wrong train and test are, where they were audited.
        audits_waiting: audited tasks without an answer.
        pairs: preference pairs: found, ready in train, ready in test.
        form: how many answers keep the contract; None where nobody wrote one.
        models: what production's models took, by month, the last one first.
        task: of the project.
    """

    interactions: int
    conversations: int
    rated: int
    rejects: int
    unmatched_feedback: int
    unchecked: int
    funnel: tuple[FunnelRow, ...]
    train: int
    test: int
    pending: int
    split_given: bool
    issues: tuple[tuple[str, int], ...]
    latest: tuple[str, ...]
    stale: tuple[str, ...]
    labels: tuple[LabelRow, ...]
    clusters: tuple[ClusterRow, ...]
    alarms: tuple[Alarm, ...]
    unembedded: int | None
    detectors: tuple[Detector, ...]
    error_rates: tuple[ErrorRate, ...]
    audits_waiting: int
    pairs: tuple[int, int, int]
    form: Form | None
    models: tuple[ModelMonth, ...]
    task: str
    next: str

    @property
    def thin(self) -> list[str]:
        """Returns the labels and clusters that production asks for and train hardly has."""
        least = max(1.0, THIN_SHARE * self.interactions)
        labels = [
            f'label "{row.label}"'
            for row in self.labels
            if row.production >= least and row.train < THIN_EXAMPLES
        ]
        return labels + [
            f'cluster {row.cluster_id} "{row.name}"'
            for row in self.clusters
            if row.examples >= least and row.train < THIN_EXAMPLES
        ]


_ROWS: dict[str, Any] = {
    "funnel": FunnelRow, "labels": LabelRow, "clusters": ClusterRow, "alarms": Alarm,
    "detectors": Detector, "error_rates": ErrorRate,
    "models": ModelMonth,
}  # fmt: skip


def status(store: Store) -> Status:
    """Returns the funnel under today's verdicts, and the next command to type."""
    with verdicts.today(store) as today:
        return count(today)


def count(today: Today) -> Status:
    """Returns the funnel under these verdicts, and the next command to type."""
    if today.kept.get("status_of") == _surroundings(today.store):
        return _read(today.kept["status"])
    return _count(today)


def keep(store: Store) -> None:
    """Leaves today's verdicts and status to those who look before the next change."""
    surroundings = _surroundings(store)
    with verdicts.today(store) as today:
        if today.kept.get("status_of") != surroundings:
            text = json.dumps(asdict(_count(today)))
            verdicts.keep(today, {"status_of": surroundings, "status": text})


def _surroundings(store: Store) -> str:
    """Returns a digest of what a status follows from besides verdicts: wishes and what can run."""
    toml = store.folder / config.NAME
    parts = [toml.read_bytes() if toml.exists() else b"", str(encoders.available()).encode()]
    parts.append(terms.schema_bytes(store.folder))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _read(text: str) -> Status:
    """Returns the status that was written as JSON."""
    fields = json.loads(text)
    for name, value in fields.items():
        if isinstance(value, list):
            row_of = _ROWS.get(name)
            rows = [row_of(**row) if row_of else row for row in value]
            fields[name] = tuple(tuple(r) if isinstance(r, list) else r for r in rows)
    fields["form"] = Form(**fields["form"]) if fields["form"] else None
    return Status(**fields)


def _count(today: Today) -> Status:
    con, plan = today.con, today.plan
    totals = _one(con, sql("status/totals"))
    funnel = tuple(FunnelRow(*row) for row in con.execute(sql("status/funnel")).fetchall())
    issues = tuple((k, n) for k, n in con.execute(sql("status/issues")).fetchall())
    latest = tuple(row[0] for row in con.execute(sql("status/versions")).fetchall())
    labels = tuple(LabelRow(*row) for row in con.execute(sql("status/labels")).fetchall())
    depth = meaning(con)
    clusters, alarms = tuple(cluster.overview(today)), tuple(cluster.alarms(today))
    stale = stale_stages(today, depth)
    right, wrong = reviews.detectors(today), audit.error_rates(today)
    audits = audit.audits_waiting(con)
    preferred = pairs.ready(today)
    return Status(
        **totals,
        funnel=funnel,
        issues=issues,
        latest=latest,
        stale=stale,
        labels=labels,
        clusters=clusters,
        alarms=alarms,
        unembedded=depth["unembedded"] if depth["embedded"] else None,
        detectors=right,
        error_rates=wrong,
        audits_waiting=audits,
        pairs=preferred,
        form=contract.form(today.store, con),
        models=tuple(ModelMonth(*row) for row in con.execute(sql("status/models")).fetchall()),
        task=str(today.store.setting(con, "project").get("task")),
        split_given=plan.counts["new"] == 0,
        next=_next(totals, stale, bool(latest), plan.counts["new"], sum(preferred[1:])),
    )


def stages(store: Store) -> list[str]:
    """Returns the stages of `curate run` in order, as far as this environment can do them.

    Personal data is looked for where curate.toml has a section `[privacy]` (an export looks for it
    anyway, in what it writes), and pairs where the task is preference.
    """
    sections = config.load(store.folder)
    names = ["pull", "filter"] if sections.get("pull", {}).get("locations") else ["filter"]
    with store.read_database() as con:
        judging_stages = ["mislabels"] if mislabels.wanted(store, con) else []
        judging_stages += ["signals"] if signals.wanted(store, con) else []
        paired = ["pairs"] if store.setting(con, "project").get("task") == "preference" else []
    meant = ["embed", "dedupe", "cluster", *judging_stages] if encoders.available() else ["dedupe"]
    return [*names, *meant, *(["privacy"] if "privacy" in sections else []), *paired]


def reject_reasons(store: Store) -> dict[str, int]:
    """Returns how many documents were refused for each reason, the most frequent first."""
    with store.read() as con:
        return dict(con.execute(sql("status/reject_reasons")).fetchall())


def rejects(store: Store, limit: int | None = None) -> list[dict[str, Any]]:
    """Returns refused documents, by place: source, location, line, reason, detail."""
    with store.read() as con:
        cursor = con.execute(sql("status/rejects"), {"limit": limit})
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _one(con: Any, query: str) -> dict[str, Any]:
    cursor = con.execute(query)
    names = [column[0] for column in cursor.description or []]
    return dict(zip(names, cursor.fetchall()[0], strict=True))


def _next(
    totals: dict[str, Any], stale: tuple[str, ...], exported: bool, new: int, paired: int
) -> str:
    if not totals["interactions"]:
        return "curate pull LOGS"
    if "filter" in stale or totals["unchecked"]:
        return "curate run"
    if not totals["rated"] and not totals["train"] and not paired:
        return "curate pull FILE --as feedback --key COLUMN"
    if stale:
        return "curate run"
    if not exported or new:
        return "curate export NAME"
    return "curate pull LOGS, or curate export NAME"

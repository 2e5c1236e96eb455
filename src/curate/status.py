"""`curate status`: where every example stands, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from curate import config, filters, verdicts
from curate.store import Store, sql

MINIMUM_EXAMPLES, RELIABLE_EXAMPLES = 200, 1_000


@dataclass(frozen=True)
class FunnelRow:
    """How many examples are out for one reason, and on which side they are."""

    reason: str
    examples: int
    train: int
    test: int


@dataclass(frozen=True)
class Status:
    """The state of a project, in counts."""

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
    stale_filter: bool
    next: str


def status(store: Store) -> Status:
    """Returns the funnel under today's verdicts, and the next command to type."""
    with store.read() as con:
        plan = verdicts.current(store, con)
        totals = _one(con, "status_totals")
        funnel = tuple(FunnelRow(*row) for row in con.execute(sql("status_funnel")).fetchall())
        issues = tuple((k, n) for k, n in con.execute(sql("status_issues")).fetchall())
        latest = tuple(row[0] for row in con.execute(sql("status_versions")).fetchall())
        stale = _filter_is_stale(store, con)
    return Status(
        **totals,
        funnel=funnel,
        issues=issues,
        latest=latest,
        stale_filter=stale,
        split_given=plan.counts["new"] == 0,
        next=_next(totals, stale, bool(latest), plan.counts["new"]),
    )


def rejects(store: Store, limit: int = 50) -> list[dict[str, Any]]:
    """Returns refused documents, by place: source, location, line, reason, detail."""
    with store.read() as con:
        cursor = con.execute(sql("status_rejects"), {"limit": limit})
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _one(con: Any, query: str) -> dict[str, Any]:
    cursor = con.execute(sql(query))
    names = [column[0] for column in cursor.description or []]
    return dict(zip(names, cursor.fetchall()[0], strict=True))


def _filter_is_stale(store: Store, con: Any) -> bool:
    """Returns whether the rules or their settings in curate.toml are others than those in force."""
    if filters.outdated(store, con):
        return True
    section = dict(config.load(store.folder).get("filter", {}))
    if not section:
        return False
    skip, where = section.pop("skip", ()), section.pop("where", None)
    for name, value in dict(part.partition("=")[::2] for part in section.pop("set", ())).items():
        section[name] = value
    wanted = filters.resolve(filters.rules(store.folder), section, skip, where)
    return wanted.as_dict() != filters.stored_settings(store, con).as_dict()


def _next(totals: dict[str, Any], stale: bool, exported: bool, new: int) -> str:
    if not totals["interactions"]:
        return "curate pull LOGS"
    if stale or totals["unchecked"]:
        return "curate run"
    if not totals["rated"] and not totals["train"]:
        return "curate pull FILE --as feedback --key COLUMN"
    if not exported or new:
        return "curate export NAME"
    return "curate pull LOGS, or curate export NAME"

"""`curate browse`: the examples that meet some conditions, page by page, in the order of ids."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from curate.errors import ConfigError, MissingExtra, unknown_name
from curate.filters import filters
from curate.options import PAGE_EXAMPLES, Conditions
from curate.store import Store, fetch_arrow, sql
from curate.text.notebook import Shown
from curate.verdicts import verdicts
from curate.verdicts.verdicts import Today

if TYPE_CHECKING:
    from pandas import DataFrame

UNRATED = "none"
"""A rating that finds what nobody rated."""


@dataclass(frozen=True)
class BrowseResult(Shown):
    """One page of examples.

    Attributes:
        total: examples that meet the conditions.
        page: from 1.
        pages: how many there are.
        conditions: what was asked for.
        unknown: where nothing meets the conditions, what no example has, with the nearest names.
        examples: example_id, query, response, label, rating, cluster_id, cluster, side, reason,
            model, created_at, source and source_id of each.
    """

    total: int
    page: int
    pages: int
    conditions: dict[str, Any]
    unknown: tuple[str, ...] = ()
    examples: tuple[dict[str, Any], ...] = field(default=())


def browse(
    store: Store, conditions: Conditions, *, limit: int = PAGE_EXAMPLES, page: int = 1
) -> BrowseResult:
    """Returns one page of the examples that meet conditions.

    Args:
        store: the project's store.
        conditions: that are met.
        limit: examples on a page.
        page: from 1.

    Raises:
        ConfigError: a condition cannot be read.
    """
    with verdicts.today(store) as today:
        total = _match(today, conditions)
        rows = _page(today, limit, (page - 1) * limit).to_pylist()
        unknown = () if total else _unknown(today, conditions)
    pages = -(-total // limit)
    return BrowseResult(total, page, pages, conditions.met(), unknown, tuple(rows))


def examples(store: Store, conditions: Conditions, *, limit: int | None = None) -> pa.Table:
    """Returns the examples that meet conditions, as `BrowseResult.examples` has them.

    Args:
        store: the project's store.
        conditions: that are met.
        limit: at most so many; None: all.

    Raises:
        ConfigError: a condition cannot be read.
    """
    with verdicts.today(store) as today:
        _match(today, conditions)
        return _page(today, limit, 0)


def frame(table: pa.Table) -> DataFrame:
    """Returns a table as a DataFrame.

    Raises:
        MissingExtra: pandas is not installed.
    """
    try:
        import pandas  # noqa: F401
    except ImportError as error:
        raise MissingExtra(
            "a DataFrame needs pandas. Next: pip install 'curate-workbench[notebook]'"
        ) from error
    return table.to_pandas()


def _match(today: Today, conditions: Conditions) -> int:
    """Makes the table of the examples that meet conditions; returns how many do."""
    con, where = today.con, conditions.where
    ids = filters.meeting(con, where, "curate browse") if where is not None else []
    con.register("scope", pa.table({"example_id": pa.array(ids, pa.string())}))
    asked = {name: value for name, value in asdict(conditions).items() if name != "where"}
    lowest, highest = _bounds(asked.pop("rating"))
    asked |= {
        "words": list(conditions.words) or None,
        "lowest": lowest,
        "highest": highest,
        "unrated": conditions.rating == UNRATED,
        "scoped": where is not None,
    }
    con.execute(sql("browse/matching"), asked)
    return int(con.execute(sql("browse/count")).fetchall()[0][0])


def _page(today: Today, most: int | None, skipped: int) -> pa.Table:
    return fetch_arrow(today.con, sql("browse/page"), {"most": most, "skipped": skipped})


def _bounds(rating: str | None) -> tuple[float | None, float | None]:
    """Returns the lowest and the highest rating that are meant.

    Raises:
        ConfigError: it is no rating, and no range of them.
    """
    if rating is None or rating == UNRATED:
        return None, None
    low, dots, high = rating.partition("..")
    try:
        lowest, highest = float(low or "-inf"), float(high or "inf")
    except ValueError:
        lowest = highest = math.nan
    if not (lowest <= highest and (low or high)):
        raise ConfigError(
            f"rating is {rating!r}, not 1 to 5, a range or {UNRATED}. Next: --rating 1..2, "
            f"--rating 4.. or --rating {UNRATED}",
            option="rating",
        )
    return lowest, highest if dots else lowest


def _unknown(today: Today, conditions: Conditions) -> tuple[str, ...]:
    """Returns what no example has of what was asked for, with the nearest names."""
    known: dict[str, list[str]] = {}
    for kind, name in today.con.execute(sql("browse/known")).fetchall():
        known.setdefault(kind, []).append(name)
    asked = conditions.met()
    return tuple(
        unknown_name(kind, asked[kind], known.get(kind, ()))
        for kind in ("label", "cluster", "reason", "model")
        if kind in asked and not _is_known(kind, asked[kind], known.get(kind, ()))
    )


def _is_known(kind: str, name: str, names: Sequence[str]) -> bool:
    if kind == "cluster":
        return name.isdecimal() or any(name.lower() in known.lower() for known in names)
    return name in names

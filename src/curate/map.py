"""`curate map`: the inputs as points of a plane, those of like meaning side by side.

The first call draws the map; later ones place new inputs among the points of those it was drawn
with, each on its own, so no point ever moves and no order of arrival matters. A new map is asked
for. Of many inputs a part is drawn, and the others are placed like new ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.embed import embed, encoders
from curate.errors import ConfigError, MissingExtra
from curate.inputs import inputs
from curate.kernels import layout
from curate.progress import Progress
from curate.store import Run, Store, fetch_arrow, sql
from curate.text.notebook import Shown

HOW_TO_INSTALL = (
    "pip install 'curate-workbench[report]' (in a checkout: pip install -e '.[report]')"
)

DRAWN_AT_MOST = 50_000
"""Inputs that the map is drawn with; all others are placed among them.

Neighbours cost the square of their number. Source: benchmarks/map.
"""


_AT_ONCE = 8_192
"""Inputs that a kill may lose, and whose vectors are in memory together."""


@dataclass(frozen=True)
class MapResult(Shown):
    """What the stage did.

    Attributes:
        inputs: inputs that have a point.
        placed: those that got it now.
        drawn: whether the map was drawn anew.
        drawn_with: inputs that the map was drawn with.
        later: inputs that came after that.
        without_vector: inputs that cannot have a point.
    """

    inputs: int
    placed: int
    drawn: bool
    drawn_with: int
    later: int
    without_vector: int


def draw(
    store: Store,
    *,
    refit: bool = False,
    seed: int = 0,
    progress: Progress = lambda items, _: items,
) -> MapResult:
    """Gives inputs their points; draws the map first where there is none, or on request.

    Args:
        store: the project's store.
        refit: draws the map anew.
        seed: of the drawing.
        progress: called with (items, label) around the work.

    Raises:
        ConfigError: no input has a vector.
        MissingExtra: what draws it is not installed.
    """
    with store.run("map", {"refit": refit, "seed": seed}) as run:
        inputs.refresh(store, run)
        drawn = _draw_where_needed(store, run, refit, seed, progress)
        placed = drawn + _place(store, run, progress)
        with store.read() as con:
            total, drawn_with, _ = con.execute(sql("map/counts")).fetchall()[0]
            missing, known = embed.count_missing(con), store.setting(con, "map")
        run.counts = {"inputs": total, "placed": placed, "drawn": bool(drawn)}
    later = max(0, total - known["inputs"])
    return MapResult(total, placed, bool(drawn), drawn_with, later, missing)


def positions(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Returns where each example lies on the map: example_id, x and y (float32), by example_id.

    Examples whose input has no point yet are not among them; without a map there is none.
    """
    return con.sql(sql("map/positions")).to_arrow_table()


def unplaced(con: duckdb.DuckDBPyConnection) -> int:
    """Returns how many inputs have a vector and no point."""
    return int(con.execute(sql("map/counts")).fetchall()[0][2])


def _draw_where_needed(store: Store, run: Run, refit: bool, seed: int, progress: Progress) -> int:
    """Returns with how many inputs the map was drawn; 0 where it stays.

    Of more than `DRAWN_AT_MOST` inputs those with the lowest hashes are: a sample that is the same
    whatever the order of arrival. A map of fewer than `layout.FEWEST` inputs is drawn anew as soon
    as there are others: nothing can be placed on it.
    """
    with store.read() as con:
        total, missing = embed.count(con)[0], con.execute(sql("map/counts")).fetchall()[0]
        if not total:
            raise ConfigError(
                "no input has a vector, and the map rests on them. Next: curate pull LOGS, then "
                f"{encoders.next_step()}"
            )
        _, drawn_with, unplaced = missing
        if not refit and (drawn_with >= layout.FEWEST or (drawn_with and not unplaced)):
            return 0
        part = fetch_arrow(con, sql("map/part"), {"most": DRAWN_AT_MOST})
        encoder = store.setting(con, "embed").get("digest")
    _require()
    hashes, vectors = embed.from_lists(part)
    points = layout.fit(
        vectors,
        seed=seed,
        threads=store.threads,
        progress=lambda steps: progress(steps, "drawing the map"),
    )
    with store.write() as con:
        con.execute(sql("map/clear"))
        _add(con, hashes, points, fitted=True)
        settings = {"encoder": encoder, "seed": seed, "inputs": total}
        store.set_setting(con, "map", settings)
    run.changed = True
    return len(hashes)


def _place(store: Store, run: Run, progress: Progress) -> int:
    """Places the inputs that have a vector and no point; returns how many."""
    with store.read() as con:
        fresh = con.sql(sql("map/unplaced")).to_arrow_table()
        if not fresh.num_rows:
            return 0
        known = con.sql(sql("map/fitted")).to_arrow_table()
    _require()
    _, fitted = embed.from_lists(known)
    points = np.column_stack([known["x"].to_numpy(), known["y"].to_numpy()])
    batches = [fresh[at : at + _AT_ONCE] for at in range(0, len(fresh), _AT_ONCE)]
    for batch in progress(batches, "placing new inputs"):
        hashes, vectors = embed.from_lists(batch)
        placed = layout.place(vectors, fitted, points, threads=store.threads)
        with store.write() as con:
            _add(con, hashes, placed, fitted=False)
        run.changed = True
    return int(fresh.num_rows)


def _add(
    con: duckdb.DuckDBPyConnection, hashes: list[str], points: NDArray[np.float32], *, fitted: bool
) -> None:
    found = pa.table(
        {
            "input_hash": pa.array(hashes, pa.string()),
            "x": points[:, 0],
            "y": points[:, 1],
            "fitted": pa.array([fitted] * len(hashes)),
        }
    )
    con.register("found", found)
    con.execute(sql("map/add"))
    con.unregister("found")


def _require() -> None:
    """Refuses to draw without what draws.

    Raises:
        MissingExtra: openTSNE is not installed.
    """
    try:
        import openTSNE  # noqa: F401
    except ImportError as error:
        raise MissingExtra(f"a map needs openTSNE. Next: {HOW_TO_INSTALL}") from error

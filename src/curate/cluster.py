"""`curate cluster`: topical groups of inputs, named, with ids that stay.

The first call fits; later ones assign new inputs to the stored centroids, which is exactly what
assigning everything would give. A refit is asked for, and hands old ids on by overlap. Of many
inputs a part is fitted, and the others are assigned like new ones.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.embed import embed, encoders
from curate.errors import ConfigError
from curate.inputs import inputs
from curate.kernels import clustering
from curate.progress import Progress
from curate.store import Run, Store, fetch_arrow, sql
from curate.text.notebook import Shown
from curate.text.text import words
from curate.verdicts import verdicts
from curate.verdicts.verdicts import Today

SAME_CLUSTER = 1 / 3
"""Jaccard similarity of members from which on a refitted cluster keeps an id: two sets of one size
that share half."""


OLD_FIT = 0.25
"""Share of inputs that came after the fit from which on a refit is recommended."""


FIT_AT_MOST = 20_000
"""Inputs that are fitted; a fit costs the square of their number.

The resolution rests on 16,000 of them, so more would hardly change what is found.
"""


_AT_ONCE = 65_536
_TERMS = 3
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class ClusterRow:
    """One cluster under today's verdicts.

    Attributes:
        cluster_id: its id, for ever.
        name: the words that set it apart.
        typical: the input nearest to its centroid.
        inputs: distinct inputs.
        examples: of production.
        mean_rating: of the rated ones, 1 to 5; None where none is rated.
        unrated: share of examples without a human rating.
        train: ready examples of train; likewise test.
    """

    cluster_id: int
    name: str
    typical: str
    inputs: int
    examples: int
    mean_rating: float | None
    unrated: float
    train: int
    test: int


@dataclass(frozen=True)
class Alarm:
    """A reason that silences a cluster: it drops `dropped` of its `examples`."""

    reason: str
    cluster_id: int
    name: str
    dropped: int
    examples: int
    usual: float


@dataclass(frozen=True)
class ClusterResult(Shown):
    """What the stage did, and the clusters there are now, the largest first.

    Attributes:
        clusters: how many there are.
        assigned: inputs that got a cluster now.
        fitted: whether the clusters were found anew.
        without_vector: inputs that cannot have one.
        rows: the clusters.
        alarms: reasons that silence one.
        notes: what else there is to say.
        found_in: inputs that the clusters were found in; None where these were all there were.
    """

    clusters: int
    assigned: int
    fitted: bool
    without_vector: int
    rows: tuple[ClusterRow, ...]
    alarms: tuple[Alarm, ...]
    notes: tuple[str, ...] = ()
    found_in: int | None = None


def cluster(
    store: Store,
    *,
    refit: bool = False,
    seed: int = 0,
    progress: Progress = lambda items, _: items,
) -> ClusterResult:
    """Assigns inputs to clusters; fits these first where there are none, or on request.

    Args:
        store: the project's store.
        refit: finds the clusters anew.
        seed: of the fit.
        progress: called with (items, label) around the work.

    Raises:
        ConfigError: no input has a vector.
    """
    with store.run("cluster", {"refit": refit, "seed": seed}) as run:
        inputs.refresh(store, run)
        with store.read() as con:
            # No verdict follows from clusters, so those from before the run are those after it.
            named = verdicts.name(store, con)
        fitted, notes = _fit_where_needed(store, run, refit, seed, progress)
        assigned = fitted + _assign(store, run)
        with verdicts.today(store, at_end=True, named=named) as today:
            rows, alarm_rows = tuple(overview(today)), tuple(alarms(today))
            total, new, missing, found_in = today.con.execute(sql("cluster/progress")).fetchall()[0]
        if total and new / total > OLD_FIT:
            notes.append(
                f"{new / total:.0%} of the inputs came after the fit: curate cluster --refit"
            )
        run.counts = {"clusters": len(rows), "assigned": assigned, "fitted": bool(fitted)}
    return ClusterResult(
        len(rows), assigned, bool(fitted), missing, rows, alarm_rows, tuple(notes), found_in
    )


def _fit_where_needed(
    store: Store, run: Run, refit: bool, seed: int, progress: Progress
) -> tuple[int, list[str]]:
    """Returns how many inputs were fitted, and what there is to say about it.

    Of more than `FIT_AT_MOST` inputs those with the lowest hashes are: a sample that is the same
    whatever the order of arrival.
    """
    with store.read() as con:
        encoder = store.setting(con, "embed").get("digest")
        stored_settings = store.setting(con, "clusters")
        _refuse_no_vectors(con)
        other = bool(stored_settings) and stored_settings["encoder"] != encoder
        if stored_settings and not other and not refit:
            return 0, []
        part = fetch_arrow(con, sql("cluster/part"), {"most": FIT_AT_MOST})
        hashes, vectors = embed.from_lists(part)
        total = embed.count(con)[0]
        is_part = len(hashes) < total
        texts = dict(con.execute(sql("cluster/texts"), {"last": hashes[-1]}).fetchall())
        last = hashes[-1] if is_part else None
        members = con.execute(sql("cluster/members_all"), {"last": last}).fetchall()
    centres = clustering.centroids(
        vectors, seed=seed, progress=lambda steps: progress(steps, "finding clusters")
    )
    nearest, cosine = clustering.assign(vectors, centres)
    centres, nearest = _without_empty(centres, nearest)
    ids, highest = _ids(hashes, nearest, members, stored_settings.get("highest", 0))
    order = np.argsort(ids)
    centres, ids = centres[order], [ids[n] for n in order.tolist()]
    # Once more, as `_assign` does it: by the centroids that are stored, in their order.
    nearest, cosine = clustering.assign(vectors, centres)
    cluster_names = names([texts[h] for h in hashes], nearest, len(centres))
    clusters = _clusters(hashes, centres, nearest, cosine, ids, cluster_names)
    members_now = _members(hashes, ids, nearest, cosine)
    # One transaction: were the members gone, the next refit could hand no id on.
    with store.write() as con:
        con.execute(sql("cluster/clusters_clear"))
        con.execute(sql("cluster/members_clear"))
        con.register("found", clusters)
        con.execute(sql("cluster/clusters_add"))
        con.unregister("found")
        _add_members(con, members_now)
        settings = {"encoder": encoder, "highest": highest, "seed": seed}
        if is_part:
            settings["inputs"] = total
        run.changed |= store.set_setting(con, "clusters", settings)
    run.changed = True
    return len(hashes), ["the vectors are another encoder's: fitted anew"] if other else []


def _refuse_no_vectors(con: duckdb.DuckDBPyConnection) -> None:
    """Refuses to cluster nothing.

    Raises:
        ConfigError: no input has a vector.
    """
    if not embed.count(con)[0]:
        raise ConfigError(
            "no input has a vector, and clusters rest on them. Next: curate pull LOGS, then "
            f"{encoders.next_step()}"
        )


def _without_empty(
    centres: NDArray[np.float32], nearest: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    used, compact = np.unique(nearest, return_inverse=True)
    return centres[used], compact


def _ids(
    hashes: Sequence[str],
    nearest: NDArray[np.int64],
    members: Sequence[tuple[str, int]],
    highest: int,
) -> tuple[list[int], int]:
    """Returns the id of each new cluster, and the highest id ever given.

    Clusters are matched so that the overlaps of their members are largest as a whole; a match below
    `SAME_CLUSTER` is none.
    """
    from scipy.optimize import linear_sum_assignment

    of = dict(members)
    old = sorted(set(of.values()))
    place = {cluster_id: number for number, cluster_id in enumerate(old)}
    overlap = np.zeros((int(nearest.max()) + 1, len(old)))
    for name, new in zip(hashes, nearest.tolist(), strict=True):
        if name in of:
            overlap[new, place[of[name]]] += 1
    size_new = np.bincount(nearest).astype(float)
    sizes = Counter(of.values())
    size_old = np.array([sizes[cluster_id] for cluster_id in old])
    union = size_new[:, None] + size_old[None, :] - overlap if old else overlap
    alike = np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0)
    ids: list[int] = [0] * len(size_new)
    for new, match in zip(*linear_sum_assignment(-alike), strict=True):
        if alike[new, match] >= SAME_CLUSTER:
            ids[new] = old[match]
    for new in np.lexsort((np.arange(len(ids)), -size_new)).tolist():
        if not ids[new]:
            highest += 1
            ids[new] = highest
    return ids, highest


def _clusters(
    hashes: Sequence[str],
    centres: NDArray[np.float32],
    nearest: NDArray[np.int64],
    cosine: NDArray[np.float64],
    ids: Sequence[int],
    cluster_names: Sequence[tuple[str, list[str]]],
) -> pa.Table:
    order = np.lexsort((np.arange(len(hashes)), -cosine))
    typical: dict[int, str] = {}
    for position in order.tolist():
        typical.setdefault(int(nearest[position]), hashes[position])
    return pa.table(
        {
            "cluster_id": pa.array(ids, pa.int32()),
            "name": [name for name, _ in cluster_names],
            "typical": [typical[number] for number in range(len(centres))],
            "terms": pa.array([terms for _, terms in cluster_names], pa.list_(pa.string())),
            "fitted_inputs": pa.array(np.bincount(nearest, minlength=len(centres))),
            "centroid": embed.as_lists(centres),
        }
    )


def _assign(store: Store, run: Run) -> int:
    """Assigns inputs that have a vector and no cluster; returns how many."""
    with store.read() as con:
        known = con.sql(sql("cluster/clusters_centroids")).to_arrow_table()
        names, centres = embed.from_lists(known)
        ids = [int(name) for name in names]
        fresh = con.sql(sql("cluster/unassigned")).to_arrow_reader(_AT_ONCE)
        parts = [_nearest(batch, ids, centres) for batch in fresh if len(batch)]
    if not parts:
        return 0
    members = pa.concat_tables(parts).sort_by("input_hash")
    with store.write() as con:
        _add_members(con, members)
    run.changed = True
    return len(members)


def _nearest(batch: pa.RecordBatch, ids: Sequence[int], centres: NDArray[np.float32]) -> pa.Table:
    """Returns the memberships of some inputs."""
    hashes = batch["input_hash"].to_pylist()
    return _members(hashes, ids, *clustering.assign(embed.matrix(batch["vector"]), centres))


def _members(
    hashes: Sequence[str],
    ids: Sequence[int],
    nearest: NDArray[np.int64],
    cosine: NDArray[np.float64],
) -> pa.Table:
    return pa.table(
        {
            "input_hash": pa.array(hashes, pa.string()),
            "cluster_id": pa.array([ids[n] for n in nearest.tolist()], pa.int32()),
            "similarity": pa.array(cosine),
        }
    )


def _add_members(con: duckdb.DuckDBPyConnection, members: pa.Table) -> None:
    con.register("found", members)
    con.execute(sql("cluster/members_add"))
    con.unregister("found")


def names(
    texts: Sequence[str], groups: NDArray[np.int64], count: int
) -> list[tuple[str, list[str]]]:
    """Returns a name and its terms for each group: the words that set it apart from the rest.

    A word counts once per text, and weighs its share in the group times the logarithm of how much
    more frequent it is there than in the rest, which leaves out what everybody says.

    Args:
        texts: normalised texts.
        groups: group of each text, 0 to count - 1.
        count: how many groups there are.
    """
    inside: list[Counter[str]] = [Counter() for _ in range(count)]
    sizes = [0] * count
    for text, group in zip(texts, groups.tolist(), strict=True):
        inside[group].update({w for w in words(text) if _WORD.fullmatch(w)})
        sizes[group] += 1
    everywhere: Counter[str] = sum(inside, Counter())
    cluster_names: list[tuple[str, list[str]]] = []
    words_used: set[str] = set()
    for counts, size in zip(inside, sizes, strict=True):
        rest = len(texts) - size

        def weight(word: str, counts: Counter[str] = counts, size: int = size) -> float:
            here = (counts[word] + 0.5) / (size + 1)
            there = (everywhere[word] - counts[word] + 0.5) / (len(texts) - size + 1)
            return here * math.log(here / there)

        ranking = sorted(counts, key=lambda w: (-round(weight(w), 9), w))
        if not rest:
            ranking = sorted(counts, key=lambda w: (-counts[w], w))
        terms = _distinct(ranking, words_used)
        words_used.add(", ".join(terms))
        cluster_names.append((", ".join(terms) or "no words", terms))
    return cluster_names


def _distinct(ranking: Sequence[str], words_used: set[str]) -> list[str]:
    """Returns the first terms, and as many more as make a name that nobody has."""
    terms: list[str] = []
    for word in ranking:
        # "refunds" after "refund" says nothing new.
        if any(word.rstrip("s") == term.rstrip("s") for term in terms):
            continue
        terms.append(word)
        if len(terms) >= _TERMS and ", ".join(terms) not in words_used:
            break
    return terms


def fitted(con: duckdb.DuckDBPyConnection) -> bool:
    """Returns whether there are clusters."""
    return bool(con.execute(sql("cluster/clusters_centroids")).fetchall())


def overview(today: Today) -> list[ClusterRow]:
    """Returns the clusters, the largest in production first."""
    return [ClusterRow(*row) for row in today.con.execute(sql("cluster/overview")).fetchall()]


def alarms(today: Today) -> list[Alarm]:
    """Returns the reasons that silence a whole cluster."""
    return [Alarm(*row) for row in today.con.execute(sql("cluster/silenced")).fetchall()]

"""`curate embed`: a vector for each distinct input, computed once and kept.

The cache is keyed by the hash of the normalised input; one encoder counts for the whole project,
and vectors of another one are replaced only by `--rebuild`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate import inputs
from curate.embed import encoders
from curate.embed.encoders import Encoder
from curate.errors import ConfigError
from curate.progress import Progress
from curate.store import Run, Store, sql

CHUNK_INPUTS = 1_024
"""Vectors that a kill may lose; some seconds of work."""


@dataclass(frozen=True)
class EmbedResult:
    """What the stage did.

    Attributes:
        encoder: name of the encoder in force.
        inputs: distinct inputs of the project.
        new: inputs that got a vector now.
        truncated: inputs of which the encoder reads only the beginning.
        seconds: time spent encoding.
    """

    encoder: str
    inputs: int
    new: int
    truncated: int
    seconds: float

    @property
    def rate(self) -> float:
        """Returns inputs per second."""
        return self.new / self.seconds if self.seconds else 0.0


def embed(
    store: Store,
    *,
    encoder: str = encoders.DEFAULT,
    rebuild: bool = False,
    load: Callable[[str], Encoder] = encoders.load,
    progress: Progress = lambda items, _: items,
) -> EmbedResult:
    """Embeds the inputs that have no vector yet.

    Args:
        store: the project's store.
        encoder: `minilm`, a folder with a sentence-transformers model, or a name on the hub.
        rebuild: replaces the vectors of another encoder, and all evidence that rests on them.
        load: makes an encoder from its name.
        progress: called with (items, label) around the work.

    Raises:
        ConfigError: the project's vectors are another encoder's and `rebuild` is not set.
        MissingExtra, StoreError, RemoteUnavailable: the encoder cannot be loaded.
    """
    with store.run("embed", {"encoder": encoder, "rebuild": rebuild}) as run:
        inputs.refresh(store, run)
        with store.read() as con:
            todo = missing(con)
            stored_settings = store.setting(con, "embed")
        other = bool(stored_settings) and stored_settings["encoder"] != encoder
        if other and not rebuild:
            raise ConfigError(
                f"this project's vectors are those of {stored_settings['encoder']!r}, not of "
                f"{encoder!r}. Next: curate embed --rebuild, or encoder = "
                f'"{stored_settings["encoder"]}" under [embed]'
            )
        seconds, new = 0.0, todo.num_rows
        if new or rebuild or not stored_settings:
            loaded = load(encoder)
            todo = _take_over(store, run, loaded, stored_settings, rebuild=rebuild)
            start = time.monotonic()
            new = _encode(store, run, loaded, todo, progress)
            seconds = time.monotonic() - start
        with store.read() as con:
            total, truncated = con.execute(sql("embed/counts")).fetchall()[0]
        run.counts = {"inputs": total, "new": new, "truncated": truncated}
    return EmbedResult(encoder, total, new, truncated, seconds)


def _take_over(
    store: Store, run: Run, loaded: Encoder, stored_settings: dict[str, Any], *, rebuild: bool
) -> Any:
    """Makes an encoder the one in force, and returns the inputs that have no vector of it."""
    settings = {"encoder": loaded.name, "digest": loaded.digest}
    is_another = bool(stored_settings) and stored_settings["digest"] != loaded.digest
    if not rebuild:
        refuse_other(loaded, stored_settings)
    with store.write() as con:
        if is_another:
            forget(con)
            store.set_setting(con, "semantic_pairs", {})
        run.changed |= store.set_setting(con, "embed", settings)
        return missing(con)


def missing(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Returns the inputs that have no vector: input_hash and text, the longest first."""
    return con.sql(sql("embed/missing")).to_arrow_table()


def refuse_other(loaded: Encoder, stored_settings: dict[str, Any]) -> None:
    """Refuses an encoder that is not the one in force.

    Raises:
        ConfigError: its files are not those that made this project's vectors.
    """
    if stored_settings and stored_settings["digest"] != loaded.digest:
        raise ConfigError(
            f"the files of {loaded.name!r} are not those that made this project's vectors. "
            "Next: curate embed --rebuild"
        )


def forget(con: duckdb.DuckDBPyConnection) -> None:
    """Removes all vectors, and the pairs, suspicions, edge cases and signals that rest on them.

    Clusters stay until the next `curate cluster`, which finds them anew and hands their ids on.
    """
    con.execute(sql("embed/forget"))


def _encode(store: Store, run: Run, loaded: Encoder, todo: Any, progress: Progress) -> int:
    if not todo.num_rows:
        return 0
    rows = list(zip(todo["input_hash"].to_pylist(), todo["text"].to_pylist(), strict=True))
    for hashes, texts, vectors in encoded(loaded, rows, progress, "embedding inputs"):
        fresh = pa.table(
            {
                "input_hash": pa.array(hashes, pa.string()),
                "vector": as_lists(vectors),
                "truncated": pa.array(loaded.truncates(texts), pa.bool_()),
            }
        )
        with store.write() as con:
            con.register("fresh", fresh)
            con.execute(sql("embed/add"))
            con.unregister("fresh")
        run.changed = True
    return len(rows)


def encoded(
    loaded: Encoder, rows: Sequence[tuple[str, str]], progress: Progress, label: str
) -> Iterator[tuple[list[str], list[str], NDArray[np.float32]]]:
    """Yields hashes, texts and vectors of (hash, text) rows, as many at once as a kill may lose.

    The longest texts should come first: what is said of the time left is then no promise that gets
    broken.
    """
    queue = iter(progress(rows, label))
    while chunk := list(islice(queue, CHUNK_INPUTS)):
        texts = [text for _, text in chunk]
        yield [name for name, _ in chunk], texts, loaded.encode(texts)


def as_lists(matrix: NDArray[Any]) -> Any:
    """Returns a matrix (n, width) as an Arrow column of n lists."""
    starts = pa.array(np.arange(len(matrix) + 1) * matrix.shape[1], pa.int32())
    return pa.ListArray.from_arrays(starts, pa.array(np.ascontiguousarray(matrix).ravel()))


def vectors(con: duckdb.DuckDBPyConnection) -> tuple[list[str], NDArray[np.float32]]:
    """Returns all input hashes in order, and their unit vectors, float32 (n, dim)."""
    return from_lists(con.sql(sql("embed/vectors")).to_arrow_table())


def from_lists(table: Any) -> tuple[list[str], NDArray[np.float32]]:
    """Returns the input hashes and the vectors, float32 (n, dim), of an Arrow table of both."""
    hashes = table["input_hash"].to_pylist()
    if not hashes:
        return [], np.zeros((0, 0), np.float32)
    flat = table["vector"].combine_chunks().flatten().to_numpy()
    return hashes, flat.reshape(len(hashes), -1)

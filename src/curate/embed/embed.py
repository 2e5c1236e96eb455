"""`curate embed`: a vector for each distinct input, computed once and kept.

The cache is keyed by the hash of the normalised input; one encoder counts for the whole project,
and vectors of another one are replaced only by `--rebuild`. `auto` is settled by the inputs that
are there at the first `embed`, and then stays what it was.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.embed import encoders, sentence_models
from curate.embed.encoder import Encoder
from curate.embed.encoders import EncoderChoice
from curate.embed.languages import survey
from curate.embed.windows import means
from curate.errors import ConfigError
from curate.inputs import inputs
from curate.options import AUTO, EmbedSettings
from curate.progress import Progress
from curate.store import Run, Store, sql
from curate.text.notebook import Shown

CHUNK_WINDOWS = 1_024
"""Windows that are encoded together."""


WRITE_SECONDS = 5.0
"""What a kill may lose: vectors are stored after so long, where they are not many before."""


_WRITE_BYTES = 32 * 2**20


@dataclass(frozen=True)
class EmbedResult(Shown):
    """What the stage did.

    Attributes:
        encoder: name of the encoder in force.
        inputs: distinct inputs of the project.
        new: inputs that got a vector now.
        windowed: inputs longer than the encoder reads at once: their vectors are means.
        seconds: time spent encoding.
        chosen: what `auto` was settled on now; None where nothing was chosen.
        unread: new inputs in languages that the encoder was not made for, by language or script.
    """

    encoder: str
    inputs: int
    new: int
    windowed: int
    seconds: float
    chosen: EncoderChoice | None = None
    unread: dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Returns inputs per second."""
        return self.new / self.seconds if self.seconds else 0.0


Chunk = tuple[list[str], list[int], "NDArray[np.float32]"]


def embed(
    store: Store,
    *,
    encoder: str = EmbedSettings.encoder,
    rebuild: bool = False,
    load: Callable[[str], Encoder] = encoders.load,
    progress: Progress = lambda items, _: items,
) -> EmbedResult:
    """Embeds the inputs that have no vector yet.

    Args:
        store: the project's store.
        encoder: a packaged one, a folder with a sentence-transformers model, `owner/name@revision`
            on the hub, or `auto`: the one in force, and at first the one that reads the inputs.
        rebuild: replaces the vectors of another encoder, and all evidence that rests on them;
            `auto` then chooses again.
        load: makes an encoder from its name.
        progress: called with (items, label) around the work.

    Raises:
        ConfigError: the project's vectors are another encoder's and `rebuild` is not set, or a
            model on the hub is named without its revision.
        MissingExtra, StoreError, RemoteUnavailable: the encoder cannot be loaded.
    """
    with store.run("embed", {"encoder": encoder, "rebuild": rebuild}) as run:
        inputs.refresh(store, run)
        with store.read() as con:
            todo, stored_settings = missing(con), store.setting(con, "embed")
            name, chosen = _settled(con, encoder, stored_settings, rebuild=rebuild)
        seconds, new, unread = 0.0, todo.num_rows, {}
        if name and (new or rebuild or not stored_settings):
            loaded = load(name)
            if _take_over(store, run, loaded, stored_settings, rebuild=rebuild):
                with store.read() as con:
                    todo = missing(con)
            start = time.monotonic()
            new = _encode(store, run, loaded, todo, progress)
            seconds = time.monotonic() - start
            name, unread = loaded.name, encoders.unread(loaded.name, survey_of(todo))
        with store.read() as con:
            total, windowed = count(con)
        run.counts = {"inputs": total, "new": new, "windowed": windowed}
    return EmbedResult(name or AUTO, total, new, windowed, seconds, chosen, unread)


def survey_of(texts: pa.Table) -> dict[str, int]:
    """Returns how many rows of a table with a column `text` each language or script has."""
    return survey(texts["text"].to_pylist())


def _settled(
    con: duckdb.DuckDBPyConnection, name: str, stored: dict[str, Any], *, rebuild: bool
) -> tuple[str, EncoderChoice | None]:
    """Returns the encoder to use, empty where nothing tells yet, and the choice made for `auto`.

    Raises:
        ConfigError: the vectors are another encoder's, or no revision is named.
    """
    if name == AUTO and stored and not rebuild:
        return stored["encoder"], None
    if name == AUTO:
        texts = inputs.texts(con)["text"].to_pylist()
        # An empty project says nothing about what will be pulled into it.
        chosen = encoders.choose(texts) if texts else None
        return (chosen.encoder if chosen else stored.get("encoder", "")), chosen
    if stored and stored["encoder"] != name and not rebuild:
        before = stored["encoder"]
        raise ConfigError(
            f"this project's vectors are those of {before!r}, not of {name!r}. Next: curate embed "
            f'--rebuild --encoder {name}, or encoder = "{before}" under [embed]'
        )
    if not stored or rebuild:
        # Vectors that are there already are held to their files by the digest.
        sentence_models.refuse_unpinned(name)
    return name, None


def _take_over(
    store: Store, run: Run, loaded: Encoder, stored_settings: dict[str, Any], *, rebuild: bool
) -> bool:
    """Makes an encoder the one in force; returns whether the vectors of another one went."""
    settings = {"encoder": loaded.name, "digest": loaded.digest}
    is_another = bool(stored_settings) and stored_settings["digest"] != loaded.digest
    if not rebuild:
        refuse_other(loaded, stored_settings)
    with store.write() as con:
        if is_another:
            forget(con)
            store.set_setting(con, "semantic_pairs", {})
        run.changed |= store.set_setting(con, "embed", settings)
    return is_another


def missing(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Returns the inputs that have no vector: input_hash and text, the longest first."""
    return con.sql(sql("embed/missing")).to_arrow_table()


def count(con: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """Returns how many inputs have a vector, and how many of these are windowed."""
    total, windowed = con.execute(sql("embed/counts")).fetchall()[0]
    return total, windowed


def count_missing(con: duckdb.DuckDBPyConnection) -> int:
    """Returns how many inputs have no vector."""
    return int(con.execute(sql("embed/missing_count")).fetchall()[0][0])


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
    """Removes all vectors, and the pairs, map, suspicions and signals that rest on them.

    Clusters stay until the next `curate cluster`, which finds them anew and hands their ids on.
    """
    con.execute(sql("embed/forget"))


def _encode(store: Store, run: Run, loaded: Encoder, todo: Any, progress: Progress) -> int:
    rows = list(zip(todo["input_hash"].to_pylist(), todo["text"].to_pylist(), strict=True))
    chunks = encoded(loaded, rows, progress, "inputs", cut=loaded.windows)
    for fresh in in_portions(map(_table, chunks)):
        with store.write() as con:
            con.register("fresh", fresh)
            con.execute(sql("embed/add"))
            con.unregister("fresh")
        run.changed = True
    return len(rows)


def _table(chunk: Chunk) -> pa.Table:
    hashes, windows, vectors = chunk
    return pa.table(
        {
            "input_hash": pa.array(hashes, pa.string()),
            "vector": as_lists(vectors),
            "windowed": pa.array([count > 1 for count in windows], pa.bool_()),
        }
    )


def in_portions(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yields tables one after the other, as many together as are worth a transaction.

    A transaction takes as long as a fast encoder does for thousands of texts.
    """
    waiting: list[pa.Table] = []
    since = time.monotonic()
    for table in tables:
        waiting.append(table)
        is_late = time.monotonic() - since >= WRITE_SECONDS
        if is_late or sum(part.nbytes for part in waiting) >= _WRITE_BYTES:
            yield pa.concat_tables(waiting)
            waiting, since = [], time.monotonic()
    if waiting:
        yield pa.concat_tables(waiting)


def encoded(
    loaded: Encoder,
    rows: Sequence[tuple[str, str]],
    progress: Progress,
    label: str,
    *,
    cut: Callable[[str], list[str]],
) -> Iterator[Chunk]:
    """Yields hashes, numbers of windows and vectors, as many at once as are encoded together.

    The longest texts should come first: what is said of the time left is then no promise that gets
    broken.

    Args:
        loaded: the encoder.
        rows: hash and text.
        progress: called with (items, label) around the work.
        label: of the work.
        cut: cuts a text into what of it is encoded.
    """
    hashes: list[str] = []
    windows: list[str] = []
    counts: list[int] = []
    # A row counts once it is encoded, not when it is waiting for the others of its chunk.
    done = iter(progress(rows, label))
    next(done, None)
    for name, text in rows:
        parts = cut(text)
        if hashes and len(windows) + len(parts) > CHUNK_WINDOWS:
            yield hashes, counts, means(loaded.encode(windows), counts)
            deque(islice(done, len(hashes)), maxlen=0)
            hashes, windows, counts = [], [], []
        hashes.append(name)
        windows += parts
        counts.append(len(parts))
    if hashes:
        yield hashes, counts, means(loaded.encode(windows), counts)
    deque(done, maxlen=0)


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
    return hashes, matrix(table["vector"].combine_chunks())


def matrix(lists: pa.ListArray) -> NDArray[np.float32]:
    """Returns some lists of one length as a matrix, float32 (n, dim)."""
    flat: NDArray[np.float32] = lists.flatten().to_numpy()
    return flat.reshape(len(lists), -1)

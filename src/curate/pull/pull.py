"""`curate pull`: documents of files become interactions or feedback, or are listed as rejects.

Documents are staged chunk by chunk and merged in one transaction, so that a killed pull goes on
where it was and a reader never sees half of one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from curate.errors import ConfigError, unknown_name
from curate.files import buckets
from curate.files.conditions import Condition
from curate.files.files import PullFiles, find_files
from curate.progress import Progress, silent
from curate.pull.dialects import is_database
from curate.pull.from_database import pull_table
from curate.pull.from_files import FilePull
from curate.pull.from_platform import pull_platform
from curate.pull.known_sources import (
    as_before,
    default_source,
    known_mapping,
    refuse_other_kind,
)
from curate.pull.mapping import FieldMap, extended
from curate.pull.options import PullOptions, PullResult
from curate.pull.raters import RATERS, rater_type
from curate.pull.reading import choose_reading
from curate.sources.platforms import platform_of
from curate.store import Store, sql


def pull(
    store: Store,
    locations: Sequence[str],
    *,
    options: PullOptions,
    on_mapping: Callable[[FieldMap], None] = lambda _: None,
    progress: Progress = silent,
) -> PullResult:
    """Reads files, globs and folders, a table of a database or a log platform.

    Returns what changed.

    Raises:
        SourceError: a location does not exist or cannot be read.
        TransportError: a bucket said no.
        RemoteUnavailable: a bucket, a database or a platform does not answer.
        ConfigError: an option names a column, format or scale that does not exist.
    """
    if rater_type(options.rater) is None:
        raise ConfigError(f"--rater: {unknown_name('rater type', options.rater, RATERS)}")
    if any(is_database(location, options.database.cursor) for location in locations):
        _refuse_of_files(options)
        return pull_table(
            store, locations, options=options, on_mapping=on_mapping, progress=progress
        )
    if any(map(platform_of, locations)):
        return pull_platform(
            store, locations, options=options, on_mapping=on_mapping, progress=progress
        )
    _refuse_reading(options)
    found = find_files(
        locations,
        file_format=options.file_format,
        table=options.table,
        query=options.query,
        encoding=options.encoding,
        max_document=options.max_document,
    )
    condition = Condition(options.where) if options.where else None
    files = PullFiles(found, store.folder, options.file_format, progress, condition)
    settings = {
        "locations": [buckets.address(n).shown if buckets.is_url(n) else n for n in locations]
    }
    with store.run("pull", settings) as run, files:
        with store.read() as con:
            source = options.source or default_source(con, options)
            if options.heldout and con.execute(sql("pull/logs_in"), {"source": source}).fetchall():
                raise ConfigError(
                    f"source {source!r} holds logs, and an evaluation set is a source of its own. "
                    "Next: leave --source away, or give another name"
                )
            options = as_before(con, source, options)
            declared, before = known_mapping(con, source, options.declared)
        reading = choose_reading(store, source, files, options, declared, before)
        with store.read() as con:
            refuse_other_kind(con, source, reading.mapping)
        on_mapping(reading.mapping)
        under_way = FilePull(store, run, source, declared, reading, files, options, progress)
        if under_way.stage():
            more = extended(reading.mapping, under_way.late)
            if more != reading.mapping:
                # A column that nobody had used in the sample: a first rating after months of logs.
                on_mapping(more)
                reading = replace(reading, mapping=more)
                under_way = FilePull(
                    store, run, source, declared, reading, files, options, progress
                )
                under_way.stage()
        return under_way.finish()


def _refuse_of_files(options: PullOptions) -> None:
    """Refuses options that mean nothing for a table of a database."""
    for name, value in (("where", options.where), ("encoding", options.encoding)):
        if value:
            raise ConfigError(f"--{name} goes with files; of a database, choose rows with --query")


def _refuse_reading(options: PullOptions) -> None:
    """Refuses options that mean nothing for files."""
    options_typed = [
        f"--{name}"
        for name in ("cursor", "key", "lag", "rescan", "since", "reconcile")
        if getattr(options.database, name)
    ]
    if options_typed:
        raise ConfigError(
            f"{', '.join(options_typed)} goes with a database or a log platform: curate pull "
            "postgresql://... (of "
            "files, --key goes with --as feedback, and the id of calls is --map id=COLUMN)"
        )

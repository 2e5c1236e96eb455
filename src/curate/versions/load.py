"""A version as `datasets` has it: read from its folder, without a network, and without a copy."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from curate.errors import ConfigError, MissingExtra, StoreError, unknown_name
from curate.store import Store
from curate.versions import folder
from curate.versions.versions import find

if TYPE_CHECKING:
    from datasets import DatasetDict


def load(store: Store, text: str, *, file_format: str | None = None) -> DatasetDict:
    """Returns the splits of a version, with the columns that its card declares.

    They are held in memory: production data is not copied into a cache outside the project.

    Args:
        store: the project's store.
        text: `NAME` (the latest) or `NAME@N`.
        file_format: of a version with several formats; None is the first of them.

    Raises:
        ConfigError: there is no such version, or it has no such format.
        StoreError: its folder is not there.
        MissingExtra: `datasets` is not installed.
    """
    folder.recover(store)
    version = find(store, text)
    if file_format not in (None, *version.formats):
        raise ConfigError(unknown_name("format", str(file_format), version.formats))
    if not (version.folder / "README.md").is_file():
        raise StoreError(
            f"{version.folder} is damaged or gone. Next: curate verify {version.label}"
        )
    try:
        import datasets
    except ImportError as error:
        raise MissingExtra(
            "datasets is not installed. Next: pip install 'curate-workbench[notebook]'"
        ) from error
    config = file_format if len(version.formats) > 1 else None
    quiet = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        with TemporaryDirectory() as cache:
            loaded = datasets.load_dataset(
                str(version.folder), config, cache_dir=cache, keep_in_memory=True
            )
    finally:
        if not quiet:
            datasets.enable_progress_bars()
    return loaded

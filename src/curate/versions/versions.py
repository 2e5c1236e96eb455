"""`curate versions`, `verify` and `diff`: what was exported, whether it is intact, what moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from curate.errors import ConfigError, unknown_name
from curate.store import Store, sql
from curate.text.notebook import Shown


@dataclass(frozen=True)
class Version(Shown):
    """One exported version."""

    name: str
    version: int
    content_id: str
    test_id: str
    formats: tuple[str, ...]
    train: int
    test: int
    pending: int
    exported_at: datetime
    folder: Path

    @property
    def label(self) -> str:
        """Returns `NAME@N`."""
        return f"{self.name}@{self.version}"


def versions(store: Store) -> list[Version]:
    """Returns all versions, by name, oldest first."""
    with store.read() as con:
        rows = con.execute(sql("versions/all")).fetchall()
    return [
        Version(
            name,
            number,
            content_id,
            test_id,
            tuple(used),
            train,
            test,
            pending,
            at,
            store.folder / "datasets" / name / f"v{number}",
        )
        for name, number, content_id, test_id, used, train, test, pending, at in rows
    ]


def find(store: Store, text: str) -> Version:
    """Returns the version that `NAME` (the latest) or `NAME@N` stands for.

    Raises:
        ConfigError: there is no such version.
    """
    all_versions = versions(store)
    name, at, number = text.partition("@")
    of_name = [v for v in all_versions if v.name == name]
    if not of_name:
        names = {v.name for v in all_versions}
        hint = "" if names else " Next: curate export NAME"
        raise ConfigError(unknown_name("dataset", name, names) + hint)
    if not at:
        return of_name[-1]
    matches = [v for v in of_name if str(v.version) == number.removeprefix("v")]
    if not matches:
        raise ConfigError(unknown_name("version", text, [v.label for v in of_name]))
    return matches[0]

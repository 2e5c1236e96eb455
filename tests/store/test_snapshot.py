"""The snapshot: when it is current, who reads it, and what is read where it cannot be used."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from curate.store import Store
from curate.store.snapshot import Snapshot


def _fill(store: Store, name: str) -> None:
    with store.run("filling") as run, store.write() as con:
        run.changed = store.set_setting(con, name, {"is": "there"})


def _files_read(store: Store) -> list[str]:
    """Returns the name of the file that `read` opens."""
    with store.read() as con:
        rows = con.execute("SELECT path FROM duckdb_databases() WHERE database_name = 'curate'")
        return [Path(row[0]).name for row in rows.fetchall()]


SNAPSHOT, DATABASE = ["curate.snapshot.duckdb"], ["curate.duckdb"]


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with one setting."""
    _fill(store, "first")
    return store


def test_a_fresh_project_has_a_current_snapshot(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.create()
    assert Snapshot(store.path).is_current()
    assert _files_read(store) == SNAPSHOT


def test_after_every_finished_command_the_snapshot_is_read(filled: Store) -> None:
    assert _files_read(filled) == SNAPSHOT
    with filled.read() as con:
        assert filled.setting(con, "first") == {"is": "there"}
    before = filled.snapshot.stat().st_mtime_ns
    with filled.run("changing nothing"):
        pass
    assert _files_read(filled) == SNAPSHOT
    assert filled.snapshot.stat().st_mtime_ns == before


def test_a_command_that_writes_reads_the_database(filled: Store) -> None:
    with filled.run("writing"):
        assert _files_read(filled) == DATABASE


def test_a_command_that_failed_leaves_the_database_to_be_read(filled: Store) -> None:
    with pytest.raises(RuntimeError), filled.run("failing"):
        with filled.write() as con:
            filled.set_setting(con, "second", {"is": "there too"})
        raise RuntimeError
    assert _files_read(filled) == DATABASE
    with filled.read() as con:
        assert filled.setting(con, "second") == {"is": "there too"}
    with filled.run("changing nothing"):
        pass
    assert _files_read(filled) == SNAPSHOT
    with filled.read() as con:
        assert filled.setting(con, "second") == {"is": "there too"}


def _write_by_hand(store: Store) -> None:
    with duckdb.connect(str(store.path)) as con:
        con.execute("INSERT INTO settings VALUES ('by hand', '{}')")


def _remove(store: Store) -> None:
    store.snapshot.unlink()


def _leave_a_log(store: Store) -> None:
    store.path.with_name("curate.duckdb.wal").touch()


def _remove_note(store: Store) -> None:
    store.snapshot.with_suffix(".json").unlink()


def _damage_note(store: Store) -> None:
    store.snapshot.with_suffix(".json").write_text('["no", "object"]')


def _touch_snapshot(store: Store) -> None:
    os.utime(store.snapshot)


def _restore(store: Store) -> None:
    body = store.path.read_bytes()
    store.path.unlink()
    store.path.write_bytes(body)


@pytest.mark.parametrize(
    "change",
    [_write_by_hand, _remove, _leave_a_log, _remove_note, _damage_note, _touch_snapshot, _restore],
)
def test_what_is_not_known_to_be_current_is_not_read(
    filled: Store, change: Callable[[Store], None]
) -> None:
    change(filled)
    assert not Snapshot(filled.path).is_current()
    assert _files_read(filled) == DATABASE
    with filled.run("changing nothing"):
        pass
    assert _files_read(filled) == SNAPSHOT


def _keep_times(path: Path, change: Callable[[], Any]) -> None:
    before = path.stat()
    change()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_damaged_snapshot_is_not_read(filled: Store) -> None:
    size = filled.snapshot.stat().st_size
    _keep_times(filled.snapshot, lambda: filled.snapshot.write_bytes(bytes(size)))
    assert Snapshot(filled.path).is_current()
    assert _files_read(filled) == DATABASE


def test_a_snapshot_that_lacks_a_migration_is_not_read(filled: Store) -> None:
    def forget() -> None:
        with duckdb.connect(str(filled.snapshot)) as con:
            con.execute("DELETE FROM _migrations WHERE name = (SELECT max(name) FROM _migrations)")

    forget()
    # As a program that came with another migration would find it.
    Snapshot(filled.path).confirm("filling", datetime(2026, 1, 1))
    assert Snapshot(filled.path).is_current()
    assert _files_read(filled) == DATABASE


def test_a_copy_of_the_folder_that_keeps_times_has_a_current_snapshot(
    filled: Store, tmp_path: Path
) -> None:
    copy = Store(shutil.copytree(filled.folder, tmp_path / "copy"))
    assert _files_read(copy) == SNAPSHOT


def test_the_state_says_which_command_was_the_last(filled: Store) -> None:
    assert Snapshot(filled.path).state().startswith("the state after curate filling, finished 20")
    _remove_note(filled)
    state = Snapshot(filled.path).state()
    assert state.startswith("the state of 20") and state.endswith(" UTC")


def test_a_kill_before_the_note_leaves_the_snapshot_to_the_next_command(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class _KilledError(Exception):
        pass

    def die(*_: Any) -> None:
        raise _KilledError

    with monkeypatch.context() as patch:
        patch.setattr(Snapshot, "publish", die)
        with pytest.raises(_KilledError):
            _fill(filled, "second")
    assert _files_read(filled) == DATABASE
    with filled.run("changing nothing"):
        pass
    assert _files_read(filled) == SNAPSHOT
    with filled.read() as con:
        assert filled.setting(con, "second") == {"is": "there"}

"""Chunks that wait: whole or not there, gone on after, and cleared by every other pull."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from curate.pull.staged_files import FOLDER, StagedFiles, detach

SCHEMAS = {
    "interactions": pa.schema({"line": pa.int64()}),
    "rejects": pa.schema({"why": pa.string()}),
}


def rows(*lines: int) -> dict[str, pa.Table]:
    return {"interactions": pa.table({"line": list(lines)}, schema=SCHEMAS["interactions"])}


def staged(folder: Path, pull: str = "one") -> StagedFiles:
    return StagedFiles(folder, pull, SCHEMAS)


def lines(chunks: StagedFiles) -> list[int]:
    with duckdb.connect() as con:
        con.execute("CREATE TABLE staging_interactions (line BIGINT)")
        chunks.attach(con)
        found = con.execute("SELECT line FROM staging_interactions ORDER BY line").fetchall()
        assert con.execute("SELECT count(*) FROM staging_rejects").fetchall() == [(0,)]
        detach(con, list(SCHEMAS))
        assert con.execute("SELECT count(*) FROM staging_interactions").fetchall() == [(0,)]
    return [line for (line,) in found]


def test_chunks_stand_for_the_tables(tmp_path: Path) -> None:
    tmp_path /= "[a] *'b"  # a path is no pattern
    chunks = staged(tmp_path)
    assert chunks.begin(resumable=True) == (-1, -1)
    assert lines(chunks) == []
    for number in range(12):
        chunks.add(rows(number), (number // 10, number))
    assert staged(tmp_path).begin(resumable=True) == (1, 11)
    assert lines(chunks) == list(range(12))
    chunks.clear()
    assert not (tmp_path / FOLDER).exists()


def test_another_pull_clears_what_one_has_left(tmp_path: Path) -> None:
    staged(tmp_path).add(rows(1), (0, 1))
    assert staged(tmp_path, "two").begin(resumable=True) == (-1, -1)
    assert staged(tmp_path).begin(resumable=True) == (-1, -1)
    staged(tmp_path).add(rows(1), (0, 1))
    assert staged(tmp_path).begin(resumable=False) == (-1, -1)


def test_a_chunk_that_was_not_finished_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = staged(tmp_path)
    chunks.add(rows(1), (0, 1))

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", dies)
        with pytest.raises(KeyboardInterrupt):
            chunks.add(rows(2), (0, 2))
    assert staged(tmp_path).begin(resumable=True) == (0, 1)
    staged(tmp_path).add(rows(3), (0, 3))
    assert lines(staged(tmp_path)) == [1, 3]


def test_a_file_without_an_end_has_all_read_again(tmp_path: Path) -> None:
    chunks = staged(tmp_path)
    chunks.add(rows(1), (0, 1))
    (file,) = tmp_path.rglob("*.parquet")
    file.write_bytes(file.read_bytes()[:-9])
    assert chunks.begin(resumable=True) == (-1, -1) and lines(chunks) == []

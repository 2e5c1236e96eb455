"""What `doctor` looks at, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import orjson
from click.testing import CliRunner, Result

from curate.doctor import PACKAGES
from curate.project import Project
from program import Program


def doctor(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(folder), "doctor", *arguments])  # type: ignore[arg-type]


def test_a_project_in_order(tmp_path: Path) -> None:
    Project.init(tmp_path)
    result = doctor(tmp_path)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "FAIL" not in result.stdout
    assert "runs so far: 1" in result.stdout
    checks = {c["name"]: c for c in orjson.loads(doctor(tmp_path, "--json").stdout)}
    assert set(PACKAGES) <= set(checks)
    assert all(c["ok"] for c in checks.values())
    assert checks["curate.toml"]["seen"] == "task sft"


def test_without_a_project(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        result = doctor(folder)
        assert (result.exit_code, result.stderr) == (1, "")
        assert "FAIL  project" in result.stdout
        assert "Next: curate init" in result.stdout
        failed = [c["name"] for c in orjson.loads(doctor(folder, "--json").stdout) if not c["ok"]]
        assert failed == ["project"]


def test_a_damaged_store(tmp_path: Path) -> None:
    Project.init(tmp_path)
    (tmp_path / "curate.duckdb").write_bytes(b"not a database at all")
    result = doctor(tmp_path)
    assert (result.exit_code, result.stderr) == (1, "")
    assert "FAIL  store" in result.stdout


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    Project.init(tmp_path)
    (tmp_path / "curate.toml").write_text("[project]\ntask = 'sftt'\n", encoding="utf-8")
    result = doctor(tmp_path)
    assert result.exit_code in (1, 2)
    assert "Did you mean 'sft'" in result.output

"""A project for each test, and the folder where its logs lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulled import Workbench


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    """An empty project; commands run in the folder that holds the logs."""
    return Workbench(tmp_path / "p", tmp_path)

"""The `curate` command as click's CliRunner can call it: with its own errors and exit codes."""

from __future__ import annotations

from typing import Any

from curate.cli import main


class Program:
    name = "curate"

    def main(self, args: Any = None, **_: Any) -> None:
        main(list(args))

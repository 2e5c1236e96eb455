"""`python -m curate`."""

from __future__ import annotations

from curate.cli import main

main()

"""The project's secret, which makes hashes of user ids useless elsewhere."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def salt(folder: Path) -> bytes:
    """Returns the key that user ids are hashed with: `CURATE_SALT`, or the project's own file.

    The file is made at first use, with mode 600.
    """
    if value := os.environ.get("CURATE_SALT"):
        return value.encode()
    path = folder / ".curate-salt"
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32), encoding="ascii")
        fresh.replace(path)
    return path.read_bytes()

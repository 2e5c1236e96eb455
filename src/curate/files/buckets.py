"""Files in buckets and behind other addresses: what a URL names, fetching, what an error means.

Everything goes through fsspec, which finds credentials where the provider's own programs do
(environment, profile, role). What is stored and printed has no user, password or parameters.
"""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from curate.errors import (
    ConfigError,
    CurateError,
    MissingExtra,
    RemoteUnavailable,
    SourceError,
    TransportError,
    unknown_name,
)
from curate.progress import Progress
from curate.text.text import digest

BLOCK_BYTES = 8 * 1024 * 1024
"""Of one request; S3 takes parts from 5 MiB on."""


PARTIAL = ".partial-"
"""How the names of folders begin that are not whole yet."""


_EXTRAS = {
    **dict.fromkeys(("s3", "s3a"), "'curate-workbench[s3]'"),
    **dict.fromkeys(("gs", "gcs"), "gcsfs"),
    **dict.fromkeys(("az", "abfs", "abfss", "adl"), "adlfs"),
    **dict.fromkeys(("sftp", "ssh"), "paramiko"),
    **dict.fromkeys(("http", "https"), "aiohttp"),
}
_BUCKETS = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl")
_WEB = ("http", "https")
_MODIFIED = ("lastmodified", "last_modified", "last-modified", "updated", "mtime", "modified")
# Names of classes, as the packages that define them may not be there.
_NO_CREDENTIALS = {
    "NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "ProfileNotFound",
    "TokenRetrievalError", "DefaultCredentialsError", "ClientAuthenticationError",
    "AuthenticationException",
}  # fmt: skip
_UNAVAILABLE = {
    "ConnectionError", "HTTPClientError", "ClientConnectionError", "ClientPayloadError",
    "ServiceRequestError", "TimeoutError", "gaierror", "SSHException", "TransportError",
}  # fmt: skip
_TRY_AGAIN = {
    errno.EIO, errno.EBUSY, errno.ETIMEDOUT, errno.ECONNREFUSED, errno.ECONNRESET,
    errno.EHOSTUNREACH, errno.ENETUNREACH,
}  # fmt: skip
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def is_url(location: str) -> bool:
    """Returns whether a location is an address and no local path (`file://` is an address)."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", location) is not None


def is_bucket(location: str) -> bool:
    """Returns whether a location is in an object store, which copies by itself."""
    return is_url(location) and _scheme(location) in _BUCKETS


def local_path(location: str) -> Path | None:
    """Returns the path that a location without a scheme, or with `file://`, stands for."""
    if not is_url(location):
        return Path(location)
    scheme, _, rest = location.partition("://")
    return Path(unquote(rest)) if scheme.lower() in ("file", "local") else None


@dataclass(frozen=True)
class Address:
    """Where something is.

    Args:
        url: what fsspec is given; it may hold a password.
        shown: what may be stored and printed.
        secrets: texts that no message may hold.
    """

    url: str = field(repr=False)
    shown: str
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def clean(self, text: str) -> str:
        """Returns a text without secrets."""
        text = text.replace(self.url, self.shown)
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text


def address(url: str) -> Address:
    """Returns the address that a URL stands for.

    Raises:
        ConfigError: it cannot be read without the danger of showing a part of a password, or it has
            a password where none is read.
    """
    scheme, _, rest = url.partition("://")
    scheme = scheme.lower()
    host, slash, path = rest.partition("/")
    user, at, host = host.rpartition("@")
    if not at and re.search(r":(?!\d*$)", re.sub(r"\[.*\]", "", host)):
        raise ConfigError(
            f"the {scheme}:// address cannot be read: in a password / @ : must be written as %2F "
            "%40 %3A. Next: leave the password out of it"
        )
    password = user.partition(":")[2]
    if password and scheme in _BUCKETS:
        raise ConfigError(
            f"{scheme}://{host}: keys in an address are not read. Next: take them out, and set "
            "them as the provider's own programs read them (AWS_ACCESS_KEY_ID, AWS_PROFILE, ...)"
        )
    if at and scheme.startswith("abfs"):
        host = f"{user}@{host}"  # the container, not a user
    query = urlsplit(url).query if scheme in _WEB else ""
    path = path.partition("?")[0] if query else path
    shown = f"{scheme}://{host}{slash}{path}" + (f"#query-{digest(query)[:8]}" if query else "")
    secrets = {password, unquote(password), query} - {""}
    return Address(url, shown, tuple(sorted(secrets, key=len, reverse=True)))


def from_toml(url: str, where: str) -> str:
    """Returns a URL that `curate.toml` names.

    Raises:
        ConfigError: it has a password, which has no place in such a file.
    """
    if address(url).secrets:
        raise ConfigError(
            f"{where} has a password, or a signature. Next: take it out (and change it); it can be "
            "given on the command line"
        )
    return url


@dataclass(frozen=True)
class Place:
    """An address that is open: its file system, and what that calls the path."""

    address: Address
    fs: Any = field(repr=False, compare=False)
    path: str = ""

    @property
    def shown(self) -> str:
        """What may be stored and printed."""
        return self.address.shown

    def beside(self, path: str) -> Place:
        """Returns another path of the same file system."""
        here, whole = self.path.rstrip("/"), self.shown.rstrip("/")
        prefix = whole[: -len(here)] if here and whole.endswith(here) else f"{_scheme(whole)}://"
        name = address(path).shown if is_url(path) else prefix + path
        return Place(Address(self.address.url, name, self.address.secrets), self.fs, path)


def _scheme(url: str) -> str:
    return url.partition("://")[0].lower()


def open_place(url: str) -> Place:
    """Opens a URL; most file systems ask nothing before they are used.

    Raises:
        MissingExtra: the package for this kind of address is not installed.
        ConfigError: no such kind of address is known.
    """
    place_address, scheme = address(url), _scheme(url)
    try:
        from fsspec import get_filesystem_class
        from fsspec.core import url_to_fs

        get_filesystem_class(scheme)
    except ImportError as error:
        raise _missing(scheme, error) from error
    except ValueError as error:
        raise ConfigError(
            f"{place_address.shown}: {unknown_name('kind of address', scheme, ('file', *_EXTRAS))}"
        ) from error
    with understood(place_address):
        # An instance of our own: one that is shared would remember old listings.
        fs, path = url_to_fs(url, skip_instance_cache=True, **_options(scheme))
    return Place(place_address, fs, path)


def _options(scheme: str) -> dict[str, Any]:
    if scheme not in _WEB:
        return {}
    from aiohttp import ClientTimeout

    # Its own limit is five minutes for a whole answer, however large.
    return {"client_kwargs": {"timeout": ClientTimeout(total=None, sock_connect=15, sock_read=60)}}


def _missing(scheme: str, error: ImportError) -> MissingExtra:
    package = _EXTRAS.get(scheme, "'curate-workbench[s3]'")
    also = " 'curate-workbench[s3]'" if error.name == "fsspec" and "curate" not in package else ""
    return MissingExtra(
        f"{scheme}:// needs a package that is not installed ({error.name or error}). "
        f"Next: pip install {package}{also}"
    )


@contextmanager
def understood(where: Address) -> Iterator[None]:
    """Turns what a file system says into our errors, without secrets."""
    try:
        yield
    except CurateError:
        raise
    except Exception as error:
        meaning = _meaning(error, where)
        if meaning is None:
            raise
        raise meaning from None


def _meaning(error: Exception, where: Address) -> CurateError | None:
    """Returns our error for that of a file system; None where it is a bug, or of this machine."""
    names = {kind.__name__ for kind in type(error).__mro__}
    message = where.clean(" ".join(str(error).split())) or type(error).__name__
    status = int(getattr(error, "status", None) or 0)
    if isinstance(error, FileNotFoundError):
        detail = f" ({message})" if " " in message else ""
        return TransportError(f"{where.shown}: no such bucket, folder or file{detail}")
    if names & _NO_CREDENTIALS:
        return TransportError(
            f"{where.shown}: no credentials that work: {message}. Next: set them as the provider's "
            "own programs read them (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE)"
        )
    if isinstance(error, PermissionError) or status in (401, 403):
        return TransportError(
            f"{where.shown}: access refused: {message}. Next: see that the credentials are right, "
            "and may list and read here (to send: also write and delete)"
        )
    number = error.errno if isinstance(error, OSError) else None
    if names & _UNAVAILABLE or number in _TRY_AGAIN or status == 429 or status >= 500:
        return RemoteUnavailable(
            f"{where.shown} does not answer: {message}. Next: see that it can be reached from "
            "here, and type the command again"
        )
    ours = type(error).__module__ == "builtins" and not isinstance(error, OSError | ValueError)
    if ours or number in _FULL:
        return None
    return TransportError(f"{where.shown} says: {message}")


@dataclass(frozen=True)
class RemoteFile:
    """A file behind an address.

    Args:
        shown: what the store calls it.
        name: its name, which says its format.
        mark: what is another one once its content is; None where the file system says nothing.
        place: where it is.
        size: in bytes, None where the file system does not say.
    """

    shown: str
    name: str
    mark: str | None
    place: Place = field(repr=False, compare=False)
    size: int | None = None

    def fetch(self, path: Path, progress: Progress) -> None:
        """Writes the file's bytes to a local path.

        Raises:
            RemoteUnavailable: the file system does not answer, or sent less than the whole.
            TransportError: the file is gone, or may not be read.
        """
        place, size = self.place, 0
        with (
            path.open("wb") as local,
            understood(place.address),
            place.fs.open(place.path, "rb", block_size=BLOCK_BYTES) as remote,
        ):
            for block in progress(blocks(remote), f"fetching {self.shown} (blocks of 8 MB)"):
                local.write(block)
                size += len(block)
        if self.size is not None and size != self.size:
            raise RemoteUnavailable(
                f"{self.shown}: {size:,} bytes came of {self.size:,}: it was cut off, or has "
                "changed meanwhile. Next: type the command again"
            )


def blocks(handle: Any) -> Iterator[bytes]:
    """Yields the bytes of a file that is open, block by block."""
    while block := handle.read(BLOCK_BYTES):
        yield block


def sha256(handle: Any) -> str:
    """Returns the SHA-256 of a file that is open."""
    whole = hashlib.sha256()
    for block in blocks(handle):
        whole.update(block)
    return whole.hexdigest()


def find(url: str, suffixes: tuple[str, ...]) -> list[RemoteFile]:
    """Returns the files that a URL names: a file, a glob, or a folder with everything below it.

    In a folder, files of other suffixes are passed over, and so is what curate wrote itself.

    Args:
        url: where to look.
        suffixes: that files of a folder must have one of, before any `.gz` or `.zst`.

    Raises:
        TransportError: there is no such bucket, file or folder, or it may not be read.
        RemoteUnavailable: the file system does not answer.
    """
    place = open_place(url)
    with understood(place.address):
        listing = _listed(place, url.endswith("/"))
    if isinstance(listing, _Folder):
        logs = {path: info for path, info in listing.items() if _is_log(path, listing, suffixes)}
        if not logs:
            raise SourceError(_no_logs(place, listing, suffixes))
        listing = logs
    if not listing:
        raise SourceError(f"{place.shown}: no file there has such a name")
    files = (
        _file(place if path == place.path else place.beside(path), info)
        for path, info in listing.items()
    )
    return sorted(files, key=lambda file: file.shown.split("/"))


class _Folder(dict[str, Mapping[str, Any]]):
    """The files of a folder and what the file system says of each."""


def _listed(place: Place, is_folder: bool) -> dict[str, Mapping[str, Any]]:
    """Returns the files of a folder or a glob, or the one file that the address names."""
    fs, path = place.fs, place.path
    if not is_folder:
        try:
            info = fs.info(path)
        except FileNotFoundError:
            if not re.search(r"[*\[]" if is_url(path) else r"[*?\[]", path):
                raise
            entries = fs.glob(path, detail=True)
            return {name: info for name, info in entries.items() if info.get("type") == "file"}
        if info.get("type") != "directory":
            return {path: info}
    return _Folder(fs.find(path, detail=True))


def _is_log(path: str, others: Mapping[str, Any], suffixes: tuple[str, ...]) -> bool:
    where = PurePosixPath(path)
    ours = where.name.startswith("curate.") or str(where.parent / "manifest.json") in others
    partial = any(part.startswith(PARTIAL) for part in where.parts)
    name = re.sub(r"\.(gz|zst)$", "", where.name.lower())
    return name.endswith(suffixes) and not ours and not partial


def _no_logs(place: Place, listing: Mapping[str, Any], suffixes: tuple[str, ...]) -> str:
    if any(path.endswith("/manifest.json") for path in listing):
        return (
            f"{place.shown}: a version that curate exported is not taken for logs. Next: name the "
            f"file, such as {place.shown.rstrip('/')}/train.jsonl"
        )
    return f"{place.shown}: no file here that looks like logs ({', '.join(suffixes)})"


def _info(place: Place) -> Mapping[str, Any]:
    with understood(place.address):
        info: Mapping[str, Any] = place.fs.info(place.path)
    return info


def _file(place: Place, info: Mapping[str, Any]) -> RemoteFile:
    if (mark := mark_of(info)) is None:
        info = _info(place)  # listings of web servers have names only
        mark = mark_of(info)
    size = info.get("size")
    name = PurePosixPath(urlsplit(place.path).path if is_url(place.path) else place.path).name
    return RemoteFile(place.shown, name, mark, place, None if size is None else int(size))


def mark_of(info: Mapping[str, Any]) -> str | None:
    """Returns what tells a file's content apart: its ETag, else when it changed, with its size."""
    fields = {key.casefold(): value for key, value in info.items() if value not in (None, "")}
    size = fields.get("size")
    if etag := fields.get("etag"):
        return f"etag {str(etag).strip(chr(34))} {size}"
    modified_at = next((fields[name] for name in _MODIFIED if name in fields), None)
    return None if modified_at is None or size is None else f"changed {modified_at} {size}"

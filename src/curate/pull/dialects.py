"""Databases as `pull` reads them: addresses without secrets, connections, what differs in SQL.

Values of cursors and keys are kept as the database gives them: PostgreSQL's times as its own text,
cast back when they are asked for, since that keeps microseconds and zone.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import orjson
import pyarrow.types as types

from curate import config
from curate.errors import ConfigError, MissingExtra, RemoteUnavailable, SourceError, unknown_name
from curate.files import buckets
from curate.files.files import shown
from curate.sources import Location
from curate.sources.platforms import platform_of
from curate.store import sql

Value = Any
"""What a cursor or a key holds: a number, a text, or a time where the driver gives one."""


Kind = Literal["time", "number", "text"]


_FILES = (".sqlite", ".sqlite3", ".db")
_ALIASES = {"postgres": "postgresql"}
# Schemes that an ADBC driver is known for, to say which one is missing.
_DRIVERS = ("bigquery", "duckdb", "flightsql", "postgresql", "snowflake", "sqlite")


@dataclass(frozen=True)
class DatabaseAddress:
    """Where a database is.

    Args:
        scheme: the kind of database.
        target: what its driver is given; it may hold a password.
        shown: what may be stored and printed: no user, no password, no parameters.
        secrets: texts that no message may hold.
    """

    scheme: str
    target: str = field(repr=False)
    shown: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def clean(self, text: str) -> str:
        """Returns a text of the driver's without secrets."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text


def is_database(location: str, cursor: str | None) -> bool:
    """Returns whether a location is a database that is read in the order of a cursor."""
    scheme, separator, _ = location.partition("://")
    if not separator:
        return bool(cursor) and Path(location).suffix.lower() in _FILES
    scheme = _ALIASES.get(scheme.lower(), scheme.lower())
    return _is_known(scheme) or bool(get_close_matches(scheme, _DRIVERS, n=1, cutoff=0.8))


def _is_known(scheme: str) -> bool:
    driver = f"adbc_driver_{scheme}"
    return scheme in _DRIVERS or (
        scheme.isidentifier() and importlib.util.find_spec(driver) is not None
    )


def from_toml(location: str, folder: Path) -> str:
    """Returns a location that `curate.toml` names: paths are relative to its folder.

    Raises:
        ConfigError: it is an address with a password, which has no place in such a file.
    """
    scheme, separator, rest = location.partition("://")
    if not separator:
        return str(folder / location)
    if platform_of(location):
        return location
    if not is_database(location, None):
        return buckets.from_toml(
            location, config.place(folder, "pull", "locations", repr(location))
        )
    if _network(location).secrets:
        where = config.place(folder, "pull", "locations", repr(location))
        raise ConfigError(
            f"{where} has a password. Next: take it out (and "
            "change it); PGPASSWORD and ~/.pgpass are read"
        )
    if rest.startswith("/") and _ALIASES.get(scheme, scheme) != "postgresql":
        return f"{scheme}:///{folder.absolute() / rest[1:]}"
    return location


def address(location: str, folder: Path) -> DatabaseAddress:
    """Returns the address of a URL, or of a SQLite file.

    Raises:
        ConfigError: the URL cannot be read without the danger of showing a part of a password.
    """
    scheme, separator, rest = location.partition("://")
    if not separator:
        return _file("sqlite", Path(location), folder)
    scheme = _ALIASES.get(scheme.lower(), scheme.lower())
    if not _is_known(scheme):
        raise ConfigError(unknown_name("kind of database", scheme, _DRIVERS))
    if rest.startswith("/") and scheme != "postgresql":
        return _file(scheme, Path(rest[1:]), folder)
    parsed = _network(location)
    environment = os.environ.get("PGPASSWORD")
    secrets = (*parsed.secrets, environment) if environment else parsed.secrets
    return DatabaseAddress(parsed.scheme, parsed.target, parsed.shown, secrets)


def _file(scheme: str, path: Path, folder: Path) -> DatabaseAddress:
    if not path.is_file():
        raise SourceError(f"{path}: no such file")
    name = shown(Location(path), folder)
    return DatabaseAddress(scheme, str(path), name if scheme == "sqlite" else f"{scheme}:///{name}")


# Parameters that say which database is meant; all others are left out of what is stored.
_TELLING = ("host", "port", "dbname", "service")
_SECRET = ("password", "sslpassword")
_PORTS = {"postgresql": "5432"}


def _network(location: str) -> DatabaseAddress:
    parts = urlsplit(location)
    scheme = _ALIASES.get(parts.scheme, parts.scheme)
    user, at, hosts = parts.netloc.rpartition("@")
    ports = re.fullmatch(r"(\[[0-9a-fA-F:.%]+\]|[^:,\[\]]*)(:\d*)?", hosts) or "," in hosts
    if location.count("@") != at.count("@") or not ports or parts.fragment:
        raise ConfigError(
            f"the {scheme}:// address cannot be read: characters such as @ / ? # : must be written "
            "as %40 %2F %3F %23 %3A. Next: leave the password out of it; PGPASSWORD and "
            "~/.pgpass are read"
        )
    parameters = parse_qsl(parts.query, keep_blank_values=True)
    raw = user.partition(":")[2]
    secrets = {raw, unquote(raw), *(value for name, value in parameters if name in _SECRET)} - {""}
    if hosts and "," not in hosts and (scheme in _PORTS and not re.search(r":\d+$", hosts)):
        hosts = f"{hosts.rstrip(':')}:{os.environ.get('PGPORT') or _PORTS[scheme]}"
    telling = urlencode([(name, value) for name, value in parameters if name in _TELLING], safe="/")
    public = f"{scheme}://{hosts}{parts.path}" + (f"?{telling}" if telling else "")
    return DatabaseAddress(scheme, location, public, tuple(sorted(secrets, key=len, reverse=True)))


@dataclass(frozen=True)
class Column:
    """A column of a table: its name, the database's word for its type, how it is selected."""

    name: str
    type: str = ""
    cast: str = "{}"
    kind: Kind | None = None
    is_json: bool = False

    @property
    def quoted(self) -> str:
        """The column as SQL names it."""
        return f"s.{quoted(self.name)}"

    @property
    def select(self) -> str:
        """An expression whose value Python can hold."""
        return self.cast.format(self.quoted)


@dataclass(frozen=True)
class Dialect:
    """What differs between databases.

    Args:
        connect: opens a connection that commits by itself.
        rows: everything that an executed cursor gives.
        columns: the columns of an executed cursor.
        bind: how the value of a parameter is written.
        after: condition for rows after a position of cursor and key.
        earlier: a value of a time column, less some seconds; empty where Python subtracts.
        clocks: the server's clock for each type of time; empty where this machine's is taken.
        begin: query to run on a new connection.
        tables: query: (reference, name, name for a person) of each table.
        not_null: query: the columns of a table that hold no nulls.
        indexed: query: whether an index begins with cursor and key.
        open_seconds: query: age of the oldest open transaction.
    """

    connect: Callable[[DatabaseAddress], Any]
    rows: Callable[[Any], list[tuple[Any, ...]]]
    columns: Callable[[Any], list[Column]]
    bind: str = "?"
    after: str = "({c} > {cv} OR ({c} = {cv} AND {k} > {kv}))"
    earlier: str = ""
    clocks: Mapping[str, str] = field(default_factory=dict)
    begin: str = ""
    tables: str = ""
    not_null: str = ""
    indexed: str = ""
    open_seconds: str = ""


def _driver(scheme: str) -> Any:
    try:
        return importlib.import_module(f"adbc_driver_{scheme}.dbapi")
    except ImportError as error:
        extra = f"adbc-driver-{scheme}"
        if scheme == "postgresql":
            extra = "'curate-workbench[postgres]'"
        raise MissingExtra(
            f"{scheme}:// needs a driver that is not installed ({error.name or error}). "
            f"Next: pip install {extra}"
        ) from error


def _connect_postgresql(address: DatabaseAddress) -> Any:
    # libpq waits for ever by default; the name is what the server's administrator sees.
    extra = "fallback_application_name=curate"
    if "connect_timeout=" not in address.target and "PGCONNECT_TIMEOUT" not in os.environ:
        extra += "&connect_timeout=15"
    joint = "&" if "?" in address.target else "?"
    return _driver("postgresql").connect(f"{address.target}{joint}{extra}", autocommit=True)


def _connect_sqlite(address: DatabaseAddress) -> Any:
    uri = f"file:{quote(Path(address.target).resolve().as_posix())}?mode=ro"
    con = sqlite3.connect(uri, uri=True)
    con.text_factory = _text  # text that is not UTF-8 must not end the pull: it is one reject
    return con


def _text(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _arrow_rows(cursor: Any) -> list[tuple[Any, ...]]:
    table = cursor.fetch_arrow_table()
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


# PostgreSQL's types that arrive as Python holds them; all others are asked for as text, since a
# time may be infinite, a numeric has no end, and a driver knows only some of them.
_PG_PLAIN = {
    *("bool", "int2", "int4", "int8", "float8", "text", "varchar", "name", "json", "jsonb"),
    *("_bool", "_int2", "_int4", "_int8", "_float8", "_text", "_varchar"),
}
_PG_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("timestamptz", "timestamp", "date"), "time"),
    **dict.fromkeys(("int2", "int4", "int8", "numeric", "float4", "float8"), "number"),
    **dict.fromkeys(("text", "varchar", "bpchar", "name", "uuid"), "text"),
}
_PG_CASTS = {"float4": "(({})::text)::float8"}  # 0.1, not 0.10000000149011612
# A time without a zone may be the server's or UTC; a row must not be held back by the difference.
_PG_LOCAL = (
    "greatest(now() AT TIME ZONE 'UTC', now() AT TIME ZONE "
    "(SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'))"
)


def _postgresql_columns(cursor: Any) -> list[Column]:
    columns = []
    for part in cursor.fetch_arrow_table().schema:
        name = (part.metadata or {}).get(b"POSTGRESQL:type", b"").decode()
        cast = _PG_CASTS.get(name, "{}" if name in _PG_PLAIN else "({})::text")
        is_json = name in ("json", "jsonb")
        columns.append(Column(part.name, name, cast, _PG_KINDS.get(name), is_json))
    return columns


def _arrow_columns(cursor: Any) -> list[Column]:
    columns = []
    for part in cursor.fetch_arrow_table().schema:
        kind: Kind | None = None
        if types.is_timestamp(part.type) or types.is_date(part.type):
            kind = "time"
        elif types.is_integer(part.type) or types.is_floating(part.type):
            kind = "number"
        elif types.is_string(part.type) or types.is_large_string(part.type):
            kind = "text"
        columns.append(Column(part.name, str(part.type), kind=kind))
    return columns


_DIALECTS = {
    "postgresql": Dialect(
        connect=_connect_postgresql,
        rows=_arrow_rows,
        columns=_postgresql_columns,
        bind="${number}::{type}",
        after="({c}, {k}) > ({cv}, {kv})",
        earlier="(({value} - ({seconds})::interval)::{type})::text",
        clocks={
            "timestamptz": "now()",
            "timestamp": _PG_LOCAL,
            "date": f"({_PG_LOCAL})::date",
        },
        begin=sql("pull/database/postgresql_begin"),
        tables=sql("pull/database/postgresql_tables"),
        not_null=sql("pull/database/postgresql_not_null"),
        indexed=sql("pull/database/postgresql_indexed"),
        open_seconds=sql("pull/database/postgresql_open_seconds"),
    ),
    "sqlite": Dialect(
        connect=_connect_sqlite,
        rows=lambda cursor: list(cursor.fetchall()),
        columns=lambda cursor: [Column(described[0]) for described in cursor.description],
        after="({c}, {k}) > ({cv}, {kv})",
        tables=sql("pull/database/sqlite_tables"),
        indexed=sql("pull/database/sqlite_indexed"),
    ),
}


def dialect(scheme: str) -> Dialect:
    """Returns a database's dialect; any other that has an ADBC driver speaks plain SQL."""
    generic = Dialect(lambda a: _driver(a.scheme).connect(a.target), _arrow_rows, _arrow_columns)
    return _DIALECTS.get(scheme, generic)


_ANSWERED = ("password", "does not exist", "no pg_hba.conf", "not permitted", "is not allowed")
_AGAIN = ("08", "53", "57", "40")  # connection, resources, operator, serialisation


@contextmanager
def understood(address: DatabaseAddress, connecting: bool = False) -> Iterator[None]:
    """Turns what a driver says into our errors, without secrets."""
    try:
        yield
    except _driver_errors() as error:
        message = address.clean(_first_error(str(error)))
        state = getattr(error, "sqlstate", None) or ""
        has_answered = state and not state.startswith(_AGAIN)
        if connecting:
            has_answered = any(words in message for words in _ANSWERED)
        is_file = "://" not in address.target
        if has_answered or (is_file and "locked" not in message):
            hint = ". Next: PGPASSWORD, ~/.pgpass or the server" if "password" in message else ""
            raise SourceError(f"{address.shown} says: {message}{hint}") from None
        raise RemoteUnavailable(
            f"{address.shown} does not answer: {message}. Next: see that the server runs and can "
            "be reached from here, and type the command again: it goes on where it was"
        ) from None


def _driver_errors() -> tuple[type[Exception], ...]:
    try:
        return sqlite3.Error, importlib.import_module("adbc_driver_manager").Error
    except ImportError:
        return (sqlite3.Error,)


def _first_error(text: str) -> str:
    """Returns the server's own message, without the query that the driver adds."""
    lines = re.split(r"\n\s*(?:LINE \d|Query was:)|\. SQLSTATE", text)[0].split("\n")
    message = re.sub(r"^.*?(ERROR|FATAL): +", "", lines[0])
    message = re.sub(r"^[A-Z_]+: (\[\w+\] )?", "", message)
    hint = next((line.strip() for line in lines[1:] if line.startswith("HINT:")), "")
    return f"{message.strip()} {hint}".strip()


def kind_of(value: Value, column: Column) -> Kind:
    """Returns what a cursor holds; where the database does not say, its value does."""
    if column.kind:
        return column.kind
    if isinstance(value, int | float | Decimal):
        return "number"
    return "text" if moment(value) is None else "time"


def moment(value: Value) -> datetime | None:
    """Returns the time that a cursor value is, with its zone where it has one; else None."""
    if isinstance(value, datetime):
        return value
    text = str(value)
    try:
        return datetime.fromisoformat(text) if re.match(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None


_DATE, _SECOND = len("2026-05-01"), len("2026-05-01T09:00:00")


def now_like(value: Value) -> Value | None:
    """Returns this machine's time in the form of a cursor value, None where that is no time."""
    if isinstance(value, int | float | Decimal) or (like := moment(value)) is None:
        return None
    now = datetime.now(like.tzinfo or UTC)
    if like.tzinfo is None:  # local or UTC: a row must not be held back by the difference
        now = max(now.replace(tzinfo=None), datetime.now())
    if isinstance(value, datetime):
        return now
    return now.date() if isinstance(value, date) else _as_text(now, value)


def _as_text(when: datetime, like: str) -> str:
    """Returns a time as text that sorts among texts of a form; their zone is left to them."""
    text = when.replace(tzinfo=None).isoformat(sep=like[_DATE:][:1] or "T")
    return text[:_DATE] if len(like) == _DATE else text


def earlier(value: Value, by: float | Decimal, column: Column) -> Value:
    """Returns a cursor value less a number or so many seconds, where Python has to subtract."""
    if isinstance(value, int):
        return value - int(by)
    if isinstance(value, float):
        return value - float(by)
    if column.kind == "number":
        return str(Decimal(str(value)) - Decimal(by))
    when = moment(value)
    if when is None:
        return value
    when -= timedelta(seconds=float(by))
    if isinstance(value, date):
        return when if isinstance(value, datetime) else when.date()
    return _as_text(when, value)[:_SECOND]


def freeze(value: Value) -> str:
    """Returns a cursor or key value as the store keeps it."""
    if isinstance(value, date):
        return json.dumps({"time": value.isoformat(), "whole_day": not isinstance(value, datetime)})
    return json.dumps(value if isinstance(value, int | float | str) else str(value))


def thaw(text: str) -> Value:
    """Returns the value that `freeze` was given."""
    value = json.loads(text)
    if not isinstance(value, dict):
        return value
    when = datetime.fromisoformat(value["time"])
    return when.date() if value["whole_day"] else when


def decoded(value: Any, is_json: bool = False) -> Any:
    """Returns a value as a file's reader gives it; blobs are the text that they mostly are."""
    if isinstance(value, bytes):
        return _text(value)
    if is_json and value is not None:
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value  # what PostgreSQL's json takes and nobody else does stays text
    return value


def quoted(name: str) -> str:
    """Returns a name as SQL quotes it."""
    return '"' + name.replace('"', '""') + '"'

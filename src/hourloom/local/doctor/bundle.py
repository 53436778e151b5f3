"""The diagnostic archive: what helps to find a fault, and nothing of what was recorded."""

from __future__ import annotations

import contextlib
import os
import platform
import stat
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import msgspec

from hourloom import __version__
from hourloom.cli.handed import Check, Packed
from hourloom.core.errors import Conflict, HourloomError, Refused
from hourloom.core.log import DIRECTORY as LOGS
from hourloom.db.migrate import HEAD
from hourloom.db.sqlcipher import driver
from hourloom.db.stored import sqlite_stored
from hourloom.local.doctor import store
from hourloom.local.doctor.patient import Patient
from hourloom.local.doctor.redaction import Redaction
from hourloom.sdk.api import checked
from hourloom.sdk.socket_way import by_socket

TAIL = 256 * 1024
MOST_LOGS = 8
MOST_FILES = 2_000
_PRAGMAS = ("page_size", "page_count", "freelist_count", "auto_vacuum", "journal_mode", "user_version")
_SECRET_KEYS = frozenset({"database_url"})

ABOUT = """\
A diagnostic archive of Hourloom, made by `hourloom doctor --bundle`.

It holds what helps to find a fault. It holds nothing that was recorded: no titles, no addresses of pages,
no tokens, no keys, none of the ways to open the database. Names of buckets are replaced by words made from
a key that was thrown away, names of the user and the computer by [user] and [host], directories by [home]
and [data]. All of it is text: read it before you give it to anybody.

"""


class BundleExists(Conflict):
    """{path} is there already; name another file."""


class BundleNotWritten(Refused):
    """{path} cannot be written: {reason}."""


Part = tuple[str, str, str]
"""Name, text, and what it holds in words."""


def pack(patient: Patient, target: Path, checks: Sequence[Check]) -> list[Packed]:
    """Write the archive for its user alone; return what is in it."""
    redaction = Redaction(_buckets(patient), _places(patient))
    parts = [(name, redaction.of(text), holds) for name, text, holds in _parts(patient, checks, redaction)]
    contents = "".join(f"{name}: {holds}\n" for name, _, holds in parts)
    parts.insert(0, ("README.txt", ABOUT + contents, "what this is, and what is in it"))
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text, _ in parts:
                archive.writestr(name, text)
    except FileExistsError:
        raise BundleExists(path=target) from None
    except OSError as error:
        raise BundleNotWritten(path=target, reason=error.strerror) from None
    return [Packed(name, len(text.encode()), holds) for name, text, holds in parts]


def _parts(patient: Patient, checks: Sequence[Check], redaction: Redaction) -> Iterator[Part]:
    yield "versions.json", _json(_versions()), "versions of Hourloom and of what it runs on"
    yield "configuration.json", _json(_configuration(patient)), "the configuration, without secrets"
    # Before it is JSON, which writes some characters of a name in another way.
    findings = [{name: redaction.of(said) for name, said in asdict(check).items()} for check in checks]
    yield "findings.json", _json(findings), "what the doctor found"
    yield "files.json", _json(_files(patient)), "names, sizes and permissions of the files"
    with contextlib.suppress(HourloomError, driver.Error):
        yield from _of_database(patient)
    if metrics := _metrics(patient):
        yield "metrics.txt", metrics, "the figures of the server"
    for path in sorted((patient.directory / LOGS).glob("*"))[:MOST_LOGS]:
        if path.is_file() and not path.is_symlink():
            yield f"log/{path.name}", _tail(path), "the end of a log, which never holds titles or addresses"


def _versions() -> dict[str, object]:
    return {
        "hourloom": __version__,
        "schema": HEAD,
        "python": sys.version,
        "sqlite": driver.sqlite_version,
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
    }


def _configuration(patient: Patient) -> dict[str, object]:
    values = msgspec.structs.asdict(patient.configuration)
    shown = {name: "[secret]" if name in _SECRET_KEYS and value else value for name, value in values.items()}
    # Names of hosts and addresses of pages are nobody's business.
    shown |= {name: len(values[name]) for name in ("allowed_hosts", "allowed_origins")}
    return {name: str(value) if isinstance(value, Path) else value for name, value in shown.items()}


def _files(patient: Patient) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for path in sorted(patient.directory.rglob("*"))[:MOST_FILES]:
        status = path.lstat()
        name = path.relative_to(patient.directory).as_posix()
        found.append({"name": name, "bytes": status.st_size, "mode": stat.filemode(status.st_mode)})
    return found


def _of_database(patient: Patient) -> Iterator[Part]:
    if patient.in_team:
        with patient.reading() as tx:
            yield "schema.json", _json({"revision": store.revision(tx)}), "the revision of the schema"
        return
    if not patient.opens():
        return
    with patient.connection() as connection:
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
        yield "schema.sql", "".join(f"{sql};\n" for (sql,) in rows), "tables and indexes, without rows"
        pages = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in _PRAGMAS}
        yield "pages.json", _json(pages), "how many pages the file has"
        tables = [each._asdict() for each in sqlite_stored(connection).tables]
        yield "tables.json", _json(tables), "how many rows and bytes each table has"


def _metrics(patient: Patient) -> str:
    if patient.holder is None:
        return ""
    with contextlib.suppress(HourloomError):
        way = by_socket(patient.directory, patient.configuration.port)
        if way is not None:
            with closing(way):
                return checked(way.request("GET", "/metrics")).body.decode("utf-8", "replace")
    return ""


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        return file.read().decode("utf-8", "replace")


def _buckets(patient: Patient) -> list[str]:
    with contextlib.suppress(HourloomError, driver.Error):
        if patient.opens():
            with patient.reading() as tx:
                return [str(name) for (name,) in store.names_of_buckets(tx)]
    return []


def _places(patient: Patient) -> list[Path]:
    return [patient.directory, patient.configuration.config_dir]


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n"

"""What the composition root hands to the commands, which reach no feature and no database themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from hourloom.configuration import Configuration
from hourloom.sdk.api import Way

Step = Callable[[str, float], None]
"""Hear which step begins, and which share of the whole is done."""

Count = Callable[[int, int], None]
"""Hear how many are done, and of how many."""


@dataclass(frozen=True)
class Running:
    """A server that runs on a data directory."""

    url: str | None
    """None until it listens."""
    pid: int | None


@dataclass(frozen=True)
class Storage:
    """The files of a data directory."""

    database: Path
    exists: bool
    encrypted: bool


@dataclass(frozen=True)
class Check:
    """One line of the doctor's: what was looked at, how it is, and what to do."""

    verdict: Literal["good", "note", "bad"]
    what: str
    finding: str
    advice: str = ""


@dataclass(frozen=True)
class KeyLine:
    """One way to open the database."""

    id: str
    method: str
    place: str
    created_at: str
    pending: bool


class Keys(Protocol):
    """The keys of one database."""

    def all(self) -> list[KeyLine]:
        """Return the ways in which the database opens."""
        ...

    def opens(self) -> bool:
        """Tell whether it opens without its recovery code."""
        ...

    def turn_on(self, step: Step) -> str:
        """Encrypt the database; return the recovery code."""
        ...

    def turn_off(self, step: Step) -> None:
        """Decrypt the database."""
        ...

    def add(self, method: str, new_passphrase: Callable[[], str]) -> KeyLine:
        """Add a way to open the database."""
        ...

    def remove(self, id: str) -> None:
        """Remove a way to open the database."""
        ...

    def renew_recovery(self) -> str:
        """Return a new recovery code, which waits to be acknowledged."""
        ...

    def acknowledge(self) -> None:
        """Note that the newest recovery code was written down."""
        ...

    def recover(self, code: str) -> str:
        """Open by the recovery code; return the way in which the database opens from now on."""
        ...


class SourceEvent(Protocol):
    """An event of another tracker."""

    @property
    def started_at(self) -> int:
        """Return its start in microseconds."""
        ...

    @property
    def ended_at(self) -> int:
        """Return its end in microseconds."""
        ...

    @property
    def data_json(self) -> bytes:
        """Return its data as JSON."""
        ...


class SourceBucket(Protocol):
    """A bucket of another tracker."""

    @property
    def id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def client(self) -> str: ...
    @property
    def hostname(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def event_count(self) -> int | None: ...


@dataclass(frozen=True)
class SourceBatch:
    """Some events of one bucket, the faulty ones among them as sentences, and where the source goes on."""

    events: list[SourceEvent]
    faulty: list[str]
    cursor: str


class Source(Protocol):
    """Another tracker's data, open for reading."""

    @property
    def title(self) -> str:
        """Say what this is, for people."""
        ...

    @property
    def identity(self) -> str:
        """Tell it from every other source whose cursors differ."""
        ...

    def buckets(self) -> list[SourceBucket]:
        """Return all buckets."""
        ...

    def events(self, bucket_id: str, after: str | None) -> Iterator[SourceBatch]:
        """Yield a bucket's events, from a cursor on."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


@dataclass(frozen=True)
class Handed:
    """The composition root's side of the commands."""

    reach: Callable[[Configuration, bool], AbstractContextManager[Way]]
    """Reach the running server, else the same application in memory; make a database only if told to."""
    running: Callable[[Configuration], Running | None]
    """Tell which server runs on the data directory."""
    stay_up: Callable[[Configuration, list[str]], Running]
    """Become the supervisor of a server with these words for it; return only if one runs already."""
    storage: Callable[[Configuration], Storage]
    """Look at the files of the data directory."""
    keys: Callable[[Configuration, Callable[[], str]], Keys]
    """Hold the keys of the database; the callable asks a person for the passphrase."""
    checks: Callable[[Configuration], Iterator[Check]]
    """Examine everything that can be examined without the server."""
    open_source: Callable[[str, str | None], Source]
    """Open the place that a person named, with a token if one is needed."""
    find_sources: Callable[[], Iterator[tuple[str, str]]]
    """Yield what another tracker left in the usual places, each with what it is."""
    fill_demo: Callable[[Way, Count], int]
    """Write the demonstration and return the number of its events."""

"""What the composition root hands to the commands, which reach no feature and no database themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from hourloom.configuration import Configuration
from hourloom.core.device_health import DeviceHealth
from hourloom.sdk.api import Way

Step = Callable[[str, float], None]
"""Hear which step begins, and which share of the whole is done."""

Agree = Callable[[str, str], bool]
"""Ask a person whether to go from one schema to another."""

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
    repair: str = ""
    """What `--fix` does about it."""


@dataclass(frozen=True)
class Mended:
    """What came of a repair."""

    done: bool
    said: str


@dataclass(frozen=True)
class Packed:
    """One file of a diagnostic archive."""

    name: str
    bytes: int
    holds: str


class Doctor(Protocol):
    """Examines a data directory and puts right what can be put right."""

    def look(self, step: Step, *, deep: bool) -> Iterator[Check]:
        """Examine one thing after another; nothing is changed."""
        ...

    def mend(self, does: str) -> Mended:
        """Carry out a repair that the last look has offered."""
        ...

    def bundle(self, target: Path, checks: list[Check]) -> list[Packed]:
        """Write a diagnostic archive that tells nothing of what was recorded."""
        ...


@dataclass(frozen=True)
class KeyLine:
    """One way to open the database."""

    id: str
    method: str
    place: str
    created_at: str
    pending: bool


@dataclass(frozen=True)
class BackupLine:
    """One backup, and whether it counts."""

    name: str
    place: str
    made_at: datetime
    bytes: int
    schema: str
    sealed: bool
    verified: bool
    checked_at: datetime | None
    fault: str | None


@dataclass(frozen=True)
class BackupsFound:
    """All backups within reach."""

    place: str
    out_of_reach: list[str]
    stale: bool
    backups: list[BackupLine]


class Backups(Protocol):
    """The backups of one data directory."""

    def make(self, to: Path | None, count: Count) -> BackupLine:
        """Make a backup in a folder, or where the settings say, and examine it."""
        ...

    def all(self) -> BackupsFound:
        """Return the backups within reach."""
        ...

    def verify(self, name: str | None, count: Count) -> BackupLine:
        """Examine one of them again, or the newest."""
        ...

    def verify_file(self, path: Path, ask: Callable[[], str], count: Count) -> BackupLine:
        """Examine a backup anywhere; `ask` is asked for what opens it where this computer has no key."""
        ...


@dataclass(frozen=True)
class TableRows:
    """How many rows a table has in a backup and in the present database."""

    table: str
    then: int
    now: int | None


@dataclass(frozen=True)
class RestorePreview:
    """What a restore would change."""

    made_at: datetime
    program: str
    schema: str
    bytes: int
    sealed: bool
    oldest: datetime | None
    newest: datetime | None
    newest_now: datetime | None
    schema_now: str | None
    """None where there is no database, or none that can be looked into."""
    same_database: bool
    rows: list[TableRows]


@dataclass(frozen=True)
class Restored:
    """What a restore has done."""

    kept: Path | None
    """Where the database is that was there before."""
    restarted: bool
    """A server ran, and runs again on the restored database."""


class Restoring(Protocol):
    """One backup file that is to become the database."""

    def preview(self) -> RestorePreview:
        """Return what would change."""
        ...

    def carry_out(self, count: Count) -> Restored:
        """Put its database in the place of the present one, which is kept."""
        ...


class ChangingKeys(Protocol):
    """The keys of one database, to be changed: directly, or through the server that has it open."""

    def add(self, method: str, new_passphrase: Callable[[], str]) -> KeyLine:
        """Add a way to open the database."""
        ...

    def remove(self, id: str) -> None:
        """Remove a way to open the database."""
        ...

    def rotate(self, id: str, new_passphrase: Callable[[], str]) -> KeyLine:
        """Put a new key or a new passphrase in the place of one way's."""
        ...

    def rotate_data_key(self, step: Step, tell: Callable[[str], None]) -> None:
        """Encrypt the database with a new data key; tell its recovery code as soon as that holds."""
        ...

    def renew_recovery(self) -> str:
        """Return a new recovery code, which waits to be acknowledged."""
        ...

    def acknowledge(self) -> None:
        """Note that the newest recovery code was written down."""
        ...


class Keys(ChangingKeys, Protocol):
    """The keys of one database whose files nobody else has open."""

    def all(self) -> list[KeyLine]:
        """Return the ways in which the database opens."""
        ...

    def opens(self) -> bool:
        """Tell whether it opens without its recovery code."""
        ...

    def confirm(self) -> None:
        """Ask for the passphrase where there is one, and raise unless it is right."""
        ...

    def turn_on(self, step: Step) -> str:
        """Encrypt the database; return the recovery code."""
        ...

    def turn_off(self, step: Step) -> None:
        """Decrypt the database."""
        ...

    def recover(self, code: str) -> str:
        """Open by the recovery code; return the way in which the database opens from now on."""
        ...


@dataclass(frozen=True, repr=False)
class Secret:
    """What a person knows that opens a sealed file."""

    words: str
    is_recovery_code: bool


class Files(Protocol):
    """Files sealed with a passphrase; None stands for standard input and output."""

    def look(self, source: Path | None, target: Path | None, *, sealed: bool, force: bool) -> None:
        """Raise what can be known before anybody types a passphrase."""
        ...

    def encrypt(
        self, source: Path | None, target: Path | None, words: str, count: Count, *, force: bool
    ) -> None:
        """Seal a file."""
        ...

    def decrypt(
        self, source: Path | None, target: Path | None, secret: Secret, count: Count, *, force: bool
    ) -> None:
        """Open a sealed file; nothing of one that is not whole and unchanged is left."""
        ...


class SystemService(Protocol):
    """Hourloom as a service of the user's systemd."""

    @property
    def texts(self) -> dict[str, str]:
        """Return the units by their file names."""
        ...

    def install(self) -> Path:
        """Write the units and start them; return where they are."""
        ...

    def uninstall(self) -> bool:
        """Stop the service and remove its units; tell whether there were any."""
        ...


@dataclass(frozen=True)
class ArchiveLine:
    """An archive that was written."""

    path: str
    bytes: int
    rows: int
    sealed: bool


@dataclass(frozen=True)
class ArchiveTableLine:
    """How the rows of one table of an archive stand to what is here."""

    name: str
    new: int
    same: int
    conflicting: int
    left_out: int


@dataclass(frozen=True)
class ArchiveReport:
    """What reading an archive in did, or would do."""

    state: str
    reason: str
    rows: int
    operation_id: int | None
    keeps_numbers: bool
    tables: list[ArchiveTableLine]


Stage = Callable[[str, int, int], None]
"""Hear what is done, how many are through, and of how many."""


class Archives(Protocol):
    """Everything of a workspace in one file."""

    def export(
        self, target: Path, confirm: Callable[[], str], count: Count, *, plain: bool, force: bool
    ) -> ArchiveLine:
        """Write everything to a file; `confirm` is asked for the passphrase of the database if need be."""
        ...

    def read_in(
        self, source: Path, on_conflict: str, ask: Callable[[], Secret], stage: Stage, *, preview: bool
    ) -> ArchiveReport:
        """Read an archive in, or only look at it; `ask` is asked where another database sealed it."""
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
class Invented:
    """What a demonstration holds."""

    events: int
    first: date
    last: date


@dataclass(frozen=True)
class ExportLine:
    """A file that was exported: where it is, or - where it went to standard output."""

    path: str
    rows: int
    bytes: int


class Exports(Protocol):
    """Has reports, activities and events of one data directory written."""

    def export(
        self,
        wanted: Mapping[str, Any],
        target: Path | Callable[[Iterator[bytes]], object] | None,
        count: Count,
        *,
        force: bool,
    ) -> ExportLine:
        """Write what is wanted to a file, to whatever takes its pieces, or to the user's documents."""
        ...


@dataclass(frozen=True)
class DeadLetter:
    """What the server refused for good; what was observed is not shown."""

    id: str
    bucket: str
    at: int
    """In microseconds."""
    duration: float
    status: int
    reason: str


class Device(Protocol):
    """The program that observes this computer, and its queue."""

    def health(self) -> tuple[bool, DeviceHealth | None]:
        """Tell whether it runs, and how it is doing, or was."""
        ...

    def examine(self) -> Iterator[Check]:
        """Walk through what can be observed, and prove it by observing."""
        ...

    def pause(self, length: str) -> datetime:
        """Record nothing for a while; return until when."""
        ...

    def resume(self) -> None:
        """Record again."""
        ...

    def letters(self) -> list[DeadLetter]:
        """Return what the server refused for good, the oldest first."""
        ...

    def retry(self, id: str | None) -> int:
        """Send one of them again, or all; return how many."""
        ...

    def discard(self, id: str | None) -> int:
        """Forget one of them, or all; return how many."""
        ...

    def install(self, words: list[str]) -> str:
        """Let it start at login with these words; return where that is written."""
        ...

    def printed(self, words: list[str]) -> Mapping[str, str]:
        """Return what `install` would write, by where."""
        ...

    def uninstall(self) -> bool:
        """Let it start at login no longer; tell whether it did."""
        ...

    def install_gnome_extension(self) -> tuple[Path, str]:
        """Put our extension into GNOME Shell; return where it is, and the next step."""
        ...

    def remove_gnome_extension(self) -> None:
        """Take it out again."""
        ...


class StayUp(Protocol):
    """Becomes the supervisor of a server with these words for it; returns only if one runs already."""

    def __call__(
        self, configuration: Configuration, words: list[str], *, with_device: bool = False
    ) -> Running:
        """Supervise, and beside the server the program that observes this computer."""
        ...


@dataclass(frozen=True)
class Handed:
    """The composition root's side of the commands."""

    reach: Callable[[Configuration, bool], AbstractContextManager[Way]]
    """Reach the running server, else the same application in memory; make a database only if told to."""
    running: Callable[[Configuration], Running | None]
    """Tell which server runs on the data directory."""
    stay_up: StayUp
    storage: Callable[[Configuration], Storage]
    """Look at the files of the data directory."""
    backups: Callable[[Configuration], Backups]
    """Reach the backups of the data directory."""
    restoring: Callable[[Configuration, Path, Callable[[], str]], Restoring]
    """Open a backup file; the callable asks a person for its passphrase or recovery code."""
    restore_kept: Callable[[Configuration], Restored]
    """Put the database back that the last restore took the place of."""
    downgrade: Callable[[Configuration, str | None, Agree, Count], tuple[str, Path]]
    """Bring the database to an older schema; return it, and the backup that was made before."""
    keys: Callable[[Configuration, Callable[[], str]], Keys]
    """Hold the keys of the database; the callable asks a person for the passphrase."""
    doctor: Callable[[Configuration, Callable[[], str] | None], Doctor]
    """Examine the data directory; the callable asks a person for the passphrase, where there is one."""
    open_source: Callable[[str, str | None], Source]
    """Open the place that a person named, with a token if one is needed."""
    find_sources: Callable[[], Iterator[tuple[str, str]]]
    """Yield what another tracker left in the usual places, each with what it is."""
    fill_demo: Callable[[Way, Count], Invented]
    """Write the demonstration and return the number of its events."""
    archives: Callable[[Configuration], Archives]
    """Write and read archives of the data directory."""
    exports: Callable[[Configuration], Exports]
    """Write reports, activities and events of the data directory."""
    files: Callable[[], Files]
    """Encrypt and decrypt files of this computer."""
    service: Callable[[Configuration, list[str], list[Path]], SystemService]
    """Be a service, given words for the server and further folders that it may write to."""
    device: Callable[[Configuration], Device]
    """Reach the device program of the data directory."""

"""Put together what the commands are handed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hourloom.cli.handed import (
    Agree,
    Archives,
    Backups,
    Count,
    Device,
    Doctor,
    Exports,
    Files,
    Handed,
    Invented,
    Keys,
    Restored,
    Restoring,
    Running,
    Source,
    SystemService,
)
from hourloom.configuration import Configuration
from hourloom.local.reaching import Assembled, reach, running, storage
from hourloom.sdk.api import Way

if TYPE_CHECKING:
    from hourloom.local.backing_up import Alone
    from hourloom.local.downgrading import Unlock


def handed(
    assembled: Assembled, show_recovery_code: Callable[[str], None], alone: Alone, unlocked: Unlock
) -> Handed:
    """Return this computer's side of the commands; what only some of them need is imported by those."""

    def stay_up(configuration: Configuration, words: list[str], *, with_device: bool = False) -> Running:
        from hourloom.local.keys import make_keys  # noqa: PLC0415 - only `up`
        from hourloom.local.starting import stay_up as stay  # noqa: PLC0415 - as above

        def prepare(configuration: Configuration) -> None:
            if code := make_keys(configuration):
                show_recovery_code(code)

        return stay(configuration, words, prepare, with_device=with_device)

    return Handed(
        reach=partial(reach, assembled=assembled),
        running=running,
        stay_up=stay_up,
        storage=storage,
        backups=partial(_backups, alone),
        restoring=_restoring,
        restore_kept=_restore_kept,
        downgrade=partial(_downgrade, unlocked),
        keys=_keys,
        doctor=_doctor,
        open_source=_open_source,
        find_sources=_find_sources,
        fill_demo=_fill_demo,
        archives=partial(_archives, assembled, alone),
        exports=partial(_exports, alone),
        files=_files,
        service=_service,
        device=_device,
    )


def _keys(configuration: Configuration, ask_passphrase: Callable[[], str]) -> Keys:
    from hourloom.local.keys import DatabaseKeys  # noqa: PLC0415 - slow, and only `keys` needs it

    return DatabaseKeys(configuration, ask_passphrase)


def _backups(alone: Alone, configuration: Configuration) -> Backups:
    from hourloom.local.backing_up import LocalBackups  # noqa: PLC0415 - slow, and only `backup` needs it

    return LocalBackups(configuration, alone)


def _restoring(configuration: Configuration, path: Path, ask: Callable[[], str]) -> Restoring:
    from hourloom.local.restoring import LocalRestoring  # noqa: PLC0415 - slow, and only `restore` needs it

    return LocalRestoring(configuration, path, ask)


def _restore_kept(configuration: Configuration) -> Restored:
    from hourloom.local.restoring import restore_kept  # noqa: PLC0415 - as above

    return restore_kept(configuration)


def _downgrade(
    unlocked: Unlock,
    configuration: Configuration,
    revision: str | None,
    agree: Agree,
    count: Count,
) -> tuple[str, Path]:
    from hourloom.local.downgrading import downgrade  # noqa: PLC0415 - slow, and only `downgrade` needs it

    return downgrade(configuration, revision, agree, count, unlocked)


def _doctor(configuration: Configuration, ask: Callable[[], str] | None) -> Doctor:
    from hourloom.local.doctor.examining import LocalDoctor  # noqa: PLC0415 - slow, and only `doctor` needs it

    return LocalDoctor(configuration, ask)


def _open_source(place: str, token: str | None) -> Source:
    from hourloom.local.sources import opened  # noqa: PLC0415 - slow, and only `import` needs it

    return opened(place, token)


def _find_sources() -> Iterator[tuple[str, str]]:
    from hourloom.imports.activitywatch.usual import found  # noqa: PLC0415 - as above

    return found()


def _fill_demo(way: Way, count: Count) -> Invented:
    from hourloom.local.demo import fill_demo  # noqa: PLC0415 - only `demo` needs it

    return fill_demo(way, count)


def _files() -> Files:
    from hourloom.local.files import SealedFiles  # noqa: PLC0415 - only `file` needs it

    return SealedFiles()


def _service(configuration: Configuration, words: list[str], writable: list[Path]) -> SystemService:
    from hourloom.local.systemd import SystemdService  # noqa: PLC0415 - only `service` needs it

    return SystemdService(configuration, words, writable)


def _device(configuration: Configuration) -> Device:
    from hourloom.local.device import LocalDevice  # noqa: PLC0415 - only `device` needs it

    return LocalDevice(configuration)


def _exports(alone: Alone, configuration: Configuration) -> Exports:
    from hourloom.local.exporting import LocalExports  # noqa: PLC0415 - slow, and only `export` needs it

    return LocalExports(configuration, alone)


def _archives(assembled: Assembled, alone: Alone, configuration: Configuration) -> Archives:
    from hourloom.local.archiving import LocalArchives  # noqa: PLC0415 - slow, and only two commands need it

    return LocalArchives(configuration, assembled, alone)

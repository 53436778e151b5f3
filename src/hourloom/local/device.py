"""Start the device program, and speak to the one that runs."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from hourloom.configuration import Configuration, read
from hourloom.core.clock import Instant, SystemClock
from hourloom.core.errors import Refused

if TYPE_CHECKING:
    from hourloom.cli.handed import Check, DeadLetter
    from hourloom.core.device_health import DeviceHealth
    from hourloom.device.away import AwayWatcher, Returned
    from hourloom.device.login import Starter
    from hourloom.device.ports import Watcher
    from hourloom.device.program import Place, Program
    from hourloom.sdk.outbox import Line

ALONE = ("-h", "--help")
WRONG_USAGE = 2


class TokenMissing(Refused):
    """A server elsewhere needs a token: give --token-file FILE."""


class WrongOption(Refused):
    """The option {name} is not known, or lacks its value; see `hourloom device --help`."""


def is_program(words: Sequence[str]) -> bool:
    """Tell whether a command line starts the program itself, which loads nothing that only people need."""
    options = all(word.startswith("-") for word in words[1:2])
    return words[:1] == ["device"] and options and not any(word in ALONE for word in words)


def run(words: Sequence[str]) -> int:
    """Record until told to stop; what starting again would not change has exit codes of its own."""
    from hourloom.device.instance import ALREADY, AlreadyRecording  # noqa: PLC0415 - slow, and only this needs it

    try:
        return _record(_options(words))
    except (WrongOption, TokenMissing) as error:
        _say(error.message)
        return WRONG_USAGE
    except AlreadyRecording as error:
        _say(error.message)
        # Beside a server it ends well, as where there is nothing to observe: the supervisor lets it rest.
        return 0 if "--beside-server" in words else ALREADY


def _record(options: _Options) -> int:
    configuration = read(
        {"data_dir": options.data_dir, "testing": options.testing or None}, file=options.config
    )
    from hourloom.device import logs  # noqa: PLC0415 - as above
    from hourloom.device.away.telling import rule_of  # noqa: PLC0415 - as above
    from hourloom.device.instance import login_directory  # noqa: PLC0415 - as above
    from hourloom.device.program import Program  # noqa: PLC0415 - as above
    from hourloom.device.tray import Acting, TrayWatcher  # noqa: PLC0415 - as above

    logs.set_up()
    place = place_of(configuration, options.server, options.token_file)
    if not options.testing:
        place = place._replace(login=login_directory(os.environ))
    away, observing = _away(lambda back: program.returned(back)), _windows()  # noqa: PLW0108 - it is made below
    tray = TrayWatcher(lambda choice: acting(choice), os.environ)  # noqa: PLW0108 - it is made below
    program = Program(
        place,
        [observing, away, tray],
        show=tray.show,
        notes={tray.name: tray.obstacle},
        follow=lambda settings: away.follow(rule_of(settings)),
        ends_with_nothing=options.beside_server,
        say=_say,
        environment=os.environ,
    )
    opens = [sys.executable, "-P", "-m", "hourloom", "open", "--data-dir", str(configuration.data_dir)]
    acting = Acting(_Pausing(program), SystemClock(), lambda: _start(opens), program.stop)
    program.run()
    return 0


def _say(sentence: str) -> None:
    print(f"hourloom: {sentence}", file=sys.stderr, flush=True)  # noqa: T201 - a program's word


class _Pausing:
    """Pauses for the icon's menu."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def pause(self, until: Instant | None) -> None:
        self._program.pause(until)

    def resume(self) -> None:
        self._program.resume()


def _start(words: list[str]) -> None:
    """Start a program that goes its own way."""
    import subprocess  # noqa: PLC0415 - only when somebody chooses to

    quiet = subprocess.DEVNULL
    subprocess.Popen(words, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)


def _windows() -> Watcher:
    from hourloom.device.windows import WindowWatcher  # noqa: PLC0415 - as above

    return WindowWatcher(os.environ)


def _away(returned: Callable[[Returned], None] = lambda back: None) -> AwayWatcher:
    from hourloom.device.away import AwayWatcher  # noqa: PLC0415 - as above

    return AwayWatcher(os.environ, returned=returned)


def place_of(
    configuration: Configuration, server: str | None = None, token_file: Path | None = None
) -> Place:
    """Return where the program keeps what it keeps, and how it reaches its server."""
    from hourloom.device.program import Place  # noqa: PLC0415 - as above
    from hourloom.sdk.connection import connect_to  # noqa: PLC0415 - as above

    device = socket.gethostname() or "unknown"
    reach: Callable[[], Line] = partial(_by_socket, configuration)
    if server is not None:
        if token_file is None:
            raise TokenMissing
        reach = partial(connect_to, server, token_file)
    return Place(configuration.data_dir, configuration.config_dir, reach, device)


def _by_socket(configuration: Configuration) -> Line:
    """Reach the server beside this program: on its port it would not know who asks."""
    from hourloom.sdk.connection import SOCKET_FILE, ServerNotRunning  # noqa: PLC0415 - as above
    from hourloom.sdk.socket_way import by_socket  # noqa: PLC0415 - as above

    way = by_socket(configuration.data_dir, configuration.port)
    if way is None:
        raise ServerNotRunning(where=configuration.data_dir / SOCKET_FILE)
    return way


class _Options(NamedTuple):
    """The words after `hourloom device`."""

    data_dir: Path | None = None
    config: Path | None = None
    server: str | None = None
    token_file: Path | None = None
    testing: bool = False
    beside_server: bool = False
    """Whether a supervisor runs it beside the server: it ends where there is nothing to observe."""


def _options(words: Sequence[str]) -> _Options:
    """Read options by hand: the library for it takes a megabyte for as long as the program runs."""
    found: dict[str, Any] = {}  # each value is of its option's type
    left = deque(words)
    while left:
        name, equals, value = left.popleft().partition("=")
        if name in ("--testing", "--beside-server") and not equals:
            found[name[2:].replace("-", "_")] = True
        elif name in ("--data-dir", "--config", "--server", "--token-file") and (equals or left):
            value = value if equals else left.popleft()
            found[name[2:].replace("-", "_")] = value if name == "--server" else Path(value).expanduser()
        else:
            raise WrongOption(name=name[:40])
    return _Options(**found)


class LocalDevice:
    """The device program of a data directory."""

    def __init__(self, configuration: Configuration) -> None:
        from hourloom.device.instance import SOCKET  # noqa: PLC0415 - as above

        self._configuration = configuration
        self._directory = configuration.data_dir / "run"
        self._socket = self._directory / SOCKET

    def health(self) -> tuple[bool, DeviceHealth | None]:
        """Tell whether it runs, and how it is doing, or was."""
        from hourloom.core.device_health import DeviceHealth  # noqa: PLC0415 - as above
        from hourloom.device import health  # noqa: PLC0415 - as above
        from hourloom.device.control import DeviceNotRunning  # noqa: PLC0415 - as above
        from hourloom.device.instance import HEALTH  # noqa: PLC0415 - as above

        try:
            return True, self._asked("status", type=DeviceHealth)
        except DeviceNotRunning:
            return False, health.read(self._directory / HEALTH)

    def examine(self) -> Iterator[Check]:
        """Walk through what can be observed."""
        from hourloom.cli.handed import Check  # noqa: PLC0415 - as above
        from hourloom.device.doctor import examine  # noqa: PLC0415 - as above

        for verdict, what, said, advice in examine(self._socket, [_windows(), _away()], os.environ):
            yield Check(verdict, what, said, advice)

    def pause(self, length: str) -> datetime:
        """Record nothing for a while; return until when."""
        until: datetime = self._asked("pause", length, type=datetime)
        return until

    def resume(self) -> None:
        """Record again."""
        self._asked("resume")

    def letters(self) -> list[DeadLetter]:
        """Return what the server refused for good."""
        from hourloom.cli.handed import DeadLetter  # noqa: PLC0415 - as above

        found: list[DeadLetter] = self._with_letters("letters", "", list[DeadLetter])
        return found

    def retry(self, id: str | None) -> int:
        """Send one again, or all; return how many."""
        count: int = self._with_letters("retry", id or "", int)
        return count

    def discard(self, id: str | None) -> int:
        """Forget one, or all; return how many."""
        count: int = self._with_letters("discard", id or "", int)
        return count

    def install(self, words: list[str]) -> str:
        """Let it start at login with these words; return where that is written."""
        from hourloom.device import login  # noqa: PLC0415 - as above

        return login.install(self._starter(words))

    def printed(self, words: list[str]) -> Mapping[str, str]:
        """Return what `install` would write, by where."""
        from hourloom.device import login  # noqa: PLC0415 - as above

        return login.printed(self._starter(words))

    def uninstall(self) -> bool:
        """Let it start at login no longer; tell whether it did."""
        from hourloom.device import login  # noqa: PLC0415 - as above

        return login.uninstall(self._starter([]))

    def install_gnome_extension(self) -> tuple[Path, str]:
        """Put our extension into GNOME Shell; return where it is, and the next step."""
        from hourloom.device.windows.gnome_install import install_gnome_extension  # noqa: PLC0415 - as above

        done = install_gnome_extension(os.environ)
        return done.directory, done.next_step

    def remove_gnome_extension(self) -> None:
        """Take it out again."""
        from hourloom.device.windows.gnome_install import uninstall_gnome_extension  # noqa: PLC0415 - as above

        uninstall_gnome_extension(os.environ)

    def _starter(self, words: list[str]) -> Starter:
        from hourloom.device import login  # noqa: PLC0415 - as above

        return login.starter(os.environ, login.command(words), data_dir=self._configuration.data_dir)

    def _asked(self, do: str, argument: str = "", type: Any = None) -> Any:  # noqa: A002 - whatever is asked for
        from hourloom.core.decoding import decode  # noqa: PLC0415 - as above
        from hourloom.device.control import ask  # noqa: PLC0415 - as above

        return decode(ask(self._socket, do, argument), type or object)

    def _with_letters(self, do: str, argument: str, shape: Any) -> Any:  # whatever is asked for
        """Ask the running program, or look into its queue ourselves."""
        import msgspec  # noqa: PLC0415 - as above

        from hourloom.core.decoding import decode  # noqa: PLC0415 - as above
        from hourloom.device.control import DeviceNotRunning  # noqa: PLC0415 - as above
        from hourloom.device.program import letter_acts  # noqa: PLC0415 - as above
        from hourloom.sdk.outbox import Outbox  # noqa: PLC0415 - as above

        with contextlib.suppress(DeviceNotRunning):
            return self._asked(do, argument, type=shape)
        place = place_of(self._configuration)
        with Outbox(place.outbox, _nobody, key_file=place.key_file) as outbox:
            found = letter_acts(outbox)[do](argument)
        return decode(msgspec.json.encode(found), shape)


def _nobody() -> NoReturn:
    """Reach no server: a command only looks."""
    from hourloom.sdk.connection import SOCKET_FILE, ServerNotRunning  # noqa: PLC0415 - as above

    raise ServerNotRunning(where=SOCKET_FILE)

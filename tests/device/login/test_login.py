"""Starting at login: what is written where, that twice is once, and that nothing is left."""

from __future__ import annotations

import configparser
import plistlib
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import pytest

from hourloom.device.instance import ALREADY
from hourloom.device.login import command, install, printed, starter, uninstall
from hourloom.device.login.autostart import Autostart
from hourloom.device.login.files import NotForThere, NotWritten
from hourloom.device.login.macos import LABEL, LaunchAgent, LaunchdRefused
from hourloom.device.login.systemd import SystemdRefused, UserUnit
from hourloom.device.login.windows import KEY, VALUE, RunKey, UserRegistry

COMMAND = [
    "/opt/py thon/bin/python3",
    "-I",
    "-m",
    "hourloom",
    "device",
    "--data-dir",
    'a "b" $HOME %h \\ `x`',
]
on_unix = pytest.mark.skipif(sys.platform == "win32", reason="there is no systemd")

SYSTEMCTL = """#!/bin/sh
echo "$*" >> "{log}"
if [ -e "{refuses}" ]; then echo "Unit is masked." >&2; exit 1; fi
"""


class Desktop:
    """A home with a systemctl that writes down what it was told."""

    def __init__(self, root: Path) -> None:
        self.root, self.log, self.refuses = root, root / "told", root / "refuses"
        (root / "bin").mkdir()
        program = root / "bin" / "systemctl"
        program.write_text(SYSTEMCTL.format(log=self.log, refuses=self.refuses))
        program.chmod(0o755)
        self.socket = root / "runtime" / "systemd" / "private"
        self.socket.parent.mkdir(parents=True)
        self.socket.touch()
        self.config = root / "config"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": str(self.root / "bin"),
            "XDG_CONFIG_HOME": str(self.config),
            "XDG_RUNTIME_DIR": str(self.root / "runtime"),
        }

    @property
    def told(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    @property
    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.config)) for path in self.config.rglob("*") if path.is_file())


@pytest.fixture
def desktop(tmp_path: Path) -> Desktop:
    return Desktop(tmp_path)


@on_unix
def test_with_systemd_a_unit_is_enabled_and_started(desktop: Desktop) -> None:
    chosen = starter(desktop.environment, COMMAND, platform="linux")
    where = install(chosen)
    assert desktop.files == ["systemd/user/hourloom-device.service"]
    assert where == str(desktop.config / desktop.files[0])
    assert printed(chosen) == {where: Path(where).read_text()}
    assert desktop.told == [
        "--user --quiet daemon-reload",
        "--user --quiet enable hourloom-device.service",
        "--user --quiet restart hourloom-device.service",
    ]
    install(chosen)
    assert desktop.files == ["systemd/user/hourloom-device.service"]
    assert uninstall(chosen)
    assert desktop.files == []
    assert "--user --quiet disable --now hourloom-device.service" in desktop.told
    assert desktop.told[-1] == "--user --quiet daemon-reload"
    assert not uninstall(chosen)


@on_unix
def test_without_systemd_the_desktop_starts_it(desktop: Desktop) -> None:
    desktop.socket.unlink()
    chosen = starter(desktop.environment, COMMAND, platform="linux")
    for _ in range(2):
        install(chosen)
        assert desktop.files == ["autostart/hourloom-device.desktop"]
    assert desktop.told == []
    assert uninstall(chosen)
    assert desktop.files == []
    assert not uninstall(chosen)


@on_unix
def test_what_another_way_left_is_replaced_and_removed(desktop: Desktop) -> None:
    desktop.socket.unlink()
    install(starter(desktop.environment, COMMAND, platform="linux"))
    desktop.socket.touch()
    with_systemd = starter(desktop.environment, COMMAND, platform="linux")
    install(with_systemd)
    assert desktop.files == ["systemd/user/hourloom-device.service"]
    wants = desktop.config / "systemd" / "user" / "default.target.wants" / "hourloom-device.service"
    wants.parent.mkdir()
    wants.symlink_to(desktop.config / "systemd" / "user" / "hourloom-device.service")
    desktop.socket.unlink()
    assert uninstall(starter(desktop.environment, COMMAND, platform="linux"))
    assert desktop.files == []
    assert not wants.is_symlink()


@on_unix
def test_what_systemd_refuses_is_one_sentence(desktop: Desktop) -> None:
    desktop.refuses.touch()
    with pytest.raises(SystemdRefused, match=r"systemd refused to read the unit: Unit is masked\.$"):
        install(starter(desktop.environment, COMMAND, platform="linux"))


@on_unix
def test_systemd_reads_the_command_as_it_is(desktop: Desktop) -> None:
    ((path, text),) = printed(UserUnit(COMMAND, desktop.config, desktop.environment)).items()
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.read_string(text)
    words = re.findall(r'"((?:[^"\\]|\\.)*)"', parser["Service"]["ExecStart"])
    read = [re.sub(r"\\(.)", r"\1", word).replace("$$", "$").replace("%%", "%") for word in words]
    assert read == COMMAND
    assert path.endswith("hourloom-device.service")


@on_unix
def test_systemd_does_not_start_what_would_end_again(desktop: Desktop) -> None:
    (text,) = printed(UserUnit(COMMAND, desktop.config, desktop.environment)).values()
    assert f"\nRestartPreventExitStatus=2 {ALREADY}\n" in text


@on_unix
def test_systemd_itself_finds_no_fault_in_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze")
    unit = tmp_path / "hourloom-device.service"
    (text,) = printed(UserUnit([sys.executable, "-I"], tmp_path, {})).values()
    unit.write_text(text)
    done = subprocess.run(
        [analyze, "--user", "--man=no", "verify", str(unit)],
        env={"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    about_it = [line for line in done.stderr.splitlines() if "hourloom-device" in line]
    assert about_it == []


def test_a_desktop_reads_the_command_as_it_is(tmp_path: Path) -> None:
    (text,) = printed(Autostart(COMMAND, tmp_path)).values()
    parser = configparser.RawConfigParser(delimiters=("=",))
    parser.read_string(text)
    # First as a string of the file, then as a command line, as the specification says.
    line = parser["Desktop Entry"]["Exec"].replace("\\\\", "\\")
    words = [
        re.sub(r"\\(.)", r"\1", quoted) if quoted else plain
        for quoted, plain in re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line)
    ]
    assert [word.replace("%%", "%") for word in words] == COMMAND


@pytest.mark.parametrize("make", [Autostart, lambda words, path: UserUnit(words, path, {})])
def test_what_no_line_can_hold_is_refused(make: object, tmp_path: Path) -> None:
    assert callable(make)
    with pytest.raises(NotForThere):
        printed(make(["python", "a\nExec=evil"], tmp_path))


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "autostart").write_text("a file")
    with pytest.raises(NotWritten, match="cannot be written"):
        install(Autostart(COMMAND, tmp_path))


def test_the_command_is_this_python(tmp_path: Path) -> None:
    assert command(["--server", "http://x"]) == [
        sys.executable,
        "-I",
        "-m",
        "hourloom",
        "device",
        "--server",
        "http://x",
    ]


class Launchd:
    """Answers like launchctl: what is not loaded cannot be unloaded, nothing is loaded twice."""

    def __init__(self) -> None:
        self.loaded: set[str] = set()
        self.refuses = False

    def __call__(self, words: Sequence[str]) -> tuple[int, str]:
        if self.refuses:
            return 5, "Bootstrap failed: 5: Input/output error\nTry again.\n"
        match words:
            case ["bootout", service]:
                if service not in self.loaded:
                    return 3, "Boot-out failed: 3: No such process"
                self.loaded.remove(service)
            case ["bootstrap", domain, path]:
                label = plistlib.loads(Path(path).read_bytes())["Label"]
                if f"{domain}/{label}" in self.loaded:
                    return 37, "Bootstrap failed: 37: Operation already in progress"
                self.loaded.add(f"{domain}/{label}")
            case _:
                return 64, "Unrecognized subcommand"
        return 0, ""


def test_on_macos_an_agent_is_loaded(tmp_path: Path) -> None:
    launchd = Launchd()
    agent = LaunchAgent(COMMAND, tmp_path, tmp_path / "data", launchd, uid=501)
    where = install(agent)
    for _ in range(2):
        assert install(agent) == where
        assert launchd.loaded == {f"gui/501/{LABEL}"}
    facts = plistlib.loads(Path(where).read_bytes())
    assert facts["ProgramArguments"] == COMMAND
    assert facts["RunAtLoad"] is True
    assert facts["KeepAlive"] == {"SuccessfulExit": False}
    assert uninstall(agent)
    assert (launchd.loaded, Path(where).exists()) == (set(), False)
    assert not uninstall(agent)


def test_what_launchd_refuses_is_one_sentence(tmp_path: Path) -> None:
    launchd = Launchd()
    launchd.refuses = True
    with pytest.raises(LaunchdRefused, match="launchd refused to stop the watchers: Bootstrap failed"):
        install(LaunchAgent(COMMAND, tmp_path, None, launchd, uid=501))


class Registry(dict[tuple[str, str], str]):
    """A part of the registry."""

    def read(self, key: str, name: str) -> str | None:
        return self.get((key, name))

    def write(self, key: str, name: str, text: str) -> None:
        self[key, name] = text

    def delete(self, key: str, name: str) -> None:
        del self[key, name]


def test_on_windows_a_value_is_set() -> None:
    registry = Registry()
    run_key = RunKey([r"C:\Program Files\py\python.exe", "-m", "hourloom", "device"], registry)
    for _ in range(2):
        assert install(run_key) == rf"HKEY_CURRENT_USER\{KEY}\{VALUE}"
        assert registry == {(KEY, VALUE): r'"C:\Program Files\py\pythonw.exe" -m hourloom device'}
    assert uninstall(run_key)
    assert registry == {}
    assert not uninstall(run_key)


def test_on_windows_a_command_that_is_too_long_is_refused() -> None:
    with pytest.raises(NotForThere, match="longer than 260"):
        install(RunKey(["python.exe", "x" * 300], Registry()))


class Winreg:
    """The standard library's registry, as far as it is used."""

    HKEY_CURRENT_USER, REG_SZ, KEY_SET_VALUE = "HKCU", 1, 2

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def OpenKey(self, root: str, key: str, reserved: int = 0, access: int = 0) -> Winreg:  # noqa: ARG002, N802
        if not self.values:
            raise FileNotFoundError
        return self

    def CreateKey(self, root: str, key: str) -> Winreg:  # noqa: ARG002, N802
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def QueryValueEx(self, key: object, name: str) -> tuple[str, int]:  # noqa: ARG002, N802
        return self.values[name], 1

    def SetValueEx(self, key: object, name: str, reserved: int, kind: int, text: str) -> None:  # noqa: ARG002, N802
        self.values[name] = text

    def DeleteValue(self, key: object, name: str) -> None:  # noqa: ARG002, N802
        del self.values[name]


def test_the_users_registry_is_read_and_written(monkeypatch: pytest.MonkeyPatch) -> None:
    winreg = Winreg()
    monkeypatch.setitem(sys.modules, "winreg", winreg)
    registry = UserRegistry()
    assert registry.read(KEY, VALUE) is None
    registry.write(KEY, VALUE, "x")
    assert registry.read(KEY, VALUE) == "x"
    registry.delete(KEY, VALUE)
    assert winreg.values == {}

"""Hourloom as a service: the units, and what systemd is told to do with them."""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hourloom.local.units import SERVICE, SOCKET, NoUnitForThat, units
from tests.cli.program import Program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no systemd")

SYSTEMCTL = """#!/bin/sh
echo "$*" >> "{log}"
case "$*" in *enable*|*disable*) if [ -e "{refuses}" ]; then echo "Unit is masked." >&2; exit 1; fi;; esac
if [ -e "{away}" ]; then echo "Failed to connect to bus" >&2; exit 1; fi
"""


class Systemd:
    """A systemctl that writes down what it was told."""

    def __init__(self, directory: Path) -> None:
        self.log, self.refuses, self.away = (directory / name for name in ("told", "refuses", "away"))
        self.bin = directory / "bin"
        self.bin.mkdir()
        program = self.bin / "systemctl"
        program.write_text(SYSTEMCTL.format(log=self.log, refuses=self.refuses, away=self.away))
        program.chmod(0o755)

    @property
    def told(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def systemd(tmp_path: Path) -> Systemd:
    return Systemd(tmp_path)


def read(text: str) -> configparser.RawConfigParser:
    """Read a unit; a key may come again, so that only the last is looked at here."""
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as the library says
    parser.read_string(text)
    return parser


def of_service(**changes: object) -> configparser.RawConfigParser:
    facts: dict[str, Any] = {"host": "127.0.0.1", "port": 5600, "command": ["x"], "writable": [Path("/data")]}
    return read(units(**{**facts, **changes})[SERVICE])


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [
        ("127.0.0.1", 5600, "127.0.0.1:5600"),
        ("localhost", 5601, "127.0.0.1:5601"),
        ("::1", 5600, "[::1]:5600"),
        ("0.0.0.0", 80, "0.0.0.0:80"),
    ],
)
def test_the_socket_listens_where_the_server_would(host: str, port: int, address: str) -> None:
    socket = read(units(host, port, ["x"], [])[SOCKET])
    assert socket["Socket"]["ListenStream"] == address
    assert socket["Install"]["WantedBy"] == "sockets.target"


@pytest.mark.parametrize(
    ("host", "port"), [("tower", 5600), ("127.0.0.1", 0), ("127.0.0.1\nExecStart=/x", 1)]
)
def test_what_systemd_cannot_be_told_is_refused(host: str, port: int) -> None:
    with pytest.raises(NoUnitForThat):
        units(host, port, ["x"], [])


def test_the_server_gets_what_it_needs_and_nothing_else() -> None:
    service = of_service()["Service"]
    assert service["RestrictAddressFamilies"].split() == ["AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"]
    assert service["ReadWritePaths"] == '"/data"'
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    shut = ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "PrivateUsers", "RestrictNamespaces")
    assert [service[name] for name in (*shut, "MemoryDenyWriteExecute", "LockPersonality")] == ["yes"] * 7


def test_a_server_that_only_a_person_can_help_is_not_started_again() -> None:
    service = of_service()
    assert service["Service"]["RestartPreventExitStatus"].split() == ["2", "3"]
    assert service["Unit"]["StartLimitIntervalSec"] == "0"


@pytest.mark.parametrize("word", ["plain", "with blank", 'quo"te', "back\\slash", "$HOME", "100%h", "é"])
def test_words_reach_the_server_as_they_are(word: str) -> None:
    written = of_service(command=["/bin/python", word])["Service"]["ExecStart"]
    assert shlex.split(written) == ["/bin/python", word.replace("%", "%%").replace("$", "$$")]


def test_a_word_cannot_add_a_line() -> None:
    with pytest.raises(NoUnitForThat, match="cannot be printed"):
        of_service(writable=[Path("/data\nExecStartPre=/x")])


def test_the_units_are_shown_and_nothing_is_made(hourloom: Program) -> None:
    shown = hourloom("service", "print", "--port", "5601", "--allow", "/mnt/backups")
    assert "ListenStream=127.0.0.1:5601" in shown.stdout
    texts = hourloom.json("service", "print", "--allow", "/mnt/backups")
    assert list(texts) == [SOCKET, SERVICE]
    service = read(texts[SERVICE])["Service"]
    assert shlex.split(service["ReadWritePaths"]) == [
        str(hourloom.data_dir),
        str(hourloom.home / "config"),
        "/mnt/backups",
    ]
    assert f'Environment="HOURLOOM_DATA_DIR={hourloom.data_dir}"' in texts[SERVICE].splitlines()
    assert list(hourloom.home.iterdir()) == []


def test_a_password_is_written_into_no_unit(hourloom: Program) -> None:
    hourloom.more["HOURLOOM_DATABASE_URL"] = "postgresql://me:secret@db/hours"
    said = hourloom.refused("service", "print")
    assert "name the database in the configuration file" in said
    assert "secret" not in said


def test_installing_writes_the_units_and_starts_them_and_uninstalling_removes_them(
    hourloom: Program, systemd: Systemd
) -> None:
    hourloom.more["PATH"] = f"{systemd.bin}:{os.environ['PATH']}"
    said = hourloom("service", "install").stderr
    directory = hourloom.home / ".config/systemd/user"
    assert str(directory) in said
    assert sorted(file.name for file in directory.iterdir()) == [SERVICE, SOCKET]
    assert {file.stat().st_mode & 0o777 for file in directory.iterdir()} == {0o600}
    assert hourloom.data_dir.stat().st_mode & 0o777 == 0o700
    assert systemd.told == [
        "--user --quiet daemon-reload",
        f"--user --quiet enable --now {SOCKET} {SERVICE}",
    ]
    hourloom("service", "uninstall")
    assert list(directory.iterdir()) == []
    assert systemd.told[2:] == [
        f"--user --quiet disable --now {SOCKET} {SERVICE}",
        "--user --quiet daemon-reload",
    ]
    assert "was no service" in hourloom("service", "uninstall").stderr
    assert hourloom.data_dir.exists()


def test_what_systemd_refuses_is_said(hourloom: Program, systemd: Systemd) -> None:
    hourloom.more["PATH"] = f"{systemd.bin}:{os.environ['PATH']}"
    systemd.refuses.touch()
    assert "systemd refused to start Hourloom: Unit is masked." in hourloom.refused("service", "install")


def test_a_systemd_that_does_not_answer_leaves_no_units_behind(hourloom: Program, systemd: Systemd) -> None:
    hourloom.more["PATH"] = f"{systemd.bin}:{os.environ['PATH']}"
    systemd.away.touch()
    assert "systemd refused to read the units" in hourloom.refused("service", "install")
    assert list((hourloom.home / ".config/systemd/user").iterdir()) == []
    assert "was no service" in hourloom("service", "uninstall").stderr


def test_where_there_is_no_systemd_that_is_said(hourloom: Program) -> None:
    hourloom.more["PATH"] = str(hourloom.home)
    assert "There is no systemd for users" in hourloom.refused("service", "install")
    assert "There is no systemd for users" in hourloom.refused("service", "uninstall")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_itself_finds_nothing_wrong(tmp_path: Path) -> None:
    for name, text in units("127.0.0.1", 5600, [sys.executable, "serve"], [tmp_path]).items():
        (tmp_path / name).write_text(text)
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--user", tmp_path / SOCKET, tmp_path / SERVICE],
        env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    exposure = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=25", tmp_path / SERVICE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert exposure.returncode == 0, exposure.stdout[-500:]

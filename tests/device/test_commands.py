"""What people's commands write and run: starting at login, GNOME's extension, and one program for a login."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from hourloom.device.instance import ALREADY, Instance, lock_of
from hourloom.device.windows.gnome_install import UUID
from tests.cli.program import Program

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="only Linux has these")

GSETTINGS = """#!/bin/sh
case "$1 $3" in
"get enabled-extensions") /bin/cat "{state}" ;;
"get disable-user-extensions") echo false ;;
"set enabled-extensions") printf '%s' "$4" > "{state}" ;;
esac
"""


def a_program(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def hourloom(tmp_path: Path) -> Program:
    """Return one whose login has a directory of its own, and no systemd."""
    login = tmp_path / "login"
    login.mkdir(mode=0o700)
    own = {"XDG_RUNTIME_DIR": str(login), "XDG_CONFIG_HOME": str(tmp_path / "config-home")}
    return Program(tmp_path, more=own)


def test_starting_at_login_is_shown_written_and_taken_back(hourloom: Program) -> None:
    file = hourloom.home / "config-home" / "autostart" / "hourloom-device.desktop"
    shown = hourloom("device", "install", "--print", "--data-dir", "/some where").stdout
    assert shown.startswith(f"# {file}\n[Desktop Entry]\n")
    assert '--data-dir "/some where"' in shown
    assert not file.parent.exists()
    said = hourloom("device", "install", "--data-dir", "/some where")
    assert str(file) in said.stdout + said.stderr
    assert file.read_text() == shown.partition("\n")[2]
    assert "no longer" in hourloom("device", "uninstall").stderr
    assert not file.exists()
    assert "did not" in hourloom("device", "uninstall").stderr


def test_the_extension_of_gnome_is_installed_and_removed_by_command(hourloom: Program) -> None:
    home, state = hourloom.home, hourloom.home / "enabled"
    hourloom.more["PATH"] = str(home / "bin")
    assert "Only GNOME needs the extension" in hourloom.refused("device", "gnome-extension", "install")
    state.write_text("@as []")
    a_program(home / "bin" / "gnome-shell", "#!/bin/sh\necho GNOME Shell 47.2\n")
    a_program(home / "bin" / "gsettings", GSETTINGS.format(state=state))
    said = hourloom("device", "gnome-extension", "install")
    directory = home / ".local" / "share" / "gnome-shell" / "extensions" / UUID
    assert (directory / "extension.js").exists()
    assert str(directory) in said.stdout + said.stderr
    assert "Log out and in again" in said.stdout + said.stderr
    assert json.loads(state.read_text()) == [UUID]
    hourloom("device", "gnome-extension", "remove")
    assert not directory.exists()
    assert json.loads(state.read_text()) == []


def test_a_second_program_of_a_login_ends_so_that_nobody_starts_it_again(hourloom: Program) -> None:
    first = Instance(lock_of(hourloom.data_dir, hourloom.home / "login"))
    try:
        hourloom.more["HOURLOOM_DATA_DIR"] = str(hourloom.home / "elsewhere")
        for words, code in (((), ALREADY), (("--beside-server",), 0)):
            done = hourloom("device", *words, code=code)
            assert done.stderr.count("\n") == 1
            assert "records here already" in done.stderr
    finally:
        first.release()

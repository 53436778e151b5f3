"""The extension of GNOME Shell is put where the shell finds it, in the form that its version wants."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from hourloom.device.windows import gnome_install
from hourloom.device.windows.gnome_install import (
    SHIPPED,
    UUID,
    CannotInstall,
    install_gnome_extension,
    run_program,
    shell_version,
    uninstall_gnome_extension,
)


class FakeGnomePrograms:
    """`gnome-shell` and `gsettings`, which keep what they are told."""

    def __init__(self, version: str = "GNOME Shell 47.2", enabled: str = "@as []") -> None:
        self.version, self.enabled, self.disabled = version, enabled, "false"

    def __call__(self, command: Sequence[str]) -> str:
        match list(command):
            case ["gnome-shell", "--version"]:
                return self.version + "\n"
            case ["gsettings", "get", "org.gnome.shell", "enabled-extensions"]:
                return self.enabled + "\n"
            case ["gsettings", "get", "org.gnome.shell", "disable-user-extensions"]:
                return self.disabled + "\n"
            case ["gsettings", "set", "org.gnome.shell", "enabled-extensions", value]:
                self.enabled = value
                return ""
            case _:
                raise AssertionError(command)


@pytest.mark.parametrize(
    ("version", "shipped"),
    [
        ("43.9", "extension-43.js"),
        ("44.0", "extension-43.js"),
        ("45.1", "extension-45.js"),
        ("60", "extension-45.js"),
    ],
)
def test_the_form_fits_the_version(version: str, shipped: str, tmp_path: Path) -> None:
    programs = FakeGnomePrograms(f"GNOME Shell {version}", "['dash@example.org']")
    done = install_gnome_extension({"XDG_DATA_HOME": str(tmp_path)}, programs)
    assert done.directory == tmp_path / "gnome-shell" / "extensions" / UUID
    assert (done.directory / "extension.js").read_text() == (SHIPPED / shipped).read_text()
    metadata = json.loads((done.directory / "metadata.json").read_text())
    assert metadata["uuid"] == UUID
    assert version.partition(".")[0] in metadata["shell-version"]
    assert json.loads(programs.enabled) == ["dash@example.org", UUID]
    assert "Log out" in done.next_step


def test_installing_twice_and_removing_leaves_what_was_there(tmp_path: Path) -> None:
    programs = FakeGnomePrograms()
    environment = {"HOME": str(tmp_path)}
    install_gnome_extension(environment, programs)
    directory = install_gnome_extension(environment, programs).directory
    assert programs.enabled.count(UUID) == 1
    assert directory.is_relative_to(tmp_path / ".local/share")
    for _ in range(2):
        uninstall_gnome_extension(environment, programs)
    assert json.loads(programs.enabled) == []
    assert not directory.exists()


@pytest.mark.parametrize(
    ("programs", "reason"),
    [
        (FakeGnomePrograms("GNOME Shell 42.1"), "does not work with GNOME 42"),
        (FakeGnomePrograms("sh: not found"), "is not there"),
        (FakeGnomePrograms(enabled="nonsense("), "cannot be read"),
        (FakeGnomePrograms(enabled="7"), "cannot be read"),
    ],
)
def test_what_stands_in_the_way_is_said(programs: FakeGnomePrograms, reason: str, tmp_path: Path) -> None:
    with pytest.raises(CannotInstall, match=reason) as raised:
        install_gnome_extension({"HOME": str(tmp_path)}, programs)
    assert raised.value.fields["next_step"]


def test_extensions_that_are_switched_off_as_a_whole_are_said(tmp_path: Path) -> None:
    programs = FakeGnomePrograms()
    programs.disabled = "true"
    with pytest.raises(CannotInstall, match="run no extensions"):
        install_gnome_extension({"HOME": str(tmp_path)}, programs)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "gnome-shell").write_text("a file")
    with pytest.raises(CannotInstall, match="cannot be written"):
        install_gnome_extension({"XDG_DATA_HOME": str(tmp_path)}, FakeGnomePrograms())


def test_programs_that_are_missing_or_fail_are_said() -> None:
    with pytest.raises(CannotInstall, match="is missing"):
        run_program(["hourloom-has-no-such-program"])
    with pytest.raises(CannotInstall, match="failed"):
        run_program([sys.executable, "-c", "raise SystemExit(3)"])
    assert shell_version(run_program([sys.executable, "-c", "print('GNOME Shell 48.alpha')"])) == 48


def test_both_forms_do_the_same() -> None:
    modern, legacy = ((SHIPPED / f"extension-{since}.js").read_text() for since in (45, 43))
    body = re.search(r"const PATH.*?\n}\n", modern, re.DOTALL)
    assert body is not None
    assert body[0].replace("export default class", "class") in legacy


def test_it_is_part_of_the_package() -> None:
    root = Path(gnome_install.__file__).parents[4]
    wheel = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel == {"packages": ["src/hourloom"]}
    assert sorted(path.name for path in SHIPPED.iterdir()) == [
        "extension-43.js",
        "extension-45.js",
        "metadata.json",
    ]

"""Puts the extension of GNOME Shell where the shell finds it, and switches it on."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hourloom.core.errors import Unavailable

SHIPPED = Path(__file__).with_name("gnome_extension")
UUID = "windows@hourloom"
MODULES_SINCE = 45
"""From this GNOME on, extensions are written as modules."""
SCHEMA = "org.gnome.shell"
PATIENCE = 10

Run = Callable[[Sequence[str]], str]


class CannotInstall(Unavailable):
    """{reason}. {next_step}."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What was done, and what the person has to do still."""

    directory: Path
    next_step: str


def install_gnome_extension(environment: Mapping[str, str], run: Run | None = None) -> Installed:
    """Install the extension for this user and switch it on; raises CannotInstall."""
    run = run or run_program
    version = shell_version(run(["gnome-shell", "--version"]))
    supported = [int(text) for text in _metadata()["shell-version"]]
    if version < min(supported):
        raise CannotInstall(
            reason=f"The extension does not work with GNOME {version}", next_step="Update GNOME"
        )
    directory = extension_directory(environment)
    _copy(directory, version, [*supported, version] if version > max(supported) else supported)
    _switch_on(run)
    return Installed(directory, "Log out and in again, so that GNOME Shell loads the extension")


def uninstall_gnome_extension(environment: Mapping[str, str], run: Run | None = None) -> None:
    """Switch the extension off and remove it; nothing happens if it is not there."""
    run = run or run_program
    enabled = _enabled(run)
    if UUID in enabled:
        _enable(run, [each for each in enabled if each != UUID])
    shutil.rmtree(extension_directory(environment), ignore_errors=True)


def extension_directory(environment: Mapping[str, str]) -> Path:
    """Return where GNOME Shell looks for this extension."""
    home = environment.get("XDG_DATA_HOME") or str(
        Path(environment.get("HOME") or Path.home()) / ".local/share"
    )
    return Path(home) / "gnome-shell" / "extensions" / UUID


def shell_version(text: str) -> int:
    """Read the major version in what `gnome-shell --version` says."""
    found = re.search(r"GNOME Shell (\d{1,3})\b", text)
    if found is None:
        raise CannotInstall(reason="GNOME Shell is not there", next_step="Only GNOME needs the extension")
    return int(found[1])


def run_program(command: Sequence[str]) -> str:
    """Run a program of GNOME and return what it says; raises CannotInstall."""
    path = shutil.which(command[0])
    if path is None:
        raise CannotInstall(
            reason=f"The program {command[0]} is missing", next_step="Only GNOME needs the extension"
        )
    try:
        done = subprocess.run(
            [path, *command[1:]],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
            encoding="utf-8",
        )
    except (OSError, subprocess.SubprocessError):
        raise CannotInstall(reason=f"The program {command[0]} failed", next_step="Try it yourself") from None
    return done.stdout


def _metadata() -> dict[str, list[str]]:
    metadata: dict[str, list[str]] = json.loads((SHIPPED / "metadata.json").read_text())
    return metadata


def _copy(directory: Path, version: int, supported: Sequence[int]) -> None:
    script = "extension-45.js" if version >= MODULES_SINCE else "extension-43.js"
    metadata = _metadata() | {"shell-version": [str(each) for each in supported]}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SHIPPED / script, directory / "extension.js")
        (directory / "metadata.json").write_text(json.dumps(metadata, indent=2) + "\n")
    except OSError as fault:
        raise CannotInstall(
            reason=f"{directory} cannot be written ({fault.strerror})", next_step="Look at its permissions"
        ) from None


def _switch_on(run: Run) -> None:
    enabled = _enabled(run)
    if UUID not in enabled:
        _enable(run, [*enabled, UUID])
    if run(["gsettings", "get", SCHEMA, "disable-user-extensions"]).strip() == "true":
        raise CannotInstall(
            reason="The extension is installed, but GNOME is told to run no extensions",
            next_step="Switch extensions on in the program Extensions, then log out and in again",
        )


def _enabled(run: Run) -> list[str]:
    """Return the extensions that are switched on."""
    text = run(["gsettings", "get", SCHEMA, "enabled-extensions"]).strip().removeprefix("@as").strip()
    try:
        listed = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        listed = None
    if not isinstance(listed, list):
        raise CannotInstall(
            reason="GNOME's list of extensions cannot be read",
            next_step="Switch the extension Hourloom on in the program Extensions",
        )
    return [str(each) for each in listed]


def _enable(run: Run, extensions: Sequence[str]) -> None:
    run(["gsettings", "set", SCHEMA, "enabled-extensions", json.dumps(list(extensions))])

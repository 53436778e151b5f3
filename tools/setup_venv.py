"""Prepare a virtual environment from a hashed lock, with uv where it can be had and with pip where not."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV_LOCK = ROOT / "requirements" / "uv.txt"
PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")
UV = ("-m", "uv", "--quiet", "pip")


class StepFailed(Exception):
    """A step of the set-up ended with an error."""


def main() -> None:
    """Prepare the environment that the command line names, and say how long it took."""
    options = arguments()
    began = time.monotonic()
    try:
        prepare(options.venv, options.lock, with_project=options.project)
    except StepFailed as failure:
        sys.exit(f"The set-up of {options.venv} failed at: {failure}")
    print(f"Prepared {options.venv} in {time.monotonic() - began:.1f} s.", flush=True)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("venv", type=Path)
    parser.add_argument("lock", type=Path)
    parser.add_argument("--project", action="store_true", help="install this project too, in place")
    return parser.parse_args()


def prepare(venv: Path, lock: Path, *, with_project: bool) -> None:
    """Bring the environment to exactly what the lock says."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this runs on whatever Python a newcomer has
        raise StepFailed("Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3")
    python = create(venv)
    print(f"Installing {lock.name} in {venv} …", flush=True)
    if not (install_uv(python) and sync_with_uv(python, lock)):
        run(python, *PIP, "install", "--require-hashes", "-r", str(lock))
    if with_project:
        install_project(python)


def create(venv: Path) -> Path:
    """Make the environment unless a working one is there, and return its interpreter."""
    python = venv.absolute() / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if python.exists() and succeeds(python, "-m", "pip", "--version"):
        return python
    if not succeeds(sys.executable, "-m", "venv", "--clear", str(venv), quiet=True):
        create_without_ensurepip(venv, python)
    return python


def create_without_ensurepip(venv: Path, python: Path) -> None:
    """Make the environment with the system's own pip: Debian keeps ensurepip in a package of its own."""
    run(sys.executable, "-m", "venv", "--clear", "--without-pip", str(venv))
    run(sys.executable, "-m", "pip", "--python", str(python), "--quiet", "install", "pip")


def install_uv(python: Path) -> bool:
    """Try to install uv, which is several times as fast as pip."""
    return os.environ.get("HOURLOOM_SETUP_WITHOUT_UV") != "1" and succeeds(
        python, *PIP, "install", "--require-hashes", "-r", str(UV_LOCK)
    )


def sync_with_uv(python: Path, lock: Path) -> bool:
    """Try to make the installed packages equal to the lock, byte-compiled for fast starts."""
    # Some machines reach the registry through a proxy that only the system's own certificates vouch for.
    os.environ.setdefault("UV_SYSTEM_CERTS", "true")
    options = ("--python", str(python), "--require-hashes", "--compile-bytecode")
    return succeeds(python, *UV, "sync", *options, str(lock))


def install_project(python: Path) -> None:
    """Install the project in place with the build backend of the lock, and byte-compile it."""
    options = ("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    # make builds the screens by itself, where it can.
    os.environ.setdefault("HOURLOOM_WITHOUT_UI", "1")
    run(python, *PIP, "install", *options)
    run(python, "-m", "compileall", "-q", str(ROOT / "src"))


def run(*command: str | Path) -> None:
    """Run one step that must succeed."""
    if not succeeds(*command):
        raise StepFailed(" ".join(map(str, command)))


def succeeds(*command: str | Path, quiet: bool = False) -> bool:
    """Run one step and tell whether it succeeded; what it says goes to standard error."""
    output = subprocess.DEVNULL if quiet else sys.stderr
    return subprocess.run(command, stdout=output, stderr=output, check=False).returncode == 0


if __name__ == "__main__":
    main()

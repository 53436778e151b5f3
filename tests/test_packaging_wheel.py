"""The wheel installs into an empty environment and runs there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hourloom

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = "Scripts" if os.name == "nt" else "bin"


def run(*command: str | Path) -> str:
    """Run a program that must succeed and return what it printed."""
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.soak
def test_a_fresh_wheel_knows_its_version(tmp_path: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    run(sys.executable, "tools/setup_venv.py", tmp_path / "venv", "requirements/run.txt")
    run(tmp_path / "venv" / PROGRAMS / "python", "-m", "pip", "install", "--no-deps", "--no-index", wheel)
    assert hourloom.__version__ in run(tmp_path / "venv" / PROGRAMS / "hourloom", "--version")

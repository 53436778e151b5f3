"""The project can be set up from any registry, and says of itself what holds."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))

ADDRESS = re.compile(r"[a-z+]+://|file:|--(?:extra-)?index-url|--find-links|/wheels\b|@ ")
PINNED = re.compile(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==[^ ]+(?: ; .*)? \\$")
REQUIRED = re.compile(r"[A-Za-z0-9._-]+")


def lines(lock: Path) -> list[str]:
    """Return the lines of a lock that are not comments."""
    return [line for line in lock.read_text("utf-8").splitlines() if not line.lstrip().startswith("#")]


def locked(lock: Path) -> dict[str, str]:
    """Return the line of each package in a lock."""
    return {found[1]: line for line in lines(lock) if (found := PINNED.match(line))}


def names(requirements: list[str]) -> set[str]:
    """Return the packages that requirements name, as a lock writes them."""
    found = (REQUIRED.match(requirement) for requirement in requirements)
    return {re.sub(r"[-_.]+", "-", match[0]).lower() for match in found if match}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_names_no_registry(lock: Path) -> None:
    assert [line for line in lines(lock) if ADDRESS.search(line)] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_locked_package_has_hashes(lock: Path) -> None:
    text = "\n".join(lines(lock)).replace("\\\n", "")
    packages = [line for line in text.splitlines() if line.strip()]
    assert packages
    assert [line for line in packages if not PINNED.match(line.split(" --hash")[0].rstrip() + " \\")] == []
    assert [line for line in packages if "--hash=sha256:" not in line] == []


def test_pyproject_names_no_registry() -> None:
    assert ADDRESS.findall((ROOT / "pyproject.toml").read_text("utf-8")) == []


def test_no_lock_of_npm_names_a_registry() -> None:
    found = [path for path in ROOT.glob("**/package-lock.json") if "node_modules" not in path.parts]
    assert [path for path in found if '"resolved": "http' in path.read_text("utf-8")] == []


def test_the_locks_hold_every_requirement() -> None:
    project = PYPROJECT["project"]
    extras = project["optional-dependencies"]
    run, dev = locked(ROOT / "requirements/run.txt"), locked(ROOT / "requirements/dev.txt")
    assert names(project["dependencies"]) <= run.keys()
    assert names(project["dependencies"] + extras["dev"] + extras["postgres"]) - {"hourloom"} <= dev.keys()


def test_both_locks_agree_on_versions() -> None:
    run, dev = locked(ROOT / "requirements/run.txt"), locked(ROOT / "requirements/dev.txt")
    # Where one lock needs a package for more systems than the other, only the condition behind it differs.
    pins = {
        name: (line.split(";")[0].strip(" \\"), dev[name].split(";")[0].strip(" \\"))
        for name, line in run.items()
    }
    assert {name: pair for name, pair in pins.items() if pair[0] != pair[1]} == {}


def test_no_lock_of_uv_is_kept() -> None:
    assert not (ROOT / "uv.lock").exists()


def test_every_ignored_lint_rule_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    ignored = re.search(r"^ignore = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert ignored
    assert [line for line in ignored[1].splitlines() if not re.search(r'",\s+# \S+ ', line)] == []


def test_every_store_is_private() -> None:
    stores = [path.parent.name for path in (ROOT / "src/hourloom").glob("*/store*") if path.stem == "store"]
    contracts = PYPROJECT["tool"]["importlinter"]["contracts"]
    protected = {module for contract in contracts for module in contract.get("protected_modules", [])}
    assert {f"*.{feature}.store" for feature in stores} <= protected


def test_the_ci_script_is_executable_bash() -> None:
    script = ROOT / ".ci/run"
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0

"""Look for known holes in the packages of the locks: `python tools/audit.py PYTHON-WITH-PIP-AUDIT`.

What could not be looked up is a failure too: an audit that found nothing because it reached nobody tells
nothing. The exit code is 0 only where every package of the product was looked up and is clean.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent

ONLY_TOLD = {
    "peers.txt": "real programs of others that the tests talk to; they run on test data alone",
}
"""Locks whose findings are shown and fail nothing, each with its reason."""

ACCEPTED: dict[str, str] = {}
"""Advisories that do not concern us, each with the reason."""

SECONDS = 900
_OPTIONS = ("--disable-pip", "--require-hashes", "--progress-spinner=off", "--format=json")


class Finding(NamedTuple):
    """A hole that is known, or a package that nothing is known of."""

    lock: str
    package: str
    what: str
    accepted: bool = False

    def __str__(self) -> str:
        return f"{self.lock}: {self.package}: {self.what}"


Run = Callable[[Sequence[str | Path]], subprocess.CompletedProcess[str]]


def main() -> None:
    """Audit all locks and say what was found."""
    if len(sys.argv) != 2:
        sys.exit("usage: python tools/audit.py PYTHON-WITH-PIP-AUDIT")
    sys.exit(report([*of_python(Path(sys.argv[1]), started), *of_ui(ROOT / "ui", started)]))


def report(findings: Sequence[Finding]) -> int:
    """Print the findings; return the exit code."""
    failing = [one for one in findings if not one.accepted]
    for one in findings:
        print(f"{'  ' if one.accepted else '✗ '}{one}", file=sys.stderr)
    print(f"{len(failing)} to be looked at, {len(findings) - len(failing)} told only.")
    return 1 if failing else 0


def of_python(python: Path, run: Run) -> Iterator[Finding]:
    """Look up every package of every lock."""
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        ended = run([python, "-m", "pip_audit", "--requirement", lock, *_OPTIONS])
        yield from findings_of(lock.name, ended.stdout, ended.stderr)


def findings_of(lock: str, answer: str, errors: str) -> Iterator[Finding]:
    """Return what an answer of pip-audit tells of a lock."""
    try:
        packages: list[dict[str, Any]] = list(json.loads(answer)["dependencies"])
    except (ValueError, KeyError, TypeError):
        yield Finding(lock, "all packages", unreached(errors))
        return
    told = lock in ONLY_TOLD
    missing = [package["name"] for package in packages if "skip_reason" in package]
    if missing:
        shown = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
        yield Finding(lock, f"{len(missing)} packages", f"could not be looked up: {shown}", told)
    for package in packages:
        for hole in package.get("vulns", ()):
            fixed = ", ".join(hole.get("fix_versions", ())) or "nowhere yet"
            what = f"{hole['id']}, fixed in {fixed}"
            reason = ACCEPTED.get(hole["id"])
            what += f" ({reason})" if reason else ""
            yield Finding(lock, f"{package['name']} {package['version']}", what, told or reason is not None)


def of_ui(directory: Path, run: Run) -> Iterator[Finding]:
    """Look up what the web interface is made of, where there is one."""
    if not (directory / "package.json").exists():
        return
    npm = shutil.which("npm")
    if npm is None:
        yield Finding("ui", "all packages", "could not be looked up: npm is not installed")
        return
    ended = run([npm, "audit", "--json", "--prefix", directory])
    try:
        holes: dict[str, dict[str, Any]] = json.loads(ended.stdout)["vulnerabilities"]
    except (ValueError, KeyError, TypeError):
        yield Finding("ui", "all packages", unreached(ended.stderr))
        return
    for name, hole in sorted(holes.items()):
        yield Finding(
            "ui", name, f"{hole.get('severity', 'unknown')} severity, versions {hole.get('range', '?')}"
        )


def unreached(errors: str) -> str:
    """Say that there was no usable answer, with the last line of what was said instead."""
    lines = errors.strip().splitlines()
    return f"could not be looked up; are we offline? ({lines[-1][:200] if lines else 'no answer'})"


def started(command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(list(map(str, command)), 1, "", type(error).__name__)


if __name__ == "__main__":
    main()

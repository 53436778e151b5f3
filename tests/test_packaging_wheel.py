"""The wheel installs into an empty environment and runs there, with its screens and without Node."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import hatch_build
import hourloom
from tests.web.asking import RealServer
from tests.web.browser import CHROMIUM, Faults, chromium, sign_in

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = "Scripts" if os.name == "nt" else "bin"
FORMS = (("", ""), ("gzip", ".gz"), ("br", ".br"))

pytestmark = pytest.mark.soak


def run(*command: str | Path, cwd: Path = ROOT, path: str | None = None) -> str:
    """Run a program that must succeed and return what it printed."""
    told = os.environ | ({} if path is None else {"PATH": path})
    done = subprocess.run(command, cwd=cwd, env=told, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wheel")


@pytest.fixture(scope="module")
def venv(directory: Path) -> Path:
    """Return an environment in which the wheel is installed."""
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", directory)
    (wheel,) = directory.glob("*.whl")
    run(sys.executable, "tools/setup_venv.py", directory / "venv", "requirements/run.txt")
    run(
        directory / "venv" / PROGRAMS / "python", "-m", "pip", "install", "--no-deps", "--no-index", wheel
    )  # fmt: skip
    return directory / "venv"


class Installed(RealServer):
    """A server that is the program of an environment, where nothing else is in the path."""

    def __init__(self, directory: Path, venv: Path) -> None:
        self._programs = venv / PROGRAMS
        super().__init__(directory, program="installed", PATH=str(self._programs))

    def _by_its_name(
        self, program: str, words: list[str], told: dict[str, str], *, network: bool
    ) -> subprocess.Popen[bytes]:
        del program, network
        with self.output.open("wb") as output:
            return subprocess.Popen(
                [self._programs / "hourloom", *words], env=told, stdout=output, stderr=output
            )


@pytest.fixture(scope="module")
def server(directory: Path, venv: Path) -> Iterator[Installed]:
    running = Installed(directory / "server", venv)
    try:
        running.wait()
        yield running
    finally:
        running.stop()


def test_a_fresh_wheel_knows_its_version(venv: Path) -> None:
    assert hourloom.__version__ in run(venv / PROGRAMS / "hourloom", "--version")


def test_every_file_of_the_screens_is_served_in_each_of_its_forms(venv: Path, server: Installed) -> None:
    (built,) = venv.rglob("hourloom/web/static/dist")
    manifest = json.loads((built / ".vite" / "manifest.json").read_text("utf-8"))
    names = {part["file"] for part in manifest.values()}
    names |= {name for part in manifest.values() for name in [*part.get("css", ()), *part.get("assets", ())]}
    assert any(name.endswith(".js") for name in names)
    with server.connect() as connection:
        for name in sorted(names):
            for form, end in FORMS:
                answer = connection.ask("GET", f"/{name}", [("Accept-Encoding", form)])
                assert answer.status == 200, name
                assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
                assert answer.headers.get("content-encoding", "") == form
                assert answer.body == (built / f"{name}{end}").read_bytes()
        missing = connection.ask("GET", "/assets/index-none.js")
        assert missing.status == 404
        assert b"<!doctype" not in missing.body.lower()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_wheel_shows_today_without_node(server: Installed) -> None:
    with chromium() as browser:
        page = browser.new_page()
        faults = Faults(page)
        sign_in(page, server)
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Today").wait_for()
        page.get_by_role("heading", level=1).wait_for()
        assert faults.found == []


def test_a_wheel_is_made_of_the_sdist_without_node(directory: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", directory)
    (sdist,) = directory.glob("*.tar.gz")
    with tarfile.open(sdist) as packed:
        packed.extractall(directory / "unpacked", filter="data")
    (source,) = (directory / "unpacked").iterdir()
    assert (source / "ui" / "package-lock.json").is_file()
    nowhere = directory / "nowhere"
    nowhere.mkdir()
    made = directory / "of-sdist"
    command = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", made)
    run(*command, cwd=source, path=str(nowhere))
    assert len(list(made.glob("*.whl"))) == 1
    assert hatch_build.is_fresh(source / "src/hourloom/web/static/dist", source / "ui")

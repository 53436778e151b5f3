"""What tests of the screens share: the screens built, a server with eleven fixed days, a browser signed in.

    def test_a_page_shows_its_title(page: Page, show: Show) -> None:
        show("/reports?range=week&date=2026-11-16")
        expect(page.get_by_role("heading", name="Reports")).to_be_visible()

Each module has a server of its own on a copy of the same record, so that what its tests change stays in it.
`faults` demands that no page complains on its console; a test that expects that adds to `faults.expected`.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import hatch_build
from hourloom.core.clock import format_instant, seconds_of
from hourloom.demo.weeks import buckets, weeks
from tests.web.asking import RealServer
from tests.web.browser import CHROMIUM, Faults, a_link, chromium

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30_000
"""Milliseconds that something may take to appear on a slow machine."""
FIRST_DAY, LAST_DAY = date(2026, 11, 9), date(2026, 11, 19)
"""What is recorded: a Monday to the Thursday of the next week, but for a weekend and a day off."""
SEED = 1
BATCH = 1000

Show = Callable[[str], None]
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is below this folder and drives a browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"))
            # Playwright's own loop runs in this thread.
            item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))


@contextmanager
def alone(name: Path) -> Iterator[None]:
    """Let one process at a time do what all need done once."""
    with name.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def screens() -> Path:
    """Return the screens, built from the sources as they are; `make setup` has done that where it ran."""
    if hatch_build.is_fresh():
        return hatch_build.BUILT
    if not hatch_build.found_npm():
        pytest.skip("the screens are not built, and npm is not installed")
    digest = hatch_build.digest_of()
    place = ROOT / ".pytest_cache" / "screens"
    place.mkdir(parents=True, exist_ok=True)
    built = place / digest
    with alone(place / "lock"):
        if not (built / hatch_build.DIGEST).is_file():
            build_into(built, digest)
    return built


def build_into(built: Path, digest: str) -> None:
    """Build beside the package, so that servers that others run keep their files; keep the last few."""
    kept = sorted(
        (each for each in built.parent.iterdir() if each.is_dir()), key=lambda each: each.stat().st_mtime
    )
    for old in kept[:-6]:
        shutil.rmtree(old, ignore_errors=True)
    vite = hatch_build.SOURCES / "node_modules" / ".bin" / "vite"
    if not vite.exists():
        hatch_build.install(hatch_build.found_npm())
    command = [str(vite), "build", "--logLevel", "warn", "--outDir", str(built), "--emptyOutDir"]
    done = subprocess.run(command, cwd=hatch_build.SOURCES, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built / hatch_build.DIGEST).write_text(digest, "ascii")


@pytest.fixture(scope="session")
def start_server(screens: Path) -> Callable[..., RealServer]:
    """Return what starts a server with the screens in a directory."""
    if screens == hatch_build.BUILT:
        return RealServer
    program = (
        "from pathlib import Path; from hourloom.web import pages; "
        f"pages.BUILT = Path({str(screens)!r}); "
        "from hourloom.app import main; raise SystemExit(main())"
    )
    return lambda directory, **more: RealServer(directory, program=program, **more)


@pytest.fixture(scope="session")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with a record; it is written once for all processes of a run, and copied."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    place = shared / "screens-record"
    with alone(shared / "screens-record.lock"):
        if not place.is_dir():
            fresh = shared / "screens-record.fresh"
            server = RealServer(fresh)
            try:
                server.wait()
                write_record(server)
            finally:
                server.stop()
            fresh.rename(place)
    return place


def write_record(server: RealServer) -> None:
    """Write days of the demonstration in UTC, and two goals and two projects."""
    server.owner("PUT", "/api/v1/settings/time_zone", {"value": "UTC"})
    by_bucket = defaultdict(list)
    for event in weeks(date(2026, 11, 20), "UTC", SEED):
        if FIRST_DAY <= datetime.fromtimestamp(event.started_at / 1e6, UTC).date() <= LAST_DAY:
            by_bucket[event.bucket_id].append(event)
    with server.connect(unix=True) as connection:
        for bucket in buckets():
            path = f"/api/0/buckets/{quote(bucket.id, safe='')}"
            made = {"client": bucket.client, "type": bucket.type, "hostname": bucket.hostname}
            assert connection.ask("POST", path, content=json.dumps(made)).status == 200
            events: list[dict[str, Any]] = [
                {
                    "timestamp": format_instant(event.started_at),
                    "duration": seconds_of(event.ended_at - event.started_at),
                    "data": event.data,
                }
                for event in by_bucket[bucket.id]
            ]
            for at in range(0, len(events), BATCH):
                answer = connection.ask("POST", f"{path}/events", content=json.dumps(events[at : at + BATCH]))
                assert answer.status == 200, answer


@pytest.fixture(scope="module")
def server(
    record: Path, start_server: Callable[..., RealServer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealServer]:
    """Run a server on a copy of the record."""
    directory = tmp_path_factory.mktemp("screens")
    shutil.copytree(
        record, directory, dirs_exist_ok=True, ignore=shutil.ignore_patterns("run", "lock", "log")
    )
    running = start_server(directory)
    try:
        running.wait()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run Chromium."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def signed_in(browser: Browser, server: RealServer) -> StorageState:
    """Sign in once for the module; each test's context begins with the token that this left."""
    context = browser.new_context(service_workers="block")
    try:
        page = context.new_page()
        page.goto(a_link(server))
        page.wait_for_selector("[data-state=live]", state="attached", timeout=PATIENCE)
        return context.storage_state()
    finally:
        context.close()


@pytest.fixture
def context(browser: Browser, signed_in: StorageState) -> Iterator[BrowserContext]:
    """Open a window of 1360 x 900 that is signed in, in English and in UTC."""
    made = browser.new_context(
        viewport={"width": 1360, "height": 900},
        locale="en-GB",
        timezone_id="UTC",
        storage_state=signed_in,
        service_workers="block",
    )
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """Return the window's one page."""
    return context.new_page()


@pytest.fixture
def faults(page: Page) -> Iterator[Faults]:
    """Demand that the page complains of nothing unexpected."""
    seen = Faults(page)
    yield seen
    assert seen.found == []


@pytest.fixture
def show(page: Page, server: RealServer, faults: Faults) -> Show:
    """Return what opens an address of the screens and waits until it is live."""

    def opened(address: str) -> None:
        page.goto(f"http://localhost:{server.port}{address}")
        page.wait_for_selector("[data-state=live]", state="attached", timeout=PATIENCE)

    return opened

"""The parts of the extension by themselves: its own tests, types, texts, manifests and archives."""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from hourloom import __version__
from tests.extension.stories import EXTENSION, NODE, built, needs_node

PROGRAMS = EXTENSION / "node_modules"
BROWSERS = ("chromium", "firefox")


def run_node(*words: str | Path) -> subprocess.CompletedProcess[str]:
    assert NODE is not None
    return subprocess.run(
        [NODE, *map(str, words)], cwd=EXTENSION, capture_output=True, text=True, timeout=100, check=False
    )


@needs_node
def test_its_own_tests_pass() -> None:
    done = run_node(PROGRAMS / "vitest" / "vitest.mjs", "run")
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-2_000:]


@needs_node
def test_its_types_are_right() -> None:
    done = run_node(PROGRAMS / "typescript" / "bin" / "tsc", "--noEmit")
    assert done.returncode == 0, done.stdout[-10_000:]


@needs_node
def test_it_is_packed_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        done = run_node("build.mjs", "--pack", tmp_path / name)
        assert done.returncode == 0, done.stderr
    for browser in BROWSERS:
        file = f"hourloom-{browser}.zip"
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
        with zipfile.ZipFile(tmp_path / "one" / file) as archive:
            assert archive.testzip() is None
            names = archive.namelist()
            assert names == sorted(names)
            assert {
                "manifest.json",
                "background.js",
                "popup.html",
                "icon-128.png",
                "_locales/en/messages.json",
            } <= set(names)
            assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    directory = tmp_path_factory.mktemp("built")
    built(directory, "chromium")
    return {name: json.loads((directory / name / "manifest.json").read_text()) for name in BROWSERS}


@needs_node
def test_it_asks_for_no_more_than_the_page_says(manifests: dict[str, Any]) -> None:
    said = (EXTENSION.parent / "docs" / "extension.md").read_text("utf-8")
    for manifest in manifests.values():
        assert manifest["version"] == __version__
        asked = manifest["permissions"] + manifest["host_permissions"] + manifest["optional_host_permissions"]
        assert [each for each in asked if f"| `{each}` |" not in said] == []
        assert "content_scripts" not in manifest
        assert "unsafe" not in manifest["content_security_policy"]["extension_pages"]


@needs_node
def test_no_pattern_of_a_host_has_a_port(manifests: dict[str, Any]) -> None:
    for manifest in manifests.values():
        hosts = manifest["host_permissions"] + manifest["optional_host_permissions"]
        assert [each for each in hosts if re.search(r":\d", each)] == []


def test_every_text_that_is_named_is_there_and_every_text_is_used() -> None:
    texts = json.loads((EXTENSION / "_locales" / "en" / "messages.json").read_text("utf-8"))
    pages = "".join(path.read_text("utf-8") for path in (EXTENSION / "static").glob("*.html"))
    scripts = "".join(path.read_text("utf-8") for path in (EXTENSION / "src").glob("*.ts"))
    named = set(re.findall(r'data-text="(\w+)"', pages))
    assert named - set(texts) == set()
    made = re.compile("reason_|connection_|error_|level_|name$|description$")
    quoted = {name for name in texts if f'"{name}"' in scripts}
    assert [name for name in texts if name not in named | quoted and not made.match(name)] == []


def test_pages_run_no_script_but_their_own() -> None:
    for path in (EXTENSION / "static").glob("*.html"):
        text = path.read_text("utf-8")
        assert [each for each in re.findall(r'(?:src|href)="([^"]+)"', text) if "//" in each] == []
        assert re.search(r"\son\w+=|style=", text) is None

"""The screens are built again when their sources are others, whatever the clock says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import hatch_build
from hatch_build import DIGEST, digest_of, is_fresh


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    place = tmp_path / "ui"
    (place / "src").mkdir(parents=True)
    (place / "node_modules").mkdir()
    (place / "index.html").write_text("<!doctype html>")
    (place / "src" / "main.ts").write_text("export {};")
    (place / ".npmrc").write_text("ignore-scripts=true")
    return place


@pytest.fixture
def built(tmp_path: Path, sources: Path) -> Path:
    place = tmp_path / "built"
    place.mkdir()
    (place / DIGEST).write_text(digest_of(sources))
    return place


def test_what_was_built_from_these_sources_is_fresh(built: Path, sources: Path) -> None:
    assert is_fresh(built, sources)


def test_times_do_not_matter(built: Path, sources: Path) -> None:
    os.utime(sources / "src" / "main.ts", (4e9, 4e9))
    assert is_fresh(built, sources)


@pytest.mark.parametrize(
    "name", ["src/main.ts", "index.html", "src/new.ts", "public/icon.svg", "package-lock.json"]
)
def test_each_source_matters(built: Path, sources: Path, name: str) -> None:
    (sources / name).parent.mkdir(exist_ok=True)
    (sources / name).write_text("other")
    assert not is_fresh(built, sources)


def test_a_source_that_is_gone_or_moved_matters(built: Path, sources: Path) -> None:
    (sources / "src" / "main.ts").rename(sources / "src" / "mine.ts")
    assert not is_fresh(built, sources)


@pytest.mark.parametrize("name", ["src/main.test.ts", "node_modules/vite.js"])
def test_tests_and_what_npm_brought_do_not_matter(built: Path, sources: Path, name: str) -> None:
    (sources / name).write_text("other")
    assert is_fresh(built, sources)


def test_what_came_built_without_sources_is_fresh(built: Path, tmp_path: Path) -> None:
    assert is_fresh(built, tmp_path / "none")
    (built / DIGEST).unlink()
    assert not is_fresh(built, tmp_path / "none")


def test_pure_work_on_the_server_leaves_them_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(hatch_build, "is_fresh", lambda: False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv(hatch_build.SKIP, "1")
    assert not hatch_build.is_wanted()
    monkeypatch.setenv(hatch_build.SKIP, "0")
    assert hatch_build.is_wanted()
    assert hatch_build.npm_of_this_computer() == []


@pytest.mark.parametrize(
    ("version", "is_good"), [("v18.20.4", False), ("v20.19.0", True), ("v24.1.0", True), ("", False)]
)
def test_an_old_node_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, *, is_good: bool
) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bool(hatch_build.npm_of_this_computer()) is is_good

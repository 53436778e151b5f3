"""What the screens weigh on the wire: hard limits, so that nothing grows without somebody deciding it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.figures import Figure

KB = 1000
SHELL, ROUTE, ALL = 60 * KB, 45 * KB, 300 * KB
STYLES = 15 * KB
"""What one page loads of them."""
ICONS = 12 * KB
"""What the pictures for home screens weigh together; no page loads them."""


@pytest.fixture(scope="module")
def manifest(screens: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((screens / ".vite" / "manifest.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def entry(screens: Path, manifest: dict[str, Any]) -> str:
    """Return the part that the document names: one script, so that a first visit costs few requests."""
    (script,) = re.findall(r'<script [^>]*src="/([^"]+)"', (screens / "index.html").read_text("utf-8"))
    assert 'rel="modulepreload"' not in (screens / "index.html").read_text("utf-8")
    return next(name for name, part in manifest.items() if part["file"] == script)


def closure(manifest: dict[str, Any], name: str) -> set[str]:
    """Return the parts that come with a part."""
    found, left = set[str](), [name]
    while left:
        part = left.pop()
        if part not in found:
            found.add(part)
            left += manifest[part].get("imports", ())
    return found


def weight(screens: Path, files: set[str]) -> int:
    return sum((screens / f"{file}.gz").stat().st_size for file in files)


def scripts(manifest: dict[str, Any], parts: set[str]) -> set[str]:
    return {manifest[part]["file"] for part in parts if manifest[part]["file"].endswith(".js")}


def styles(manifest: dict[str, Any], parts: set[str]) -> set[str]:
    return {file for part in parts for file in manifest[part].get("css", ())}


def routes(manifest: dict[str, Any]) -> Iterator[str]:
    yield from (name for name, part in manifest.items() if part.get("isDynamicEntry"))


def test_the_frame_with_today_is_small(
    screens: Path, manifest: dict[str, Any], entry: str, figure: Figure
) -> None:
    came = weight(screens, scripts(manifest, closure(manifest, entry)))
    figure("frame and Today, script, compressed", f"{came} of {SHELL} bytes")
    assert came <= SHELL


def test_what_each_page_adds_is_small(
    screens: Path, manifest: dict[str, Any], entry: str, figure: Figure
) -> None:
    shell = closure(manifest, entry)
    added = {
        name: weight(screens, scripts(manifest, closure(manifest, name) - shell)) for name in routes(manifest)
    }
    for name, came in added.items():
        figure(f"{name}, script, compressed", f"{came} of {ROUTE} bytes")
    assert {name: came for name, came in added.items() if came > ROUTE} == {}


def test_all_scripts_together_are_small(screens: Path, manifest: dict[str, Any], figure: Figure) -> None:
    came = weight(screens, scripts(manifest, set(manifest)))
    figure("all scripts, compressed", f"{came} of {ALL} bytes")
    assert came <= ALL


def test_the_styles_of_each_page_are_small(
    screens: Path, manifest: dict[str, Any], entry: str, figure: Figure
) -> None:
    shell = closure(manifest, entry)
    came = {
        name: weight(screens, styles(manifest, closure(manifest, name) | shell)) for name in routes(manifest)
    }
    figure("the most styles of a page, compressed", f"{max(came.values())} of {STYLES} bytes")
    figure("all styles, compressed", f"{weight(screens, styles(manifest, set(manifest)))} bytes")
    assert max(came.values()) <= STYLES


def test_there_are_no_fonts_and_no_pictures_but_the_icons(screens: Path) -> None:
    texts = {".js", ".css", ".html", ".svg", ".webmanifest", ".txt", ".json", ".digest"}
    others = {
        file.name
        for file in screens.rglob("*")
        if file.is_file() and file.suffix not in {*texts, ".br", ".gz"}
    }
    icons = {name for name in others if name.startswith("icon-") and name.endswith(".png")}
    assert others == icons
    assert sum((screens / name).stat().st_size for name in icons) <= ICONS


def test_each_text_lies_there_in_each_form(screens: Path) -> None:
    texts = [
        file for file in screens.rglob("*") if file.suffix in (".js", ".css", ".html", ".svg", ".webmanifest")
    ]
    assert [t.name for t in texts for end in (".gz", ".br") if not t.with_name(t.name + end).is_file()] == []

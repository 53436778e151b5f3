"""The docs of each page show how it looks: light, dark and on a phone, in pictures that are small."""

from __future__ import annotations

import re

import pytest

from tests.ui.conftest import ROOT

SCREENS, PICTURES = ROOT / "docs" / "screens", ROOT / "docs" / "images" / "screens"
VIEWS = ("light", "dark", "phone")
LARGEST, ALL = 80_000, 1_500_000


def pages() -> list[str]:
    text = (ROOT / "ui" / "src" / "pages.ts").read_text("utf-8")
    return re.findall(r'\bname: "([a-z-]+)"', text)


@pytest.mark.parametrize("name", pages())
def test_the_docs_of_a_page_show_it(name: str) -> None:
    text = (SCREENS / f"{name}.md").read_text("utf-8")
    for view in VIEWS:
        picture = PICTURES / f"{name}-{view}.webp"
        assert f"../images/screens/{picture.name}" in text
        assert picture.stat().st_size <= LARGEST


def test_pictures_are_those_of_the_pages_and_small_together() -> None:
    drawn = {each.name: each.stat().st_size for each in PICTURES.iterdir()}
    assert drawn.keys() == {f"{name}-{view}.webp" for name in pages() for view in VIEWS}
    assert sum(drawn.values()) <= ALL

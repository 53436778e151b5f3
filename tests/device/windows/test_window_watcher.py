"""The window watcher offers what may work on a system, the best first, and imports no more."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hourloom.core.clock import Instant
from hourloom.device.ports import CannotBind, Observation, Watcher
from hourloom.device.windows import WindowWatcher


@pytest.mark.parametrize(
    ("platform", "names"),
    [
        ("linux", ["Sway and its kin", "KDE", "GNOME", "X11"]),
        ("win32", ["Windows"]),
        ("darwin", ["macOS"]),
    ],
)
def test_each_system_has_its_mechanisms_and_none_polls(platform: str, names: list[str]) -> None:
    watcher: Watcher = WindowWatcher({}, platform=platform)
    (group,) = watcher.choices()
    assert [source.name for source in group] == names
    assert not any(source.polls for source in group)


def test_what_was_observed_is_passed_on() -> None:
    told = Observation("window", Instant(7), {"app": "a", "title": "b"})
    assert WindowWatcher({}).refine(told) == [told]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="each has one mechanism that always works")
def test_without_a_desktop_each_mechanism_says_why_and_what_to_do(tmp_path: Path) -> None:
    nowhere = {"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}
    for source in WindowWatcher(nowhere).choices()[0]:
        with pytest.raises(CannotBind) as raised:
            source.bind()
        assert raised.value.fields["reason"]
        assert raised.value.fields["next_step"]


def test_only_what_may_work_is_imported() -> None:
    watcher = "WindowWatcher({}, platform='linux')"
    words = ("import json, sys", "from hourloom.device.windows import WindowWatcher", watcher)
    looked = ("early = set(sys.modules)", f"{watcher}.choices()", "late = set(sys.modules)")
    program = "; ".join([*words, *looked, "print(json.dumps([sorted(early), sorted(late)]))"])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=60)
    early, late = json.loads(done.stdout)
    assert not [name for name in early if name.startswith("hourloom.device.windows.")]
    unwanted = {
        "ctypes",
        "subprocess",
        "dataclasses",
        "asyncio",
        "Xlib",
        "jeepney",
        "hourloom.device.windows.windows",
    }
    assert unwanted.isdisjoint(late)

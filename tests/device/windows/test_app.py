"""An application has one name, whichever mechanism tells of its window."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.device.windows.app import LONGEST_APP, LONGEST_TITLE, UNKNOWN, Clues, app_of, title_of
from hourloom.device.windows.focus import a_window
from hourloom.device.windows.proc import clues_of

FLATPAK = (
    "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-flatpak-org.mozilla.firefox-4242.scope\n"
)
SNAP = (
    "0::/user.slice/user-1000.slice/user@1000.service/app.slice/snap.chromium.chromium-0a1b2c3d-4e5f.scope\n"
)


@pytest.mark.parametrize(
    ("clues", "name"),
    [
        (Clues(desktop="firefox"), "firefox"),
        (Clues(desktop="firefox.desktop"), "firefox"),
        (Clues(desktop="firefox_firefox.desktop"), "firefox"),
        (Clues(desktop="org.mozilla.firefox"), "firefox"),
        (Clues(desktop="/usr/share/applications/org.kde.konsole.desktop"), "konsole"),
        (Clues(desktop="org.gnome.Nautilus.desktop"), "Nautilus"),
        (Clues(desktop="com.spotify.Client"), "spotify"),
        (Clues(desktop="org.telegram.desktop"), "telegram"),
        (Clues(desktop="com.apple.Safari"), "Safari"),
        (Clues(desktop="Google Chrome", wm_class="com.google.Chrome"), "Google Chrome"),
        (Clues(desktop="", wm_class="com.google.Chrome"), "Chrome"),
        (Clues(desktop="gimp-2.10"), "gimp-2.10"),
        (Clues(desktop="window:12", wm_class="Alacritty"), "Alacritty"),
        (Clues(wm_class="Org.gnome.Nautilus"), "Nautilus"),
        (Clues(wm_class="XTerm", executable="/usr/bin/luit"), "XTerm"),
        (Clues(cgroup=FLATPAK, executable="/app/bin/thing"), "firefox"),
        (Clues(cgroup=SNAP, executable="/snap/chromium/1/chrome"), "chromium"),
        (Clues(cgroup="0::/user.slice\n", executable="/usr/bin/mpv"), "mpv"),
        (Clues(executable="/opt/tool (deleted)"), "tool"),
        (Clues(executable="C:\\Program Files\\App\\app"), "app"),
        (Clues(executable="/usr/bin/python3.11", arguments=("python3", "-u", "/home/x/anki.py")), "anki"),
        (Clues(executable="/usr/bin/python3", arguments=("python3", "-m", "idlelib")), "idlelib"),
        (Clues(executable="/usr/bin/java", arguments=("java", "-Xmx1g", "-jar", "/opt/tool.jar")), "tool"),
        (Clues(executable="/usr/bin/perl", arguments=("perl", "-e", "secret words")), "perl"),
        (Clues(executable="/usr/bin/node", arguments=("node",)), "node"),
        (Clues(), UNKNOWN),
        (Clues(desktop=" \x00\n ", wm_class="\x1b"), UNKNOWN),
    ],
)
def test_the_best_clue_names_it(clues: Clues, name: str) -> None:
    assert app_of(clues) == name


texts = st.none() | st.text(max_size=40) | st.text(alphabet="a./_-\\ \x00\x1b", max_size=20)


@given(texts, texts, texts, texts, st.lists(st.text(max_size=9), max_size=4))
def test_any_clues_make_a_name_fit_to_be_kept(
    desktop: str | None, wm_class: str | None, cgroup: str | None, executable: str | None, words: list[str]
) -> None:
    name = app_of(Clues(desktop, wm_class, cgroup, executable, tuple(words)))
    assert 0 < len(name) <= LONGEST_APP
    assert name == name.strip()
    assert "\n" not in name


@given(st.text(max_size=50))
def test_a_title_is_one_line_that_can_be_written(text: str) -> None:
    title = title_of(text)
    title.encode()
    assert title_of(title) == title
    assert not any(c in title for c in "\n\r\t\0\x1b\x7f\x85\u2028\u2029")


def test_titles_are_cut_and_keep_what_joins_pictures() -> None:
    assert title_of("x" * 10_000_000) == "x" * LONGEST_TITLE
    assert title_of("👩\u200d🚀 a\u2028b\udc80c") == "👩\u200d🚀 a b c"
    assert title_of(None) == ""


@pytest.mark.parametrize("app", ["swaylock", "LockApp", "lockapp.exe", "kscreenlocker_greet", "loginwindow"])
def test_the_lock_screen_is_no_window(app: str) -> None:
    assert a_window(Clues(wm_class=app), "Password?") is None


@pytest.mark.skipif(sys.platform == "win32", reason="there is no /proc, and links need rights")
def test_a_process_tells_its_program_and_one_that_is_gone_tells_nothing(tmp_path: Path) -> None:
    home = tmp_path / "77"
    home.mkdir()
    (home / "exe").symlink_to("/usr/bin/python3.11")
    (home / "cmdline").write_bytes(b"python3\0/opt/notes.py\0\xff\0")
    (home / "cgroup").write_text("0::/\n")
    assert app_of(clues_of(77, tmp_path)) == "notes"
    (home / "exe").unlink()
    (home / "exe").symlink_to("/usr/bin/bwrap")
    assert app_of(clues_of(77, tmp_path)) == UNKNOWN
    assert app_of(clues_of(78, tmp_path)) == UNKNOWN
    for number in (None, 0, 1, -5, 2**31):
        assert clues_of(number, tmp_path) == Clues()
    if Path("/proc/self/exe").exists():
        assert clues_of(os.getpid()).executable is not None

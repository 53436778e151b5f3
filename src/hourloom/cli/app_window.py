"""A window of its own for the screens: the app mode of Chromium and its kin."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
    "microsoft-edge", "microsoft-edge-stable", "brave-browser", "vivaldi",
)  # fmt: skip
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
"""Where they are on systems that do not have them in the path."""
SIZE = "1200,800"


def open_window(address: str) -> bool:
    """Open a window on an address; tell whether there is a program for that."""
    program = app_browser()
    if program is None:
        return False
    nothing = subprocess.DEVNULL
    command = [program, f"--app={address}", f"--window-size={SIZE}"]
    try:
        subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)
    except OSError:
        return False
    return True


def app_browser() -> str | None:
    """Return the program that opens such a window here."""
    found = (shutil.which(name) for name in NAMES)
    return next(
        (path for path in found if path), next((place for place in PLACES if Path(place).exists()), None)
    )

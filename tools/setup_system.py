"""Install the programs that the tests drive, where this may be done: as root on Debian and its kin."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

PACKAGES = {
    "chromium": "chromium",
    "dbus": "dbus-daemon",
    "e2fsprogs": "mkfs.ext4",
    "firefox-esr": "firefox-esr",
    "foot": "foot",
    "gcc": "gcc",
    "gnome-keyring": "gnome-keyring-daemon",
    "iproute2": "ip",
    "mount": "mount",
    "openbox": "openbox",
    "poppler-utils": "pdftoppm",
    "sway": "sway",
    "systemd": "systemd-analyze",
    "x11-utils": "xprop",
    "xauth": "xauth",
    "xdotool": "xdotool",
    "xterm": "xterm",
    "xvfb": "Xvfb",
}
"""Each package and the program of it that the tests start."""

DESKTOPS = {
    "gnome-shell": "gnome-shell",
    "kwin-wayland": "kwin_wayland",
    "weston": "weston-terminal",
}
"""Whole desktops, which only the long tests drive: half a gigabyte."""

HEADERS = {
    "libc6-dev": "/usr/include/stdio.h",
    "python3-dbusmock": "/usr/lib/python3/dist-packages/dbusmock/__init__.py",
}
"""Packages without a program, and a file that shows them."""

ATTEMPTS = 3
APT = ("apt-get", "-qq", "-o", "Acquire::Retries=5", "-o", "Dpkg::Use-Pty=0")


def main() -> None:
    """Install what is missing, or say what is missing and which tests that costs; `soak` adds desktops."""
    wanted = PACKAGES | (DESKTOPS if "soak" in sys.argv[1:] else {})
    missing = missing_packages(wanted)
    if missing and may_install():
        print(f"Installing {' '.join(missing)} …", flush=True)
        install(missing)
        missing = missing_packages(wanted)
    if missing:
        print(f"Missing: {' '.join(missing)}. The tests that need them are skipped.", file=sys.stderr)
        sys.exit(1 if os.environ.get("HOURLOOM_NO_SKIPS") == "1" else 0)


def missing_packages(wanted: dict[str, str]) -> list[str]:
    """List the packages whose program or header is not there."""
    programs = [package for package, program in wanted.items() if shutil.which(program) is None]
    return programs + [package for package, path in HEADERS.items() if not Path(path).exists()]


def may_install() -> bool:
    """Tell whether this is a Debian-like system and we are its root."""
    return shutil.which("apt-get") is not None and hasattr(os, "geteuid") and os.geteuid() == 0


def install(packages: list[str]) -> None:
    """Install the packages with a fresh index, trying again when a mirror fails."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    commands = [(*APT, "update"), (*APT, "install", "--yes", "--no-install-recommends", *packages)]
    for command in commands:
        for attempt in range(1, ATTEMPTS + 1):
            done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
            if done.returncode == 0:
                break
            time.sleep(2 * attempt)


if __name__ == "__main__":
    main()

"""Demand that the screens' client is what docs/openapi.json makes of it."""

from __future__ import annotations

import filecmp
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UI = ROOT / "ui"
CLIENT = UI / "src" / "api"


def main() -> None:
    """Write the client beside, and compare."""
    with tempfile.TemporaryDirectory() as directory:
        fresh = Path(directory) / "api"
        command = [str(UI / "node_modules/.bin/openapi-ts"), "--output", str(fresh), "--silent"]
        done = subprocess.run(command, cwd=UI, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        others = sorted(differences(filecmp.dircmp(CLIENT, fresh)))
    if others:
        sys.exit(f"ui/src/api is stale in {', '.join(others)}; `npm --prefix ui run generate` writes it.")
    print("ui/src/api is what docs/openapi.json makes of it.")


def differences(compared: filecmp.dircmp[str]) -> set[str]:
    """Return the names of files that are on one side only, or others."""
    _, different, unread = filecmp.cmpfiles(
        compared.left, compared.right, compared.common_files, shallow=False
    )
    found = {*compared.left_only, *compared.right_only, *different, *unread}
    return found.union(*(differences(inside) for inside in compared.subdirs.values()))


if __name__ == "__main__":
    main()

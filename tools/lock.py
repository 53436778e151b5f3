"""Resolve the requirements again into hashed locks without addresses: `python tools/lock.py [--upgrade]`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

LOCKS: dict[str, tuple[str, ...]] = {
    "uv.txt": ("requirements/uv.in",),
    "dev.txt": ("pyproject.toml", "--extra", "dev"),
    "run.txt": ("pyproject.toml", "--constraints", "requirements/dev.txt"),
    "peers.txt": ("requirements/peers.in",),
    "audit.txt": ("requirements/audit.in",),
}
"""Each lock and what it is made from."""

OPTIONS = (
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-annotate",
    "--custom-compile-command=make lock",
)


def main() -> None:
    """Write every lock, with newer versions if `--upgrade` is given."""
    # A local folder of wheels would narrow the hashes to what lies in it.
    environment = {name: value for name, value in os.environ.items() if name != "UV_FIND_LINKS"}
    for lock, sources in LOCKS.items():
        output = f"--output-file=requirements/{lock}"
        command = [sys.executable, "-m", "uv", "--quiet", "pip", "compile", *sources, *OPTIONS, output]
        subprocess.run(
            [*command, *sys.argv[1:]], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True
        )
        print(f"requirements/{lock}")


if __name__ == "__main__":
    main()

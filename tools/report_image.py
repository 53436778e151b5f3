"""Write the picture of a report's first page in docs/images: what the demonstration's month is on paper."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

IMAGE = Path(__file__).resolve().parent.parent / "docs" / "images" / "report-page"
PROGRAM = [sys.executable, "-m", "hourloom"]


def main() -> None:
    """Fill the demonstration, export its month, and paint the first page; needs poppler."""
    with tempfile.TemporaryDirectory() as directory:
        home, page = Path(directory) / "demo", Path(directory) / "report.pdf"
        _run(*PROGRAM, "demo", "--fill-only", "--data-dir", str(home))
        options = ["--range", "month", "--format", "pdf", "--zone", "Europe/Berlin", "--to", str(page)]
        _run(*PROGRAM, "export", "report", *options, "--data-dir", str(home))
        _run("pdftoppm", "-r", "72", "-png", "-singlefile", "-f", "1", "-l", "1", str(page), str(IMAGE))


def _run(*words: str) -> None:
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()

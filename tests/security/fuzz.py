"""Feed one parser with bytes that lead to new places in its code, for some seconds.

    python -m tests.security.fuzz "a query" 60

Needs `atheris`, which is no part of the development tools. What it finds is written beside as crash-….
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.security.parsers import Parser, answers_or_refuses, parsers


def main(name: str, seconds: str) -> None:
    """Fuzz until the time is over; the exit code tells whether anything came out that is none of ours."""
    import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

    parser: Parser = {it.name: it for it in parsers()}[name]
    with atheris.instrument_imports(include=["hourloom"]):
        for seed in parser.seeds:
            answers_or_refuses(parser, seed)
    with tempfile.TemporaryDirectory(prefix="corpus-") as corpus:
        for number, seed in enumerate(parser.seeds):
            (Path(corpus) / str(number)).write_bytes(seed)
        options = [f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024", "-max_len=4096"]
        atheris.Setup(
            [sys.argv[0], *options, corpus], lambda content: answers_or_refuses(parser, content) and None
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Options that many commands share, and the configuration that they lead to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from hourloom.cli.handed import Handed
from hourloom.configuration import Configuration, read

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="Where the database is; HOURLOOM_DATA_DIR says the same.",
        show_default=False,
    ),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="The configuration file.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]


def configured(data_dir: Path | None, config: Path | None, **more: object) -> Configuration:
    """Read the configuration as this command line wants it."""
    return read({"data_dir": data_dir, **more}, file=config)


def handed(context: typer.Context) -> Handed:
    """Return what the composition root handed over."""
    return cast("Handed", context.obj)


def examples(*lines: str) -> str:
    """Return examples for the end of a help text, kept as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)

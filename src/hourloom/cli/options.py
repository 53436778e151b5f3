"""Options that many commands share, and the configuration that they lead to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, cast

import typer

from hourloom.cli.handed import Handed
from hourloom.configuration import Configuration, read
from hourloom.core.errors import Invalid

LONGEST_NAME = 100
_COLOR = re.compile("slot[1-8]|#[0-9a-f]{6}")

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


class NotAName(Invalid):
    """A name has 1 to {most} characters; '{text}' has {length}."""


class NotAColor(Invalid):
    """'{text}' is no colour; write slot1 to slot8 of the palette, or #rrggbb such as #20a4a8."""


def named(text: str) -> str:
    """Return a name that is given, unless it is none or too long."""
    if not text.strip() or len(text) > LONGEST_NAME:
        raise NotAName(most=LONGEST_NAME, text=text[:20], length=len(text.strip()))
    return text


def colored(text: str) -> str:
    """Return a colour that is given, in the letters that it is kept in."""
    tidy = text.strip().lower()
    if not _COLOR.fullmatch(tidy):
        raise NotAColor(text=text[:20])
    return tidy


def require_date_fits(range_: str, date: str) -> None:
    """Raise where a period says by itself when it is, and a day is given too."""
    if date and (range_ in ("today", "yesterday") or ".." in range_):
        raise typer.BadParameter(f"--date says which day, week or month; {range_[:60]} says that already.")


def examples(*lines: str) -> str:
    """Return examples for the end of a help text, kept as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)

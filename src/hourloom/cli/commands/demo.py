"""`hourloom demo`: four invented weeks in a directory of their own."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path
from typing import Annotated

import typer

from hourloom.cli.commands.open_page import show_page
from hourloom.cli.commands.up import words_for_serve
from hourloom.cli.handed import Handed
from hourloom.cli.options import Config, configured, examples, handed
from hourloom.cli.output import bar, say
from hourloom.configuration import Configuration, directories
from hourloom.core.errors import Conflict

PORT = 5700
NAME = "hourloom-demo"
MARK = "demonstration"
"""A file that tells a demonstration from somebody's record."""


class NotADemonstration(Conflict):
    """{path} holds something else than the demonstration; choose another --data-dir."""


def demo(
    context: typer.Context,
    *,
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", help="The port to serve it on.", min=0, max=65535)
    ] = PORT,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data-dir", metavar="DIR", help="Where to keep it.", show_default="a directory of its own"
        ),
    ] = None,
    config: Config = None,
    fill_only: Annotated[bool, typer.Option("--fill-only", help="Write it and do not serve it.")] = False,
) -> None:
    """Show four invented weeks, without touching your own record.

    The first run writes them, the next ones serve what is there; delete the directory to have it
    written anew.
    """
    place = (data_dir or directories(os.environ, NAME)[0]).expanduser().absolute()
    ours = handed(context)
    if not (place / MARK).exists():
        _fill(ours, place, config)
    if fill_only:
        own = ["--data-dir", str(place)] if data_dir else []
        say(f"Next: `{shlex.join(['hourloom', 'demo', *own])}` serves it.")
        return
    configuration = _configured(place, config, port)
    runs = ours.stay_up(configuration, words_for_serve(place, config, None, port, testing=False))
    say(f"The demonstration runs already at {runs.url}.")
    show_page(ours, configuration, link_only=False)


def _fill(ours: Handed, place: Path, config: Path | None) -> None:
    """Write the weeks beside the place and put them there when they are complete."""
    if place.exists() and any(place.iterdir()):
        raise NotADemonstration(path=place)
    fresh = place.with_name(f".{place.name}.filling")
    if fresh.exists():
        shutil.rmtree(fresh)
    with (
        ours.reach(_configured(fresh, config, PORT), True) as way,
        bar("Writing four weeks", None) as meter,
    ):
        made = ours.fill_demo(way, meter.move)
    (fresh / MARK).write_text("hourloom demo wrote this directory; it may be deleted.\n", "utf-8")
    if place.exists():
        place.rmdir()
    fresh.rename(place)
    say(f"{made.events:,} invented events of {made.first} to {made.last} are in {place}.")


def _configured(place: Path, config: Path | None, port: int) -> Configuration:
    # What is invented needs no keys, and a keychain should not be asked for them.
    return configured(place, config, port=port, encryption="off", keychain=False, database_url=None)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=examples("hourloom demo", "hourloom demo --port 5701 --data-dir /tmp/demo"))(demo)

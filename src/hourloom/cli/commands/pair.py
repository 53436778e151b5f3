"""`hourloom pair`: a code by which an extension of a browser, or a device, becomes known."""

from __future__ import annotations

from typing import Annotated

import typer

from hourloom.cli.commands.open_page import NoServerRuns, page_address
from hourloom.cli.options import Config, DataDir, configured, examples, handed
from hourloom.cli.output import say
from hourloom.sdk.answers import Code
from hourloom.sdk.api import Api

NAME = "browser extension"


def pair(
    context: typer.Context,
    *,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What it is called in `hourloom token list`.")
    ] = NAME,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Print a code of 8 characters that pairs one browser extension or device.

    Type it into the extension within two minutes. It works once, for a token that may record in one bucket
    and do nothing else.
    """
    if not 0 < len(name) <= 120:
        raise typer.BadParameter("a name has 1 to 120 characters", param_hint="'--name'")
    configuration = configured(data_dir, config)
    runs = handed(context).running(configuration)
    if runs is None:
        raise NoServerRuns(path=configuration.data_dir)
    with handed(context).reach(configuration, False) as way:
        code = Api(way).post("/api/v1/pairing-codes", {"name": name}, Code).code
    server = page_address(runs.url or f"http://127.0.0.1:{configuration.port}")
    say(f"Open the extension of your browser and type this code within two minutes. The server is {server}")
    print(code)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("pair", epilog=examples("hourloom pair", "hourloom pair --name 'Firefox at work'"))(pair)

"""`hourloom up` and `hourloom serve`: keep the record running."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hourloom.cli.commands.open_page import show_page
from hourloom.cli.options import Config, DataDir, configured, examples, handed
from hourloom.cli.output import say

Host = Annotated[
    str | None,
    typer.Option("--host", metavar="HOST", help="The address to listen on (127.0.0.1).", show_default=False),
]
Port = Annotated[
    int | None,
    typer.Option(
        "--port", metavar="PORT", help="The port to listen on (5600).", min=0, max=65535, show_default=False
    ),
]
Testing = Annotated[bool, typer.Option("--testing", help="Use directories and a port of its own.")]
NoBrowser = Annotated[
    bool, typer.Option("--no-browser", help="If one runs already, print its link instead of opening it.")
]

LogLevel = Annotated[
    str | None,
    typer.Option("--log-level", metavar="LEVEL", help="debug, info, warning or error.", show_default=False),
]
ListenFd = Annotated[
    int | None,
    typer.Option("--listen-fd", metavar="FD", help="Take over this listening socket.", show_default=False),
]

NoDevice = Annotated[
    bool, typer.Option("--no-device", help="Serve only; nothing on this computer is observed.")
]


def up(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    data_dir: DataDir = None,
    config: Config = None,
    host: Host = None,
    port: Port = None,
    testing: Testing = False,
    no_browser: NoBrowser = False,
    no_device: NoDevice = False,
) -> None:
    """Start Hourloom and keep it running: the server, and what observes this computer.

    The listening socket stays open while the server restarts, so that no watcher is refused. If Hourloom runs
    already on this data directory, its page is opened instead. Ctrl-C stops it.
    """
    configuration = configured(data_dir, config, host=host, port=port, testing=testing or None)
    words = words_for_serve(data_dir, config, host, port, testing=testing)
    runs = handed(context).stay_up(configuration, words, with_device=not no_device)
    process = f" (process {runs.pid})" if runs.pid else ""
    say(f"Hourloom runs already{process} at {runs.url}.")
    show_page(handed(context), configuration, link_only=no_browser)


def serve(
    *,
    data_dir: DataDir = None,
    config: Config = None,
    host: Host = None,
    port: Port = None,
    testing: Testing = False,
    log_level: LogLevel = None,
    listen_fd: ListenFd = None,
) -> None:
    """Run the server alone, for systemd and for trying things.

    The socket may be handed over by systemd's socket activation.
    """
    raise AssertionError("serve")  # the start path answers `serve` before this is loaded


def words_for_serve(
    data_dir: Path | None, config: Path | None, host: str | None, port: int | None, *, testing: bool
) -> list[str]:
    """Write what was asked of `up` as words for `serve`, with paths that hold everywhere."""
    words: list[str] = []
    if data_dir is not None:
        words += ["--data-dir", str(data_dir.expanduser().absolute())]
    if config is not None:
        words += ["--config", str(config.expanduser().absolute())]
    if host is not None:
        words += ["--host", host]
    if port is not None:
        words += ["--port", str(port)]
    return [*words, "--testing"] if testing else words


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=examples("hourloom up", "hourloom up --port 5601 --data-dir ~/other-record"))(up)
    app.command(epilog=examples("hourloom serve --port 5601", "hourloom serve --testing"))(serve)

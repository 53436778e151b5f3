"""`hourloom service`: let systemd keep Hourloom running, and let it do nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hourloom.cli.commands.up import Host, Port, Testing, words_for_serve
from hourloom.cli.handed import SystemService
from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import print_json, say

Allow = Annotated[
    list[Path] | None,
    typer.Option(
        "--allow",
        metavar="DIR",
        help="A further folder that may be written to, such as the one for backups; may be repeated.",
        show_default=False,
    ),
]


def print_units(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    data_dir: DataDir = None,
    config: Config = None,
    host: Host = None,
    port: Port = None,
    testing: Testing = False,
    allow: Allow = None,
    as_json: Json = False,
) -> None:
    """Show the units that `install` would write."""
    texts = _service(context, data_dir, config, host, port, allow, testing=testing).texts
    if as_json:
        print_json(texts)
        return
    print("\n".join(f"# {name}\n{text}" for name, text in texts.items()), end="")


def install(
    context: typer.Context,
    *,
    data_dir: DataDir = None,
    config: Config = None,
    host: Host = None,
    port: Port = None,
    testing: Testing = False,
    allow: Allow = None,
) -> None:
    """Let the user's systemd hold the address and run the server from now on.

    The server may then write to its own folders alone, and to those named by --allow; name that of your
    backups if it is another. Stop what `hourloom up` runs before.
    """
    directory = _service(context, data_dir, config, host, port, allow, testing=testing).install()
    say(f"Hourloom runs as a service; its units are in {directory}.")


def uninstall(context: typer.Context, *, data_dir: DataDir = None, config: Config = None) -> None:
    """Stop the service and remove its units; the record stays."""
    removed = _service(context, data_dir, config, None, None, None, testing=False).uninstall()
    say("Hourloom is no service any more." if removed else "Hourloom was no service.")


def _service(
    context: typer.Context,
    data_dir: Path | None,
    config: Path | None,
    host: str | None,
    port: int | None,
    allow: list[Path] | None,
    *,
    testing: bool,
) -> SystemService:
    configuration = configured(data_dir, config, host=host, port=port, testing=testing or None)
    words = words_for_serve(data_dir, config, host, port, testing=testing)
    return handed(context).service(configuration, words, allow or [])


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    family = typer.Typer(help="Let systemd keep Hourloom running (Linux).", no_args_is_help=True)
    family.command(
        epilog=examples("hourloom service install", "hourloom service install --allow /mnt/backups")
    )(install)
    family.command(epilog=examples("hourloom service uninstall"))(uninstall)
    family.command("print", epilog=examples("hourloom service print", "hourloom service print --json"))(
        print_units
    )
    app.add_typer(family, name="service")

"""The command line: all commands under one name, and what becomes of their errors."""

from __future__ import annotations

import sys

import typer
from typer.exceptions import Abort, TyperException
from typer.models import CommandInfo

from hourloom import __version__
from hourloom.cli.commands import (
    backup,
    category,
    delete,
    demo,
    device,
    doctor,
    downgrade,
    export,
    file,
    goal,
    history,
    imports,
    keys,
    mark,
    notices,
    open_page,
    pair,
    privacy,
    project,
    report,
    restore,
    retention,
    rule,
    score,
    service,
    status,
    token,
    up,
)
from hourloom.cli.handed import Handed

ABOUT = "Records what you do on your computers, on your own computer, and shows where the hours go."
WRONG_USAGE = 2


def application() -> typer.Typer:
    """Put all commands under one name."""
    app = typer.Typer(
        help=ABOUT,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
    )
    app.callback()(_common)
    for commands in (
        up,
        open_page,
        pair,
        status,
        notices,
        token,
        imports,
        export,
        file,
        demo,
        doctor,
        keys,
        report,
        score,
        history,
        delete,
        retention,
        privacy,
        goal,
        category,
        rule,
        mark,
        project,
        backup,
        restore,
        downgrade,
        service,
        device,
    ):
        commands.add_to(app)
    return app


def run(words: list[str], handed: Handed) -> int:
    """Run one command and return its exit code; what is wrong with it is raised as a HourloomError."""
    command = typer.main.get_command(_narrowed(application(), words))
    try:
        code = command.main(args=words, prog_name="hourloom", standalone_mode=False, obj=handed)
    except TyperException as error:
        print(_said(error), file=sys.stderr)
        return error.exit_code
    except Abort:
        print("hourloom: nothing was changed.", file=sys.stderr)
        return 1
    return code if isinstance(code, int) else 0


def _narrowed(app: typer.Typer, words: list[str]) -> typer.Typer:
    """Leave only the command that is asked for: to prepare all of them takes longer than most take to run."""
    asked = words[0] if words else ""
    groups = [each for each in app.registered_groups if each.name == asked]
    commands = [each for each in app.registered_commands if _name_of(each) == asked]
    if groups or commands:
        app.registered_groups, app.registered_commands = groups, commands
    return app


def _name_of(command: CommandInfo) -> str:
    assert command.callback is not None
    return command.name or command.callback.__name__.replace("_", "-")


def _common(
    *,
    version: bool = typer.Option(False, "--version", help="Show the version and exit.", is_eager=True),
) -> None:
    if version:
        print(f"hourloom {__version__}")
        raise typer.Exit


def _said(error: TyperException) -> str:
    """Return the help where nothing was asked for, else one sentence and where to look."""
    message = error.format_message()
    if "\n" in message:
        return message
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "hourloom"
    return f"hourloom: {message} See `{path} --help`."

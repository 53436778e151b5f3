"""`hourloom backup`: make, list and examine backups."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from hourloom.cli.handed import BackupLine
from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import bar, bytes_in_words, local, on_terminal, print_json, print_table, say
from hourloom.core.errors import Refused


class SecretNeeded(Refused):
    """This backup opens by its passphrase or recovery code; run this on a terminal, or pipe one in."""


def make(
    context: typer.Context,
    *,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="The folder to write to, best on another disk."),
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make a backup and examine it; its path is printed.

    It is sealed with the keys of the database, so that your passphrase or recovery code opens it on any
    computer. It counts once it was read back, opened, examined and its rows were counted; that is done here.
    Without --to it goes where the settings say (`backups` in the data directory).
    """
    if context.invoked_subcommand is not None:
        if to or data_dir or config or as_json:
            raise typer.BadParameter(f"Options stand behind `{context.invoked_subcommand}`.")
        return
    with bar("Backing up", 100, "%") as meter:
        made = handed(context).backups(configured(data_dir, config)).make(to, meter.move)
    if as_json:
        print_json(asdict(made))
        return
    print(Path(made.place) / made.name)
    say(f"{bytes_in_words(made.bytes)}, verified{'' if made.sealed else NOT_SEALED}.")


NOT_SEALED = "; it is not sealed, because the database is not encrypted: who has the file can read it"


def show(
    context: typer.Context, *, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> None:
    """List the backups within reach, the newest first."""
    found = handed(context).backups(configured(data_dir, config)).all()
    if as_json:
        print_json(asdict(found))
        return
    rows = [
        (each.name, local(each.made_at), bytes_in_words(each.bytes), _state(each), each.place)
        for each in found.backups
    ]
    print_table(("BACKUP", "MADE", "SIZE", "STATE", "FOLDER"), rows)
    if not rows:
        say(f"There is no backup yet; `hourloom backup` makes one in {found.place}.")
    for place in found.out_of_reach:
        say(f"{place} is not there, so its backups are not listed; plug its disk in.")
    if found.stale:
        say("The newest backup that counts is too old; run `hourloom backup`.")


def verify(
    context: typer.Context,
    *,
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="A backup's file, or its name in the list; else the newest."),
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Examine a backup: read it back, open it, look through its structure, count its rows.

    A file from another computer opens by its passphrase or recovery code, which is asked for.
    """
    ours = handed(context).backups(configured(data_dir, config))
    with bar("Examining", 100, "%") as meter:
        if file is not None and ("/" in file or Path(file).exists()):
            found = ours.verify_file(Path(file).expanduser(), ask_secret, meter.move)
        else:
            found = ours.verify(file, meter.move)
    if as_json:
        print_json(asdict(found))
    else:
        print(f"{found.name} is whole.")


def ask_secret() -> str:
    """Ask for what opens a backup, on the terminal or from a pipe."""
    if on_terminal():
        prompt = "Passphrase or recovery code of the backup"
        return str(typer.prompt(prompt, hide_input=True, err=True))
    piped = "" if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not piped:
        raise SecretNeeded
    return piped


def _state(line: BackupLine) -> str:
    if line.fault is not None:
        return "damaged"
    return "verified" if line.verified else "not examined"


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    family = typer.Typer(invoke_without_command=True)
    family.callback(epilog=examples("hourloom backup", "hourloom backup --to /media/disk/hourloom"))(make)
    family.command("list", epilog=examples("hourloom backup list", "hourloom backup list --json"))(show)
    family.command(
        epilog=examples(
            "hourloom backup verify",
            "hourloom backup verify /media/disk/hourloom/hourloom-5e0c2a91-20260302T040000Z-8d1f0c.backup",
        )
    )(verify)
    app.add_typer(family, name="backup")

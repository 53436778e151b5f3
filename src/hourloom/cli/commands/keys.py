"""`hourloom keys`: what opens the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from hourloom.cli.handed import ChangingKeys, Keys, Step
from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import bar, on_terminal, print_json, print_table, say
from hourloom.cli.served_keys import ServedKeys
from hourloom.cli.step_up import NeedsTerminal, PassphraseFile, PassphraseStdin, passphrase_from

STEPS = {
    "keys": "Making keys",
    "copy": "Copying",
    "verify": "Checking the copy",
    "sync": "Waiting for the disk",
    "swap": "Putting it in place",
    "record": "Writing keys.json",
    "exchange": "Exchanging the key",
}

Id = Annotated[str, typer.Argument(help="The way's id, as `hourloom keys list` shows it.", metavar="ID")]


def show(
    context: typer.Context, *, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> None:
    """List the ways in which the database opens."""
    lines = _keys(context, data_dir, config).all()
    if as_json:
        print_json([asdict(line) for line in lines])
    elif not lines:
        say("The database is not encrypted; `hourloom keys on` encrypts it.")
    else:
        rows = [
            (x.id, x.method, x.created_at[:10], x.place, "not confirmed" if x.pending else "") for x in lines
        ]
        print_table(("ID", "WAY", "ADDED", "WHERE", ""), rows)


def turn_on(context: typer.Context, *, data_dir: DataDir = None, config: Config = None) -> None:
    """Encrypt the database; the server must be stopped.

    A checked copy takes the place of the database in one step: stopped at any moment, it is whole.
    """
    with _steps() as step:
        code = _keys(context, data_dir, config).turn_on(step)
    say("The database is encrypted.")
    _show_code(code)


def turn_off(context: typer.Context, *, data_dir: DataDir = None, config: Config = None) -> None:
    """Decrypt the database; the server must be stopped.

    Its keys are forgotten.
    """
    with _steps() as step:
        _keys(context, data_dir, config).turn_off(step)
    say("The database is no longer encrypted; `hourloom keys on` encrypts it again.")


def add(
    context: typer.Context,
    *,
    way: Annotated[str, typer.Argument(help="keychain, key-file or passphrase.", metavar="WAY")],
    data_dir: DataDir = None,
    config: Config = None,
    passphrase_file: PassphraseFile = None,
    passphrase_stdin: PassphraseStdin = False,
) -> None:
    """Add a way to open the database: keychain, key-file or passphrase."""
    ask = passphrase_from(passphrase_file, stdin=passphrase_stdin)
    with _changing(context, data_dir, config, ask) as keys:
        line = keys.add(way, _new_passphrase)
    say(f"The database opens by {line.method} too ({line.place}).")


def remove(
    context: typer.Context,
    *,
    id: Id,
    data_dir: DataDir = None,
    config: Config = None,
    passphrase_file: PassphraseFile = None,
    passphrase_stdin: PassphraseStdin = False,
) -> None:
    """Remove a way to open the database.

    The last one besides the recovery code stays, and so does the recovery code.
    """
    ask = passphrase_from(passphrase_file, stdin=passphrase_stdin)
    with _changing(context, data_dir, config, ask) as keys:
        keys.remove(id)
    say(f"Removed {id}.")


def rotate(
    context: typer.Context,
    *,
    id: Annotated[
        str, typer.Argument(help="The way's id, as `hourloom keys list` shows it.", metavar="[ID]")
    ] = "",
    data_key: Annotated[
        bool, typer.Option("--data-key", help="Encrypt the database with a new data key.")
    ] = False,
    data_dir: DataDir = None,
    config: Config = None,
    passphrase_file: PassphraseFile = None,
    passphrase_stdin: PassphraseStdin = False,
) -> None:
    """Put a new key or a new passphrase in the place of one way's, or exchange the data key itself.

    The data key is exchanged while the server records, if one runs: the database is copied under the new key
    and takes the place of the old file. There is a new recovery code then.
    """
    if bool(id) is data_key:
        raise typer.BadParameter("name one way by its ID, or say --data-key")
    ask = passphrase_from(passphrase_file, stdin=passphrase_stdin)
    with _changing(context, data_dir, config, ask) as keys:
        if data_key:
            with _steps() as step:
                keys.rotate_data_key(step, _show_code)
            say("The database is encrypted with a new data key; the recovery code before opens it no more.")
        else:
            line = keys.rotate(id, _new_passphrase)
            say(f"{id} is replaced by {line.id}: {line.method} ({line.place}).")


def recovery(
    context: typer.Context,
    *,
    new: Annotated[
        bool, typer.Option("--new", help="Make a new code; never ask for the one you have.")
    ] = False,
    data_dir: DataDir = None,
    config: Config = None,
    passphrase_file: PassphraseFile = None,
    passphrase_stdin: PassphraseStdin = False,
) -> None:
    """Make a new recovery code, or enter yours.

    Yours is asked for when nothing else opens the database. The code is shown and typed on a terminal and
    nowhere else. The old one works until the new one is confirmed by `hourloom keys acknowledge`.
    """
    if not on_terminal():
        raise NeedsTerminal(what="A recovery code")
    ask = passphrase_from(passphrase_file, stdin=passphrase_stdin)
    running = handed(context).running(configured(data_dir, config)) is not None
    keys = _keys(context, data_dir, config, ask)
    if not new and not running and not keys.opens():
        way = keys.recover(typer.prompt("Nothing else opens the database. Your recovery code", err=True))
        say(f"The database opens again, from now on by {way}.")
        return
    with _changing(context, data_dir, config, ask) as changing:
        _show_code(changing.renew_recovery())


def acknowledge(context: typer.Context, *, data_dir: DataDir = None, config: Config = None) -> None:
    """Confirm that the newest recovery code is noted down.

    Older ones become useless.
    """
    with _changing(context, data_dir, config, passphrase_from(None), confirms=False) as keys:
        keys.acknowledge()
    say("Noted. Only the newest recovery code opens the database now.")


def _keys(
    context: typer.Context,
    data_dir: Path | None,
    config: Path | None,
    ask: Callable[[], str] | None = None,
) -> Keys:
    return handed(context).keys(configured(data_dir, config), ask or passphrase_from(None))


@contextmanager
def _changing(
    context: typer.Context,
    data_dir: Path | None,
    config: Path | None,
    ask: Callable[[], str],
    *,
    confirms: bool = True,
) -> Iterator[ChangingKeys]:
    """Reach the keys through the server that has the database open, else in their files."""
    configuration = configured(data_dir, config)
    if handed(context).running(configuration) is not None:
        with handed(context).reach(configuration, False) as way:
            yield ServedKeys(way, ask)
        return
    keys = handed(context).keys(configuration, ask)
    if confirms:
        keys.confirm()
    yield keys


def _new_passphrase() -> str:
    if not on_terminal():
        raise NeedsTerminal(what="A passphrase")
    return str(typer.prompt("New passphrase", hide_input=True, confirmation_prompt=True, err=True))


def _show_code(code: str) -> None:
    if not on_terminal():
        say("Run `hourloom keys recovery` on a terminal: it shows a recovery code.")
        return
    say(
        "Write this recovery code down; it opens the database when this computer's keys are lost:"
        f"\n\n    {code}\n\nThen run `hourloom keys acknowledge`."
    )


@contextmanager
def _steps() -> Iterator[Step]:
    with bar("Preparing", 1.0, "%") as meter:
        yield lambda name, share: meter.move(share, 1.0, STEPS.get(name, name))


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    family = typer.Typer(help="Encrypt the database, and manage what opens it.", no_args_is_help=True)
    family.command("list", epilog=examples("hourloom keys list", "hourloom keys list --json"))(show)
    family.command("on", epilog=examples("hourloom keys on"))(turn_on)
    family.command("off", epilog=examples("hourloom keys off"))(turn_off)
    family.command(epilog=examples("hourloom keys add passphrase"))(add)
    family.command(epilog=examples("hourloom keys remove 5f2c"))(remove)
    family.command(epilog=examples("hourloom keys rotate 5f2c9a01", "hourloom keys rotate --data-key"))(
        rotate
    )
    family.command(epilog=examples("hourloom keys recovery", "hourloom keys recovery --new"))(recovery)
    family.command(epilog=examples("hourloom keys acknowledge"))(acknowledge)
    app.add_typer(family, name="keys")

"""`hourloom token`: secrets for programs, each with what it allows."""

from __future__ import annotations

from typing import Annotated

import typer

from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import local, print_json, print_table, say
from hourloom.cli.step_up import PassphraseFile, PassphraseStdin, confirming
from hourloom.sdk.answers import Code, IssuedToken, Token
from hourloom.sdk.api import Api


def create(
    context: typer.Context,
    *,
    scopes: Annotated[
        str, typer.Option("--scopes", metavar="A,B", help="What it allows, separated by commas.")
    ],
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What it is for.")
    ] = "made on the command line",
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Make a token and print it, and nothing else.

    It is shown only now. Scopes are FEATURE:read and FEATURE:write of accounts, jobs, operations, settings
    and tracking, besides heartbeats:write, heartbeats:write:BUCKET and admin.
    """
    asked = [scope.strip() for scope in scopes.split(",") if scope.strip()]
    if not asked:
        raise typer.BadParameter("name at least one scope", param_hint="'--scopes'")
    with handed(context).reach(configured(data_dir, config), True) as way:
        made = Api(way).post("/api/v1/tokens", {"name": name, "scopes": asked}, IssuedToken)
    print(made.secret)


def show(
    context: typer.Context, *, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> None:
    """List the tokens, without their secrets."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        tokens = Api(way).get("/api/v1/tokens", list[Token])
    if as_json:
        print_json(tokens)
    elif tokens:
        print_table(("ID", "NAME", "SCOPES", "CREATED", "LAST USED", ""), [_row(token) for token in tokens])
    else:
        say("There are no tokens yet; `hourloom token create --scopes A,B` makes one.")


def _row(token: Token) -> tuple[str, ...]:
    state = "revoked" if token.revoked_at else ""
    used = local(token.last_used_at) or "never"
    return str(token.id), token.name, " ".join(token.scopes), local(token.created_at), used, state


def revoke(
    context: typer.Context,
    *,
    id: Annotated[
        int, typer.Argument(help="The number of the token, as `hourloom token list` shows it.", min=1)
    ],
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Make a token useless at once."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        Api(way).delete(f"/api/v1/tokens/{id}")
    say(f"Token {id} is revoked.")


def step_up(
    context: typer.Context,
    *,
    data_dir: DataDir = None,
    config: Config = None,
    passphrase_file: PassphraseFile = None,
    passphrase_stdin: PassphraseStdin = False,
) -> None:
    """Print a code that confirms to a page or a program that it is you, and nothing else.

    It works once and for a minute. Where the database has a passphrase, that is asked for.
    """
    with handed(context).reach(configured(data_dir, config), False) as way:
        confirmed = confirming(way, passphrase_file, stdin=passphrase_stdin)
        print(Api(confirmed).post("/api/v1/step-up-codes", {}, Code).code)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    family = typer.Typer(help="Make, list and revoke tokens, the secrets of programs.", no_args_is_help=True)
    family.command(
        epilog=examples(
            "hourloom token create --name 'my editor' --scopes heartbeats:write",
            "hourloom token create --scopes tracking:read,operations:read > token",
        )
    )(create)
    family.command("list", epilog=examples("hourloom token list", "hourloom token list --json"))(show)
    family.command(epilog=examples("hourloom token revoke 3"))(revoke)
    family.command("step-up", epilog=examples("hourloom token step-up"))(step_up)
    app.add_typer(family, name="token")

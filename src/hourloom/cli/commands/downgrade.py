"""`hourloom downgrade`: make an older program able to open the database."""

from __future__ import annotations

from typing import Annotated

import typer

from hourloom.cli.options import Config, DataDir, configured, examples, handed
from hourloom.cli.output import bar, on_terminal, say
from hourloom.core.errors import Refused


class NeedsYes(Refused):
    """A downgrade deletes what only the newer schema knows; say --yes where nobody can be asked."""


def downgrade(
    context: typer.Context,
    *,
    revision: Annotated[
        str | None,
        typer.Argument(metavar="REVISION", help="The schema to go down to; else the one before."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Bring the database to an older schema, so that an older Hourloom opens it.

    The server must be stopped. A backup is made and examined before. What only the newer schema knows is
    deleted; the rest stays. The next start of this program would bring the database up to date again.
    """

    def agree(found: str, wanted: str) -> bool:
        if yes:
            return True
        if not on_terminal():
            raise NeedsYes
        return typer.confirm(f"Go down from schema {found} to {wanted}?", err=True)

    with bar("Backing up", 100, "%") as meter:
        reached, backup = handed(context).downgrade(configured(data_dir, config), revision, agree, meter.move)
    say(f"The database has schema {reached}; start the older Hourloom now. The backup before is {backup}.")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=examples("hourloom downgrade", "hourloom downgrade 0001 --yes"))(downgrade)

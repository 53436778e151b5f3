"""`hourloom undo` and `hourloom operations`: what was done, and taking it back."""

from __future__ import annotations

from typing import Annotated

import typer

from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import local, print_json, print_table, say
from hourloom.core.errors import NotFound
from hourloom.sdk.answers import Operation, OperationPage, UndoProgress
from hourloom.sdk.api import Api

PAGE = 100
COUNTED = {
    "categories": ("category", "categories"),
    "rules": ("rule", "rules"),
    "corrections": ("correction", "corrections"),
    "marks": ("mark", "marks"),
    "events": ("event", "events"),
    "buckets": ("bucket", "buckets"),
}
"""What the subject of an operation counts, one and several."""
NUMBERS = ("id", "tag_id", "project_id")


class NothingToUndo(NotFound):
    """There is nothing that can be undone."""


def undo(
    context: typer.Context,
    *,
    id: Annotated[
        int | None, typer.Argument(help="The number of the operation; without it the last one.", min=1)
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Take back the last operation, or the one with a number.

    Edits, deletions and imports can be undone for a week, unless what they changed was changed again.
    """
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        number = id or _last(api).id
        undone = api.post(f"/api/v1/operations/{number}/undo", {}, Operation)
        # Where no server runs nobody else would bring back, or delete, what takes many steps.
        while api.post(f"/api/v1/operations/{number}/advance", {}, UndoProgress).more:
            pass
    say(f"Undone: {_words(undone)} of {local(undone.at)} (operation {undone.id}).")


def _last(api: Api) -> Operation:
    cursor: int | None = None
    while True:
        page = _page(api, cursor, PAGE)
        for operation in page.operations:
            if operation.can_be_undone:
                return operation
        if page.next_cursor is None:
            raise NothingToUndo
        cursor = page.next_cursor


def _page(api: Api, cursor: int | None, limit: int) -> OperationPage:
    more = f"&cursor={cursor}" if cursor is not None else ""
    return api.get(f"/api/v1/operations?limit={limit}{more}", OperationPage)


def operations(
    context: typer.Context,
    *,
    data_dir: DataDir = None,
    config: Config = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="How many to show.", min=1, max=500)
    ] = 20,
    as_json: Json = False,
) -> None:
    """List what was done and can be undone, the newest first."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        page = _page(Api(way), None, limit)
    found, more = page.operations, page.next_cursor
    if as_json:
        print_json(found)
    elif found:
        print_table(("ID", "WHEN", "WHAT", ""), [_row(operation) for operation in found])
        if more is not None:
            say(f"These are the newest {len(found)}; --limit N lists more.")
    else:
        say("Nothing was done yet that could be undone.")


def _row(operation: Operation) -> tuple[str, ...]:
    state = "undone" if operation.undone_at else "" if operation.can_be_undone else "too old to undo"
    return str(operation.id), local(operation.at), _words(operation), state


def _words(operation: Operation) -> str:
    subject = operation.subject
    kind = operation.kind.replace("_", " ")
    if operation.kind == "import":
        return f"import of {subject.get('created', 0)} events from {subject.get('source', 'somewhere')}"
    name = subject.get("name")
    if isinstance(name, str):
        return f"{kind} {name}"
    counted = [
        f"{count} {COUNTED[what][count != 1]}"
        for what, count in subject.items()
        if what in COUNTED and isinstance(count, int) and count > 0
    ]
    after = subject.get("after")
    if isinstance(after, dict) and after:
        what = kind.removeprefix("change ").removesuffix("s")
        if len(after) > 1:
            return f"change {len(after)} {what}s"
        ((number, made),) = after.items()
        return f"{'change' if made else 'delete'} {what} {number}"
    deed = subject.get("deed")
    number = next((subject[key] for key in NUMBERS if subject.get(key)), None)
    if isinstance(deed, str) and number is not None:
        what = counted[0].partition(" ")[2] if counted else kind.removeprefix("change ")
        return f"{deed} {what} {number}"
    if number is not None:
        return f"{kind} {number}"
    return f"{kind}: {', '.join(counted)}" if counted else kind


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=examples("hourloom undo", "hourloom undo 12"))(undo)
    app.command(epilog=examples("hourloom operations", "hourloom operations --json --limit 100"))(operations)
